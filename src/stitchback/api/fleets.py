"""A fleet's ledgers: read in parallel, put together by what they need, a handful of scripts for thousands of tenants."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters.connections import TIMEOUT
from stitchback.adapters.fleet_file import (
    ReachedTenant,
    Tenant,
    UnreachedTenant,
    read_fleet,
    read_fleet_file,
    schemas_of,
)
from stitchback.adapters.new_files import write_new
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.project import Project
from stitchback.api.repairing import RepairInputs, deriver_for, diagnosis_of
from stitchback.errors import EnvironmentProblem
from stitchback.model.migrations import Tree
from stitchback.repair.database_groups import (
    EqualTenants,
    FleetGroup,
    FleetMember,
    Situation,
    grouped,
    situation_of,
)
from stitchback.repair.diagnosis import Diagnosis
from stitchback.repair.planner import RepairPlanner
from stitchback.repair.repair_outcomes import Repair, RepairOutcome

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FleetReport:
    """`groups`, largest first; `unreached` were passed over."""

    groups: tuple[FleetGroup, ...]
    unreached: tuple[UnreachedTenant, ...]

    @property
    def needs_manual_step(self) -> bool:
        return any(group.edits or group.refusal for group in self.groups)

    @property
    def exit_code(self) -> int:
        """0 nothing to do, 1 something to do, 2 a tenant could not be read, 3 something could not be proved."""
        if any(group.refusal for group in self.groups):
            return 3
        return 2 if self.unreached else int(self.needs_manual_step)


def tenants_of(
    fleet: str | None, schemas: DatabaseUrl | str | None, timeout: int = TIMEOUT
) -> tuple[Tenant, ...]:
    """The fleet's tenants: of a file of URLs, or all schemas of one PostgreSQL database. Raises EnvironmentProblem."""
    if (fleet is None) == (schemas is None):
        raise EnvironmentProblem("SB607", "no fleet was given", hint="Use --fleet FILE, or --schemas URL.")
    return (
        read_fleet_file(Path(fleet)) if fleet else schemas_of(DatabaseUrl.of(schemas or ""), timeout=timeout)
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """A fleet as it was read, with what works out repairs against the tree for each of its engines."""

    tree: Tree
    members: tuple[FleetMember, ...]
    unreached: tuple[UnreachedTenant, ...]
    derivers: Mapping[str, RepairPlanner]


def _read(tenants: tuple[Tenant, ...], tree: Tree, progress: Progress, timeout: int) -> _Read:
    answers = read_fleet(tenants, with_schema=True, progress=progress, timeout=timeout)
    members = tuple(_member(answer) for answer in answers if isinstance(answer, ReachedTenant))
    unreached = tuple(answer for answer in answers if isinstance(answer, UnreachedTenant))
    vendors = sorted({member.vendor for member in members})
    return _Read(tree, members, unreached, {vendor: deriver_for(tree, vendor) for vendor in vendors})


def _given(member: FleetMember) -> RepairInputs:
    return RepairInputs(member.ledger, member.vendor, member.visible, ())


def repair_fleet(
    project: Project, tenants: tuple[Tenant, ...], ref: str, progress: Progress, timeout: int = TIMEOUT
) -> FleetReport:
    """What every tenant needs, against the ref's tree. Writes nothing."""
    read = _read(tenants, project.tree(ref), progress, timeout)

    def derive(member: FleetMember) -> RepairOutcome:
        return diagnosis_of(project, _given(member), read.tree, read.derivers[member.vendor]).settled

    return FleetReport(grouped(read.members, derive), read.unreached)


@dataclass(frozen=True, slots=True)
class FleetDiagnosis:
    """`groups`, largest first; `unreached` were passed over."""

    groups: tuple[EqualTenants, ...]
    unreached: tuple[UnreachedTenant, ...]

    @property
    def exit_code(self) -> int:
        """0: no manual step; 1: a database needs one; 2: a tenant could not be read."""
        return 2 if self.unreached else int(any(group.diagnosis.needs_manual_step for group in self.groups))


def inspect_fleet(
    project: Project, tenants: tuple[Tenant, ...], ref: str, progress: Progress, timeout: int = TIMEOUT
) -> FleetDiagnosis:
    """Where every tenant stands against the ref's tree. Writes nothing."""
    read = _read(tenants, project.tree(ref), progress, timeout)
    known: dict[Situation, Diagnosis] = {}
    found: dict[Hashable, list[tuple[FleetMember, Diagnosis]]] = {}
    for member in read.members:
        place = situation_of(member)
        if place not in known:
            known[place] = diagnosis_of(project, _given(member), read.tree, read.derivers[member.vendor])
        found.setdefault(_standing(member.vendor, known[place]), []).append((member, known[place]))
    groups = (
        EqualTenants(pairs[0][0].vendor, tuple(member.name for member, _ in pairs), pairs[0][1])
        for pairs in found.values()
    )
    ordered = sorted(groups, key=lambda group: (-len(group.names), group.names[0]))
    return FleetDiagnosis(tuple(ordered), read.unreached)


def _standing(vendor: str, diagnosis: Diagnosis) -> Hashable:
    """The diagnosis of a database without its name, and without how many rows installed packages have there."""
    outcome = diagnosis.outcome
    need: object = outcome.edits if isinstance(outcome, Repair) else (outcome.code, outcome.message)
    standing = (diagnosis.lineages, diagnosis.ghosts, diagnosis.unknown, diagnosis.findings)
    return vendor, standing, diagnosis.now, diagnosis.following, need


def _member(answer: ReachedTenant) -> FleetMember:
    reading, tenant = answer.reading, answer.tenant
    return FleetMember(tenant.name, reading.vendor, reading.ledger, reading.schema, tenant.schema)


def write_scripts(report: FleetReport, folder: Path) -> tuple[Path, ...]:
    """A script and the list of its tenants for each group that needs a manual step, never over other files. Raises EnvironmentProblem
    (SB517)."""
    files: dict[Path, str] = {}
    for number, group in enumerate((group for group in report.groups if group.edits), start=1):
        repair, undo = group.texts()
        names = "".join(f"{member.name}\n" for member in group.members)
        for name, text in (("repair.sql", repair), ("undo.sql", undo), ("tenants.txt", names)):
            files[folder / f"group{number}.{group.vendor}.{name}"] = text
    return write_new(files, folder)
