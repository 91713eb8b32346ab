"""The input of the proof engines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.graph import MigrationGraph
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.model.plans import Candidate, Situation
from stitchback.model.problems import Problem
from stitchback.proof.graph_checks import sound_graph
from stitchback.proof.relevance.tree_view import Keys


@dataclass(frozen=True, slots=True)
class Slice:
    """The situation and the candidate to prove.

    `apps`: those that the plan can affect; `bystander`: one that it cannot affect (migrating it still makes Django check every squash: FACTS F2);
    `blocks`: nodes that no tree has. `below`: rows that every database but a fresh one has, in order, in addition to those of the slice;
    `stands_for`: a node of the slice -> the migrations that it represents (itself if not named). `aside`: mainline's migrations that were left out;
    databases may have them or not. `order`: all migrations of the whole result in the order of Django's full plan (`below` first). `unsound`: why
    Django cannot build a graph of the result. `ledgers`: the given ones, unchanged; the situation has them with the rows of the slice.
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
    unsound: tuple[Problem, ...] = ()
    ledgers: tuple[Ledger, ...] = ()
    kept: int = 0
    left_out: int = 0

    def in_full(self, keys: Iterable[MigrationKey]) -> tuple[MigrationKey, ...]:
        """Rows or runs of the slice in terms of the whole trees."""
        found = [each for key in keys for each in self.stands_for.get(key, (key,))]
        return tuple(dict.fromkeys(found))


def whole(candidate: Candidate, situation: Situation) -> Slice:
    """The slice that leaves nothing out."""
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
    """An app outside the slice: one that was left out, or one of Django's."""
    others = sorted(set(left_out) - set(apps))
    return others[0] if others else "contenttypes"


def planned_order(tree: Tree) -> tuple[MigrationKey, ...]:
    """The order of Django's full plan; replaced migrations, which Django runs if the squash is partially applied, last."""
    return tuple(dict.fromkeys((*MigrationGraph.of(tree).order(), *MigrationGraph.raw(tree).order())))
