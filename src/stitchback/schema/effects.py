"""What an operation does to a database, as values. Source: `BaseDatabaseSchemaEditor`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from stitchback.model.atoms import Work, fingerprint_of_work
from stitchback.model.physical import Column, IndexDefinition, Table
from stitchback.model.problems import Problem


@dataclass(frozen=True, slots=True)
class CreateTable:
    """`unless`: left out where that other table is there (a conditional CreateModel looks for the model's table alone)."""

    name: str
    table: Table
    unless: str = ""
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class DropTable:
    name: str
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class RenameTable:
    """Foreign keys that refer to the table follow. `over`: a table of the new name that is there already is this very one, which a
    state was taken to follow before (see `halves`)."""

    before: str
    after: str
    conditional: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class AddColumn:
    """`indexes`: unnamed ones that come with the column."""

    table: str
    column: str
    shape: Column
    indexes: tuple[IndexDefinition, ...] = ()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    """Indexes and constraints that hold the column go with it; where SQLite drops it `in_place` (then this is the field's name), there
    may be none (see `remaking`)."""

    table: str
    column: str
    in_place: str = ""
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumn:
    table: str
    column: str
    before: Column
    after: Column
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """Indexes and constraints that hold the column, and foreign keys that refer to it, follow."""

    table: str
    before: str
    after: str
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """`columns`: those of the model that it needs, in its expressions and condition too, as far as they are known."""

    table: str
    name: str
    definition: IndexDefinition
    columns: frozenset[str] = frozenset()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex:
    table: str
    name: str
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class ChangeIndexName:
    """`columns`: of RenameIndex with `old_fields`. Then the one index of those columns is meant, whatever its name, and nothing is
    done where it has the new one already. `lost`: fields of the index that the model has
    lost, which SQLite needs, since it makes the index again."""

    table: str
    before: str
    after: str
    columns: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class CreateConstraint:
    """`columns`: those of the model that it needs, in its expressions and condition too, as far as they are known."""

    table: str
    name: str
    definition: IndexDefinition
    columns: frozenset[str] = frozenset()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class DropConstraint:
    table: str
    name: str
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class MakeUniqueTogether:
    """Exactly these of more than one column, whatever the table has (a conditional AlterUniqueTogether)."""

    table: str
    definitions: tuple[IndexDefinition, ...]


@dataclass(frozen=True, slots=True)
class AlterComment:
    table: str
    comment: str


@dataclass(frozen=True, slots=True)
class Remake:
    """SQLite recreates the table from the model (see `remaking`): columns that it does not know go, those that it supposes (`filled`) must
    be there, and so must the fields of its indexes and constraints (`broken`: those that have lost one). `span`: how many effects right
    before this one the same operation has. `indexes`: (name, definition) of what the new table has, and `constraints`."""

    table: str
    known: frozenset[str]
    filled: frozenset[str] = frozenset()
    broken: tuple[str, ...] = ()
    conditional: bool = False
    span: int = field(default=0, compare=False)
    indexes: tuple[tuple[str, IndexDefinition], ...] = field(default=(), compare=False)
    constraints: tuple[tuple[str, IndexDefinition], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Forget:
    """The models have no such column (None: no such table) any more, the database keeps it: on purpose."""

    table: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class AddOther:
    """An extension (made where it is not there yet), a collation."""

    text: str
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class RemoveOther:
    text: str
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class RunData:
    """A data operation: the schema stays. `label` for people. `is_sql`: a RunSQL. `empty`: it leaves nothing, and is no data operation then."""

    work: Work
    label: str
    is_sql: bool = False
    empty: bool = False

    @property
    def fingerprint(self) -> str:
        return fingerprint_of_work(self.work)


@dataclass(frozen=True, slots=True)
class Uses:
    """A data operation queries the table: all these columns must be there. `unset`: columns for which the rows that it inserts have no value.
    `label`: of the operation, for people. `inserts`: it may insert rows, which have values for `columns` alone."""

    table: str
    columns: frozenset[str]
    label: str
    unset: frozenset[str] = frozenset()
    inserts: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Fails:
    """Django raises before it touches the database, though the operation changes the models (`InconsistentState` of `physical_effects`)."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Unknown:
    """What it does cannot be read. The schema is taken as it was."""

    text: str


Effect = (
    CreateTable | DropTable | RenameTable | AddColumn | DropColumn | AlterColumn | RenameColumn
    | CreateIndex | DropIndex | ChangeIndexName | CreateConstraint | DropConstraint | MakeUniqueTogether | AlterComment
    | Remake | Forget | AddOther | RemoveOther | RunData | Uses | Fails | Unknown
)  # fmt: skip


def conditional(effect: Effect) -> Effect:
    """The effect as a conditional template does it: it first checks whether the schema object exists."""
    if isinstance(effect, RunData | Uses | Fails | Unknown | AlterComment | MakeUniqueTogether | Forget):
        return effect
    return replace(effect, conditional=True)
