"""`resolve` for people, at most 80 columns: which side came how, the plan, its proof, and the commands that come next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stitchback.hazards.several_leaves import SeveralLeaves
from stitchback.model.keys import MigrationKey
from stitchback.planning.outcomes import Planned, Unproved
from stitchback.planning.reports import Pair, PlanReport, ResolvedLeaves
from stitchback.reporting.edit_words import operation_words
from stitchback.reporting.finding_text import finding_lines
from stitchback.reporting.layout import BLANK, Line, bold, diff_lines, dim, green, plain, wrapped, yellow
from stitchback.reporting.next_steps import apply_next, refusal_steps, step_lines
from stitchback.reporting.plan_text import chosen_lines, proof_lines
from stitchback.reporting.refusal_text import unproved_lines
from stitchback.reporting.status_text import counted

NOTHING = "Nothing to resolve: each app has one leaf node."
WIDTH = 80
MOST_PAIRS = 4
ORIGINS = {
    "merge": "{others} is being merged into {onto}.",
    "rebase": "A rebase is going on: {others} is being replayed.",
    "cherry-pick": "A cherry-pick is going on: {others}.",
    "uncommitted": "The second leaf node is in uncommitted files.",
    "merge commit": "The merge of {others} brought the second leaf node.",
    "commit": "The second leaf node came without a merge, in {others}.",
}


def resolve_lines(
    found: ResolvedLeaves, diffs: Sequence[str], *, verbose: bool, asks: bool = False
) -> Iterator[Line]:
    """`asks`: the question whether to write it follows."""
    report = found.report
    if report is None:
        yield (green(NOTHING),)
        return
    yield from _head_lines(found)
    findings = [each for each in report.status.findings if each.code != SeveralLeaves.code]
    yield from finding_lines(tuple(findings))
    match report.outcome:
        case Planned() as planned:
            yield from chosen_lines(planned.chosen, report.status.case.situation.mainline)
            yield from _settled_lines(report)
            yield from _renumbered_lines(found, report)
            yield from _pair_lines(found.pairs)
            yield from proof_lines(planned.chosen.proof, report.findings, verbose=verbose)
        case Unproved() as unproved:
            yield from unproved_lines(unproved, report.status, verbose=verbose)
            yield from step_lines(refusal_steps(unproved, report.status.case.situation))
    for diff in diffs:
        yield from diff_lines(diff)
        yield BLANK
    if report.would_change and not asks:
        yield from step_lines([("stitchback resolve --yes", "writes it, all or none")])


def _head_lines(found: ResolvedLeaves) -> Iterator[Line]:
    others = " and ".join(found.others)
    yield from wrapped((plain(ORIGINS[found.origin].format(others=others, onto=found.onto)),))
    for app, leaves in found.leaves.items():
        names = ", ".join(leaf.name for leaf in leaves)
        yield from wrapped((bold(app), plain(f" has {len(leaves)} leaf nodes: {names}")), 2, 2)
    yield BLANK


def _settled_lines(report: PlanReport) -> Iterator[Line]:
    for path in report.settled:
        yield from wrapped((yellow("settle "), plain("  "), bold(path), dim("  has conflict markers")), 2, 9)
    if report.settled:
        yield BLANK


def _renumbered_lines(found: ResolvedLeaves, report: PlanReport) -> Iterator[Line]:
    """What no database can have applied, and the reason; else why the chain is not renumbered."""
    if found.renumbered:
        names = ", ".join(map(str, found.renumbered))
        why = f"No database can have {names}: no remote branch, tag or release branch has the file, and no ledger given has the row ({counted(found.searched, 'place')} searched). So the chain goes behind the other side's."
        yield from wrapped((yellow("note   "), plain("  "), plain(why)), 2, 9)
        yield from wrapped((plain("If your own database has it, take it back before you go on:"),), 11)
        for command in undo_commands(found.renumbered, report):
            yield (plain(f"           {command}"),)
        for path in found.mentions:
            yield from wrapped((plain(f"{path} names one of them: change it too."),), 11, 2)
        yield BLANK
    elif found.evidence:
        key, where = found.evidence[0]
        why = f"Databases may have both sides ({key} is on {where}), so no migration is renumbered."
        yield from wrapped((dim(why),), 2)
        yield BLANK
    elif not found.knows_pushed:
        why = "There is no remote-tracking branch to show what was pushed, so no migration is renumbered."
        yield from wrapped((dim(why),), 2)
        yield BLANK


def undo_commands(renumbered: Sequence[MigrationKey], report: PlanReport) -> Iterator[str]:
    """`manage.py migrate APP NAME`, one an app, for a database that has the chain: up to where it begins."""
    chain = set(renumbered)
    migrations = report.status.case.situation.mainline.migrations
    for app in sorted({key.app for key in renumbered}):
        parents = [p for key in renumbered if key.app == app for p in migrations[key].parents if p.app == app]
        before = sorted(parent.name for parent in parents if parent not in chain)
        yield f"python manage.py migrate {app} {before[0] if before else 'zero'}"


def _pair_lines(pairs: Sequence[Pair]) -> Iterator[Line]:
    """Both operations, where their order matters."""
    for ref, one, other_ref, other in pairs[:MOST_PAIRS]:
        text = "These two stay side by side, and their order makes a difference; each database runs them in the order in which it meets them:"
        yield from wrapped((yellow("warning"), plain("  "), plain(text)), 2, 9)
        for name, migration in ((ref, one), (other_ref, other)):
            words = "; ".join(map(operation_words, migration.operations))
            yield from wrapped((bold(str(migration.key)), dim(f" of {name}: "), plain(words)), 11, 2)
    if len(pairs) > MOST_PAIRS:
        yield from wrapped((dim(f"and {len(pairs) - MOST_PAIRS} more such pairs"),), 11)
    if pairs:
        yield BLANK


def resolved_next(
    found: ResolvedLeaves, paths: Sequence[str], kept: Mapping[str, str], *, adds_nothing: bool = False
) -> Iterator[Line]:
    """After the files were written: what is left to be settled, then the commands."""
    if found.unsettled:
        yield BLANK
        yield from wrapped((yellow("Settle these conflicts first, and `git add` the files:"),))
        for path in found.unsettled:
            yield (plain(f"  {path}"),)
    if found.report is not None:
        apps = ", ".join(found.leaves)
        subject = f"Resolve the leaf nodes of {apps}" if apps else ""
        yield from apply_next(found.report, paths, None, subject, adds_nothing=adds_nothing)
    for path, blob in kept.items():
        yield from wrapped((dim(f"{path} as it was: git cat-file -p {blob[:12]}"),), 2, 2)
