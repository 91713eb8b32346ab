"""The next command, ready to paste."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stitchback.model.files import Kind, Unfinished, folders_of
from stitchback.model.findings import Severity
from stitchback.model.ledger import Ledger
from stitchback.model.plans import MAINLINE, Situation
from stitchback.planning.outcomes import Planned, Unproved
from stitchback.planning.reports import PlanReport, Status
from stitchback.reporting.layout import BLANK, Line, aligned, bold, dim, plain, wrapped
from stitchback.reporting.population_groups import groups

WORKTREE = "WORKTREE"
REPAIR = "stitchback repair --database URL"
NOT_KNOWN = "Some files could not be read (see the findings), so more may be left to reconcile."
Step = tuple[str, str]  # the command and its description


def status_next(status: Status) -> Iterator[Line]:
    if not status.case.units:
        yield BLANK
        yield from wrapped((plain(_nothing_left(status)),))
        return
    steps = [(command("plan", status.case.situation), "show a proved plan; writes nothing")]
    if status.unfinished is not None:
        steps.append(("stitchback resolve", f"resolve it in the unfinished {status.unfinished.kind.value}"))
    yield from step_lines(steps)


def _nothing_left(status: Status) -> str:
    if status.has_unread:
        return NOT_KNOWN
    if any(finding.severity is Severity.ERROR for finding in status.findings):
        return "No patch migration is left to reconcile, but the errors above remain."
    return "Nothing is left to reconcile."


def plan_next(report: PlanReport, *, shown: bool) -> Iterator[Line]:
    """The next steps after `plan`. `shown`: whether the diffs were already shown."""
    situation = report.status.case.situation
    if not report.would_change:
        yield from _without_plan(report)
        return
    steps = [] if shown else [(command("plan", situation, "--diff"), "show the changes of the files")]
    steps.append((command("apply", situation, *_place(situation)), "write the files, all or none"))
    steps.append((command("verify", situation), "test the plan on new, real databases"))
    if isinstance(report.outcome, Planned) and report.outcome.chosen.proof.manual_steps:
        steps.append((command("plan", situation, "--out", "DIR"), "write the runbook and the SQL"))
        steps.append((REPAIR, "after apply: the SQL for one database"))
    yield from step_lines(steps)


def apply_next(
    report: PlanReport,
    paths: Sequence[str],
    branch: str | None,
    subject: str = "",
    *,
    adds_nothing: bool = False,
) -> Iterator[Line]:
    """After the files were written: the commit (made already where a branch was written to), then the databases that need a row.
    `subject`: of the commit's message, where it is not the patch branches' names. `adds_nothing`: whether there is nothing to commit."""
    situation = report.status.case.situation
    if branch is None:
        steps = [commit_step(report, paths, subject, adds_nothing=adds_nothing)]
    else:
        steps = [(f"git merge {shlex.quote(branch)}", f"merge the commit into {situation.mainline.ref}")]
    outcome = report.outcome
    manual = (
        []
        if not isinstance(outcome, Planned)
        else [g for g in groups(outcome.chosen.proof.outcomes) if g.needs_manual_step]
    )
    if manual:
        steps.append((REPAIR, "print the SQL for one database"))
    yield from step_lines(steps)
    if manual:
        yield BLANK
        yield (bold("Databases that need a manual step before the deploy"),)
    for group in manual:
        finish = (
            f"finish first, with the code of {group.finish.ref}, without this plan" if group.finish else ""
        )
        rows = f"a row for {', '.join(map(str, group.inserts))}" if group.inserts else ""
        said = "; then ".join(filter(None, (finish, rows)))
        yield from wrapped((plain(group.title), dim(": "), plain(said)), 2, 2)


def commit_step(
    report: PlanReport, paths: Sequence[str], subject: str = "", *, adds_nothing: bool = False
) -> Step:
    """The commit of the plan's files in the working tree."""
    patches = ", ".join(patch.tree.ref for patch in report.status.case.situation.patches)
    message = shlex.quote(subject or f"Stitch the migrations of {patches}")
    folders = (f":/{folder}" for folder in folders_of(paths))
    add = " ".join(map(shlex.quote, ["git", "add", "--", *folders]))
    unfinished = report.status.unfinished
    if not adds_nothing or (unfinished is not None and unfinished.kind is Kind.MERGE):
        return (f"{add} && {_commit(unfinished, message)}", "commit the files")
    if unfinished is None:
        return (add, "nothing is left to commit")
    return (f"{add} && git {unfinished.kind.value} --skip", "nothing is left of the commit")


def _commit(unfinished: Unfinished | None, message: str) -> str:
    """The command that commits: the one that git asks for where it has begun something."""
    match unfinished.kind if unfinished else None:
        case None:
            return f"git commit -m {message}"
        case Kind.MERGE:
            return "git commit --no-edit"
        case Kind.REBASE:
            return "git rebase --continue"
        case Kind.CHERRY_PICK:
            return "git cherry-pick --continue"


def _without_plan(report: PlanReport) -> Iterator[Line]:
    if isinstance(report.outcome, Unproved):
        yield from step_lines(refusal_steps(report.outcome, report.status.case.situation))
    elif isinstance(report.outcome, Planned) and report.outcome.chosen.proof.broken_on_mainline:
        yield from step_lines([(REPAIR, "show what such a database lacks, and whether rows correct it")])
    elif report.exit_code == 0 and any(side.sides.known for side in report.status.case.sides):
        yield from step_lines([(REPAIR, "show whether a database from before the plan needs a row")])


def refusal_steps(unproved: Unproved, situation: Situation) -> list[Step]:
    """The commands that may lead to a plan, the explanation last."""
    steps = []
    policy, best = situation.policy, unproved.best
    if policy.strategy is not None:
        without = replace(situation, policy=replace(policy, strategy=None))
        steps.append((command("plan", without), "try every strategy"))
    if policy.zero_touch:
        without = replace(situation, policy=replace(policy, zero_touch=False))
        steps.append((command("plan", without), "accept a plan with manual steps"))
    unmerged = [patch.tree.ref for patch in situation.patches if not patch.merged]
    if unmerged and any(failure.git_brings_it for each in unproved.refuted for failure in each.failures):
        merge = " ".join(map(shlex.quote, ["git", "merge", *unmerged]))
        steps.append((merge, "bring the code that the migrations import; then plan again"))
    only_mainlines = best is not None and {each.lineage for each in best.fails} == {MAINLINE}
    if only_mainlines and not policy.unreleased and len(situation.patches) == 1:
        fork = situation.patches[0].fork.commit[:12]
        said = f"if no database has a migration of {situation.mainline.ref} since then"
        steps.append((command("plan", situation, "--unreleased-since", fork), said))
    steps.append((f"stitchback explain {unproved.code}", "what you can change, and how"))
    return steps


def _place(situation: Situation) -> tuple[str, ...]:
    return () if situation.mainline.commit == WORKTREE else ("--branch", "NAME")


def step_lines(steps: Sequence[Step]) -> Iterator[Line]:
    yield BLANK
    yield (bold("Next"),)
    table = aligned([((plain(text),), (dim(what),)) for text, what in steps], 2)
    yield from table or (
        line for text, what in steps for line in ((plain(f"  {text}"),), (dim(f"      {what}"),))
    )


def command(name: str, situation: Situation, *more: str) -> str:
    """The command with the refs and the policy of this run. Values from the configuration are repeated, which does no harm."""
    words = ["stitchback", name, *(patch.tree.ref for patch in situation.patches)]
    if situation.mainline.commit != WORKTREE:
        words += ["--onto", situation.mainline.ref]
    policy = situation.policy
    if policy.strategy:
        words += ["--strategy", policy.strategy]
    if policy.zero_touch:
        words.append("--zero-touch")
    for ledger in situation.ledgers:
        words += ["--ledger", ledger.source]
    return " ".join([*map(shlex.quote, words), *more])


def repair_command(ledger: Ledger) -> str:
    """The repair command for this ledger: of a database (an alias, or a URL without a password), of all schemas of one, or of a file."""
    source = ledger.source
    if ledger.schema:
        address = source.removesuffix(f", schema {ledger.schema}")
        return (
            f"stitchback repair --schemas {shlex.quote(address) if '***' not in address else 'URL'} --out DIR"
        )
    if not ledger.is_live:
        return f"stitchback repair --ledger {shlex.quote(source)} --vendor VENDOR"
    return f"stitchback repair --database {shlex.quote(source)}" if "***" not in source else REPAIR
