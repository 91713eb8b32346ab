"""The conditional operations on real databases: as a guard and as a bridge, with the thing there and not there."""

from __future__ import annotations

import ast
import copy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conditional_databases import ENGINES, database, empty, rows, schema
from django.db import DataError, migrations, models
from django.db.migrations.state import ProjectState
from django.db.models import Q

from stitchback.operations import TEMPLATES
from stitchback.parsing.classes import recognise

APP = "shop"
CHECK = "condition" if "condition" in models.CheckConstraint.__init__.__code__.co_varnames else "check"


def template(kind: str) -> type[Any]:
    """The class as a migration file defines it."""
    space: dict[str, Any] = {
        "__name__": "migration",
        "migrations": migrations,
        "models": models,
        "copy": copy,
    }
    exec(TEMPLATES[kind].source, space)
    return space[TEMPLATES[kind].name]  # type: ignore[no-any-return]


def pk() -> tuple[str, models.Field[Any, Any]]:
    return "id", models.AutoField(primary_key=True)


def base() -> list[Any]:
    """What every database of these tests has: an owner and an item, one row in each, a value of its own in every column."""
    return [
        migrations.CreateModel("Owner", [pk(), ("name", models.CharField(max_length=20))]),
        migrations.CreateModel(
            "Item",
            [
                pk(),
                ("name", models.CharField(max_length=20)),
                ("size", models.IntegerField(default=1)),
                ("parent", models.ForeignKey("shop.owner", models.CASCADE, null=True)),
            ],
        ),
    ]


@dataclass(frozen=True)
class Case:
    """`shared` follows base() everywhere; `operation` is the change that some databases have and some have not."""

    name: str
    kind: str
    arguments: Callable[[], dict[str, Any]]
    shared: Callable[[], list[Any]] = list
    fills: str = ""  # SQL that puts a value of its own into what the operation made
    engines: tuple[str, ...] = ENGINES
    takes: bool = False  # it takes something away, or changes it: backwards makes it so again

    @property
    def plain(self) -> Any:
        return getattr(migrations, self.kind)(**self.arguments())

    @property
    def conditional(self) -> Any:
        return template(self.kind)(**self.arguments())


def add_field(name: str, field: Callable[[], Any], fills: str = "", **more: Any) -> Case:
    return Case(
        f"add field {name}",
        "AddField",
        lambda: {"model_name": "Item", "name": "color", "field": field(), **more},
        fills=fills or "UPDATE shop_item SET color = 'red'",
    )


def remove_field(name: str, field: Callable[[], Any]) -> Case:
    return Case(
        f"remove field {name}",
        "RemoveField",
        lambda: {"model_name": "item", "name": "color"},
        shared=lambda: [migrations.AddField("item", "color", field())],
        takes=True,
    )


def alter_field(name: str, before: Callable[[], Any], after: Callable[[], Any], **more: Any) -> Case:
    return Case(
        f"alter field {name}",
        "AlterField",
        lambda: {"model_name": "Item", "name": "color", "field": after(), **more},
        shared=lambda: [migrations.AddField("item", "color", before())],
        takes=True,
    )


def constraint(name: str, made: Callable[[], Any], *, add: bool, engines: tuple[str, ...] = ENGINES) -> Case:
    if add:
        return Case(
            f"add {name}",
            "AddConstraint",
            lambda: {"model_name": "item", "constraint": made()},
            engines=engines,
        )
    return Case(
        f"remove {name}",
        "RemoveConstraint",
        lambda: {"model_name": "item", "name": made().name},
        shared=lambda: [migrations.AddConstraint("item", made())],
        engines=engines,
        takes=True,
    )


def char(length: int = 20, **more: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=length, **more)


def owner(**more: Any) -> models.Field[Any, Any]:
    return models.ForeignKey("shop.owner", models.CASCADE, null=True, related_name="+", **more)


def index() -> models.Index:
    return models.Index(fields=["name", "-size"], name="item_name_size")


def unique() -> Any:
    return models.UniqueConstraint(fields=["name", "size"], name="item_name_size_uniq")


def partial() -> Any:
    return models.UniqueConstraint(fields=["name"], condition=Q(size__gt=3), name="item_big_name_uniq")


def check() -> Any:
    return models.CheckConstraint(**{CHECK: Q(size__gte=0)}, name="item_size_positive")


NUMBER = "UPDATE shop_item SET color = 7"
CASES = (
    add_field("null", lambda: char(null=True)),
    add_field("not null with a default", lambda: char(default="blue")),
    add_field("one-off default", lambda: char(default="blue"), preserve_default=False),
    add_field("unique", lambda: char(null=True, unique=True)),
    add_field("indexed", lambda: char(default="x", db_index=True)),
    add_field("positive integer", lambda: models.PositiveIntegerField(default=3), NUMBER),
    add_field("foreign key", owner, "UPDATE shop_item SET color_id = 1"),
    add_field(
        "to itself",
        lambda: models.ForeignKey("shop.item", models.CASCADE, null=True),
        "UPDATE shop_item SET color_id = 1",
    ),
    add_field(
        "db_column", lambda: char(default="x", db_column="farbe"), "UPDATE shop_item SET farbe = 'rot'"
    ),
    add_field(
        "many to many",
        lambda: models.ManyToManyField("shop.owner", related_name="+"),
        "INSERT INTO shop_item_color (item_id, owner_id) VALUES (1, 1)",
    ),
    remove_field("null", lambda: char(null=True)),
    remove_field("unique", lambda: char(null=True, unique=True)),
    remove_field("indexed", lambda: char(default="x", db_index=True)),
    remove_field("foreign key", owner),
    remove_field("many to many", lambda: models.ManyToManyField("shop.owner", related_name="+")),
    alter_field("longer", lambda: char(20, default="x"), lambda: char(200, default="x")),
    alter_field(
        "longer and indexed",
        lambda: char(20, default="x", db_index=True),
        lambda: char(99, default="x", db_index=True),
    ),
    alter_field("unique", lambda: char(default="x"), lambda: char(default="x", unique=True)),
    alter_field("not unique", lambda: char(default="x", unique=True), lambda: char(default="x")),
    alter_field("indexed", lambda: char(default="x"), lambda: char(default="x", db_index=True)),
    alter_field("not indexed", lambda: char(default="x", db_index=True), lambda: char(default="x")),
    alter_field(
        "indexed, then unique",
        lambda: char(default="x", db_index=True),
        lambda: char(default="x", unique=True),
    ),
    alter_field("null", lambda: char(default="x"), lambda: char(default="x", null=True)),
    alter_field("not null", lambda: char(null=True), lambda: char(default="blue")),
    alter_field(
        "not null, one-off default",
        lambda: char(null=True),
        lambda: char(default="blue"),
        preserve_default=False,
    ),
    alter_field(
        "positive", lambda: models.IntegerField(default=1), lambda: models.PositiveIntegerField(default=1)
    ),
    alter_field(
        "not positive", lambda: models.PositiveIntegerField(default=1), lambda: models.IntegerField(default=1)
    ),
    alter_field(
        "positive, indexed",
        lambda: models.PositiveIntegerField(default=1),
        lambda: models.PositiveIntegerField(default=1, db_index=True),
    ),
    alter_field(
        "wider number", lambda: models.IntegerField(default=1), lambda: models.BigIntegerField(default=1)
    ),
    alter_field("text to number", lambda: char(default="1"), lambda: models.IntegerField(default=1)),
    alter_field(
        "indexed text to number",
        lambda: char(default="1", db_index=True),
        lambda: models.IntegerField(default=1, db_index=True),
    ),
    alter_field("no constraint", owner, lambda: owner(db_constraint=False)),
    alter_field("constraint", lambda: owner(db_constraint=False), owner),
    alter_field(
        "foreign key to one to one",
        owner,
        lambda: models.OneToOneField("shop.owner", models.CASCADE, null=True, related_name="+"),
    ),
    alter_field("another column", lambda: char(default="x"), lambda: char(default="x", db_column="farbe")),
    Case(
        "alter primary key",
        "AlterField",
        lambda: {"model_name": "owner", "name": "id", "field": models.BigAutoField(primary_key=True)},
        takes=True,
    ),
    Case(
        "rename field",
        "RenameField",
        lambda: {"model_name": "item", "old_name": "name", "new_name": "title"},
        takes=True,
    ),
    Case(
        "rename foreign key",
        "RenameField",
        lambda: {"model_name": "item", "old_name": "parent", "new_name": "boss"},
        takes=True,
    ),
    Case(
        "rename many to many",
        "RenameField",
        lambda: {"model_name": "item", "old_name": "tags", "new_name": "labels"},
        shared=lambda: [
            migrations.AddField("item", "tags", models.ManyToManyField("shop.owner", related_name="+"))
        ],
        takes=True,
    ),
    Case(
        "create model",
        "CreateModel",
        lambda: {
            "name": "Box",
            "fields": [
                pk(),
                ("item", models.ForeignKey("shop.item", models.CASCADE)),
                ("n", char(unique=True)),
            ],
        },
        fills="INSERT INTO shop_box (n, item_id) VALUES ('a', 1)",
    ),
    Case(
        "delete model",
        "DeleteModel",
        lambda: {"name": "Box"},
        shared=lambda: [
            migrations.CreateModel("Box", [pk(), ("item", models.ForeignKey("shop.item", models.CASCADE))])
        ],
        takes=True,
    ),
    Case("rename model", "RenameModel", lambda: {"old_name": "Item", "new_name": "Article"}, takes=True),
    Case(
        "rename model that others point to",
        "RenameModel",
        lambda: {"old_name": "Owner", "new_name": "Person"},
        takes=True,
    ),
    Case("add index", "AddIndex", lambda: {"model_name": "item", "index": index()}),
    Case(
        "remove index",
        "RemoveIndex",
        lambda: {"model_name": "item", "name": "item_name_size"},
        shared=lambda: [migrations.AddIndex("item", index())],
        takes=True,
    ),
    constraint("unique", unique, add=True),
    constraint("unique", unique, add=False),
    constraint("partial unique", partial, add=True, engines=("sqlite", "postgresql")),
    constraint("partial unique", partial, add=False, engines=("sqlite", "postgresql")),
    constraint("check", check, add=True),
    constraint("check", check, add=False),
    Case(
        "unique together",
        "AlterUniqueTogether",
        lambda: {"name": "item", "unique_together": {("name", "size")}},
        takes=True,
    ),
    Case(
        "other unique together",
        "AlterUniqueTogether",
        lambda: {"name": "item", "unique_together": {("size", "name")}},
        shared=lambda: [migrations.AlterUniqueTogether("item", {("name", "size"), ("name", "parent")})],
        takes=True,
    ),
)


def after(state: ProjectState, *operations: Any) -> ProjectState:
    state = state.clone()
    for operation in operations:
        operation.state_forwards(APP, state)
    return state


def run(connection: Any, operation: Any, before: ProjectState, then: ProjectState) -> None:
    with connection.schema_editor() as editor:
        operation.database_forwards(APP, editor, before, then)


def run_back(connection: Any, operation: Any, before: ProjectState, then: ProjectState) -> None:
    """From the state after the operation (`before`) back to the one before it (`then`)."""
    with connection.schema_editor() as editor:
        operation.database_backwards(APP, editor, before, then)


def build(connection: Any, case: Case) -> ProjectState:
    """The database as it is without the operation."""
    state = ProjectState()
    for operation in base():
        then = after(state, operation)
        run(connection, operation, state, then)
        state = then
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop_owner (name) VALUES ('ann')")
        cursor.execute("INSERT INTO shop_item (name, size, parent_id) VALUES ('ball', 42, 1)")
    for operation in case.shared():
        then = after(state, operation)
        run(connection, operation, state, then)
        state = then
    return state


def plainly(connection: Any, case: Case) -> tuple[Any, Any]:
    """What Django's own operation makes of the database, and of that backwards; it is empty again afterwards."""
    without = build(connection, case)
    state = after(without, case.plain)
    run(connection, case.plain, without, state)
    made = schema(connection)
    run_back(connection, case.plain, state, without)
    taken_back = schema(connection)
    empty(connection)
    return made, taken_back


def content(connection: Any) -> tuple[Any, Any]:
    found = schema(connection)
    return found, {table: rows(connection, table) for table in found}


@pytest.fixture
def connection(engine: str, tmp_path: Path) -> Iterator[Any]:
    with database(engine, str(tmp_path / "db.sqlite3")) as made:
        yield made


on_every_engine = pytest.mark.parametrize("engine", ENGINES)
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"])


def each(cases: Iterable[Case]) -> pytest.MarkDecorator:
    """Each case on each engine that knows such a thing."""
    pairs = [(engine, case) for case in cases for engine in case.engines]
    return pytest.mark.parametrize(
        ("engine", "case"), pairs, ids=[f"{engine}-{case.name}" for engine, case in pairs]
    )


@each(CASES)
def test_a_guard(case: Case, connection: Any) -> None:
    expected, taken_back = plainly(connection, case)
    without = build(connection, case)
    state = after(without, case.conditional)
    assert state == after(without, case.plain)

    run(connection, case.conditional, without, state)
    assert schema(connection) == expected, "the conditional operation made something else than the plain one"

    if case.fills:
        with connection.cursor() as cursor:
            cursor.execute(case.fills)
    full = content(connection)
    run(connection, case.conditional, without, state)
    assert content(connection) == full, "what was there has changed"

    run_back(connection, case.conditional, state, without)
    if case.takes:
        assert schema(connection) == taken_back
        run_back(connection, case.conditional, state, without)
        assert schema(connection) == taken_back
    else:
        assert content(connection) == full


def assert_kept(before: list[dict[str, Any]], then: list[dict[str, Any]]) -> None:
    """No value is lost; NULL may have become a default, text a number."""
    assert len(before) == len(then)
    for old, new in zip(before, then, strict=True):
        assert all(old[name] is None or str(old[name]) == str(new[name]) for name in old.keys() & new.keys())


@each(CASES)
def test_a_bridge(case: Case, connection: Any) -> None:
    expected, _ = plainly(connection, case)
    without = build(connection, case)
    rows_before = content(connection)[1]
    state = after(without, case.plain)
    assert after(state, case.conditional) == state

    run(connection, case.conditional, state, state)
    assert schema(connection) == expected, "the bridge made something else than the plain operation"
    assert state == after(without, case.plain)
    done = content(connection)
    run(connection, case.conditional, state, state)
    assert content(connection) == done, "the second time has changed something"
    run_back(connection, case.conditional, state, state)
    assert content(connection) == done, "backwards has changed something"

    for table in rows_before.keys() & done[1].keys():
        assert_kept(rows_before[table], done[1][table])


PLAIN = Case("nothing", "AddField", dict)


@on_every_engine
def test_a_bridge_of_several_things(connection: Any) -> None:
    """SQLite rebuilds the table for each: what is still missing must not be copied, what is there must stay."""
    operations = [
        migrations.AddField("item", "color", char(default="blue")),
        migrations.AddField("item", "code", models.IntegerField(null=True, unique=True)),
        migrations.AddField("item", "boss", owner()),
        migrations.AddIndex("item", models.Index(fields=["color", "code"], name="item_color_code")),
        migrations.AddConstraint(
            "item", models.UniqueConstraint(fields=["color", "size"], name="item_color_size")
        ),
        migrations.AlterUniqueTogether("item", {("name", "code"), ("name", "size")}),
    ]
    without = build(connection, PLAIN)
    state = without
    for operation in operations:
        then = after(state, operation)
        run(connection, operation, state, then)
        state = then
    expected = schema(connection)
    empty(connection)

    build(connection, PLAIN)
    run(
        connection,
        migrations.AddIndex("item", index()),
        without,
        after(without, migrations.AddIndex("item", index())),
    )
    expected["shop_item"][1].update(schema(connection)["shop_item"][1])
    state = after(without, migrations.AddIndex("item", index()), *operations)
    for operation in operations:
        run(connection, conditional(operation), state, state)
    assert schema(connection) == expected
    (row,) = rows(connection, "shop_item")
    assert row == {
        "id": 1,
        "name": "ball",
        "size": 42,
        "parent_id": 1,
        "color": "blue",
        "code": None,
        "boss_id": None,
    }


@on_every_engine
def test_what_the_same_migration_makes_later_is_there(connection: Any) -> None:
    """CreateModel leaves indexes and unique constraints to the end of the migration (`schema_editor.deferred_sql`)."""
    later = [
        migrations.AddIndex("item", models.Index(fields=["size"], name="item_size")),
        migrations.AddConstraint("item", models.UniqueConstraint(fields=["size"], name="item_one_size")),
        migrations.AlterUniqueTogether("item", {("name", "size")}),
    ]
    options = {
        "indexes": [later[0].index],
        "constraints": [later[1].constraint],
        "unique_together": {("name", "size")},
    }
    fields = [pk(), ("name", char()), ("size", models.IntegerField())]
    create = migrations.CreateModel("Item", fields, options)
    state = after(ProjectState(), create)
    run(connection, create, ProjectState(), state)
    expected = schema(connection)
    empty(connection)
    with connection.schema_editor() as editor:
        conditional(create).database_forwards(APP, editor, ProjectState(), state)
        for operation in later:
            conditional(operation).database_forwards(APP, editor, state, state)
    assert schema(connection) == expected


def conditional(operation: Any) -> Any:
    _, args, kwargs = operation.deconstruct()
    return template(type(operation).__name__)(*args, **kwargs)


@on_sqlite
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_router_that_says_no(case: Case, connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    without = build(connection, case)
    state = after(without, case.plain)
    before = content(connection)
    monkeypatch.setattr("django.db.router.allow_migrate_model", lambda alias, model: False)
    run(connection, case.conditional, without, state)
    run(connection, case.conditional, state, state)
    run_back(connection, case.conditional, state, without)
    assert content(connection) == before


@on_every_engine
def test_an_unmanaged_model(connection: Any) -> None:
    state = after(ProjectState(), migrations.CreateModel("Seen", [pk()], options={"managed": False}))
    add = template("AddField")("seen", "color", char(default="x"))
    then = after(state, add)
    create = template("CreateModel")("Seen", [pk()], options={"managed": False})
    run(connection, create, ProjectState(), state)
    run(connection, add, state, then)
    run(connection, add, then, then)
    assert schema(connection) == {}


ADDITIONS = [case for case in CASES if case.kind in ("AddField", "CreateModel", "AddIndex", "AddConstraint")]


@each(ADDITIONS)
def test_sqlmigrate_on_an_empty_database(case: Case, connection: Any) -> None:
    """As `sqlmigrate` does before the first `migrate`: the tables are not there, and the SQL is what it always is."""
    state = ProjectState()
    for operation in (*base(), *case.shared()):
        state = after(state, operation)
    collected = []
    for operation in (case.plain, case.conditional):
        with connection.schema_editor(collect_sql=True) as editor:
            operation.database_forwards(APP, editor, state.clone(), after(state, case.plain))
        collected.append(editor.collected_sql)
    assert collected[0] == collected[1] != []
    assert schema(connection) == {}


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])  # SQLite does not look at lengths
def test_a_cast_never_cuts(connection: Any) -> None:
    case = alter_field("shorter", lambda: char(20, default="x"), lambda: char(4, default="x"))
    without = build(connection, case)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_item SET color = 'orange'")
    state = after(without, case.plain)
    for before in (without, state):
        with pytest.raises(DataError):
            run(connection, case.conditional, before, state)
    assert rows(connection, "shop_item")[0]["color"] == "orange"


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_is_recognised_in_any_layout(kind: str) -> None:
    made = TEMPLATES[kind]
    definition = ast.parse(
        "# a remark\n" + made.source.replace("    ", "  ").replace("(self, ", "(self,\n ")
    ).body[0]
    assert isinstance(definition, ast.ClassDef)
    assert recognise(definition) is made
    changed = ast.parse(made.source.replace("schema_editor.connection", "connection")).body[0]
    assert isinstance(changed, ast.ClassDef)
    assert recognise(changed) is None


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_is_formatted_for_any_common_line_length(kind: str) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    source = TEMPLATES[kind].source
    for length in (88, 100, 120):
        command = [ruff, "format", "--isolated", f"--line-length={length}", "-"]
        assert (
            subprocess.run(command, input=source, text=True, capture_output=True, check=True).stdout == source
        )
