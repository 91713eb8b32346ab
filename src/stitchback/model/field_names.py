"""What a tree's own classes tell of the fields that migrations call: which import paths are one class, and which arguments say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stitchback.model.values import Value


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """Of a class that a tree knows under an import path: where it is `defined` that a module passes on under that path
    (`Field.deconstruct` names it so); `unsaid`: arguments of its own, each with the value that it has where it is left out."""

    defined: str
    unsaid: Mapping[str, Value] = field(default_factory=dict)

    def is_silent(self, name: str, value: Value) -> bool:
        """Whether the class does the same without the argument."""
        return self.unsaid.get(name) == value


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Of several trees; the first that knows a path has the last word."""

    trees: tuple[Mapping[str, DeclaredField], ...] = ()

    def of(self, path: str) -> DeclaredField:
        if path.startswith("django."):
            return DeclaredField(path)  # most of them
        told = self._first(path) or DeclaredField(path)
        return told if told.defined == path else self._first(told.defined) or told

    def _first(self, path: str) -> DeclaredField | None:
        return next((told for tree in self.trees if (told := tree.get(path)) is not None), None)


NO_NAMES = FieldNames()
