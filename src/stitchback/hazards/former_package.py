"""SB308."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.matching.case import Case
from stitchback.model.findings import Finding, Severity
from stitchback.model.plans import Package
from stitchback.model.source import Span


class FormerPackage:
    """An app of mainline's tree was an installed package on the patch branch."""

    code = "SB308"
    severity = Severity.ERROR
    remedy = "Nothing needs to be done: the configuration declares it."

    def find(self, case: Case) -> Iterator[Finding]:
        mainline = case.situation.mainline.ref
        for side in case.sides:
            tree = side.patch.tree
            for package in side.patch.packages:
                span = Span(tree.migrations[package.child].path)
                if package.said is None:
                    message = f"{package.child} depends on {package.parent}, a migration of an installed package there; {mainline} has {package.label} in its tree, so its applied migrations are not known"
                    yield Finding(self.code, self.severity, tree.ref, span, message, hint_for(package))
                else:
                    yield Finding(self.code, Severity.NOTE, tree.ref, span, _taken(package, mainline))


def hint_for(package: Package) -> str:
    """The configuration line that resolves the finding."""
    return (
        f"Declare the last of its migrations that those databases have applied: [tool.stitchback.packages] "
        f'{package.label} = "LAST_MIGRATION" (stitchback explain SB308).'
    )


def _taken(package: Package, mainline: str) -> str:
    assert package.said is not None
    first, last = package.said
    where = f"up to {last}" if first == last else f"up to one from {first} to {last}"
    return f"{package.label} was an installed package there; according to pyproject.toml, its databases have applied {mainline}'s migrations of it {where}"
