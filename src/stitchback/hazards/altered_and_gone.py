"""SB208: a schema object that the patch altered and mainline removed."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case, Side
from stitchback.model.atoms import Added, Altered, DataRun, Removed
from stitchback.model.findings import Finding, Severity
from stitchback.model.matches import Match, Verdict
from stitchback.model.source import Span


class AlteredAndGone:
    """The patch branch altered something that mainline has removed since."""

    code = "SB208"
    severity = Severity.WARNING
    remedy = "Check that the values are not needed any more."

    def find(self, case: Case) -> Iterator[Finding]:
        for side in case.sides:
            for match in side.comparison.matches:
                if goes(match):
                    ref, origin = side.patch.tree.ref, match.patch[0].origin
                    place = Span(side.patch.tree.migrations[origin.migration].path)
                    message = message_for(match, side, case.situation.mainline.ref)
                    yield Finding(self.code, self.severity, ref, place, message)


def goes(match: Match) -> bool:
    """Whether values are lost; not if mainline made the same alteration before it removed the schema object."""
    only_altered = all(isinstance(atom, Altered) for atom in match.patch)
    gone = bool(match.mainline) and isinstance(match.mainline[-1], Removed)
    return match.moot or (match.verdict is Verdict.DIFFERENT and only_altered and gone)


def message_for(match: Match, side: Side, mainline: str) -> str:
    schema_object = getattr(match.patch[0], "schema_object", "")
    removal = match.mainline[-1]
    where = f"{removal.origin.migration} of {mainline}"
    if isinstance(match.patch[0], Added):
        message = (
            f"{match.patch[0].origin.migration} adds {schema_object} to a table that {where} removes with it"
        )
    else:
        message = f"{match.patch[0].origin.migration} alters {schema_object}, which {where} removes"
    theirs = side.comparison.mainline_atoms
    before = theirs[: theirs.index(removal)]
    app = removal.origin.migration.app
    runs = [each for each in before if isinstance(each, DataRun) and each.app == app and not each.empty]
    if not runs:
        return message
    names = ", ".join(dict.fromkeys(str(each.origin.migration) for each in runs))
    return f"{message}; data operations that run before that: {names}"
