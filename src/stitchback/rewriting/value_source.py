"""Writes values of the model as Python source in the layout of `black`."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.errors import Refusal
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value
from stitchback.operations.base import Template
from stitchback.rewriting.import_names import Spelling

WIDTH = 88
_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}"), "frozenset": ("frozenset([", "])")}
_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "lshift": "<<",
    "rshift": ">>", "or_": "|", "and_": "&", "xor": "^", "matmul": "@", "eq": "==", "ne": "!=", "lt": "<", "le": "<=",
    "gt": ">", "ge": ">=", "is_": "is", "is_not": "is not",
}  # fmt: skip
_PREFIX = {"neg": "-", "pos": "+", "invert": "~", "not_": "not "}


@dataclass(slots=True, eq=False)
class Writer:
    """Writes values for one module. `quote` and `step` are the module's own; `margin` columns are reserved before every line.

    `defined`: the module's own functions, name -> source as `ast.unparse` gives it. `definitions` and `templates`: functions and classes that must be
    added, by name.
    """

    spelling: Spelling
    quote: str = '"'
    step: str = "    "
    margin: int = 0
    encoding: str = "utf-8"
    defined: Mapping[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)

    def layout(self, value: Value, pad: str = "", before: str = "", after: str = "") -> str:
        """The value between `before` and `after`: on one line if it fits, otherwise with its other lines at `pad`."""
        line = before + self.inline(value) + after
        if self.margin + len(pad) + len(line) <= WIDTH:
            return line
        return before + self.exploded(value, pad) + after

    def exploded(self, value: Value, pad: str) -> str:
        """Each part on its own line, with a comma after the last, so that no formatter joins them."""
        match value:
            case Call(callee=Reference(path=path), args=(_, _) as args) if (sign := _infix(path)) is not None:
                return self._chain(sign, args, pad)
            case Call(args=args, kwargs=kwargs) if args or kwargs:
                return self.call(self.inline(value.callee), (*(("", arg) for arg in args), *kwargs), pad)
            case Items(kind=kind, items=items) if items:
                opened, closed = _BRACKETS[kind]
                return self.bracketed(
                    opened, [self.layout(item, pad + self.step, "", ",") for item in items], closed, pad
                )
            case Dictionary(items=pairs) if pairs:
                inner = pad + self.step
                lines = [self.layout(item, inner, f"{self.inline(key)}: ", ",") for key, item in pairs]
                return self.bracketed("{", lines, "}", pad)
            case _:
                return self.inline(value)

    def call(self, callee: str, arguments: Iterable[tuple[str, Value]], pad: str) -> str:
        inner = pad + self.step
        lines = [self.layout(item, inner, f"{name}=" if name else "", ",") for name, item in arguments]
        return self.bracketed(f"{callee}(", lines, ")", pad)

    def bracketed(self, opened: str, lines: list[str], closed: str, pad: str) -> str:
        return "\n".join([opened, *(pad + self.step + line for line in lines), pad + closed])

    def _chain(self, sign: str, operands: tuple[Value, ...], pad: str) -> str:
        inner = pad + self.step
        whole = f" {sign} ".join(map(self._operand, operands))
        lines = [whole] if self.margin + len(inner) + len(whole) <= WIDTH else [
            ("" if index == 0 else f"{sign} ") + self._operand(operand) for index, operand in enumerate(operands)
        ]  # fmt: skip
        return self.bracketed("(", lines, ")", pad)

    def inline(self, value: Value) -> str:
        match value:
            case Constant(value=constant):
                return self.constant(constant)
            case Items(kind=kind, items=items):
                return self._items(kind, [self.inline(item) for item in items])
            case Dictionary(items=pairs):
                return (
                    "{" + ", ".join(f"{self.inline(key)}: {self.inline(item)}" for key, item in pairs) + "}"
                )
            case Reference(path=path):
                return self.spelling.spell(path)
            case Code():
                return self._code(value)
            case Call():
                return self._call(value)
            case _:
                raise self.unwritable(value.source)

    def _items(self, kind: str, items: list[str]) -> str:
        opened, closed = _BRACKETS[kind]
        if not items and kind in ("set", "frozenset"):
            return f"{kind}()"
        comma = "," if kind == "tuple" and len(items) == 1 else ""
        return opened + ", ".join(items) + comma + closed

    def _call(self, value: Call) -> str:
        if isinstance(value.callee, Reference):
            sign, args = value.callee.path.removeprefix("operator."), value.args
            if _infix(value.callee.path) is not None and len(args) == 2:
                return f" {_INFIX[sign]} ".join(map(self._operand, args))
            if sign != value.callee.path and sign in _PREFIX and len(args) == 1:
                return _PREFIX[sign] + self._operand(args[0])
            if value.callee.path == "operator.getitem" and len(args) == 2:
                return f"{self._operand(args[0])}[{self.inline(args[1])}]"
        parts = [self.inline(arg) for arg in value.args]
        parts += [f"{name}={self.inline(item)}" for name, item in value.kwargs]
        return f"{self.inline(value.callee)}({', '.join(parts)})"

    def _operand(self, value: Value) -> str:
        text = self.inline(value)
        is_operator = (
            isinstance(value, Call)
            and isinstance(value.callee, Reference)
            and value.callee.path.startswith("operator.")
        )
        return f"({text})" if is_operator and not text.startswith("~") else text

    def constant(self, constant: object) -> str:
        if isinstance(constant, str):
            return self._string(constant)
        if isinstance(constant, float) and (
            constant != constant or constant in (float("inf"), float("-inf"))
        ):
            return f"float({self._string(str(constant))})"
        if constant is Ellipsis:
            return "..."
        if isinstance(constant, bytes):
            return "b" + _quoted(repr(constant)[1:], self.quote)
        return repr(constant).replace("e+", "e")

    def _string(self, text: str) -> str:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return _quoted(ascii(text), self.quote)
        return _quoted(repr(text), self.quote)

    def _code(self, code: Code) -> str:
        """The name of the module's function if it has the same source; otherwise the function is copied if it needs no other names."""
        if self.defined.get(code.name) == code.source or self.definitions.get(code.name) == code.source:
            return code.name
        free = _free_names(code.source)
        if free or code.name in self.spelling.taken or code.name in self.definitions:
            raise self.unwritable(
                code.name,
                f"it needs {', '.join(sorted(free))}" if free else "the name has another meaning there",
            )
        if code.name == "<lambda>":
            return code.source
        self.definitions[code.name] = code.source
        return code.name

    def unwritable(self, what: str, why: str = "it cannot be read without running it") -> Refusal:
        return Refusal(
            "SB542",
            f"{self.spelling.path}: {what} cannot be written into this file: {why}",
            hint="Choose a strategy that uses the patch migration's own file, such as --strategy rehome.",
        )


def _infix(path: str) -> str | None:
    return _INFIX.get(path.removeprefix("operator.")) if path.startswith("operator.") else None


def _quoted(representation: str, quote: str) -> str:
    """Python's repr of a text; in double quotes if those are requested and need no more escapes."""
    tokens = re.findall(r"\\.|[^\\]", representation[1:-1], re.DOTALL)
    if quote == representation[0] or quote == "'" or tokens.count('"') > tokens.count("\\'"):
        return representation
    turned = {"\\'": "'", '"': '\\"'}
    return '"' + "".join(turned.get(token, token) for token in tokens) + '"'


def _free_names(source: str) -> frozenset[str]:
    """Names that the code uses and that are neither defined in it nor builtins."""
    tree = ast.parse(source)
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    }
    bound |= {
        (item.asname or item.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for item in node.names
    }
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    return frozenset(used - bound - set(dir(builtins)))
