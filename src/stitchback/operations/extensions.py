"""Extensions and collations of PostgreSQL. Source: `django.contrib.postgres.operations`."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.operations import Operation
from stitchback.model.state import SchemaState
from stitchback.operations.base import NOT_NAMED, POSTGRES, ChangedPart, OperationKind, Step
from stitchback.schema.effects import AddOther, Effect, RemoveOther
from stitchback.schema.labels import needed


class OnDatabase(OperationKind):
    """It changes no model, and does nothing on other databases than PostgreSQL."""

    module = POSTGRES
    spread = ()
    model = NOT_NAMED
    field = NOT_NAMED
    table = ""
    part = ChangedPart.DATABASE
    is_index = False
    code = ""
    defines = ()
    on_sqlite = ""

    def state_forwards(self, operation: Operation, app: str, state: SchemaState) -> SchemaState:
        return state

    template = None


class CreateExtension(OnDatabase):
    """`CREATE EXTENSION IF NOT EXISTS`: harmless twice."""

    parameters: tuple[str, ...] = ("name", "hints")
    keywords = ()

    def extension(self, operation: Operation) -> str:
        return needed(operation, "name")

    def effects(self, step: Step) -> Iterator[Effect]:
        yield AddOther(f"extension {self.extension(step.operation)}", conditional=True)


class NamedExtension(CreateExtension):
    """Of a class of its own, which says `installs`."""

    parameters = ("hints",)
    installs: str

    def extension(self, operation: Operation) -> str:
        return self.installs


class BloomExtension(NamedExtension):
    installs = "bloom"


class BtreeGinExtension(NamedExtension):
    installs = "btree_gin"


class BtreeGistExtension(NamedExtension):
    installs = "btree_gist"


class CITextExtension(NamedExtension):
    installs = "citext"


class CryptoExtension(NamedExtension):
    installs = "pgcrypto"


class HStoreExtension(NamedExtension):
    installs = "hstore"


class TrigramExtension(NamedExtension):
    installs = "pg_trgm"


class UnaccentExtension(NamedExtension):
    installs = "unaccent"


class OnCollation(OnDatabase):
    parameters = ("name", "locale")
    keywords = ("provider", "deterministic")


class CreateCollation(OnCollation):
    def effects(self, step: Step) -> Iterator[Effect]:
        yield AddOther(f"collation {needed(step.operation, 'name')}")


class RemoveCollation(OnCollation):
    def effects(self, step: Step) -> Iterator[Effect]:
        yield RemoveOther(f"collation {needed(step.operation, 'name')}")
