"""Text of definitions, made comparable: names that were made up left out, spacing and quotes made one."""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"""\s+|--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[A-Za-z_]\w*\]|[\w$]+|[<>=!|:]+|.""",
    re.DOTALL,
)
PLAIN = re.compile(r"[A-Za-z_]\w*\Z")

# BaseDatabaseSchemaEditor._create_index_name: eight digits of a digest, then a suffix (_uniq, _fk, _like, _fk_shop_item_id …).
# sqlite_autoindex_…; PostgreSQL's own (…_key, …_key1, …_pkey, …_check, …_excl), MySQL's PRIMARY.
MADE_UP = re.compile(
    r"(_[0-9a-f]{8}(_\w+)?|_key\d*|_pkey\d*|_check\d*|_not_null\d*)\Z|\A(sqlite_autoindex_.*|PRIMARY)\Z"
)


def tokens(sql: str) -> list[str]:
    """The tokens of a piece of SQL: without white space and comments, quoted names unquoted if possible (names are not distinguished from keywords)."""
    found = []
    for token in TOKEN.findall(sql):
        if token.isspace() or token.startswith(("--", "/*")):
            continue
        found.append(bare(token))
    return found


def bare(token: str) -> str:
    if token[0] in '"`[' and PLAIN.match(token[1:-1]):
        return token[1:-1]
    return token


def normal(sql: str) -> str:
    """One spelling of an expression: `( "a"  >= 0)` and `("a">=0)` are the same; so are letters' cases outside of literals."""
    words = [word if word[0] in "'\"`[" else word.lower() for word in tokens(sql)]
    return " ".join(unwrapped(words))


def unwrapped(words: list[str]) -> list[str]:
    """Without brackets around the whole."""
    while len(words) > 1 and words[0] == "(" and closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    return words


def closing(words: list[str], opening: int) -> int:
    """The place of the bracket that closes the one at `opening`."""
    depth = 0
    for place in range(opening, len(words)):
        depth += {"(": 1, ")": -1}.get(words[place], 0)
        if depth == 0:
            return place
    return len(words) - 1


def split(words: list[str], separator: str = ",") -> list[list[str]]:
    """The parts between separators that stand outside of brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def named(name: str | None, definition: str, columns: tuple[str, ...] = ()) -> str:
    """The definition under its name, or without one if the name was generated."""
    return definition if not name or made_up(name, columns) else f"{name}: {definition}"


def made_up(name: str, columns: tuple[str, ...] = ()) -> bool:
    """MySQL calls an index without a name after its first column, and a second one `column_2`."""
    after_column = columns and re.match(re.escape(columns[0]) + r"(_\d+)?\Z", name)
    return bool(MADE_UP.search(name) or after_column)


def empty_table() -> dict[str, object]:
    return {"columns": {}, "primary_key": [], "indexes": [], "uniques": [], "checks": [], "foreign_keys": []}
