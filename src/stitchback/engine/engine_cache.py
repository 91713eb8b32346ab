"""A cache that engines over related trees share.

It keeps one object for each state and each database schema, and the result of each migration on them: the
proof asks for the same results thousands of times.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from stitchback.engine.composite_migration import parts_of
from stitchback.engine.database import DatabaseId, Name, SymbolicDatabase
from stitchback.engine.interning import InternedContents
from stitchback.engine.state_cache import EMPTY_STATE, MigrationEffect, StateCache, data_run
from stitchback.model.atoms import fingerprint_of_work
from stitchback.model.migrations import Migration
from stitchback.model.physical import PhysicalSchema
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.state import SchemaState
from stitchback.operations.data import data_operations
from stitchback.operations.data import data_run as effect_of
from stitchback.operations.data_needs import Needs
from stitchback.operations.separate_database_and_state import Stated
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.clashes import Clash, InconsistentState
from stitchback.schema.effects import ChangeIndexName, DropColumn, Effect, Forget, Remake
from stitchback.schema.on_engine import Remarks, run_on_engine
from stitchback.schema.sqlite_remake import refused_by_sqlite
from stitchback.schema.tables import physical_of

IF_NOT_SQLITE = " (if no database is SQLite, declare which engines you use: engines in [tool.stitchback])"


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A migration run on one database schema: the new schema (and its number) and the data operations, or the
    clash. `remarks`: of `EngineCache.engine`.
    """

    schema: PhysicalSchema
    number: int
    data: tuple[str, ...] = ()
    clash: Problem | None = None
    remarks: Remarks | None = None


@dataclass(slots=True)
class EngineCache:
    """States are known by tokens (0 is `start`, without models), so that comparing them and using them as
    keys is cheap.
    """

    start: SchemaState = field(default_factory=SchemaState)
    sqlite: bool = True
    """Whether the database may be SQLite, which recreates a table from the models to alter it."""
    engine: str = ""
    """If set, effects do exactly what this database engine does (`schema.on_engine`), with any data loss.
    Otherwise an unsafe effect clashes.
    """
    stated: Stated | None = None
    """What the branches change in the state alone (see `schema.separate_database_and_state`). None allows
    anything.
    """
    needs: Mapping[str, Needs] = field(default_factory=dict)
    """What data operations need of the models and tables, by their work."""
    contents: InternedContents = field(default_factory=InternedContents)
    by_token: StateCache = field(init=False)
    schemas: dict[Hashable, PhysicalSchema] = field(default_factory=dict)
    schemas_by_number: list[PhysicalSchema] = field(default_factory=list)
    known_schemas: dict[int, tuple[PhysicalSchema, int]] = field(default_factory=dict)
    bits: dict[Name, int] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    places: dict[tuple[int, int, tuple[str, ...]], DatabaseId] = field(default_factory=dict)
    numbers: dict[Hashable, int] = field(default_factory=dict)
    kinds: dict[Hashable, int] = field(default_factory=dict)
    known_migrations: dict[int, tuple[Migration, int]] = field(default_factory=dict)
    migration_effects: dict[tuple[int, int], MigrationEffect | InconsistentState] = field(
        default_factory=dict
    )
    outcomes: dict[tuple[int, int, int], StepOutcome] = field(default_factory=dict)
    kept: dict[str, object] = field(default_factory=dict)
    """Values that other modules cache here."""
    forgotten: dict[str, set[str | None]] = field(default_factory=dict)
    """By table: the columns that some migration removes from the models and leaves in the database. None for
    all columns.
    """

    def __post_init__(self) -> None:
        self.by_token = StateCache(self.start, self.contents, self.stated, self.needs, bool(self.engine))

    @property
    def states(self) -> list[SchemaState]:
        """The states, indexed by token."""
        return self.by_token.known

    def number(self, migration: Migration) -> int:
        """A number that is equal for migrations with equal operations, of the same work, in the same apps."""
        known = self.known_migrations.get(id(migration))
        if known is None:
            content = tuple((part.key.app, part.operations, works_of(part)) for part in parts_of(migration))
            number = self.numbers.setdefault(content, len(self.numbers))
            known = self.known_migrations[id(migration)] = (migration, number)
        return known[1]

    def kind(self, number: int, names: tuple[Name, ...]) -> int:
        """A number that is equal for migrations that do the same (`number`) and leave the same rows. `names`:
        the migration's own names and those that determine the rows.
        """
        return self.kinds.setdefault((number, names), len(self.kinds))

    def token(self, state: SchemaState) -> int:
        return self.by_token.token(state)

    def schema(self, schema: PhysicalSchema) -> PhysicalSchema:
        """The one object for all schemas of this content."""
        if id(schema) in self.known_schemas:
            return schema
        found = self.schemas.setdefault(self.contents.of_schema(schema), schema)
        if id(found) not in self.known_schemas:
            self.known_schemas[id(found)] = (found, len(self.schemas_by_number))
            self.schemas_by_number.append(found)
        return found

    def schema_number(self, schema: PhysicalSchema) -> int:
        return self.known_schemas[id(self.schema(schema))][1]

    def bit(self, name: Name) -> int:
        """The bit for the row of that name."""
        bit = self.bits.get(name)
        if bit is None:
            bit = self.bits[name] = 1 << len(self.names)
            self.names.append(name)
        return bit

    def rows_of(self, bits: int) -> list[Name]:
        """The names of the rows, sorted."""
        return sorted(name for number, name in enumerate(self.names) if bits >> number & 1)

    def bits_of(self, rows: Iterable[Name]) -> int:
        bits = 0
        for row in rows:
            bits |= self.bit(row)
        return bits

    def place(self, rows: int, schema: int, data: tuple[str, ...]) -> DatabaseId:
        """The one `DatabaseId` of that content. `data` is sorted."""
        content = (rows, schema, data)
        place = self.places.get(content)
        if place is None:
            place = self.places[content] = DatabaseId(rows, schema, data)
        return place

    def place_of(self, database: SymbolicDatabase) -> DatabaseId:
        rows = self.bits_of((key.app, key.name) for key in database.ledger)
        return self.place(rows, self.schema_number(database.schema), tuple(sorted(database.data)))

    def migration_effect(self, state: int, migration: Migration) -> MigrationEffect:
        """The effect of the migration from that state. Raises InconsistentState if its operations do not fit
        the models.
        """
        number = self.number(migration)
        migration_effect = self.migration_effects.get((state, number))
        if migration_effect is None:
            migration_effect = self.migration_effects[state, number] = self.by_token.migration_effect(
                state, migration, number
            )
            if isinstance(migration_effect, MigrationEffect):
                self.forget(migration_effect)
        if isinstance(migration_effect, InconsistentState):
            raise migration_effect.at(str(migration.key))
        return migration_effect

    def forget(self, migration_effect: MigrationEffect) -> None:
        for _, effect in migration_effect.effects:
            if isinstance(effect, Forget):
                self.forgotten.setdefault(effect.table, set()).add(effect.column)

    def outcome(self, schema: PhysicalSchema, state: int, migration: Migration) -> StepOutcome:
        """The result of the migration's database operations on that schema, all or nothing (a migration runs
        in one transaction).
        """
        return self.outcome_on(self.schema_number(schema), state, migration, self.number(migration))

    def outcome_on(self, schema: int, state: int, migration: Migration, number: int) -> StepOutcome:
        """As `outcome`, by the numbers of the schema and the migration."""
        place = (schema, state, number)
        outcome = self.outcomes.get(place)
        if outcome is None:
            before = self.schemas_by_number[schema]
            migration_effect = self.migration_effect(state, migration)
            outcome = (
                self.ran_there(before, migration_effect)
                if self.engine
                else self.ran(before, migration_effect)
            )
            self.outcomes[place] = outcome
        return outcome

    def after(self, state: int, migration: Migration, number: int) -> int:
        """The token of the state after the migration of that number. Raises InconsistentState."""
        migration_effect = self.migration_effects.get((state, number))
        return (
            migration_effect.after
            if isinstance(migration_effect, MigrationEffect)
            else self.migration_effect(state, migration).after
        )

    def undone_on(self, schema: int, state: int, migration: Migration) -> StepOutcome:
        return self.undone(self.schemas_by_number[schema], state, migration)

    def undone(self, schema: PhysicalSchema, state: int, migration: Migration) -> StepOutcome:
        """The result of unapplying the migration: the tables that it changed are again as the earlier state
        defines them. Data operations are not reversed. Clashes if those tables are not as the migration left
        them.
        """
        before, after = (
            physical_of(self.states[state]),
            physical_of(self.states[self.migration_effect(state, migration).after]),
        )
        tables = dict(schema.tables)
        for name in sorted({*before.tables, *after.tables}):
            if before.tables.get(name) == after.tables.get(name):
                continue
            if tables.pop(name, None) != after.tables.get(name):
                return self.clashed(schema, Problem.of(ProblemKind.TABLE_CHANGED, name, migration.key))
            if name in before.tables:
                tables[name] = before.tables[name]
        others = (schema.others - (after.others - before.others)) | (before.others - after.others)
        return self.reached(PhysicalSchema(tables, others))

    def ran(self, before: PhysicalSchema, migration_effect: MigrationEffect) -> StepOutcome:
        last, schema, data = before, before, list[str]()
        for app, effect in migration_effect.effects:
            try:
                self.on_sqlite(last, schema, effect)
                if not isinstance(effect, Remake):
                    last, schema = schema, run_effect(schema, effect)
            except Clash as clash:
                return self.clashed(before, clash.problem)
            data.extend(data_run(effect, app))
        return self.reached(schema, tuple(data))

    def ran_there(self, before: PhysicalSchema, migration_effect: MigrationEffect) -> StepOutcome:
        """As `ran`, with the exact behaviour of `engine`."""
        effects = tuple(effect for _, effect in migration_effect.effects)
        try:
            schema, remarks = run_on_engine(self.engine, before, effects, self.forgotten)
        except Clash as clash:
            return self.clashed(before, clash.problem)
        data = tuple(run for app, effect in migration_effect.effects for run in data_run(effect, app))
        return replace(self.reached(schema, data), remarks=remarks)

    def on_sqlite(self, last: PhysicalSchema, schema: PhysicalSchema, effect: Effect) -> None:
        """Raises Clash if SQLite fails or loses data, except if a conditional operation left the table
        unchanged.
        """
        if not self.sqlite or not isinstance(effect, Remake | DropColumn | ChangeIndexName):
            return
        refused = refused_by_sqlite(schema, effect, self.forgotten.get(effect.table, set()))
        if refused and not (isinstance(effect, Remake) and effect.conditional and last == schema):
            raise Clash(refused.worded(after=IF_NOT_SQLITE))

    def clashed(self, schema: PhysicalSchema, problem: Problem) -> StepOutcome:
        return StepOutcome(schema, self.schema_number(schema), clash=problem)

    def reached(self, schema: PhysicalSchema, data: tuple[str, ...] = ()) -> StepOutcome:
        schema = self.schema(schema)
        return StepOutcome(schema, self.schema_number(schema), data)


def works_of(migration: Migration) -> tuple[str, ...]:
    """The fingerprints of what its data operations run, if that is more than their text."""
    runs = (each for each in data_operations(migration.operations) if each.work is not None)
    return tuple(fingerprint_of_work(effect_of(each).work) for each in runs)


__all__ = ["EMPTY_STATE", "EngineCache", "MigrationEffect", "StepOutcome", "data_run"]
