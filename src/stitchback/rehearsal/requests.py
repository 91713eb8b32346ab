"""The values that the caller and the rehearsal's process send each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration
from stitchback.model.plans import Failure

Recipe = tuple[int, ...]  # numbers of the old trees that a database was migrated with, in order


@dataclass(frozen=True, slots=True)
class ShippedTree:
    """A tree's migrations by number (`Parcel.migrations`), with their dependencies in this tree. `settings`: the names that swappable dependencies
    and models take from settings. `split`: apps that may keep several leaf nodes. `base`: migrations that count as applied, by number; only their
    effect on the `mentioned` fields of the `relevant` models is executed."""

    migrations: tuple[tuple[int, tuple[Dependency, ...], tuple[Dependency, ...]], ...]
    settings: Mapping[str, str]
    split: frozenset[str] = frozenset()
    base: tuple[int, ...] = ()
    relevant: frozenset[tuple[str, str]] = frozenset()
    mentioned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parcel:
    """The data that the process does not have yet: migrations by number (equal operations under one name have one number), trees by number, and the
    Django field class that each custom field class extends."""

    migrations: Mapping[int, Migration]
    trees: Mapping[int, ShippedTree]
    bases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OptimizeRequest:
    """Runs of migrations, each with its app and the numbers of its migrations. `settings`: as of `ShippedTree`."""

    runs: tuple[tuple[str, tuple[int, ...]], ...]
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits for one plan. At most so many `databases` are rehearsed. `seconds` of processor time: after them only the databases that come first
    are started. `most_seconds`: after these, none."""

    databases: int = 25
    seconds: float = 3.0
    most_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class RehearsedPopulation:
    """One population as the first engine sees it: the trees that may have created it (`recipes`, tried in this order), its rows of django_migrations
    before the plan (None: those that its trees record), the rows that the plan inserts, the migrations that a full migrate runs and the rows
    afterwards (None if the first engine has no view of it). `is_first`: no plan is proved without it."""

    name: str
    lineage: str
    recipes: tuple[Recipe, ...]
    ledger: frozenset[MigrationKey] | None
    inserts: tuple[MigrationKey, ...] = ()
    will_run: frozenset[MigrationKey] | None = None
    recorded: frozenset[MigrationKey] | None = None
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request to rehearse one plan. `result`, `following`, `untouched`: numbers of the planned tree, of the planned tree with the next release's
    migrations, and of mainline without the plan (None if it could not have been deployed). `tips`: recipes of whole branches, whose hand-written
    schema changes are excused. `gone`: apps whose tables may remain. `replaced`: migrations of the planned tree that may run under another name.
    `may_repeat`: migrations whose data operations may run again. `sqlite`: whether there are SQLite databases, where a table remake loses columns
    that the models do not have.
    """

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
class Disagreement(Failure):
    """A failure that the rehearsal saw on a database for which the first engine saw none. `raised`: Django or the database raised an error.
    `baseline`: mainline without the plan ends in the same way; `everywhere`: also on a fresh install, so the rest was not rehearsed."""

    raised: bool = False
    baseline: bool = False
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class RehearsalAnswer:
    """`rehearsed` of `total` databases. `disagreements`: failures that refuse the plan. `baseline`: failures that mainline without the plan has too.
    `remarks`: what was not or could not be rehearsed. `order`: by database, the migrations whose data operations ran, in order. `missed`: the
    databases that come first and did not fit into the time limit."""

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
