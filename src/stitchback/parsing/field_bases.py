"""What custom field classes extend, where the tree defines them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from stitchback.model.values import Reference
from stitchback.parsing import imports
from stitchback.parsing.name_lookup import binding_of
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.scopes import Class, ModuleReading
from stitchback.parsing.shared_readings import BaseClassLine

_FIELDS = ("django.db.models.", "django.contrib.")
_MAX_LEVELS = 12


class FieldBases(Mapping[str, str]):
    """Import path -> import path of the class that it extends: of a class that is not Django's and that the tree defines.

    A class is looked up when it is requested: most of what migrations call is no field, or one of an app that is not compared. All
    of them (iteration) are those that were called, and what they extend.
    """

    def __init__(self, context: ReadingContext) -> None:
        self._context = context
        self._module = ModuleReading("", context, ast.Module([], []))  # paths are looked up from the root
        self._found: dict[str, str] = {}
        self._asked: set[str] = set()

    def __getitem__(self, path: str) -> str:
        if path not in self._asked and not path.startswith(_FIELDS):
            self._asked.add(path)
            for owner, base in self._line(path).items():
                self._found.setdefault(owner, base)
        return self._found[path]

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self._context.called):
            self.get(path)
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"FieldBases({dict(self)})"

    def _line(self, path: str) -> Mapping[str, str]:
        """The reading of another tree, if nothing that it read has changed."""
        known = self._context.shared.bases.get(path)
        if known is None or not self._context.holds(known.questions):
            line: dict[str, str] = {}
            with self._context.apart() as asked:
                _follow(path, self._module, line, 0)
            known = self._context.shared.bases[path] = BaseClassLine(line, tuple(asked.items()))
        return known.bases


def _follow(path: str, module: ModuleReading, found: dict[str, str], level: int) -> bool:
    """Note what the class extends, and that in turn; whether it leads to a class of Django's."""
    if path.startswith(_FIELDS):
        return True
    owner = imports.class_of(path, module) if level < _MAX_LEVELS else None
    if path in found or owner is None:
        return path in found
    bases = [base for node in owner.node.bases if (base := _path(binding_of(node, owner.scope)))]
    for base in bases:
        if _follow(base, owner.scope.module, found, level + 1):
            found[path] = base
            return True
    if bases:
        found[path] = bases[0]
    return False


def _path(binding: object) -> str:
    match binding:
        case Reference(path=path):
            return path
        case Class(node=node, scope=scope):
            module = scope.module
            return f"{module.context.module_name(module.path)}.{node.name}"
        case _:
            return ""
