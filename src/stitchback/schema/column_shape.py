"""The shape of a column (see `visible.column_text`), read back into its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from stitchback.schema.inserting import column_must_be_given
from stitchback.schema.tables import AUTO_COLUMN

_REFERENCE = re.compile(r"→(?P<table>.+?)\((?P<column>[^()]*)\)(?P<rest>.*)")
_VARCHAR = re.compile(r"varchar\((?P<size>\d+)\)")
_ARGUMENT = re.compile(r"\b(max_digits|decimal_places)=(\d+)")
_DEFAULT = re.compile(r" db_default (?P<value>.*?)(?: db_comment .*| db_tablespace .*)?$")
_TYPE_END = re.compile(r" (?:null|primary key|collate|db_default|db_comment|db_tablespace)\b")
_NAME = re.compile(r"[\w.]+")


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """`kind`: the class of the field, "varchar", "boolean", "json", "reference", "automatic" or "opaque". `size`: of a varchar. `digits` and `places`: of a
    DecimalField. `table`: that a foreign key refers to, and `constrained`: whether the database enforces it. `default`: the text of `db_default`,
    "" for none. `must_be_given`: an INSERT without a value for the column is refused."""

    text: str
    kind: str
    size: int | None = None
    digits: int | None = None
    places: int | None = None
    null: bool = False
    default: str = ""
    table: str = ""
    constrained: bool = False
    must_be_given: bool = False

    @property
    def type_text(self) -> str:
        """The type alone, without what else the shape says."""
        return _TYPE_END.split(self.text, maxsplit=1)[0]

    @property
    def is_generated(self) -> bool:
        return self.kind == "GeneratedField"


@lru_cache(maxsize=4096)
def read_shape(text: str) -> ColumnShape:
    """The parts of a column's shape."""
    if text == AUTO_COLUMN:
        return ColumnShape(text, "automatic")
    if text.startswith("<opaque"):
        return ColumnShape(text, "opaque", null=True)
    default = _DEFAULT.search(text)
    reference = _REFERENCE.match(text)
    size, name = _VARCHAR.match(text), _NAME.match(text)
    numbers = {name: int(number) for name, number in _ARGUMENT.findall(text)}
    return ColumnShape(
        text,
        "reference" if reference else name[0] if name else "opaque",
        size=int(size["size"]) if size else None,
        digits=numbers.get("max_digits"),
        places=numbers.get("decimal_places"),
        null="null" in text.partition(" db_default ")[0].split(),
        default=default["value"] if default else "",
        table=reference["table"] if reference else "",
        constrained=reference is not None and "no constraint" not in reference["rest"],
        must_be_given=column_must_be_given(text),
    )
