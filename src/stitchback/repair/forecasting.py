"""Forecasts what `migrate` will do to one database: Django's loader and executor run on the schema that the database shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from stitchback.engine import Engine, EngineCache, Run, RunError, SymbolicDatabase
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.physical import PhysicalSchema
from stitchback.model.problems import raised
from stitchback.model.state import Field
from stitchback.repair.hidden_tables import HiddenTables
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.observed_schema import as_shown
from stitchback.repair.recorder_rules import Order
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied
from stitchback.repair.schema_search import NodeRelatives, lacking
from stitchback.repair.visible_schema import Names, VisibleSchema
from stitchback.schema.definitions import automatic_names
from stitchback.schema.effects import CreateIndex, Effect
from stitchback.schema.labels import key_of
from stitchback.schema.on_engine import Remarks
from stitchback.upgrades.next_release import empty_next_release

ALL_SEEN = HiddenTables()


@dataclass(frozen=True, slots=True)
class Forecast:
    """The result of one call of `migrate` without a repair. `error` is Django's message, "" on success, and `at` the migration that fails. `harms`:
    what the engine loses without an error. `doubts`: by migration, where code of the project decides whether it fails: the code is not run, and the
    tables differ from its models. `assumed`: tables that were not read and are assumed to be as recorded. Not `looked`: derived from the rows alone.
    """

    runs: tuple[MigrationKey, ...]
    error: str = ""
    at: MigrationKey | None = None
    harms: tuple[str, ...] = ()
    looked: bool = False
    doubts: tuple[tuple[MigrationKey, str], ...] = ()
    assumed: tuple[str, ...] = ()


def by_rows(run: Run) -> Forecast:
    """The forecast of a run on the schema that the rows record."""
    error = run.error
    return Forecast(run.ran, error.message if error else "", error.at if error else None)


def refused_rows(run: Run, start: SymbolicDatabase, ledger: Ledger) -> Run:
    """The run up to the first row that the table does not accept (see `NoNewId`), or to the table that cannot be created."""
    is_refused = run.error is not None and run.error.at is None
    if ledger.no_table is not None and ledger.no_table.is_taken and not is_refused:
        name = "django_migrations"
        error = raised(
            "MigrationSchemaMissing", f"table {name} cannot be created: another object has that name", name
        )
        return Run((), start, RunError("MigrationSchemaMissing", error))
    new_id = ledger.new_id
    if new_id is None or (new_id.is_sound and new_id.step > 0):
        return run
    used, rows = {row.id for row in ledger.rows}, len(ledger.rows)
    before = start
    for place, step in enumerate(run.steps):
        count = len(step.database.ledger) - rows
        if count and new_id.refuses(used, count):
            words = (
                new_id.problem
                or "the next id of django_migrations belongs to a row: migrate cannot write a row"
            )
            error = raised("IntegrityError", words, "django_migrations")
            return Run(run.steps[:place], before, RunError("IntegrityError", error, step.key))
        if new_id.following is not None:
            new_id = replace(new_id, following=new_id.following + count * new_id.step)
        rows, before = rows + count, step.database
    return run


def with_unnamed(
    schema: PhysicalSchema, effects: Iterable[Effect], engine: str, visible: VisibleSchema
) -> PhysicalSchema:
    """The schema with the indexes that have the name which Django gives an index of those columns (`unique_together`, `db_index`)."""
    tables = dict(schema.tables)
    for effect in effects:
        if (
            not isinstance(effect, CreateIndex)
            or effect.name != str(effect.definition)
            or effect.table not in tables
        ):
            continue
        names = automatic_names(engine, effect.table, effect.definition)
        if visible.indexes.intersection(name.lower() for name in names):
            table = tables[effect.table]
            tables[effect.table] = replace(table, indexes={**table.indexes, effect.name: effect.definition})
    return replace(schema, tables=tables)


class Forecaster:
    """Forecasts for databases of one engine, with one tree."""

    def __init__(self, tree: Tree, player: SchemaOfApplied, engine: str) -> None:
        self.player = player
        self.memory = EngineCache(engine=engine)
        self.today = Engine(tree, memory=self.memory, settings=tree.settings)
        self.engine = engine
        self._tree = tree

    @cached_property
    def following(self) -> Engine:
        return Engine(empty_next_release(self._tree), memory=self.memory, settings=self._tree.settings)

    @cached_property
    def wanted(self) -> PhysicalSchema | None:
        """The schema of a fresh install; None if the install fails."""
        run = self.today.migrate(SymbolicDatabase())
        return run.final.schema if run.error is None else None

    def forecast(
        self, ledger: Ledger, visible: VisibleSchema, unseen: HiddenTables = ALL_SEEN
    ) -> tuple[Forecast, Forecast, PhysicalSchema]:
        """The forecasts of a full migrate and of the next release's after it, and the schema after the first one."""
        found = self.database(ledger, visible, unseen)
        now = refused_rows(self._run(found), found, ledger)
        later = self.following.migrate(now.final)
        differs = bool(lacking(self._played(ledger).names, visible.names))
        assumed = tuple(sorted({name.table for name in self._assumed(ledger, visible, unseen)} - {""}))
        return (
            replace(self._forecast(self.today, found, now, differs=differs), assumed=assumed),
            replace(self._forecast(self.following, now.final, later, differs=differs), assumed=assumed),
            now.final.schema,
        )

    def _run(self, found: SymbolicDatabase) -> Run:
        """Runs a full migrate; an empty run if the models of the applied migrations cannot be rendered (`StateApps.__init__`)."""
        run = self.today.migrate(found)
        begins = bool(run.steps) or (run.error is not None and run.error.at is not None)
        unresolved = self._unresolved(found) if begins else ""
        return Run((), found, RunError("ValueError", raised("ValueError", unresolved))) if unresolved else run

    def _unresolved(self, found: SymbolicDatabase) -> str:
        """Django's message for the first field of the applied models that refers to a model of the tree which is not among them."""
        token = self.today.models_at(self.today.place(found))
        models = self.memory.states[token].models if token is not None else {}
        apps = {key.app for key in self._tree.migrations}
        for key, model in sorted(models.items()):
            for name, field in model.fields:
                target = key_of(field.argument("to")) if isinstance(field, Field) else None
                if target is not None and target.app in apps and target not in models:
                    return f"The field {key}.{name} was declared with a lazy reference to '{target}', which no applied migration creates"
        return ""

    def _forecast(self, engine: Engine, start: SymbolicDatabase, run: Run, *, differs: bool) -> Forecast:
        """The forecast of a run. `differs`: some table differs from the models."""
        harms, doubts, schema = list[str](), list[tuple[MigrationKey, str]](), start.schema
        token = engine.models_at(engine.place(start)) if run.steps else None
        for step in run.steps:
            assert token is not None, "Django had models for the first step"
            migration = engine.tree.migrations[step.key]
            remarks = self.memory.outcome(schema, token, migration).remarks or Remarks()
            token = self.memory.migration_effect(token, migration).after
            harms += remarks.harms
            doubts += ((step.key, words) for words in remarks.doubts)
            if remarks.unread and not remarks.doubts and (differs or self._is_late(step.key, start)):
                doubts.append((step.key, "its code was not run, and may use something that is missing"))
            schema = step.database.schema
        return replace(by_rows(run), harms=tuple(harms), doubts=tuple(doubts), looked=True)

    def database(
        self, ledger: Ledger, visible: VisibleSchema, unseen: HiddenTables = ALL_SEEN
    ) -> SymbolicDatabase:
        """The database with the rows that were read, and with the visible part of all tables that the tree's migrations ever create."""
        played = self._played(ledger)
        seen = visible.names_in(self._tables(played.names), self.player.ever | played.names)
        shown = (seen - unseen.names) | self._assumed(ledger, visible, unseen)
        effects = tuple(effect for effects in self.player.effects.values() for effect in effects)
        schema = with_unnamed(as_shown(played.schema, shown, effects), effects, self.engine, visible)
        return SymbolicDatabase(tuple(row.key for row in ledger.rows), schema, played.data)

    def _is_late(self, key: MigrationKey, start: SymbolicDatabase) -> bool:
        """Whether a migration that depends on it was applied before it: then its code gets models of a later state."""
        accounts = self.player.accounts
        standing = accounts.standing(start.rows)
        if key not in standing.nodes:
            return False
        return bool(NodeRelatives(Order(accounts, standing.nodes)).descendants(key) & standing.made - {key})

    def _assumed(self, ledger: Ledger, visible: VisibleSchema, unseen: HiddenTables) -> Names:
        """The names that are assumed to be as recorded: those that were not read; with DATABASE_ROUTERS also missing tables, which may be in another
        database."""
        told = self._played(ledger).names
        missing = {name.table for name in told} - visible.tables.keys() if unseen.elsewhere.is_open else set()
        return frozenset(name for name in told if name in unseen.names or name.table in missing - {""})

    def _tables(self, more: Names) -> frozenset[str]:
        return frozenset(name.table for name in self.player.ever | more if name.table)

    def _played(self, ledger: Ledger) -> AppliedSchema:
        """The schema that the rows record, as far as it can be derived: names and shapes for the visible names."""
        accounts = self.player.accounts
        made = accounts.standing(ledger.keys).made
        for choice in (made, accounts.standing(frozenset()).nodes):
            played = self.player.play(choice)
            if isinstance(played, AppliedSchema):
                return played
        return AppliedSchema(PhysicalSchema(), (), frozenset[Presence]())
