"""`graph` as text: each app's migrations, newest first, one line for each, with lines as `git log --graph` draws them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.text import Text

from stitchback.model.keys import MigrationKey
from stitchback.planning.graph_picture import DrawnMigration, GraphPicture
from stitchback.reporting.graph_lanes import lanes
from stitchback.reporting.grouping import MatchRow, rows
from stitchback.reporting.layout import BLANK, wrapped
from stitchback.reporting.status_text import MARKS, counted, coverage_lines, limited_names
from stitchback.reporting.style import Line, Style, bold, dim, green, plain, red, styled, yellow

MOST_NAMED = 4  # migrations in one mark
APP_COLOURS = (Style.CYAN, Style.GREEN, Style.YELLOW)
HANG = 4

Links = Mapping[MigrationKey, Sequence[MatchRow]]


def graph_lines(picture: GraphPicture, *, verbose: bool = False) -> Iterator[Line]:
    yield from _head(picture)
    yield BLANK
    links = _links(picture)
    left_out = 0
    for number, app in enumerate(picture.apps):
        every = picture.of_app(app)
        shown = every if verbose or picture.fork_commit is None else _near_the_sides(every)
        unknown = [key for key in picture.rows_without_file if key.app == app]
        if not shown and not unknown:
            left_out += 1
            continue
        yield (styled(APP_COLOURS[number % len(APP_COLOURS)], app),)
        yield from _app_lines(picture, shown, links, APP_COLOURS[number % len(APP_COLOURS)], verbose)
        if len(shown) < len(every):
            more = counted(len(every) - len(shown), "further shared migration")
            yield from wrapped((dim(f"{more}, which `-v` lists"),), 2)
        for key in unknown:
            yield from wrapped((plain("? [X] "), plain(key.name), yellow("  recorded, without a file")), 0, 6)
        yield BLANK
    if left_out:
        yield from wrapped((dim(f"{counted(left_out, 'app')} without a difference, which `-v` lists"),))
        yield BLANK
    yield from coverage_lines(picture.coverage)


def _head(picture: GraphPicture) -> Iterator[Line]:
    names = [tree.ref for tree in picture.trees]
    parts = [bold(names[0])]
    if picture.fork_commit is not None:
        parts += [plain(" and "), bold(names[1]), dim(f"  fork point {picture.fork_commit[:12]}")]
    if picture.database is not None:
        parts.append(dim(f"  applied in {picture.database}"))
    yield from wrapped(parts, 0, 2)


def _near_the_sides(every: Sequence[DrawnMigration]) -> tuple[DrawnMigration, ...]:
    """The migrations that only one ref has, and those of both that such a one depends on, or that were leaf nodes at the fork point; none
    where neither ref has one of its own."""
    own = [drawn for drawn in every if drawn.node.ref]
    if not own:
        return ()
    near = {parent for drawn in own for parent in drawn.parents}
    return tuple(drawn for drawn in every if drawn.node.ref or drawn.is_fork_point or drawn.node in near)


def _links(picture: GraphPicture) -> Links:
    """The matches by the migration of the patch branch."""
    found: dict[MigrationKey, list[MatchRow]] = {}
    for row in rows(picture.links):
        for key in row.patch:
            found.setdefault(key, []).append(row)
    return found


def _app_lines(
    picture: GraphPicture, shown: Sequence[DrawnMigration], links: Links, colour: Style, verbose: bool
) -> Iterator[Line]:
    drawing = lanes({drawn.node: drawn.own_parents for drawn in shown})
    for drawn, lane in zip(shown, drawing, strict=True):
        yield from ((styled(colour, line),) for line in lane.above)
        own = links.get(drawn.node.key, ()) if drawn.node.ref == picture.trees[0].ref else ()
        parts = (*_name(drawn), *_joined(_marks(picture, drawn, own, verbose)))
        for number, line in enumerate(wrapped(parts, len(lane.at) + 1, HANG)):
            margin = f"{lane.at} " if not number else f"{lane.beside.ljust(len(lane.at))} {' ' * HANG}"
            yield (styled(colour, margin), *line[1:])
        yield from ((styled(colour, line),) for line in lane.below)


def _name(drawn: DrawnMigration) -> Iterator[Text]:
    if drawn.counts is not None:
        yield plain(f"[{_box(drawn)}] ")
    yield bold(drawn.node.name) if drawn.leaf_on else plain(drawn.node.name)


def _box(drawn: DrawnMigration) -> str:
    """As `showmigrations` has it: `-` is a squashed migration that Django counts as applied and has not recorded."""
    if not drawn.counts:
        return " "
    return "X" if drawn.is_recorded else "-"


def _joined(marks: Iterable[Text]) -> Iterator[Text]:
    for number, mark in enumerate(marks):
        yield plain(", " if number else "  ")
        yield mark


def _marks(
    picture: GraphPicture, drawn: DrawnMigration, links: Sequence[MatchRow], verbose: bool
) -> Iterator[Text]:
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
        recorded = f" ({len(drawn.recorded_ghosts)} recorded)" if drawn.counts is not None else ""
        yield plain(f"replaces the ghost{'' if len(drawn.ghosts) == 1 else 's'} ")
        yield plain(f"{_names(drawn.ghosts, verbose)}{recorded}")
    if drawn.replaced_by:
        yield plain(f"replaced by {_names(drawn.replaced_by, verbose)}")
    if drawn.is_recorded and not drawn.counts:
        yield yellow("recorded, but Django does not count it as applied")
    if drawn.is_reconciled:
        yield dim("reconciled already")
    for key in drawn.missing:
        yield red(f"depends on {key}, which has no file")
    elsewhere = sorted({*(each.key for each in drawn.parents if each.app != drawn.node.app), *drawn.packages})
    if elsewhere:
        yield dim(f"after {', '.join(map(str, elsewhere))}")
    for row in links:
        yield from _link(row)


def _names(keys: Sequence[MigrationKey], verbose: bool) -> str:
    return ", ".join(limited_names(keys, set(), len(keys) if verbose else MOST_NAMED))


def _link(row: MatchRow) -> Iterator[Text]:
    mark, style = MARKS[row.verdict]
    names = (
        f": {', '.join(key.name if key.app == row.app else str(key) for key in row.mainline)}"
        if row.mainline
        else ""
    )
    yield styled(style, f"{mark} {row.verdict.value}{names}")
