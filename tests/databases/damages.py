"""What happens to databases: rows and tables that are lost, made by hand, or left behind. Each damage is SQL for one database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from stitchback.adapters.databases import DatabaseReading
from stitchback.model.keys import MigrationKey
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.schema.effects import AddColumn, CreateTable


@dataclass(frozen=True, slots=True)
class Patient:
    """A database as it was read, with what the tree's migrations do."""

    reading: DatabaseReading
    player: SchemaOfApplied
    random: Random

    @property
    def vendor(self) -> str:
        return self.reading.vendor

    @property
    def rows(self) -> list[MigrationKey]:
        """Of the tree's apps, in their order."""
        return [row.key for row in self.reading.ledger.rows if row.key.app in self.player.accounts.apps]

    @property
    def tables(self) -> dict[str, list[str]]:
        """Of the tree, with their columns but the key."""
        assert self.reading.schema is not None
        ours = {name.table for name in self.player.ever if name.table}
        found = self.reading.schema.tables.items()
        return {name: sorted(columns - {"id"}) for name, columns in found if name in ours}

    def quoted(self, name: str) -> str:
        return f"`{name}`" if self.vendor == "mysql" else f'"{name}"'

    def pending(self) -> list[MigrationKey]:
        made = self.player.accounts.standing(frozenset(self.rows)).made
        return [key for key in self.player.accounts.place if key not in made]

    def chosen(self) -> tuple[str, str] | None:
        """A table and one of its columns."""
        pairs = [(table, column) for table, columns in self.tables.items() for column in columns]
        return self.random.choice(pairs) if pairs else None


Damage = Callable[[Patient], Iterator[str]]


def nothing(patient: Patient) -> Iterator[str]:
    yield "SELECT 1"


def row_lost(patient: Patient) -> Iterator[str]:
    if patient.rows:
        key = patient.random.choice(patient.rows[-3:])
        yield f"DELETE FROM django_migrations WHERE app = '{key.app}' AND name = '{key.name}'"


def rows_of_app_lost(patient: Patient) -> Iterator[str]:
    if patient.rows:
        yield f"DELETE FROM django_migrations WHERE app = '{patient.random.choice(patient.rows).app}'"


def row_without_its_work(patient: Patient) -> Iterator[str]:
    pending = patient.pending()
    if pending:
        key = patient.random.choice(pending[:2])
        yield (
            f"INSERT INTO django_migrations (app, name, applied) VALUES ('{key.app}', '{key.name}',"
            " '2024-01-01 00:00:00')"
        )


def column_lost(patient: Patient) -> Iterator[str]:
    chosen = patient.chosen()
    if chosen:
        yield f"ALTER TABLE {patient.quoted(chosen[0])} DROP COLUMN {patient.quoted(chosen[1])}"


def table_lost(patient: Patient) -> Iterator[str]:
    tables = sorted(patient.tables)
    if tables:
        cascade = " CASCADE" if patient.vendor == "postgresql" else ""
        yield f"DROP TABLE {patient.quoted(patient.random.choice(tables))}{cascade}"


def index_lost(patient: Patient) -> Iterator[str]:
    assert patient.reading.schema is not None
    ours = sorted(name.index for name in patient.player.plain if name.index in patient.reading.schema.indexes)
    if ours and patient.vendor != "mysql":
        yield f"DROP INDEX {patient.quoted(patient.random.choice(ours))}"


def column_left_behind(patient: Patient) -> Iterator[str]:
    tables = sorted(patient.tables)
    if tables:
        yield f"ALTER TABLE {patient.quoted(patient.random.choice(tables))} ADD COLUMN left_behind integer NULL"


def made_by_hand(patient: Patient) -> Iterator[str]:
    """What a migration that is still to run makes."""
    effects = [e for key in patient.pending() for e in patient.player.effects.get(key, ())]
    found = [e for e in effects if isinstance(e, AddColumn | CreateTable)]
    if not found:
        return
    match patient.random.choice(found):
        case AddColumn(table=table, column=column):
            yield f"ALTER TABLE {patient.quoted(table)} ADD COLUMN {patient.quoted(column)} integer NULL"
        case CreateTable(name=name):
            yield f"CREATE TABLE {patient.quoted(name)} (id integer PRIMARY KEY)"


DAMAGES: tuple[Damage, ...] = (
    nothing,
    row_lost,
    rows_of_app_lost,
    row_without_its_work,
    column_lost,
    table_lost,
    index_lost,
    column_left_behind,
    made_by_hand,
)
