"""Plans a case: returns a proved plan, or the reasons why none could be proved."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.matching.histories import histories
from stitchback.matching.renamed_labels import asks_for_old_label, unnamed_successors
from stitchback.matching.sides import removed_apps
from stitchback.model.atoms import Atom, Shape
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import PossibleFolder, Tree, Unreadable, UnreadSetting, configuration_of
from stitchback.model.plans import (
    EVERY_DATABASE,
    MAINLINE,
    Candidate,
    CandidateReach,
    Refuted,
    SafePlan,
    Situation,
)
from stitchback.model.state import Field
from stitchback.planning.app_by_app import PlannedAlone, Prove, planned_alone
from stitchback.planning.outcomes import Planned, Unproved
from stitchback.planning.prices import price, price_of
from stitchback.schema.column_values import keeps_values
from stitchback.strategies import ALL, Strategy, unplaced
from stitchback.strategies.choices import Choice, WantedStrategies
from stitchback.strategies.search import compositions, mixtures, uniform

NOT_TRIED = "No plan was tried: before this is corrected, it is not known which databases a plan works for."
MOST_LISTED = 2  # how many plans besides the chosen one are proved and listed with their price
MOST_COMPARED = 6  # how many refused candidates are compared by the databases that they work for
MOST_TRIED = 24  # how many candidates are tried if all that passed are second choices

FindReach = Callable[[Candidate, Situation], CandidateReach]


def plan(
    case: Case,
    prove: Prove,
    order: Sequence[Strategy] = ALL,
    *,
    beside: Prove | None = None,
    find_reach: FindReach | None = None,
    first_only: bool = False,
) -> Planned | Unproved:
    """The cheapest plan that passes the proof. `beside`: the proof for plans that are only listed, if it differs; the chosen plan is always proved by
    `prove`. `find_reach`: finds which databases a refused plan works for; None: that is not of interest. `first_only`: one proved plan is enough, whether or
    not it is the cheapest. Raises EnvironmentProblem (SB402) for an unknown strategy."""
    wanted = WantedStrategies.parse(case.situation.policy.strategy)
    _refuse_unknown_strategies(wanted, case, [strategy.name for strategy in order])
    _refuse_unknown_packages(case)
    _refuse_homeless(case)
    _refuse_unread_settings(case)
    _refuse_self_replacing(case)
    _refuse_unread(case)
    _refuse_renamed(case)
    _refuse_own_behaviour(case)
    _refuse_label_without_replaces(case)
    _refuse_old_label_in_code(case)
    blocking = _blocking(case)
    if blocking:
        unread = any(match.verdict is Verdict.OPAQUE for match in blocking)
        best = None if unread or find_reach is None else _best((), case, find_reach)
        return Unproved((), blocking, best=best)
    mixed = mixtures(case, order, wanted)
    alone = planned_alone(case, prove, order, wanted) if mixed is None else None
    choices = (*uniform(case, order, wanted), *(mixed or ()), *_together(alone))
    candidates = [each.candidate for each in compositions(case, order, wanted, choices)]
    outcome = _proved(
        sorted(candidates, key=price), case.situation, prove, beside or prove, first_only=first_only
    )
    if not isinstance(outcome, Unproved):
        return outcome
    nowhere = () if candidates else unplaced(case, order)
    if not wanted.names:
        _refuse_edited(case, nowhere)
    if first_only:
        return replace(outcome, unplaced=nowhere)
    alone = alone or planned_alone(case, prove, order, wanted)
    best = _best(outcome.refuted, case, find_reach) if find_reach is not None else None
    return replace(outcome, unplaced=nowhere, alone=alone.plans, best=best)


def _best(refuted: Sequence[Refuted], case: Case, find_reach: FindReach) -> CandidateReach | None:
    """The reach of the refused candidate that fails for the fewest kinds of database; among equals, the cheapest. Databases that must never need a
    manual step count first. If there is none, mainline as it is; None if Django cannot install that either."""
    found = [each for each in refuted if not any(one.population == EVERY_DATABASE for one in each.failures)]
    distinct = tuple({each.failures[:1]: each for each in reversed(found)}.values())[::-1]
    reaches = (each.reach or find_reach(each.candidate, case.situation) for each in distinct[:MOST_COMPARED])
    best = min((each for each in reaches if each.works), key=_shortfall, default=None)
    if best is None:
        best = find_reach(Candidate({}, (), case.situation.mainline), case.situation)
    return best if best.works or best.fails else None


def _shortfall(reach: CandidateReach) -> tuple[int, int]:
    of_mainline = sum(population.lineage == MAINLINE for population in reach.fails)
    return len(reach.fails) - of_mainline, of_mainline


def _together(alone: PlannedAlone | None) -> tuple[Choice, ...]:
    choice = alone.choice if alone is not None else None
    return (choice,) if choice else ()


def _refuse_unknown_strategies(wanted: WantedStrategies, case: Case, names: Sequence[str]) -> None:
    for name in wanted.names:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Strategies: {', '.join(names)}."
            raise EnvironmentProblem("SB402", f"there is no strategy {name!r}", hint=hint)
    apps = sorted({unit.key.app for unit in case.units})
    for app in wanted.by_app:
        if app not in apps:
            hint = f"Apps with migrations to reconcile: {', '.join(apps) or 'none'}."
            raise EnvironmentProblem("SB402", f"there is nothing to reconcile in the app {app!r}", hint=hint)


def _not_tried(
    code: str, message: str, *, hint: str, evidence: tuple[str, ...], example: tuple[str, ...] = ()
) -> Refusal:
    """A refusal before any plan is tried."""
    return Refusal(code, message, hint=hint, evidence=(*evidence, NOT_TRIED), example=example)


def _refuse_unknown_packages(case: Case) -> None:
    """Refuses a case with a package whose applied migrations on the branch's databases no file contains: the user must configure them."""
    found = [(side.patch.tree.ref, package) for side in case.sides for package in side.patch.packages]
    unknown = [(ref, package) for ref, package in found if package.said is None]
    if unknown:
        labels = sorted({package.label for _, package in unknown})
        raise _not_tried(
            "SB405",
            f"{', '.join(labels)}: an installed package on {unknown[0][0]} and in {case.situation.mainline.ref}'s tree, so the migrations that those databases have applied are not known",
            hint="Declare in pyproject.toml the last one that is applied there, and plan again (stitchback explain SB308):",
            example=("[tool.stitchback.packages]", *(f'{label} = "LAST_MIGRATION"' for label in labels)),
            evidence=tuple(
                f"{package.child} of {ref} depends on {package.parent}" for ref, package in unknown
            ),
        )


def _refuse_homeless(case: Case) -> None:
    """Refuses a migration whose dependency its own branch lacks: Django never ran it, and the user must decide where it belongs."""
    for side in case.sides:
        lost = dict(MigrationGraph.raw(side.patch.tree).missing)
        homeless = [unit.key for unit in side.units if unit.key in lost and unit.twin is None]
        if homeless:
            ref = side.patch.tree.ref
            raise _not_tried(
                "SB403",
                f"{ref} has migrations that depend on migrations it lacks, so Django cannot run them there",
                hint=f"Change their dependencies to migrations that {ref} has, on that branch, and plan again.",
                evidence=tuple(f"{key} depends on {lost[key]}" for key in homeless),
            )


def _refuse_unread_settings(case: Case) -> None:
    """Refuses a setting that may name another migrations folder than those that were read: the branches' migrations there are unknown. Folders that
    no branch has changed since the fork point are accepted."""
    mainline = case.situation.mainline
    found: dict[tuple[str, UnreadSetting], None] = {}
    for side in case.sides:
        trees = (side.patch.fork, side.patch.tree, mainline)
        same = frozenset.intersection(*(_possible_folders(tree) for tree in trees))
        for tree in trees[1:]:
            for item in tree.unread_settings:
                if item.is_missing or not same.issuperset(item.candidates):
                    found[tree.ref, item] = None
    if found:
        raise _not_tried(
            "SB410",
            "MIGRATION_MODULES cannot be read, so stitchback does not know which migrations Django reads",
            hint="Configure the folders that the setting names in pyproject.toml, and plan again:",
            example=configuration_of(item for _, item in found),
            evidence=tuple(f"{item.span} on {ref}: {item.reason}" for ref, item in found),
        )


def _possible_folders(tree: Tree) -> frozenset[PossibleFolder]:
    return frozenset(each for item in tree.unread_settings for each in item.candidates)


def _refuse_self_replacing(case: Case) -> None:
    """Refuses a migration that replaces itself: Django does not run it, or does not load the tree at all (FACTS F24)."""
    trees = (case.situation.mainline, *(side.patch.tree for side in case.sides))
    found = [(tree, key) for tree in trees for key in tree.self_replacing]
    if found:
        raise _not_tried(
            "SB411",
            "migrations replace themselves: Django 6 stops at them, and Django 5 never runs them",
            hint="Remove the migration's own name from its `replaces`, on that branch (stitchback explain SB105), and plan again.",
            evidence=tuple(f"{tree.migrations[key].path} on {tree.ref}: {key}" for tree, key in found),
        )


def _refuse_unread(case: Case) -> None:
    """Refuses files that stitchback cannot read and Django may run: production may have their rows and schema objects. A file counts unless it was
    the same at the fork point. Mainline's files count only for apps that the patch changes or may change: a whole folder."""
    mainline = case.situation.mainline
    for side in case.sides:
        old = {_place_and_content(item) for item in side.patch.fork.unreadable} - {None}
        own = [item for item in side.patch.tree.unreadable if _place_and_content(item) not in old]
        apps = {unit.key.app for unit in side.units} | {item.key.app for item in own if item.key is not None}
        found = [(side.patch.tree.ref, item) for item in own]
        found += [
            (mainline.ref, item)
            for item in mainline.unreadable
            if _place_and_content(item) not in old and (item.key is None or item.key.app in apps)
        ]
        if found:
            raise _not_tried(
                "SB404",
                "migrations since the fork point cannot be read, so no plan can be made",
                hint="Correct the files on their branch (stitchback explain SB101), and plan again.",
                evidence=tuple(f"{item.span} on {ref}: {item.reason}" for ref, item in found),
            )


def _refuse_renamed(case: Case) -> None:
    """Refuses a shared migration that the patch branch has renamed: its databases have the row of the new name, all others that of the old one, and
    no tree fits both. Not where mainline knows the new name too, or all that it does may be done twice: then it is one more patch migration."""
    for side in case.sides:
        patch, ref = side.patch, side.patch.tree.ref
        units = {unit.key for unit in side.units if unit.twin is None and not unit.may_repeat}
        gone = [
            old
            for key, old in patch.fork.migrations.items()
            if key in case.mainline.migrations
            and key not in patch.tree.migrations
            and key not in patch.tree.replacers
        ]
        found = [
            (old, new)
            for old in gone
            for new in patch.migrations
            if new.key.app == old.key.app and old.operations and new.operations == old.operations
            if new.key in units
        ]
        if found:
            raise _not_tried(
                "SB415",
                f"{ref} has renamed migrations that it shares with {case.situation.mainline.ref}: its databases have the new names in django_migrations, all others the old ones",
                hint=f"Give them their old names again on {ref}, release that, and plan again (stitchback explain SB415).",
                evidence=tuple(f"{old.key} is {new.key} on {ref}: {new.path}" for old, new in found),
            )


def _place_and_content(item: Unreadable) -> tuple[str, str] | None:
    """The place and content of an unreadable file, to compare with the fork point; None if its content is not known."""
    return (item.span.path, item.digest) if item.digest else None


def _refuse_own_behaviour(case: Case) -> None:
    """Refuses a migration whose class overrides Django's methods: its operations define neither its effect nor the app under which Django records it."""
    mainline = case.situation.mainline
    for side in case.sides:
        ref = side.patch.tree.ref
        units = [u for u in side.units if u.twin is None or u.twin.blob != u.migration.blob]
        apps = {unit.key.app for unit in units}
        found = [(ref, unit.migration) for unit in units]
        found += [(mainline.ref, each) for each in side.sides.mainline if each.key.app in apps]
        said = [(name, each, own) for name, each in found for own in each.own_behaviour]
        if said:
            raise _not_tried(
                "SB406",
                "migrations since the fork point override methods of Django's Migration, so they may do more than their operations",
                hint="On their branch, write them with operations only, in a migration of the app that they change, and plan again.",
                evidence=tuple(f"{each.key} on {name}, {own.span}: {own.reason}" for name, each, own in said),
            )


def _refuse_label_without_replaces(case: Case) -> None:
    """Refuses an app that the patch branch has migrations for, and that mainline has under another label without naming its migrations in `replaces`:
    Django runs them again."""
    ref = case.mainline.ref
    for side in case.sides:
        fork = side.patch.fork
        apps = {each.key.app for each in side.patch.migrations}
        gone = removed_apps(fork, case.mainline) & apps
        found = list(unnamed_successors(fork, case.mainline, gone))
        if found:
            (old, _), (_, new) = found[0], found[0]
            raise _not_tried(
                "SB419",
                f"{old.app} is called {new.key.app} on {ref}, without `replaces`: Django runs its migrations again on every database",
                hint=f"Name the old migrations on {ref}, with `db_table` in the models whose tables keep their names, and plan again (stitchback explain SB419):",
                example=tuple(
                    f'replaces = [("{key.app}", "{key.name}")]  # {each.path}' for key, each in found
                ),
                evidence=tuple(f"{key} of {fork.ref} is {each.key} on {ref}" for key, each in found),
            )


def _refuse_old_label_in_code(case: Case) -> None:
    """Refuses a data operation that asks for a model by a label that mainline does not have any more."""
    ref, renamed = case.mainline.ref, case.renamed
    found = [unit for unit in case.units if unit.twin is None and asks_for_old_label(unit.migration, renamed)]
    if found and renamed.labels:
        names = {renamed.recorded(unit.key): unit for unit in found}
        labels = ", ".join(f"{old} (there {new})" for old, new in sorted(renamed.labels.items()))
        raise _not_tried(
            "SB419",
            f"{', '.join(map(str, names))}: code that asks for models by a label that {ref} no longer has: {labels}",
            hint=f"Write the migration on {ref} with the new label in its code, and with this line, and plan again (stitchback explain SB419):",
            example=tuple(
                f'replaces = [("{key.app}", "{key.name}")]  # {unit.key}' for key, unit in names.items()
            ),
            evidence=tuple(f"{unit.migration.path} on {unit.side.patch.tree.ref}" for unit in found),
        )


def _refuse_edited(case: Case, nowhere: Sequence[MigrationKey]) -> None:
    """Refuses edits of shared migrations that leave the release's databases different from mainline in a way that no migration can correct."""
    mainline = case.situation.mainline
    found = [unit for unit in case.units if unit.is_edited and unit.key in nowhere and unit.twin is not None]
    if found:
        names = ", ".join(str(unit.key) for unit in found)
        editors = {
            unit.key: unit.side.patch.tree.ref if unit.is_edited_on_patch else mainline.ref for unit in found
        }
        raise Refusal(
            "SB409",
            f"{names}: edited on {', '.join(dict.fromkeys(editors.values()))} after its release, and one more migration cannot bring databases of both versions to one schema",
            hint="Restore the released file and make the change in a new migration. Or, if every database has the change already, suppress SB213 for it (stitchback explain SB409).",
            evidence=tuple(
                f"{unit.migration.path} on {unit.side.patch.fork.ref} (commit {unit.side.patch.fork.commit[:12]}), {unit.twin.path} on {editors[unit.key]}: "
                f"git diff {unit.side.patch.fork.commit[:12]} {editors[unit.key]} -- {unit.twin.path}"
                for unit in found
                if unit.twin is not None
            ),
        )


def _blocking(case: Case) -> tuple[Match, ...]:
    """Contrary changes, unreadable operations, and columns whose values no conversion keeps. Data operations with equal names are only reported: they
    never run again."""
    matches = (match for side in case.sides for match in side.comparison.matches)
    return tuple(
        match
        for match in matches
        if match.verdict is Verdict.CONTRARY or _unreadable(match) or _loses_values(match)
    )


def _loses_values(match: Match) -> bool:
    """Whether a column that both branches created must be altered, in the databases of the patch branch, to a type that cannot hold its values. Not
    if mainline itself alters it from the patch branch's shape."""
    if match.verdict is not Verdict.DIFFERENT:
        return False
    before, after = (_shape_after(atoms) for atoms in (match.patch, match.mainline))
    return isinstance(before, Field) and isinstance(after, Field) and not keeps_values(before, after)


def _shape_after(atoms: Iterable[Atom]) -> Shape | None:
    """The shape of the schema object after the atoms."""
    ends = (history.end for history in histories(atoms).values())
    return next((end.shape for end in ends if end is not None), None)


def _unreadable(match: Match) -> bool:
    return match.verdict is Verdict.OPAQUE and not match.given


def _proved(
    candidates: Sequence[Candidate],
    situation: Situation,
    prove: Prove,
    beside: Prove,
    *,
    first_only: bool = False,
) -> Planned | Unproved:
    safe: list[SafePlan] = []
    tried: list[Candidate] = []
    refuted: list[Refuted] = []
    for candidate in candidates:
        if first_only and safe:
            break
        if len(safe) > MOST_LISTED and (len(tried) > MOST_TRIED or not all(map(is_second_choice, safe))):
            break
        tried.append(candidate)
        outcome = (beside if safe else prove)(candidate, situation)
        if isinstance(outcome, SafePlan):
            safe.append(outcome)
        else:
            refuted.append(outcome)
    whole = safe[:1]
    ranked = sorted(safe, key=price_of)
    while ranked and not any(ranked[0] is each for each in whole):
        outcome = prove(ranked[0].candidate, situation)
        if isinstance(outcome, SafePlan):
            whole.append(outcome)
            ranked[0] = outcome
        else:
            refuted.append(outcome)
            del ranked[0]
    if not ranked:
        return Unproved(tuple(refuted), ())
    chosen, *others = ranked
    served = [each for each in others if each.proof.left_out_released <= chosen.proof.left_out_released]
    return Planned(chosen, tuple(served[:MOST_LISTED]), tuple(refuted))


def is_second_choice(plan: SafePlan) -> bool:
    """Whether a plan further down the list may be better: one that harms nothing when its manual step is forgotten, or lets no database finish
    first."""
    return plan.proof.damages or plan.proof.finishes_first
