"""Recognising the tool's own conditional operations, letter for letter."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

from stitchback.model.values import Reference
from stitchback.operations import TEMPLATES
from stitchback.operations.base import Template
from stitchback.parsing.scopes import Class


def template_of(owner: Class) -> Template | None:
    """The template that the class is, word for word (layout and comments apart), where the names that it uses are what
    the template means by them; None for any other."""
    if owner.node.name not in _names():  # writing a class out as text takes long
        return None
    template = recognise(owner.node)
    if template is None or not all(_is_imported(path, owner) for path in template.imports):
        return None
    return template


def recognise(definition: ast.ClassDef) -> Template | None:
    """The template that equals this class, apart from layout and comments. None for any other class."""
    return _by_text().get(ast.unparse(definition))


@cache
def _by_text() -> Mapping[str, Template]:
    return {ast.unparse(ast.parse(template.source)): template for template in TEMPLATES.values()}


def _is_imported(path: str, owner: Class) -> bool:
    box = owner.scope.find(path.rpartition(".")[2])
    return box is not None and box.binding == Reference(path)


@cache
def _names() -> frozenset[str]:
    return frozenset(template.name for template in TEMPLATES.values())
