"""The failures for which the proof refused a plan, and the decisions that the user can make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from stitchback.model.matches import Verdict
from stitchback.model.plans import CandidateReach, Failure, Refuted
from stitchback.model.problems import ProblemKind
from stitchback.planning.outcomes import (
    DECISION,
    DISAGREEMENT,
    NO_PROOF,
    NO_STRATEGY,
    NO_TIME,
    Unproved,
)
from stitchback.planning.reports import Status
from stitchback.reporting.difference_text import ONE_SIDED, Refs
from stitchback.reporting.grouping import MatchRow, rows
from stitchback.reporting.layout import (
    BLANK,
    Line,
    aligned,
    bold,
    cells,
    cyan,
    dim,
    listed,
    plain,
    red,
    wrapped,
)
from stitchback.reporting.population_groups import fails_for, works_for
from stitchback.reporting.status_text import BELOW, counted, match_lines
from stitchback.strategies.search import Composition

REASONS = {
    DECISION: "a person has to decide first",
    DISAGREEMENT: "the simulation and the rehearsal disagree",
    NO_TIME: "the rehearsal takes too long",
    NO_PROOF: "every plan that was tried fails for some databases",
    NO_STRATEGY: "no strategy fits these migrations",
}
WORKS, FAILS = "works for", "does not work for"
WIDEST_NAMES = 24
MOST_REFUSED = 4
MOST_BLOCKING = 10  # rows with one and the same decision
DECISIONS = {
    Verdict.CONTRARY: (
        "Decide which side is right:",
        "if {mainline} is right: undo the change on {patch} with a new migration, release that, and plan again;",
        "if {patch} is right: undo the change on {mainline} with a new migration, and plan again.",
    ),
    Verdict.DIFFERENT: (
        "Converting the column loses values that databases of {patch} have. Decide which type is right:",
        "if {mainline}'s: convert the values on {patch} with a new migration that ends with that type, release that, and plan again;",
        "if {patch}'s: alter the column to that type on {mainline} with a new migration, and plan again.",
    ),
    Verdict.OPAQUE: (
        "stitchback has to read it before it can plan:",
        "write it plainly (a list of Django's operations), on its branch;",
        "if it depends on a setting that is the same for every database, give the setting's value in pyproject.toml, [tool.stitchback.settings];",
        'or declare in pyproject.toml which of Django\'s operations its class is equal to, [tool.stitchback.operation_equivalents]: "pkg.AddFieldSafely" = "AddField".',
    ),
}

ALLOWED_BY = {
    ProblemKind.DATA_REPEATED: ("repeat", "may run more than once on a database"),
    ProblemKind.DATA_NOT_RUN: ("miss", "need not run on every database"),
    ProblemKind.DATA_DROPPED: ("miss", "need not run on every database"),
}
REMOVED_BY_PATCH = (
    "Databases of {patch} lack what {mainline}'s migrations alter:",
    "to keep it: recreate it on {patch} in a new migration, with the definition that it has on {mainline} now, release that, and plan again;",
    "to remove it: recreate it in the same way, release that, plan again and apply the plan; then remove it on {mainline} in a new migration.",
)


def refused_lines(heading: str, refuted: Sequence[Refuted], *, verbose: bool) -> Iterator[Line]:
    """Candidates that failed the proof, each with its first failure."""
    shown = refuted if verbose else _different(refuted)[:MOST_REFUSED]
    if not shown:
        return
    yield (bold(heading),)
    width = min(max(cells(_names(refusal)) for refusal in shown), WIDEST_NAMES)
    for refusal in shown:
        for failure in refusal.failures[: 3 if verbose else 1]:
            yield from listed(red(_names(refusal)), _failure(failure), 2, width)
    if len(shown) < len(refuted):
        yield from wrapped((dim(f"and {len(refuted) - len(shown)} more, which `-v` lists"),), 2)
    yield BLANK


def disagreement_lines(refuted: Sequence[Refuted]) -> Iterator[Line]:
    """SB413: plans that the first engine accepted and the rehearsal refuses, with both results."""
    found = [refusal for refusal in refuted if refusal.contradicted is not None]
    if not found:
        return
    yield from wrapped(
        (red(DISAGREEMENT), plain("  the two checks disagree, so these plans are refused:")), 0, 7
    )
    for refusal in found:
        assert refusal.contradicted is not None
        kinds = counted(len(refusal.contradicted.outcomes), "kind")
        runs = counted(refusal.contradicted.simulated_runs, "run")
        first = refusal.failures[0]
        simulated = f"the simulation: {kinds} of database, {runs}, no failure"
        seen = f"the rehearsal: {first.population}, {first.step}: {first.message}"
        yield from wrapped((bold(_names(refusal)), plain(f"  {simulated}")), 2, 4)
        yield from wrapped((plain(seen),), 4, 4)
    said = "One of them is wrong. Please report it, with this output and the migrations that it names"
    yield from wrapped((cyan("hint "), plain(f"{said} (`stitchback explain {DISAGREEMENT}`).")), 0, 5)
    yield BLANK


def no_time_lines(refuted: Sequence[Refuted]) -> Iterator[Line]:
    """SB414: plans that the first engine accepted and that exceeded the rehearsal's time limit."""
    found = next((refusal for refusal in refuted if refusal.missed), None)
    if found is None:
        return
    said = f"  there was not enough time to rehearse {'; '.join(found.missed)}, so no plan is proved."
    yield from wrapped((red(NO_TIME), plain(said)), 0, 7)
    said = f"Allow more time in pyproject.toml (`stitchback explain {NO_TIME}`), and plan again:"
    yield from wrapped((cyan("hint "), plain(said)), 0, 5)
    yield (plain("     [tool.stitchback]"),)
    yield (plain("     rehearsal_most_seconds = 600"),)
    yield BLANK


def _different(refuted: Sequence[Refuted]) -> tuple[Refuted, ...]:
    """The first of the candidates with equal failures: mixtures of strategies share the failures of their parts."""
    return tuple({refusal.failures[:1]: refusal for refusal in reversed(refuted)}.values())[::-1]


def _names(refusal: Refuted) -> str:
    """The strategies; a plan without any leaves mainline as it is."""
    return ", ".join(sorted(set(refusal.candidate.strategies.values()))) or "as it is"


def _failure(failure: Failure) -> Iterator[Text]:
    """The database, the rollout, the step in it and the message."""
    yield plain(failure.population)
    yield plain(f"{failure.rollout}: {failure.step}")
    yield from map(dim, failure.message.splitlines())


def unproved_lines(unproved: Unproved, status: Status, *, verbose: bool) -> Iterator[Line]:
    reason = f"  {REASONS[unproved.code]}. Nothing was written."
    yield from wrapped((red(f"Refused: no plan could be proved. {unproved.code}"), plain(reason)), 0, 2)
    yield BLANK
    for side in status.case.sides:
        refs = Refs(side.patch.tree.ref, status.case.situation.mainline.ref)
        blocking = tuple(match for match in side.comparison.matches if match in unproved.blocking)
        by_decision: dict[tuple[str, ...], list[MatchRow]] = {}
        for row in rows(blocking):
            by_decision.setdefault(_decisions(row), []).append(row)
        for decisions, alike in by_decision.items():
            shown = alike if verbose else alike[:MOST_BLOCKING]
            yield from match_lines(shown, refs)
            if len(shown) < len(alike):
                yield from wrapped((dim(f"and {len(alike) - len(shown)} more, which `-v` lists"),), 2)
            yield from _decision_lines(decisions, refs)
    if not unproved.refuted and not unproved.blocking:
        yield from wrapped((plain(_without_a_place(unproved, status)),), 0)
        yield BLANK
    yield from refused_lines("Plans that were tried and refused", unproved.refuted, verbose=verbose)
    yield from disagreement_lines(unproved.refuted)
    yield from no_time_lines(unproved.refuted)
    yield from _agreement_lines(unproved.refuted)
    yield from _alone_lines(unproved)
    yield from _best_lines(unproved.best, status)


def _best_lines(best: CandidateReach | None, status: Status) -> Iterator[Line]:
    """Which databases the best plan works for, and which it fails for."""
    if best is None:
        return
    names = sorted(set(best.candidate.strategies.values()))
    mainline = status.case.situation.mainline.ref
    head = (
        f"Best plan: {', '.join(names)}" if best.candidate.edits else f"Without a plan, {mainline} as it is"
    )
    yield from wrapped((bold(head),))
    for label, titles in ((WORKS, works_for(best)), (FAILS, fails_for(best))):
        yield from listed(plain(label), map(plain, titles or ("no database",)), 2, len(FAILS))
    yield BLANK


def _alone_lines(unproved: Unproved) -> Iterator[Line]:
    """Which parts of the patch branch have a plan alone."""
    if not unproved.alone:
        return
    yield from wrapped((bold("Planned alone"), plain(", as if the branch had changed nothing else")))
    rows = [
        ((plain(", ".join(apps)),), (red("no plan") if found is None else plain(_alone(found)),))
        for apps, found in unproved.alone.items()
    ]
    yield from aligned(rows, 2) or (
        line for apps, text in rows for line in wrapped((*apps, plain("  "), *text), 2, 4)
    )
    yield BLANK


def _alone(found: Composition) -> str:
    names = sorted(set(found.candidate.strategies.values()))
    return ", ".join(names) or "nothing to write"


def _agreement_lines(refuted: Sequence[Refuted]) -> Iterator[Line]:
    """The configuration that allows a refused data operation; the user decides."""
    problems = (failure.problem for refusal in refuted for failure in refusal.failures)
    found = next((each for each in problems if each.kind in ALLOWED_BY and any(each.migrations)), None)
    if found is None:
        return
    way, said = ALLOWED_BY[found.kind]
    said = f"If this data operation {said}, declare that in pyproject.toml, with the reason:"
    yield from wrapped((cyan("hint "), plain(said)), 0, 5)
    for line in (
        "[[tool.stitchback.data]]",
        f'migration = "{next(found.migrations)}"',
        f'may = ["{way}"]',
        'reason = "…"',
    ):
        yield (plain(f"     {line}"),)
    yield BLANK


def _without_a_place(unproved: Unproved, status: Status) -> str:
    situation = status.case.situation
    if not unproved.unplaced and situation.policy.strategy is not None:
        return f"Strategy {situation.policy.strategy} fits no migration here. Without --strategy, stitchback tries all that fit."
    names = ", ".join(map(str, unproved.unplaced)) or "the patch branch's migrations"
    return f"No strategy can bring {names} into {situation.mainline.ref}; the comparison and the findings above show why."


def _decisions(row: MatchRow) -> tuple[str, ...]:
    one_sided = row.verdict is Verdict.CONTRARY and ONE_SIDED in row.differences and not row.gone
    return REMOVED_BY_PATCH if one_sided else DECISIONS.get(row.verdict, ())


def _decision_lines(decisions: Sequence[str], refs: Refs) -> Iterator[Line]:
    for number, text in enumerate(decisions):
        said = text.format(mainline=refs.mainline, patch=refs.patch)
        yield from wrapped((plain("" if number == 0 else "- "), plain(said)), BELOW, 2 if number else 0)
    yield BLANK
