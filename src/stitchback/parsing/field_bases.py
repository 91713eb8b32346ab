"""What custom field classes extend, where the tree defines them."""

from __future__ import annotations

import ast

from stitchback.model.values import Reference
from stitchback.parsing import imports
from stitchback.parsing.context import ReadingContext
from stitchback.parsing.loads import binding_of
from stitchback.parsing.scopes import Class, ModuleReading

_FIELDS = ("django.db.models.", "django.contrib.")
_MAX_LEVELS = 12


def field_bases(context: ReadingContext) -> dict[str, str]:
    """Import path -> import path of the class that it extends, of every class that was called and is not Django's."""
    module = ModuleReading("", context, ast.Module([], []))  # import paths are looked up from the root
    found: dict[str, str] = {}
    for path in sorted(context.called):
        _follow(path, module, found, 0)
    return dict(sorted(found.items()))


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
