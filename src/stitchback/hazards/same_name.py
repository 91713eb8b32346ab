"""SB201 to SB205 and SB210: the same name on both branches, graded."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case, Unit
from stitchback.matching.decided_data import decided
from stitchback.matching.followed_data_operations import differing_imports
from stitchback.model.atoms import Added, DataRun, UnreadChange
from stitchback.model.findings import Finding, Severity
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Migration, Tree
from stitchback.model.source import Span

FINE = (Verdict.IDENTICAL, Verdict.SAME_SCHEMA, Verdict.EVOLVED)


def twins(case: Case) -> Iterator[tuple[Unit, Migration]]:
    """Patch migrations with a mainline migration of the same name that is another file, and released ones that mainline has edited (in what
    they import, it may be). Not those that no database can have applied (SB301)."""
    for unit in case.units:
        other = unit.twin is not None and (unit.is_edited or unit.twin.blob != unit.migration.blob)
        if unit.twin is not None and other and not unit.is_never_applied:
            yield unit, unit.twin


def place(unit: Unit) -> Span:
    return Span(unit.migration.path)


def about_schema(match: Match) -> bool:
    return match.seen_by_database and not any(
        isinstance(a, DataRun | UnreadChange) for a in (*match.patch, *match.mainline)
    )


def makes_other_schema(unit: Unit) -> bool:
    lonely = bool(unit.side.only_mainline(unit.key))
    return lonely or any(about_schema(match) and match.verdict not in FINE for match in unit.touching)


def what_is_missing(unit: Unit) -> Iterator[str]:
    """The schema objects that only mainline's file adds, and its other changes of existing schema objects."""
    atoms = [
        atom for atom in unit.side.only_mainline(unit.key) if not isinstance(atom, DataRun | UnreadChange)
    ]
    added = ", ".join(str(atom.schema_object) for atom in atoms if isinstance(atom, Added))
    changed = ", ".join(str(atom.schema_object) for atom in atoms if not isinstance(atom, Added))
    if added:
        yield f"lack {added}"
    if changed:
        yield f"do not get its change of {changed}"


def is_brought_with_a_duplicate(unit: Unit, mainline: Tree) -> bool:
    """Whether git's merge has brought the file, and mainline has a data operation of its own that seems the same."""
    return unit.key in mainline.migrations and any(
        isinstance(atom, DataRun) for match in unit.duplicated for atom in match.patch
    )


class SameNameOtherSchema:
    """Both branches have a migration of this name, and the two files result in different schemas (FACTS F17)."""

    code = "SB201"
    severity = Severity.ERROR
    remedy = "`stitchback plan` writes a migration that creates what is missing."

    def find(self, case: Case) -> Iterator[Finding]:
        for unit, twin in twins(case):
            if unit.is_edited or not makes_other_schema(unit):
                continue
            said = "; ".join(what_is_missing(unit))
            message = f"{unit.key} results in another schema on {case.situation.mainline.ref}"
            if said:
                message += f": databases of {unit.side.patch.tree.ref} {said}"
            yield Finding(self.code, self.severity, unit.side.patch.tree.ref, Span(twin.path), message)


class SameNameOtherParents:
    """The same name on both branches, with other dependencies on mainline."""

    code = "SB202"
    severity = Severity.ERROR
    remedy = "Restore the dependencies with which databases have applied it, or let `stitchback plan` do it."

    def find(self, case: Case) -> Iterator[Finding]:
        for unit, twin in twins(case):
            lost = sorted(str(parent) for parent in twin.dependencies if not unit.has_below(parent))
            if lost:
                message = f"{unit.key} depends on {', '.join(lost)} on {case.situation.mainline.ref}"
                if unit.is_edited:
                    message += f", and not on {unit.side.patch.fork.ref}, where it was released"
                where = Span(twin.path) if unit.is_edited else place(unit)
                yield Finding(self.code, self.severity, unit.side.patch.tree.ref, where, message)


class SameNameOtherLayout:
    """The same name on both branches, in files that differ in layout only."""

    code = "SB203"
    severity = Severity.NOTE
    remedy = "No database is affected: nothing needs to be done."

    def find(self, case: Case) -> Iterator[Finding]:
        for unit, twin in twins(case):
            same = (
                unit.migration.operations == twin.operations
                and unit.migration.dependencies == twin.dependencies
            )
            if same and unit.key == case.renamed.recorded(unit.key):
                message = f"{unit.key} has another layout on {case.situation.mainline.ref}; its operations are the same"
                yield Finding(self.code, self.severity, unit.side.patch.tree.ref, place(unit), message)


class SameNameOtherState:
    """The same name on both branches, in files that differ in what no database stores."""

    code = "SB204"
    severity = Severity.NOTE
    remedy = "No database is affected: nothing needs to be done."

    def find(self, case: Case) -> Iterator[Finding]:
        for unit, twin in twins(case):
            said = [
                text
                for match in unit.touching
                if match.verdict is Verdict.SAME_SCHEMA
                for text in match.differences
            ]
            if said and not makes_other_schema(unit) and unit.migration.operations != twin.operations:
                message = f"{unit.key} differs in what no database stores: {'; '.join(dict.fromkeys(said))}"
                yield Finding(self.code, self.severity, unit.side.patch.tree.ref, place(unit), message)


class SameNameOtherData:
    """Both branches have this migration, and its data operation has different code on mainline, or does
    nothing there any more.
    """

    code = "SB205"
    severity = Severity.ERROR
    remedy = "Restore the operation, and do in a new migration what each database needs."

    def find(self, case: Case) -> Iterator[Finding]:
        agreed = {each.migration for each in case.situation.policy.data if each.may_miss}
        for unit, _ in twins(case):
            for match in unit.touching:
                if match.verdict is Verdict.OPAQUE and match.given:
                    message = f"{unit.key}: {'; '.join(match.differences)}"
                    severity = Severity.NOTE if unit.key in agreed else self.of(match)
                    yield Finding(self.code, severity, unit.side.patch.tree.ref, place(unit), message)
        mainline = case.mainline
        for unit in case.units:
            if unit.is_edited or not (unit.twin is not None or is_brought_with_a_duplicate(unit, mainline)):
                continue
            tree = unit.side.patch.tree
            names = differing_imports(unit.migration, tree, mainline)
            if names:
                severity = Severity.NOTE if unit.key in agreed else self.severity
                message = (
                    f"{unit.key}: its data operations use {', '.join(names)}, which differs on {mainline.ref}"
                )
                yield Finding(self.code, severity, tree.ref, place(unit), message)
        for side in case.sides:
            edited = side.sides.edited
            for key in sorted(edited.data):
                message = f"{key} was released, and its data operations differ on {mainline.ref}: databases that have applied it have run the old ones"
                where = Span(mainline.migrations[key].path)
                severity = Severity.WARNING if key in edited.emptied else self.severity
                severity = Severity.NOTE if key in agreed else severity
                yield Finding(self.code, severity, side.patch.tree.ref, where, message)

    def of(self, match: Match) -> Severity:
        """Mainline has decided that an emptied operation is not to run again."""
        emptied = all(isinstance(atom, DataRun) and atom.empty for atom in match.given)
        return Severity.WARNING if emptied else self.severity


class SameNameLacksData:
    """The same name on both branches, without the data operation on mainline."""

    code = "SB210"
    severity = Severity.ERROR
    remedy = "Put the operation into mainline's file, or declare in pyproject.toml that it may be missed."

    def find(self, case: Case) -> Iterator[Finding]:
        situation = case.situation
        agreed = {each.migration for each in situation.policy.data if each.may_miss}
        for unit, _ in twins(case):
            labels = [
                atom.label
                for match in unit.touching
                if match.verdict is Verdict.PATCH_ONLY
                for atom in match.patch
                if isinstance(atom, DataRun) and not atom.empty
            ]
            if labels and unit.key not in agreed and not decided(unit.migration, situation):
                message = (
                    f"{unit.key}: {', '.join(labels)} is not in the file of that name on {situation.mainline.ref}; "
                    f"only databases of {unit.side.patch.tree.ref} have run it"
                )
                yield Finding(self.code, self.severity, unit.side.patch.tree.ref, place(unit), message)
