"""From what a database has run to the edits of its rows, each with the ground that it stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.repair.accounts import Accounts, Keys, Order, Standing
from stitchback.repair.edits import DeleteRow, InsertRow, LedgerEdit, Presence
from stitchback.repair.fitting import Fit, Lineage
from stitchback.repair.hypotheses import Hidden
from stitchback.repair.playing import Played, Player
from stitchback.repair.unseen import Unseen


class Contradiction(Exception):
    """Ledger and schema do not fit together, and no row explains it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Case:
    """One ledger against one tree: `rows` after renames, what they tell, what may be behind them, and what the look does not tell."""

    player: Player
    standing: Standing
    rows: Keys
    hidden: tuple[Hidden, ...]
    histories: tuple[Tree, ...]
    unseen: Unseen = field(default_factory=Unseen)

    @property
    def accounts(self) -> Accounts:
        return self.player.accounts


def edits_for(case: Case, fit: Fit, *, transactional: bool) -> tuple[LedgerEdit, ...]:
    """The edits that make the rows tell what was done. Raises Contradiction where a row would be put in or taken out on no
    better ground than that it would fit, Question where it rests on what was not looked at."""
    claims = {claim.key: claim for claim in case.hidden}
    edits: list[LedgerEdit] = []
    for key in Order(case.accounts, fit.made).sorted():
        if case.accounts.counts(key, case.rows):
            continue
        claim = claims.get(key)
        if claim is None:
            claim = _lost_row(key, case, fit, transactional)
        elif not claim.certain:
            case.unseen.refuse_unseen(key, case.player.footprint(key))
        edits.extend(_inserts(claim, case, fit))
    for key in sorted(case.standing.made - fit.made):
        edits.append(_never_run(key, case, fit))
    return tuple(edits)


def _inserts(claim: Hidden, case: Case, fit: Fit) -> Iterator[InsertRow]:
    played = case.player.play(fit.made)
    assert isinstance(played, Played), "the fit was played"
    seen = tuple(sorted(made_by(claim.key, case.player) & played.names - case.unseen.names))
    given = tuple(key for key in claim.because if key in case.rows)
    for target in case.accounts.targets(claim.key):
        if target not in case.rows:
            yield InsertRow(target, claim.reason, given, seen)


def made_by(key: MigrationKey, player: Player) -> frozenset[Presence]:
    """Tables, and columns of tables that others made: what the SQL looks for before it believes."""
    names = {name for name in player.footprint(key) if not (name.index or name.trait)}
    tables = {name.table for name in names if not name.column}
    return frozenset(name for name in names if not name.column or name.table not in tables)


def _lost_row(key: MigrationKey, case: Case, fit: Fit, transactional: bool) -> Hidden:
    """Its row is missing, what it made is there. That alone is enough where all of it can be seen and the engine does a
    migration whole or not at all; otherwise something above it must show that it ran."""
    witness = _witness(key, case, fit)
    if witness is not None:
        reason = f"{witness} was applied, and ran after {key} wherever it ran: the row of {key} is missing"
        return Hidden(key, (witness,), reason, certain=True)
    case.unseen.refuse_unseen(key, case.player.footprint(key))
    migration = case.accounts.tree.migrations[key]
    effects = case.player.effects.get(key, ())
    if key.app in case.player.by_sql(fit.made):
        raise Contradiction(
            f"{key} has no row; its tables or columns are there, but SQL of {key.app}'s own was run", BY_HAND
        )
    if not effects:
        raise Contradiction(
            f"{key} is not applied, migrations above it are, and nothing shows whether it ran", HOLE
        )
    if not all(map(case.player.touched, effects)):
        raise Contradiction(
            f"{key} has no row; its tables or columns are there, but not all that it does can be seen",
            BY_HAND,
        )
    if not transactional or migration.atomic is not True:
        raise Contradiction(
            f"{key} has no row; its tables or columns are there, but it may have stopped half-way", BY_HAND
        )
    return Hidden(key, (), f"all that {key} makes is in the database, and its row is not", certain=True)


HOLE = "parents were changed after it was applied (FACTS F13, F30), or a row was lost: see what it does, and put the row in by hand if it ran"
BY_HAND = "look at what is left of it (data, indexes, constraints, foreign keys); finish it by hand and put the row in, or undo it by hand"


def _witness(key: MigrationKey, case: Case, fit: Fit) -> MigrationKey | None:
    """An applied migration with something to show for it that lies above `key` in every tree that has it (FACTS F13: parents
    may have been changed since; one tree of the past at least must say so)."""
    lineage = Lineage(Order(case.accounts, case.standing.nodes))
    for above in sorted(lineage.descendants(key) - {key}):
        recorded = above in case.standing.made and above in fit.made
        shows = case.player.footprint(above) - case.unseen.names
        if recorded and shows and _always_above(above, key, case):
            return above
    return None


def _always_above(above: MigrationKey, key: MigrationKey, case: Case) -> bool:
    pasts = [tree for tree in case.histories if above in tree.migrations]
    return bool(pasts) and all(_is_above(above, key, tree) for tree in pasts)


def _is_above(above: MigrationKey, key: MigrationKey, tree: Tree) -> bool:
    accounts = Accounts(tree)
    return key in Lineage(Order(accounts, frozenset(tree.migrations))).ancestors(above)


def _never_run(key: MigrationKey, case: Case, fit: Fit) -> DeleteRow:
    """Its row is there, and nothing of what it makes. It can only run again where all that it does is making what is missing."""
    case.unseen.refuse_absent(key, case.player.footprint(key))
    effects = case.player.effects.get(key, ())
    dropped = key.app in case.player.by_sql(fit.made)  # by SQL of the app's own, for all that is known
    if dropped or case.accounts.is_replacer(key) or not all(map(case.player.touched, effects)):
        raise Contradiction(
            f"{key} is applied by the ledger, and what it makes is not in the database",
            "it was faked, or counts for another of that name (FACTS F4, F6, F17): make what is missing by hand or by a new migration",
        )
    return DeleteRow(
        key, f"{key} has a row, and nothing of what it makes is in the database: migrate has to run it"
    )
