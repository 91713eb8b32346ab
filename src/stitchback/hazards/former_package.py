"""SB308."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.plans import Package
from stitchback.model.source import Span


class FormerPackage:
    """An app of mainline's tree was an installed package on the patch branch.

    The branch's databases have its tables and its rows in `django_migrations`, and how far they went stands in no file of the branch: the
    requirements name a version of the package at most. Without them Django would stop at once (`InconsistentMigrationHistory`: a migration
    is applied before its dependency), so nothing can be proved. Say at which of mainline's migrations of the app those databases stand:

        [tool.stitchback.packages]
        fpr = "0008_fits_nailgun"                        # all of them here
        fpr = ["0001_initial", "0008_fits_nailgun"]      # or anywhere from here to there

    The files of mainline's tree are taken for what the package of that time brought under their names. `plan` refuses where nothing is said
    (SB405); where it is said, this is a note.
    """

    code = "SB308"
    severity = Severity.ERROR
    title = "an app was an installed package on the branch"

    def find(self, case: Case) -> Iterator[Finding]:
        mainline = case.situation.mainline.ref
        for side in case.sides:
            tree = side.patch.tree
            for package in side.patch.packages:
                span = Span(tree.migrations[package.child].path)
                if package.said is None:
                    message = f"{package.child} depends on {package.parent}, of an installed package there; {mainline} has {package.label} in its tree"
                    yield Finding(self.code, self.severity, tree.ref, span, message, hint_for(package))
                else:
                    yield Finding(self.code, Severity.NOTE, tree.ref, span, _taken(package, mainline))


def hint_for(package: Package) -> str:
    """The line of the configuration that answers it."""
    return (
        f"Say which of its migrations those databases have: [tool.stitchback.packages] "
        f'{package.label} = "the last one", or ["the first", "the last"] that may be.'
    )


def _taken(package: Package, mainline: str) -> str:
    assert package.said is not None
    first, last = package.said
    where = f"up to {last}" if first == last else f"up to anywhere from {first} to {last}"
    return f"{package.label} was an installed package there; its databases are taken to have {mainline}'s migrations of it {where}, as pyproject.toml says"
