"""MIGRATION_MODULES as a tree's settings files set it: every value that it may have, and what of it cannot be read.

The setting says which folder holds an app's migrations (`MigrationLoader.migrations_module`), so a value that cannot be read must
never count as no value. An `if` whose condition is not known gives both of its branches.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stitchback.model.source import Opaque, Span
from stitchback.model.values import Call, Constant, Dictionary, Reference, Value, text
from stitchback.parsing import constant_folding
from stitchback.parsing.import_paths import absolute
from stitchback.parsing.imports import module_scope
from stitchback.parsing.interpreter import evaluate
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.scopes import DEFINITIONS, Scope
from stitchback.parsing.settings import is_of_tests, sets_defaults_of_an_app
from stitchback.parsing.sources import opaque

SETTING = "MIGRATION_MODULES"
_MOST_VALUES = 64  # that one file may give the setting, before it counts as not read
_MOST_IMPORTS = 8  # settings modules that import the value from each other
_UNMIGRATED = re.compile(r"^(no|not|disabled?|skip)[_-]?migrations?$", re.IGNORECASE)  # names of no module


@dataclass(frozen=True, slots=True)
class Possible:
    """One value that the setting may have. `modules`: label -> dotted module, None where the app has no migrations."""

    modules: Mapping[str, str | None] = field(default_factory=dict)
    unread: tuple[Opaque, ...] = ()

    def merged(self, other: Possible) -> Possible:
        """The value after `update(other)`."""
        return Possible(
            {**self.modules, **other.modules}, tuple(dict.fromkeys((*self.unread, *other.unread)))
        )

    def without(self, label: str) -> Possible:
        return Possible({key: module for key, module in self.modules.items() if key != label}, self.unread)


@dataclass(frozen=True, slots=True)
class MigrationModules:
    """`modules`: label -> the modules that the setting may name, None left out. `always`: the labels that every value of a settings file
    has, so that the app's folder `migrations` is never read. `places`: label -> where the setting is set."""

    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    always: frozenset[str] = frozenset()
    places: Mapping[str, Span] = field(default_factory=dict)
    unread: tuple[Opaque, ...] = ()


def migration_modules(context: ReadingContext) -> MigrationModules:
    """What the settings files say, those of tests only for labels that no other names (what they cannot say counts as not set)."""
    configured = context.configured(SETTING)
    if configured is not None:
        return _combined([_configured(configured[0])])
    by_file = [(path, _values(path, SETTING, context, 0)) for path in _files(context)]
    own = [(path, values) for path, values in by_file if values and not is_of_tests(path)]
    found = _combined(own)
    tests = _combined([(path, values) for path, values in by_file if values and is_of_tests(path)])
    return MigrationModules(
        {**tests.modules, **found.modules},
        found.always | (tests.always - found.modules.keys()),
        {**tests.places, **found.places},
        found.unread,
    )


def _configured(value: object) -> tuple[str, Sequence[Possible]]:
    entries = value.items() if isinstance(value, dict) else ()
    return "pyproject.toml", [
        Possible({label: module for label, module in entries if isinstance(module, str)})
    ]


def _combined(files: Iterable[tuple[str, Sequence[Possible]]]) -> MigrationModules:
    modules: dict[str, dict[str, None]] = {}
    places: dict[str, Span] = {}
    always: dict[str, bool] = {}
    unread: dict[Opaque, None] = {}
    for path, values in files:
        for value in values:
            unread.update(dict.fromkeys(value.unread))
            for label, module in value.modules.items():
                if module is not None:
                    modules.setdefault(label, {})[module] = None
                    places.setdefault(label, Span(path))
        for label in {label for value in values for label in value.modules}:
            always[label] = always.get(label, True) and all(label in value.modules for value in values)
    return MigrationModules(
        {label: tuple(named) for label, named in modules.items()},
        frozenset(label for label in modules if always[label]),
        places,
        tuple(unread),
    )


def _files(context: ReadingContext) -> Iterator[str]:
    """The settings files that mention the setting, and the modules that they take everything from (`from x import *`)."""
    waiting, seen = list(context.settings_files), set[str]()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        source = context.read(path)
        if sets_defaults_of_an_app(source):
            continue
        if SETTING.encode() in source:
            yield path
        if b"import *" in source:
            waiting.extend(_starred(path, context))


def _starred(path: str, context: ReadingContext) -> Iterator[str]:
    scope = module_scope(path, context)
    for module in scope.module.stars if scope is not None else ():
        other = context.find_module(module, context.root_of(path))
        if other is not None:
            yield other


def _values(path: str, name: str, context: ReadingContext, depth: int) -> Sequence[Possible]:
    """Every value that the module may leave under the name; none where it does not set it."""
    scope = module_scope(path, context)
    if scope is None:
        at = Span(path)
        return [Possible(unread=(Opaque("the settings file cannot be read", name, at),))]
    box = scope.all().get(name)
    if box is not None and not isinstance(box.binding, DEFINITIONS):
        value = _of_dictionary(box.binding)
        if value is not None and not _is_bound_by_text(scope.module.tree, name):
            return [value]
    try:
        states = _Walk(path, name, scope, context, depth).run(scope.module.tree.body, [None])
    except (_TooMany, RecursionError):
        reason = f"{name} may have too many values"
        return [Possible(unread=(opaque(reason, scope.module.tree.body[0], path),))]
    values = [state for state in states if state is not None]
    return [state or Possible() for state in states] if values else []


def _is_bound_by_text(tree: ast.Module, name: str) -> bool:
    """Whether the name also stands as a string or a keyword: `globals()["X"] = …`, `vars().update(X=…)`."""
    return any(
        (isinstance(part, ast.Constant) and part.value == name)
        or (isinstance(part, ast.keyword) and part.arg == name)
        for part in ast.walk(tree)
    )


def _of_dictionary(value: Value) -> Possible | None:
    """The value of a dictionary of constants."""
    if not isinstance(value, Dictionary):
        return None
    modules: dict[str, str | None] = {}
    for key, module in value.items:
        label, dotted = text(key), text(module)
        if module == Constant(None) or (dotted is not None and _UNMIGRATED.match(dotted)):
            if label is not None:
                modules[label] = None
        elif label is None or dotted is None:
            return None
        else:
            modules[label] = dotted
    return Possible(modules)


class _TooMany(Exception):
    """The setting may have more values than are looked through."""


State = Possible | None  # None: not set


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk through a settings module: what the name may hold after each statement."""

    path: str
    name: str
    scope: Scope
    context: ReadingContext
    depth: int

    def run(self, body: Sequence[ast.stmt], states: Sequence[State]) -> list[State]:
        found = list(states)
        for statement in body:
            if self.mentions(statement):
                found = _distinct(self.after(statement, found))
        return found

    def mentions(self, node: ast.AST) -> bool:
        return any(
            (isinstance(part, ast.Name) and part.id == self.name)
            or (isinstance(part, ast.Constant) and part.value == self.name)
            or (isinstance(part, ast.keyword) and part.arg == self.name)
            or (isinstance(part, ast.alias) and self.name in (part.name, part.asname))
            or (isinstance(part, ast.Global) and self.name in part.names)
            for part in ast.walk(node)
        )

    def after(self, node: ast.stmt, states: list[State]) -> list[State]:
        match node:
            case ast.If():
                return self.after_if(node, states)
            case ast.Try() | ast.TryStar():
                done = self.run([*node.body, *node.orelse], states)
                handled = [end for each in node.handlers for end in self.run(each.body, [*states, *done])]
                return self.run(node.finalbody, [*done, *handled])
            case ast.With() | ast.AsyncWith():
                return self.run(node.body, states)
            case ast.For() | ast.While() | ast.AsyncFor():
                return [*states, *self.run([*node.body, *node.orelse], states)]
            case ast.Match():
                return [*states, *(end for case in node.cases for end in self.run(case.body, states))]
            case ast.ClassDef():  # django-configurations: one class of settings for each environment
                return [*states, *self.run(node.body, states)] if any(states) else self.run(node.body, states)
            case ast.ImportFrom():
                return self.imported(node) if any(map(self.binds, node.names)) else states
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                sets = any(
                    isinstance(part, ast.Global) and self.name in part.names for part in ast.walk(node)
                )
                return [*states, self.unread("a function sets it", node)] if sets else states
            case _:
                return self.after_simple(node, states)

    def after_if(self, node: ast.If, states: list[State]) -> list[State]:
        known = constant_folding.truth(evaluate(node.test, self.scope))
        taken = [] if known is False else self.run(node.body, states)
        other = [] if known is True else self.run(node.orelse, states)
        return [*taken, *other]

    def after_simple(self, node: ast.stmt, states: list[State]) -> list[State]:
        match node:
            case ast.Assign(targets=targets, value=value) if any(map(self.is_it, targets)):
                return list[State](self.values(value))
            case ast.AnnAssign(target=target, value=value) if self.is_it(target):
                return states if value is None else list[State](self.values(value))
            case ast.AugAssign(target=target, op=ast.BitOr(), value=value) if self.is_it(target):
                return self.updated(states, self.values(value))
            case ast.Assign(targets=[ast.Subscript(value=owner, slice=key)], value=value) if self.is_it(
                owner
            ):
                return self.updated(states, self.entry(key, value))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=method)) as call) if self.is_it(
                owner
            ):
                return self.after_method(method, call, states)
            case ast.Expr(value=ast.Call(keywords=keywords)) if any(
                each.arg == self.name for each in keywords
            ):
                given = next(each.value for each in keywords if each.arg == self.name)
                return [*states, *self.values(given)]
            case ast.Delete():
                return [*states, None]
            case ast.Assert() | ast.Pass():
                return states
            case ast.Assign() | ast.AnnAssign() if not _is_passed_on(node.value, self.name):
                return states
            case _:
                return [*states, self.unread("a statement that is not followed may change it", node)]

    def after_method(self, method: str, call: ast.Call, states: list[State]) -> list[State]:
        match method, call.args:
            case "update", [other] if not call.keywords:
                return self.updated(states, self.values(other))
            case "update", [] if all(each.arg for each in call.keywords):
                ends = list(states)
                for each in call.keywords:
                    ends = self.updated(ends, self.entry(ast.Constant(each.arg), each.value))
                return ends
            case "setdefault", [key, value]:
                return [*self.updated(states, self.entry(key, value))]
            case "pop", [ast.Constant(value=str(label)), *_]:
                return [state.without(label) if state else state for state in states]
            case "clear", []:
                return [Possible()]
            case (("get" | "items" | "keys" | "values" | "copy"), _):
                return states
            case _:
                return [*states, self.unread("a call that is not followed may change it", call)]

    def binds(self, alias: ast.alias) -> bool:
        return (alias.asname or alias.name) == self.name

    def is_it(self, node: ast.expr) -> bool:
        """The name itself, or `globals()["NAME"]`."""
        match node:
            case ast.Name(id=name):
                return name == self.name
            case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals"), args=[])):
                return isinstance(node.slice, ast.Constant) and node.slice.value == self.name
            case _:
                return False

    def updated(self, states: Sequence[State], others: Sequence[Possible]) -> list[State]:
        return [(state or Possible()).merged(other) for state in states for other in others]

    def entry(self, key: ast.expr, value: ast.expr) -> list[Possible]:
        label = text(evaluate(key, self.scope))
        found: list[Possible] = []
        for module in self.modules(value):
            if module is None and label is None:
                found.append(Possible())
            elif isinstance(module, Opaque):
                found.append(Possible(unread=(module,)))
            elif label is None:
                found.append(self.unread("a label that is not known", key))
            else:
                found.append(Possible({label: module}))
        return found

    def modules(self, node: ast.expr) -> list[str | Opaque | None]:
        """The modules that an expression may name."""
        if isinstance(node, ast.IfExp):
            known = constant_folding.truth(evaluate(node.test, self.scope))
            parts = [node.body] if known is not False else []
            parts += [node.orelse] if known is not True else []
            return [module for part in parts for module in self.modules(part)]
        value = evaluate(node, self.scope)
        dotted = text(value)
        if value == Constant(None) or (dotted is not None and _UNMIGRATED.match(dotted)):
            return [None]
        if dotted is not None:
            return [dotted]
        return [opaque("the module is not a constant", node, self.path)]

    def values(self, node: ast.expr) -> list[Possible]:
        """The values that an expression may have."""
        match node:
            case ast.Dict(keys=keys, values=values):
                ends = [Possible()]
                for key, value in zip(keys, values, strict=True):
                    added = self.values(value) if key is None else self.entry(key, value)
                    ends = [end.merged(other) for end in ends for other in added]
                    _bound_check(ends)
                return ends
            case ast.DictComp(value=ast.Constant(value=None)):
                return [Possible()]  # no app is migrated: such databases have no migrations
            case ast.IfExp(test=test, body=body, orelse=orelse):
                answer = constant_folding.truth(evaluate(test, self.scope))
                taken = [] if answer is False else self.values(body)
                return [*taken, *([] if answer is True else self.values(orelse))]
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return [one.merged(other) for one in self.values(left) for other in self.values(right)]
            case ast.Call(func=ast.Name(id="dict"), args=args, keywords=keywords) if len(args) < 2:
                ends = self.values(args[0]) if args else [Possible()]
                for each in keywords:
                    added = (
                        self.values(each.value)
                        if each.arg is None
                        else self.entry(ast.Constant(each.arg), each.value)
                    )
                    ends = [end.merged(other) for end in ends for other in added]
                    _bound_check(ends)
                return ends
        found = evaluate(node, self.scope)
        known = _of_dictionary(found)
        if known is not None:
            return [known]
        if self.means_unmigrated(node, found):
            return [Possible()]
        if isinstance(node, ast.Name) and self.depth < _MOST_IMPORTS:
            named = _values(self.path, node.id, self.context, self.depth + 1)
            if named:
                return list(named)
        return [self.unread("a value that is not known", node)]

    def means_unmigrated(self, node: ast.expr, value: Value) -> bool:
        """Objects with which test runs turn migrations off: `dict.fromkeys(apps)`, `defaultdict(lambda: None)`, an instance of a class whose
        `__getitem__` returns None, or the name of no module."""
        match node:
            case ast.Call(func=ast.Attribute(attr="fromkeys"), args=[_] | [_, ast.Constant(value=None)]):
                return True
            case ast.Call(args=[ast.Lambda(body=ast.Constant(value=None))]):
                return True
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
                tree = self.scope.module.tree
                classes = [
                    each for each in ast.walk(tree) if isinstance(each, ast.ClassDef) and each.name == name
                ]
                return bool(classes) and all(map(_disables_all, classes))
        return isinstance(value, Call) and value.callee in _UNMIGRATED_CLASSES

    def imported(self, node: ast.ImportFrom) -> list[State]:
        """The value that another module of the tree gives."""
        alias = next(filter(self.binds, node.names))
        module = node.module or ""
        if node.level:
            module = absolute(self.scope.module.package, node.level, module)
        other = self.context.find_module(module, self.context.root_of(self.path))
        values: Sequence[Possible] = ()
        if other is not None and self.depth < _MOST_IMPORTS:
            values = _values(other, alias.name, self.context, self.depth + 1)
        return list[State](values) or [self.unread(f"it is imported from {module}", node)]

    def unread(self, reason: str, node: ast.expr | ast.stmt) -> Possible:
        return Possible(unread=(opaque(reason, node, self.path),))


_UNMIGRATED_CLASSES = frozenset(
    {
        Reference("pytest_django.plugin.DisableMigrations"),
        Reference("pytest_django.migrations.DisableMigrations"),
    }
)


def _disables_all(node: ast.ClassDef) -> bool:
    """Whether every label leads to None, or to the name of no module."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__getitem__":
            given = [each.value for each in ast.walk(part) if isinstance(each, ast.Return)]
            return all(
                value is None
                or (isinstance(value, ast.Constant) and (value.value is None or _is_no_module(value.value)))
                for value in given
            )
    return False


def _is_no_module(value: object) -> bool:
    return isinstance(value, str) and _UNMIGRATED.match(value) is not None


def _is_passed_on(value: ast.expr | None, name: str) -> bool:
    """Whether the value is the dictionary itself, or a call gets it: then another name can change it."""
    match value:
        case None:
            return False
        case ast.Name(id=found):
            return found == name
        case _:
            return any(
                isinstance(part, ast.Call)
                and any(isinstance(argument, ast.Name) and argument.id == name for argument in part.args)
                and not (isinstance(part.func, ast.Name) and part.func.id in _HARMLESS)
                for part in ast.walk(value)
            )


_HARMLESS = frozenset({"dict", "len", "list", "sorted", "set", "bool", "tuple", "print", "repr", "str"})


def _bound_check(values: Sequence[object]) -> None:
    if len(values) > _MOST_VALUES:
        raise _TooMany


def _distinct(states: Sequence[State]) -> list[State]:
    found: list[State] = []
    for state in states:
        if state not in found:
            found.append(state)
    _bound_check(found)
    return found
