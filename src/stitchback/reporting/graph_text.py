"""`graph` as text: each app's migrations, newest first, one line for each, with lines as `git log --graph` draws them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from stitchback.planning.graph_picture import DrawnMigration, GraphPicture
from stitchback.reporting.graph_lanes import lanes
from stitchback.reporting.graph_marks import Links, elsewhere, head, links_of, marks, match_mark, name
from stitchback.reporting.layout import BLANK, Line, Style, dim, plain, styled, wrapped, yellow
from stitchback.reporting.status_text import counted, coverage_lines

APP_COLOURS = (Style.CYAN, Style.GREEN, Style.YELLOW)
HANG = 4  # spaces before a further line of one migration


def graph_lines(picture: GraphPicture, *, verbose: bool = False) -> Iterator[Line]:
    """Of two refs only the migrations near those that one of them lacks, unless `verbose`."""
    yield from wrapped(head(picture), 0, 2)
    yield BLANK
    links, left_out = links_of(picture), 0
    for number, app in enumerate(picture.apps):
        every = picture.of_app(app)
        shown = every if verbose or picture.fork_commit is None else near_the_sides(every)
        unknown = [key for key in picture.rows_without_file if key.app == app]
        if not shown and not unknown:
            left_out += 1
            continue
        colour = APP_COLOURS[number % len(APP_COLOURS)]
        yield (styled(colour, app),)
        yield from _app_lines(picture, shown, links, colour, verbose)
        if len(shown) < len(every):
            more = counted(len(every) - len(shown), "further shared migration")
            yield from wrapped((dim(f"{more}, which `-v` lists"),), 2)
        for key in unknown:
            yield from wrapped((plain(f"? [X] {key.name}  "), yellow("recorded, without a file")), 0, HANG)
        yield BLANK
    if left_out:
        yield from wrapped((dim(f"{counted(left_out, 'app')} without a difference, which `-v` lists"),))
        yield BLANK
    yield from coverage_lines(picture.coverage)


def near_the_sides(every: Sequence[DrawnMigration]) -> tuple[DrawnMigration, ...]:
    """The migrations that only one ref has, and those of both that such a one depends on, or that were leaf nodes at the fork point; none
    where neither ref has one of its own."""
    own = [drawn for drawn in every if drawn.node.ref]
    if not own:
        return ()
    near = {parent for drawn in own for parent in drawn.parents}
    return tuple(drawn for drawn in every if drawn.node.ref or drawn.is_fork_point or drawn.node in near)


def _app_lines(
    picture: GraphPicture, shown: Sequence[DrawnMigration], links: Links, colour: Style, verbose: bool
) -> Iterator[Line]:
    drawing = lanes({drawn.node: drawn.own_parents for drawn in shown})
    for drawn, lane in zip(shown, drawing, strict=True):
        yield from ((styled(colour, line),) for line in lane.above)
        matches = links.get(drawn.node.key, ()) if picture.is_of_patch(drawn.node) else ()
        found = (*marks(picture, drawn, verbose=verbose), *elsewhere(drawn), *map(match_mark, matches))
        for number, line in enumerate(wrapped((*name(drawn), *_joined(found)), len(lane.at) + 1, HANG)):
            margin = f"{lane.at} " if not number else f"{lane.beside.ljust(len(lane.at))} {' ' * HANG}"
            yield (styled(colour, margin), *line[1:])
        yield from ((styled(colour, line),) for line in lane.below)


def _joined(found: Iterable[Text]) -> Iterator[Text]:
    for number, mark in enumerate(found):
        yield plain(", " if number else "  ")
        yield mark
