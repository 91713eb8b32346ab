"""Compares a database with a tree: its lineage, the defects of its rows, and what `migrate` will do now and with the next release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stitchback.matching.provenance import stitched
from stitchback.model.findings import Finding, Severity
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.repair.defects import ALL, Examined
from stitchback.repair.forecasting import Forecast
from stitchback.repair.leftovers import Leftover
from stitchback.repair.lineage import Lineage, lineages
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable
from stitchback.repair.unrecorded import hidden


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of a full `migrate` and of the next release's, and the columns and tables that no model has afterwards."""

    now: Forecast | None = None
    following: Forecast | None = None
    leftovers: tuple[Leftover, ...] = ()


@dataclass(frozen=True, slots=True)
class Ghost:
    """A row without a file. `by`: the migration of the tree that replaces it; `label`: the description in the stitched file."""

    key: MigrationKey
    by: tuple[MigrationKey, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`unknown`: rows of the tree's apps that it does not have, with the refs that have them. `elsewhere`: the number of rows of each other app.
    `now` and `following` (the next release's deploy) are None if they cannot be forecast."""

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
    def needs_manual_step(self) -> bool:
        """Whether a manual step is needed: exit code 1."""
        healthy = isinstance(self.outcome, Repair) and not self.outcome.edits
        return not healthy or bool(self.errors)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def settled(self) -> RepairOutcome:
        """The outcome; a refusal if no row has to change but a defect remains."""
        outcome = self.outcome
        if isinstance(outcome, Unrepairable) or outcome.edits or not self.errors:
            return outcome
        first, *others = self.errors
        evidence = tuple(f"{finding.code}: {finding.message}" for finding in others)
        return Unrepairable(
            outcome.ledger,
            first.code,
            f"no change of the rows is needed, but: {first.message}",
            first.hint,
            evidence,
            found=outcome.found,
        )


def diagnose(
    ledger: Ledger,
    tree: Tree,
    outcome: RepairOutcome,
    *,
    histories: Iterable[Tree] = (),
    origins: Mapping[MigrationKey, tuple[str, ...]] | None = None,
    outlook: Outlook = Outlook(),
    engine: str = "",
) -> Diagnosis:
    """Diagnoses a ledger. `outcome`: the result of the planner; `outlook`: the forecast of a migrate and its leftovers. `origins`: the refs whose
    history contains an unknown row's migration."""
    accounts, rows = RecorderRules(tree), ledger.keys
    standing = accounts.standing(rows)
    refs = {key: (origins or {}).get(key, ()) for key in rows - accounts.named if key.app in accounts.apps}
    histories = tuple(histories)
    examined = Examined(
        ledger,
        accounts,
        standing,
        hidden(accounts, rows),
        refs,
        outcome,
        outlook.now,
        outlook.following,
        outlook.leftovers,
        engine,
        histories,
    )
    findings = [finding for defect in ALL for finding in defect.find(examined)]
    return Diagnosis(
        ledger,
        lineages(rows, (tree, *(past for past in histories if past is not tree))),
        tuple(_ghosts(accounts, rows)),
        tuple(sorted(refs.items())),
        tuple(sorted(Counter(key.app for key in rows if key.app not in accounts.apps).items())),
        tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        outlook.now,
        outlook.following,
        outcome,
    )


def _ghosts(accounts: RecorderRules, rows: frozenset[MigrationKey]) -> Iterable[Ghost]:
    labels = {ghost: each for each in stitched(accounts.tree) for ghost in each.stands_for}
    for key in sorted((rows & accounts.named) - frozenset(accounts.tree.migrations)):
        by = accounts.tree.replacers.get(key, ())
        yield Ghost(key, by, labels[key].label if key in labels else "")
