"""Python 2 -> the same in Python 3, for files that only Python 2 can parse.

No library that is kept up parses Python 2 any more (docs/decisions.md), and migrations hold little of it: numbers (`36L`, `0777`),
`ur""`, `<>`, `print x`, `except X, e`, `raise X, "text"`. These forms are found in the text's tokens and written as Python 3
has them. Numbers, `ur""` and `<>` keep their width, so that places in the file stay what they are; the statements keep
their line. What cannot be said in Python 3 to the letter is left as it is: then the file cannot be parsed, as before.
Nothing is run, and what is made here is never written into a file.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<string>[bBuUrR]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"""(?:\\.|[^\\])*?\"""|'(?:\\.|[^\\\n'])*'|"(?:\\.|[^\\\n"])*"))
    |(?P<comment>\#[^\n]*)
    |(?P<number>(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[jJ]?)[lL]?)
    |(?P<name>[^\W\d]\w*)
    |(?P<space>(?:[ \t\f\r]|\\\r?\n)+)
    |(?P<line>\n)
    |(?P<operator><>|>>|==|<=|>=|!=|.)""",
    re.VERBOSE | re.DOTALL,
)
_OCTAL = re.compile(r"0[0-7]*[1-7][0-7]*")
_MAX_LOOKED = 1_000_000
_ESCAPES = re.compile(r"\\[uUN]")
_FUTURE = re.compile(r"^from __future__ import\s+(\([^)]*\)|.*)$", re.MULTILINE)
_STRING = re.compile(r"[bBuUrR]{0,2}['\"]")


@dataclass(frozen=True, slots=True)
class Form:
    """The first form of Python 2 in a file: its text, and where it stands."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str

    @property
    def is_code(self) -> bool:
        return self.kind not in ("space", "comment", "line")


class _NotTheSame(Exception):
    """Python 3 has no way to say this."""


def translated(source: bytes) -> tuple[str, Form] | None:
    """The text as Python 3 and the first form that was another one; None where there is none, or one that cannot be translated."""
    text = _decoded(source)
    if text is None:
        return None
    tokens = [Token(match.lastgroup or "", match[0]) for match in _TOKEN.finditer(text)]
    try:
        return _Translation(tokens, _futures(text)).done()
    except _NotTheSame:
        return None


def _decoded(source: bytes) -> str | None:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return None


def _futures(text: str) -> frozenset[str]:
    """What the file imports from `__future__`."""
    return frozenset(name for names in _FUTURE.findall(text) for name in re.findall(r"\w+", names))


@dataclass(slots=True)
class _Translation:
    tokens: Sequence[Token]
    futures: frozenset[str]
    out: list[str] = field(default_factory=list)
    first: Form | None = None
    looked: int = 0  # tokens, in search of the ends of statements

    def done(self) -> tuple[str, Form] | None:
        at = 0
        while at < len(self.tokens):
            at = self.take(at)
        return None if self.first is None else ("".join(self.out), self.first)

    def take(self, at: int) -> int:
        """Writes the token, or the statement that begins with it; where the next one is."""
        token = self.tokens[at]
        statement = _STATEMENTS.get(token.text) if token.kind == "name" else None
        if statement is None or self._is_a_name(at):
            self.put(token, self.literal(token))
            return at + 1
        end = self._end(at + 1, header=token.text == "except")
        rest = self.tokens[at + 1 : end]
        new = statement([Token(each.kind, self.literal(each) or each.text) for each in rest])
        if new is None:  # Python 3 has the statement too, what is in it is looked at in its turn
            self.put(token, None)
            return at + 1
        self.put(Token("name", "".join(each.text for each in (token, *rest))), new)
        return end

    def _is_a_name(self, at: int) -> bool:
        """Whether `print` is a function here (or an attribute)."""
        before = next((self.tokens[i].text for i in range(at - 1, -1, -1) if self.tokens[i].is_code), "")
        is_function = self.tokens[at].text == "print" and "print_function" in self.futures
        return is_function or before in (".", "def")

    def _end(self, start: int, *, header: bool) -> int:
        """Where the statement ends: at the end of its line, at `;`, at a comment; a header at its colon."""
        depth = 0
        for at in range(start, len(self.tokens)):
            token = self.tokens[at]
            self.looked += 1
            if self.looked > _MAX_LOOKED:
                raise _NotTheSame
            depth += (token.text in "([{") - (token.text in ")]}") if token.kind == "operator" else 0
            ends = token.kind in ("line", "comment") or token.text == ";" or (header and token.text == ":")
            if depth == 0 and ends:
                return at
        return len(self.tokens)

    def put(self, token: Token, new: str | None) -> None:
        if new is not None and new != token.text and self.first is None:
            before = "".join(self.out)
            column = len(before.rpartition("\n")[2].encode())
            self.first = Form(token.text.strip(), before.count("\n") + 1, column)
        self.out.append(token.text if new is None else new)

    def literal(self, token: Token) -> str | None:
        """A literal or an operator as Python 3 has it, as wide as it was; None where it is one already. Raises _NotTheSame."""
        match token.kind:
            case "number":
                return _number(token.text)
            case "string":
                return self.string(token.text)
            case "operator" if token.text == "<>":
                return "!="
            case "operator" if token.text == "`":
                raise _NotTheSame
            case _:
                return None

    def string(self, text: str) -> str | None:
        prefix = re.match(r"\w*", text)[0].lower()  # type: ignore[index]
        if prefix == "ur":
            if _ESCAPES.search(text):
                raise _NotTheSame  # \u is read even in a raw string of Python 2's
            return f" {text[1:]}"
        if prefix == "" and "unicode_literals" not in self.futures and _ESCAPES.search(text):
            raise _NotTheSame  # no escape in a string of bytes
        return None


def _number(text: str) -> str | None:
    digits = text.rstrip("lL")
    if _OCTAL.fullmatch(digits):
        digits = str(int(digits, 8))
    return digits.ljust(len(text)) if digits != text else None


def _parts(tokens: Sequence[Token]) -> Iterator[str]:
    """The text between the commas that stand outside of brackets."""
    depth, part = 0, ""
    for token in tokens:
        if token.kind == "operator":
            depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0 and token.text == "," and token.kind == "operator":
            yield part
            part = ""
        else:
            part += token.text
    yield part


def _print(tokens: Sequence[Token]) -> str | None:
    """`print x`; None for what Python 3 takes as it is."""
    code = "".join(token.text for token in tokens).strip()
    if not code:
        return "print()"
    if _is_bracketed(tokens):
        return None
    *said, last = (part.strip() for part in _parts(tokens))
    into = ""
    if code.startswith(">>"):
        into = f"file={(said[0] if said else last)[2:].strip()}"
        said = said[1:] if said else []
        last = last if len(list(_parts(tokens))) > 1 else ""
    end = 'end=" "' if not last and code.endswith(",") else ""
    return f"print({', '.join(part for part in (*said, last, into, end) if part)})"


def _is_bracketed(tokens: Sequence[Token]) -> bool:
    """Whether all of it is one pair of brackets."""
    code = [token for token in tokens if token.is_code]
    if code[0].text != "(" or code[-1].text != ")":
        return False
    depth = 0
    for token in code[:-1]:
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind == "operator" else 0
        if depth == 0:
            return False
    return True


def _except(tokens: Sequence[Token]) -> str | None:
    """`except X, e`."""
    parts = [part.strip() for part in _parts(tokens)]
    if len(parts) == 1:
        return None
    if len(parts) > 2 or not parts[1].isidentifier():
        raise _NotTheSame
    return f"except {parts[0]} as {parts[1]}"


def _raise(tokens: Sequence[Token]) -> str | None:
    """`raise X, "text"`."""
    parts = [part.strip() for part in _parts(tokens)]
    if len(parts) == 1:
        return None
    if len(parts) > 2 or not _STRING.match(parts[1]):
        raise _NotTheSame  # a traceback; a value that may be an exception, a tuple or None
    return f"raise {parts[0]}({parts[1]})"


_STATEMENTS: dict[str, Callable[[Sequence[Token]], str | None]] = {
    "print": _print,
    "except": _except,
    "raise": _raise,
}
