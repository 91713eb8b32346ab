"""Derives the edits of a database's rows from the migrations that it has run, each edit with its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Tree
from stitchback.repair.hidden_tables import HiddenTables
from stitchback.repair.ledger_edits import DeleteRow, EditGuard, InsertRow, LedgerEdit, Presence, RenameRow
from stitchback.repair.recorder_rules import Keys, Order, RecordedNodes, RecorderRules, UnrecordedMigration
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied
from stitchback.repair.schema_search import NodeRelatives, SchemaFit, lacking
from stitchback.repair.visible_schema import Names
from stitchback.schema.effects import (
    AddColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropTable,
    Effect,
    RenameColumn,
)


class Grounds:
    """The evidence for edits, for a database that shows `case.shown` and a fit that explains it. The rows of a guard are those at the time when its
    statement runs, including rows that earlier statements of the script inserted."""

    def __init__(self, case: LedgerCase, fit: SchemaFit) -> None:
        played = case.player.play(fit.made)
        assert isinstance(played, AppliedSchema), "the fit was played"
        self.case, self.made = case, fit.made
        self.there = played.names & case.shown - case.unseen.names
        self.tables = {name.table for name in self.there if not (name.column or name.index)}
        self.lineage = NodeRelatives(Order(case.accounts, case.standing.nodes | fit.made))

    def of_present(self, key: MigrationKey, rows: Keys, because: Iterable[MigrationKey] = ()) -> EditGuard:
        """The guard for inserting the row of an applied migration: the rows that prove it, those of the nearest dependencies that have
        one, and those of other migrations that change the same names; all remaining names that it and its dependencies create, and none of those that they remove."""
        because = tuple(because)
        parents = self._rows_above(key, rows)
        given, lacking = self._others(key, rows)
        recorded = frozenset(because) & rows
        above = self.lineage.parents.get(key, frozenset()) if self.case.is_live else frozenset()
        shown = frozenset(name for each in (key, *recorded, *above) for name in self._telling(each))
        gone, inside = self._missing(shown - self.there)
        return EditGuard(
            tuple(dict.fromkeys((*(each for each in because if each in rows), *sorted(given | parents)))),
            tuple(sorted(lacking)),
            tuple(sorted(shown & self.there | inside)),
            gone,
        )

    def with_later(self, inserts: list[tuple[MigrationKey, InsertRow]]) -> tuple[InsertRow, ...]:
        """Merges guards: a row may be proved only by a migration whose row comes later in the script and which changed the same names. Then that
        migration's guard is needed as well."""
        found: list[tuple[MigrationKey, InsertRow]] = []
        for key, edit in reversed(inserts):
            guard, footprint = edit.guard, self.case.player.footprint(key)
            for later, other in found:
                if later != key and not footprint.isdisjoint(self.case.player.footprint(later)):
                    guard = EditGuard(
                        tuple(
                            dict.fromkeys(
                                (*guard.given, *(row for row in other.guard.given if row in self.case.rows))
                            )
                        ),
                        guard.lacking,
                        tuple(sorted({*guard.seen, *other.guard.seen})),
                        tuple(sorted({*guard.gone, *other.guard.gone})),
                    )
            found.append((key, replace(edit, guard=guard)))
        return tuple(edit for _, edit in reversed(found))

    def of_absent(self, key: MigrationKey, rows: Keys) -> EditGuard:
        """The guard for deleting the row of a migration that was never run: nothing that it creates exists, though its tables, or others of its app,
        do; and there is no row of a migration that depends on it or that could have removed its work."""
        player = self.case.player
        given, lacking = self._others(key, rows)
        children = {name for child in self.lineage.children.get(key, ()) for name in self._names(child)}
        gone, seen = self._missing(player.footprint(key))
        if not seen:
            tables = {name.table for name in player.names_of_apps(frozenset({key.app}))} & self.tables
            seen = frozenset(Presence(table) for table in sorted(tables)[:1])
        return EditGuard(
            tuple(sorted(given)),
            tuple(sorted((children | lacking) - rows)),
            tuple(sorted(seen)),
            gone,
        )

    def _missing(self, names: Names) -> tuple[tuple[Presence, ...], Names]:
        """The names that the database lacks: columns of existing tables, with these tables, or whole tables."""
        gone, tables = set[Presence](), set[Presence]()
        for name in names - self.case.shown - self.case.unseen.names:
            if name.trait:
                continue
            inside = bool(name.column) and name.table in self.tables
            gone.add(name if inside or name.index else Presence(name.table))
            tables |= {Presence(name.table)} if inside else set()
        return tuple(sorted(gone)), frozenset(tables)

    def _telling(self, key: MigrationKey) -> Names:
        """The names that the migration changes; NULL and length of a column that it creates count only if they were read."""
        touched = self.case.player.footprint(key)
        if self.case.is_live:
            return touched
        return frozenset(
            name for name in touched if not (name.trait and Presence(name.table, name.column) in touched)
        )

    def _rows_above(self, key: MigrationKey, rows: Keys) -> Keys:
        """The rows of its dependencies; of one without a row, those of its own dependencies."""
        found, checked = set[MigrationKey](), set[MigrationKey]()
        within = list(self.lineage.parents.get(key, ()))
        while within:
            parent = within.pop()
            if parent not in checked:
                checked.add(parent)
                named = rows.intersection(self._names(parent))
                found |= named
                within += () if named else self.lineage.parents.get(parent, ())
        return frozenset(found)

    def _others(self, key: MigrationKey, rows: Keys) -> tuple[Keys, Keys]:
        """The rows of the other migrations that change the same names: those that are present, and those that are not."""
        player = self.case.player
        footprint = player.footprint(key)
        own = {key, *self._names(key)}
        others = {
            name
            for other in player.effects
            if other not in own and not footprint.isdisjoint(player.footprint(other))
            for name in self._names(other)
        } - own
        return frozenset(others) & rows, frozenset(others) - rows

    def _names(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """The rows that can record it."""
        return (key, *self.case.accounts.targets(key))


@dataclass(frozen=True, slots=True)
class UnresolvedMigration:
    """A migration whose work exists, as far as stitchback can see, and whose row must not be inserted before a person has checked it."""

    key: MigrationKey
    contradiction: Contradiction


class Contradiction(Exception):
    """Ledger and schema contradict each other, and no row explains it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class LedgerCase:
    """One ledger compared with one tree: `rows` after renames, the migrations that they record, the unrecorded migrations that they allow, the names
    that the database shows and those that were not read. Not `is_live`: the shown names were derived from rows. `required`: columns that an INSERT
    must give a value."""

    player: SchemaOfApplied
    standing: RecordedNodes
    rows: Keys
    hidden: tuple[UnrecordedMigration, ...]
    histories: tuple[Tree, ...]
    shown: Names = frozenset()
    is_live: bool = False
    required: frozenset[tuple[str, str]] = frozenset()
    unseen: HiddenTables = field(default_factory=HiddenTables)

    @property
    def accounts(self) -> RecorderRules:
        return self.player.accounts


def edits_for(
    case: LedgerCase, fit: SchemaFit, *, transactional: bool
) -> tuple[tuple[LedgerEdit, ...], tuple[UnresolvedMigration, ...]]:
    """The edits after which the rows record the applied migrations, and the migrations that a person must check, without the rows of migrations that
    depend on those. Raises Contradiction if the only reason to delete a row is that the schema would fit, OpenQuestion if an edit depends on names that
    were not read."""
    claims = {claim.key: claim for claim in case.hidden}
    edits: list[LedgerEdit] = []
    inserts: list[tuple[MigrationKey, InsertRow]] = []
    grounds = Grounds(case, fit)
    rows = case.rows
    left: list[UnresolvedMigration] = []
    blocked = set[MigrationKey]()
    for key in Order(case.accounts, fit.made).sorted():
        if case.accounts.counts(key, case.rows):
            continue
        claim = claims.get(key)
        if key in blocked:
            continue
        if claim is None:
            try:
                claim = _lost_row(key, case, fit, transactional)
            except Contradiction as contradiction:
                left.append(UnresolvedMigration(key, contradiction))
                blocked |= grounds.lineage.descendants(key)
                continue
        else:
            case.unseen.refuse_unseen(key, case.player.footprint(key))
        for target in case.accounts.targets(key):
            if target not in rows:
                guard = grounds.of_present(key, rows, claim.because)
                inserts.append((key, InsertRow(target, claim.reason, guard)))
                rows |= {target}
    edits.extend(grounds.with_later(inserts))
    for key in sorted(case.standing.nodes - fit.made - case.standing.made):
        effects = case.player.effects.get(key, ())
        case.unseen.refuse_taken(
            key,
            (each.name.lower() for each in effects if isinstance(each, CreateTable) and not each.conditional),
        )
    for key in sorted(case.standing.made - fit.made, key=case.accounts.place.__getitem__, reverse=True):
        if _runs_all_the_same(key, case):
            continue
        edit = _never_run(key, case, fit)
        edits.append(replace(edit, guard=grounds.of_absent(key, rows)))
        rows -= {key}
    return tuple(edits), tuple(left)


def renamed_with_guards(edits: Iterable[RenameRow], grounds: Grounds, rows: Keys) -> tuple[RenameRow, ...]:
    """The renames in order, dependencies first, each with its guard."""
    found = []
    for edit in sorted(edits, key=lambda edit: grounds.case.accounts.place[edit.new]):
        found.append(replace(edit, guard=grounds.of_present(edit.new, rows)))
        rows = rows - {edit.old} | {edit.new}
    return tuple(found)


def made_by(key: MigrationKey, player: SchemaOfApplied) -> frozenset[Presence]:
    """Tables, and columns of tables that other migrations created: the SQL checks them first."""
    names = {name for name in player.footprint(key) if not (name.index or name.trait)}
    tables = {name.table for name in names if not name.column}
    return frozenset(name for name in names if not name.column or name.table not in tables)


def _lost_row(
    key: MigrationKey, case: LedgerCase, fit: SchemaFit, transactional: bool
) -> UnrecordedMigration:
    """The migration's row is missing, and what it created exists. That alone is enough if all of it can be read and the engine runs a migration in
    one transaction; otherwise a migration that depends on it must show that it ran."""
    witness = _witness(key, case, fit)
    if witness is not None:
        reason = f"{witness} was applied, and every tree runs it after {key}: the row of {key} is missing"
        return UnrecordedMigration(key, (witness,), reason, certain=True)
    case.unseen.refuse_unseen(key, case.player.footprint(key))
    migration = case.accounts.tree.migrations[key]
    effects = case.player.lasting(key)
    if key.app in case.player.by_sql(fit.made):
        raise Contradiction(
            f"{key} has no row; its tables or columns exist, but custom SQL of {key.app} was run", BY_HAND
        )
    if not effects:
        raise Contradiction(
            f"{key} is not applied, migrations that depend on it are, and nothing shows whether it ran", HOLE
        )
    played = case.player.play(fit.made)
    assert isinstance(played, AppliedSchema), "the fit was played"
    other = sorted(lacking(case.player.footprint(key) & played.names, case.shown))
    if other:
        raise Contradiction(f"{key} has no row; what it creates exists, but {other[0]} differs", BY_HAND)
    if not all(map(case.player.touched, effects)):
        raise Contradiction(
            f"{key} has no row; its tables or columns exist, but not all of its changes can be seen",
            BY_HAND,
        )
    if not (transactional and migration.atomic is True) and not all(
        _is_whole(each, case) for each in effects
    ):
        raise Contradiction(
            f"{key} has no row; its tables or columns exist, but it may have stopped half-way", BY_HAND
        )
    return UnrecordedMigration(
        key, (), f"the database has everything that {key} creates, but not its row", certain=True
    )


def _is_whole(effect: Effect, case: LedgerCase) -> bool:
    """Whether one statement does all of the migration's work, and all of it can be read: if the result exists, nothing is outstanding and everything
    before it is done. A column's index or foreign key is created at the end of the migration. Django drops the default of a NOT NULL column again."""
    match effect:
        case AddColumn(table=table, column=column, shape=shape, indexes=indexes):
            place = (table.lower(), column.lower())
            is_null = Presence(*place, trait="null") in case.shown
            return not indexes and shape.target is None and (is_null or place in case.required)
        case CreateTable(table=table):
            plain = all(column.target is None for column in table.columns.values())
            return plain and not (table.indexes or table.constraints)
        case CreateIndex() | CreateConstraint() | DropColumn() | DropTable() | RenameColumn():
            return True
        case _:
            return False


HOLE = "Its dependencies were changed after it was applied (FACTS F13, F30), or a row was lost. Read what it does, and insert its row with SQL if it ran."
BY_HAND = "Check what is missing (data, indexes, constraints, foreign keys). Either do the rest with SQL and insert the row, or undo it with SQL."


def _witness(key: MigrationKey, case: LedgerCase, fit: SchemaFit) -> MigrationKey | None:
    """An applied migration with visible work that depends on `key` in every tree that has it (FACTS F13: dependencies may have been changed since; at
    least one past tree must contain it)."""
    lineage = NodeRelatives(Order(case.accounts, case.standing.nodes))
    for above in sorted(lineage.descendants(key) - {key}):
        recorded = above in case.standing.made and above in fit.made
        if recorded and _is_evident(above, case) and _always_above(above, key, case):
            return above
    return None


def _is_evident(key: MigrationKey, case: LedgerCase) -> bool:
    """Whether the schema shows that the migration ran: a name that it changes exists, or one is gone that a migration with a row had created. A column
    that it adds and removes again is missing in either case."""
    names = case.player.footprint(key) - case.unseen.names
    others = (case.player.footprint(other) for other in case.standing.made - {key})
    return not names.isdisjoint(case.shown) or any(not names.isdisjoint(other) for other in others)


def _always_above(above: MigrationKey, key: MigrationKey, case: LedgerCase) -> bool:
    pasts = [tree for tree in case.histories if above in tree.migrations]
    return bool(pasts) and all(_is_above(above, key, tree) for tree in pasts)


def _is_above(above: MigrationKey, key: MigrationKey, tree: Tree) -> bool:
    accounts = RecorderRules(tree)
    return key in NodeRelatives(Order(accounts, frozenset(tree.migrations))).ancestors(above)


def _runs_all_the_same(key: MigrationKey, case: LedgerCase) -> bool:
    """Whether Django runs the migration although it has a row: it has `replaces` (FACTS F7), and the row is of another migration of
    that name. Not where it runs a data operation, which that one may have run."""
    is_run = case.accounts.is_replacer(key) and not case.accounts.counts(key, case.rows)
    return is_run and not case.player.has_data(key)


def _never_run(key: MigrationKey, case: LedgerCase, fit: SchemaFit) -> DeleteRow:
    """The migration's row exists, and nothing that it creates does. Its row can be deleted only if running it creates only missing names."""
    case.unseen.refuse_absent(key, case.player.footprint(key))
    effects = case.player.lasting(key)
    dropped = key.app in case.player.by_sql(fit.made)  # SQL of the app may have dropped it
    if dropped or case.accounts.is_replacer(key) or not all(map(case.player.touched, effects)):
        raise Contradiction(
            f"{key} has a row, and what it creates is not in the database",
            "It was faked, or the row is of another migration of that name (FACTS F4, F6, F17). Create what is missing with SQL or with a new migration.",
        )
    return DeleteRow(
        key, f"{key} has a row, and nothing that it creates is in the database: migrate has to run it"
    )
