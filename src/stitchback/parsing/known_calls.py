"""Functions of others that migrations call while they are imported, and what they give.

Settings: what the tree's own settings files say; where none of them names the setting, its default. The context notes each
setting that was asked for, so that a reader of the report knows what was taken for granted.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from stitchback.model.values import Call, Constant, Items, Reference, Value, text
from stitchback.parsing import import_paths
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.settings import setting, string_setting

_PREFIXES = {"wagtailcore": "wagtail"}  # swapper.set_app_prefix, as Wagtail calls it
Kwargs = tuple[tuple[str, Value], ...]


def fold(path: str, args: tuple[Value, ...], kwargs: Kwargs, context: ReadingContext) -> Value | None:
    """What the call gives; None where that is not known."""
    known = _KNOWN.get(path)
    return known(args, dict(kwargs), context) if known is not None else None


def is_known(path: str) -> bool:
    """Whether it is one of these functions."""
    return path in _KNOWN


def getattr_of(args: tuple[Value, ...], context: ReadingContext) -> Value | None:
    """`getattr(settings, "X", default)`, and `getattr` of anything that a path leads to."""
    match args:
        case (Reference(path="django.conf.settings"), Constant(value=str(name)), default):
            return setting(name, default, context)
        case (Reference(path=path), Constant(value=str(name))):
            return import_paths.member(path, name)
        case _:
            return None


def text_of_setting(reference: Reference, context: ReadingContext) -> Value | None:
    """`settings.X` as the string that a method is called on."""
    name = reference.path.removeprefix("django.conf.settings.")
    if name == reference.path or "." in name:
        return None
    return string_setting(name, context)


def user_model(value: Value, context: ReadingContext) -> Value | None:
    """`get_user_model()._meta.app_label` and its like: the parts of AUTH_USER_MODEL."""
    match value:
        case Call(
            callee=Reference(path="builtins.getattr"),
            args=(
                Call(
                    callee=Reference(path="builtins.getattr"),
                    args=(
                        Call(callee=Reference(path="django.contrib.auth.get_user_model")),
                        Constant(value="_meta"),
                    ),
                ),
                Constant(value=str(name)),
            ),
        ):
            label = text(string_setting("AUTH_USER_MODEL", context))
            if label is None:
                return None
            app, _, model = label.rpartition(".")
            parts = {"app_label": app, "object_name": model, "model_name": model.lower(), "label": label}
            return Constant(parts[name]) if name in parts else None
        case _:
            return None


def _dedent(args: tuple[Value, ...], kwargs: dict[str, Value], context: ReadingContext) -> Value | None:
    lines = text(args[0]) if len(args) == 1 and not kwargs else None
    return None if lines is None else Constant(textwrap.dedent(lines))


def _model_of(args: tuple[Value, ...], kwargs: dict[str, Value]) -> tuple[str, str] | None:
    """The app label and model of a call of swapper's."""
    label = text(args[0] if args else kwargs.get("app_label"))
    model = text(args[1] if len(args) > 1 else kwargs.get("model"))
    return None if label is None or model is None else (label, model)


def _setting_name(label: str, model: str) -> str:
    return f"{_PREFIXES.get(label, label).upper()}_{model.upper()}_MODEL"


def _model_name(args: tuple[Value, ...], kwargs: dict[str, Value], context: ReadingContext) -> Value | None:
    """`swapper.get_model_name("app", "Model")`: the setting APP_MODEL_MODEL, "app.Model" by default."""
    found = _model_of(args, kwargs)
    if found is None:
        return None
    return setting(_setting_name(*found), Constant(".".join(found)), context)


def _is_swapped(args: tuple[Value, ...], kwargs: dict[str, Value], context: ReadingContext) -> Value | None:
    found, name = _model_of(args, kwargs), _model_name(args, kwargs, context)
    if found is None or name is None:
        return None
    return Constant(False) if text(name) == ".".join(found) else name


def _swappable_setting(
    args: tuple[Value, ...], kwargs: dict[str, Value], context: ReadingContext
) -> Value | None:
    found = _model_of(args, kwargs)
    return None if found is None else Constant(_setting_name(*found))


def _dependency(args: tuple[Value, ...], kwargs: dict[str, Value], context: ReadingContext) -> Value | None:
    """`swapper.dependency("app", "Model")`: `swappable_dependency` of the model's name; `(label, version)` with a version."""
    model = _model_name(args, kwargs, context)
    version = args[2] if len(args) > 2 else kwargs.get("version", Constant(None))
    if model is None:
        return None
    if version == Constant(None):
        return Call(Reference("django.db.migrations.swappable_dependency"), (model,))
    name = text(model)
    return None if name is None else Items("tuple", (Constant(name.partition(".")[0]), version))


def _split(args: tuple[Value, ...], kwargs: dict[str, Value], context: ReadingContext) -> Value | None:
    name = text(args[0]) if len(args) == 1 and not kwargs else None
    if name is None:
        return None
    label, _, model = name.rpartition(".")
    return Items("tuple", (Constant(label), Constant(model)))


_KNOWN: dict[str, Callable[[tuple[Value, ...], dict[str, Value], ReadingContext], Value | None]] = {
    "textwrap.dedent": _dedent,
    "swapper.get_model_name": _model_name,
    "swapper.is_swapped": _is_swapped,
    "swapper.swappable_setting": _swappable_setting,
    "swapper.dependency": _dependency,
    "swapper.split": _split,
}
