"""A fleet's repairs: tenants that need the same edits share one script."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow, NewId, NoTable
from stitchback.repair.diagnosis import Diagnosis
from stitchback.repair.ledger_edits import DeleteDuplicate, LedgerEdit, keys_of, rows_of
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable
from stitchback.repair.sql import Script, render_script
from stitchback.repair.visible_schema import VisibleSchema


@dataclass(frozen=True, slots=True)
class FleetMember:
    """One tenant as read. `name` has no credentials; `schema` is its PostgreSQL schema, if any."""

    name: str
    vendor: str
    ledger: Ledger
    visible: VisibleSchema | None = None
    schema: str = ""


@dataclass(frozen=True, slots=True)
class FleetGroup:
    """Tenants of one engine with the same edits (none: no repair is needed) or the same refusal. In the order of the tenants; groups by size, largest
    first."""

    vendor: str
    edits: tuple[LedgerEdit, ...]
    refusal: Unrepairable | None
    members: tuple[FleetMember, ...]
    repairs: tuple[Repair, ...]

    def script(self) -> Script:
        """One script for all of them. Ids and times of deleted rows differ between tenants, so the undo script does not contain them: the first part
        of the script prints the statements that restore them."""
        assert self.edits, "nothing to do"
        first = self.members[0]
        if len(self.members) == 1:
            return render_script(self.edits, self.vendor, first.ledger, schema=first.schema)
        rows = tuple(LedgerRow(row.key) for row in first.ledger.rows)
        shared = replace(first.ledger, rows=rows, source=f"{len(self.members)} databases: {first.name}, …")
        return render_script(self.edits, self.vendor, shared, shared=True)

    def texts(self) -> tuple[str, str]:
        """The repair and the undo script as files: one script for each of the databases; for tenants in schemas of one database, the script for each
        schema in order, with one transaction each."""
        if not any(member.schema for member in self.members):
            script = self.script()
            return script.text, script.undo
        scripts = [
            render_script(self.edits, self.vendor, member.ledger, schema=member.schema)
            for member in self.members
        ]
        return "\n".join(script.text for script in scripts), "\n".join(script.undo for script in scripts)


@dataclass(frozen=True, slots=True)
class EqualTenants:
    """Databases of one engine that stand at the same place, with the same diagnosis. `diagnosis` is the first one's."""

    vendor: str
    names: tuple[str, ...]
    diagnosis: Diagnosis


Situation = tuple[str, tuple[MigrationKey, ...], Hashable, NoTable | None, NewId | None]
Need = tuple[str, tuple[LedgerEdit, ...], tuple[int, ...], str]
TIMELESS = "2000-01-01 00:00:00"  # used if the ledger does not contain the time
AS_DJANGO = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?")


def grouped(
    members: Iterable[FleetMember], derive: Callable[[FleetMember], RepairOutcome]
) -> tuple[FleetGroup, ...]:
    """Groups the tenants. `derive` is called once for tenants with equal rows and schemas, whatever their ids and times."""
    outcomes: dict[Situation, RepairOutcome] = {}
    found: dict[Need, list[tuple[FleetMember, RepairOutcome]]] = {}
    for member in members:
        place = situation_of(member)
        if place not in outcomes:
            outcomes[place] = derive(member)
        found.setdefault(_need(member, outcomes[place]), []).append((member, outcomes[place]))
    groups = [_group(need, pairs) for need, pairs in found.items()]
    return tuple(sorted(groups, key=lambda group: (-len(group.members), group.members[0].name)))


def situation_of(member: FleetMember) -> Situation:
    """The data that a tenant's repair depends on. Django ignores the order of rows."""
    rows = tuple(sorted(row.key for row in member.ledger.rows))
    look, ledger = member.visible, member.ledger
    new_id = None if ledger.new_id is None or ledger.new_id.is_sound else ledger.new_id
    seen = (look.names, look.required, frozenset(look.unseen.items()), look.everything) if look else None
    return member.vendor, rows, seen, ledger.no_table, new_id


def _need(member: FleetMember, outcome: RepairOutcome) -> Need:
    """The key of a tenant's group. It contains the number of rows of each changed name: the shared script's probe shows it. A tenant whose duplicate
    rows have times in another format than Django's needs its own script, which names its rows: compared as texts they would be sorted wrongly."""
    match outcome:
        case Repair(edits=edits):
            counts = tuple(len(rows_of(member.ledger, key)) for edit in edits for key in keys_of(edit))
            return member.vendor, edits, counts, member.name if _has_odd_times(member, edits) else ""
        case Unrepairable(code=code, message=message):
            return member.vendor, (), (), f"{code} {message}"
        case _:
            assert_never(outcome)


def _has_odd_times(member: FleetMember, edits: Iterable[LedgerEdit]) -> bool:
    doubled = (edit.key for edit in edits if isinstance(edit, DeleteDuplicate))
    rows = (row for key in doubled for row in rows_of(member.ledger, key))
    return member.vendor == "sqlite" and any(
        row.stored or not AS_DJANGO.fullmatch(row.applied or TIMELESS) for row in rows
    )


def _group(need: Need, pairs: list[tuple[FleetMember, RepairOutcome]]) -> FleetGroup:
    vendor, edits, _, _ = need
    refusal = next((outcome for _, outcome in pairs if isinstance(outcome, Unrepairable)), None)
    repairs = tuple(outcome for _, outcome in pairs if isinstance(outcome, Repair))
    return FleetGroup(vendor, edits, refusal, tuple(member for member, _ in pairs), repairs)
