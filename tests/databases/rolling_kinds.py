"""Kinds of change, each as an app: the models of the old release, those of the new one, and the migrations between them.

`old` and `new` are the classes of `models.py`; the first migration is what makemigrations writes for `old`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD = "from django.db import models\n\n"
IN_STATE = "migrations.SeparateDatabaseAndState(state_operations=[{}])"


@dataclass(frozen=True, slots=True)
class Kind:
    """`steps`: the operations of each migration of the new release. `cautious`: why some engines do more than is predicted, "" where they do just that.
    `django`: the first version that has it. `first`: the models of the first migration, where the old release has one more, with the operations `released`."""

    name: str
    old: str
    new: str
    steps: tuple[tuple[str, ...], ...]
    cautious: str = ""
    django: tuple[int, int] = (4, 2)
    first: str = ""
    released: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return label_of(self.name)


def label_of(name: str) -> str:
    return re.sub(r"\W+", "_", name).lower()


def item(*fields: str, meta: str = "", name: str = "Item", base: str = "models.Model") -> str:
    lines = [*(f"    {field}" for field in fields)]
    if meta:
        lines += ["    class Meta:", *(f"        {line}" for line in meta.splitlines())]
    return f"class {name}({base}):\n" + "\n".join(lines or ["    pass"]) + "\n\n"


def kind(
    name: str,
    old: str,
    new: str,
    *steps: tuple[str, ...] | str,
    cautious: str = "",
    django: tuple[int, int] = (4, 2),
) -> Kind:
    operations = tuple((step,) if isinstance(step, str) else step for step in steps)
    return Kind(name, old, new, operations, cautious, django)


def field(
    name: str, before: str, after: str, field_name: str = "value", empty: bool = False, cautious: str = ""
) -> Kind:
    """An AlterField. `empty`: the table loses its rows first, which the engine could not convert."""
    label = label_of(name)
    alter = f'migrations.AlterField("item", "{field_name}", models.{after})'
    steps = [f"migrations.RunSQL('DELETE FROM {label}_item', elidable=True)"] if empty else []
    return kind(
        name,
        item(NAME, f"{field_name} = models.{before}"),
        item(NAME, f"{field_name} = models.{after}"),
        *steps,
        alter,
        cautious=cautious,
    )


NAME = "name = models.CharField(max_length=20)"
COLOR = "models.CharField(max_length=20)"
COLOR_NULL = "models.CharField(max_length=20, null=True)"
TAG = item(NAME, name="Tag")
TAGS = "tags = models.ManyToManyField('Tag')"
PLAIN = item(NAME)
COLORED = item(NAME, f"color = {COLOR}")

COLUMNS = (
    kind("drop column", COLORED, PLAIN, 'migrations.RemoveField("item", "color")'),
    kind(
        "drop nullable column",
        item(NAME, f"color = {COLOR_NULL}"),
        PLAIN,
        'migrations.RemoveField("item", "color")',
    ),
    kind(
        "drop indexed column",
        item(NAME, "color = models.CharField(max_length=20, db_index=True)"),
        PLAIN,
        'migrations.RemoveField("item", "color")',
    ),
    kind(
        "drop foreign key",
        TAG + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE)"),
        TAG + PLAIN,
        'migrations.RemoveField("item", "tag")',
    ),
    kind(
        "rename column",
        COLORED,
        item(NAME, f"hue = {COLOR}"),
        'migrations.RenameField("item", "color", "hue")',
    ),
    kind(
        "rename nullable column",
        item(NAME, f"color = {COLOR_NULL}"),
        item(NAME, f"hue = {COLOR_NULL}"),
        'migrations.RenameField("item", "color", "hue")',
    ),
    kind(
        "alter db_column",
        COLORED,
        item(NAME, "color = models.CharField(max_length=20, db_column='hue')"),
        'migrations.AlterField("item", "color", models.CharField(max_length=20, db_column="hue"))',
    ),
    kind(
        "add nullable column",
        PLAIN,
        item(NAME, f"color = {COLOR_NULL}"),
        f'migrations.AddField("item", "color", {COLOR_NULL})',
    ),
    kind(
        "add column with default",
        PLAIN,
        item(NAME, "color = models.CharField(max_length=20, default='x')"),
        'migrations.AddField("item", "color", models.CharField(max_length=20, default="x"))',
    ),
    kind(
        "add column with a one-off default",
        PLAIN,
        COLORED,
        f'migrations.AddField("item", "color", {COLOR}, preserve_default=False)'.replace(
            "max_length=20)", "max_length=20, default='x')"
        ),
    ),
    kind(
        "add column with db_default",
        PLAIN,
        item(NAME, "color = models.CharField(max_length=20, db_default='x')"),
        'migrations.AddField("item", "color", models.CharField(max_length=20, db_default="x"))',
        django=(5, 0),
    ),
    kind(
        "add nullable column, then NOT NULL",
        PLAIN,
        COLORED,
        f'migrations.AddField("item", "color", {COLOR_NULL})',
        ("migrations.RunSQL(\"UPDATE add_nullable_column_then_not_null_item SET color = 'x'\")",),
        f'migrations.AlterField("item", "color", {COLOR})',
    ),
    kind(
        "add foreign key",
        TAG + PLAIN,
        TAG + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE, null=True)"),
        'migrations.AddField("item", "tag", models.ForeignKey("add_foreign_key.tag", models.CASCADE, null=True))',
    ),
    kind(
        "add generated column",
        item(NAME, "size = models.SmallIntegerField()"),
        item(
            NAME,
            "size = models.SmallIntegerField()",
            "double = models.GeneratedField(expression=models.F('size') * 2, output_field=models.BigIntegerField(), db_persist=True)",
        ),
        'migrations.AddField("item", "double", models.GeneratedField(expression=models.F("size") * 2, output_field=models.BigIntegerField(), db_persist=True))',
        django=(5, 0),
    ),
    kind(
        "remove column and add it again",
        item(NAME, f"color = {COLOR_NULL}"),
        item(NAME, f"color = {COLOR_NULL}"),
        'migrations.RemoveField("item", "color")',
        f'migrations.AddField("item", "color", {COLOR_NULL})',
    ),
    kind(
        "order with respect to",
        TAG + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE)"),
        TAG
        + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE)", meta="order_with_respect_to = 'tag'"),
        'migrations.AlterOrderWithRespectTo("item", "tag")',
    ),
)

ALTERATIONS = (
    field("NULL to NOT NULL", "CharField(max_length=20, null=True)", "CharField(max_length=20, default='x')"),
    field("NOT NULL to NULL", "CharField(max_length=20)", "CharField(max_length=20, null=True)"),
    field("shorter text", "CharField(max_length=100)", "CharField(max_length=10)"),
    field("longer text", "CharField(max_length=10)", "CharField(max_length=100)"),
    field("varchar to text", "CharField(max_length=10)", "TextField()"),
    field("text to varchar", "TextField()", "CharField(max_length=40)"),
    field("integer to big integer", "IntegerField()", "BigIntegerField()"),
    field("big integer to integer", "BigIntegerField()", "IntegerField()"),
    field("integer to small integer", "IntegerField()", "SmallIntegerField()"),
    field("integer to positive integer", "IntegerField()", "PositiveIntegerField()"),
    field("positive integer to integer", "PositiveIntegerField()", "IntegerField()"),
    field(
        "fewer digits",
        "DecimalField(max_digits=10, decimal_places=2)",
        "DecimalField(max_digits=6, decimal_places=2)",
    ),
    field(
        "fewer decimal places",
        "DecimalField(max_digits=10, decimal_places=4)",
        "DecimalField(max_digits=10, decimal_places=2)",
    ),
    field(
        "more digits",
        "DecimalField(max_digits=6, decimal_places=2)",
        "DecimalField(max_digits=10, decimal_places=2)",
    ),
    field("integer to text", "IntegerField()", "CharField(max_length=40)"),
    field("text to integer", "CharField(max_length=40)", "IntegerField()", empty=True),
    field("integer to decimal", "IntegerField()", "DecimalField(max_digits=20, decimal_places=2)"),
    field("integer to small decimal", "IntegerField()", "DecimalField(max_digits=8, decimal_places=2)"),
    field("decimal to integer", "DecimalField(max_digits=8, decimal_places=2)", "IntegerField()"),
    field("integer to float", "IntegerField()", "FloatField()"),
    field("big integer to float", "BigIntegerField()", "FloatField()"),
    field("float to decimal", "FloatField()", "DecimalField(max_digits=20, decimal_places=2)"),
    field("boolean to integer", "BooleanField()", "IntegerField()"),
    field("integer to boolean", "IntegerField()", "BooleanField()", empty=True),
    field("date to datetime", "DateField()", "DateTimeField()"),
    field("datetime to date", "DateTimeField()", "DateField()"),
    field(
        "text to uuid",
        "CharField(max_length=40)",
        "UUIDField()",
        empty=True,
        cautious="new code reads old rows on SQLite and MariaDB if each is a UUID, or there are none",
    ),
    field(
        "default, choices and help text",
        "CharField(max_length=20)",
        "CharField(max_length=20, default='x', help_text='x', choices=[('x', 'x')])",
    ),
    kind(
        "remove db_default",
        item(NAME, "value = models.CharField(max_length=20, db_default='x')"),
        item(NAME, "value = models.CharField(max_length=20)"),
        'migrations.AlterField("item", "value", models.CharField(max_length=20))',
        django=(5, 0),
    ),
    kind(
        "wider primary key",
        item("id = models.AutoField(primary_key=True)", NAME),
        item("id = models.BigAutoField(primary_key=True)", NAME),
        'migrations.AlterField("item", "id", models.BigAutoField(primary_key=True, serialize=False))',
    ),
)

TABLES = (
    kind("drop table", TAG + PLAIN, TAG, 'migrations.DeleteModel("Item")'),
    kind(
        "rename table",
        TAG + PLAIN,
        TAG + item(NAME, name="Product"),
        'migrations.RenameModel("Item", "Product")',
    ),
    kind(
        "rename referenced table",
        PLAIN + item("item = models.ForeignKey('Item', models.CASCADE)", name="Line"),
        item(NAME, name="Product") + item("item = models.ForeignKey('Product', models.CASCADE)", name="Line"),
        'migrations.RenameModel("Item", "Product")',
    ),
    kind(
        "alter db_table",
        PLAIN,
        item(NAME, meta="db_table = 'another_item'"),
        'migrations.AlterModelTable("item", "another_item")',
    ),
    kind(
        "rename model, keep table",
        item(NAME, meta="db_table = 'kept_item'"),
        item(NAME, meta="db_table = 'kept_item'", name="Product"),
        'migrations.RenameModel("Item", "Product")',
    ),
    kind(
        "add table",
        PLAIN,
        PLAIN + TAG,
        'migrations.CreateModel("Tag", [("id", models.AutoField(primary_key=True, serialize=False)), ("name", models.CharField(max_length=20))])',
    ),
    kind(
        "drop column of a parent",
        item(NAME, f"color = {COLOR}", name="Thing") + item("size = models.IntegerField()", base="Thing"),
        item(NAME, name="Thing") + item("size = models.IntegerField()", base="Thing"),
        'migrations.RemoveField("thing", "color")',
    ),
)

MANY = (
    kind(
        "remove many-to-many", TAG + item(NAME, TAGS), TAG + PLAIN, 'migrations.RemoveField("item", "tags")'
    ),
    kind(
        "rename many-to-many",
        TAG + item(NAME, TAGS),
        TAG + item(NAME, TAGS.replace("tags", "labels")),
        'migrations.RenameField("item", "tags", "labels")',
    ),
    kind(
        "add many-to-many",
        TAG + PLAIN,
        TAG + item(NAME, TAGS),
        'migrations.AddField("item", "tags", models.ManyToManyField("add_many_to_many.tag"))',
    ),
    kind(
        "many-to-many to a through model at once",
        TAG + item(NAME, TAGS),
        TAG
        + item(NAME, "tags = models.ManyToManyField('Tag', through='Link')")
        + item(
            "item = models.ForeignKey('Item', models.CASCADE)",
            "tag = models.ForeignKey('Tag', models.CASCADE)",
            name="Link",
        ),
        (
            'migrations.CreateModel("Link", [("id", models.AutoField(primary_key=True, serialize=False)), ("item", models.ForeignKey("many_to_many_to_a_through_model_at_once.item", models.CASCADE)), ("tag", models.ForeignKey("many_to_many_to_a_through_model_at_once.tag", models.CASCADE))])',
            'migrations.RemoveField("item", "tags")',
            'migrations.AddField("item", "tags", models.ManyToManyField("many_to_many_to_a_through_model_at_once.tag", through="many_to_many_to_a_through_model_at_once.link"))',
        ),
    ),
    kind(
        "many-to-many to a through model on its table",
        TAG + item(NAME, TAGS),
        TAG
        + item(NAME, "tags = models.ManyToManyField('Tag', through='Link')")
        + item(
            "item = models.ForeignKey('Item', models.CASCADE)",
            "tag = models.ForeignKey('Tag', models.CASCADE)",
            "rank = models.IntegerField(default=0)",
            name="Link",
            meta="db_table = 'many_to_many_to_a_through_model_on_its_table_item_tags'\nunique_together = [('item', 'tag')]",
        ),
        (
            'migrations.SeparateDatabaseAndState(state_operations=[migrations.CreateModel("Link", [("id", models.AutoField(primary_key=True, serialize=False)), ("item", models.ForeignKey("many_to_many_to_a_through_model_on_its_table.item", models.CASCADE)), ("tag", models.ForeignKey("many_to_many_to_a_through_model_on_its_table.tag", models.CASCADE))], options={"db_table": "many_to_many_to_a_through_model_on_its_table_item_tags", "unique_together": {("item", "tag")}}), migrations.AlterField("item", "tags", models.ManyToManyField("many_to_many_to_a_through_model_on_its_table.tag", through="many_to_many_to_a_through_model_on_its_table.link"))])',
        ),
        'migrations.AddField("link", "rank", models.IntegerField(default=0))',
    ),
    kind(
        "rename a model with many-to-many",
        TAG + item(NAME, TAGS),
        TAG + item(NAME, TAGS, name="Product"),
        'migrations.RenameModel("Item", "Product")',
    ),
)

VALUE = "value = models.IntegerField()"
TWO = (NAME, VALUE)
UNIQUE_VALUE = "models.UniqueConstraint(fields=['value'], name='{}')"


def constraint(name: str, definition: str, *fields: str, old: str = "", cautious: str = "") -> Kind:
    """AddConstraint. `old`: a constraint that is removed in the same migration."""
    label = label_of(name)
    after = f"constraints = [{definition.format(label + '_c')}]"
    before = f"constraints = [{old.format(label + '_o')}]" if old else ""
    operations = [f'migrations.RemoveConstraint("item", "{label}_o")'] if old else []
    operations.append(f'migrations.AddConstraint("item", {definition.format(label + "_c")})')
    return kind(
        name,
        item(*(fields or TWO), meta=before),
        item(*(fields or TWO), meta=after),
        tuple(operations),
        cautious=cautious,
    )


def removed(name: str, definition: str, *fields: str) -> Kind:
    label = label_of(name)
    before = f"constraints = [{definition.format(label + '_c')}]"
    return kind(
        name,
        item(*(fields or TWO), meta=before),
        item(*(fields or TWO)),
        f'migrations.RemoveConstraint("item", "{label}_c")',
    )


CHECK = "models.CheckConstraint({condition}=models.Q({text}), name='{{}}')"


def check(text: str) -> str:
    import django

    return CHECK.format(condition="condition" if django.VERSION >= (5, 1) else "check", text=text)


CONSTRAINTS = (
    field("add unique", "IntegerField()", "IntegerField(unique=True)"),
    field("remove unique", "IntegerField(unique=True)", "IntegerField()"),
    constraint("add unique constraint", UNIQUE_VALUE),
    constraint(
        "add unique constraint on two fields", "models.UniqueConstraint(fields=['name', 'value'], name='{}')"
    ),
    constraint(
        "add conditional unique constraint",
        "models.UniqueConstraint(fields=['value'], condition=models.Q(value__gt=5), name='{}')",
    ),
    constraint(
        "add unique constraint on an expression",
        "models.UniqueConstraint(models.functions.Lower('name'), name='{}')",
        cautious="MariaDB has no index on an expression, MySQL 8.0.13 has",
    ),
    constraint(
        "weaker unique constraint",
        "models.UniqueConstraint(fields=['name', 'value'], name='{}')",
        old=UNIQUE_VALUE,
    ),
    removed("remove unique constraint", UNIQUE_VALUE),
    kind(
        "add unique_together",
        item(*TWO),
        item(*TWO, meta="unique_together = [('name', 'value')]"),
        'migrations.AlterUniqueTogether("item", {("name", "value")})',
    ),
    kind(
        "unique with a new nullable column",
        item(*TWO),
        item(*TWO, f"color = {COLOR_NULL}", meta="unique_together = [('value', 'color')]"),
        f'migrations.AddField("item", "color", {COLOR_NULL})',
        'migrations.AlterUniqueTogether("item", {("value", "color")})',
    ),
    kind(
        "unique with a new db_default column",
        item(*TWO),
        item(
            *TWO,
            "color = models.CharField(max_length=20, db_default='x')",
            meta="unique_together = [('value', 'color')]",
        ),
        'migrations.AddField("item", "color", models.CharField(max_length=20, db_default="x"))',
        'migrations.AlterUniqueTogether("item", {("value", "color")})',
        django=(5, 0),
    ),
    kind(
        "foreign key to one-to-one",
        TAG + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE)"),
        TAG + item(NAME, "tag = models.OneToOneField('Tag', models.CASCADE)"),
        'migrations.AlterField("item", "tag", models.OneToOneField("foreign_key_to_one_to_one.tag", models.CASCADE))',
    ),
    constraint("add check", check("value__gte=0")),
    removed("remove check", check("value__gte=0")),
    kind(
        "add check on a new nullable column",
        item(*TWO),
        item(
            *TWO,
            "size = models.IntegerField(null=True)",
            meta=f"constraints = [{check('size__gte=0').format('new_check')}]",
        ),
        'migrations.AddField("item", "size", models.IntegerField(null=True))',
        f'migrations.AddConstraint("item", {check("size__gte=0").format("new_check")})',
    ),
    kind(
        "add check that a new column is filled",
        item(*TWO),
        item(
            *TWO,
            "size = models.IntegerField(null=True)",
            meta=f"constraints = [{check('size__isnull=False').format('new_filled')}]",
        ),
        'migrations.AddField("item", "size", models.IntegerField(null=True))',
        "migrations.RunSQL('UPDATE add_check_that_a_new_column_is_filled_item SET size = 1')",
        f'migrations.AddConstraint("item", {check("size__isnull=False").format("new_filled")})',
    ),
    kind(
        "foreign key to another table",
        TAG + item(NAME, name="Label") + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE)"),
        TAG + item(NAME, name="Label") + item(NAME, "tag = models.ForeignKey('Label', models.CASCADE)"),
        "migrations.RunSQL('DELETE FROM foreign_key_to_another_table_item')",
        'migrations.AlterField("item", "tag", models.ForeignKey("foreign_key_to_another_table.label", models.CASCADE))',
    ),
    kind(
        "enforce a foreign key",
        TAG + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE, db_constraint=False)"),
        TAG + item(NAME, "tag = models.ForeignKey('Tag', models.CASCADE)"),
        "migrations.RunSQL('DELETE FROM enforce_a_foreign_key_item')",
        'migrations.AlterField("item", "tag", models.ForeignKey("enforce_a_foreign_key.tag", models.CASCADE))',
    ),
    kind(
        "add index",
        item(*TWO),
        item(*TWO, meta="indexes = [models.Index(fields=['value'], name='add_index_i')]"),
        'migrations.AddIndex("item", models.Index(fields=["value"], name="add_index_i"))',
    ),
    kind(
        "remove index",
        item(*TWO, meta="indexes = [models.Index(fields=['value'], name='remove_index_i')]"),
        item(*TWO),
        'migrations.RemoveIndex("item", "remove_index_i")',
    ),
)

# What the recipes of the findings say, release by release.
RECIPES = (
    kind(
        "recipe: drop, release 1",
        COLORED,
        PLAIN,
        (
            f'migrations.AlterField("item", "color", {COLOR_NULL})',
            IN_STATE.format('migrations.RemoveField("item", "color")'),
        ),
    ),
    kind(
        "recipe: rename in the models alone",
        COLORED,
        item(NAME, "hue = models.CharField(max_length=20, db_column='color')"),
        (
            'migrations.AlterField("item", "color", models.CharField(max_length=20, db_column="color"))',
            'migrations.RenameField("item", "color", "hue")',
        ),
    ),
    kind(
        "recipe: rename model, keep table",
        PLAIN,
        item(NAME, name="Product", meta="db_table = 'recipe_rename_model_keep_table_item'"),
        (
            'migrations.AlterModelTable("item", "recipe_rename_model_keep_table_item")',
            'migrations.RenameModel("Item", "Product")',
        ),
    ),
    kind(
        "recipe: rename many-to-many, keep table",
        TAG + item(NAME, TAGS),
        TAG
        + item(
            NAME,
            "labels = models.ManyToManyField('Tag', db_table='recipe_rename_many_to_many_keep_table_item_tags')",
        ),
        (
            'migrations.AlterField("item", "tags", models.ManyToManyField("recipe_rename_many_to_many_keep_table.tag", db_table="recipe_rename_many_to_many_keep_table_item_tags"))',
            'migrations.RenameField("item", "tags", "labels")',
        ),
    ),
    kind(
        "recipe: drop table, release 1", TAG + PLAIN, TAG, IN_STATE.format('migrations.DeleteModel("Item")')
    ),
    kind(
        "recipe: drop many-to-many, release 1",
        TAG + item(NAME, TAGS),
        TAG + PLAIN,
        IN_STATE.format('migrations.RemoveField("item", "tags")'),
    ),
)

DROPPED = IN_STATE.format('migrations.RemoveField("item", "color")')
SECOND_RELEASES = (
    Kind(
        "recipe: drop, release 2",
        PLAIN,
        PLAIN,
        (
            (
                IN_STATE.format(f'migrations.AddField("item", "color", {COLOR_NULL})'),
                'migrations.RemoveField("item", "color")',
            ),
        ),
        first=COLORED,
        released=(f'migrations.AlterField("item", "color", {COLOR_NULL})', DROPPED),
    ),
    Kind(
        "recipe: drop many-to-many, release 2",
        TAG + PLAIN,
        TAG + PLAIN,
        (("migrations.RunSQL('DROP TABLE recipe_drop_many_to_many_release_2_item_tags')",),),
        first=TAG + item(NAME, TAGS),
        released=(IN_STATE.format('migrations.RemoveField("item", "tags")'),),
    ),
)

KINDS: tuple[Kind, ...] = (*COLUMNS, *ALTERATIONS, *TABLES, *MANY, *CONSTRAINTS, *RECIPES, *SECOND_RELEASES)
