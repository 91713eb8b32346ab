"""Operations on models and fields that are missing, renamed or removed: what came before, and the operation that needs more.

`since`, `until`: the versions of Django that have the operation or the argument.
"""

from __future__ import annotations

from dataclasses import dataclass

import django

BASE = """
CreateModel("Category", [("id", AutoField(primary_key=True)), ("code", CharField(max_length=9, unique=True))]),
CreateModel("Item", [
    ("id", AutoField(primary_key=True)), ("name", CharField(max_length=100)), ("stock", IntegerField(null=True)),
    ("price", IntegerField(null=True)), ("category", ForeignKey("Category", CASCADE))]),
CreateModel("Legacy", [("id", AutoField(primary_key=True))], {"managed": False, "db_table": "legacy"}),
CreateModel("Goods", [], {"proxy": True}, ("shop.item",)),
CreateModel("Book", [("isbn", CharField(max_length=13))], bases=("shop.item",)),
"""


@dataclass(frozen=True)
class Case:
    name: str
    operation: str
    before: str = ""
    since: tuple[int, int] = (4, 2)
    until: tuple[int, int] = (99, 0)


CHECK = "check" if django.VERSION < (5, 1) else "condition"
RENAMED = 'RenameField("Item", "stock", "amount")'
REMOVED = 'RemoveField("Item", "stock")'
MODEL_GONE = 'DeleteModel("Book"), DeleteModel("Goods"), DeleteModel("Item")'
MODEL_RENAMED = 'RenameModel("Item", "Ware")'

# One of each operation, on the model Item and its field stock.
ON_MODEL = {
    "DeleteModel": 'DeleteModel("Item")',
    "RenameModel": 'RenameModel("Item", "Thing")',
    "AlterModelTable": 'AlterModelTable("Item", "goods")',
    "AlterModelTableComment": 'AlterModelTableComment("Item", "x")',
    "AlterUniqueTogether": 'AlterUniqueTogether("Item", {("name", "price")})',
    "AlterIndexTogether": 'AlterIndexTogether("Item", {("name", "price")})',
    "AlterOrderWithRespectTo": 'AlterOrderWithRespectTo("Item", "category")',
    "AlterModelOptions": 'AlterModelOptions("Item", {"ordering": ["name"]})',
    "AlterModelManagers": 'AlterModelManagers("Item", [("objects", Manager())])',
    "AddField": 'AddField("Item", "more", IntegerField(null=True))',
    "AlterField": 'AlterField("Item", "name", CharField(max_length=200))',
    "RemoveField": 'RemoveField("Item", "price")',
    "RenameField": 'RenameField("Item", "price", "cost")',
    "AddIndex": 'AddIndex("Item", Index(fields=["price"], name="i"))',
    "RemoveIndex": 'RemoveIndex("Item", "i")',
    "RenameIndex": 'RenameIndex("Item", new_name="j", old_name="i")',
    "AddConstraint": 'AddConstraint("Item", UniqueConstraint(fields=["price"], name="u"))',
    "RemoveConstraint": 'RemoveConstraint("Item", "u")',
}  # fmt: skip

ON_FIELD = {
    "AlterUniqueTogether": 'AlterUniqueTogether("Item", {("name", "stock")})',
    "AlterIndexTogether": 'AlterIndexTogether("Item", {("name", "stock")})',
    "AlterOrderWithRespectTo": 'AlterOrderWithRespectTo("Item", "stock")',
    "AlterModelOptions, ordering": 'AlterModelOptions("Item", {"ordering": ["stock"]})',
    "AlterModelOptions, get_latest_by": 'AlterModelOptions("Item", {"get_latest_by": "stock"})',
    "AlterField": 'AlterField("Item", "stock", BigIntegerField(null=True))',
    "RemoveField": 'RemoveField("Item", "stock")',
    "RenameField": 'RenameField("Item", "stock", "number")',
    "AddIndex": 'AddIndex("Item", Index(fields=["stock"], name="i"))',
    "AddIndex, descending": 'AddIndex("Item", Index(fields=["name", "-stock"], name="i"))',
    "AddIndex, opclasses": 'AddIndex("Item", Index(fields=["name", "stock"], opclasses=["", "int4_ops"], name="i"))',
    "AddIndex, include": 'AddIndex("Item", Index(fields=["name"], include=["stock"], name="i"))',
    "AddIndex, condition": 'AddIndex("Item", Index(fields=["name"], condition=Q(stock__gt=1), name="i"))',
    "AddIndex, condition, joined": 'AddIndex("Item", Index(fields=["name"], condition=Q(price=2) | ~Q(stock__isnull=True), name="i"))',
    "AddIndex, expression": 'AddIndex("Item", Index(F("stock"), name="i"))',
    "AddIndex, expression in a function": 'AddIndex("Item", Index(Lower("name"), Abs("stock").desc(), name="i"))',
    "AddIndex, expression added up": 'AddIndex("Item", Index(F("stock") + F("price"), name="i"))',
    "AddConstraint, unique": 'AddConstraint("Item", UniqueConstraint(fields=["stock"], name="u"))',
    "AddConstraint, unique, include": 'AddConstraint("Item", UniqueConstraint(fields=["name"], include=["stock"], name="u"))',
    "AddConstraint, unique, condition": 'AddConstraint("Item", UniqueConstraint(fields=["name"], condition=Q(stock=1), name="u"))',
    "AddConstraint, unique, expression": 'AddConstraint("Item", UniqueConstraint(Lower("name"), "stock", name="u"))',
    "AddConstraint, check": f'AddConstraint("Item", CheckConstraint({CHECK}=Q(stock__gte=0), name="u"))',
    "AddConstraint, check against another": f'AddConstraint("Item", CheckConstraint({CHECK}=Q(price__gte=F("stock")), name="u"))',
}  # fmt: skip


def missing_models() -> list[Case]:
    found = []
    for kind, operation in ON_MODEL.items():
        until = (5, 1) if kind == "AlterIndexTogether" else (99, 0)
        found.append(Case(f"{kind}, the model deleted", operation, MODEL_GONE, until=until))
        found.append(Case(f"{kind}, the model renamed", operation, MODEL_RENAMED, until=until))
    return found


def missing_fields() -> list[Case]:
    found = []
    for kind, operation in ON_FIELD.items():
        until = (5, 1) if kind == "AlterIndexTogether" else (99, 0)
        found.append(Case(f"{kind}, the field removed", operation, REMOVED, until=until))
        found.append(Case(f"{kind}, the field renamed", operation, RENAMED, until=until))
        unmanaged = operation.replace('"Item"', '"Legacy"').replace('"name"', '"id"')
        found.append(Case(f"{kind}, unmanaged", unmanaged, until=until))
        found.append(
            Case(f"{kind}, state only", f"SeparateDatabaseAndState([], [{operation}])", REMOVED, until=until)
        )
        found.append(Case(f"{kind}, there", operation, until=until))
    return found


INDEX = 'AddIndex("Item", Index(fields=["stock"], name="i"))'
INDEX_OF_TWO = 'AddIndex("Item", Index(fields=["name", "-stock"], name="i"))'
INDEX_WHERE = 'AddIndex("Item", Index(fields=["name"], condition=Q(stock__gt=1), name="i"))'
INDEX_OF_KEY = 'AddIndex("Item", Index(fields=["category"], name="i"))'
INDEX_OF_KEY_EXPRESSION = 'AddIndex("Item", Index(F("category"), name="i"))'
UNIQUE = 'AddConstraint("Item", UniqueConstraint(fields=["stock"], name="u"))'
UNIQUE_WHERE = 'AddConstraint("Item", UniqueConstraint(fields=["name"], condition=Q(stock=1), name="u"))'
UNIQUE_OF_KEY = 'AddConstraint("Item", UniqueConstraint(fields=["category"], name="u"))'
CHECKED = f'AddConstraint("Item", CheckConstraint({CHECK}=Q(stock__gte=0), name="u"))'
TOGETHER = 'AlterUniqueTogether("Item", {("name", "stock")})'
TOGETHER_KEY = 'AlterUniqueTogether("Item", {("name", "category")})'
ORDERED = 'AlterOrderWithRespectTo("Item", "category")'
KEY_REMOVED = 'RemoveField("Item", "category")'
KEY_RENAMED = 'RenameField("Item", "category", "kind")'
REMAKE = 'AlterField("Item", "price", BigIntegerField(null=True))'
NO_TOGETHER = 'AlterUniqueTogether("Item", set())'
ID = '("id", AutoField(primary_key=True))'
GENERATED = 'AddField("Item", "g", GeneratedField(expression=F("{}") + 1, output_field=IntegerField(), db_persist=True))'

HELD = [
    Case(f"{what}, {done}", operation, before)
    for what, before, removed, renamed in (
        ("an index", INDEX, REMOVED, RENAMED),
        ("an index of two", INDEX_OF_TWO, REMOVED, RENAMED),
        ("a partial index", INDEX_WHERE, REMOVED, RENAMED),
        ("an index of a key", INDEX_OF_KEY, KEY_REMOVED, KEY_RENAMED),
        ("an index of a key as an expression", INDEX_OF_KEY_EXPRESSION, KEY_REMOVED, KEY_RENAMED),
        ("a unique constraint", UNIQUE, REMOVED, RENAMED),
        ("a partial unique constraint", UNIQUE_WHERE, REMOVED, RENAMED),
        ("a unique constraint of a key", UNIQUE_OF_KEY, KEY_REMOVED, KEY_RENAMED),
        ("a check", CHECKED, REMOVED, RENAMED),
        ("unique together", TOGETHER, REMOVED, RENAMED),
        ("unique together with a key", TOGETHER_KEY, KEY_REMOVED, KEY_RENAMED),
        ("the order", ORDERED, KEY_REMOVED, KEY_RENAMED),
    )
    for done, operation in (("the field removed", removed), ("the field renamed", renamed))
]

STALE = [
    Case(f"{what}, {then}", operation, f"{before}, {RENAMED}")
    for what, before, operations in (
        ("an index", INDEX, {"altered": REMAKE, "renamed": 'RenameIndex("Item", new_name="j", old_name="i")', "dropped": 'RemoveIndex("Item", "i")'}),
        ("a partial index", INDEX_WHERE, {"altered": REMAKE, "dropped": 'RemoveIndex("Item", "i")'}),
        ("a unique constraint", UNIQUE, {"altered": REMAKE, "dropped": 'RemoveConstraint("Item", "u")'}),
        ("a partial unique constraint", UNIQUE_WHERE, {"altered": REMAKE, "dropped": 'RemoveConstraint("Item", "u")'}),
        ("a check", CHECKED, {"altered": REMAKE, "dropped": 'RemoveConstraint("Item", "u")'}),
        ("unique together", TOGETHER, {"altered": REMAKE, "dropped": NO_TOGETHER}),
        ("an index, its table", INDEX, {"renamed": 'AlterModelTable("Item", "goods")', "moved": 'RenameModel("Item", "Ware")'}),
    )
    for then, operation in operations.items()
]  # fmt: skip

OTHERS = [
    Case("a new model, an index", f'CreateModel("Part", [{ID}], {{"indexes": [Index(fields=["x"], name="i")]}})'),
    Case("a new model, a constraint", f'CreateModel("Part", [{ID}], {{"constraints": [UniqueConstraint(fields=["x"], name="u")]}})'),
    Case("a new model, unique together", f'CreateModel("Part", [{ID}], {{"unique_together": {{("id", "x")}}}})'),
    Case("a new model, its order", f'CreateModel("Part", [{ID}], {{"order_with_respect_to": "x"}})'),
    Case("a new model that is not managed, its order", f'CreateModel("Part", [{ID}], {{"order_with_respect_to": "x", "managed": False}})'),
    Case("a new model that is not managed, an index", f'CreateModel("Part", [{ID}], {{"indexes": [Index(fields=["x"], name="i")], "managed": False}})'),
    Case("a new model, a key to no field", f'CreateModel("Part", [{ID}, ("item", ForeignKey("Item", CASCADE, to_field="x"))])'),
    Case("a new model, a composite key", 'CreateModel("Part", [("pk", CompositePrimaryKey("a", "x")), ("a", IntegerField())])', since=(5, 2)),
    Case("a key to no field", 'AddField("Book", "other", ForeignKey("Category", CASCADE, to_field="x", null=True, related_name="+"))'),
    Case("a key to a field", 'AddField("Book", "other", ForeignKey("Category", CASCADE, to_field="code", null=True, related_name="+"))'),
    Case("a generated field of no field", GENERATED.format("x"), since=(5, 0)),
    Case("a generated field", GENERATED.format("stock"), since=(5, 0)),
    Case("an index on a column's name", 'AddIndex("Item", Index(fields=["category_id"], name="i"))'),
    Case("an index on the key by its short name", 'AddIndex("Item", Index(F("pk"), name="i"))'),
    Case("an index on the automatic key", 'AddIndex("Book", Index(fields=["item_ptr"], name="i"))'),
    Case("an index on the order", 'AddIndex("Item", Index(fields=["_order"], name="i"))', ORDERED),
    Case("an index on a field that a base has lost", 'AddIndex("Book", Index(fields=["stock"], name="i"))', REMOVED),
    Case("an index of a proxy", 'AddIndex("Goods", Index(fields=["x"], name="i"))'),
    Case("an index of a function of two", 'AddIndex("Item", Index(Coalesce("price", "x"), name="i"))'),
    Case("an index of cases", 'AddIndex("Item", Index(Case(When(x=1, then=F("price")), default=F("stock")), name="i"))'),
    Case("an index of cases that hold", 'AddIndex("Item", Index(Case(When(stock=1, then=F("price")), default=F("stock")), name="i"))'),
    Case("a transform in a condition", 'AddIndex("Item", Index(fields=["name"], condition=Q(stock__in=[1, 2]) & Q(name__gt="x"), name="i"))'),
    Case("RenameIndex of fields that are gone", 'RenameIndex("Item", new_name="j", old_fields=("x", "name"))'),
    Case("RenameIndex of no index", 'RenameIndex("Item", new_name="j", old_name="i")'),
    Case("RemoveIndex of no index", 'RemoveIndex("Item", "i")'),
    Case("RemoveConstraint of no constraint", 'RemoveConstraint("Item", "u")'),
    Case("AlterConstraint of no constraint", 'AlterConstraint("Item", "u", UniqueConstraint(fields=["x"], name="u"))', since=(5, 2)),
]  # fmt: skip

CASES = (*missing_models(), *missing_fields(), *HELD, *STALE, *OTHERS)
