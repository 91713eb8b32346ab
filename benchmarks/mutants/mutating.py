"""Makes mutants: copies of a module in which one expression or statement differs."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
SHOWN = 160  # characters of a mutated expression


@dataclass(frozen=True, slots=True)
class Mutant:
    """`function`: the outermost function's qualified name and first line, or None for code that runs at import."""

    path: str
    line: int
    kind: str
    before: str
    after: str
    function: tuple[str, int] | None
    start: int
    end: int
    text: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]


def mutants_of(path: Path, root: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of the source. Some do not compile."""
    return _Finder(str(path.relative_to(root)), path.read_bytes()).found()


def compiles(mutant: Mutant, root: Path) -> bool:
    try:
        compile(mutant.applied((root / mutant.path).read_bytes()), "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Finder:
    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.tree = ast.parse(source)
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self.starts = starts

    def found(self) -> list[Mutant]:
        return list(self._body(self.tree.body, None, (), ""))

    def _body(
        self,
        body: list[ast.stmt],
        function: tuple[str, int] | None,
        names: tuple[str, ...],
        returns: str,
    ) -> Iterator[Mutant]:
        for statement in body:
            yield from self._statement(statement, function, names, returns)

    def _statement(
        self, node: ast.stmt, function: tuple[str, int] | None, names: tuple[str, ...], returns: str
    ) -> Iterator[Mutant]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                outermost = function or (".".join((*names, node.name)), first)
                annotation = ast.unparse(node.returns) if node.returns else ""
                yield from self._body(node.body, outermost, names, annotation)
                return
            case ast.ClassDef():
                yield from self._body(node.body, function, (*names, node.name), returns)
                return
            case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Raise():
                return
            case ast.Expr(value=ast.Constant()):
                return
            case _:
                pass
        yield from self._whole(node, function, returns)
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "targets", "target"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.stmt):
                    yield from self._statement(child, function, names, returns)
                elif isinstance(child, ast.match_case):
                    yield from self._case(child, function, names, returns)
                elif isinstance(child, ast.ExceptHandler):
                    yield from self._body(child.body, function, names, returns)
                elif isinstance(child, ast.withitem):
                    yield from self._expression(child.context_expr, function)
                elif isinstance(child, ast.expr):
                    yield from self._expression(child, function)

    def _case(
        self, node: ast.match_case, function: tuple[str, int] | None, names: tuple[str, ...], returns: str
    ) -> Iterator[Mutant]:
        pattern = ast.unparse(node.pattern)
        if node.guard is not None:
            yield from self._expression(node.guard, function)
            yield self._mutant(node.guard, "guard removed", function, "True")
        elif pattern != "_":
            _, end = self._span(node.pattern)
            text = f"case {pattern}"
            yield self._at(
                node.pattern, "case removed", function, text, f"{text} if False", (end, end), " if False"
            )
        yield from self._body(node.body, function, names, returns)

    def _whole(self, node: ast.stmt, function: tuple[str, int] | None, returns: str) -> Iterator[Mutant]:
        match node:
            case ast.Return(value=ast.expr() as value):
                for text in _returned(value, returns):
                    yield self._mutant(value, "return value", function, text)
            case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
                yield self._mutant(node, "statement removed", function, "if False: yield")
            case ast.Expr() | ast.AugAssign() | ast.Delete():
                yield self._mutant(node, "statement removed", function, "pass")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) if function:
                yield self._mutant(node, "statement removed", function, "pass")
            case ast.If(orelse=[], body=[*_, last]) if isinstance(last, LEAVES):
                yield self._mutant(node, "statement removed", function, "pass")
            case ast.If(test=test) if not isinstance(test, ast.Compare | ast.UnaryOp):
                yield self._mutant(test, "condition negated", function, f"not ({ast.unparse(test)})")
            case ast.Continue() | ast.Break():
                yield self._mutant(node, "statement removed", function, "pass")
            case _:
                pass

    def _expression(self, node: ast.expr, function: tuple[str, int] | None) -> Iterator[Mutant]:
        if isinstance(node, ast.JoinedStr):
            return  # wording
        for kind, other in _others(node):
            yield self._mutant(node, kind, function, other)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.comprehension):
                yield from self._comprehension(node, child, function)
            elif isinstance(child, ast.keyword):
                yield from self._expression(child.value, function)
            elif isinstance(child, ast.expr) and not (
                isinstance(node, ast.Subscript) and child is node.slice
            ):
                yield from self._expression(child, function)

    def _comprehension(
        self, whole: ast.expr, node: ast.comprehension, function: tuple[str, int] | None
    ) -> Iterator[Mutant]:
        yield from self._expression(node.iter, function)
        for condition in node.ifs:
            yield self._mutant(condition, "filter removed", function, "True")
            yield from self._expression(condition, function)

    def _span(self, node: ast.AST) -> tuple[int, int]:
        start = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        return start, self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def _mutant(
        self, node: ast.stmt | ast.expr, kind: str, function: tuple[str, int] | None, text: str
    ) -> Mutant:
        written = f"({text})" if isinstance(node, ast.expr) else text
        return self._at(node, kind, function, ast.unparse(node), text, self._span(node), written)

    def _at(
        self,
        node: ast.AST,
        kind: str,
        function: tuple[str, int] | None,
        before: str,
        after: str,
        span: tuple[int, int],
        text: str,
    ) -> Mutant:
        line: int = node.lineno  # type: ignore[attr-defined]
        return Mutant(self.path, line, kind, _short(before), _short(after), function, *span, text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _returned(value: ast.expr, annotation: str) -> list[str]:
    written = ast.unparse(value)
    if annotation == "bool":
        others = ["True", "False"]
    elif annotation.startswith("tuple["):
        others = ["()"]
    elif annotation.startswith("frozenset["):
        others = ["frozenset()"]
    elif annotation.startswith(("Iterator", "Iterable")):
        others = ["iter(())"]
    elif annotation.startswith(("dict[", "Mapping[")):
        others = ["{}"]
    else:
        others = ["None"]
    return [other for other in others if other != written]


def _others(node: ast.expr) -> Iterator[tuple[str, str]]:
    """What an expression is replaced by: its kind, and the text."""
    match node:
        case ast.Compare(ops=ops):
            for index, operator in enumerate(ops):
                other = copy.deepcopy(node)
                other.ops[index] = COMPARISONS[type(operator)]()
                yield "comparison", ast.unparse(other)
        case ast.BoolOp(op=operator, values=values):
            swapped = copy.copy(node)
            swapped.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield "and/or", ast.unparse(swapped)
            for index in range(len(values)):
                rest = [value for place, value in enumerate(values) if place != index]
                less = rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
                yield "operand removed", ast.unparse(less)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not removed", ast.unparse(operand)
        case ast.Constant(value=bool() as value):
            yield "constant", str(not value)
        case ast.Constant(value=int() as value):
            yield "constant", str(value + 1)
        case ast.BinOp(left=left, op=ast.BitOr() | ast.Add() | ast.BitAnd(), right=right):
            yield "operand removed", ast.unparse(left)
            yield "operand removed", ast.unparse(right)
        case ast.BinOp(left=left, op=ast.Sub()):
            yield "operand removed", ast.unparse(left)
        case ast.IfExp(body=body, orelse=orelse):
            yield "branch removed", ast.unparse(body)
            yield "branch removed", ast.unparse(orelse)
        case ast.Tuple(elts=elements, ctx=ast.Load()) | ast.List(elts=elements, ctx=ast.Load()):
            for index in range(len(elements)):
                less = copy.copy(node)
                less.elts = [each for place, each in enumerate(elements) if place != index]  # type: ignore[attr-defined]
                yield "element removed", ast.unparse(less)
        case ast.Set(elts=elements):
            for index in range(len(elements)):
                rest = [each for place, each in enumerate(elements) if place != index]
                yield "element removed", ast.unparse(ast.Set(rest)) if rest else "set()"
        case ast.Dict(keys=keys, values=values):
            for index in range(len(keys)):
                places = [place for place in range(len(keys)) if place != index]
                yield (
                    "element removed",
                    ast.unparse(ast.Dict([keys[at] for at in places], [values[at] for at in places])),
                )
        case ast.Call(func=ast.Name(id="any" | "all" as name)):
            other_call = copy.copy(node)
            other_call.func = ast.Name("all" if name == "any" else "any", ast.Load())
            yield "any/all", ast.unparse(other_call)
        case _:
            return
