"""Operation classes that are not Django's own, followed to the class of Django's that they extend."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Constant, Reference, Value
from stitchback.operations import BY_NAME, BY_PATH, OPERATIONS, TEMPLATES
from stitchback.operations.base import MIGRATIONS, Template
from stitchback.parsing import import_paths, imports
from stitchback.parsing.calls import Arguments, bind_arguments, read_arguments
from stitchback.parsing.fingerprints import code_of
from stitchback.parsing.interpreter import execute
from stitchback.parsing.name_lookup import binding_of
from stitchback.parsing.scopes import CallSite, Class, Function, ModuleReading, Scope
from stitchback.parsing.third_party import known_operation

_MAX_LEVELS = 8
_OPERATION = "django.db.migrations.operations.base.Operation"


@dataclass(frozen=True, slots=True)
class KnownClass:
    """A class that is one of Django's: `arguments` are those that Django's own constructor gets. `conditional`: it is one of
    the tool's templates. `half`: "state" or "database" where the other half is made to do nothing."""

    kind: str
    path: str
    arguments: Arguments
    conditional: bool = False
    half: str = ""


def known_class(call: Call, place: CallSite | None, module: ModuleReading) -> KnownClass | str:
    """What the called class is equal to or extends; where that is not known, why not."""
    owner = place.callee if place is not None else None
    path = _path(call.callee, owner)
    equal = module.context.equivalent(path)
    if equal:
        kind = BY_PATH.get(import_paths.canonical(equal)) or BY_NAME.get(equal)
        if kind is None:
            return f"{path} is configured as equal to {equal}, which is not an operation of Django"
        return KnownClass(kind.name, path, (call.args, call.kwargs))
    third_party = known_operation(path, call)
    if third_party is not None:
        return KnownClass(third_party[0], path, third_party[1])
    if owner is None and isinstance(call.callee, Reference):
        owner = imports.class_of(path, module)
    if owner is None:
        return f"{path or 'this'} is not a known operation"
    template = template_of(owner)
    if template is not None:
        return KnownClass(template.kind, f"{MIGRATIONS}.{template.kind}", (call.args, call.kwargs), True)
    return _ClassWalk(path, owner).known(call)


def _path(callee: Value, owner: Class | None) -> str:
    match callee:
        case Reference(path=path):
            return path
        case Code(name=name) if owner is not None:
            module = owner.scope.module
            return f"{module.context.module_name(module.path)}.{name}"
        case _:
            return ""


@dataclass(slots=True, eq=False)
class _ClassWalk:
    """A class on the way up to Django's. `classes` are those passed, in the order in which Python looks methods up."""

    path: str
    owner: Class

    def known(self, call: Call) -> KnownClass | str:
        line = _line(self.owner)
        if isinstance(line, str):
            return line
        kind, classes = line
        state, database = _method(classes, "state_forwards"), _method(classes, "database_forwards")
        name = self.owner.node.name
        code = BY_NAME[kind].code if kind != _OPERATION else ""
        if kind == _OPERATION or (code and database is not None):
            if kind == _OPERATION and (state is None or not _is_empty(state)):
                return f"{name} extends Operation itself and overrides how the state changes"
            return KnownClass("RunPython", self.path, _own_code(self.owner, call, "code"))
        if state is not None and not _is_empty(state):
            return f"{name} overrides how the state changes (state_forwards)"
        half = "state" if database is not None and _is_empty(database) else ""
        half = "database" if state is not None else half
        arguments: Arguments | None = (call.args, call.kwargs)
        for one in classes:
            arguments = passed_on(one, arguments) if arguments is not None else None
        if arguments is not None:
            return KnownClass(kind, self.path, arguments, half=half)
        if code and "state_operations" not in ast.unparse(self.owner.node):
            return KnownClass(kind, self.path, _own_code(self.owner, call, code))
        return f"what {name}.__init__ passes on is not known"


def _own_code(owner: Class, call: Call, argument: str) -> Arguments:
    """What a class of the project's own runs: its code, with what it is called with."""
    return (), ((argument, Call(code_of(owner), call.args, call.kwargs)),)


def _line(owner: Class) -> tuple[str, tuple[Class, ...]] | str:
    """Django's kind (or Operation itself) and the tree's classes up to it; or why that is not known."""
    classes: list[Class] = []
    queue = [owner]
    while queue and len(classes) < _MAX_LEVELS:
        current = queue.pop(0)
        classes.append(current)
        for node in current.node.bases:
            base = _base(node, current.scope)
            if isinstance(base, Class):
                queue.append(base)
            elif isinstance(base, str):
                return base, tuple(classes)
    return f"{owner.node.name} does not extend a known operation of Django"


def _base(node: ast.expr, scope: Scope) -> Class | str | None:
    """A class of the tree, or the kind of Django's operation."""
    binding = binding_of(node, scope)
    if isinstance(binding, Class):
        return binding
    if not isinstance(binding, Reference):
        return None
    path = binding.path
    if path in BY_PATH:
        return BY_PATH[path].name
    if path == _OPERATION:
        return path
    equal = scope.module.context.equivalent(path)
    if equal in BY_NAME:
        return equal
    return imports.class_of(path, scope.module)


def _method(classes: tuple[Class, ...], name: str) -> Function | None:
    for one in classes:
        box = imports.class_body(one).names.get(name)
        if box is not None and isinstance(box.binding, Function):
            return box.binding
    return None


def _is_empty(function: Function) -> bool:
    return code_of(function).empty


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


_PARAMETERS = frozenset(name for kind in OPERATIONS for name in kind.parameters)
_PLAIN = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Pass, ast.If, ast.Import, ast.ImportFrom)


def passed_on(owner: Class, arguments: Arguments) -> Arguments | None:
    """The arguments that the class's constructor passes to its base class; the same if it does not define one, None where
    they are not known."""
    box = imports.class_body(owner).names.get("__init__")
    if box is None:
        return arguments
    if not isinstance(box.binding, Function) or not isinstance(box.binding.node, ast.FunctionDef):
        return None
    inner = owner.scope.body()
    if not bind_arguments(box.binding, arguments, inner, first=Constant("self")):
        return None
    return _passed_by(box.binding.node, owner.node.name, inner)


def _passed_by(node: ast.FunctionDef, name: str, inner: Scope) -> Arguments | None:
    """Reads the body up to `super().__init__(…)`, and its arguments."""
    found: Arguments | None = None
    for statement in node.body:
        call = _super_call(statement, name)
        if call is not None:
            if found is not None:
                return None
            given = read_arguments(call, inner)
            if isinstance(given, Opaque):
                return None
            found = given
        elif _sets_own_attribute(statement):
            continue
        elif isinstance(statement, _PLAIN) and not any(_is_self(part) for part in ast.walk(statement)):
            execute([statement], inner)
        else:
            return None
    return found


def _super_call(statement: ast.stmt, name: str) -> ast.Call | None:
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=args), attr="__init__")
            ) as call
        ) if not args or (isinstance(args[0], ast.Name) and args[0].id == name):
            return call
        case _:
            return None


def _sets_own_attribute(statement: ast.stmt) -> bool:
    """`self.x = …`, where x is nothing that Django's operations have."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
            return name not in _PARAMETERS
        case _:
            return False


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
