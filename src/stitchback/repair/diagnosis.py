"""Where a database stands against a tree: its lineage, what is wrong with its rows, and what `migrate` will do now and later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.repair.accounts import Accounts
from stitchback.repair.defects import ALL
from stitchback.repair.defects.defect import Examined
from stitchback.repair.forecasting import Forecast
from stitchback.repair.hypotheses import hidden
from stitchback.repair.lineage import Lineage, lineages
from stitchback.repair.outcomes import Repair, RepairOutcome
from stitchback.repair.provenance import stitched

@dataclass(frozen=True, slots=True)
class Ghost:
    """A row without a file. `by`: what stands for it in the tree; `label`: what the stitched file says about it."""

    key: MigrationKey
    by: tuple[MigrationKey, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`unknown`: rows of the tree's apps that it does not know, with the refs that do. `elsewhere`: how many rows each other
    app has. `now` and `following` (the next release's deploy) are None where nobody can tell."""

    ledger: Ledger
    lineages: tuple[Lineage, ...]
    ghosts: tuple[Ghost, ...]
    unknown: tuple[tuple[MigrationKey, tuple[str, ...]], ...]
    elsewhere: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    now: Forecast | None
    following: Forecast | None
    outcome: RepairOutcome

    @property
    def needs_a_hand(self) -> bool:
        """Exit 1."""
        healthy = isinstance(self.outcome, Repair) and not self.outcome.edits
        return not healthy or any(finding.severity is Severity.ERROR for finding in self.findings)


def diagnose(
    ledger: Ledger,
    tree: Tree,
    outcome: RepairOutcome,
    *,
    histories: Iterable[Tree] = (),
    origins: Mapping[MigrationKey, tuple[str, ...]] | None = None,
    forecasts: tuple[Forecast | None, Forecast | None] = (None, None),
) -> Diagnosis:
    """`outcome`: what `Deriver.derive` made of the ledger; `forecasts`: of a migrate now, and of the next release's. `origins`: the
    refs in whose history an unknown row's migration was found."""
    accounts, rows = Accounts(tree), ledger.keys
    standing = accounts.standing(rows)
    refs = {key: (origins or {}).get(key, ()) for key in rows - accounts.named if key.app in accounts.apps}
    now, following = forecasts
    examined = Examined(
        ledger,
        accounts,
        standing,
        hidden(accounts, rows),
        refs,
        outcome,
        now.error if now else "",
        following.error if following else "",
    )
    findings = [finding for defect in ALL for finding in defect.find(examined)]
    return Diagnosis(
        ledger,
        lineages(rows, (tree, *(past for past in histories if past is not tree))),
        tuple(_ghosts(accounts, rows)),
        tuple(sorted(refs.items())),
        tuple(sorted(Counter(key.app for key in rows if key.app not in accounts.apps).items())),
        tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        now,
        following,
        outcome,
    )


def _ghosts(accounts: Accounts, rows: frozenset[MigrationKey]) -> Iterable[Ghost]:
    labels = {ghost: each for each in stitched(accounts.tree) for ghost in each.stands_for}
    for key in sorted((rows & accounts.named) - frozenset(accounts.tree.migrations)):
        by = accounts.tree.replacers.get(key, ())
        yield Ghost(key, by, labels[key].label if key in labels else "")
