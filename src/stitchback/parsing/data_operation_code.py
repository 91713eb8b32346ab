"""Data operations -> their work: the code, and all that it reaches in the tree of its ref.

Two operations do the same work where their code is the same, and so is every function, class, method, base class, decorator, default and
module-level variable of the tree that this code names, and what these name. Where the tree has a function does not matter: one that was
moved to another module is the same. Names outside of the tree (Django, Python, installed packages) are the same where their import path is.
What cannot be followed (an import that is computed, a module that is passed on, a name that nothing binds) makes the work unknown:
it is other work than any other.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import assert_never

from stitchback.model.migrations import Migration, Works
from stitchback.model.operations import Followed, Operation, ReachedCode, TreeWork
from stitchback.model.session_statements import code_leaves_nothing
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value
from stitchback.operations.data import code_of, data_operations
from stitchback.parsing import import_paths, imports, sources
from stitchback.parsing.bound_names import binders, changes, globals_of, names_bound, own_nodes
from stitchback.parsing.class_hierarchy import ClassHierarchy, migration_class
from stitchback.parsing.code_reach import reach_of
from stitchback.parsing.fingerprints import Writing, nodes_within, renamed_in
from stitchback.parsing.imports import Lead, Leads
from stitchback.parsing.interpreter import execute
from stitchback.parsing.operation_lists import read_operations
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.reading_limits import reason_of
from stitchback.parsing.scopes import (
    DEFINITIONS,
    Class,
    Definition,
    Function,
    ModuleReading,
    Scope,
    SharedBinding,
    definition_of,
    has_opaque,
)

MAX_DEFINITIONS = 1_500  # that one operation reaches
MAX_WORDS = 400_000  # of their text
MAX_ROUNDS = 4  # in which the keywords that calls name are collected

_CODE = frozenset({"__import__", "eval", "exec", "globals", "compile"})
_FILES = frozenset({"open", "__file__"})
_IMPLICIT = frozenset(
    {"__name__", "__doc__", "__package__", "__class__", "__qualname__", "__module__", "__builtins__"}
)
_PYTHON2 = frozenset(
    {"unicode", "basestring", "xrange", "long", "unichr", "reduce", "raw_input", "cmp", "file"}
)
_DYNAMIC = (
    "importlib.import_module",
    "importlib.util",
    "importlib.machinery",
    "importlib.reload",
    "pkgutil.",
    "runpy.",
    "imp.",
    "sys.modules",
    "django.utils.module_loading.",
)
_COMMAND = "django.core.management.call_command"
_SETTINGS = "django.conf.settings."
_NO_STATEMENTS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


class Unfollowed(Exception):
    """The work cannot be followed to its end. `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, eq=False)
class Variable:
    """A module-level variable whose value cannot be read: the statements that make or change it."""

    name: str
    statements: Sequence[ast.stmt]
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Names that a function binds, and what it imports on its own: local name -> import paths."""

    bound: frozenset[str]
    imported: Mapping[str, tuple[str, ...]]


Item = Definition | Variable
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class TreeWorks(Works):
    """Those of a tree of files. `ref`: the tree's."""

    def __init__(self, context: ReadingContext, ref: str) -> None:
        self.context = context
        self.ref = ref

    def of(self, migration: Migration, home: Works | None = None) -> tuple[TreeWork, ...]:
        held = home.context if isinstance(home, TreeWorks) else self.context
        reading = _MigrationReading(self.context, held, migration)
        own = data_operations(migration.operations)
        return tuple(
            TreeWork(each, _following(reading, self.ref, place, each)) for place, each in enumerate(own)
        )


def _following(reading: _MigrationReading, ref: str, place: int, own: Operation) -> Callable[[], Followed]:
    return lambda: _followed(reading, ref, place, own)


@dataclass(slots=True, eq=False)
class _MigrationReading:
    """A migration's file, read once more with the tree around it."""

    context: ReadingContext
    held: ReadingContext  # of the tree that has the file
    migration: Migration
    _read: tuple[ModuleReading, tuple[Operation, ...]] | None = None

    @property
    def parts(self) -> tuple[ModuleReading, tuple[Operation, ...]]:
        """The module, and its data operations. Raises Unfollowed."""
        if self._read is None:
            self._read = self._again()
        return self._read

    def _again(self) -> tuple[ModuleReading, tuple[Operation, ...]]:
        path = self.migration.path
        entry = self.held.files.get(path)
        if entry is None:
            raise Unfollowed(f"{path} is not in the tree")
        module = ModuleReading(path, self.context, sources.parse(entry.read()))
        scope = Scope(module)
        module.scopes.append(scope)
        execute(module.tree.body, scope)
        owner = migration_class(scope)
        if not isinstance(owner, Class):
            raise Unfollowed(f"{path} has no Migration class that can be read")
        family = ClassHierarchy.of(owner)
        value = family.attribute("operations")
        operations = () if value is None else read_operations(value, module, family.span("operations"))
        return module, tuple(data_operations(operations))


def _followed(reading: _MigrationReading, ref: str, place: int, own: Operation) -> Followed:
    try:
        with sources.quietly(), reading.context.apart():
            module, operations = reading.parts
            again = operations[place] if place < len(operations) else None
            if again is None or again.kind != own.kind:
                raise Unfollowed(f"{reading.migration.path} is read differently now")
            return _written(again, module)
    except (Unfollowed, sources.NotPython) as problem:
        reason = problem.reason
    except RecursionError as problem:
        reason = reason_of(problem)
    return Followed(_digest((ref, reading.migration.path, str(place), reason)), {}, reason)


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def _written(operation: Operation, module: ModuleReading) -> Followed:
    """Raises Unfollowed."""
    value = code_of(operation)
    if value is None:
        return Followed("", {})
    keywords: frozenset[str] = frozenset()
    for _ in range(MAX_ROUNDS):
        writing = _CodeWriter(keywords, module.scopes[0], {}, module=module)
        writing.write_all(value)
        used = writing.keywords_used()
        if not (used - keywords) & writing.written:
            break
        keywords |= used
    else:
        raise Unfollowed("too many functions that call each other by keywords")
    reached = {**writing.reached(), **writing.further}
    fingerprint = _digest((operation.kind, *writing.parts)) if reached else ""
    imported = writing.items[0] if isinstance(value, Reference) and writing.items else None
    if not isinstance(imported, Function):
        return Followed(fingerprint, reached)
    empty = code_leaves_nothing(imported.node)
    return Followed(fingerprint, reached, empty=empty, reach=reach_of(imported))


@dataclass(slots=True, eq=False)
class _CodeWriter(Writing):
    """As `Writing`, through all modules of the tree; names that lead outside of it are written as their import path."""

    module: ModuleReading = field(kw_only=True)  # the migration's
    items: list[Item] = field(default_factory=list)  # what is written, one after the other
    keys: dict[tuple[int, int, str], int] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)  # the functions around what is being written
    written: set[str] = field(default_factory=set)  # names that were written as numbers
    in_item: frozenset[str] = frozenset()  # names that anything of the item binds
    further: dict[str, ReachedCode] = field(default_factory=dict)  # files and settings that are read
    texts: dict[str, None] = field(default_factory=dict)
    reads_files: str = ""  # who does

    def write_all(self, value: Value) -> None:
        self.write_value(value)
        done = 0
        while done < len(self.items):
            if done >= MAX_DEFINITIONS or len(self.parts) > MAX_WORDS:
                raise Unfollowed("the code uses too much of the tree to be compared")
            self.write_item(self.items[done])
            done += 1
        if self.reads_files:
            self.write_files()

    def keywords_used(self) -> frozenset[str]:
        """Every keyword that a call names, in all that was written."""
        nodes = (part for item in self.items for node in _nodes_of(item) for part in nodes_within(node))
        return frozenset(part.arg for part in nodes if isinstance(part, ast.keyword) and part.arg is not None)

    def reached(self) -> dict[str, ReachedCode]:
        """What was written of other modules than the migration's, by dotted names."""
        found: dict[str, ReachedCode] = {}
        for item in self.items:
            module = item.scope.module
            if module is not self.module:
                name = item.name if isinstance(item, Variable) else getattr(item.node, "name", "lambda")
                dotted = f"{module.context.module_name(module.path)}.{name}"
                texts = (found[dotted].digest if dotted in found else "", *map(ast.dump, _nodes_of(item)))
                found[dotted] = ReachedCode(module.path, _digest(texts))
        return found

    def number(self, definition: Definition) -> str:
        return self.enqueue(definition)

    def enqueue(self, item: Item) -> str:
        """The item's number; it is put in the queue when it is first named. A closure is another one for each call that makes it."""
        if isinstance(item, Variable):
            key = (0, id(item.scope), item.name)
        else:
            key = (id(item.node), id(item.scope), "")
        if key not in self.keys:
            self.keys[key] = len(self.items)
            self.items.append(item)
        return f"@{self.keys[key]}"

    # ---- items

    def write_item(self, item: Item) -> None:
        self.scope = item.scope
        self.local = {}
        within = [part for node in _nodes_of(item) for part in nodes_within(node)]
        self.in_item = names_bound(within)
        if isinstance(item, Variable):
            self.renamed = frozenset()
            self.frames = [Frame(frozenset(), _imports_of(own_nodes(item.statements), item.scope))]
            self.parts.append("variable")
            self.write(list(item.statements))
            return
        self.renamed = renamed_in(item.node, within, self.keywords)
        self.frames = []
        if isinstance(item.node, ast.ClassDef):
            self.frames = [Frame(frozenset(), _imports_of(own_nodes(item.node.body), item.scope))]
            self.write(item.node)
        else:
            self.write_function(item.node)
        self.write_changes(item)

    def write_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """Its decorators and defaults see what is around it, its body what it binds."""
        self.parts.append(type(node).__name__)
        self.write([*node.args.defaults, *node.args.kw_defaults])
        if not isinstance(node, ast.Lambda):
            self.write(node.decorator_list)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        own = own_nodes(body)
        parameters = [part for part in nodes_within(node.args) if isinstance(part, ast.arg)]
        with self.within(
            Frame(names_bound((*parameters, *own)) - globals_of(own), _imports_of(own, self.scope))
        ):
            self.write_fields(node.args, {"defaults", "kw_defaults"})
            self.write(body)

    def write_comprehension(self, node: Comprehension) -> None:
        """What it iterates over first is around it, all else sees its targets."""
        self.parts.append(type(node).__name__)
        self.write(node.generators[0].iter)
        targets = [part for each in node.generators for part in nodes_within(each.target)]
        with self.within(Frame(names_bound(targets), {})):
            self.write_fields(node, set())

    @contextmanager
    def within(self, frame: Frame) -> Iterator[None]:
        self.frames.append(frame)
        try:
            yield
        finally:
            self.frames.pop()

    def write_changes(self, item: Definition) -> None:
        """What its module changes of a function or class behind it: `Kind.NAMES.append("x")`."""
        name = getattr(item.node, "name", None)
        if name is None or item.scope.outer is not None:
            return
        found = [each for each in item.scope.module.mentions(name) if changes(each, name)]
        if found:
            self.parts.append(self.enqueue(Variable(f"{name}'s attributes", found, item.scope)))

    # ---- nodes

    def write(self, node: object) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self.parts.append("import")  # each use is followed
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.parts.append(self.local_name(name) or name)
                self.write_function(node)
            case ast.Lambda():
                self.write_function(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self.write_comprehension(node)
            case ast.Attribute() if (path := self.path_of(node)) is not None:
                self.parts.append(self.target(path))
            case ast.Call():
                self.write_call(node)
            case ast.Constant(value=str(text)):
                self.texts[text] = None
                Writing.write(self, node)
            case ast.AnnAssign(target=target, value=None) if isinstance(target, ast.Name):
                self.parts.append(
                    f"annotated {target.id if target.id not in self.renamed else ''}"
                )  # a dataclass's field
            case _:
                Writing.write(self, node)

    def path_of(self, node: ast.expr) -> str | None:
        """The import path of a dotted name that begins with something imported."""
        match node:
            case ast.Name(id=name):
                frame = self.frame_of(name)
                if frame is not None:
                    found = frame.imported.get(name, ())
                    return found[0] if len(found) == 1 else None
                box = self.scope.find(name)
                return box.binding.path if box is not None and isinstance(box.binding, Reference) else None
            case ast.Attribute(value=value, attr=name):
                above = self.path_of(value)
                return None if above is None else f"{above}.{name}"
            case _:
                return None

    def write_call(self, call: ast.Call) -> None:
        if self.path_of(call.func) == _COMMAND:
            self.write_command(call)
        Writing.write(self, call)

    def frame_of(self, name: str) -> Frame | None:
        """The innermost function that binds the name."""
        return next(
            (each for each in reversed(self.frames) if name in each.bound or name in each.imported), None
        )

    def local_name(self, name: str) -> str | None:
        """How a name that a function binds is written."""
        if self.frame_of(name) is None:
            return None
        if name not in self.renamed:
            return name
        self.written.add(name)
        return self.local.setdefault(name, f"${len(self.local)}")

    def name(self, name: str) -> str:
        frame = self.frame_of(name)
        if frame is not None and name in frame.imported:
            return " or ".join(map(self.target, frame.imported[name]))
        local = self.local_name(name)
        if local is not None:
            return local
        box = self.scope.find(name)
        return self.unbound(name) if box is None else self.boxed(name, box, self.scope)

    def boxed(self, name: str, box: SharedBinding, scope: Scope) -> str:
        binding = box.binding
        if isinstance(binding, DEFINITIONS):
            return self.enqueue(binding)
        if isinstance(binding, Reference):
            return self.target(binding.path, scope.module)
        is_elsewhere = scope.module is not self.module
        if is_elsewhere or has_opaque(binding):
            statements = binders(scope.module, name) if scope.outer is None else []
            if statements or has_opaque(binding):
                return self.variable(name, statements, scope)
        before, self.parts = self.parts, []
        self.write_value(binding)
        words, self.parts = self.parts, before
        return " ".join(words)

    def variable(self, name: str, statements: Sequence[ast.stmt], scope: Scope) -> str:
        if not statements:
            raise Unfollowed(f"{name} of {scope.module.path} cannot be read")
        return self.enqueue(Variable(name, statements, scope.globals))

    def unbound(self, name: str) -> str:
        """A name that no statement of the module has bound by then."""
        scope = self.scope
        later = definition_of(name, scope)
        if later is not None:
            return self.enqueue(later)
        statements = binders(scope.module, name)
        if statements:
            return self.variable(name, statements, scope)
        for source in scope.module.stars:
            found = imports.lead(f"{source}.{name}", scope.module)
            if found is not None and found.kind is not Leads.OUTSIDE:
                return self.lead(found, scope.module)
        if name in _CODE:
            raise Unfollowed(f"{scope.module.path} uses {name}()")
        if name in _FILES:
            self.reads_files = scope.module.path
            return name
        if hasattr(builtins, name) or name in _IMPLICIT or name in _PYTHON2 or name in self.in_item:
            return name
        outside = [source for source in scope.module.stars if imports.is_outside(source, scope.module)]
        if outside:
            return " ".join((name, *outside))
        raise Unfollowed(f"{name} is not defined in {scope.module.path}")

    # ---- import paths

    def target(self, path: str, module: ModuleReading | None = None) -> str:
        module = module or self.scope.module
        if path.startswith(_DYNAMIC):
            raise Unfollowed(f"{module.path} imports a computed name ({path})")
        if path.startswith(_SETTINGS):
            return self.setting(path.removeprefix(_SETTINGS).partition(".")[0], path)
        found = imports.lead(path, module)
        if found is None:
            raise Unfollowed(f"{path}, which {module.path} uses, cannot be read")
        return self.lead(found, module)

    def lead(self, found: Lead, module: ModuleReading) -> str:
        match found.kind:
            case Leads.OUTSIDE:
                return found.path
            case Leads.MODULE:
                raise Unfollowed(f"{module.path} passes on the module {found.path}")
            case Leads.NAME:
                assert found.box is not None
                assert found.scope is not None
                return ".".join((self.boxed(found.name, found.box, found.scope), *found.rest))
            case Leads.STATEMENTS:
                assert found.scope is not None
                known = self.variable(found.name, binders(found.scope.module, found.name), found.scope)
                return ".".join((known, *found.rest))
            case _:
                assert_never(found.kind)

    def setting(self, name: str, path: str) -> str:
        """A setting, and the statements of the tree's settings files that set it."""
        context = self.module.context
        known = self.further.get(path, ReachedCode("", ""))
        for file in context.settings_files if path not in self.further else ():
            scope = imports.module_scope(file, context) if name.encode() in context.read(file) else None
            statements = binders(scope.module, name) if scope is not None else []
            if statements:
                known = ReachedCode(file, _digest((known.digest, *map(ast.dump, statements))))
        if known.digest:
            self.further[path] = known
        return f"{path} {known.digest}"

    # ---- files

    def write_command(self, call: ast.Call) -> None:
        """`call_command("loaddata", "kinds.json")`: the tree's own command, or the fixtures that it loads."""
        texts = [
            part.value for part in call.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if not texts or not isinstance(call.args[0], ast.Constant):
            raise Unfollowed(f"{self.scope.module.path} calls a management command that is not known")
        files = self.module.context.files
        if texts[0] == "loaddata":
            if len(texts) != len(call.args) or len(texts) < 2:
                raise Unfollowed(f"{self.scope.module.path} loads fixtures that are not known")
            for text in texts[1:]:
                self.write_fixture(text, files)
            return
        for file in sorted(path for path in files if path.endswith(f"/management/commands/{texts[0]}.py")):
            scope = imports.module_scope(file, self.module.context)
            box = scope.find("Command") if scope is not None else None
            if scope is None or box is None:
                raise Unfollowed(f"{file} cannot be read")
            self.parts.append(self.boxed("Command", box, scope))

    def write_fixture(self, text: str, files: Iterable[str]) -> None:
        found = [path for path in files if "/fixtures/" in f"/{path}" and _is_fixture(path, text)]
        if not found:
            raise Unfollowed(f"the fixture {text} is not in the tree")
        for path in found:
            self.write_file(path)

    def write_files(self) -> None:
        """The files of the tree that texts of the code name: the code opens some."""
        ends = tuple(
            f"/{text.lstrip('./')}" for text in self.texts if "." in text.strip(".") and " " not in text
        )
        found = [path for path in self.module.context.files if ends and f"/{path}".endswith(ends)]
        if not found:
            raise Unfollowed(f"{self.reads_files} reads a file that is not known")
        for path in found:
            self.write_file(path)

    def write_file(self, path: str) -> None:
        entry = self.module.context.files[path]
        self.further[path] = ReachedCode(path, entry.blob)
        self.parts.append(f"file {path} {entry.blob}")

    # ---- values

    def write_value(self, value: Value) -> None:
        match value:
            case Constant(value=constant):
                if isinstance(constant, str):
                    self.texts[constant] = None
                self.parts.append(repr(constant))
            case Items(kind=kind, items=items):
                self.parts.append(f"{kind}(")
                for item in items:
                    self.write_value(item)
                self.parts.append(")")
            case Dictionary(items=pairs):
                self.parts.append("{")
                for key, item in pairs:
                    self.write_value(key)
                    self.write_value(item)
                self.parts.append("}")
            case Call(callee=callee, args=args, kwargs=kwargs):
                self.parts.append("call(")
                self.write_value(callee)
                for argument in args:
                    self.write_value(argument)
                for name, argument in kwargs:
                    self.parts.append(f"{name}=")
                    self.write_value(argument)
                self.parts.append(")")
            case Reference(path=path):
                builtin = path.removeprefix("builtins.")
                self.parts.append(
                    self.unbound(builtin) if builtin != path else self.target(path, self.module)
                )
            case Code():
                self.parts.append(self.enqueue(self.definition_of(value)))
            case Opaque(reason=reason):
                raise Unfollowed(reason)
            case _:
                assert_never(value)

    def definition_of(self, code: Code) -> Definition:
        """The function or class that the code was made of, here or in a module that was read on the way."""
        read = (scope.module for scope in self.module.context.modules.values() if scope is not None)
        for module in (self.module, *read):
            for definition, known in module.codes.values():
                if known is code:
                    return definition
        raise Unfollowed(f"the definition of {code.name} cannot be found")


def _nodes_of(item: Item) -> Sequence[ast.AST]:
    return item.statements if isinstance(item, Variable) else (item.node,)


def _imports_of(within: Iterable[ast.AST], scope: Scope) -> dict[str, tuple[str, ...]]:
    """What functions import on their own: local name -> import paths. Raises Unfollowed."""
    found: dict[str, tuple[str, ...]] = {}
    for part in within:
        if isinstance(part, ast.Import):
            pairs = [
                (
                    alias.asname or alias.name.partition(".")[0],
                    alias.name if alias.asname else alias.name.partition(".")[0],
                )
                for alias in part.names
            ]
        elif isinstance(part, ast.ImportFrom):
            source = (
                import_paths.absolute(scope.module.package, part.level, part.module or "")
                if part.level
                else part.module or ""
            )
            if any(alias.name == "*" for alias in part.names):
                raise Unfollowed(f"{scope.module.path} imports * under a condition")
            pairs = [
                (alias.asname or alias.name, import_paths.member(source, alias.name).path)
                for alias in part.names
            ]
        else:
            continue
        for name, path in pairs:
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), path)))
    return found


def _is_fixture(path: str, text: str) -> bool:
    name = path.rpartition("/fixtures/")[2] if "/fixtures/" in path else path.removeprefix("fixtures/")
    return name == text or name.partition(".")[0] == text or path.endswith(f"/{text}")
