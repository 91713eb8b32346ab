"""Builds the trees of a proof with only the relevant migrations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from stitchback.graph import MigrationGraph
from stitchback.graph.resolution import FIRST, LATEST
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow
from stitchback.model.migrations import App, Dependency, Migration, Tree
from stitchback.model.plans import Candidate, Patch, Situation
from stitchback.model.problems import Problem
from stitchback.proof.graph_checks import several_leaves, split_without_us, unlinked
from stitchback.proof.relevance.base import SliceBase
from stitchback.proof.relevance.shared_base import SharedBase, frontier
from stitchback.proof.relevance.slice import Slice, bystander, planned_order, whole
from stitchback.proof.relevance.tree_view import Keys, TreeView
from stitchback.proof.relevance.unaffected import MigrationRun, migration_runs, set_apart


def sliced(candidate: Candidate, situation: Situation, base: SliceBase | None = None) -> Slice:
    """The slice. The migrations that all trees share are combined into base nodes. Mainline's own migrations that no plan changes, and that work on
    other models, are combined if essential migrations are their ancestors or descendants, and left out otherwise.

    `base`: of the same situation, if several candidates are sliced.
    """
    base = base or SliceBase(situation)
    if not base.is_sound:
        return whole(candidate, situation)
    return SlicedTrees(base, candidate).slice()


class SlicedTrees:
    def __init__(self, base: SliceBase, candidate: Candidate) -> None:
        self.base, self.candidate, self.situation = base, candidate, base.situation
        self.changes = base.changes(candidate.result)
        self.fresh_installs = base.fresh_installs(self.changes)
        self.shared = self.fresh_installs.shared
        self.graph = base.graph
        mainline, *others = self.fresh_installs.views
        self.result = self.fresh_installs.view_of_result(candidate.result, self.changes)
        self.views = (mainline, self.result, *others)
        self.apart = set_apart(candidate, self.views, lambda: base.web, base.kept)
        self.combined(frozenset())
        torn = self.partially_applied_apps()
        if torn:
            self.combined(torn)

    def combined(self, entire: frozenset[str]) -> None:
        """Combines unaffected migrations; of the apps in `entire` none is left out."""
        policy = self.situation.policy
        marks = (policy.unreleased, *(ledger.keys for ledger in self.situation.ledgers))
        self.migration_runs: tuple[MigrationRun, ...] = migration_runs(
            self.views[:2], self.apart, marks, entire
        )
        self.stands = {key: clump.keys[-1] for clump in self.migration_runs for key in clump.keys}
        self.front = self.frontier()
        self.shared_base: SharedBase = self.made_shared_base()

    def partially_applied_apps(self) -> frozenset[str]:
        """Apps that would have more leaf nodes in the slice than in the tree, because the migration that joins them was left out."""
        found: set[str] = set()
        for view in self.views[:2]:
            whole, cut = MigrationGraph.of(view.tree), MigrationGraph.of(self.tree(view))
            apps = Counter(key.app for key in cut.leaves())
            found.update(app for app, number in apps.items() if number > max(len(whole.leaves(app)), 1))
        return frozenset(found)

    def slice(self) -> Slice:
        nodes = self.tree(self.result)
        result = self.candidate.result
        names, files = set(nodes.migrations), result.migrations
        changed = {key.app for key in self.changes}
        excused = split_without_us(result, self.situation)
        own = Tree("", "", self.result.own, {label: App(label, "", "", "") for label in self.result.labels})
        stands_for = {clump.keys[-1]: clump.keys for clump in self.migration_runs}
        return Slice(
            self.sliced_situation(),
            replace(self.candidate, result=nodes),
            tuple(sorted({key.app for key in names - set(self.shared_base.nodes)})),
            bystander({key.app for key in names}, self.result.labels),
            self.shared_base.blocks,
            self.fresh_installs.rows,
            stands_for | dict.fromkeys(self.shared_base.blocks, ()),
            tuple(sorted(self.apart.steady - set(self.stands))),
            tuple(dict.fromkeys((*self.fresh_installs.rows, *planned_order(own)))),
            tuple(unsound(nodes, result, self.situation.mainline, changed, excused)),
            self.situation.ledgers,
            len(names),
            len(files) - len(names - self.shared_base.blocks),
        )

    def frontier(self) -> Keys:
        """Shared migrations that an essential migration depends on or a manual insert names, with the leaf nodes of their apps."""
        parents = {
            parent
            for view in self.views
            for key in self.apart.essential & view.own.keys()
            for parent in view.parents(key)
        }
        named = {key for each in self.candidate.manual_inserts for key in each.applied}
        apps = {key.app for key in self.apart.essential}
        return frontier(self.shared, self.graph, (parents | named) & self.shared, apps)

    def made_shared_base(self) -> SharedBase:
        mainline = self.views[0]
        hung = tuple(
            frozenset(parent for key in clump.keys for parent in mainline.parents(key)) & self.shared
            for clump in self.migration_runs
        )
        return self.fresh_installs.shared_base(self.front, hung, self.apart.models)

    def tree(self, view: TreeView) -> Tree:
        nodes = dict(self.shared_base.nodes)
        for key in sorted(self.apart.essential & view.own.keys()):
            migration = view.own[key]
            dependencies = (*self.dependencies_inside(view, (key,)), *self.outside(view, migration))
            nodes[key] = replace(
                migration, dependencies=dependencies, run_before=self.lost_children(view, migration)
            )
        for clump in self.migration_runs:
            if clump.keys[0] in view.own:
                nodes[clump.keys[-1]] = self.with_migration_runs(view, clump)
        apps = {**{label: App(label, "", "", "") for label in view.labels}, **view.tree.apps}
        return replace(view.tree, migrations=nodes, apps=apps)

    def with_migration_runs(self, view: TreeView, clump: MigrationRun) -> Migration:
        last = view.own[clump.keys[-1]]
        before = () if clump.before is None else (clump.before,)
        parents = (*self.dependencies_inside(view, clump.keys), *before)
        return Migration(last.key, last.path, last.blob, dependencies=tuple(dict.fromkeys(parents)))

    def dependencies_inside(self, view: TreeView, keys: tuple[MigrationKey, ...]) -> tuple[MigrationKey, ...]:
        """The nodes that replace the dependencies of these left-out migrations."""
        found: set[MigrationKey] = set()
        for parent in (parent for key in keys for parent in view.parents(key)):
            if parent in self.shared:
                found.update((parent,) if parent in self.front else self.shared_base.block_of[parent])
            elif parent in self.apart.essential or parent in self.stands:
                found.add(self.stands.get(parent, parent))
            else:
                found |= self.front_behind(view, parent)
        return tuple(sorted(found - {self.stands.get(key, key) for key in keys}))

    def front_behind(self, view: TreeView, aside: MigrationKey) -> set[MigrationKey]:
        """The frontier's migrations that a left-out migration depends on: without the link they would become additional leaf nodes."""
        found, seen, waiting = set[MigrationKey](), {aside}, [aside]
        for key in waiting:
            for parent in view.parents(key):
                if parent in self.front:
                    found.add(parent)
                elif parent not in seen and parent not in self.shared:
                    seen.add(parent)
                    waiting.append(parent)
        return found

    def outside(self, view: TreeView, migration: Migration) -> Iterator[Dependency]:
        """Dependencies that are not files of the tree: ghosts, missing migrations, installed packages, settings; and `__latest__` of another app,
        which changes with the next release."""
        for parent in migration.dependencies:
            if (
                not isinstance(parent, MigrationKey)
                or parent.app not in view.labels
                or (parent.name == LATEST and parent.app != migration.key.app)
                or (
                    parent not in view.own
                    and parent.name not in (FIRST, LATEST)
                    and view.standing(parent) not in self.shared
                )
            ):
                yield parent

    def lost_children(self, view: TreeView, migration: Migration) -> tuple[Dependency, ...]:
        """Migrations that `run_before` names and the tree lacks; the others have become dependencies."""
        return tuple(
            child
            for child in migration.run_before
            if isinstance(child, MigrationKey)
            and child not in view.tree.migrations
            and child.name not in (FIRST, LATEST)
        )

    def sliced_situation(self) -> Situation:
        situation = self.situation
        mainline, _, *others = self.views
        unreleased = frozenset(self.stands.get(key, key) for key in situation.policy.unreleased)
        patches = zip(situation.patches, others[::2], others[1::2], strict=True)
        return replace(
            situation,
            patches=tuple(self.patch(patch, fork, tree) for patch, fork, tree in patches),
            mainline=self.tree(mainline),
            policy=replace(situation.policy, unreleased=unreleased),
            ledgers=tuple(map(self.ledger, situation.ledgers)),
        )

    def patch(self, patch: Patch, fork: TreeView, view: TreeView) -> Patch:
        tree = self.tree(view)
        own = tuple(tree.migrations[each.key] for each in patch.migrations if each.key in tree.migrations)
        return replace(patch, tree=tree, fork=self.tree(fork), migrations=own)

    def ledger(self, ledger: Ledger) -> Ledger:
        """The ledger's rows of the slice: shared migrations are always applied."""
        below = (LedgerRow(key) for key in self.shared_base.nodes)
        gone = self.shared | self.apart.steady
        rows = (row for row in ledger.rows if row.key not in gone or row.key in self.stands.values())
        return replace(ledger, rows=(*below, *rows))


def unsound(
    cut: Tree, result: Tree, mainline: Tree, changed: Iterable[str], excused: Collection[str]
) -> Iterator[Problem]:
    """Reports apps with several leaf nodes (except `excused` ones), missing dependencies and cycles. Migrations outside the slice depend on nothing
    that is missing or changed by the plan; leaf nodes of other apps are mainline's."""
    apps = frozenset(changed)
    yield from unlinked(cut)
    yield from several_leaves(MigrationGraph.of(of_apps(result, apps)), apps)
    others = {key.app for key in mainline.migrations}.difference(apps, excused)
    yield from several_leaves(MigrationGraph.of(mainline), others)


def of_apps(tree: Tree, apps: frozenset[str]) -> Tree:
    migrations = {key: migration for key, migration in tree.migrations.items() if key.app in apps}
    return Tree(tree.ref, tree.commit, migrations, {app: App(app, "", "", "") for app in apps})
