"""What `graph` shows beside a migration's name, in text and in diagrams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from stitchback.model.keys import MigrationKey
from stitchback.planning.graph_picture import DrawnMigration, GraphPicture
from stitchback.reporting.grouping import MatchRow, rows
from stitchback.reporting.layout import bold, dim, green, plain, red, styled, yellow
from stitchback.reporting.status_text import MARKS, limited_names

MOST_NAMED = 4  # migrations in one mark

Links = Mapping[MigrationKey, Sequence[MatchRow]]


def links_of(picture: GraphPicture) -> Links:
    """The matches by the migration of the patch branch."""
    found: dict[MigrationKey, list[MatchRow]] = {}
    for row in rows(picture.links):
        for key in row.patch:
            found.setdefault(key, []).append(row)
    return found


def head(picture: GraphPicture) -> Iterator[Text]:
    """The refs, the fork point and the database."""
    names = [tree.ref for tree in picture.trees]
    yield bold(names[0])
    if picture.fork_commit is not None:
        yield plain(" and ")
        yield bold(names[1])
        yield dim(f"  fork point {picture.fork_commit[:12]}")
    if picture.database is not None:
        yield dim(f"  applied in {picture.database}")


def name(drawn: DrawnMigration) -> Iterator[Text]:
    """The migration's name; before it, with a database, a box as of `showmigrations`: `-` is a squashed migration that Django counts as
    applied and has not recorded."""
    if drawn.counts is not None:
        box = " " if not drawn.counts else "X" if drawn.is_recorded else "-"
        yield plain(f"[{box}] ")
    yield bold(drawn.node.name) if drawn.leaf_on else plain(drawn.node.name)


def marks(picture: GraphPicture, drawn: DrawnMigration, *, verbose: bool = False) -> Iterator[Text]:
    """All marks but for what a diagram shows as lines: dependencies and matches."""
    if drawn.node.ref:
        yield bold(drawn.node.ref)
    if drawn.is_fork_point:
        yield dim("fork point")
    if drawn.leaf_on:
        everywhere = drawn.node.ref or len(drawn.leaf_on) == len(picture.trees)
        yield green("leaf" if everywhere else f"leaf on {drawn.leaf_on[0]}")
    if drawn.is_merge:
        yield plain("merge")
    if drawn.in_cycle:
        yield red("in a cycle")
    if drawn.squashes:
        yield plain(f"squash of {_names(drawn.squashes, verbose)}")
    if drawn.ghosts:
        recorded = "" if drawn.counts is None else f" ({len(drawn.recorded_ghosts)} recorded)"
        word = "ghost" if len(drawn.ghosts) == 1 else "ghosts"
        yield plain(f"replaces the {word} {_names(drawn.ghosts, verbose)}{recorded}")
    if drawn.replaced_by:
        yield plain(f"replaced by {_names(drawn.replaced_by, verbose)}")
    if drawn.is_recorded and not drawn.counts:
        yield yellow("recorded, but Django does not count it as applied")
    if drawn.is_reconciled:
        yield dim("reconciled already")
    for key in drawn.missing:
        yield red(f"depends on {key}, which has no file")


def elsewhere(drawn: DrawnMigration) -> Iterator[Text]:
    """The dependencies on other apps."""
    found = {*(each.key for each in drawn.parents if each.app != drawn.node.app), *drawn.packages}
    if found:
        yield dim(f"after {', '.join(map(str, sorted(found)))}")


def match_mark(row: MatchRow) -> Text:
    """The verdict, and mainline's migrations; without their app if it is that of the patch branch's."""
    mark, style = MARKS[row.verdict]
    names = [key.name if key.app == row.app else str(key) for key in row.mainline]
    return styled(style, f"{mark} {row.verdict.value}{': ' if names else ''}{', '.join(names)}")


def _names(keys: Sequence[MigrationKey], verbose: bool) -> str:
    return ", ".join(limited_names(keys, set(), len(keys) if verbose else MOST_NAMED))
