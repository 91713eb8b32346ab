"""What strategies and hazards work on: the situation, compared, cut into one unit for each patch migration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stitchback.graph import MigrationGraph
from stitchback.matching.match import Comparison
from stitchback.matching.renamed_labels import NOT_RENAMED, RenamedLabels
from stitchback.matching.sides import Sides
from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    SchemaObject,
    SchemaObjectKind,
    UnreadChange,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.plans import Patch, Situation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Side:
    """One patch branch, split and compared."""

    patch: Patch
    sides: Sides
    comparison: Comparison
    unreleased: frozenset[MigrationKey] = frozenset()  # Policy.unreleased without what a patch branch has
    renamed: RenamedLabels = NOT_RENAMED
    _touching: dict[MigrationKey, list[Match]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _answers: dict[tuple[object, MigrationKey], Any] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        edited = self.sides.edited.keys
        for match in self.comparison.matches:
            keys = [atom.origin.migration for atom in match.patch]
            keys += [atom.origin.migration for atom in match.mainline if atom.origin.migration in edited]
            for key in dict.fromkeys(keys):
                self._touching.setdefault(key, []).append(match)

    def touching(self, key: MigrationKey) -> tuple[Match, ...]:
        """The matches of all schema objects that the patch's migration changes."""
        return tuple(self._touching.get(key, ()))

    def once(self, question: Callable[[Unit], T], unit: Unit) -> T:
        """The answer, worked out once for each migration: strategies ask again and again."""
        place = (question, unit.key)
        if place not in self._answers:
            self._answers[place] = question(unit)
        answer: T = self._answers[place]
        return answer

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(Unit(self, migration) for migration in self.sides.patch)

    def only_mainline(self, key: MigrationKey) -> tuple[Atom, ...]:
        """What mainline's migration of that name does and the patch's of the same name does not: schema that a database sees."""
        matched = {atom for match in self.comparison.matches for atom in match.mainline}
        theirs = (atom for atom in self.comparison.mainline_atoms if atom.origin.migration == key)
        return tuple(
            a for a in theirs if a not in matched and not isinstance(a, DataRun | UnreadChange) and a.database
        )


@dataclass(frozen=True, slots=True)
class Case:
    """A situation, compared. `renamed`: the apps that mainline has under another label. The sides have mainline's labels, and so has `relabelled`,
    mainline's tree; the situation is as it was read."""

    situation: Situation
    sides: tuple[Side, ...]
    relabelled: Tree | None = None
    renamed: RenamedLabels = NOT_RENAMED
    _answers: dict[object, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def once(self, question: Callable[[Case], T]) -> T:
        """The answer, worked out once for the whole case."""
        if question not in self._answers:
            self._answers[question] = question(self)
        answer: T = self._answers[question]
        return answer

    @property
    def mainline(self) -> Tree:
        """Mainline's tree as the sides were compared with it."""
        return self.relabelled or self.situation.mainline

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(unit for side in self.sides for unit in side.units)


@dataclass(frozen=True, slots=True)
class Unit:
    """One patch migration that is to be reconciled, and what matching says of it."""

    side: Side
    migration: Migration

    @property
    def key(self) -> MigrationKey:
        return self.migration.key

    @property
    def twin(self) -> Migration | None:
        """Mainline's migration of the same name: made, or edited, since the fork point."""
        return self.side.sides.twin(self.key)

    @property
    def is_edited(self) -> bool:
        """Whether it is a migration of the fork point, which mainline has edited since, or the patch branch alone."""
        return self.key in self.side.sides.edited.keys

    @property
    def is_edited_on_patch(self) -> bool:
        """Whether the patch branch has edited a migration of the fork point, and mainline makes what the released file makes."""
        released = self.side.patch.fork.migrations.get(self.key)
        return self.is_edited and released is not None and self.migration.operations != released.operations

    @property
    def is_never_applied(self) -> bool:
        """Whether no database can have applied the patch branch's file: it, or an ancestor of it, depends on what the branch lacks, and
        Django does not load such a branch (`NodeNotFoundError`)."""
        tree = self.side.patch.tree
        graph, unread = MigrationGraph.raw(tree), {each.key for each in tree.unreadable}
        lost = {child for child, parent in graph.missing if parent not in unread}
        return not lost.isdisjoint(graph.ancestors(self.key))

    @property
    def matches(self) -> tuple[Match, ...]:
        """The matches of the schema objects that this migration is the first of the patch's to change."""
        return tuple(m for m in self.side.comparison.matches if m.patch[0].origin.migration == self.key)

    @property
    def touching(self) -> tuple[Match, ...]:
        """The matches of all schema objects that this migration changes, first or later."""
        return self.side.touching(self.key)

    @property
    def duplicated(self) -> tuple[Match, ...]:
        """Matches for which mainline has something to remove. What no database sees may occur twice, so it does not count
        beside what one does."""
        return self.side.once(_duplicated, self)

    @property
    def remainder(self) -> tuple[Match, ...]:
        """Patch-only matches that a database sees: what mainline's databases lack."""
        lonely = (match for match in self.touching if match.verdict is Verdict.PATCH_ONLY)
        return tuple(match for match in lonely if any(seen_by_database(atom) for atom in match.patch))

    @property
    def skipped_units(self) -> frozenset[int]:
        """The operations, by index, that do nothing but alter what mainline has removed: they are to be run nowhere any more."""
        return self.side.once(_is_skipped, self)

    @property
    def only_alters(self) -> bool:
        """Whether all that it duplicates are alterations, which may be made twice; an index or constraint that is dropped and
        recreated under its own name is one."""
        sides = [side for match in self.duplicated for side in (match.patch, match.given)]
        return any(sides) and all(is_repeatable(atom) for side in sides for atom in without_recreated(side))

    @property
    def may_repeat(self) -> bool:
        """Whether all that it does may be done twice: alterations of columns and options."""
        atoms = [atom for match in self.touching for atom in match.patch if atom.origin.migration == self.key]
        return bool(atoms) and all(map(is_repeatable, atoms))

    def has_below(self, parent: Dependency) -> bool:
        """Whether each database that has applied the patch branch's file has that parent too: by way of its ancestors, as a
        migration of mainline's that replaces nothing but such ancestors, as a squash that mainline has finished and that replaced one
        of them, or as a migration of an installed package that the branch
        depends on (which one does not matter: packages are migrated whole)."""
        if self._has_below(parent) or not isinstance(parent, MigrationKey):
            return self._has_below(parent)
        replaced = self.side.sides.replaced.get(parent, ())
        # Django counted the old names as the squash on the patch branch, where the squash replaced them.
        finished = self.side.sides.finished.get(parent, ())
        return any(map(self._has_below, finished)) or (bool(replaced) and all(map(self._has_below, replaced)))

    def _has_below(self, parent: Dependency) -> bool:
        if parent in self.migration.dependencies:
            return True
        if not isinstance(parent, MigrationKey):
            return False
        if self.is_edited and parent in self.side.patch.fork.migrations:
            return True  # every database of the fork point has all of it
        tree = self.side.patch.tree
        if any(parent.app == key.app for key in tree.migrations):
            above = MigrationGraph.raw(tree).ancestors(self.key)
            squashed = self.side.sides.squashed.items()
            return parent in above or any(parent in ghosts and squash in above for squash, ghosts in squashed)
        return any(parent.app == named.app for each in tree.migrations.values() for named in each.parents)

    @property
    def label(self) -> str:
        """For comments: `shop.0003_color of release/2.4 (commit 1a2b3c4d5e6f)`; without the commit where it does not have the migration yet."""
        tree, key = self.side.patch.tree, self.side.renamed.recorded(self.key)
        if self.key in self.side.patch.uncommitted:
            return f"{key} of {tree.ref}"
        return f"{key} of {tree.ref} (commit {tree.commit[:12]})"


def seen_by_database(atom: Atom) -> bool:
    """Whether the atom leaves a trace in a database: schema, or data."""
    if isinstance(atom, DataRun):
        return not atom.empty
    return True if isinstance(atom, UnreadChange) else atom.database


def is_repeatable(atom: Atom) -> bool:
    """Whether making the change once more changes nothing: a column's alteration, an option set to what it is."""
    if isinstance(atom, DataRun | UnreadChange):
        return False
    return isinstance(atom, Altered) or atom.schema_object.kind is SchemaObjectKind.OPTIONS


def without_recreated(atoms: Iterable[Atom]) -> Iterator[Atom]:
    """The atoms but for pairs of one side that drop a schema object and recreate it under the same name."""
    dropped: dict[tuple[SchemaObject, str], Atom] = {}
    for atom in atoms:
        match atom:
            case Removed():
                dropped[atom.schema_object, atom.name] = atom
            case Added() if dropped.pop((atom.schema_object, atom.name), None) is not None:
                pass
            case _:
                yield atom
    yield from dropped.values()


def _duplicated(unit: Unit) -> tuple[Match, ...]:
    found = tuple(match for match in unit.touching if match.given and match.verdict is not Verdict.OPAQUE)
    seen = tuple(match for match in found if match.seen_by_database)
    return seen if seen or unit.remainder else found


def _is_skipped(unit: Unit) -> frozenset[int]:
    moot = {atom for match in unit.touching if match.moot for atom in match.patch}
    mine = [atom for atom in unit.side.comparison.patch_atoms if atom.origin.migration == unit.key]
    kept = {atom.origin.index for atom in mine if atom not in moot}
    return frozenset(atom.origin.index for atom in mine if atom in moot) - kept
