"""`status` as text: each app that a patch branch changes, the migrations of both sides there, and their matches; without arguments, one line a
release branch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.text import Text

from stitchback.matching.case import Side, Unit
from stitchback.matching.created_twice import created_twice
from stitchback.model.files import Unfinished
from stitchback.model.keys import MigrationKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Migration
from stitchback.planning.reports import Coverage, Overview, ReleaseBranch, State, Status
from stitchback.reporting.difference_text import Refs, difference_lines
from stitchback.reporting.finding_text import finding_lines
from stitchback.reporting.grouping import MatchRow, change_of, rows
from stitchback.reporting.layout import (
    BLANK,
    GAP,
    Cell,
    Line,
    Style,
    aligned,
    bold,
    cells,
    dim,
    flowing,
    listed,
    plain,
    styled,
    wrapped,
    yellow,
)
from stitchback.reporting.next_steps import status_next

MARKS = {
    Verdict.IDENTICAL: ("=", Style.GREEN),
    Verdict.SAME_SCHEMA: ("≈", Style.GREEN),
    Verdict.DIFFERENT: ("≠", Style.YELLOW),
    Verdict.EVOLVED: ("→", Style.YELLOW),
    Verdict.CONTRARY: ("×", Style.RED),
    Verdict.PATCH_ONLY: ("+", Style.GREEN),
    Verdict.OPAQUE: ("?", Style.YELLOW),
}
MARK = max(len(f"{mark} {verdict.value}") for verdict, (mark, _) in MARKS.items())
BELOW = 2 + MARK + GAP  # where the column after the mark begins
MOST_CHANGES = 60  # rows of changes in all apps together
FEWEST_CHANGES = 4  # of one app
MOST_BRANCHES = 8  # that are named where none looks like a release
MOST_NAMED = 12  # of mainline's migrations in one app, without those that have a match


def status_lines(status: Status, *, verbose: bool = False) -> Iterator[Line]:
    yield from side_lines(status, verbose=verbose)
    yield from finding_lines(status.findings, verbose=verbose)
    yield from coverage_lines(status.coverage)
    yield from status_next(status)


def side_lines(status: Status, *, verbose: bool, without: Collection[Match] = ()) -> Iterator[Line]:
    """`without`: matches that are shown elsewhere."""
    for side in status.case.sides:
        refs = Refs(side.patch.tree.ref, status.case.situation.mainline.ref)
        yield from _head(side, refs, status.unfinished)
        apps = _apps(side)
        most = None if verbose else max(FEWEST_CHANGES, MOST_CHANGES // max(len(apps), 1))
        for app in apps:
            yield from _app_lines(side, app, refs, most, without)
        yield from _twice_lines(side, refs)
        yield from _elsewhere(side, refs)


def _head(side: Side, refs: Refs, unfinished: Unfinished | None) -> Iterator[Line]:
    fork_point_of = f", fork point {side.patch.fork.commit[:12]}"
    merged = f", {refs.patch} since merged by git" if side.patch.merged else ""
    if side.patch.merged and unfinished is not None:
        merged = f", in an unfinished {unfinished.kind.value}"
    yield from wrapped(
        (bold(refs.patch), plain(" into "), bold(refs.mainline), dim(fork_point_of + merged)), 0, 2
    )
    yield BLANK
    if not side.sides.patch_all:
        yield from wrapped((plain(f"{refs.patch} has no migrations of its own since the fork point."),), 2)
        yield BLANK


def _apps(side: Side) -> tuple[str, ...]:
    return tuple(sorted({migration.key.app for migration in side.sides.patch_all}))


def _app_lines(
    side: Side, app: str, refs: Refs, most: int | None, without: Collection[Match]
) -> Iterator[Line]:
    """`most`: how many changes are listed; None: all, and all of mainline's migrations."""
    yield (bold(app),)
    width = max(cells(refs.patch), cells(refs.mainline))
    found = tuple(row for row in rows(side.comparison.matches) if row.app == app)
    patch = [migration for migration in side.sides.patch_all if migration.key.app == app]
    yield from listed(dim(refs.patch), (_patch_words(side, migration, refs) for migration in patch), 2, width)
    named = {key for row in found for key in row.mainline}
    mainline = [migration.key for migration in side.sides.mainline if migration.key.app == app]
    names = limited_names(mainline, named, len(mainline) if most is None else MOST_NAMED)
    yield from flowing(dim(refs.mainline), names or ["–"], 2, width)
    yield BLANK
    shown = [row for row in rows(m for m in side.comparison.matches if m not in without) if row.app == app]
    if shown:
        yield from match_lines(shown[:most], refs)
        if most is not None and len(shown) > most:
            yield from wrapped((dim(f"and {len(shown) - most} more changes, which `-v` lists"),), 2)
        yield BLANK


def _twice_lines(side: Side, refs: Refs) -> Iterator[Line]:
    """What goes wrong where both branches create the same table or column: once, for the first of them."""
    found = created_twice(side)
    if not found:
        return
    change, creator = change_of(found[0]), found[0].mainline[0].origin.migration
    more = f", and {counted(len(found) - 1, 'more schema object')}" if len(found) > 1 else ""
    on_sqlite = ", or on SQLite sets its values to the default" if change.is_column else ""
    text = (
        f"Both branches create {change.named}{more}. On a database of {refs.patch}, {creator} would create it again: "
        f"`migrate` fails there{on_sqlite}."
    )
    yield from wrapped((plain(text),))
    yield BLANK


def _patch_words(side: Side, migration: Migration, refs: Refs) -> Text:
    """The migration's name, and what makes a match redundant."""
    name = migration.key.name
    twin = side.sides.twin(migration.key)
    if migration.key in side.sides.known:
        return plain(f"{name} – reconciled already")
    if migration.key in side.sides.edited.keys:
        by = refs.patch if Unit(side, migration).is_edited_on_patch else refs.mainline
        return plain(f"{name} – of the fork point, edited on {by}")
    if migration.key in side.patch.fork.migrations:
        return plain(f"{name} – of the fork point, missing on {refs.mainline}")
    if twin is None:
        return plain(name)
    same = twin.blob == migration.blob
    return plain(f"{name} – the same {'file' if same else 'name'} on {refs.mainline}")


def limited_names(keys: Sequence[MigrationKey], always: set[MigrationKey], most: int) -> list[str]:
    """The names, limited to `most`, but always with those of `always`."""
    cut = len(keys) > most
    shown = [key for place, key in enumerate(keys) if not cut or key in always or place < most - len(always)]
    more = len(keys) - len(shown)
    return [*(key.name for key in shown), *([f"and {more} more"] if more else [])]


def match_lines(found: Sequence[MatchRow], refs: Refs) -> Iterator[Line]:
    """A table of the matches; one block for each match if the table is too wide."""
    head = _dim("", "change", f"on {refs.patch}", f"on {refs.mainline}")
    lines = aligned([head, *map(_cells, found)], 2, MARK)
    if lines is None:
        for row in found:
            yield from _stacked(row, refs)
        return
    yield lines[0]
    taken = 1
    for row in found:
        height = max(len(cell) for cell in _cells(row))
        yield from lines[taken : taken + height]
        taken += height
        yield from _differences(row, refs)


def _dim(*texts: str) -> tuple[Cell, ...]:
    return tuple((dim(text),) for text in texts)


def _cells(row: MatchRow) -> tuple[Cell, ...]:
    return (
        (_mark(row),),
        _column(row.words),
        _column(_names(row, row.patch)),
        _column(_names(row, row.mainline)),
    )


def _mark(row: MatchRow) -> Text:
    mark, style = MARKS[row.verdict]
    return styled(style, f"{mark} {row.verdict.value}")


def _column(texts: Iterable[str]) -> Cell:
    return tuple(map(plain, texts)) or (dim("–"),)


def _names(row: MatchRow, keys: Iterable[MigrationKey]) -> tuple[str, ...]:
    """The names, without the app's label if it is the section's."""
    return tuple(key.name if key.app == row.app else str(key) for key in keys)


def _stacked(row: MatchRow, refs: Refs) -> Iterator[Line]:
    yield from listed(_mark(row), map(plain, row.words), 2, MARK)
    width = max(cells(refs.patch), cells(refs.mainline))
    yield from flowing(dim(refs.patch), _names(row, row.patch), BELOW, width)
    if row.mainline:
        yield from flowing(dim(refs.mainline), _names(row, row.mainline), BELOW, width)
    yield from _differences(row, refs)


def _differences(row: MatchRow, refs: Refs) -> Iterator[Line]:
    for words in difference_lines(row, refs):
        yield from wrapped((plain(words),), BELOW, 2)


def _elsewhere(side: Side, refs: Refs) -> Iterator[Line]:
    """Mainline's changes in apps that the patch branch does not change."""
    counts: dict[str, int] = {}
    for migration in side.sides.mainline:
        if migration.key.app not in _apps(side):
            counts[migration.key.app] = counts.get(migration.key.app, 0) + 1
    if not counts:
        return
    if len(counts) == 1:
        apps, where = next(iter(counts)), "another app"
    else:
        apps = ", ".join(f"{app} {number}" for app, number in sorted(counts.items()))
        where = "other apps"
    many = counted(sum(counts.values()), "migration")
    yield from wrapped((dim(f"{refs.mainline} also has {many} in {where}: {apps}"),), 0, 2)
    yield BLANK


def coverage_lines(coverage: Coverage) -> Iterator[Line]:
    """How many migrations were read, and how many were not."""
    read = f"Read {counted(coverage.migrations, 'migration')}, {counted(coverage.operations, 'operation')}"
    missed = []
    if coverage.opaque:
        missed.append(f"{counted(coverage.opaque, 'value')} not readable without running the code")
    if coverage.unreadable:
        missed.append(f"{counted(coverage.unreadable, 'file')} not readable")
    yield from wrapped((dim(f"{read}; {', '.join(missed) if missed else 'everything could be read'}."),))


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


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
        yield from _other_branches(found)
    rows = [_branch_cells(branch) for branch in found.branches]
    yield from (aligned(rows, 2) if rows else ()) or _stacked_branches(found)
    for branch in found.branches:
        if branch.reason:
            yield from wrapped((dim(f"{branch.ref}: "), plain(branch.reason)), 2, 2)
    for app, leaves in found.leaves.items():
        names = ", ".join(leaf.name for leaf in leaves)
        yield BLANK
        yield from wrapped((yellow(f"{app} has {len(leaves)} leaf nodes: "), plain(names)), 0, 2)
        yield (plain("  stitchback resolve"),)


def _other_branches(found: Overview) -> Iterator[Line]:
    """The branches that there are, and the command for one of them."""
    if found.others:
        left = len(found.others) - MOST_BRANCHES
        more = f" and {left} more" if left > 0 else ""
        yield BLANK
        yield from wrapped((plain(f"Other branches: {', '.join(found.others[:MOST_BRANCHES])}{more}"),), 2)
        yield (plain(f"  {found.next_command}"),)


def _branch_cells(branch: ReleaseBranch) -> tuple[Cell, ...]:
    return (
        (bold(branch.ref),),
        (styled(STYLES[branch.state], branch.state.value),),
        (plain(branch.next_command or "–"),),
    )


def _stacked_branches(found: Overview) -> Iterator[Line]:
    """Where the lines are too long for a table."""
    for branch in found.branches:
        state = styled(STYLES[branch.state], branch.state.value)
        yield from wrapped((bold(branch.ref), plain("  "), state, plain(f"  {branch.next_command}")), 2, 2)
