"""A fleet's ledgers: read in parallel, put together by what they need, a handful of scripts for thousands of tenants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters.fleet import Reached, Tenant, Unreached, read_fleet, read_fleet_file, schemas_of
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.project import Project
from stitchback.api.repairing import Given, around_of, deriver_for
from stitchback.errors import EnvironmentProblem
from stitchback.repair.groups import Group, Member, grouped
from stitchback.repair.outcomes import RepairOutcome

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FleetReport:
    """`groups`, largest first; `unreached` were passed over."""

    groups: tuple[Group, ...]
    unreached: tuple[Unreached, ...]

    @property
    def needs_a_hand(self) -> bool:
        return any(group.edits or group.refusal for group in self.groups)

    @property
    def exit_code(self) -> int:
        """0 nothing to do, 1 something to do, 2 a tenant could not be read, 3 something could not be proved."""
        if any(group.refusal for group in self.groups):
            return 3
        return 2 if self.unreached else int(self.needs_a_hand)


def tenants_of(fleet: str | None, schemas: str | None) -> tuple[Tenant, ...]:
    """The fleet's tenants: of a file of URLs, or all schemas of one PostgreSQL database. Raises EnvironmentProblem."""
    if (fleet is None) == (schemas is None):
        raise EnvironmentProblem("SB607", "say which fleet", hint="--fleet FILE, or --schemas URL.")
    return read_fleet_file(Path(fleet)) if fleet else schemas_of(DatabaseUrl.parse(schemas or ""))


def treat_fleet(project: Project, tenants: tuple[Tenant, ...], ref: str, progress: Progress) -> FleetReport:
    """What every tenant needs, against the ref's tree. Writes nothing."""
    tree = project.tree(ref)
    answers = read_fleet(tenants, with_schema=True, progress=progress)
    vendors = {answer.reading.vendor for answer in answers if isinstance(answer, Reached)}
    deriver = deriver_for(tree, *vendors)

    def derive(member: Member) -> RepairOutcome:
        given = Given(member.ledger, member.vendor, member.visible, ())
        return deriver.derive(member.ledger, around_of(project, given, tree))

    members = [_member(answer) for answer in answers if isinstance(answer, Reached)]
    return FleetReport(grouped(members, derive), tuple(a for a in answers if isinstance(a, Unreached)))


def _member(answer: Reached) -> Member:
    reading, tenant = answer.reading, answer.tenant
    return Member(tenant.name, reading.vendor, reading.ledger, reading.schema, tenant.schema)


def write_scripts(report: FleetReport, folder: Path) -> tuple[Path, ...]:
    """A script and the list of its tenants for each group that needs a hand. Raises EnvironmentProblem (SB517)."""
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, group in enumerate((group for group in report.groups if group.edits), start=1):
            script = group.script()
            names = "".join(f"{member.name}\n" for member in group.members)
            for name, text in (
                ("repair.sql", script.text),
                ("undo.sql", script.undo),
                ("tenants.txt", names),
            ):
                path = folder / f"group{number}.{group.vendor}.{name}"
                path.write_text(text, encoding="utf-8")
                written.append(path)
    except OSError as error:
        raise EnvironmentProblem("SB517", f"{folder} cannot be written: {error.strerror}") from error
    return tuple(written)
