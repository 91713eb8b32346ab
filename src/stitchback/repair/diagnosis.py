"""Compares a database with a tree: the branch that its ledger belongs to and how far it was migrated, the defects of its rows, and what `migrate` will
do now and with a plan."""

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
from stitchback.repair.recorder_rules import Keys, Order, RecorderRules, hidden
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable
from stitchback.repair.schema_search import NodeRelatives as Ancestry


@dataclass(frozen=True, slots=True)
class Lineage:
    """One ledger compared with one ref's tree.

    `tips`: the applied migrations that no other applied migration depends on; `pending`: not applied yet. `own`: applied, and only in
    this ref of all refs that were read. `foreign`: rows of this tree's apps that it does not have. `holes`: unapplied migrations that
    an applied one depends on.
    """

    ref: str
    tips: tuple[MigrationKey, ...]
    pending: tuple[MigrationKey, ...]
    own: tuple[MigrationKey, ...]
    foreign: tuple[MigrationKey, ...]
    holes: tuple[MigrationKey, ...]

    @property
    def explains(self) -> bool:
        """Whether migrating with this ref alone can result in these rows."""
        return not self.foreign and not self.holes

    def __str__(self) -> str:
        if not self.tips:
            return f"{self.ref}: nothing applied"
        if not self.pending and self.explains:
            return f"{self.ref}, all of it"
        return f"{self.ref} up to {', '.join(map(str, self.tips))}"


def lineages(rows: Keys, trees: Iterable[Tree]) -> tuple[Lineage, ...]:
    """The lineage for every tree, best explanation first: fewest unknown rows, fewest holes, least pending."""
    accounts = [RecorderRules(tree) for tree in trees]
    known: dict[MigrationKey, int] = {}
    for each in accounts:
        for key in each.named:
            known[key] = known.get(key, 0) + 1
    found = [_lineage(rows, each, known) for each in accounts]
    return tuple(sorted(found, key=_rank))


def _lineage(rows: Keys, accounts: RecorderRules, known: dict[MigrationKey, int]) -> Lineage:
    standing = accounts.standing(rows)
    ancestry = Ancestry(Order(accounts, standing.nodes | standing.partial))
    made = standing.made
    below = frozenset[MigrationKey]().union(*(ancestry.ancestors(key) for key in made))
    tips = sorted(key for key in made if not (ancestry.children[key] & made))
    own = sorted(key for key in rows & accounts.named if known[key] == 1)
    foreign = sorted(key for key in rows - accounts.named if key.app in accounts.apps)
    pending = sorted(standing.nodes - made)
    return Lineage(
        accounts.tree.ref,
        tuple(tips),
        tuple(pending),
        tuple(own),
        tuple(foreign),
        tuple(sorted(below - made)),
    )


def _rank(lineage: Lineage) -> tuple[int, int, int, str]:
    return len(lineage.foreign), len(lineage.holes), len(lineage.pending), lineage.ref


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
