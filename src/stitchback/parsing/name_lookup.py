"""Names and attributes -> what they refer to."""

from __future__ import annotations

import ast
import builtins

from stitchback.model.source import Opaque
from stitchback.model.values import Call, Constant, Reference, Value
from stitchback.parsing import environment, import_paths, imports, known_calls, settings
from stitchback.parsing.fingerprints import code_of
from stitchback.parsing.interpreter import evaluate, glance
from stitchback.parsing.scopes import DEFINITIONS, Binding, Class, Function, Scope, SharedBinding
from stitchback.parsing.tainting import READING_METHODS, spoil

_NAMESPACES = (Class, Reference)


def binding_of(node: ast.expr, scope: Scope) -> Binding:
    """What the expression refers to; a function or class of the module stays one."""
    if isinstance(node, ast.Name):
        box = scope.find(node.id)
        if box is not None and isinstance(box.binding, DEFINITIONS):
            return box.binding
    if isinstance(node, ast.Lambda):
        return Function(node, scope)
    return evaluate(node, scope)


def read_name(node: ast.Name, scope: Scope) -> Value:
    box = scope.find(node.id)
    if box is None:
        return _unbound(node, scope)
    binding = box.binding
    if isinstance(binding, DEFINITIONS):
        return code_of(binding)
    if isinstance(binding, Reference):
        return _constant(binding, scope) or imports.followed(binding, scope.module)
    box.is_held = True
    return binding


def _constant(reference: Reference, scope: Scope) -> Value | None:
    """What is the same everywhere, or what the configuration says of it."""
    return environment.constant(reference.path) or settings.known(reference.path, scope.module.context)


def _unbound(node: ast.Name, scope: Scope) -> Value:
    for module in scope.module.stars:
        found = imports.starred(module, node.id, scope.module)
        if found is not None:
            return found
    if hasattr(builtins, node.id):
        return import_paths.reference(f"builtins.{node.id}")
    if node.id == "__name__":
        return Constant(scope.module.context.module_name(scope.module.path))
    return scope.opaque(f"{node.id} is not defined in the file", node)


def read_attribute(node: ast.Attribute, scope: Scope) -> Value:
    spoil_by_method(node.value, node.attr, node, scope)
    return attribute_of(owner_of(node.value, scope), node, scope)


def box_of(node: ast.expr, scope: Scope) -> SharedBinding | None:
    """The box behind a name, or behind an attribute of a class of the module."""
    if isinstance(node, ast.Name):
        return scope.find(node.id)
    holder = holder_of(node, scope)
    return holder[0].names.get(holder[1]) if holder is not None else None


def holder_of(target: ast.expr, scope: Scope) -> tuple[Scope, str] | None:
    """The scope that a target's name is kept in, and that name."""
    if isinstance(target, ast.Name):
        return scope, target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        box = scope.find(target.value.id)
        if box is not None and isinstance(box.binding, Class):
            return imports.class_body(box.binding), target.attr
    return None


def spoil_by_method(owner: ast.expr, name: str, node: ast.expr, scope: Scope) -> None:
    """A method of a list or the like that may change it is named, and what becomes of that is not followed."""
    box = box_of(owner, scope)
    if (
        box is not None
        and name not in READING_METHODS
        and (box.can_change or isinstance(box.binding, Opaque))
    ):
        spoil((box,), scope.opaque(f"changed by .{name}", node), scope.module)


def attribute_of(owner: Value | Class, node: ast.Attribute, scope: Scope) -> Value:
    """The attribute of what stands before the dot."""
    if isinstance(owner, Class):
        return class_attribute(owner, node.attr) or _getattr(code_of(owner), node.attr)
    if isinstance(owner, Reference):
        found = import_paths.member(owner.path, node.attr)
        return _constant(found, scope) or imports.followed(found, scope.module)
    if isinstance(owner, Opaque):
        return scope.opaque(owner.reason, node)
    made = _getattr(owner, node.attr)
    return known_calls.user_model(made, scope.module.context) or made


def owner_of(node: ast.expr, scope: Scope) -> Value | Class:
    """What a dot is written behind: imports are not followed half-way."""
    if isinstance(node, ast.Name):
        box = scope.find(node.id)
        if box is not None and isinstance(box.binding, _NAMESPACES):
            return box.binding
        return glance(node, scope)
    if isinstance(node, ast.Attribute):
        owner = owner_of(node.value, scope)
        if isinstance(owner, Reference):
            return import_paths.member(owner.path, node.attr)
        spoil_by_method(node.value, node.attr, node, scope)
        return scope.module.bounded(
            attribute_of(owner, node, scope), node
        )  # `evaluate` would begin again with the owner
    return evaluate(node, scope)


def class_attribute(owner: Class, name: str) -> Value | None:
    """A constant of a class of the module."""
    box = imports.class_body(owner).names.get(name)
    if box is None or isinstance(box.binding, DEFINITIONS):
        return None
    box.is_held = True
    return box.binding


def _getattr(owner: Value, name: str) -> Value:
    return Call(Reference("builtins.getattr"), (owner, Constant(name)))
