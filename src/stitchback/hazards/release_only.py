"""SB313."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case, Unit
from stitchback.model.atoms import DataRun
from stitchback.model.findings import Finding, Severity
from stitchback.model.migrations import Tree
from stitchback.model.source import Span


class ReleaseOnly:
    """A release branch has a migration of its own, and mainline neither has nor replaces it, or makes a part of its change in another one."""

    code = "SB313"
    severity = Severity.ERROR
    remedy = ""

    def find(self, case: Case) -> Iterator[Finding]:
        mainline = case.situation.mainline
        for unit in case.units:
            if unit.key in unit.side.patch.fork.migrations:
                continue  # edited or gone: SB213, SB304
            elsewhere = made_elsewhere(unit)
            is_moved = unit.key in mainline.migrations and bool(elsewhere)
            if not is_moved and not is_lacking(unit, mainline):
                continue
            ref, names = unit.side.patch.tree.ref, ", ".join(elsewhere)
            if is_moved:
                message = f"{unit.key} of {ref} makes a change that {names} makes in {mainline.ref}"
            else:
                message = f"{unit.key} of {ref} is neither in {mainline.ref} nor replaced there"
                message += f", and {names} makes the same change" if elsewhere else ""
            message += f": databases of {ref} cannot upgrade" if elsewhere else ""
            hint = f"Bring it into mainline: `stitchback plan {ref}`."
            yield Finding(self.code, self.severity, ref, Span(unit.migration.path), message, hint)


def is_lacking(unit: Unit, mainline: Tree) -> bool:
    """Whether mainline lacks the migration. What alters only what mainline has removed, and an empty data operation, is not needed there."""
    if unit.key in mainline.migrations or unit.is_never_applied:
        return False
    needed = [match for match in unit.touching if not match.moot]
    return any(not (isinstance(atom, DataRun) and atom.empty) for match in needed for atom in match.patch)


def made_elsewhere(unit: Unit) -> tuple[str, ...]:
    """Mainline's migrations of other names that make changes of this one."""
    given = (atom.origin.migration for match in unit.duplicated for atom in match.given)
    return tuple(sorted({str(key) for key in given if key != unit.key}))
