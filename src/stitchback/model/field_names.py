"""The field classes that a tree defines: which import paths mean the same class, and which arguments have no
effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stitchback.model.values import Value


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A class that a tree knows under an import path. `defined`: the path where it is defined, if a module
    re-exports it (`Field.deconstruct` uses that path). `unsaid`: its own arguments, each with the value that
    it has if omitted.
    """

    defined: str
    unsaid: Mapping[str, Value] = field(default_factory=dict)

    def is_silent(self, name: str, value: Value) -> bool:
        """Whether the field is the same without the argument."""
        return self.unsaid.get(name) == value


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Declarations from several trees. The first tree that knows a path is used."""

    trees: tuple[Mapping[str, DeclaredField], ...] = ()

    def of(self, path: str) -> DeclaredField:
        if path.startswith("django."):
            return DeclaredField(path)  # the most frequent case
        declared = self._first(path) or DeclaredField(path)
        return declared if declared.defined == path else self._first(declared.defined) or declared

    def _first(self, path: str) -> DeclaredField | None:
        return next((declared for tree in self.trees if (declared := tree.get(path)) is not None), None)


NO_NAMES = FieldNames()
