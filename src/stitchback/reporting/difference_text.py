"""Describes differences between the branches and names both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stitchback.reporting.grouping import MatchRow

ONE_SIDED = "on one side only"  # `matching`'s difference for a schema object that one side removed
LONGEST = 60  # characters of one value
DJANGO = re.compile(r"\bdjango\.db\.models\.(?:deletion\.)?")


@dataclass(frozen=True, slots=True)
class Refs:
    """The names of the two sides for the reader."""

    patch: str
    mainline: str


def difference_lines(row: MatchRow, refs: Refs) -> Iterator[str]:
    """ "max_length: 100 and 200" becomes "max_length: 100 on release/2.4, 200 on main"."""
    for difference in row.differences:
        yield _one_sided(row, refs) if difference == ONE_SIDED else named(difference, refs)


def _one_sided(row: MatchRow, refs: Refs) -> str:
    return f"removed on {refs.mainline}" if row.gone else f"removed on {refs.patch}"


def named(difference: str, refs: Refs) -> str:
    """The description, unchanged if the " and " between the two values is ambiguous."""
    subject, colon, values = difference.partition(": ")
    both = _two_values(DJANGO.sub("", values))
    if not colon or both is None:
        return shortened(difference, LONGEST * 3)
    patch, mainline = contrasted(*both)
    if subject == "name":
        return f"called {patch} on {refs.patch}, {mainline} on {refs.mainline}"
    return f"{subject}: {patch} on {refs.patch}, {mainline} on {refs.mainline}"


def _two_values(text: str) -> tuple[str, str] | None:
    """The values on both sides of the only " and " outside quotes and brackets."""
    places = [place for place in _outside(text) if text.startswith(" and ", place)]
    if len(places) != 1:
        return None
    return text[: places[0]], text[places[0] + 5 :]


def _outside(text: str) -> Iterator[int]:
    """The positions of the text outside quotes and brackets. Values are written as by `repr`."""
    quote, depth, place = "", 0, 0
    while place < len(text):
        character = text[place]
        if quote:
            place += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
        elif not depth:
            yield place
        place += 1


def contrasted(one: str, other: str) -> tuple[str, str]:
    """Both texts, unchanged if they are short; otherwise without their common beginnings and ends."""
    if max(len(one), len(other)) <= LONGEST:
        return one, other
    start = _whole_words(one, _alike(one, other))
    end = _whole_words(one[::-1], _alike(one[start:][::-1], other[start:][::-1]))
    middles = (text[start : len(text) - end] for text in (one, other))
    first, second = (
        f"{'…' if start else ''}{shortened(text, LONGEST)}{'…' if end else ''}" for text in middles
    )
    return first, second


def _alike(one: str, other: str) -> int:
    """The length of the common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _whole_words(text: str, length: int) -> int:
    """The length of the text's beginning, reduced so that no word is cut."""
    while length and text[length - 1] not in " ,=([{)]}":
        length -= 1
    return length


def shortened(text: str, longest: int) -> str:
    """The text; without its middle if it is too long."""
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[:half]} … {text[-half:]}"
