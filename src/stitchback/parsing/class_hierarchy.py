"""A Migration class and the classes that it extends, as far as the tree contains them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from stitchback.model.source import Opaque, Span
from stitchback.model.values import Reference, Value
from stitchback.parsing import imports, sources
from stitchback.parsing.name_lookup import binding_of
from stitchback.parsing.scopes import Class, Function, Scope, SharedBinding

DJANGO = "django.db.migrations.Migration"
# Methods of Django's Migration that change what it does, where a file has its own.
_BEHAVIOUR = frozenset(
    {"__init__", "__new__", "__getattribute__", "__init_subclass__", "apply", "mutate_state"}
)
_FORWARDING = frozenset({"apply", "mutate_state"})
_ACTS = (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})


@dataclass(frozen=True, slots=True)
class ClassHierarchy:
    """The classes in the order in which Python looks attributes up. `unknown`: bases that are neither Django's Migration nor in
    the tree. `is_django`: whether Django's Migration is among the bases; `is_south`: whether that of South is, which came before."""

    classes: tuple[Class, ...]
    unknown: tuple[Opaque, ...]
    is_django: bool
    is_south: bool = False

    @classmethod
    def of(cls, owner: Class) -> ClassHierarchy:
        classes: list[Class] = []
        unknown: list[Opaque] = []
        is_django = is_south = False
        queue = [owner]
        while queue:
            current = queue.pop(0)
            if current in classes:
                continue
            classes.append(current)
            for node in current.node.bases:
                base = _base(node, current.scope)
                if isinstance(base, Class):
                    queue.append(base)
                elif base == Reference(DJANGO):
                    is_django = True
                elif isinstance(base, Reference) and base.path.startswith("south."):
                    is_south = True
                elif base != Reference("builtins.object"):
                    unknown.append(current.scope.opaque("a base class that is not in the tree", node))
        return cls(tuple(classes), tuple(unknown), is_django, is_south)

    @property
    def owner(self) -> Class:
        return self.classes[0]

    def box(self, name: str) -> tuple[SharedBinding, Class] | None:
        for one in self.classes:
            box = imports.class_body(one).names.get(name)
            if box is not None:
                return box, one
        return None

    def attribute(self, name: str) -> Value | None:
        """The attribute's value; None where Django's own default holds."""
        found = self.box(name)
        if found is None:
            return self.unknown[0] if self.unknown else None
        binding = found[0].binding
        if isinstance(binding, Function | Class):
            return found[1].scope.opaque(f"{name} is not a plain attribute", binding.node)
        return binding

    def span(self, name: str) -> Span:
        """Where the attribute is set, or else the class."""
        found = self.box(name)
        box, owner = found if found is not None else (None, self.owner)
        node = box.node if box is not None and box.node is not None else owner.node
        return sources.span_of(node, owner.scope.module.path)

    @property
    def behaviour(self) -> tuple[Opaque, ...]:
        """The reasons why this migration may do more than its attributes declare."""
        found: list[Opaque] = []
        for one in self.classes:
            found.extend(self.overridden(one))
            for node in (*one.node.decorator_list, *(keyword.value for keyword in one.node.keywords)):
                found.append(one.scope.opaque("this changes the migration's class", node))
        return (*found, *self.unknown)

    def overridden(self, one: Class) -> Iterator[Opaque]:
        """The methods of Django's that one of the classes overrides."""
        names = imports.class_body(one).names
        for name in sorted(_BEHAVIOUR & names.keys()):
            box = names[name]
            if isinstance(box.binding, Function) and not _only_forwards(box.binding):
                yield one.scope.opaque(f"the migration has its own {name}", box.binding.node)


def _only_forwards(function: Function) -> bool:
    """Whether the method calls Django's with the same arguments, returns what that returns (`__init__`: nothing), and otherwise prints or logs."""
    node = function.node
    if isinstance(node, ast.Lambda) or node.decorator_list:
        return False
    match [statement for statement in node.body if not _only_speaks(statement)]:
        case [ast.Expr(value=call)]:
            return node.name == "__init__" and _is_forwarded(call, node)
        case [ast.Return(value=ast.expr() as call)]:
            return node.name in _FORWARDING and _is_forwarded(call, node)
        case [
            ast.Assign(targets=[ast.Name(id=name)], value=call),
            ast.Return(value=ast.Name(id=returned)),
        ]:
            return node.name in _FORWARDING and name == returned and _is_forwarded(call, node)
        case _:
            return False


def _is_forwarded(call: ast.expr, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """`super().NAME(…)` with the parameters in their order, each by its position or by its name."""
    if not isinstance(call, ast.Call) or isinstance(node, ast.AsyncFunctionDef):
        return False
    declared = node.args
    names = [parameter.arg for parameter in declared.args[1:]]
    names += [f"*{parameter.arg}" for parameter in (declared.vararg,) if parameter is not None]
    names += [f"**{parameter.arg}" for parameter in (declared.kwarg,) if parameter is not None]
    given = [ast.unparse(argument) for argument in call.args]
    for keyword in call.keywords:
        value = ast.unparse(keyword.value)
        given.append(value if keyword.arg == value else f"**{value}" if keyword.arg is None else "")
    called = {f"super().{node.name}", f"super(Migration, self).{node.name}"}
    return not declared.kwonlyargs and given == names and ast.unparse(call.func) in called


def _only_speaks(statement: ast.stmt) -> bool:
    """A docstring, `pass`, or a call that prints or logs what needs no other call."""
    if isinstance(statement, ast.Pass):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    call = statement.value
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Constant)
    does = call.func
    speaks = does.attr in _LEVELS if isinstance(does, ast.Attribute) else ast.unparse(does) == "print"
    parts = (*call.args, *(keyword.value for keyword in call.keywords))
    return speaks and not any(isinstance(inner, _ACTS) for part in parts for inner in ast.walk(part))


def _base(node: ast.expr, scope: Scope) -> Class | Value | Function:
    binding = binding_of(node, scope)
    if isinstance(binding, Reference):
        return imports.class_of(binding.path, scope.module) or binding
    return binding


def migration_class(scope: Scope) -> Class | Opaque | None:
    """What the module calls Migration, also where it is imported; Opaque where that is not known."""
    box = scope.names.get("Migration")
    binding = box.binding if box is not None else None
    if isinstance(binding, Reference):
        return imports.class_of(binding.path, scope.module)
    return binding if isinstance(binding, Class | Opaque) else None
