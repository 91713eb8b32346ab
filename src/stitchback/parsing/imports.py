"""Import paths that lead into the tree itself: constants, functions and classes of its other modules."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from stitchback.model.command_cache import by_value
from stitchback.model.values import Call, Constant, Dictionary, Items, Reference, Value, walk
from stitchback.operations import BY_PATH
from stitchback.parsing import import_paths, sources
from stitchback.parsing.interpreter import execute
from stitchback.parsing.lazy import LazyScope, Parsed
from stitchback.parsing.reading_context import FoundName, ReadingContext, join
from stitchback.parsing.scopes import (
    DEFINITIONS,
    Binding,
    Class,
    Function,
    ModuleReading,
    Scope,
    SharedBinding,
)

_ELSEWHERE = frozenset(sys.stdlib_module_names) | {"django", "builtins"}
# How a line begins that binds a name: what stands before the name, but for white space.
_BEGINNINGS = {
    "constant": (b"",),
    "function": (b"def ", b"async def "),
    "class": (b"class ",),
}
_WORD = frozenset(bytes((c,)) for c in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_LEADS = "leads"
_MAX_IMPORTS = 8  # modules that import from each other, one inside the other


def followed(reference: Reference, module: ModuleReading) -> Value:
    """The constant that an import path leads to, where the tree holds it; otherwise the reference as it is."""
    found = definition(reference.path, module, "constant")
    if found is None:
        return reference
    assert not isinstance(found, DEFINITIONS), "a constant was wanted"
    return found


def function(path: str, module: ModuleReading) -> Function | None:
    """The function of the tree that an import path leads to."""
    found = definition(path, module, "function")
    return found if isinstance(found, Function) else None


def class_of(path: str, module: ModuleReading) -> Class | None:
    """The class of the tree that an import path leads to."""
    found = definition(path, module, "class")
    return found if isinstance(found, Class) else None


def passed_on(path: str, module: ModuleReading) -> tuple[str, ast.ClassDef | None]:
    """The import path that is behind this one, through all modules of the tree that pass it on, and the class of the tree that it
    leads to, if any. The path itself where that is not certain."""
    context = module.context
    root, end = context.root_of(module.path), path
    for _ in range(_MAX_IMPORTS):
        place = None if _is_elsewhere(end) else _place(end, root, context)
        if place is None or (scope := module_scope(place[0], context)) is None:
            return end, None
        _, name, rest = place
        binding = box.binding if (box := scope.find(name)) else None
        if isinstance(binding, Reference):
            end = ".".join((binding.path, *rest))
            continue
        if not isinstance(binding, Class) or rest:
            return path, None
        return _own_path(binding, end, root), binding.node
    return path, None


def _own_path(found: Class, end: str, root: str) -> str:
    """Where the class says of itself that it is: `end`, unless its module has it under another name too."""
    own = f"{end.rpartition('.')[0]}.{found.node.name}"
    place = _place(own, root, found.scope.module.context)
    box = found.scope.find(found.node.name) if place else None
    return own if box is not None and box.binding is found else end


def starred(source: str, name: str, module: ModuleReading) -> Value | None:
    """What `from source import *` brings in under that name."""
    path = import_paths.canonical(f"{source}.{name}")
    if path in BY_PATH or (path.startswith("django.db.models.") and import_paths.is_model_name(name)):
        return import_paths.reference(path)
    if name.startswith("_"):
        return None
    found = definition(path, module, "anything")
    if found is None:
        return None
    return import_paths.reference(path) if isinstance(found, DEFINITIONS) else found


@by_value
def _is_elsewhere(path: str) -> bool:
    """Whether the path leads into Django or Python itself."""
    return path.startswith("django.") or path.partition(".")[0] in _ELSEWHERE


def definition(path: str, module: ModuleReading, wanted: str) -> Binding | None:
    """What the path leads to in the tree, also where a package passes it on. `wanted` ("constant", "function", "class",
    "anything") saves parsing whole modules of models for each function that a field names: the text shows it.

    That it leads to nothing of the kind is one question, which has the same answer whatever else changes in the modules on the way.
    """
    if _is_elsewhere(path):
        return None
    context = module.context
    root = context.root_of(module.path)
    found = _searched(path, root, wanted, context)
    if found.binding is None:
        context.note({f"{_LEADS}:{wanted}:{path}:{root}": ""})
        return None
    context.note(found.asked)
    if found.module is not None and found.module is not module and found.module not in module.others:
        module.others.append(found.module)
    return found.binding


def _searched(path: str, root: str, wanted: str, context: ReadingContext) -> FoundName:
    """What was found, once a tree; each caller notes again what it needs to know of it."""
    found = context.found.get((path, root, wanted))
    if found is None:
        with context.apart() as asked:
            binding, holder = _Search(root, context, wanted).found(path, 0)
        if binding is not None and not _is_wanted(binding, wanted):
            binding, holder = None, None
        found = context.found[path, root, wanted] = FoundName(binding, holder, asked)
    return found


def _is_wanted(binding: Binding, wanted: str) -> bool:
    match wanted:
        case "function":
            return isinstance(binding, Function)
        case "class":
            return isinstance(binding, Class)
        case "constant":
            return not isinstance(binding, DEFINITIONS) and is_static(binding)
        case _:
            return True


def _leads(context: ReadingContext, subject: str) -> str:
    """`leads:WANTED:PATH:ROOT` -> whether the path leads to such an object in the tree, imported from that root: "1" or ""."""
    wanted, path, root = subject.split(":", 2)
    return "1" if _searched(path, root, wanted, context).binding is not None else ""


ANSWERS: Mapping[str, Callable[[ReadingContext, str], str]] = MappingProxyType({_LEADS: _leads})


class Leads(Enum):
    """What an import path leads to."""

    OUTSIDE = "outside"  # nothing of the tree
    MODULE = "module"
    NAME = "name"  # what a module binds
    STATEMENTS = "statements"  # a name that only statements which are not followed bind


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """The end of an import path: through all modules that pass it on, to the one that binds `name`. `rest`: what follows behind it."""

    kind: Leads
    path: str
    scope: LazyScope | None = None
    name: str = ""
    box: SharedBinding | None = None
    rest: tuple[str, ...] = ()


def lead(path: str, module: ModuleReading, level: int = 0) -> Lead | None:
    """Where the path leads, imported in that module; None where it leads into the tree and cannot be followed. Python's own names too: an app may
    be called `calendar`."""
    context = module.context
    if is_outside(path, module):
        return Lead(Leads.OUTSIDE, path)
    root = context.root_of(module.path)
    place = _place(path, root, context)
    if place is None:
        return Lead(Leads.MODULE, path) if context.find_module(path, root) else Lead(Leads.OUTSIDE, path)
    file, name, rest = place
    unlike = not file.startswith(
        join(root, path.partition(".")[0])
    )  # of that name, below some folder of the tree
    scope = module_scope(file, context) if level < _MAX_IMPORTS else None
    if scope is None:
        return Lead(Leads.OUTSIDE, path) if unlike else None
    box = scope.find(name)
    if box is not None and isinstance(box.binding, Reference):
        return lead(".".join((box.binding.path, *rest)), scope.module, level + 1)
    if box is not None:
        return Lead(Leads.NAME, path, scope, name, box, rest)
    if scope.module.binders(name) or name in scope.tangled:
        return Lead(Leads.STATEMENTS, path, scope, name, None, rest)
    for source in scope.module.stars:
        found = lead(".".join((source, name, *rest)), scope.module, level + 1)
        if found is not None and found.kind is not Leads.OUTSIDE:
            return found
    if not rest and context.find_module(path, root) is not None:
        return Lead(Leads.MODULE, path)
    outside = next((source for source in scope.module.stars if is_outside(source, scope.module)), None)
    if outside is not None:
        return Lead(Leads.OUTSIDE, ".".join((outside, name, *rest)))
    if unlike:
        return Lead(Leads.OUTSIDE, path)
    return None


def is_outside(path: str, module: ModuleReading) -> bool:
    """Whether the path leads into Django, or the tree has no module on its way."""
    top = path.partition(".")[0]
    if top in ("django", "builtins"):
        return True
    context = module.context
    root = context.root_of(module.path)
    if context.find_module(top, root) is not None:
        return False
    return top in _ELSEWHERE or (
        _place(path, root, context) is None and context.find_module(path, root) is None
    )


@dataclass(frozen=True, slots=True)
class _Search:
    root: str
    context: ReadingContext
    wanted: str

    def found(self, path: str, level: int) -> tuple[Binding | None, ModuleReading | None]:
        place = _place(path, self.root, self.context) if level < _MAX_IMPORTS else None
        if place is None:
            return None, None
        file, name, rest = place
        if not self.may_hold(file, name, rest):
            return None, None
        scope = module_scope(file, self.context)
        if scope is None:
            return None, None
        box = scope.find(name)
        self.context.note(scope.asked)
        if box is None:
            return self.in_stars(scope, (name, *rest), level)
        if isinstance(box.binding, Reference):
            return self.found(".".join((box.binding.path, *rest)), level + 1)
        return _within(box, rest), scope.module

    def in_stars(
        self, scope: Scope, names: tuple[str, ...], level: int
    ) -> tuple[Binding | None, ModuleReading | None]:
        """`from .x import *` in a module that is asked for a name it does not bind itself."""
        for source in scope.module.stars:
            if not _is_elsewhere(source + "."):
                found = self.found(".".join((source, *names)), level + 1)
                if found[0] is not None:
                    return found
        return None, None

    def may_hold(self, file: str, name: str, rest: tuple[str, ...]) -> bool:
        """Whether the module's text can hold what is wanted under that name; a package may pass it on."""
        source = self.context.read(file)
        if name.encode() not in source and b"import *" not in source:
            return False
        if rest or self.wanted == "anything":
            return True
        kinds = {kind for kind in _BEGINNINGS if _binds(source, name.encode(), kind)}
        if name.isupper() and f"{name} =".encode() in source:
            kinds.add("constant")  # also within an `if`
        if kinds:
            return self.wanted in kinds
        return file.endswith("/__init__.py") or _may_import(source, name.encode())


def _place(path: str, root: str, context: ReadingContext) -> tuple[str, str, tuple[str, ...]] | None:
    """The file of the module, the name in it, and what follows behind that name."""
    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        file = context.find_module(".".join(parts[:end]), root)
        if file is not None:
            return file, parts[end], tuple(parts[end + 1 :])
    return None


def _within(box: SharedBinding, rest: tuple[str, ...]) -> Binding | None:
    """Follow the rest of a dotted path into classes."""
    binding: Binding = box.binding
    for name in rest:
        if not isinstance(binding, Class):
            return None
        inner = class_body(binding).names.get(name)
        if inner is None:
            return None
        binding = inner.binding
    return binding


def class_body(owner: Class) -> Scope:
    """The names of a class's body, read when first asked for."""
    if owner.body is None:
        owner.body = owner.scope.body()
        owner.body.is_class = True
        module = owner.scope.globals
        with module.noting() if isinstance(module, LazyScope) else nullcontext():
            execute(owner.node.body, owner.body)
    return owner.body


def module_scope(path: str, context: ReadingContext) -> LazyScope | None:
    """The names of a module of the tree, parsed once; None where it cannot be."""
    context.note_file(path)
    if path not in context.modules:
        context.modules[path] = _read(path, context)
    return context.modules[path]


def _read(path: str, context: ReadingContext) -> LazyScope | None:
    parsed = _parsed(path, context)
    try:
        return None if parsed is None else LazyScope.of(ModuleReading(path, context, parsed.tree), parsed)
    except RecursionError:
        return None


def _parsed(path: str, context: ReadingContext) -> Parsed | None:
    """The file's syntax tree, which may be that of a tree read before."""
    parsed = context.shared.modules
    blob = context.files[path].blob
    if blob not in parsed:
        try:
            parsed[blob] = Parsed.of(sources.parse(context.read(path)))
        except sources.NotPython:
            parsed[blob] = None
    return parsed[blob]


def _binds(source: bytes, name: bytes, kind: str) -> bool:
    """Whether a line of the text looks as if it did. Without a regular expression: making one for each name takes longer."""
    return any(_has_line(source, name, beginning, kind) for beginning in _BEGINNINGS[kind])


def _has_line(source: bytes, name: bytes, beginning: bytes, kind: str) -> bool:
    wanted = beginning + name
    place = source.find(wanted)
    while place >= 0:
        end = place + len(wanted)
        indent = source[source.rfind(b"\n", 0, place) + 1 : place]
        if kind == "constant":
            found = not indent and source[end : end + 80].lstrip(b" \t").startswith((b":", b"=", b"+="))
        else:
            found = not indent.strip(b" \t") and source[end : end + 1] not in _WORD
        if found:
            return True
        place = source.find(wanted, end)
    return False


def _may_import(source: bytes, name: bytes) -> bool:
    """Whether an import in the text may bring in what is not bound there: a name behind `import`, `as`, a comma or a bracket, with nothing
    but the like behind it."""
    if b"import *" in source:
        return True
    place = source.find(name)
    while place >= 0:
        end = place + len(name)
        before, after = source[max(place - 200, 0) : place], source[end : end + 200]
        if (
            before[-1:] not in _WORD
            and before.rstrip(b" \t\r\n\\").endswith((b"import", b"as", b",", b"("))
            and (
                not after.strip()
                or after.lstrip(b" \t\r").startswith((b",", b"\n", b")", b"#", b";", b"as "))
            )
        ):
            return True
        place = source.find(name, end)
    return False


def is_static(value: Value) -> bool:
    """Whether the value is data and references all the way."""
    return all(isinstance(item, Constant | Items | Dictionary | Reference | Call) for item in walk(value))
