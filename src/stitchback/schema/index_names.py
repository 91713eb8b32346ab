"""The names that Django gives to indexes without a name. Source: `BaseDatabaseSchemaEditor._create_index_name`."""

from __future__ import annotations

import hashlib

from stitchback.model.physical import IndexDefinition

MAX_NAME_LENGTH = {"postgresql": 63, "mysql": 64, "oracle": 30}  # `DatabaseOperations.max_name_length`
OTHERWISE = 200
DIGEST_LENGTH = 8


def automatic_names(engine: str, table: str, index: IndexDefinition) -> tuple[str, ...]:
    suffixes = ("_uniq",) if index.kind == "unique" else ("", "_idx")
    return tuple(_name(engine, table, index.column_names, suffix) for suffix in suffixes)


def _name(engine: str, table: str, columns: tuple[str, ...], suffix: str) -> str:
    digest = hashlib.md5("".join((table, *columns)).encode(), usedforsecurity=False).hexdigest()
    ending = digest[:DIGEST_LENGTH] + suffix
    longest = MAX_NAME_LENGTH.get(engine, OTHERWISE)
    joined = "_".join(columns)
    name = f"{table}_{joined}_{ending}"
    if len(name) <= longest:
        return name
    if len(ending) > longest / 3:
        ending = ending[: longest // 3]
    room = (longest - len(ending)) // 2 - 1
    name = f"{table[:room]}_{joined[:room]}_{ending}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name
