"""Which mainline migrations `backport` brings to a release: they exist, can be copied, and the release lacks them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from stitchback.api.project import Project
from stitchback.api.reading_cases import PlanRequest, read_case
from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.graph import MigrationGraph
from stitchback.matching.case import Case
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Verdict
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch
from stitchback.model.source import Opaque


@dataclass(frozen=True, slots=True)
class BackportRequest:
    """What a person asks of `backport`. `migrations`: "app.0007_name", or a beginning of it that fits one migration. `release` is a ref."""

    migrations: tuple[str, ...]
    release: str
    onto: str = "HEAD"


def chosen_migrations(
    project: Project, wish: BackportRequest, mainline: Tree, release: Patch
) -> tuple[Migration, ...]:
    """The migrations to backport, in an order that mainline's graph allows. Raises EnvironmentProblem (SB536), Refusal (SB537)."""
    keys = {_named(name, wish, mainline) for name in wish.migrations}
    chosen = tuple(mainline.migrations[key] for key in MigrationGraph.raw(mainline).order() if key in keys)
    _refuse_what_is_there(project, wish, release, chosen)
    for migration in chosen:
        _refuse_what_cannot_be_copied(migration)
    return chosen


def _named(name: str, wish: BackportRequest, mainline: Tree) -> MigrationKey:
    keys = [key for key in sorted(mainline.migrations) if str(key) == name]
    keys = keys or [key for key in sorted(mainline.migrations) if str(key).startswith(name)]
    if len(keys) == 1:
        return keys[0]
    if keys:
        raise EnvironmentProblem(
            "SB536",
            f"{name!r} fits several migrations",
            hint="Give the whole name:",
            evidence=tuple(map(str, keys)),
        )
    raise EnvironmentProblem(
        "SB536",
        f"{wish.onto} has no migration {name!r}",
        hint="Name it as APP.NAME, such as shop.0007_item_color. `stitchback graph` lists the migrations.",
    )


def _refuse_what_is_there(
    project: Project, wish: BackportRequest, release: Patch, chosen: Sequence[Migration]
) -> None:
    """A name alone proves nothing: the release may use it for another change."""
    case = read_case(project, PlanRequest((wish.release,), wish.onto))
    has = {migration.key: _names_on_release(case, release, migration) for migration in chosen}
    there = sorted(key for key in has if has[key])
    if not there:
        return
    names = [
        str(key) if has[key] == (key,) else f"{key} (as {', '.join(map(str, has[key]))})" for key in there
    ]
    raise EnvironmentProblem(
        "SB536",
        f"{wish.release} has {', '.join(names)} already",
        hint=f"Leave it out, or compare the two branches: `stitchback status {shlex.quote(wish.release)}`.",
    )


def _names_on_release(case: Case, release: Patch, migration: Migration) -> tuple[MigrationKey, ...]:
    """The release's migrations that do all of what mainline's does: the same file, or the same changes under any name, or what a stitched
    migration of mainline, which took its operations, replaces. Empty where there are none."""
    key = migration.key
    same = release.tree.migrations.get(key)
    if key in release.fork.migrations or (same is not None and same.operations == migration.operations):
        return (key,)
    (side,) = case.sides
    atoms = {atom for atom in side.comparison.mainline_atoms if atom.origin.migration == key}
    matched = {
        atom: match.patch[0].origin.migration
        for match in side.comparison.matches
        if match.verdict in (Verdict.IDENTICAL, Verdict.SAME_SCHEMA)
        for atom in match.given
    }
    if atoms and atoms <= matched.keys():
        return tuple(sorted({matched[atom] for atom in atoms}))
    if migration.operations:
        return ()
    replacers = (case.situation.mainline.migrations.get(each) for each in migration.parents)
    return tuple(ghost for each in replacers if each for ghost in each.ghosts if ghost in side.sides.known)


def _refuse_what_cannot_be_copied(migration: Migration) -> None:
    unread = [item for item in migration.dependencies if isinstance(item, Opaque)]
    if migration.replaces or unread:
        why = "it replaces other migrations" if migration.replaces else "its dependencies cannot be read"
        raise Refusal(
            "SB537",
            f"{migration.key} cannot be backported: {why}",
            hint="Backport the migrations that it replaces, or write the release's migration by hand and run `stitchback plan`.",
        )
