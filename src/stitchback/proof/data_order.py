"""Checks that a data operation has the same predecessors and successors in the result as on its branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stitchback.graph import MigrationGraph
from stitchback.matching.provenance import COVERS, named_after
from stitchback.model.atoms import Origin, UnreadChange
from stitchback.model.data_reach import Reach
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Patch, Situation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.operations.row_operations import reach_of, row_operations
from stitchback.proof.ancestors import Above, BranchAncestors, Result
from stitchback.proof.data_runs import work_of
from stitchback.proof.independence import PartChange, changes, not_new, used

Work = frozenset[str]
Moved = dict[tuple[str, Origin], frozenset[MigrationKey]]


@dataclass(frozen=True, slots=True)
class OrderedOperation:
    """One operation of a branch: its changes, the names that its data operations can use, and their work."""

    origin: Origin
    changes: frozenset[PartChange]
    reaches: tuple[Reach, ...]
    work: Work
    text: str


def order_broken(candidate: Candidate, branches: BranchAncestors) -> Iterator[Problem]:
    """Pairs of a data operation and another operation on a schema object that it can use, which have another order in the result, or none.

    Only operations that a plan has moved to another migration are checked: all others stay in order with their migrations (`lost_ancestors`).
    """
    result = Result(candidate, branches.situation.mainline)
    moved = performers(result, branches.situation)
    for tree in branches.trees:
        yield from _of_branch(tree, branches, result, moved)


def performers(result: Result, situation: Situation) -> Moved:
    """(ref, operation) -> the nodes of the result that may do the operation's work; only if there are others than its own migration."""
    found: Moved = {}

    def note(ref: str, origin: Origin, others: Iterable[MigrationKey]) -> None:
        nodes = {node for key in (origin.migration, *others) for node in result.standing(key)}
        nodes |= found.get((ref, origin), frozenset())
        if nodes != set(result.standing(origin.migration)):
            found[ref, origin] = frozenset(nodes)

    matches_of = situation.matches or tuple(() for _ in situation.patches)
    for patch, matches in zip(situation.patches, matches_of, strict=True):
        for match in matches:
            ours = [atom.origin for atom in match.patch]
            theirs = [atom.origin for atom in match.given if not isinstance(atom, UnreadChange)]
            for origin in ours:
                note(patch.tree.ref, origin, [each.migration for each in theirs])
            for origin in theirs:
                note(situation.mainline.ref, origin, [each.migration for each in ours])
        for node, covered in _bridges(result, situation):
            for tree in (patch.tree, situation.mainline):
                for index in range(
                    tree.migrations[covered].operation_count if covered in tree.migrations else 0
                ):
                    note(tree.ref, Origin(covered, index), [node])
        for origin, nodes in _left_out(result, patch, situation):
            note(patch.tree.ref, origin, nodes)
    return found


def _left_out(
    result: Result, patch: Patch, situation: Situation
) -> Iterator[tuple[Origin, list[MigrationKey]]]:
    """The branch's operations that its migration of that name does not have in the result (mainline's file of that name stands), each with the new
    files that change the same part: where models are combined, these bring what the branch changed."""
    new = {node: result.tree.migrations[node] for node in _new_files(result, situation)}
    for migration in patch.migrations if new else ():
        now = result.tree.migrations.get(migration.key)
        for index, operation in enumerate(migration.operations):
            if now is None or operation in now.operations:
                continue
            changed = frozenset(changes((operation,), migration.key.app))
            nodes = [key for key, made in new.items() if changed & set(changes(made.operations, key.app))]
            if nodes:
                yield Origin(migration.key, index), nodes


def _bridges(result: Result, situation: Situation) -> Iterator[tuple[MigrationKey, MigrationKey]]:
    """New files of the result, each with the migrations that it covers."""
    for node in _new_files(result, situation):
        for key in named_after(result.tree.migrations[node].provenance, COVERS):
            yield node, key


def _new_files(result: Result, situation: Situation) -> list[MigrationKey]:
    trees = situation.mainline, *(patch.tree for patch in situation.patches)
    return sorted(result.graph.nodes - {key for tree in trees for key in tree.migrations})


def _of_branch(
    tree: Tree,
    branches: BranchAncestors,
    result: Result,
    moved: Moved,
) -> Iterator[Problem]:
    places = {origin for ref, origin in moved if ref == tree.ref}
    if not places:
        return
    above = Above(MigrationGraph.raw(tree))
    done = BranchOperations(tree, branches.parallel(tree), result, moved)
    steps = [step for key in sorted(done.parallel) for step in _steps(tree.migrations[key])]
    elsewhere = [step for step in steps if step.origin in places]
    for data in (step for step in steps if step.reaches):
        for other in steps if data.origin in places else elsewhere:
            if data is other:
                continue
            if is_before(data.origin, other.origin, above):
                said, is_kept = (
                    "before",
                    not _meet(data, other, not_new(other.changes), branches) or done.all_after(data, other),
                )
            elif is_before(other.origin, data.origin, above):
                said, is_kept = (
                    "after",
                    not _meet(data, other, other.changes, branches)
                    or _ran_without(data, other, tree, branches)
                    or done.one_before(data, other),
                )
            else:
                continue
            if not is_kept:
                message = (
                    f"{data.text} of {data.origin.migration} runs {said} {other.text} of {other.origin.migration} on {tree.ref}, "
                    "and the plan does not keep that order"
                )
                yield Problem(ProblemKind.ORDER_LOST, (data.origin, other.origin, tree.ref), message)


def _steps(migration: Migration) -> Iterator[OrderedOperation]:
    for index, operation in enumerate(migration.operations):
        reaches = tuple(reach_of(each, migration.key.app) for each in row_operations((operation,)))
        changed = frozenset(changes((operation,), migration.key.app))
        if changed or reaches:
            alone = migration.with_changes(operations=(operation,))
            yield OrderedOperation(
                Origin(migration.key, index), changed, reaches, frozenset(work_of(alone)), _text(operation)
            )


def _text(operation: Operation | Opaque) -> str:
    return operation.kind if isinstance(operation, Operation) else "an operation that cannot be read"


def _meet(
    data: OrderedOperation, other: OrderedOperation, changed: frozenset[PartChange], branches: BranchAncestors
) -> bool:
    """Whether the data operation can use a schema object that the other operation changes or uses."""
    return any(used(reach, changed, other.reaches, branches.web) for reach in data.reaches)


def _ran_without(
    data: OrderedOperation, other: OrderedOperation, tree: Tree, branches: BranchAncestors
) -> bool:
    """Whether another branch does the same work and has nothing before it that creates the new schema objects of the other step: so the work cannot
    need them. The branches forked before either step."""
    if not data.work or other.reaches or not all(change.makes for change in other.changes):
        return False
    return any(_does_without(data, other, one, branches) for one in branches.trees if one.ref != tree.ref)


def _does_without(
    data: OrderedOperation, other: OrderedOperation, tree: Tree, branches: BranchAncestors
) -> bool:
    above = Above(MigrationGraph.raw(tree))
    steps = [step for key in sorted(branches.parallel(tree)) for step in _steps(tree.migrations[key])]
    same = [step for step in steps if step.work & data.work]
    made = [step for step in steps if any(one.meets(two) for one in step.changes for two in other.changes)]
    return bool(same) and not any(
        is_before(each.origin, work.origin, above) for each in made for work in same
    )


def is_before(one: Origin, other: Origin, above: Above) -> bool:
    """Whether the first operation precedes the other on a branch. `above`: the branch's."""
    if one.migration == other.migration:
        return one.index < other.index
    return one.migration in above(other.migration)


def _place(step: OrderedOperation, node: Migration) -> int | None:
    """The index of the step's operation in a migration of the result."""
    for index, operation in enumerate(node.operations):
        if step.work:
            if step.work & set(work_of(node.with_changes(operations=(operation,)))):
                return index
        elif step.changes & set(changes((operation,), node.key.app)):
            return index
    return None


@dataclass(frozen=True, slots=True)
class BranchOperations:
    """Which nodes of the result do the operations of a branch. `parallel`: its migrations since the fork point, without what git's merge brought."""

    tree: Tree
    parallel: frozenset[MigrationKey]
    result: Result
    moved: Moved

    def nodes(self, step: OrderedOperation) -> list[MigrationKey]:
        """All candidates if none shows the step (a model has another name there). Not another migration of the same branch that the result has
        unchanged: that does a step of its own."""
        own = self.result.standing(step.origin.migration)
        candidates = [
            node
            for node in sorted(self.moved.get((self.tree.ref, step.origin)) or own)
            if node in own or not self._is_unchanged(node)
        ]
        migrations = self.result.tree.migrations
        holding = [node for node in candidates if _place(step, migrations[node]) is not None]
        return holding or ([] if step.work else candidates)

    def _is_unchanged(self, node: MigrationKey) -> bool:
        now = self.result.tree.migrations[node].operations
        return node in self.parallel and now == self.tree.migrations[node].operations

    def all_after(self, data: OrderedOperation, other: OrderedOperation) -> bool:
        """Whether every node that does the other step comes after each node that does the data operation."""
        return all(
            _precedes(data, mine, other, theirs, self.result)
            for mine in self.nodes(data)
            for theirs in self.nodes(other)
        )

    def one_before(self, data: OrderedOperation, other: OrderedOperation) -> bool:
        """Whether each node that does the data operation comes after a node that does the other step."""
        others = self.nodes(other)
        return not others or all(
            any(_precedes(other, theirs, data, mine, self.result) for theirs in others)
            for mine in self.nodes(data)
        )


def _precedes(
    one: OrderedOperation, node: MigrationKey, other: OrderedOperation, behind: MigrationKey, result: Result
) -> bool:
    if node != behind:
        return node in result.above(behind)
    migration = result.tree.migrations[node]
    first, second = _place(one, migration), _place(other, migration)
    return first is None or second is None or first < second
