"""The use case `resolve`: several leaf nodes in the working tree in, a proved plan out, without a branch being named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stitchback.adapters.git import Ref
from stitchback.api.conflicts import settled_paths, unsettled_paths
from stitchback.api.other_side import (
    HEAD,
    MERGES,
    OtherSide,
    SideOrigin,
    other_side,
    several_leaves,
    turned_round,
)
from stitchback.api.planning import make_plan
from stitchback.api.project import WORKTREE, Project, refuse_nothing_read
from stitchback.api.reading_cases import PlanRequest
from stitchback.api.release_branches import MAIN_NAMES, is_release_branch
from stitchback.api.writing_plans import Written, prepare, write
from stitchback.errors import Refusal
from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration
from stitchback.model.plans import Patch
from stitchback.planning.outcomes import Planned
from stitchback.planning.reports import PlanReport, ResolvedLeaves
from stitchback.proof.ancestors import BranchAncestors
from stitchback.strategies.renumber import Renumber

RENUMBER = Renumber.name
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """What a person asks of `resolve`. `ledgers`: of databases that may have one of the two sides."""

    strategy: str | None = None
    ledgers: tuple[Ledger, ...] = ()


def resolve(project: Project, request: ResolveRequest, progress: Progress = lambda _: None) -> ResolvedLeaves:
    """Raises EnvironmentProblem as `make_plan` does, and where the origin of the second leaf is not known (SB534)."""
    project.files(WORKTREE)  # there is none in a bare repository
    tree = project.tree(HEAD)
    refuse_nothing_read(project, (tree,))
    leaves = several_leaves(tree)
    if not leaves and not settled_paths(project, tree):
        return ResolvedLeaves({})
    side = other_side(project, tree, leaves)
    _refuse_half_a_rebase(project, side, leaves)
    applied = _applied(project, side, request)
    for order in _orders(project, side, leaves, applied, request):
        report = make_plan(project, order, progress)
        if not order.unreleased or _renumbers(report):
            break
    renumbered = tuple(sorted(order.unreleased)) if order.unreleased else ()
    return ResolvedLeaves(
        leaves,
        side.origin.value,
        tuple(patch.tree.ref for patch in side.patches),
        project.name_of(HEAD),
        report,
        renumbered,
        tuple(sorted(applied.evidence.items())) if not renumbered else (),
        applied.searched,
        applied.knows_pushed,
        unsettled_paths(project, tree),
        tuple(_dependent_pairs(report)),
        _mentions(project, report),
    )


def _mentions(project: Project, report: PlanReport) -> tuple[str, ...]:
    """Files that are no migrations and name one that the plan gives another name: tests, scripts."""
    if not isinstance(report.outcome, Planned):
        return ()
    candidate = report.outcome.chosen.candidate
    mainline = report.status.case.situation.mainline
    gone = mainline.migrations.keys() - candidate.result.migrations.keys()
    migrations = {migration.path for migration in mainline.migrations.values()}
    named = project.repository.paths_naming(sorted(key.name for key in gone))
    return tuple(path for path in named if path not in migrations and path not in report.settled)


def _refuse_half_a_rebase(
    project: Project, side: OtherSide, leaves: dict[str, tuple[MigrationKey, ...]]
) -> None:
    """Raises Refusal (SB535) where commits that are still to be replayed bring more migrations to the apps: they depend on the files as they
    are now, and each would be one more leaf node."""
    unfinished = project.repository.unfinished()
    if side.origin is not SideOrigin.REBASE or unfinished is None or unfinished.whole is None:
        return
    whole = project.tree("the branch as it was before the rebase", unfinished.whole)
    known = {key for patch in side.patches for key in patch.tree.migrations}
    later = sorted(key for key in whole.migrations if key.app in leaves and key not in known)
    if later:
        raise Refusal(
            "SB535",
            "the rebase has commits left that bring more migrations to the same apps",
            hint="Finish it first (settle other conflicts, `git rebase --continue`), then run `stitchback resolve`.",
            evidence=tuple(map(str, later)),
        )


def write_resolution(project: Project, found: ResolvedLeaves) -> Written:
    """Writes all of it into the working tree, or nothing. Uncommitted migrations that came as the second leaf node are edited too; git
    keeps what they held. Raises EnvironmentProblem as `write` does."""
    assert found.report is not None, "only what was found is written"
    prepared = prepare(project, found.report, PlanRequest((), HEAD), None)
    own: frozenset[str] = frozenset()
    if found.origin == SideOrigin.UNCOMMITTED.value:
        own = frozenset(
            path for path in project.files(WORKTREE) if path not in project.files(project.history_of(HEAD))
        )
    return write(project, prepared, own)


def _applied(project: Project, side: OtherSide, request: ResolveRequest) -> AppliedEvidence:
    own = {
        migration.key: migration
        for patch in side.patches
        for migration in (*patch.migrations, *turned_round(project, side, patch).migrations)
    }
    return may_have_applied(project, own.values(), request.ledgers)


def _orders(
    project: Project,
    side: OtherSide,
    leaves: dict[str, tuple[MigrationKey, ...]],
    applied: AppliedEvidence,
    request: ResolveRequest,
) -> Iterator[PlanRequest]:
    """What to plan, best first: a chain that no database can have applied, behind the other one; else as `plan` does."""
    plain = PlanRequest(
        tuple(patch.tree.ref for patch in side.patches),
        HEAD,
        request.strategy,
        ledgers=request.ledgers,
        sides=side.patches,
    )
    if request.strategy in (None, RENUMBER) and len(side.patches) == 1:
        (patch,) = side.patches
        other = turned_round(project, side, patch)
        theirs, ours = (_chain(each, leaves) for each in (patch, other))
        behind_ours = replace(
            plain,
            patches=(other.tree.ref,),
            strategy=RENUMBER,
            sides=(other,),
            mainline=patch.tree.ref,
            unreleased=theirs,
        )
        behind_theirs = replace(plain, strategy=RENUMBER, unreleased=ours)
        both = [(theirs, behind_ours), (ours, behind_theirs)]
        if side.origin in MERGES and project.name_of(HEAD) not in MAIN_NAMES:
            both.reverse()  # a feature branch takes up mainline: its own chain comes last
        if applied.knows_pushed or request.strategy == RENUMBER:
            yield from (order for keys, order in both if keys and not applied.is_possible(keys))
    yield plain


def _chain(patch: Patch, leaves: dict[str, tuple[MigrationKey, ...]]) -> frozenset[MigrationKey]:
    """The side's own migrations, none where it has none in an app with several leaves."""
    own = frozenset(migration.key for migration in patch.migrations)
    return own if any(key.app in leaves for key in own) else frozenset()


def _renumbers(report: PlanReport) -> bool:
    if not isinstance(report.outcome, Planned):
        return False
    return any(RENUMBER in names.split("+") for names in report.outcome.chosen.candidate.strategies.values())


def _dependent_pairs(report: PlanReport) -> Iterator[tuple[str, Migration, str, Migration]]:
    """Migrations of the two sides that the plan leaves side by side and whose order makes a difference: which one runs first depends on
    the database."""
    if not isinstance(report.outcome, Planned):
        return
    case = report.status.case
    candidate, mainline = report.outcome.chosen.candidate, case.situation.mainline
    branches = BranchAncestors(case.situation)
    graph = MigrationGraph.raw(candidate.result)
    for side in case.sides:
        for one in side.sides.patch:
            for other in side.sides.mainline:
                if one.key.app != other.key.app or not {one.key, other.key} <= graph.nodes:
                    continue
                if one.key in graph.ancestors(other.key) or other.key in graph.ancestors(one.key):
                    continue
                if not (branches.independent([one], [other]) and branches.independent([other], [one])):
                    yield side.patch.tree.ref, one, mainline.ref, other


@dataclass(frozen=True, slots=True)
class AppliedEvidence:
    """`evidence`: migration -> where it is, in words. `searched`: how many refs and ledgers were looked through. `knows_pushed`: whether there
    are remote-tracking branches; without them nothing shows what others have."""

    evidence: Mapping[MigrationKey, str] = field(default_factory=dict)
    searched: int = 0
    knows_pushed: bool = False

    def is_possible(self, keys: Collection[MigrationKey]) -> bool:
        """Whether something shows that a database may have one of them."""
        return any(key in self.evidence for key in keys)


def may_have_applied(
    project: Project, own: Iterable[Migration], ledgers: Iterable[Ledger]
) -> AppliedEvidence:
    """The user's own database is not known here: reports state that."""
    migrations = tuple(own)
    refs = tuple(filter(lambda ref: is_deployed(project, ref), project.repository.all_refs()))
    there = project.repository.which_have([ref.commit for ref in refs], [each.path for each in migrations])
    found: dict[MigrationKey, str] = {}
    for migration in migrations:
        for ref in refs:
            if migration.path in there[ref.commit]:
                found.setdefault(migration.key, f"{_KINDS[ref.kind]} {ref.name}")
    known = tuple(ledgers)
    for ledger in known:
        for key in sorted({each.key for each in migrations} & set(ledger.keys)):
            found.setdefault(key, f"ledger {ledger.source}")
    return AppliedEvidence(found, len(refs) + len(known), any(ref.kind == "remote" for ref in refs))


def is_deployed(project: Project, ref: Ref) -> bool:
    """Whether others can have the ref's files: what was pushed, tagged, or is a release branch by its name."""
    return ref.kind != "branch" or is_release_branch(ref, project.configuration.patch_branches)


_KINDS = {"branch": "branch", "remote": "remote branch", "tag": "tag"}
