"""Hand-written operations for the tests of the schema layer: a name, the operations as they stand in a file, the Django they need.

Every case stands on BASE, in the app "shop"; a second app, "depot", refers to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.db.migrations.state import ProjectState

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext

HEADER = """\
import datetime
import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


def forwards(apps, schema_editor):
    apps.get_model("shop", "Item").objects.update(stock=1)


class Migration(migrations.Migration):
    operations = [
"""

BASE = """
migrations.CreateModel(
    name="Category",
    fields=[
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("title", models.CharField(max_length=100, unique=True)),
        ("slug", models.SlugField()),
        ("parent", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="self")),
    ],
    options={"verbose_name": "category", "ordering": ["title"]},
),
migrations.CreateModel(
    name="Item",
    fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField("the name", max_length=100)),
        ("code", models.CharField(max_length=10, unique=True)),
        ("stock", models.IntegerField(db_index=True, default=0)),
        ("price", models.DecimalField("price", None, 8, decimal_places=2, null=True)),
        ("category", models.ForeignKey("shop.Category", models.CASCADE, related_name="items")),
        ("related", models.ManyToManyField("self")),
        ("others", models.ManyToManyField(to="Category", db_table="item_others", blank=True)),
    ],
    options={"unique_together": {("name", "category")}, "indexes": [models.Index(fields=["name", "-stock"], name="name_stock")]},
),
migrations.CreateModel(
    name="Box",
    fields=[
        ("key", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
        ("items", models.ManyToManyField("Item")),
        ("first", models.OneToOneField(on_delete=models.PROTECT, to="shop.Item", to_field="code", related_name="+")),
    ],
    options={
        "db_table": "boxes",
        "constraints": [models.UniqueConstraint(fields=["first", "key"], name="one_first")],
    },
),
"""


@dataclass(frozen=True)
class Case:
    name: str
    operations: str
    since: tuple[int, int] = (4, 2)
    until: tuple[int, int] = (99, 0)
    database: bool = True  # False: not to be tried on SQLite


def nothing_more() -> Case:
    return Case("nothing more", "")


MODELS = (
    nothing_more(),
    Case("a model without a key", 'migrations.CreateModel("Plain", [("note", models.TextField())])'),
    Case("a model deleted", 'migrations.DeleteModel("Box")'),
    Case(
        "a model deleted and made again",
        'migrations.DeleteModel("Box"), migrations.CreateModel("Box", [("id", models.AutoField(primary_key=True))])',
    ),
    Case("a model renamed", 'migrations.RenameModel("Item", "Thing")'),
    Case("a model renamed that has its own table name", 'migrations.RenameModel("Box", "Crate")'),
    Case("a model renamed that is referred to by itself", 'migrations.RenameModel("Category", "Kind")'),
    Case(
        "a model renamed twice, then referred to",
        """
        migrations.RenameModel("Item", "Thing"), migrations.RenameModel("Thing", "Ware"),
        migrations.AddField("box", "last", models.ForeignKey("Ware", models.SET_NULL, null=True)),
    """,
    ),
    Case(
        "a model that extends another",
        """
        migrations.CreateModel(
            name="Book",
            fields=[
                ("item_ptr", models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE,
                    parent_link=True, primary_key=True, serialize=False, to="shop.item")),
                ("isbn", models.CharField(max_length=13)),
            ],
            bases=("shop.item",),
        )""",
    ),
    Case(
        "a model that extends another without saying its key",
        'migrations.CreateModel("Book", [("isbn", models.CharField(max_length=13))], bases=("shop.item",))',
    ),
    Case(
        "a proxy",
        'migrations.CreateModel("Goods", [], {"proxy": True, "indexes": [], "constraints": []}, ("shop.item",), [("stocked", django.db.models.manager.Manager())])',
    ),
    Case(
        "a reference to a proxy",
        """
        migrations.CreateModel("Goods", [], options={"proxy": True}, bases=("shop.Item",)),
        migrations.AddField("Box", "goods", models.ForeignKey(to="shop.Goods", null=True, on_delete=models.CASCADE)),
    """,
    ),
    Case(
        "a model that Django does not manage",
        'migrations.CreateModel("View", [("id", models.AutoField(primary_key=True))], {"managed": False, "db_table": "view"})',
    ),
    Case("a table renamed", 'migrations.AlterModelTable("Item", "goods")'),
    Case("a table back to its own name", 'migrations.AlterModelTable("Box", None)'),
    Case(
        "options",
        'migrations.AlterModelOptions("Category", {"ordering": ["slug"], "permissions": [("see", "Can see")]})',
    ),
    Case("options taken away", 'migrations.AlterModelOptions(name="category", options={})'),
    Case(
        "managers", 'migrations.AlterModelManagers("Item", [("objects", django.db.models.manager.Manager())])'
    ),
    Case("a comment on a table", 'migrations.AlterModelTableComment("Item", "What is sold")'),
    Case("an order by a parent", 'migrations.AlterOrderWithRespectTo("Item", "category")'),
    Case(
        "an order by a parent taken away",
        'migrations.AlterOrderWithRespectTo("Item", "category"), migrations.AlterOrderWithRespectTo("Item", None)',
    ),
    Case(
        "an order by a parent from the start",
        'migrations.CreateModel("Page", [("id", models.AutoField(primary_key=True)), ("box", models.ForeignKey("Box", models.CASCADE))], {"order_with_respect_to": "box"})',
    ),
)

FIELDS = (
    Case("a field added", 'migrations.AddField("Item", "color", models.CharField(max_length=20, default="red"))'),
    Case("a field with a default for once", 'migrations.AddField(model_name="item", name="color", field=models.CharField(max_length=20, default="red"), preserve_default=False)'),
    Case("a unique field added", 'migrations.AddField("Item", "serial", models.CharField(max_length=20, null=True, unique=True))'),
    Case("a foreign key added", 'migrations.AddField("Category", "best", models.ForeignKey("shop.Item", models.CASCADE, null=True))'),
    Case("a foreign key without index and constraint", 'migrations.AddField("Category", "best", models.ForeignKey("shop.Item", models.DO_NOTHING, null=True, db_index=False, db_constraint=False))'),
    Case("a many-to-many field added", 'migrations.AddField("Category", "goods", models.ManyToManyField("Item", related_name="+"))'),
    Case("a many-to-many field through a model", """
        migrations.CreateModel("Slot", [("id", models.AutoField(primary_key=True)), ("box", models.ForeignKey("Box", models.CASCADE)), ("item", models.ForeignKey("Item", models.CASCADE))]),
        migrations.AddField("Box", "slots", models.ManyToManyField("Item", through="shop.Slot", related_name="+")),
        migrations.RenameModel("Slot", "Place"),
    """),
    Case("a field altered", 'migrations.AlterField("Item", "name", models.CharField(max_length=200, null=True))'),
    Case("a field altered for people only", 'migrations.AlterField("Item", "name", models.CharField(max_length=100, help_text="As on the label", blank=True, verbose_name="name"))'),
    Case("a field altered with a default for once", 'migrations.AlterField("Item", "price", models.DecimalField(max_digits=9, decimal_places=2, default=0), preserve_default=False)'),
    Case("a field made unique, and no longer", 'migrations.AlterField("Item", "name", models.CharField(max_length=100, unique=True)), migrations.AlterField("Item", "name", models.CharField(max_length=100))'),
    Case("an index taken from a field and given to one", 'migrations.AlterField("Item", "stock", models.IntegerField(default=0)), migrations.AlterField("Item", "name", models.CharField(max_length=100, db_index=True))'),
    Case("a foreign key that refers elsewhere", 'migrations.AlterField("Item", "category", models.ForeignKey("Item", models.CASCADE))'),
    Case("a foreign key made one-to-one", 'migrations.AlterField("Item", "category", models.OneToOneField("Category", models.CASCADE))'),
    Case("a column's name altered", 'migrations.AlterField("Item", "name", models.CharField(max_length=100, db_column="label"))'),
    Case("a many-to-many field that refers elsewhere", 'migrations.AlterField("Box", "items", models.ManyToManyField("Category", related_name="+"))', database=False),
    Case("a many-to-many field with a table of its own", 'migrations.AlterField("Box", "items", models.ManyToManyField("Item", db_table="box_things"))'),
    Case("a field removed", 'migrations.RemoveField("Item", "stock"), migrations.RemoveIndex("Item", "name_stock")', database=False),
    Case("a field with an index removed", 'migrations.RemoveIndex("Item", "name_stock"), migrations.RemoveField("Item", "stock")'),
    Case("a many-to-many field removed", 'migrations.RemoveField("Box", "items")'),
    Case("a field renamed", 'migrations.RemoveIndex("Item", "name_stock"), migrations.RenameField("Item", "name", "title")'),
    Case("a field renamed that is referred to", 'migrations.RenameField("Item", "code", "number")'),
    Case("a primary key renamed", 'migrations.RemoveConstraint("Box", "one_first"), migrations.RenameField("Box", "key", "uid")'),
    Case("a foreign key renamed", 'migrations.RenameField("Item", "category", "kind")'),
    Case("a many-to-many field renamed", 'migrations.RenameField("Box", "items", "things"), migrations.RenameField("Item", "related", "alike")'),
    Case("a field renamed that keeps its column", 'migrations.RemoveConstraint("Box", "one_first"), migrations.AlterField("Box", "first", models.OneToOneField("Item", models.PROTECT, to_field="code", db_column="f")), migrations.RenameField("Box", "first", "top")'),
    Case("fields of every class", """
        migrations.CreateModel("Every", [
            ("a", models.SmallAutoField(primary_key=True)), ("b", models.BigIntegerField(null=False)), ("c", models.BinaryField(editable=True)),
            ("d", models.BooleanField(default=True)), ("e", models.CharField(max_length=5)), ("f", models.DateField(auto_now_add=True)),
            ("g", models.DateTimeField(auto_now=True)), ("h", models.DurationField(default=datetime.timedelta(days=1))), ("i", models.EmailField()),
            ("j", models.FileField(upload_to="x")), ("k", models.FilePathField(path="/")), ("l", models.FloatField(choices=[(1.5, "one")])), ("m", models.GenericIPAddressField(protocol="IPv4", unpack_ipv4=False)),
            ("n", models.ImageField(upload_to="x", max_length=100)), ("o", models.JSONField(default=dict, encoder=None)), ("p", models.PositiveBigIntegerField()), ("q", models.PositiveIntegerField()),
            ("r", models.PositiveSmallIntegerField()), ("s", models.SlugField(db_index=False, allow_unicode=True)), ("t", models.SmallIntegerField(unique=True, db_index=True)),
            ("u", models.TextField(blank=True, validators=[])), ("v", models.TimeField(default=django.utils.timezone.now)), ("w", models.URLField(max_length=200)), ("x", models.UUIDField(unique=False, default=uuid.uuid4)),
            ("y", models.CharField(max_length=3, unique_for_date="f", validators=[django.core.validators.MinLengthValidator(1)])),
            ("z", models.IntegerField("z", None, False, None, True)),
        ])"""),
    Case("a comment on a column", 'migrations.AddField("Item", "note", models.TextField(db_comment="Seen by nobody", null=True))'),
    Case("a default of the database", 'migrations.AddField("Item", "rank", models.IntegerField(db_default=models.Value(3)))', since=(5, 0)),
    Case("a generated field", 'migrations.AddField("Item", "double", models.GeneratedField(expression=F("stock") * 2, output_field=models.IntegerField(null=False), db_persist=True))', since=(5, 0)),
    Case("a composite primary key", """
        migrations.CreateModel("Pair", [
            ("pk", models.CompositePrimaryKey("left", "right", blank=True, editable=False, primary_key=True, serialize=False)),
            ("left", models.IntegerField()), ("right", models.IntegerField()),
        ]), migrations.RenameField("Pair", "left", "first")""", since=(5, 2), database=False),
    Case("a deletion that the database does", 'migrations.AddField("Category", "best", models.ForeignKey("shop.Item", models.DB_CASCADE, null=True, related_name="+"))', since=(6, 1)),
)  # fmt: skip

DEFINITIONS = (
    Case("an index", 'migrations.AddIndex("Item", models.Index(fields=["code"], name="by_code"))'),
    Case(
        "an index of an expression",
        'migrations.AddIndex("Item", models.Index(django.db.models.functions.Lower("name"), name="by_lower", condition=Q(stock__gt=0)))',
    ),
    Case(
        "an index on a foreign key",
        'migrations.AddIndex(model_name="item", index=models.Index(F("category"), name="by_kind"))',
    ),
    Case("an index removed", 'migrations.RemoveIndex("Item", "name_stock")'),
    Case("an index renamed", 'migrations.RenameIndex("Item", "ns", "name_stock")'),
    Case(
        "an unnamed index named",
        'migrations.AlterIndexTogether("Item", {("name", "code")}), migrations.RenameIndex("Item", new_name="nc", old_fields=("name", "code"))',
    ),
    Case(
        "indexes together",
        'migrations.AlterIndexTogether("Item", [["name", "code"], ["stock", "code"]]), migrations.AlterIndexTogether("Item", {("name", "code")})',
    ),
    Case(
        "indexes together from the start",
        'migrations.CreateModel("Old", [("id", models.AutoField(primary_key=True)), ("a", models.IntegerField()), ("b", models.IntegerField())], {"index_together": {("a", "b")}})',
    ),
    Case("unique together, flat", 'migrations.AlterUniqueTogether("Item", ("name", "stock"))'),
    Case("unique together, none", 'migrations.AlterUniqueTogether("Item", set([]))'),
    Case(
        "unique together, renamed with its field",
        'migrations.RenameField("Item", "category", "kind"), migrations.AlterUniqueTogether("Item", {("kind", "code"), ("name", "kind")})',
    ),
    Case(
        "a constraint",
        'migrations.AddConstraint("Item", models.UniqueConstraint(fields=["code", "stock"], condition=Q(stock__gt=0) & ~Q(name="x"), name="cs"))',
    ),
    Case(
        "a constraint, checked",
        'migrations.AddConstraint("Item", models.CheckConstraint(condition=Q(stock__gte=0), name="some"))',
        since=(5, 1),
    ),
    Case(
        "a constraint, checked as it was said",
        'migrations.AddConstraint("Item", models.CheckConstraint(check=Q(stock__gte=0), name="some"))',
        until=(6, 0),
    ),
    Case("a constraint removed", 'migrations.RemoveConstraint("Box", "one_first")'),
    Case(
        "a constraint altered",
        'migrations.AlterConstraint("Box", "one_first", models.UniqueConstraint(fields=["first", "key"], name="one_first", violation_error_message="No"))',
        since=(5, 2),
    ),
)

SPECIAL = (
    Case("data", "migrations.RunPython(forwards, migrations.RunPython.noop)", database=False),
    Case("sql", 'migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)'),
    Case(
        "sql that says what it does",
        'migrations.RunSQL("ALTER TABLE shop_item ADD COLUMN color varchar(20)", state_operations=[migrations.AddField("Item", "color", models.CharField(max_length=20, null=True))])',
        database=False,
    ),
    Case(
        "state and database apart",
        """
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AddField("Item", "color", models.CharField(max_length=20, null=True))],
            state_operations=[migrations.AddField("Item", "color", models.CharField(max_length=20, null=True, help_text="x"))],
        )""",
    ),
    Case(
        "state only",
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("Item", "related"), migrations.RunPython(forwards)])',
        database=False,
    ),
)

POSTGRES = (
    Case("extensions", "BtreeGinExtension(), TrigramExtension(), HStoreExtension(), CreateExtension('citext'), CITextExtension(), BloomExtension(), BtreeGistExtension(), CryptoExtension(), UnaccentExtension()", database=False),
    Case("an index made beside", 'AddIndexConcurrently("Item", GinIndex(fields=["name"], name="gin", opclasses=["gin_trgm_ops"])), RemoveIndexConcurrently("Item", "name_stock")', database=False),
    Case("a constraint not valid yet", 'AddConstraintNotValid("Item", models.CheckConstraint(condition=Q(stock__gte=0), name="some")), ValidateConstraint("Item", "some")', since=(5, 1), database=False),
    Case("collations", 'CreateCollation("german", "de-DE", provider="icu", deterministic=False), RemoveCollation("german", locale="de-DE")', database=False),
    Case("postgres' fields", """
        migrations.AddField("Item", "tags", ArrayField(models.CharField(max_length=10, null=False), size=None, default=list)), migrations.AddField("Item", "range", IntegerRangeField(null=True)),
        migrations.AddField("Item", "store", HStoreField(default=dict)), migrations.AddConstraint("Item", ExclusionConstraint(name="no_overlap", expressions=[("range", "&&")])),
    """, database=False),
)  # fmt: skip

POSTGRES_HEADER = """\
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, HStoreField, IntegerRangeField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import *
"""

CASES = (*MODELS, *FIELDS, *DEFINITIONS, *SPECIAL)


def sources_of(case: Case) -> tuple[str, str]:
    """The files of two migrations: BASE, and the case."""
    header = POSTGRES_HEADER + HEADER if case in POSTGRES else HEADER
    return f"{HEADER}{BASE}\n]\n", f"{header}{case.operations}\n]\n"


def read(case: Case) -> tuple[Migration, ...]:
    """The migrations as the parser reads them."""
    return tuple(read_one(name, source) for name, source in zip(NAMES, sources_of(case), strict=True))


NAMES = ("0001_base", "0002_case")


def read_one(name: str, source: str) -> Migration:
    path = f"shop/migrations/{name}.py"
    found = read_migration(MigrationKey("shop", name), path, "", source.encode(), ReadingContext())
    assert isinstance(found, Migration), found
    return found


def executed(case: Case) -> tuple[Any, ...]:
    """The migrations as Django has them: the files run."""
    return tuple(execute_one(name, source) for name, source in zip(NAMES, sources_of(case), strict=True))


def execute_one(name: str, source: str) -> Any:
    module = ModuleType(f"shop.migrations.{name}")
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module.Migration(name, "shop")


def project_state(migrations: tuple[Any, ...]) -> ProjectState:
    """Django's state after the migrations."""
    state = ProjectState()
    for migration in migrations:
        state = migration.mutate_state(state, preserve=False)
    return state
