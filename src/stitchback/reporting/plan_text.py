"""`plan` as text: written files with reasons, the proof, manual steps, and alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from stitchback.matching.case import Case
from stitchback.model.edits import FileEdit
from stitchback.model.findings import Finding
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate, Damages, Leaves, Proof, SafePlan
from stitchback.planning.outcomes import Planned, Unproved
from stitchback.planning.prices import Price, price_of
from stitchback.planning.reports import PlanReport
from stitchback.reporting.edit_words import migration_effects, verb
from stitchback.reporting.finding_text import finding_lines
from stitchback.reporting.layout import (
    BLANK,
    Cell,
    Line,
    Style,
    aligned,
    bold,
    diff_lines,
    dim,
    green,
    plain,
    styled,
    wrapped,
    yellow,
)
from stitchback.reporting.next_steps import plan_next
from stitchback.reporting.population_groups import PopulationGroup, groups
from stitchback.reporting.refusal_text import disagreement_lines, refused_lines, unproved_lines
from stitchback.reporting.status_text import counted, coverage_lines, side_lines
from stitchback.reporting.strategy_names import selecting
from stitchback.strategies import ALL

VERBS = {
    "new": Style.GREEN,
    "bring": Style.GREEN,
    "move": Style.YELLOW,
    "edit": Style.YELLOW,
    "delete": Style.RED,
}
BELOW = 11  # indentation below a file's path
LABEL = 16  # columns of the labels next to the kinds of database


def plan_lines(report: PlanReport, diffs: Sequence[str], *, verbose: bool) -> Iterator[Line]:
    yield from outcome_lines(report, verbose=verbose)
    for diff in diffs:
        yield BLANK
        yield from diff_lines(diff)
    yield from plan_next(report, shown=bool(diffs))


def outcome_lines(report: PlanReport, *, verbose: bool) -> Iterator[Line]:
    """Both sides, the findings, and the plan with its proof or why there is none."""
    shown_below = report.outcome.blocking if isinstance(report.outcome, Unproved) else ()
    yield from side_lines(report.status, verbose=verbose, without=shown_below)
    yield from finding_lines(report.status.findings, verbose=verbose)
    match report.outcome:
        case Planned() as planned if planned.changes_nothing:
            yield from _nothing_to_write(report, planned.chosen.proof)
            yield BLANK
            yield from proof_lines(planned.chosen.proof, report.findings, verbose=verbose)
            yield from disagreement_lines(planned.refuted)
        case Planned() as planned:
            yield from chosen_lines(planned.chosen, report.status.case.situation.mainline)
            yield from proof_lines(planned.chosen.proof, report.findings, verbose=verbose)
            yield from other_lines(planned.others, report.status.case)
            yield from refused_lines("Other strategies, refused", planned.refuted, verbose=verbose)
            yield from disagreement_lines(planned.refuted)
        case Unproved() as unproved:
            yield from unproved_lines(unproved, report.status, verbose=verbose)
    yield from coverage_lines(report.status.coverage)


def _nothing_to_write(report: PlanReport, proof: Proof) -> Iterator[Line]:
    if report.lost_data:
        names = "Both branches have a migration of the same name with different data operations (SB205 above), and no plan can run both."
        yield from wrapped(
            (yellow(f"Nothing to write. {names} Decide whether a database may miss one of them."),)
        )
        return
    if report.not_loaded:
        refs = ", ".join(dict.fromkeys(finding.ref for finding in report.not_loaded))
        said = f"Nothing to write. Django does not load {refs} (SB301 above), so no database has its migrations. Correct their dependencies there."
        yield from wrapped((yellow(said),))
        return
    if not proof.broken_on_mainline:
        yield (green("Nothing to write: these databases can be migrated with the tree as it is."),)
        return
    many = "Some databases fail" if len(proof.broken_on_mainline) > 1 else "One database fails"
    said = f'Nothing to write. {many} to migrate even without the patch branch; see "left out" below.'
    yield from wrapped((yellow(said),))


def chosen_lines(plan: SafePlan, before: Tree) -> Iterator[Line]:
    names = strategies(plan.candidate)
    summaries = _summaries(plan.candidate)
    label = "strategies" if len(summaries) > 1 else "strategy"
    by = f" ({label} {names})" if names else ""
    yield from wrapped((bold("Plan"), plain(f"{by}: {cost(price_of(plan))}")), 0, 2)
    for name, summary in summaries.items():
        yield from wrapped((dim(f"{name}: {summary}" if len(summaries) > 1 else summary),), 2)
    yield BLANK
    for edit in plan.candidate.edits:
        yield from _edit_lines(edit, before)
    for remark in plan.candidate.remarks:
        yield from wrapped((yellow("note   "), plain("  "), plain(remark.text)), 2, 9)
    yield BLANK


def _summaries(candidate: Candidate) -> dict[str, str]:
    """What each strategy of the plan does, in the strategies' order."""
    used = {name for joined in candidate.strategies.values() for name in joined.split("+")}
    return {strategy.name: strategy.summary for strategy in ALL if strategy.name in used}


def strategies(candidate: Candidate) -> str:
    """ "diamond", or one strategy for each app if they differ: "shop: diamond, billing: merge"."""
    names = set(candidate.strategies.values())
    if len(names) <= 1:
        return "".join(names)
    return ", ".join(f"{app}: {name}" for app, name in sorted(candidate.strategies.items()))


def cost(price: Price) -> str:
    said = [counted(price.files, "file")]
    if price.conditional:
        looks = "checks" if price.conditional == 1 else "check"
        said.append(f"{counted(price.conditional, 'operation')} that {looks} the database")
    needs = "needs a manual step" if price.manual_steps == 1 else "need a manual step"
    said.append(
        f"{counted(price.manual_steps, 'kind')} of database {needs}"
        if price.manual_steps
        else "no manual step"
    )
    if price.damages:
        said.append("silent damage if it is forgotten")
    return ", ".join(said)


def _edit_lines(edit: FileEdit, before: Tree) -> Iterator[Line]:
    done = verb(edit, before)
    yield from wrapped((styled(VERBS[done], f"{done:<7}"), plain("  "), bold(edit.path)), 2, 9)
    said = "; ".join(migration_effects(edit, before))
    if said:
        yield from wrapped((plain(said),), BELOW)


def proof_lines(proof: Proof, findings: Sequence[Finding], *, verbose: bool) -> Iterator[Line]:
    """The result of the proof. `findings`: those of the proof. A database that a finding describes in full gets only one line, even if the finding is
    suppressed."""
    said = f" with Django {proof.django}'s own loader and executor: {counted(len(proof.outcomes), 'kind')} of database, "
    yield from wrapped((bold("Proved"), plain(f"{said}{counted(proof.simulated_runs, 'run')}, no failure")))
    yield from rehearsal_lines(proof, verbose=verbose)
    if verbose:
        graph = (
            f"{counted(proof.sliced_to, 'migration')} in the graph, {proof.left_out} left out as irrelevant"
        )
        yield from wrapped((dim(graph),), 2)
    yield BLANK
    found = groups(proof.outcomes)
    yield from _manual_steps([group for group in found if not group.needs_manual_step], verbose=verbose)
    yield from _manual_steps([group for group in found if group.needs_manual_step], verbose=verbose)
    for broken_on_mainline in proof.broken_on_mainline:
        said = f"{str(broken_on_mainline).rstrip('.')}. This happens on mainline even without this plan, according to its migrations"
        yield from wrapped((yellow(f"{'left out':<{LABEL}}"), plain(said)), 2, LABEL)
    for code in sorted({finding.code for finding in findings}):
        yield from wrapped((bold(code), dim(f"  `stitchback explain {code}` shows what to do")), LABEL + 2, 7)
    for agreement in proof.agreed:
        yield from wrapped((dim(f"{'declared':<{LABEL}}"), plain(agreement)), 2, LABEL)
    for bound in proof.bounded:
        yield from wrapped((yellow(f"{'not tried':<{LABEL}}"), plain(bound)), 2, LABEL)
    yield BLANK


def rehearsal_lines(proof: Proof, *, verbose: bool) -> Iterator[Line]:
    """The databases that were rehearsed, and what could not be rehearsed."""
    done = proof.rehearsal
    if done is None:
        return
    many = f"{done.rehearsed} of {counted(done.total, 'kind')} of database"
    yield from wrapped((bold("Rehearsed"), plain(f" by Django {done.django} on SQLite: {many}, no failure")))
    if done.aside and not verbose:
        first, more = done.aside[0], len(done.aside) - 1
        text = f"not exactly rehearsed: {first}" + (f"; and {more} more, which `-v` lists" if more else "")
        yield from wrapped((dim(text),), 2)
    for text in done.aside if verbose else ():
        yield from wrapped((dim(f"not exactly rehearsed: {text}"),), 2)


def _manual_steps(found: Sequence[PopulationGroup], *, verbose: bool) -> Iterator[Line]:
    label = (
        yellow("manual step") if any(group.needs_manual_step for group in found) else green("no manual step")
    )
    for group in found:
        yield from _group_lines(label, group)
        label = plain("")
        if verbose and group.kinds > 1:
            for outcome in group.outcomes:
                yield from wrapped((dim(outcome.population.name),), LABEL + 4)


def _group_lines(label: Text, group: PopulationGroup) -> Iterator[Line]:
    kinds = dim(f" ({counted(group.kinds, 'kind')} of database)") if group.kinds > 1 else plain("")
    gap = plain(" " * (LABEL - label.cell_len))
    yield from wrapped((label, gap, plain(group.title), kinds), 2, LABEL)
    if group.finish is not None:
        target = ", ".join(map(str, group.finish.target))
        said = f"finish first: run `migrate` with the code of {group.finish.ref}, without this plan, up to "
        yield from wrapped((dim(said), plain(target)), LABEL + 4, 2)
    if group.inserts:
        many = "insert these rows" if len(group.inserts) > 1 else "insert this row"
        when = "then " if group.finish else ""
        names = ", ".join(map(str, group.inserts))
        yield from wrapped(
            (dim(f"{when}{many} into django_migrations before the deploy: "), plain(names)), LABEL + 4, 2
        )
    for forgotten in group.forgotten:
        style = yellow if isinstance(forgotten, Damages | Leaves) else dim
        yield from wrapped((dim("if forgotten: "), style(str(forgotten))), LABEL + 4, 2)


def other_lines(others: Sequence[SafePlan], case: Case) -> Iterator[Line]:
    """The other proved plans, with their price and the option that selects them."""
    if not others:
        return
    yield (bold("Also proved"),)
    rows = [_other_cells(other, case) for other in others]
    yield from aligned(rows, 2) or _unaligned(rows)
    yield BLANK


def _other_cells(other: SafePlan, case: Case) -> tuple[Cell, ...]:
    """The names of the strategies only where the option does not have them."""
    name, names = selecting(other.candidate, case), strategies(other.candidate)
    choice = plain(f"--strategy {name}") if name else dim("(combined)")
    price = cost(price_of(other))
    return ((choice,), (dim(price if name == names else f"{names}; {price}"),))


def _unaligned(rows: Iterable[Sequence[Cell]]) -> Iterator[Line]:
    for choice, price in rows:
        yield from wrapped(choice, 2, 4)
        yield from wrapped(price, 6)
