"""What every class of Django's operations holds.

A fact stands in each class, or by the family that it extends (operations on one field, on an index …); here nothing has a default. A class that lacks
a method cannot be made, and the tests walk over `OPERATIONS`: they compare parameters, names and state with the installed Django.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from stitchback.model.atoms import SchemaObjectKind
from stitchback.model.operations import Operation
from stitchback.model.state import ModelState, SchemaState
from stitchback.schema.changes import model_of
from stitchback.schema.effects import Effect
from stitchback.schema.labels import model_key, needed

MIGRATIONS = "django.db.migrations"
MODELS = "django.db.models"
POSTGRES = "django.contrib.postgres.operations"


class ChangedPart(Enum):
    """What an operation changes."""

    MODEL = "model"  # created, dropped, renamed, its table or its options; a field or an index renamed
    FIELD = "field"
    DEFINITION = "definition"  # an index, a constraint, unique_together: over fields of the model
    WITHIN = "within"  # what the operations and the code within it change
    DATABASE = "database"  # something that is of no model


@dataclass(frozen=True, slots=True)
class NamedParameters:
    """The parameters that hold a name before and after the operation: "" where there is none then."""

    before: str = ""
    after: str = ""

    @property
    def made(self) -> bool:
        return bool(self.after) and not self.before

    @property
    def dropped(self) -> bool:
        return bool(self.before) and not self.after

    @property
    def renamed(self) -> bool:
        return bool(self.before) and bool(self.after) and self.before != self.after

    @property
    def kept(self) -> bool:
        return bool(self.before) and self.before == self.after


NOT_NAMED = NamedParameters()


class OperationKind(ABC):
    """One class of Django's operations: `Operation.kind` is its name.

    `module`: where migrations import it from. `parameters`: of its constructor, in order; a newer Django may have more than an older one. `keywords`:
    those that can only be named. `spread`: the arguments that makemigrations writes over several lines (`serialization_expand_args`). `model`,
    `field`: the parameters that name the model and the field. `table`: the one that holds a new name for the model's table. `part`: what is
    changed. `is_index`: an index that is not unique, which changes no rows and no results of queries. `code`: the parameter that holds what is run.
    `defines`: the kinds of indexes and constraints that it settles. `template`: the conditional class that a migration may have in its place.
    """

    module: str
    parameters: tuple[str, ...]
    keywords: tuple[str, ...]
    spread: tuple[str, ...]
    model: NamedParameters
    field: NamedParameters
    table: str
    part: ChangedPart
    is_index: bool
    code: str
    defines: tuple[str, ...]
    template: Template | None

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    @abstractmethod
    def on_sqlite(self) -> str:
        """The class of Django's that does the same on SQLite; "" where nothing does."""

    @property
    def models(self) -> tuple[str, ...]:
        """The parameters that name models of the migration's app."""
        return tuple(dict.fromkeys(filter(None, (self.model.before, self.model.after))))

    @property
    def gives_column(self) -> bool:
        """Whether the rows that are there get a value: a field is added or altered."""
        return self.field.made or self.field.kept

    @property
    def withdraws_model(self) -> bool:
        """Whether a model no longer has its name afterwards."""
        return self.model.dropped or self.model.renamed

    @property
    def withdraws_field(self) -> bool:
        """Whether a field no longer has its name afterwards."""
        return self.field.dropped or self.field.renamed

    @property
    def changes_names(self) -> bool:
        """Whether it creates, drops or renames what others refer to by name, or holds operations that may."""
        of_model = self.model.made or self.withdraws_model or bool(self.table)
        return of_model or self.field.renamed or self.part is ChangedPart.WITHIN

    def renames(self, operation: Operation) -> SchemaObjectKind | None:
        """The part of a model that gets another name by it, `old_name` and `new_name`."""
        return SchemaObjectKind.COLUMN if self.field.renamed else None

    def part_name(self, operation: Operation) -> str:
        """The name of the field or definition that it changes; "" where it may be any of the model's."""
        return ""

    def makes_new(self, operation: Operation) -> bool:
        """Whether it creates a new part whatever the rows are: no earlier data operation can have used that. False for a constraint, and for a
        foreign key with a default, which may be a row that a data operation has created."""
        return False

    @abstractmethod
    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        """The state after it, as Django's `state_forwards` makes it; operations within it come afterwards. Raises InconsistentState."""

    @abstractmethod
    def effects(self, step: Step) -> Iterable[Effect]:
        """What `database_forwards` does; operations and code within it come afterwards. Raises InconsistentState."""

    def guarded_effects(self, step: Step) -> Iterable[Effect]:
        """What the template does, each effect only where the database needs it: more than `effects` where the template derives what is to be
        changed from the state after it (as a bridge, at the leaf, where the state is already as it should be)."""
        return self.effects(step)

    def unread_effects(self, step: Step) -> Iterable[Effect]:
        """What it surely does where the states lack what it needs, which an operation that cannot be read may have made."""
        return ()

    def model_in(self, operation: Operation, app: str, state: SchemaState) -> ModelState:
        """Its model in the state before it. Raises InconsistentState."""
        return model_of(state, model_key(operation, app, self.model.before))

    def model_before(self, step: Step) -> ModelState:
        """Its model in the state before it. Raises InconsistentState."""
        return self.model_in(step.operation, step.app, step.before)

    def model_after(self, step: Step) -> ModelState:
        """Its model in the state after it. Raises InconsistentState."""
        return model_of(step.after, model_key(step.operation, step.app, self.model.after))


@dataclass(frozen=True, slots=True)
class Step:
    """An operation of an app, with the states around it, as Django gives them to `database_forwards`."""

    operation: Operation
    app: str
    before: SchemaState
    after: SchemaState

    def name(self, parameter: str) -> str:
        """A name that the operation must say. Raises UnreadName."""
        return needed(self.operation, parameter)


@dataclass(frozen=True, slots=True)
class Template:
    """A class that checks the database first, written into a migration file, so that the project can run its migrations without stitchback.

    `kind` is Django's class, `name` the class that `source` defines. `imports` are the dotted paths that the source expects to be bound by their
    last name: `django.db.models` as `models`, `copy` as `copy`. It is used

    * as a **guard**, in place of the ordinary operation: the state operation is unchanged, and the database operation is skipped if the schema object
      already exists (for a removal: if it is already gone);
    * as a **bridge**, at the leaf node, when the state is already correct and only the database may not be: the state operation does nothing, and the
      database operation adds what the database lacks.

    Rules for all of them, tested on SQLite, PostgreSQL and MariaDB by `tests/django/test_conditional.py`:

    * What exists is left unchanged, with its rows. Running an operation twice has the same effect as running it once.
    * **Backwards removes nothing**: it is unknown whether this operation or the other branch's migration created the object. What an operation removed
      is recreated if the earlier state had it, a rename is reversed, an alteration returns to the earlier state. A remaining column that is NOT
      NULL without a database default must be dropped manually before older code can insert rows.
    * Routers, unmanaged, proxy and swapped models: as in Django (`allow_migrate_model` decides).
    * Tables and columns are compared by their exact names. If the check cannot find an object (a schema-qualified `db_table`), the ordinary operation
      runs and fails with the error that it would raise without the check.

    A bridge lacks what the state no longer contains: DeleteModel drops the table with Django's default name and no many-to-many table; RemoveField
    drops the column `name` or `name_id`, or the table of a many-to-many field of that name. In a bridge AddField comes first: SQLite recreates whole
    tables, and only AddField leaves out of the new table what the old one still lacks.
    """

    kind: str
    name: str
    source: str
    imports: tuple[str, ...] = (MIGRATIONS,)
