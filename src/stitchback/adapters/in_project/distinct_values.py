"""A value for a column of a row that no other column has, by the column's type, the same on every run and in every database."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[str, int, "re.Match[str]"], Any]


def own_value(kind: str, table: str, column: str, row: int) -> Any:
    """None where nothing is known of the type."""
    if kind.endswith("[]"):
        return "{" + str(own_value(kind[:-2], table, column, row)) + "}"
    for pattern, make in KINDS:
        match = pattern.match(kind)
        if match:
            return make(digest(table, column, row), row, match)
    return None


def digest(table: str, column: str, row: int) -> str:
    """Hexadecimal, of the place."""
    return hashlib.sha256(f"{table}\0{column}\0{row}".encode()).hexdigest()


def _integer(mark: str, row: int, match: re.Match[str]) -> int:
    """Fits a smallint, and is never a default that people use (0, 1 …)."""
    small = match.group(0).startswith("tiny")
    return 10 + row if small else 1000 + int(mark[:6], 16) % 2000 * 10 + row


def _boolean(mark: str, row: int, match: re.Match[str]) -> bool:
    """True in the first row and False in the second: whatever a column is reset to, one of them changes."""
    return row % 2 == 1


def _text(mark: str, row: int, match: re.Match[str]) -> str:
    size = match.groupdict().get("size")
    return _letters(mark, 9 if size is None else min(9, int(size)))


def _letters(mark: str, size: int) -> str:
    return "".join(chr(ord("a") + int(mark[place : place + 2], 16) % 26) for place in range(0, 2 * size, 2))


def _decimal(mark: str, row: int, match: re.Match[str]) -> str:
    digits, places = int(match.group("digits") or 6), int(match.group("places") or 2)
    number = 1 + int(mark[:6], 16) % (10 ** min(digits, 4) - 2)
    whole, part = divmod(number, 10 ** min(places, 4))
    return f"{whole}.{str(part).zfill(min(places, 4))}" if places else str(number)


def _float(mark: str, row: int, match: re.Match[str]) -> float:
    return int(mark[:4], 16) + 0.5


def _moment(mark: str) -> datetime.datetime:
    return datetime.datetime(2001, 1, 1, 1, 2, 3) + datetime.timedelta(minutes=int(mark[:5], 16))


def _instant(mark: str, row: int, match: re.Match[str]) -> str:
    return str(_moment(mark))


def _date(mark: str, row: int, match: re.Match[str]) -> str:
    return str(_moment(mark).date())


def _time(mark: str, row: int, match: re.Match[str]) -> str:
    return str(_moment(mark).time())


def _seconds(mark: str, row: int, match: re.Match[str]) -> str:
    return f"{int(mark[:4], 16) + 1} seconds"


def _uuid(mark: str, row: int, match: re.Match[str]) -> str:
    return str(uuid.UUID(mark[:32], version=4))


def _hexadecimal(mark: str, row: int, match: re.Match[str]) -> str:
    return mark[:32]


def _json(mark: str, row: int, match: re.Match[str]) -> str:
    return json.dumps({"own": mark[:8]})


def _bytes(mark: str, row: int, match: re.Match[str]) -> bytes:
    return bytes.fromhex(mark[:8])


def _address(mark: str, row: int, match: re.Match[str]) -> str:
    return ".".join(["10", *(str(1 + int(mark[place : place + 2], 16) % 250) for place in (0, 2, 4))])


def _network_card(mark: str, row: int, match: re.Match[str]) -> str:
    return ":".join(mark[place : place + 2] for place in range(0, 12, 2))


def _pairs(mark: str, row: int, match: re.Match[str]) -> str:
    return f'"own"=>"{mark[:8]}"'


def _number_range(mark: str, row: int, match: re.Match[str]) -> str:
    start = int(mark[:4], 16)
    return f"[{start},{start + 5})"


def _time_range(mark: str, row: int, match: re.Match[str]) -> str:
    start = _moment(mark).date()
    return f"[{start},{start + datetime.timedelta(days=5)})"


def _kinds(*pairs: tuple[str, Make]) -> tuple[tuple[re.Pattern[str], Make], ...]:
    return tuple((re.compile(pattern), make) for pattern, make in pairs)


# Django's column types on its backends, as the catalogues spell them; the first that fits counts.
KINDS = _kinds(
    (r"json", _json),
    (r"bool|tinyint\(1\)", _boolean),
    (r"(tiny|small|medium|big)?(int|serial)(?!erval|\d+(multi)?range)", _integer),
    (r"char\(32\)", _hexadecimal),
    (r"(var|n|nvar|bp)?char(acter)?( varying)?(2)?(\((?P<size>\d+)\))?", _text),
    (r"(tiny|medium|long)?text|citext|name\b|xml|tsvector", _text),
    (r"(decimal|numeric)(\((?P<digits>\d+),\s*(?P<places>\d+)\))?", _decimal),
    (r"real|double|float", _float),
    (r"(int4|int8|num)(multi)?range", _number_range),
    (r"(date|ts|tstz)(multi)?range", _time_range),
    (r"datetime|timestamp", _instant),
    (r"date", _date),
    (r"time", _time),
    (r"interval", _seconds),
    (r"uuid", _uuid),
    (r"bytea|(tiny|medium|long)?blob|(var)?binary", _bytes),
    (r"inet|cidr", _address),
    (r"macaddr", _network_card),
    (r"hstore", _pairs),
)
