"""A fleet by what its databases need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from stitchback.repair.edits import LedgerEdit
from stitchback.repair.groups import Group
from stitchback.reporting.document import Document, dump
from stitchback.reporting.layout import BLANK, wrapped
from stitchback.reporting.style import Line, Words, bold, dim, green, page, plain, red, yellow

MOST_NAMED = 3  # tenants of a group that the text names


class Problem(Protocol):
    @property
    def message(self) -> str: ...


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Silent(Protocol):
    """A tenant that could not be read."""

    @property
    def tenant(self) -> Named: ...
    @property
    def problem(self) -> Problem: ...


def render_fleet(groups: Sequence[Group], unreached: Sequence[Silent], output_format: str) -> str:
    if output_format == "json":
        return dump(_document(groups, unreached))
    return page(_lines(groups, unreached))


def _document(groups: Sequence[Group], unreached: Sequence[Silent]) -> Document:
    return {
        "groups": [
            {
                "vendor": group.vendor,
                "databases": [member.name for member in group.members],
                "edits": [_edit(edit) for edit in group.edits],
                "refused": group.refusal.message if group.refusal else None,
                "script": group.script().text if group.edits else None,
            }
            for group in groups
        ],
        "unreached": [{"database": one.tenant.name, "problem": one.problem.message} for one in unreached],
    }


def _edit(edit: LedgerEdit) -> str:
    return f"{type(edit).__name__}: {edit.reason}"


def _lines(groups: Sequence[Group], unreached: Sequence[Silent]) -> Iterator[Line]:
    for group in groups:
        count = f"{len(group.members)} database{'' if len(group.members) == 1 else 's'}"
        yield from wrapped((bold(count), plain(f" on {group.vendor}: "), _need(group)), 0, 2)
        names = ", ".join(member.name for member in group.members[:MOST_NAMED])
        more = f" and {len(group.members) - MOST_NAMED} more" if len(group.members) > MOST_NAMED else ""
        yield from wrapped((dim(f"{names}{more}"),), 2, 4)
        for edit in group.edits:
            yield from wrapped((plain(_edit(edit)),), 4, 6)
        yield BLANK
    for one in unreached:
        yield from wrapped((red("not read  "), plain(f"{one.tenant.name}: {one.problem.message}")), 0, 2)


def _need(group: Group) -> Words:
    if group.refusal is not None:
        return red(f"no repair could be proved: {group.refusal.message}")
    if group.edits:
        return yellow(
            f"{len(group.edits)} edit{'' if len(group.edits) == 1 else 's'} of the rows, the same for all"
        )
    return green("nothing has to be done")
