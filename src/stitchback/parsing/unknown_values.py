"""What is not known: parts of a list of unknown length, and conditions that only a person can answer, whose message names the line of the
configuration."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.source import Opaque
from stitchback.model.values import Call, Constant, Reference, Value, walk
from stitchback.parsing.import_paths import SETTINGS, VENDOR


@dataclass(frozen=True, slots=True)
class UnknownLength(Opaque):
    """Stands in a list for any number of items, none included. To everybody else it is an Opaque."""

    @classmethod
    def of(cls, opaque: Opaque) -> UnknownLength:
        return cls(opaque.reason, opaque.source, opaque.span)


def has_gap(items: tuple[Value, ...]) -> bool:
    return any(isinstance(item, UnknownLength) for item in items)


def position(items: tuple[Value, ...], index: int) -> int | None:
    """Where the item of that index stands, counted from the nearer end; None where a gap lies between, or there is none."""
    if 0 <= index < len(items) and not has_gap(items[: index + 1]):
        return index
    if -len(items) <= index < 0 and not has_gap(items[index:]):
        return len(items) + index
    return None


_ANSWERABLE = "depends on "
_GETATTR = Reference("builtins.getattr")


def unanswered(condition: Value, otherwise: str) -> str:
    """Why the condition is not known: which setting it asks for, or which database; `otherwise` where it is neither."""
    if isinstance(condition, Opaque) and condition.reason.startswith(_ANSWERABLE):
        return condition.reason
    for part in walk(condition):
        name = _setting(part)
        if name:
            return f"{_ANSWERABLE}settings.{name}: give its value in pyproject.toml, [tool.stitchback.settings] {name} = …"
        if part == Reference(VENDOR):
            return f'{_ANSWERABLE}the database engine: if it is always the same, configure it in pyproject.toml, [tool.stitchback] engines = ["postgresql"]'
    return otherwise


def _setting(value: Value) -> str:
    """The setting that is asked for, `settings.X` or `getattr(settings, "X", …)`; "" where it is none."""
    match value:
        case Reference(path=path) if path.startswith(SETTINGS):
            return path.removeprefix(SETTINGS).partition(".")[0]
        case Call(
            callee=callee, args=(Reference(path="django.conf.settings"), Constant(value=str(name)), *_)
        ) if callee == _GETATTR:
            return name
        case _:
            return ""
