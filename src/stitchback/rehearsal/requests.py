"""The values that the caller and the rehearsal's process send each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration

Recipe = tuple[int, ...]  # numbers of the old trees that made a database, one after the other


@dataclass(frozen=True, slots=True)
class ShippedTree:
    """A tree's migrations by number (`Parcel.migrations`), with the dependencies that they have in this tree. `settings`: what
    swappable dependencies and models name. `split`: apps with several leaf nodes that nobody is asked to merge. `base`: migrations that are
    taken as done, by number, of which only what they do to the `mentioned` fields of
    the `relevant` models is made."""

    migrations: tuple[tuple[int, tuple[Dependency, ...], tuple[Dependency, ...]], ...]
    settings: Mapping[str, str]
    split: frozenset[str] = frozenset()
    base: tuple[int, ...] = ()
    relevant: frozenset[tuple[str, str]] = frozenset()
    mentioned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the process does not have yet: migrations by number (equal operations under one name have one number), trees by number,
    and the Django field class that each custom field class extends."""

    migrations: Mapping[int, Migration]
    trees: Mapping[int, ShippedTree]
    bases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """At most so many `databases` are rehearsed for one plan. `seconds`: of the processor; after them no further one is begun but those that come first.
    `most_seconds`: after so many none is."""

    databases: int = 25
    seconds: float = 3.0
    most_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class RehearsedPopulation:
    """One population as the first judge sees it: how it may have been made (`recipes`, tried in this order), its rows of django_migrations before
    the plan (None: those that its trees record), the rows that the plan inserts, what a full migrate runs and the rows
    afterwards (None where the first judge has no view of it). `is_first`: no plan is proved without it."""

    name: str
    lineage: str
    recipes: tuple[Recipe, ...]
    ledger: frozenset[MigrationKey] | None
    inserts: tuple[MigrationKey, ...] = ()
    will_run: frozenset[MigrationKey] | None = None
    recorded: frozenset[MigrationKey] | None = None
    is_fresh: bool = False
    is_patched: bool = False
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Rehearse one plan. `result`, `following`, `untouched`: numbers of the planned tree, of the planned tree with the next release's
    migrations, and of mainline without the plan (None where nobody could have deployed it). `tips`: recipes of whole branches, whose hand-written
    schema changes are excused. `gone`: apps whose tables may remain. `replaced`: migrations of
    the planned tree that may run under another name. `may_repeat`: migrations whose data operations may run
    again. `sqlite`: whether there are SQLite databases, which lose columns that a table's remake does not know."""

    result: int
    following: int
    untouched: int | None
    databases: tuple[RehearsedPopulation, ...]
    gone: frozenset[str] = frozenset()
    replaced: frozenset[MigrationKey] = frozenset()
    tips: tuple[Recipe, ...] = ()
    may_repeat: frozenset[MigrationKey] = frozenset()
    bounds: Bounds = Bounds()
    sqlite: bool = True


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What the rehearsal saw on a database for which the first judge saw no failure. `raised`: Django or the database refused.
    `baseline`: mainline without the plan ends in the same way; `everywhere`: on a fresh install too, so that the rest was not rehearsed."""

    database: str
    act: str
    step: str
    message: str
    raised: bool = False
    baseline: bool = False
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class RehearsalAnswer:
    """`rehearsed` of `total` databases. `disagreements`: what refuses the plan. `baseline`: the same, where mainline without the plan
    ends in the same way. `remarks`: what was not or could not be rehearsed. `order`: by database, the migrations whose data operations
    ran, in order. `missed`: the databases that come first for which there was no time."""

    django: str
    sqlite: str
    rehearsed: int
    total: int
    disagreements: tuple[Disagreement, ...] = ()
    baseline: tuple[Disagreement, ...] = ()
    remarks: tuple[str, ...] = ()
    order: Mapping[str, tuple[MigrationKey, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    missed: tuple[str, ...] = ()
