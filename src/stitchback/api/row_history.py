"""Rows that the tree does not know, and where their migrations are, or were: on branches, tags, and in the history of those."""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.api.project import Project
from stitchback.engine import EngineCache
from stitchback.matching.sides import covered
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.repair.evidence import made_by
from stitchback.repair.recorder_rules import RecorderRules
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.visible_schema import Names, VisibleSchema

MOST_REFS = 40  # branches and tags that are read
FEW_REFS = 5  # the same for rows of apps that the tree does not have at all
MOST_SEARCHES = 10  # rows that are looked for in all of history


@dataclass(frozen=True, slots=True)
class RowHistory:
    """`trees`: other refs' and earlier commits' that know rows which the tree does not; no more than are needed. `gone`: of those
    rows, the ones whose files no branch or tag has any more, as far as all of them were read."""

    trees: tuple[Tree, ...] = ()
    gone: frozenset[MigrationKey] = frozenset()


def row_history(project: Project, ledger: Ledger, tree: Tree) -> RowHistory:
    """Branches first, then tags from the newest on, then commits of whatever history."""
    unknown = set(ledger.keys) - known_to(tree)
    found: list[Tree] = []
    whole = _search_refs(project, tree, unknown, found)
    lost = sorted(key for key in unknown if key.app in tree.apps)
    for key in lost[:MOST_SEARCHES]:
        other = _once(project, key) if key in unknown else None
        if other is not None:
            found.append(other)
            unknown -= set(other.migrations)
    gone = frozenset(lost) - unknown if whole else frozenset[MigrationKey]()
    return RowHistory(tuple(found), gone)


def _search_refs(project: Project, tree: Tree, unknown: set[MigrationKey], found: list[Tree]) -> bool:
    """Takes what it finds out of `unknown`. Returns whether all refs were read, or no row is left."""
    repository = project.repository
    refs = (*repository.branches(), *reversed(repository.tags()))
    for place, ref in enumerate(refs):
        if not unknown:
            return True
        if place >= MOST_REFS or (place >= FEW_REFS and not any(key.app in tree.apps for key in unknown)):
            return False  # rows of installed packages are known to no ref, however many are looked at
        other = project.tree(ref.name, ref.commit)
        if unknown & set(other.migrations):
            found.append(other)
            unknown -= set(other.migrations)
    return True


def _once(project: Project, key: MigrationKey) -> Tree | None:
    """The tree of the newest commit that had the migration's file, where it is that app's."""
    place = project.repository.last_commit_with(f"{key.name}.py")
    if place is None:
        return None
    commit, ref = place
    other = project.tree(f"{ref} at {commit[:12]}", commit)
    return other if key in other.migrations else None


def undone(past: RowHistory, schema: VisibleSchema | None) -> dict[MigrationKey, Names]:
    """Rows of deleted migrations that can go, with what they made: the database was checked, and has nothing of what they made. Where it has, the row is
    the only trace of how that came there."""
    if schema is None:
        return {}
    found = {}
    for key in past.gone:
        tree = next(tree for tree in past.trees if key in tree.migrations)
        made = made_by(key, SchemaOfApplied(RecorderRules(tree), EngineCache()))
        if made and not made & schema.names and not any(schema.hides(name.table) for name in made):
            found[key] = made
    return found


def known_to(tree: Tree) -> set[MigrationKey]:
    """What the tree has or replaces; migrations of apps that it does not have are not its own to know."""
    return set(tree.migrations) | set(covered(tree)) | set(tree.replacers)
