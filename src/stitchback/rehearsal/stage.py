"""The data that the rehearsal's process holds of one situation: its trees, and the databases that they created."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connections

from stitchback.rehearsal.connection import Content, RehearsalRecorder, empty, load, rows_of, saved, use
from stitchback.rehearsal.editor import forget_shapes
from stitchback.rehearsal.files import STUBS, BuiltMigrations, Name, RehearsalExecutor, RehearsalFiles
from stitchback.rehearsal.requests import (
    OptimizeRequest,
    Parcel,
    Recipe,
    RehearsalAnswer,
    Request,
    ShippedTree,
)
from stitchback.rehearsal.rows import DataRun
from stitchback.rehearsal.states import RehearsalStates


@dataclass(frozen=True, slots=True)
class MadeDatabase:
    """A database as the old trees created it: its content, its rows of django_migrations, and the data operations that ran on it."""

    content: Content
    rows: frozenset[Name]
    data: tuple[DataRun, ...] = ()


class RehearsalStage:
    def __init__(self) -> None:
        self.connection: Any = connections["default"]
        self.empty = MadeDatabase(empty(self.connection), frozenset())
        self.open()

    def open(self) -> None:
        """Starts another situation and drops all data of the last one."""
        self.stuff = BuiltMigrations()
        self.states = RehearsalStates()
        self.shipped: dict[int, ShippedTree] = {}
        self.files: dict[int, RehearsalFiles] = {}
        self.made: dict[Recipe, list[MadeDatabase]] = {}
        forget_shapes()

    def take(self, parcel: Parcel) -> None:
        self.stuff.take(parcel)
        self.shipped.update(parcel.trees)

    def rehearse(self, request: Request) -> RehearsalAnswer:
        from stitchback.rehearsal.checks import Rehearsal

        return Rehearsal(self, request).answer()

    def optimized(self, request: OptimizeRequest) -> tuple[int, ...]:
        """How many operations Django's optimizer leaves of each run: what `squashmigrations` would write."""
        from django.db.migrations.optimizer import MigrationOptimizer

        left = []
        for app, numbers in request.runs:
            operations = [each for number in numbers for each in self.stuff.built(number, request.settings)]
            left.append(len(MigrationOptimizer().optimize(operations, app)))
        return tuple(left)

    def tree(self, number: int) -> RehearsalFiles:
        """The tree's files. Sets Django's settings to the tree's."""
        if number not in self.files:
            self.files[number] = RehearsalFiles(self.shipped[number], self.stuff, self.states)
        use(self.files[number].settings)
        return self.files[number]

    def begin(self, made: MadeDatabase, *, strict: bool) -> Any:
        """Connects to such a database and returns its watch."""
        load(self.connection, made.content)
        watch = self.connection.watch
        watch.data.extend(made.data)
        watch.is_strict = strict
        return watch

    def database(self, recipe: Recipe, ledger: frozenset[Name] | None) -> MadeDatabase | None:
        """The database that these trees created, in order, with exactly these rows (None: all rows that they record); None if they cannot create it."""
        made = self.empty
        for place, number in enumerate(recipe):
            wanted = ledger if place + 1 == len(recipe) else None
            found = self._deployed(recipe[: place + 1], made, number, wanted)
            if found is None:
                return None
            made = found
        return made

    def foreign(self, recipe: Iterable[int]) -> frozenset[Name]:
        """Rows of migrations that the trees do not contain."""
        return frozenset(name for number in recipe for name in self.tree(number).installed)

    def _deployed(
        self, recipe: Recipe, before: MadeDatabase, number: int, ledger: frozenset[Name] | None
    ) -> MadeDatabase | None:
        """`before` migrated with the tree: completely, or until it has the rows of the ledger."""
        foreign, known = (
            self.foreign(recipe),
            self.made.setdefault((*recipe, -1 if ledger is None else 0), []),
        )
        if ledger is None and known:
            return known[0]
        for made in known:
            if made.rows - foreign == ledger:
                return made
        smaller = [made for made in known if ledger is not None and made.rows - foreign < ledger]
        start = max(smaller, key=lambda each: len(each.rows), default=before)
        found = self._migrated(start, number, ledger)
        if found is None or (ledger is not None and found.rows - foreign != ledger):
            return None
        known.append(found)
        return found

    def _migrated(
        self, start: MadeDatabase, number: int, ledger: frozenset[Name] | None
    ) -> MadeDatabase | None:
        files = self.tree(number)
        watch = self.begin(start, strict=False)
        try:
            self.prepare(files)
            executor = RehearsalExecutor(self.connection, files, watch.progress)
            leaves = executor.loader.graph.leaf_nodes()
            executor.migrate(leaves if ledger is None else topmost(ledger, executor.loader))
        except Exception:  # noqa: BLE001  # what a tree of its own cannot be migrated to, no database is
            return None
        return MadeDatabase(saved(self.connection), frozenset(rows_of(self.connection)), tuple(watch.data))

    def prepare(self, files: RehearsalFiles) -> None:
        """Creates the rows of installed packages, and tables for those of their models that the tree names."""
        rows = set(rows_of(self.connection))
        recorder = RehearsalRecorder(self.connection)
        for app, name in sorted(files.installed - rows):
            recorder.record_applied(app, name)
        missing = self.missing_tables(files, is_new=STUBS not in rows)
        if missing:
            with self.connection.schema_editor() as editor:
                for model in missing:
                    self.states.check_time()
                    editor.create_model(model)

    def missing_tables(self, files: RehearsalFiles, *, is_new: bool) -> list[Any]:
        """The models without a table: for a new database, all that it has before the rehearsal; later only those of further packages."""
        if not files.stubs and not files.tree.base:
            return []
        state = self.states.steps_of(self.states.by_number[0], files.migrations[STUBS])[-1]
        if is_new:
            models = [each for each in state.apps.get_models() if has_table(each)]
        else:
            models = [state.apps.get_model(*key) for key in sorted(files.stubs.keys() & state.models.keys())]
        there = {name.lower() for name in self.connection.introspection.table_names()}
        return [model for model in models if model._meta.db_table.lower() not in there]


def has_table(model: Any) -> bool:
    return bool(model._meta.managed and not model._meta.proxy and not model._meta.swapped)


def topmost(ledger: frozenset[Name], loader: Any) -> list[Name]:
    """The unapplied migrations among these that no other of them depends on: Django migrates backwards to a target that is applied."""
    graph = loader.graph
    wanted = sorted(key for key in ledger if key in graph.nodes and key not in loader.applied_migrations)
    below = {each for key in wanted for each in graph.forwards_plan(key) if each != key}
    return [key for key in wanted if key not in below]
