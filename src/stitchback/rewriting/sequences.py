"""Lists and tuples of a file: elements are kept, removed or added, and comments move with their element.

Between two elements there is a *gap*: the rest of the line of the first (its comment), the lines above the second (its comments), and the second's
indentation. Only gaps whose neighbours have changed are built again; all others stay unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

Display = cst.List | cst.Tuple
Gap = cst.BaseParenthesizableWhitespace


@dataclass(frozen=True, slots=True)
class Kept:
    """The element of that index of the original, with a new value if `value` is given."""

    index: int
    value: cst.BaseExpression | None = None


@dataclass(frozen=True, slots=True)
class New:
    value: cst.BaseExpression


Slot = Kept | New


@dataclass(frozen=True, slots=True)
class SequenceLayout:
    """`indent`: of an element's line, relative to the line that the display begins on. `explode`: always one element a line."""

    indent: str
    explode: bool = False


def gaps(display: Display) -> list[Gap]:
    """The n + 1 gaps around n elements."""
    opening, closing = _brackets(display)
    found = [opening.whitespace_after]
    for element in display.elements:
        found.append(
            element.comma.whitespace_after
            if isinstance(element.comma, cst.Comma)
            else cst.SimpleWhitespace("")
        )
    if display.elements:
        found[-1] = _joined(found[-1], closing.whitespace_before)
    else:
        found[0] = _joined(found[0], closing.whitespace_before)
        found.append(found[0])
    return found


def _joined(first: Gap, second: Gap) -> Gap:
    """Joins two adjacent gaps: LibCST leaves one of them empty."""
    return second if first.empty else first


def is_spread(display: Display) -> bool:
    """Whether the elements are on separate lines."""
    return any(
        isinstance(gap, cst.ParenthesizedWhitespace) for gap in gaps(display)[: len(display.elements) or 1]
    )


def element_indent(display: Display, default: str) -> str:
    """The indentation of its elements relative to the line that it begins on."""
    for gap in gaps(display)[: len(display.elements)]:
        if isinstance(gap, cst.ParenthesizedWhitespace) and gap.indent:
            return gap.last_line.value
    return default


def rebuilt(display: Display, slots: Sequence[Slot], layout: SequenceLayout) -> Display:
    """The display with these elements in this order; unchanged if they are its own."""
    if list(slots) == [Kept(index) for index in range(len(display.elements))]:
        return display
    old = gaps(display)
    spread = layout.explode or is_spread(display) or (not display.elements and len(slots) > 0)
    around = [_gap(display, old, slots, place, spread, layout) for place in range(len(slots) + 1)]
    elements: list[cst.BaseElement] = []
    for place, slot in enumerate(slots):
        last = place == len(slots) - 1
        element = _element(display, slot)
        ending = cst.SimpleWhitespace("") if last else around[place + 1]
        if not last or _ends_with_comma(display, slots, spread):
            before = (
                element.comma.whitespace_before
                if isinstance(element.comma, cst.Comma)
                else cst.SimpleWhitespace("")
            )
            element = element.with_changes(comma=cst.Comma(before, ending))
        else:
            element = element.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        elements.append(element)
    return _with(display, elements, around[0], around[-1] if slots else cst.SimpleWhitespace(""))


def _element(display: Display, slot: Slot) -> cst.BaseElement:
    if isinstance(slot, New):
        return cst.Element(slot.value)
    element = display.elements[slot.index]
    return element if slot.value is None else element.with_changes(value=slot.value)


def _ends_with_comma(display: Display, slots: Sequence[Slot], spread: bool) -> bool:
    if isinstance(display, cst.Tuple) and len(slots) == 1:
        return True
    if spread and not (is_spread(display) and display.elements):
        return True
    return bool(display.elements) and isinstance(display.elements[-1].comma, cst.Comma)


def _gap(
    display: Display, old: list[Gap], slots: Sequence[Slot], place: int, spread: bool, layout: SequenceLayout
) -> Gap:
    """The gap before the slot of that position; after the last one for `place == len(slots)`."""
    behind = None if place == 0 else slots[place - 1]
    ahead = None if place == len(slots) else slots[place]
    first = old[0] if behind is None else old[behind.index + 1] if isinstance(behind, Kept) else None
    second = old[-1] if ahead is None else old[ahead.index] if isinstance(ahead, Kept) else None
    if (
        first is second
        and first is not None
        and not (layout.explode and isinstance(first, cst.SimpleWhitespace))
    ):
        return first
    comment = _comment(first)
    if isinstance(second, cst.ParenthesizedWhitespace):
        if slots or comment or _has_comment(second):
            return second.with_changes(first_line=comment or cst.TrailingWhitespace())
        return _NONE
    newly_spread = layout.explode or (spread and not is_spread(display))
    if comment or (slots and (spread if isinstance(ahead, New) else newly_spread)):
        return _broken(comment, "" if ahead is None else element_indent(display, layout.indent))
    return _edge(display, old, place) if behind is None or ahead is None else cst.SimpleWhitespace(" ")


_NONE = cst.SimpleWhitespace("")


def _edge(display: Display, old: list[Gap], place: int) -> Gap:
    gap = old[0] if place == 0 else old[-1]
    return gap if isinstance(gap, cst.SimpleWhitespace) and display.elements else _NONE


def _comment(gap: Gap | None) -> cst.TrailingWhitespace | None:
    """The rest of the line before the gap, if it has a comment."""
    if isinstance(gap, cst.ParenthesizedWhitespace) and gap.first_line.comment is not None:
        return gap.first_line
    return None


def _has_comment(gap: cst.ParenthesizedWhitespace) -> bool:
    return any(line.comment is not None for line in gap.empty_lines)


def _broken(comment: cst.TrailingWhitespace | None, indent: str) -> Gap:
    return cst.ParenthesizedWhitespace(
        comment or cst.TrailingWhitespace(), [], True, cst.SimpleWhitespace(indent)
    )


def _brackets(
    display: Display,
) -> tuple[cst.LeftSquareBracket | cst.LeftParen, cst.RightSquareBracket | cst.RightParen]:
    if isinstance(display, cst.List):
        return display.lbracket, display.rbracket
    return display.lpar[-1], display.rpar[0]


def _with(display: Display, elements: Sequence[cst.BaseElement], opening: Gap, closing: Gap) -> Display:
    left, right = _brackets(display)
    left, right = left.with_changes(whitespace_after=opening), right.with_changes(whitespace_before=closing)
    if isinstance(display, cst.List):
        return display.with_changes(elements=elements, lbracket=left, rbracket=right)
    return display.with_changes(
        elements=elements, lpar=[*display.lpar[:-1], left], rpar=[right, *display.rpar[1:]]
    )
