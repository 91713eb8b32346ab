"""Bridges: what mainline did, and the operation that brings a database there that has not done it; on the models ITEM."""

from __future__ import annotations

ITEM = """
CreateModel("Category", [("id", AutoField(primary_key=True)), ("code", CharField(max_length=9, unique=True))]),
CreateModel(
    "Item",
    [("id", AutoField(primary_key=True)), ("name", CharField(max_length=100)), ("stock", IntegerField(db_index=True)),
     ("category", ForeignKey("Category", CASCADE)), ("tags", ManyToManyField("Category", related_name="+"))],
    options={"unique_together": {("name", "category")}, "indexes": [Index(fields=["name"], name="by_name")]},
),
"""

# What mainline did, and the operation that brings a database there that has not done it.
CASES = [
    ('AddField("Item", "color", CharField(max_length=9))', 'AddField("Item", "color", CharField(max_length=9))'),
    ('AddField("Item", "more", ManyToManyField("Category", related_name="+"))',) * 2,
    ('RemoveField("Item", "stock")',) * 2,
    ('AlterUniqueTogether("Item", set()), RemoveField("Item", "category")', 'RemoveField("Item", "category")'),
    ('RemoveField("Item", "tags")',) * 2,
    ('RenameField("Item", "stock", "amount")',) * 2,
    ('RenameField("Item", "tags", "labels")',) * 2,
    ('AlterField("Item", "name", CharField(max_length=50, null=True))',) * 2,
    ('AlterField("Item", "stock", BigIntegerField(unique=True))',) * 2,
    ('AlterField("Item", "category", ForeignKey("Item", CASCADE, db_index=False))',) * 2,
    ('CreateModel("A", [("id", AutoField(primary_key=True)), ("items", ManyToManyField("Item"))])',) * 2,
    ('DeleteModel("Item")', 'DeleteModel("Item")'),
    ('RenameModel("Item", "Thing")',) * 2,
    ('AddIndex("Item", Index(fields=["stock"], name="i"))',) * 2,
    ('RemoveIndex("Item", "by_name")',) * 2,
    ('AddConstraint("Item", UniqueConstraint(fields=["stock"], name="u"))',) * 2,
    ('AlterUniqueTogether("Item", {("name", "stock")})',) * 2,
    ('AlterUniqueTogether("Item", set())',) * 2,
]  # fmt: skip
