"""Cases in memory for one hazard or one strategy: what the patch branch and mainline have on top of the fork point of `plans_by_hand`."""

from __future__ import annotations

from dataclasses import replace

from plans_by_hand import FORK, changed, patch

from stitchback.hazards import Hazard
from stitchback.matching import build_case
from stitchback.matching.case import Case
from stitchback.model.edits import FileEdit, WriteFile
from stitchback.model.findings import Finding
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Patch, Policy, Situation
from stitchback.model.source import Opaque
from stitchback.model.values import Call, render, text
from stitchback.strategies import Strategy
from stitchback.strategies.build_candidate import finish
from stitchback.strategies.draft import Draft

RELEASE = "release/2.4"


def case_of(
    ours: tuple[Migration, ...],
    *theirs: Migration,
    fork: Tree = FORK,
    policy: Policy | None = None,
    without: str = "",
    merged: bool = False,
) -> Case:
    """`ours`: the patch branch's own migrations. `theirs`: the files that mainline has added or edited, `without`: those it has deleted.
    `merged`: git has merged the patch branch, so `theirs` contain its files too."""
    onto = Tree("main", "main", changed(fork, *theirs, without=without).migrations)
    return build_case.case_of((patch(*ours, fork=fork, merged=merged),), onto, policy or Policy())


def case_of_trees(mainline: Tree = FORK, release: Tree = FORK) -> Case:
    """For hazards that read each tree on its own: nothing is compared."""
    onto, branch = replace(mainline, ref="main"), replace(release, ref=RELEASE, commit="its tip")
    return Case(Situation((Patch(branch, FORK, ()),), onto, ()), ())


def findings(hazard: Hazard, case: Case) -> list[Finding]:
    return list(hazard.find(case))


def only_finding(hazard: Hazard, case: Case) -> Finding:
    (finding,) = hazard.find(case)
    return finding


def place(finding: Finding) -> tuple[str, str, str, str]:
    """Code, severity, ref, and file with line."""
    return (finding.code, finding.severity.value, finding.ref, str(finding.span or ""))


def proposed(strategy: Strategy, case: Case) -> Draft | None:
    """What the strategy drafts for the only patch migration."""
    (unit,) = case.units
    return strategy.propose(Draft(case.mainline), unit)


def planned(strategy: Strategy, case: Case) -> Candidate:
    """The candidate that the strategy's draft results in."""
    draft = proposed(strategy, case)
    assert draft is not None, "the strategy fits"
    candidate = finish(draft, case)
    assert candidate is not None, "mainline's operations can be taken apart"
    return candidate


def files(candidate: Candidate) -> dict[str, str]:
    """Each file that the candidate writes or deletes, in one line."""
    return {str(edit.key): _in_words(edit) for edit in candidate.edits}


def manual_inserts(candidate: Candidate) -> list[str]:
    """`shop.0003_p where shop.0004_m is applied` for each row that a person has to insert."""
    return [
        f"{each.insert} where {' '.join(map(str, each.applied))} is applied"
        for each in candidate.manual_inserts
    ]


def _in_words(edit: FileEdit) -> str:
    """`after shop.0002_base, replaces shop.0003_p: AddField item.color`; an AlterField with its max_length."""
    if not isinstance(edit, WriteFile):
        return "deleted"
    migration = edit.result
    parts = [f"after {' '.join(map(str, migration.dependencies))}"]
    parts += [f"replaces {' '.join(map(str, migration.ghosts))}"] if migration.ghosts else []
    return f"{', '.join(parts)}: {'; '.join(map(_operation, migration.operations)) or 'empty'}"


def _operation(operation: Operation | Opaque) -> str:
    if isinstance(operation, Opaque):
        return "opaque"
    if operation.state:
        return f"state only {'; '.join(map(_operation, operation.state))}"
    if operation.database:
        return f"database only {'; '.join(map(_operation, operation.database))}"
    names = [text(operation.argument(name)) for name in ("model_name", "name")]
    words = f"{operation.kind} {'.'.join(name for name in names if name)}".strip()
    field = operation.argument("field")
    if operation.kind == "AlterField" and isinstance(field, Call):
        words += f" to {render(dict(field.kwargs)['max_length'])}"
    return f"conditional {words}" if operation.conditional else words
