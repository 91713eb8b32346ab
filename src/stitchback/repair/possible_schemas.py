"""The possible schemas of a database of which only the rows are known.

A tree explains rows if it could have recorded them: it has them all, and every dependency of an applied migration is applied. Each such tree gives a
schema. If the schemas differ, the rows do not define one (FACTS F17, F28), except for the shape of a column that will be dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.repair.evidence import LedgerCase
from stitchback.repair.recorder_rules import Keys
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied, Unplayable
from stitchback.repair.schema_search import SchemaSearch, beyond, of_gone_tables
from stitchback.repair.visible_schema import Names


@dataclass(frozen=True, slots=True)
class PossibleSchema:
    """`by` names the tree; `names` are the names in the database that today's tree affects."""

    by: str
    names: Names


@dataclass(frozen=True, slots=True)
class AmbiguousLedger:
    """Why the rows alone do not define the schema."""

    message: str
    evidence: tuple[str, ...] = ()


class PastTree:
    """One past tree with its rules for rows."""

    def __init__(self, player: SchemaOfApplied) -> None:
        self.player = player
        self.tree: Tree = player.accounts.tree

    def possible_schema(self, rows: Keys, known: Keys) -> PossibleSchema | None:
        """The schema if this tree recorded the rows. `known`: names that any tree has. Rows of other packages and unknown rows are ignored."""
        accounts = self.player.accounts
        if not (rows & known) <= accounts.named:
            return None
        standing = accounts.standing(rows)
        fitter = SchemaSearch(self.player, standing, frozenset())
        if standing.partial or fitter.closed(standing.made) != standing.made:
            return None
        played = self.player.play(standing.made)
        return PossibleSchema(self.tree.ref, played.names) if isinstance(played, AppliedSchema) else None


def possible_schemas(
    case: LedgerCase, fitter: SchemaSearch, rows: Keys, pasts: Sequence[PastTree]
) -> tuple[Names, ...] | AmbiguousLedger:
    """The one schema of databases with these rows, or why there is not exactly one; several if they differ only in names that conditional migrations
    still to run will check. `rows` are as read, before renames.

    If today's tree does not have a row and another tree explains all of them, that tree migrated the database. If none does, the unknown row is left
    over, as after a squash whose files and `replaces` are gone.
    """
    today = list(_by_today(case, fitter))
    known = case.accounts.named.union(*(past.player.accounts.named for past in pasts))
    others = [schema for past in pasts if (schema := past.possible_schema(rows, known)) is not None]
    foreign = (rows & known) - case.accounts.recorded
    schemas = others if foreign and others else [*today, *others]
    if not schemas:
        return _unexplained(case, fitter)
    universe = case.player.ever_by_any_name.union(*(schema.names for schema in today))
    first, *rest = [PossibleSchema(schema.by, schema.names & universe) for schema in schemas]
    excused = fitter.excused(case.standing.made | {claim.key for claim in case.hidden})
    unlike = next(
        (
            schema
            for schema, whole in zip(rest, schemas[1:], strict=True)
            if beyond(
                _staying(schema.names ^ first.names, case),
                excused | _gone_on_either(excused, schemas[0].names, whole.names, case),
            )
        ),
        None,
    )
    return (
        tuple(dict.fromkeys((first.names, *(schema.names for schema in rest))))
        if unlike is None
        else _two(first, unlike)
    )


def _gone_on_either(excused: Names, one: Names, other: Names, case: LedgerCase) -> Names:
    """What tables took with them that one of two schemas lacks."""
    pairs = ((one, other), (other, one))
    return frozenset().union(
        *(of_gone_tables(excused, names - shown, shown, case.player) for names, shown in pairs)
    )


def _staying(names: Names, case: LedgerCase) -> Names:
    """The names without the traits of columns that the tree ends without: migrations still to run drop them, whatever their shape."""
    end = case.player.play(case.standing.nodes)
    if not isinstance(end, AppliedSchema):
        return names
    columns = {(name.table, name.column) for name in end.names}
    return frozenset(name for name in names if not name.trait or (name.table, name.column) in columns)


def _by_today(case: LedgerCase, fitter: SchemaSearch) -> Iterable[PossibleSchema]:
    """The schemas with every unrecorded migration that the rows suggest, and without each uncertain one."""
    if case.standing.partial:
        return
    hints = frozenset(claim.key for claim in case.hidden)
    whole = case.standing.made | hints
    doubtful = (claim.key for claim in case.hidden if not claim.certain)
    for made in (whole, *(whole - (fitter.below(key) & hints) for key in doubtful)):
        played = case.player.play(made)
        if fitter.closed(made) == made and isinstance(played, AppliedSchema):
            yield PossibleSchema(case.accounts.tree.ref, played.names)


def _two(one: PossibleSchema, other: PossibleSchema) -> AmbiguousLedger:
    names = sorted(one.names ^ other.names)
    listed = ", ".join(map(str, names[:4])) + (" …" if len(names) > 4 else "")
    return AmbiguousLedger(
        f"databases with these rows may or may not have {listed} (FACTS F17, F28)",
        (f"created by {one.by}, or by {other.by}",) if one.by != other.by else (),
    )


def _unexplained(case: LedgerCase, fitter: SchemaSearch) -> AmbiguousLedger:
    """Reports that no tree explains the rows."""
    if case.standing.partial:
        names = ", ".join(map(str, sorted(case.standing.partial)))
        return AmbiguousLedger(f"some of what {names} replaces is applied, and the rest is not (FACTS F6)")
    made = case.standing.made | frozenset(claim.key for claim in case.hidden)
    pairs = tuple(_holes(fitter, made))
    if pairs:
        words = "a missing row, an extra row, or changed dependencies (FACTS F13, F30)"
        return AmbiguousLedger(f"{pairs[0]}: {words}", pairs)
    played = case.player.play(made)
    reason = f": {played.key}: {played.reason}" if isinstance(played, Unplayable) else ""
    return AmbiguousLedger(f"no known tree results in these rows{reason}")


def _holes(fitter: SchemaSearch, made: Keys) -> Iterable[str]:
    for key in sorted(fitter.closed(made) - made):
        child: MigrationKey = min(fitter.below(key) & made)
        yield f"{key} is not applied, and {child}, which depends on it, is"
