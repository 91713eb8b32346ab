"""What the proof is run on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate, Situation
from stitchback.proof.graph_checks import sound_graph
from stitchback.proof.slicing.tree_view import Keys


@dataclass(frozen=True, slots=True)
class Slice:
    """The situation and the candidate to run the proof on.

    `apps` are those that the plan can have to do with, `bystander` is one with which it has nothing to do (migrating it still
    makes Django look at every replacer: FACTS F2), `blocks` nodes that no tree has. `below`: rows that every database but
    a fresh one has, in order, beside those of the slice; `stands_for`: a node of the slice -> the migrations that it is
    (itself where not named). `aside`: mainline's migrations that were left out; databases may have them or not. `order`: all
    migrations of the whole result, as Django's full plan has them (where something is below: that first). `unsound`: why Django
    cannot make a graph of the result. `ledgers` are those handed in, as they are; the situation has them with the rows of the
    slice.
    """

    situation: Situation
    candidate: Candidate
    apps: tuple[str, ...]
    bystander: str
    blocks: Keys = frozenset()
    below: tuple[MigrationKey, ...] = ()
    stands_for: Mapping[MigrationKey, tuple[MigrationKey, ...]] = field(default_factory=dict)
    aside: tuple[MigrationKey, ...] = ()
    order: tuple[MigrationKey, ...] = ()
    unsound: tuple[str, ...] = ()
    ledgers: tuple[Ledger, ...] = ()
    kept: int = 0
    left_out: int = 0

    def in_full(self, keys: Iterable[MigrationKey]) -> tuple[MigrationKey, ...]:
        """Rows or runs of the slice as the whole trees have them."""
        found = [each for key in keys for each in self.stands_for.get(key, (key,))]
        return tuple(dict.fromkeys(found))


def whole(candidate: Candidate, situation: Situation) -> Slice:
    """Nothing left out."""
    result = candidate.result
    apps = tuple(sorted({key.app for key in result.migrations}))
    return Slice(
        situation,
        candidate,
        apps,
        bystander(apps, ()),
        order=planned_order(result),
        unsound=tuple(sound_graph(result)),
        ledgers=situation.ledgers,
        kept=len(result.migrations),
    )


def bystander(apps: Collection[str], left_out: Iterable[str]) -> str:
    """An app beside those of the slice: one that was left out, or one that comes with Django."""
    others = sorted(set(left_out) - set(apps))
    return others[0] if others else "contenttypes"


def planned_order(tree: Tree) -> tuple[MigrationKey, ...]:
    """As Django runs a full plan; what a squash replaces, which Django runs where the squash is applied in part, last."""
    return tuple(dict.fromkeys((*MigrationGraph.of(tree).order(), *MigrationGraph.raw(tree).order())))
