"""`status` without arguments, for people: one line a release branch."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.planning.overview import Overview, ReleaseBranch, State
from stitchback.reporting.layout import BLANK, Cell, aligned, wrapped
from stitchback.reporting.style import Line, Style, bold, dim, plain, styled, yellow

MOST = 8  # branches that are named
STYLES = {
    State.RECONCILED: Style.GREEN,
    State.TO_RECONCILE: Style.YELLOW,
    State.IN_CONFLICT: Style.RED,
    State.NOT_READ: Style.RED,
}


def overview_lines(found: Overview) -> Iterator[Line]:
    yield (bold(f"Release branches, compared with {found.mainline.ref}"),)
    yield BLANK
    if not found.branches:
        text = f"No branch looks like a release ({', '.join(found.patterns)}). Name one, or set patch_branches in pyproject.toml."
        yield from wrapped((plain(text),), 2)
        yield from _others(found)
    rows = [_cells(branch) for branch in found.branches]
    yield from (aligned(rows, 2) if rows else ()) or _stacked(found)
    for branch in found.branches:
        if branch.reason:
            yield from wrapped((dim(f"{branch.ref}: "), plain(branch.reason)), 2, 2)
    for app, leaves in found.leaves.items():
        names = ", ".join(leaf.name for leaf in leaves)
        yield BLANK
        yield from wrapped((yellow(f"{app} has {len(leaves)} leaf nodes: "), plain(names)), 0, 2)
        yield (plain("  stitchback resolve"),)


def _others(found: Overview) -> Iterator[Line]:
    """The branches that there are, and the command for one of them."""
    if found.others:
        more = f" and {len(found.others) - MOST} more" if len(found.others) > MOST else ""
        yield BLANK
        yield from wrapped((plain(f"Other branches: {', '.join(found.others[:MOST])}{more}"),), 2)
        yield (plain(f"  {found.next_command}"),)


def _cells(branch: ReleaseBranch) -> tuple[Cell, ...]:
    return (
        (bold(branch.ref),),
        (styled(STYLES[branch.state], branch.state.value),),
        (plain(branch.next_command or "–"),),
    )


def _stacked(found: Overview) -> Iterator[Line]:
    """Where the lines are too long for a table."""
    for branch in found.branches:
        state = styled(STYLES[branch.state], branch.state.value)
        yield from wrapped((bold(branch.ref), plain("  "), state, plain(f"  {branch.next_command}")), 2, 2)
