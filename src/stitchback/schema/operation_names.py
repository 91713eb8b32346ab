"""The names in an operation."""

from __future__ import annotations

from stitchback.model.command_cache import by_identities
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.schema.clashes import UnreadName
from stitchback.schema.labels import string


def summary(operation: Operation) -> str:
    """The operation in few words: its kind and the names in it."""
    names = [string(operation.argument(name)) for name in ("model_name", "name", "old_name", "new_name")]
    return f"{operation.kind}({', '.join(name for name in names if name)})"


def needed(operation: Operation, name: str) -> str:
    """A name that the operation must say. Raises UnreadName where it is missing or cannot be read."""
    found = string(operation.argument(name))
    if found is None:
        raise UnreadName(Problem.of(ProblemKind.NAME_UNREAD, name))
    return found


@by_identities
def needed_by(operation: Operation, name: str, app: str) -> ModelKey:
    return ModelKey.of(app, needed(operation, name))


def model_key(operation: Operation, app: str, name: str = "name") -> ModelKey:
    return needed_by(operation, name, app)
