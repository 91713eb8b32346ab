"""Random small histories of two branches, as values and as Django's own migrations, and databases made by the latter.

A history is a mainline, a release branch whose hotfixes mainline makes too, and a tree of today: mainline itself, mainline with
the hotfixes stitched in, mainline squashed, or mainline with a migration renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, assert_never

from migration_values import ID, tree
from migration_values import migration as as_value

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Span
from stitchback.model.values import TRUE, Call, Constant, Items, Reference, Value

# --- operations, in words -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreateItem:
    model: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddIt:
    model: str
    name: str
    default: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveIt:
    model: str
    name: str


@dataclass(frozen=True, slots=True)
class RenameIt:
    model: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class IndexIt:
    model: str
    name: str
    column: str


@dataclass(frozen=True, slots=True)
class AlterIt:
    model: str
    name: str


@dataclass(frozen=True, slots=True)
class WorkOnIt:
    tag: str


Deed = CreateItem | AddIt | RemoveIt | RenameIt | IndexIt | AlterIt | WorkOnIt


@dataclass(frozen=True, slots=True)
class Step:
    """One migration of a history. `says` are its provenance lines."""

    key: MigrationKey
    after: tuple[MigrationKey, ...]
    migration_effects: tuple[Deed, ...]
    replaces: tuple[MigrationKey, ...] = ()
    says: tuple[str, ...] = ()


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class History:
    """`today` is the tree that a database is to be migrated with; `kind` says what it is."""

    kind: str
    mainline: Steps
    patch: Steps
    today: Steps


def random_history(random: Random) -> History:
    writer = Writer(random)
    mainline = writer.mainline()
    fork = random.randrange(1, len(mainline))
    duplicated = writer.duplicates(mainline, fork)
    patch = writer.patched(mainline[:fork], duplicated)
    kinds = ["as it is", "squashed", "squashed, files gone", "renamed"] + ["stitched"] * 6 * bool(duplicated)
    kind = random.choice(kinds)
    return History(kind, mainline, patch, writer.today(kind, mainline, fork, patch, duplicated))


@dataclass(slots=True)
class Writer:
    random: Random
    columns: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    def mainline(self) -> Steps:
        apps = self.random.choice([("shop",), ("shop", "blog")])
        steps: list[Step] = []
        leaves: dict[str, MigrationKey] = {}
        for app in apps:
            key = MigrationKey(app, "0001_initial")
            model = f"{app}item"
            self.columns[model] = ["first"]
            steps.append(Step(key, tuple(leaves.values())[:1], (CreateItem(model, ("first",)),)))
            leaves[app] = key
        for number in range(2, self.random.randrange(4, 8)):
            app = self.random.choice(apps)
            key = MigrationKey(app, f"{number:04}_{self.fresh('step')}")
            migration_effects = tuple(
                self.migration_effect(f"{app}item") for _ in range(self.random.choice((1, 1, 2)))
            )
            others = [leaf for other, leaf in leaves.items() if other != app and self.random.random() < 0.2]
            steps.append(Step(key, (leaves[app], *others), migration_effects))
            leaves[app] = key
        return tuple(steps)

    def migration_effect(self, model: str) -> Deed:
        columns = self.columns[model]
        match self.random.choice(("add", "add", "add", "add", "remove", "rename", "index", "alter", "work")):
            case "remove" if len(columns) > 1:
                return RemoveIt(model, columns.pop(self.random.randrange(1, len(columns))))
            case "rename" if len(columns) > 1:
                place = self.random.randrange(1, len(columns))
                old, columns[place] = columns[place], self.fresh("renamed")
                return RenameIt(model, old, columns[place])
            case "index":
                return IndexIt(model, self.fresh("idx"), "first")
            case "alter":
                return AlterIt(model, "first")
            case "work":
                return WorkOnIt(self.fresh("work"))
            case _:
                columns.append(self.fresh("column"))
                return AddIt(model, columns[-1], self.random.choice((None, 7)))

    def fresh(self, word: str) -> str:
        self.count += 1
        return f"{word}{self.count}"

    def duplicates(self, mainline: Steps, fork: int) -> list[tuple[Step, AddIt]]:
        """Additions that mainline made after the fork and a release branch could make at it."""
        there = {
            migration_effect.model
            for step in mainline[:fork]
            for migration_effect in step.migration_effects
            if isinstance(migration_effect, CreateItem)
        }
        found = [
            (step, migration_effect)
            for step in mainline[fork:]
            for migration_effect in step.migration_effects
            if isinstance(migration_effect, AddIt) and migration_effect.model in there
        ]
        self.random.shuffle(found)
        return found[: self.random.choice((1, 1, 2))]

    def patched(self, shared: Steps, duplicated: Sequence[tuple[Step, AddIt]]) -> Steps:
        steps = list(shared)
        for step, migration_effect in duplicated:
            app = step.key.app
            leaf = [each.key for each in steps if each.key.app == app][-1]
            steps.append(
                Step(
                    MigrationKey(app, f"{len(steps):04}_{self.fresh('hotfix')}"), (leaf,), (migration_effect,)
                )
            )
        return tuple(steps)

    def today(
        self, kind: str, mainline: Steps, fork: int, patch: Steps, duplicated: Sequence[tuple[Step, AddIt]]
    ) -> Steps:
        match kind:
            case "stitched":
                return stitched(mainline, patch[fork:], duplicated)
            case "squashed" | "squashed, files gone":
                return squashed(mainline, keep=kind == "squashed")
            case "renamed":
                return renamed(mainline, self.random.randrange(len(mainline)))
            case _:
                return mainline


def stitched(mainline: Steps, hotfixes: Steps, duplicated: Sequence[tuple[Step, AddIt]]) -> Steps:
    """FACTS F12: a stitched migration for each hotfix, which mainline's migration gives its duplicate up for."""
    steps, replacements = list(mainline), dict[MigrationKey, MigrationKey]()
    for hotfix, (giver, migration_effect) in zip(hotfixes, duplicated, strict=True):
        key = MigrationKey(hotfix.key.app, f"{hotfix.key.name}_stitched")
        after = tuple(replacements.get(parent, parent) for parent in hotfix.after)
        replacements[hotfix.key] = key
        says = (f"replaces {hotfix.key} of release (commit abc)", f"takes operations from {giver.key}")
        place = next(at for at, step in enumerate(steps) if step.key == giver.key)
        given = steps[place]
        steps[place] = replace(
            given,
            after=(*given.after, key),
            migration_effects=tuple(each for each in given.migration_effects if each != migration_effect),
        )
        steps.insert(place, Step(key, after, hotfix.migration_effects, (hotfix.key,), says))
    return tuple(steps)


def squashed(mainline: Steps, *, keep: bool) -> Steps:
    """The first two of the first app in one; their files kept or not."""
    app = mainline[0].key.app
    own = [step for step in mainline if step.key.app == app][:2]
    if len(own) < 2 or any(parent.app != app for step in own for parent in step.after):
        return mainline
    between = mainline[: mainline.index(own[1])]
    if any(own[0].key in step.after for step in between if step.key.app != app):
        return mainline  # another app hangs in between
    key = MigrationKey(app, "0001_squashed_0002")
    names = tuple(step.key for step in own)
    squash = Step(
        key, (), tuple(migration_effect for step in own for migration_effect in step.migration_effects), names
    )
    rest = [step for step in mainline if step not in own]
    moved = [
        replace(step, after=tuple(dict.fromkeys(key if p in names else p for p in step.after)))
        for step in rest
    ]
    return (*(own if keep else ()), squash, *moved)


def renamed(mainline: Steps, place: int) -> Steps:
    old = mainline[place].key
    new = MigrationKey(old.app, f"{old.name}_anew")
    return tuple(
        replace(
            step,
            key=new if step.key == old else step.key,
            after=tuple(new if parent == old else parent for parent in step.after),
        )
        for step in mainline
    )


# --- as values ----------------------------------------------------------------------------------------------------------


def value_tree(steps: Steps, ref: str) -> Tree:
    return tree(*(value_of(step) for step in steps), ref=ref)


def value_of(step: Step) -> Migration:
    made = as_value(
        str(step.key),
        step.after,
        *(operation_of(migration_effect) for migration_effect in step.migration_effects),
    )
    return made.with_changes(replaces=step.replaces, provenance=step.says)


def operation_of(migration_effect: Deed) -> Operation:
    match migration_effect:
        case CreateItem(model=model, fields=names):
            pairs = [("id", ID), *((name, number(None)) for name in names)]
            items = tuple(Items("tuple", (Constant(name), value)) for name, value in pairs)
            return made("CreateModel", name=Constant(model), fields=Items("list", items))
        case AddIt(model=model, name=name, default=default):
            return made("AddField", model_name=Constant(model), name=Constant(name), field=number(default))
        case AlterIt(model=model, name=name):
            return made("AlterField", model_name=Constant(model), name=Constant(name), field=number(3))
        case RemoveIt(model=model, name=name):
            return made("RemoveField", model_name=Constant(model), name=Constant(name))
        case RenameIt(model=model, old=old, new=new):
            return made(
                "RenameField", model_name=Constant(model), old_name=Constant(old), new_name=Constant(new)
            )
        case IndexIt(model=model, name=name, column=column):
            fields = (("fields", Items("list", (Constant(column),))), ("name", Constant(name)))
            index = Call(Reference("django.db.models.Index"), (), fields)
            return made("AddIndex", model_name=Constant(model), index=index)
        case WorkOnIt(tag=tag):
            from stitchback.model.values import Code

            return made("RunPython", code=Code(tag, f"fingerprint of {tag}", f"def {tag}(): ..."))
        case _:
            assert_never(migration_effect)


def made(kind: str, **arguments: Value) -> Operation:
    return Operation(kind, f"django.db.migrations.{kind}", tuple(sorted(arguments.items())), Span("x.py"))


def number(default: int | None) -> Value:
    said: dict[str, Value] = {"null": TRUE} if default is None else {"default": Constant(default)}
    return Call(Reference("django.db.models.IntegerField"), (), tuple(said.items()))


# --- as Django's own ------------------------------------------------------------------------------------------------------


def django_migration(step: Step) -> Any:
    from django.db import migrations

    names = {
        "dependencies": [(key.app, key.name) for key in step.after],
        "replaces": [(key.app, key.name) for key in step.replaces],
        "operations": [django_operation(migration_effect) for migration_effect in step.migration_effects],
    }
    return type("Migration", (migrations.Migration,), names)(step.key.name, step.key.app)


def django_operation(migration_effect: Deed) -> Any:
    from django.db import migrations, models

    def integer(default: int | None) -> Any:
        return models.IntegerField(null=True) if default is None else models.IntegerField(default=default)

    match migration_effect:
        case CreateItem(model=model, fields=names):
            fields = [
                ("id", models.BigAutoField(primary_key=True)),
                *((name, integer(None)) for name in names),
            ]
            return migrations.CreateModel(model, fields)
        case AddIt(model=model, name=name, default=default):
            return migrations.AddField(model, name, integer(default))
        case AlterIt(model=model, name=name):
            return migrations.AlterField(model, name, integer(3))
        case RemoveIt(model=model, name=name):
            return migrations.RemoveField(model, name)
        case RenameIt(model=model, old=old, new=new):
            return migrations.RenameField(model, old, new)
        case IndexIt(model=model, name=name, column=column):
            return migrations.AddIndex(model, models.Index(fields=[column], name=name))
        case WorkOnIt(tag=tag):
            return migrations.RunPython(
                lambda apps, editor: editor.connection.cursor().execute(f"INSERT INTO marks VALUES ('{tag}')")
            )
        case _:
            assert_never(migration_effect)


class RealDatabase:
    """An empty SQLite database in memory that real Django migrates. `connection` is Django's."""

    def __init__(self) -> None:
        from django.db import connections

        from stitchback.adapters.connections import _configure

        _configure()
        connections.settings["seeded"] = {
            **connections.settings["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ":memory:",
        }
        self.connection: Any = connections.create_connection("seeded")
        connections["seeded"] = self.connection
        self.execute("CREATE TABLE marks (tag text)")

    def execute(self, sql: str, *values: object) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    def script(self, text: str) -> None:
        self.connection.connection.executescript(text)

    def close(self) -> None:
        self.connection.connection.close()

    def migrate(self, steps: Steps, only: int | None = None) -> str:
        """`manage.py migrate` with these files, or up to the `only`-th of them alone; what Django, or the database, says against it."""
        from django.core.management.base import CommandError
        from django.db.migrations.exceptions import InconsistentMigrationHistory, NodeNotFoundError
        from django.db.utils import DatabaseError

        try:
            executor = self.executor(steps)
            executor.loader.check_consistent_history(self.connection)
            conflicts = executor.loader.detect_conflicts()
            if conflicts:
                return f"conflicts: {conflicts}"
            targets = executor.loader.graph.leaf_nodes()
            if only is not None:
                below = {parent for step in steps[: only + 1] for parent in step.after}
                topmost = [step.key for step in steps[: only + 1] if step.key not in below]
                targets = [(key.app, key.name) for key in topmost]
                targets = [target for target in targets if target in executor.loader.graph.nodes]
            executor.recorder.ensure_schema()
            executor.migrate(targets, plan=executor.migration_plan(targets))
        except (
            CommandError,
            InconsistentMigrationHistory,
            NodeNotFoundError,
            DatabaseError,
            KeyError,  # a field of a model that the state does not have: a row of what never ran
        ) as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def executor(self, steps: Steps) -> Any:
        from django.db import connections
        from django.db.migrations.executor import MigrationExecutor
        from django.db.migrations.loader import MigrationLoader

        class Loader(MigrationLoader):  # type: ignore[misc]
            def load_disk(self) -> None:
                self.disk_migrations = {
                    (step.key.app, step.key.name): django_migration(step) for step in steps
                }
                self.migrated_apps = {step.key.app for step in steps}
                self.unmigrated_apps: set[str] = set()

        connections["seeded"] = self.connection  # Django's recorder and `atomic` go by the alias
        executor = MigrationExecutor(self.connection)
        executor.loader = Loader(self.connection)
        return executor

    def pending(self, steps: Steps) -> list[str]:
        executor = self.executor(steps)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return [str(migration) for migration, _ in plan]

    # --- what is in it ------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """A row in every table, with a value of its own in every column (FACTS F31)."""
        for table, columns in self.columns().items():
            named = [column for column in columns if column != "id"]
            values = ", ".join(str(100 + sum(map(ord, table + column))) for column in named)
            self.execute(f"INSERT INTO {table} ({', '.join(named)}) VALUES ({values})")

    def columns(self) -> dict[str, list[str]]:
        rows = self.execute(
            "SELECT m.name, p.name FROM sqlite_master m, pragma_table_xinfo(m.name) p WHERE m.type = 'table'"
            " AND m.name NOT IN ('marks', 'django_migrations') AND m.name NOT LIKE 'sqlite_%'"
        )
        found: dict[str, list[str]] = {}
        for table, column in rows:
            found.setdefault(table, []).append(column)
        return found

    def values(self) -> set[tuple[str, int]]:
        """(table, value) of all that `fill` put in."""
        found = set()
        for table in self.columns():
            for row in self.execute(f"SELECT * FROM {table}"):
                found |= {(table, value) for value in row if isinstance(value, int) and value >= 100}
        return found

    def shape(self) -> list[Any]:
        columns = self.execute(
            'SELECT m.name, p.name, p.type, p."notnull", p.pk FROM sqlite_master m, pragma_table_xinfo(m.name) p'
            " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        )
        indexes = self.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
        return sorted(map(tuple, columns)) + sorted(map(tuple, indexes))

    def marks(self) -> list[str]:
        return sorted(tag for (tag,) in self.execute("SELECT tag FROM marks"))
