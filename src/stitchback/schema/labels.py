"""Names of models as values (`"Item"`, `"shop.Item"`, `"self"`, `settings.AUTH_USER_MODEL`), and the names in an operation.

Source: `django.db.migrations.utils.resolve_relation`.
"""

from __future__ import annotations

from stitchback.model.command_cache import by_identities
from stitchback.model.keys import ModelKey
from stitchback.model.operations import Operation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.values import Constant, Reference, Value
from stitchback.schema.clashes import UnreadName

SETTINGS = "django.conf.settings."


def string(value: Value | None) -> str | None:
    """The string that the value is; Python 2's byte strings are strings here."""
    if not isinstance(value, Constant):
        return None
    if isinstance(value.value, bytes):
        return value.value.decode("utf-8", "replace")
    return value.value if isinstance(value.value, str) else None


def canonical_label(value: Value, app: str, model: str) -> Value:
    """A reference to a model as its lower-case label; "self" as the model's own, if that is known.
    What is no string (a setting, something that cannot be read) stays as it is."""
    label = string(value)
    if label is None:
        return value
    if label == "self":
        return Constant(f"{app}.{model.lower()}" if model else "self")
    if "." in label:
        target_app, _, name = label.partition(".")
        return Constant(f"{target_app}.{name.lower()}")
    return Constant(f"{app}.{label.lower()}")


def key_of(value: Value | None) -> ModelKey | None:
    """The model that a canonical label names; None for settings and what cannot be read."""
    label = string(value)
    if label is None or "." not in label:
        return None
    app, _, name = label.partition(".")
    return ModelKey.of(app, name)


def label_text(value: Value | None) -> str:
    """The target as text for people and shapes: "shop.item", "settings.AUTH_USER_MODEL"."""
    from stitchback.model.values import render

    label = string(value)
    if label is not None:
        return label
    if isinstance(value, Reference) and value.path.startswith(SETTINGS):
        return "settings." + value.path.removeprefix(SETTINGS)
    return "?" if value is None else render(value)


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
