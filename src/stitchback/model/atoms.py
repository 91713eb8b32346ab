"""Single changes of the schema, with the identity of the schema object that they change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from stitchback.model.keys import MigrationKey, ModelKey
from stitchback.model.operations import TreeWork
from stitchback.model.source import Opaque
from stitchback.model.state import Field
from stitchback.model.values import Code, Value

OwnWork = Code | str  # what a data operation runs: code of the module, or a digest of a text


@dataclass(frozen=True, slots=True, eq=False)
class WorkInTree:
    """The operation's own code or text, and all code that it reaches in its tree. Equality compares the
    fingerprint only.
    """

    own: OwnWork
    tree: TreeWork

    def __eq__(self, other: object) -> bool:
        if isinstance(other, WorkInTree) and self.tree is other.tree:
            return True
        return isinstance(other, WorkInTree) and fingerprint_of_work(self) == fingerprint_of_work(other)

    def __hash__(self) -> int:
        return hash(fingerprint_of_work(self))


Work = OwnWork | WorkInTree


class SchemaObjectKind(Enum):
    TABLE = "table"
    COLUMN = "column"  # many-to-many fields too, with their table
    INDEX = "index"
    CONSTRAINT = "constraint"
    UNIQUE_TOGETHER = "unique together"
    INDEX_TOGETHER = "index together"
    OPTIONS = "option"  # a Meta option, or all managers; few are visible to a database


@dataclass(frozen=True, slots=True, order=True)
class SchemaObject:
    """The schema object that an atom changes, by an identity that renames do not change.

    `model` is the model's key at the fork point, or the key under which it was created later. `name` is the
    name of the field (index, constraint) when it was created, or at the fork point; the option's name; "" for
    a table; for unique_together and index_together the identities of the fields joined by ",".
    """

    kind: SchemaObjectKind
    model: ModelKey
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value} {self.model}" + (f".{self.name}" if self.name else "")


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """The operation that an atom is from. `index` counts from 0 in the migration's `operations`; an operation
    inside SeparateDatabaseAndState has the outer one's index.
    """

    migration: MigrationKey
    index: int

    def __str__(self) -> str:
        return f"{self.migration}[{self.index}]"


# The shape of a schema object: a column's Field, an index's or constraint's Value. A unique_together, an
# index_together and a table have () if there is nothing to add. An option has one (name, value) pair, the
# managers have theirs in order.
Shape = Field | Value | tuple[tuple[str, Value], ...] | Opaque


@dataclass(frozen=True, slots=True)
class Added:
    """`name` is the object's name right after: for a column the field's name, for a table the model's."""

    origin: Origin
    schema_object: SchemaObject
    name: str
    shape: Shape
    database: bool = True  # False: in the state only (SeparateDatabaseAndState, unmanaged models)
    state: bool = True  # False: in the database only


@dataclass(frozen=True, slots=True)
class Removed:
    origin: Origin
    schema_object: SchemaObject
    name: str
    shape: Shape
    database: bool = True
    state: bool = True


@dataclass(frozen=True, slots=True)
class Altered:
    origin: Origin
    schema_object: SchemaObject
    name: str
    before: Shape
    after: Shape
    database: bool = True  # False also if no database sees the difference (help_text …)
    state: bool = True


@dataclass(frozen=True, slots=True)
class Renamed:
    origin: Origin
    schema_object: SchemaObject
    before: str
    after: str
    database: bool = True
    state: bool = True


@dataclass(frozen=True, slots=True)
class DataRun:
    """RunPython or RunSQL (without `state_operations`, which have their own atoms). `work` is the forward
    code, compared without names, comments and layout, or a digest of its text. `empty`: it does nothing
    (RunPython.noop, RunSQL.noop, a body of pass). Also an operation of any class that may do more than change
    the schema.
    """

    origin: Origin
    app: str
    work: Work
    empty: bool
    label: str  # for people: "RunPython forwards"

    def __hash__(self) -> int:
        return hash((self.origin, self.label))  # without the work, which is expensive to compute

    @property
    def fingerprint(self) -> str:
        return fingerprint_of_work(self.work)


@dataclass(frozen=True, slots=True)
class UnreadChange:
    """An operation that cannot be read: it may change anything of its app."""

    origin: Origin
    app: str
    opaque: Opaque


def fingerprint_of_work(work: Work) -> str:
    """A digest that is equal for equal work."""
    match work:
        case WorkInTree(own=own, tree=tree):
            return tree.followed.fingerprint or fingerprint_of_work(own)
        case Code(fingerprint=fingerprint):
            return fingerprint
        case str():
            return work
        case _:
            assert_never(work)


Atom = Added | Removed | Altered | Renamed | DataRun | UnreadChange
