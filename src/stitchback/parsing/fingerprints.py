"""Functions, lambdas and classes of a module -> Code: the same fingerprint where the same is done under other names.

Equal fingerprints must mean equal work. So only names that nothing outside can see are taken out: the locals of functions, and
parameters that no call in sight names. Names within classes, attributes and keywords stay. Statements that do no work are left out:
docstrings, `pass`, and messages to a log or the terminal.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import assert_never

from stitchback.model.session_statements import code_leaves_nothing
from stitchback.model.source import Opaque
from stitchback.model.values import (
    Call,
    Code,
    Constant,
    Dictionary,
    Items,
    Reference,
    Value,
    render,
    walk,
)
from stitchback.parsing.code_reach import reach_of
from stitchback.parsing.scopes import DEFINITIONS, Binding, Definition, Scope, definition_of

_SKIPPED = frozenset({"ctx", "annotation", "returns", "type_comment", "type_params", "kind", "simple"})
LEVELS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
)  # of logging.Logger
READING = frozenset(
    {"len", "str", "repr", "int", "float", "round", "type"}
)  # builtins that a message may call
Nodes = dict[ast.AST, list[ast.AST]]  # of a definition: itself and all below it


def code_of(definition: Definition) -> Code:
    """The code of a function, lambda or class, with the module's own functions and constants that it uses: as these are when
    its fingerprint is requested, which is when the module has been read (a function sees the names of its module as they are in the end)."""
    module = definition.scope.module
    node = definition.node
    identity = (id(node), id(definition.scope))  # a closure is another one for each call that makes it
    known = module.codes.get(identity)
    if known is not None:
        return known[1]
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    code = Code.deferred(
        name,
        code_leaves_nothing(node),
        lambda: (_fingerprint(definition), ast.unparse(node), reach_of(definition)),
    )
    module.codes[identity] = (definition, code)
    return code


# What is being written just now, one inside the other: a class may use a name that stands for one of its own objects.
_BEING_WRITTEN: ContextVar[tuple[Definition, ...]] = ContextVar("being written", default=())


def _fingerprint(definition: Definition) -> str:
    outer = _BEING_WRITTEN.set((*_BEING_WRITTEN.get(), definition))
    try:
        return _digest(definition)
    finally:
        _BEING_WRITTEN.reset(outer)


def _cut(value: Value) -> Value:
    """The value; code that is still being written is named by its position, because its own digest is not known before the end."""
    places = {id(code_of(each)): place for place, each in enumerate(_BEING_WRITTEN.get())}
    circular = any(isinstance(item, Code) and id(item) in places for item in walk(value))
    return _with_positions(value, places) if circular else value


def _with_positions(value: Value, places: Mapping[int, int]) -> Value:
    match value:
        case Code() if id(value) in places:
            return Reference(f"@@{places[id(value)]}")
        case Items(kind=kind, items=items):
            return Items(kind, tuple(_with_positions(item, places) for item in items))
        case Dictionary(items=pairs):
            return Dictionary(
                tuple((_with_positions(key, places), _with_positions(item, places)) for key, item in pairs)
            )
        case Call(callee=callee, args=args, kwargs=kwargs):
            named = tuple((name, _with_positions(item, places)) for name, item in kwargs)
            return Call(
                _with_positions(callee, places), tuple(_with_positions(item, places) for item in args), named
            )
        case Constant() | Reference() | Code() | Opaque():
            return value
        case _:
            assert_never(value)


def _digest(definition: Definition) -> str:
    nodes: Nodes = {}
    writing = Writing(_keywords_used(definition, nodes), definition.scope, nodes)
    writing.number(definition)
    done = 0
    while done < len(writing.queue):
        writing.write_definition(writing.queue[done])
        done += 1
    return hashlib.sha256("\x1f".join(writing.parts).encode("utf-8", "surrogatepass")).hexdigest()


def nodes_within(node: ast.AST) -> list[ast.AST]:
    """The node and all below it, as `ast.walk` gives them, in half the time."""
    found = [node]
    for each in found:
        for value in vars(each).values():
            if isinstance(value, ast.AST):
                found.append(value)
            elif type(value) is list:
                found.extend([item for item in value if isinstance(item, ast.AST)])
    return found


def _keywords_used(definition: Definition, nodes: Nodes) -> frozenset[str]:
    """Every keyword that a call names, in the definition and in what it uses of its module, the nodes of which are put into `nodes`."""
    keywords: set[str] = set()
    queue = [definition]
    while queue:
        current = queue.pop()
        if current.node in nodes:
            continue
        nodes[current.node] = nodes_within(current.node)
        for node in nodes[current.node]:
            if isinstance(node, ast.keyword) and node.arg is not None:
                keywords.add(node.arg)
            elif isinstance(node, ast.Name):
                named = definition_of(node.id, current.scope)
                if named is not None:
                    queue.append(named)
    return frozenset(keywords)


@dataclass(slots=True, eq=False)
class Writing:
    """A definition being written as one list of words: names of locals and of the module's own functions as numbers."""

    keywords: frozenset[str]
    scope: Scope  # where the definition stands that is written just now
    nodes: Nodes  # of definitions
    parts: list[str] = field(default_factory=list)
    queue: list[Definition] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    local: dict[str, str] = field(default_factory=dict)
    renamed: frozenset[str] = frozenset()

    def number(self, definition: Definition) -> str:
        """The definition's number; it is put in the queue when it is first named."""
        key = id(definition.node)
        if key not in self.numbers:
            self.numbers[key] = len(self.queue)
            self.queue.append(definition)
        return f"@{self.numbers[key]}"

    def write_definition(self, definition: Definition) -> None:
        node = definition.node
        self.renamed = renamed_in(node, self.nodes.get(node) or nodes_within(node), self.keywords)
        self.local = {}
        self.scope = definition.scope
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.parts.append(type(node).__name__)
            self.write_fields(node, {"name"})
        else:
            self.write(node)

    def write(self, node: object) -> None:
        match node:
            case ast.Name(id=name):
                self.parts.append(self.name(name))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.parts += (type(node).__name__, self.name(name))
                self.write_fields(node, {"name"})
            case ast.arg(arg=name):
                self.parts.append(self.name(name))
            case ast.AnnAssign():
                self.write_annotated(node)
            case ast.ExceptHandler(name=name) | ast.alias(asname=name) if name is not None:
                self.parts.append(self.name(name))
                self.write_fields(node, {"name" if isinstance(node, ast.ExceptHandler) else "asname"})
            case ast.AST():
                self.parts.append(type(node).__name__)
                self.write_fields(node, set())
            case list():
                self.parts.append("[")
                for item in node:
                    if not self.is_idle(item):
                        self.write(item)
                self.parts.append("]")
            case _:
                self.parts.append(repr(node))

    def is_idle(self, node: object) -> bool:
        """Whether the statement does no work: a docstring, `pass`, a message to a log or the terminal, or an `if` around nothing else."""
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                return True
            case ast.Expr(value=ast.Call() as call):
                return self.is_message(call)
            case ast.If(test=test, body=body, orelse=orelse):
                return all(map(self.is_idle, (*body, *orelse))) and self.only_reads(test)
            case _:
                return False

    def is_message(self, call: ast.Call) -> bool:
        """`print(…)`, or a method of `logging` or of a logger that the module makes, with arguments that only read."""
        match call.func:
            case ast.Name(id="print"):
                prints = self.is_builtin("print")
            case ast.Attribute(value=ast.Name(id=name), attr=method) if name not in self.renamed:
                box = self.scope.find(name)
                prints = box is not None and method in LEVELS and _logs(box.binding)
            case _:
                return False
        arguments = (*call.args, *(keyword.value for keyword in call.keywords))
        return prints and all(map(self.only_reads, arguments))

    def only_reads(self, node: ast.expr) -> bool:
        """Whether the expression calls nothing but what gives a text or a length, and binds no name."""
        for part in nodes_within(node):
            if isinstance(part, ast.Call):
                match part.func:
                    case ast.Name(id=name) if name in READING and self.is_builtin(name):
                        continue
                    case ast.Attribute(value=ast.Constant(value=str())):
                        continue
                return False
            if isinstance(part, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
                return False
        return True

    def is_builtin(self, name: str) -> bool:
        return (
            name not in self.renamed and self.scope.find(name) is None and not self.scope.module.binders(name)
        )

    def write_fields(self, node: ast.AST, without: set[str]) -> None:
        for name, value in ast.iter_fields(node):
            if name not in _SKIPPED and name not in without and not (value is None and name != "value"):
                self.parts.append(name)
                self.write(value)

    def write_annotated(self, node: ast.AnnAssign) -> None:
        """`x: int = 1` is `x = 1`."""
        if node.value is not None:
            self.write(ast.Assign([node.target], node.value))

    def name(self, name: str) -> str:
        if name in self.renamed:
            return self.local.setdefault(name, f"${len(self.local)}")
        named = definition_of(name, self.scope)
        if named is not None:
            return self.number(named)
        box = self.scope.find(name)
        if box is None:
            later = self.scope.module.binders(name)  # bound further down than the module has been read
            return " ".join((name, *(ast.dump(statement) for statement in later)))
        assert not isinstance(box.binding, DEFINITIONS), "that would have been a definition"
        return render(_cut(box.binding))


def _logs(binding: Binding) -> bool:
    """Whether the name is the module `logging`, or a logger."""
    match binding:
        case Reference(name) | Call(callee=Reference(name)):
            return name in ("logging", "logging.getLogger")
        case _:
            return False


def renamed_in(node: ast.AST, within: list[ast.AST], keywords: frozenset[str]) -> frozenset[str]:
    """The names bound in functions, whatever they are called: not those of class bodies, not `global` ones. `within`: the node's nodes."""
    bound: set[str] = set()
    kept: set[str] = set(keywords)
    for part in within:
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if part is not node:
                bound.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
                bound.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                kept.update(names)
            case ast.ClassDef():
                kept |= _class_names(part)
    return frozenset(bound - kept)


def _class_names(node: ast.ClassDef) -> set[str]:
    """Names that stand in a class's body, and the parameters of its methods: callers may know them."""
    found = {node.name}
    for statement in node.body:
        parts = nodes_within(statement)
        found.update(part.arg for part in parts if isinstance(part, ast.arg))
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(statement.name)
        else:
            found.update(part.id for part in parts if isinstance(part, ast.Name))
    return found
