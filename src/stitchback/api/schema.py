"""The use case `schema`: a ref in, the schema that its migrations make out, as JSON has it; two refs in, how their schemas differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stitchback.api.project import Project
from stitchback.errors import EnvironmentProblem
from stitchback.graph import MigrationGraph
from stitchback.matching.match import fold
from stitchback.model.migrations import Tree
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import render
from stitchback.schema.atoms_between import NamedPart, parts_of
from stitchback.schema.comparing import ComparisonKind, compare_shapes


def state_to_json(state: SchemaState) -> dict[str, Any]:
    """`models` of DESIGN's `schema` command: label -> fields, indexes, constraints, togethers, options, what is opaque."""
    return {str(key): model_to_json(state.models[key]) for key in sorted(state.models)}


def model_to_json(model: ModelState) -> dict[str, Any]:
    fields = {name: field_to_json(field) for name, field in model.fields}
    opaque = [*model.opaque, *(field for _, field in model.fields if isinstance(field, Opaque))]
    return {
        "name": model.name,
        "fields": fields,
        "bases": [render(base) for base in model.bases],
        "options": {name: render(value) for name, value in model.options},
        "indexes": sorted(render(value) for _, value in model.indexes),
        "constraints": sorted(render(value) for _, value in model.constraints),
        "unique_together": sorted(list(names) for names in model.unique_together),
        "index_together": sorted(list(names) for names in model.index_together),
        "opaque": sorted(str(item) for item in opaque),
    }


def field_to_json(field: Field | Opaque) -> dict[str, Any]:
    if isinstance(field, Opaque):
        return {"class": "", "arguments": {}, "opaque": field.reason}
    return {"class": field.path, "arguments": {name: render(value) for name, value in field.arguments}}


def diff_states(a: SchemaState, b: SchemaState) -> list[dict[str, Any]]:
    """What `b` has otherwise than `a`, sorted: each with `model`, `kind`, `name`, `change` ("added", "removed", "same
    schema", "different", "opaque") and `differences` in words."""
    found: list[dict[str, Any]] = []
    for key in sorted({*a.models, *b.models}):
        old, new = a.models.get(key), b.models.get(key)
        if old is None or new is None:
            found.append(line(str(key), "table", "", "removed" if new is None else "added"))
        else:
            found.extend(diff_models(str(key), old, new))
    return found


def diff_models(label: str, old: ModelState, new: ModelState) -> Iterator[dict[str, Any]]:
    was = {(part.kind.value, part.name): part for part in parts_of(old)}
    now = {(part.kind.value, part.name): part for part in parts_of(new)}
    for kind, name in sorted({*was, *now}):
        before, after = was.get((kind, name)), now.get((kind, name))
        if before is None or after is None:
            yield line(label, kind, name, "removed" if after is None else "added")
        elif before.shape != after.shape:
            yield compared(label, before, after)


def compared(label: str, before: NamedPart, after: NamedPart) -> dict[str, Any]:
    comparison = compare_shapes(before.shape, after.shape)
    change = "same schema" if comparison.kind == ComparisonKind.IDENTICAL else comparison.kind.value
    return line(label, before.kind.value, before.name, change, comparison.differences)


def line(model: str, kind: str, name: str, change: str, differences: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"model": model, "kind": kind, "name": name, "change": change, "differences": list(differences)}


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
