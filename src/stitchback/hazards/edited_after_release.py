"""SB213: a released migration that one of the two branches has edited creates another schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.hazards.same_name import about_schema, twins, what_is_missing
from stitchback.matching.case import Case, Unit
from stitchback.model.findings import Finding, Severity
from stitchback.model.matches import Verdict
from stitchback.model.source import Span


class EditedAfterRelease:
    """A migration of the fork point has other operations on mainline, or on the patch branch alone, and they result in another schema
    (FACTS F38).
    """

    code = "SB213"
    severity = Severity.ERROR
    remedy = "Restore the released file, and make the change in a new migration."

    def find(self, case: Case) -> Iterator[Finding]:
        for unit, twin in twins(case):
            if unit.key not in unit.side.sides.edited.schema:
                continue
            fork, mainline, ref = unit.side.patch.fork, case.mainline, unit.side.patch.tree.ref
            released = f"({fork.ref}, commit {fork.commit[:12]})"
            if unit.is_edited_on_patch:
                message = f"{unit.key} was edited on {ref} after its release {released}, and results in another schema there than on {mainline.ref}"
                path = unit.migration.path
            else:
                was = (
                    f"{unit.migration.path} as released"
                    if unit.migration.path != twin.path
                    else "the released file"
                )
                message = f"{unit.key} results in another schema on {mainline.ref} than {was} {released}"
                path = twin.path
            said = "; ".join((*what_is_missing(unit), *what_differs(unit)))
            if said:
                message += f": databases that have applied it {said}"
            yield Finding(self.code, self.severity, ref, Span(path), message)


def what_differs(unit: Unit) -> Iterator[str]:
    """The schema objects that the release's databases have and mainline's file does not create, and those with another shape."""
    schema = [match for match in unit.touching if match.patch and about_schema(match)]
    only_here = schema_objects(match.patch[0] for match in schema if match.verdict is Verdict.PATCH_ONLY)
    other = schema_objects(match.patch[0] for match in schema if match.verdict is Verdict.DIFFERENT)
    moved = schema_objects(
        match.patch[0] for match in schema if match.verdict in (Verdict.IDENTICAL, Verdict.SAME_SCHEMA)
    )
    if only_here:
        yield f"have {only_here}, which it no longer creates"
    if other:
        yield f"have a different {other}"
    if moved:
        yield f"have {moved} already, which another migration creates on mainline"


def schema_objects(atoms: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(getattr(atom, "schema_object", "")) for atom in atoms))
