"""The use case `schema`: a ref in, the schema that its migrations make out; two refs in, how their schemas differ."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stitchback.api.project import Project
from stitchback.errors import EnvironmentProblem
from stitchback.graph import MigrationGraph
from stitchback.matching.match import fold
from stitchback.model.migrations import Tree
from stitchback.model.state import SchemaState
from stitchback.schema.state_json import diff_states, state_to_json


@dataclass(frozen=True, slots=True)
class SchemaRead:
    """`models`: as DESIGN's `schema` command gives them. `opaque`: what of the apps asked for could not be read, with its place."""

    ref: str
    commit: str
    models: Mapping[str, Any]
    opaque: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """What the schema of `other` has otherwise than that of `ref`, as `schema.diff_states` gives it."""

    ref: str
    other: str
    differences: tuple[Mapping[str, Any], ...]
    opaque: tuple[str, ...]


def read_schema(project: Project, ref: str | None, apps: Sequence[str] = ()) -> SchemaRead:
    """`ref` None is the working tree. Raises EnvironmentProblem: no such ref, no such app (SB531)."""
    tree = project.tree(ref or "HEAD")
    require_apps(apps, tree)
    state = _of_apps(schema_of(tree), apps)
    return SchemaRead(tree.ref, tree.commit, state_to_json(state), _unread(tree, state, apps))


def compare_schemas(
    project: Project, ref: str | None, other: str, apps: Sequence[str] = ()
) -> SchemaDifference:
    """Raises EnvironmentProblem: no such ref, an app that neither has (SB531)."""
    here, there = project.tree(ref or "HEAD"), project.tree(other)
    require_apps(apps, here, there)
    mine, theirs = (_of_apps(schema_of(tree), apps) for tree in (here, there))
    opaque = dict.fromkeys((*_unread(here, mine, apps), *_unread(there, theirs, apps)))
    return SchemaDifference(here.ref, there.ref, tuple(diff_states(mine, theirs)), tuple(opaque))


def schema_of(tree: Tree) -> SchemaState:
    """All migrations played in the order of a fresh install; one that does not fit what came before counts as unreadable."""
    return fold(tree.migrations[key] for key in MigrationGraph.of(tree).order())


def _of_apps(state: SchemaState, apps: Sequence[str]) -> SchemaState:
    if not apps:
        return state
    return replace(state, models={key: model for key, model in state.models.items() if key.app in apps})


def _unread(tree: Tree, state: SchemaState, apps: Sequence[str]) -> tuple[str, ...]:
    """Places and reasons, sorted. What may have touched anything stands beside what a model holds."""
    in_models = (opaque for model in state.models.values() for opaque in model.opaque)
    files = (each for each in tree.unreadable if not apps or each.key is None or each.key.app in apps)
    found = {str(opaque) for opaque in (*state.opaque, *in_models)}
    return tuple(sorted(found | {f"{each.span}: {each.reason}" for each in files}))


def require_apps(apps: Sequence[str], *trees: Tree) -> None:
    """Raises EnvironmentProblem (SB531) for an app that none of the trees has."""
    known = sorted(
        {key.app for tree in trees for key in tree.migrations} | {app for tree in trees for app in tree.apps}
    )
    for app in apps:
        if app not in known:
            near = difflib.get_close_matches(app, known, n=3)
            where = " and ".join(tree.ref for tree in trees)
            hint = (
                f"Did you mean {' or '.join(near)}?" if near else f"Apps with migrations: {', '.join(known)}."
            )
            raise EnvironmentProblem("SB531", f"{where}: no app {app!r} has migrations", hint=hint)
