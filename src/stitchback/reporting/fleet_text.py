"""Reports a fleet, grouped by what its databases need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from rich.text import Text

from stitchback.errors import EnvironmentProblem
from stitchback.repair.database_groups import EqualTenants, FleetGroup
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    GiveId,
    InsertRow,
    LedgerEdit,
    RenameRow,
    keys_of,
)
from stitchback.reporting.diagnosis_text import diagnosis_document, ledger_lines
from stitchback.reporting.document import Document, dump
from stitchback.reporting.layout import BLANK, Line, bold, dim, green, page, plain, red, wrapped, yellow
from stitchback.reporting.status_text import counted

MOST_NAMED = 3  # tenants of a group that the text names
DOES = {
    InsertRow: "insert",
    DeleteDuplicate: "delete the duplicate rows of",
    DeleteRow: "delete",
    RenameRow: "rename",
    GiveId: "give new rows an id",
}


class Named(Protocol):
    @property
    def name(self) -> str: ...


class UnreadTenant(Protocol):
    """A tenant that could not be read."""

    @property
    def tenant(self) -> Named: ...
    @property
    def problem(self) -> EnvironmentProblem: ...


def render_fleet(groups: Sequence[FleetGroup], unreached: Sequence[UnreadTenant], output_format: str) -> str:
    if output_format == "json":
        return dump(_document(groups, unreached))
    return page(_lines(groups, unreached))


def render_standings(
    groups: Sequence[EqualTenants], unreached: Sequence[UnreadTenant], output_format: str
) -> str:
    """The state of a fleet's databases; equal ones are shown once."""
    if output_format == "json":
        return dump(
            {
                "databases": sum(len(group.names) for group in groups) + len(unreached),
                "groups": [_standing(group) for group in groups],
                "unreached": _unreached(unreached),
            }
        )
    return page(_ledger_lines(groups, unreached))


def _standing(group: EqualTenants) -> Document:
    document = diagnosis_document(group.diagnosis)
    alike = {name: document[name] for name in document if name not in ("source", "rows", "elsewhere")}
    return {**alike, "vendor": group.vendor, "databases": list(group.names)}


def _ledger_lines(groups: Sequence[EqualTenants], unreached: Sequence[UnreadTenant]) -> Iterator[Line]:
    for group in groups:
        yield from wrapped(
            (bold(counted(len(group.names), "database")), plain(f" on {group.vendor}: "), _some(group.names)),
            0,
            2,
        )
        yield BLANK
        yield from ledger_lines(group.diagnosis)
        yield BLANK
    yield from _unread_lines(unreached)


def _some(names: Sequence[str]) -> Text:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return dim(", ".join(names[:MOST_NAMED]) + more)


def _unreached(unreached: Sequence[UnreadTenant]) -> list[Document]:
    return [
        {
            "database": one.tenant.name,
            "code": one.problem.code,
            "problem": one.problem.message,
            "hint": one.problem.hint,
        }
        for one in unreached
    ]


def _unread_lines(unreached: Sequence[UnreadTenant]) -> Iterator[Line]:
    for one in unreached:
        said = one.problem.message.removeprefix(f"{one.tenant.name}: ")
        yield from wrapped((red("not read  "), plain(f"{one.tenant.name}: {said}")), 0, 2)


def _document(groups: Sequence[FleetGroup], unreached: Sequence[UnreadTenant]) -> Document:
    return {
        "databases": sum(len(group.members) for group in groups) + len(unreached),
        "need_a_hand": sum(len(group.members) for group in groups if group.edits),
        "refused": sum(len(group.members) for group in groups if group.refusal),
        "groups": [_group(group) for group in groups],
        "unreached": _unreached(unreached),
    }


def _group(group: FleetGroup) -> Document:
    repair, undo = group.texts() if group.edits else (None, None)
    refusal = group.refusal
    return {
        "vendor": group.vendor,
        "databases": [member.name for member in group.members],
        "edits": edits_document(group.edits),
        "refused": refusal.message if refusal else None,
        "refusal": {"code": refusal.code, "hint": refusal.hint} if refusal else None,
        "script": repair,
        "undo": undo,
    }


def edits_document(edits: Sequence[LedgerEdit]) -> list[Document]:
    return [{"kind": type(edit).__name__, "rows": _rows(edit), "reason": edit.reason} for edit in edits]


def _rows(edit: LedgerEdit) -> list[str]:
    return [str(key) for key in keys_of(edit)]


def _edit(edit: LedgerEdit) -> str:
    return (
        f"{' '.join((DOES[type(edit)], *([' -> '.join(_rows(edit))] if _rows(edit) else [])))}: {edit.reason}"
    )


def _lines(groups: Sequence[FleetGroup], unreached: Sequence[UnreadTenant]) -> Iterator[Line]:
    for group in groups:
        count = counted(len(group.members), "database")
        yield from wrapped((bold(count), plain(f" on {group.vendor}: "), _need(group)), 0, 2)
        yield from wrapped((_some([member.name for member in group.members]),), 2, 4)
        for edit in group.edits:
            yield from wrapped((plain(_edit(edit)),), 4, 6)
        yield BLANK
    yield from _unread_lines(unreached)


def _need(group: FleetGroup) -> Text:
    if group.refusal is not None:
        return red(f"no repair could be proved: {group.refusal.message}")
    if group.edits:
        return yellow(f"{counted(len(group.edits), 'edit')} of the rows, the same for all of them")
    return green("no manual step is needed")
