"""A project's configuration, `[tool.stitchback]` in its pyproject.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stitchback.model.keys import MigrationKey

REHEARSED_DATABASES = 25  # kinds of database on which a plan is rehearsed
REHEARSAL_SECONDS = 3.0  # of the rehearsal's own processor time, after which it starts no other database
REHEARSAL_MOST_SECONDS = 60.0  # of processor time, for the databases that a proof requires
ENGINES = ("sqlite", "postgresql", "mysql", "oracle")


@dataclass(frozen=True, slots=True, order=True)
class Suppression:
    """A finding that is not to be reported: its code, the files (an `fnmatch` pattern over repository paths),
    and why.
    """

    code: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class DataAgreement:
    """The project's decision about a data operation (of the migration "app.name"): it `may_repeat` on a
    database that has already run it, it `may_miss` one altogether, and why that is correct.
    """

    migration: MigrationKey
    may_repeat: bool
    may_miss: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """`apps`: folder of an app -> its label. `operation_equivalents`: import path of a custom operation -> Django's class name
    ("pkg.AddFieldSafely" -> "AddField"). `migration_modules`: app label -> dotted module, as Django's MIGRATION_MODULES.
    `unreleased_since`: the ref up to which mainline may have reached a database. `engines`: those that the project's databases run on. `exclude`:
    `fnmatch` patterns over folders of migrations that are not to be read. `environment`: names of environment variables, or patterns, that `verify`
    passes on to the project's code. `patch_branches`: `fnmatch` patterns over the names of branches that are releases; none: the usual names. `settings`: Django settings with what they are in the project,
    strings, numbers, booleans, and lists and tables of such. `packages`: label of an app that is in mainline's tree and was an installed package
    on a patch branch -> the first and the last of its migrations at which that branch's databases may stand. `data`: data operations that need not
    run exactly once. `apps_in_other_databases`: labels of apps whose tables are in another database than the ledger that is inspected or repaired;
    None if that is not configured. `rehearsed_databases`, `rehearsal_seconds`, `rehearsal_most_seconds`: bounds of the
    rehearsal of one plan. `baseline`: the path of the baseline file of `check`, relative to the repository root. `large_tables`: names of tables in the database
    whose rows a deploy should not copy."""

    apps: Mapping[str, str] = field(default_factory=dict)
    operation_equivalents: Mapping[str, str] = field(default_factory=dict)
    migration_modules: Mapping[str, str] = field(default_factory=dict)
    unreleased_since: str | None = None
    strategy: str | None = None
    engines: tuple[str, ...] = ENGINES
    exclude: tuple[str, ...] = ()
    patch_branches: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    packages: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    data: tuple[DataAgreement, ...] = ()
    suppress: tuple[Suppression, ...] = ()
    apps_in_other_databases: frozenset[str] | None = None
    folder: str = ""  # of the Django project, relative to the repository root: not a key of the file
    rehearsed_databases: int = REHEARSED_DATABASES
    rehearsal_seconds: float = REHEARSAL_SECONDS
    rehearsal_most_seconds: float = REHEARSAL_MOST_SECONDS
    baseline: str | None = None
    large_tables: tuple[str, ...] = ()
