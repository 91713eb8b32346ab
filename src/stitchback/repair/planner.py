"""Derives from a ledger and a tree the proved edits that prepare the database for that tree, or the reason why there are none.

The database's schema decides. A live database shows it. For a ledger in a file it is derived, and only if the rows define it: a script that is
correct for one of two databases with the same rows is no repair (FACTS F28).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stitchback.engine import EngineCache, SymbolicDatabase
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger, LedgerRow, NoTable
from stitchback.model.migrations import Tree
from stitchback.model.physical import PhysicalSchema
from stitchback.model.plans import Failure
from stitchback.repair.defects import (
    EMPTY,
    NoMigrationsTable,
    hint_for,
    with_ids,
    without_table,
)
from stitchback.repair.diagnosis import Diagnosis, Outlook, diagnose
from stitchback.repair.evidence import (
    Contradiction,
    Grounds,
    LedgerCase,
    UnresolvedMigration,
    edits_for,
    renamed_with_guards,
)
from stitchback.repair.faking import FakeTrial, try_fake
from stitchback.repair.forecasting import Forecaster, by_rows
from stitchback.repair.half_done_migrations import half_done
from stitchback.repair.hidden_tables import HiddenTables, OpenQuestion, OtherDatabases, unseen
from stitchback.repair.ledger_edits import (
    DeleteDuplicate,
    DeleteRow,
    EditGuard,
    LedgerEdit,
    Presence,
    RenameRow,
    bare,
    edited,
    in_common,
)
from stitchback.repair.ledger_prover import LedgerProver, unlike
from stitchback.repair.leftovers import Migrated, leftovers
from stitchback.repair.observed_schema import adjusted
from stitchback.repair.possible_schemas import AmbiguousLedger, PastTree, possible_schemas
from stitchback.repair.recorder_rules import Keys, Order, RecorderRules, hidden, renames
from stitchback.repair.repair_outcomes import Repair, RepairOutcome, Unrepairable
from stitchback.repair.schema_of_applied import AppliedSchema, SchemaOfApplied, names_of
from stitchback.repair.schema_search import SchemaFit, SchemaSearch, beyond, is_table, of_gone_tables, within
from stitchback.repair.visible_schema import Names, VisibleSchema

Prove = Callable[[SymbolicDatabase, PhysicalSchema | None], Sequence[Failure]]

LOOK = "Give the database's URL (--database): the repair depends on whether the table or column exists, which a ledger file does not contain."

MOST_NAMED = 5  # tables in a remark

TABLES = "The tables still have their old names: rename them (AlterModelTable, RunSQL), or keep the names with `db_table`."


@dataclass(frozen=True, slots=True)
class RepairContext:
    """`histories`: trees of other refs, and of earlier commits, that may have migrated the database. `visible`: the names that were read from the
    database, None for a ledger from a file. `transactional`: whether the engine rolls DDL back (not MySQL, not Oracle). `elsewhere`: apps whose
    tables are in another database. `deleted`: migrations that no ref has any more, with the names that they created. Not `complete`: the ledger was
    read from `showmigrations`, which marks a squash as applied and does not show the rows of the migrations that it replaces. `engine`: Django's
    vendor, "" if it is not known.
    """

    histories: tuple[Tree, ...] = ()
    visible: VisibleSchema | None = None
    transactional: bool = True
    deleted: Mapping[MigrationKey, Names] = field(default_factory=dict)
    complete: bool = True
    elsewhere: OtherDatabases = field(default_factory=OtherDatabases)
    engine: str = ""


class RepairPlanner:
    """Derives repairs for ledgers of one tree. Results that do not depend on the ledger are cached."""

    def __init__(self, tree: Tree, *, memory: EngineCache | None = None, prove: Prove | None = None) -> None:
        self.memory = memory or EngineCache()
        self.accounts = RecorderRules(tree)
        self.player = SchemaOfApplied(self.accounts, self.memory)
        self.prover = LedgerProver(tree, self.memory)
        self.prove: Prove = prove or self.prover
        self._pasts: dict[int, PastTree] = {}
        self._forecasters: dict[str, Forecaster] = {}

    def derive(self, ledger: Ledger, around: RepairContext = RepairContext()) -> RepairOutcome:
        outcome = with_ids(self._derived(ledger, around), around.engine)
        if ledger.no_table is not None and isinstance(outcome, Repair):
            return _without_table(ledger.no_table, outcome)
        if not isinstance(outcome, Unrepairable):
            return outcome
        line = not_installed(self.accounts.tree, ledger)
        return replace(outcome, hint=f"{outcome.hint} {line}".strip()) if line else outcome

    def _derived(self, ledger: Ledger, around: RepairContext) -> RepairOutcome:
        ledger = ledger if around.complete else self._completed(ledger)
        first: list[LedgerEdit] = [
            DeleteDuplicate(key, f"{key} has more than one row; the oldest stays (FACTS F5)")
            for key in ledger.duplicates
        ]
        renamed = renames(self.accounts, ledger.keys, around.histories)
        rows = edited(ledger, renamed).keys
        standing = self.accounts.standing(rows)
        case = LedgerCase(
            self.player,
            standing,
            rows,
            hidden(self.accounts, rows),
            around.histories,
            is_live=around.visible is not None,
            required=around.visible.required if around.visible is not None else frozenset(),
            unseen=self._unseen(standing.made, around),
        )
        shown = self._shown(case, ledger, around)
        if isinstance(shown, AmbiguousLedger):
            return Unrepairable(ledger, "SB613", shown.message, hint=LOOK, evidence=shown.evidence)
        rest = (*first, *renamed), _deleted(ledger, self.accounts, around, case.unseen)
        outcomes = [self._by_schema(case, names, ledger, rest, around.transactional) for names in shown]
        outcome = _the_one(outcomes, ledger)
        looked = around.visible is not None and isinstance(outcome, Unrepairable)
        return self._with_part(outcome, around.transactional) if looked else outcome

    def _by_schema(
        self,
        case: LedgerCase,
        names: Names,
        ledger: Ledger,
        rest: tuple[tuple[LedgerEdit, ...], tuple[LedgerEdit, ...]],
        transactional: bool,
    ) -> RepairOutcome:
        """Derives the repair from the schema. `rest`: edits that come first and last for every schema."""
        before, after = rest
        case = replace(case, shown=names)
        renamed = tuple(edit for edit in before if isinstance(edit, RenameRow))
        fitter = SchemaSearch(self.player, case.standing, names, unseen=case.unseen.names)
        found = self._fitted(case, fitter, renamed, ledger, transactional)
        by_sql = self.player.names_of_apps(self.player.by_sql(case.standing.made))
        if isinstance(found, Unrepairable) and by_sql and found.code == "SB614":
            # SQL of an app may have done what no row explains: then its tables prove nothing about its rows.
            fitter = SchemaSearch(self.player, case.standing, names, by_sql, case.unseen.names)
            found = self._fitted(case, fitter, renamed, ledger, transactional)
        if isinstance(found, Unrepairable):
            return found
        fit, edits, left = found
        first = tuple(edit for edit in before if not isinstance(edit, RenameRow))
        named = renamed_with_guards(renamed, Grounds(case, fit), ledger.keys)
        whole = (*first, *named, *edits, *after)
        return (
            self._left(ledger, whole, left, fit, case, fitter, transactional)
            if left
            else self._proved(ledger, whole, fit, case)
        )

    def _left(
        self,
        ledger: Ledger,
        edits: tuple[LedgerEdit, ...],
        left: tuple[UnresolvedMigration, ...],
        fit: SchemaFit,
        case: LedgerCase,
        fitter: SchemaSearch,
        transactional: bool,
    ) -> RepairOutcome:
        """The outcome if rows are missing and nothing proves them. If migrating again does no harm, no repair is needed for them. Otherwise, on
        engines that commit each DDL statement, the other edits are valid if the database is correct after the user has inserted these rows: a
        half-done migration fails there with an error when it runs again, while SQLite may recreate the table and lose the column's values without an
        error.
        """
        below = (
            frozenset[MigrationKey]().union(*(fitter.below(each.key) for each in left)) - case.standing.made
        )
        again = fitter.measure(fit.made - below)
        if not again.unplayable and not any(map(self.player.has_data, fit.made & below)):
            outcome = self._proved(ledger, edits, again, case)
            if isinstance(outcome, Repair) and not beyond(again.wrong, self._met(again, case)):
                return outcome
        first = left[0].contradiction
        if edits and not transactional:
            rows = (target for key in sorted(fit.made & below) for target in self.accounts.targets(key))
            outcome = self._proved(ledger, edits, fit, case, besides=tuple(rows))
            if isinstance(outcome, Repair):
                words = (f"not repaired: {each.contradiction}: {each.contradiction.hint}" for each in left)
                return replace(outcome, remarks=(*outcome.remarks, *words))
        return Unrepairable(ledger, "SB614", str(first), hint=first.hint, evidence=_evidence(fit))

    def diagnose(
        self,
        ledger: Ledger,
        around: RepairContext = RepairContext(),
        origins: Mapping[MigrationKey, tuple[str, ...]] | None = None,
    ) -> Diagnosis:
        """Compares the database with the tree and lists the possible repairs. `origins`: the refs that have rows which the tree does not."""
        outcome = self.derive(ledger, around)
        tree = self.accounts.tree
        return diagnose(
            ledger,
            tree,
            outcome,
            histories=around.histories,
            origins=origins,
            outlook=self._outlook(ledger, around, outcome),
            engine=around.engine,
        )

    def _outlook(self, ledger: Ledger, around: RepairContext, outcome: RepairOutcome) -> Outlook:
        """What `migrate` does now and with the next release. Derived from the schema if it was read, otherwise from the rows alone."""
        if around.visible is not None:
            return self._seen_outlook(ledger, around, around.visible)
        found = outcome.found or self._by_rows_alone(ledger)
        if found is None:
            return Outlook()
        now, following = map(by_rows, self.prover.forecast(found))
        return Outlook(now, following)

    def _seen_outlook(self, ledger: Ledger, around: RepairContext, visible: VisibleSchema) -> Outlook:
        forecaster = self.forecaster(around.engine)
        unseen = self._unseen(self.accounts.standing(ledger.keys).made, around)
        now, following, final = forecaster.forecast(ledger, visible, unseen)
        if forecaster.wanted is None:
            return Outlook(now, following)
        migrated = Migrated(visible, final, forecaster.wanted, failed=bool(now.error))
        pasts = (self._past(tree).player for tree in around.histories if tree is not self.accounts.tree)
        return Outlook(now, following, leftovers(migrated, self.player, pasts, ledger.keys))

    def forecaster(self, engine: str) -> Forecaster:
        if engine not in self._forecasters:
            self._forecasters[engine] = Forecaster(self.accounts.tree, self.player, engine)
        return self._forecasters[engine]

    def try_fake(self, repair: Repair) -> FakeTrial:
        """Whether `migrate --fake` has the same result as the repair's SQL."""
        return try_fake(
            self.accounts,
            self.prover.engine,
            lambda database: self.prove(database, repair.end),
            repair.found,
            repair.edits,
        )

    def _with_part(self, outcome: RepairOutcome, transactional: bool) -> RepairOutcome:
        """Adds the migration that was killed while it ran, if it prevents the repair."""
        assert isinstance(outcome, Unrepairable)
        if outcome.found is None or not outcome.failures:
            return outcome
        now, _ = self.prover.forecast(outcome.found)
        key = now.error.at if now.error is not None else None
        if key is None or (transactional and self.accounts.tree.migrations[key].atomic is True):
            return outcome
        if any(row.app == key.app for row in outcome.ledger.keys - self.accounts.named):
            return outcome  # that row's migration may have created what exists
        half = half_done(self.player, key, names_of(now.final.schema))
        return (
            outcome if half is None else replace(outcome, message=str(half), hint=half.hint, half_done=half)
        )

    def _by_rows_alone(self, ledger: Ledger) -> SymbolicDatabase | None:
        """The database that the rows alone define; None if no database can have these rows."""
        played = self.player.play(self.accounts.standing(ledger.keys).made)
        rows = tuple(row.key for row in ledger.rows)
        return (
            SymbolicDatabase(rows, played.schema, played.data) if isinstance(played, AppliedSchema) else None
        )

    def _completed(self, ledger: Ledger) -> Ledger:
        """Adds the rows without which Django would not have marked a squash as applied."""
        ticked = [key for key in sorted(ledger.keys) if self.accounts.is_replacer(key)]
        rows = dict.fromkeys(target for key in ticked for target in self.accounts.targets(key))
        hidden_rows = tuple(LedgerRow(key) for key in rows if key not in ledger.keys)
        return replace(ledger, rows=(*ledger.rows, *hidden_rows))

    def _unseen(self, told: Keys, around: RepairContext) -> HiddenTables:
        played = self.player.play(told)
        names = played.names if isinstance(played, AppliedSchema) else self.player.ever
        return unseen(self.player, around.visible, around.elsewhere, told, names)

    def _shown(
        self, case: LedgerCase, ledger: Ledger, around: RepairContext
    ) -> tuple[Names, ...] | AmbiguousLedger:
        """The names that the database shows or, for a ledger from a file, must have."""
        if around.visible is not None:
            return (around.visible.names,)
        fitter = SchemaSearch(self.player, case.standing, frozenset())
        pasts = [self._past(tree) for tree in around.histories if tree is not self.accounts.tree]
        return possible_schemas(case, fitter, ledger.keys, pasts)

    def _past(self, tree: Tree) -> PastTree:
        if id(tree) not in self._pasts:
            self._pasts[id(tree)] = PastTree(SchemaOfApplied(RecorderRules(tree), self.memory))
        return self._pasts[id(tree)]

    def _fitted(
        self,
        case: LedgerCase,
        fitter: SchemaSearch,
        renamed: tuple[RenameRow, ...],
        ledger: Ledger,
        transactional: bool,
    ) -> tuple[SchemaFit, tuple[LedgerEdit, ...], tuple[UnresolvedMigration, ...]] | Unrepairable:
        told = case.standing.made
        probable = told | {each.key for each in case.hidden}
        fit = fitter.best((probable, told, fitter.closed(probable), fitter.closed(told)))
        if fit.unplayable:
            why = f"no sequence of migrations results in these rows and this schema: {fit.unplayable}"
            return Unrepairable(ledger, "SB614", why)
        for edit in renamed:
            if edit.new not in fit.made:
                why = f"{edit.old} is called {edit.new} now, but the database does not have what {edit.new} creates"
                return Unrepairable(ledger, "SB614", why, hint=TABLES, evidence=_evidence(fit))
        try:
            for edit in renamed:
                case.unseen.refuse_unseen(edit.new, self.player.footprint(edit.new))
            edits, left = edits_for(case, fit, transactional=transactional)
        except OpenQuestion as question:
            return Unrepairable(ledger, "SB615", str(question), hint=question.hint, evidence=_evidence(fit))
        except Contradiction as contradiction:
            return Unrepairable(
                ledger, "SB614", str(contradiction), hint=contradiction.hint, evidence=_evidence(fit)
            )
        why = self._unexplained(fit, case)
        if why:
            return Unrepairable(ledger, "SB614", why, evidence=_evidence(fit))
        return fit, edits, left

    def _unexplained(self, fit: SchemaFit, case: LedgerCase) -> str:
        """Why the unexplained names of the fit matter: an edit affects them. The proof covers those that affect migrations still to run."""
        touched = {name.table for key in fit.made ^ case.standing.made for name in self.player.footprint(key)}
        excused = self._met(fit, case) | self._by_sql(fit)
        if {name.table for name in beyond(fit.wrong, excused)} & touched:
            return "the schema differs from the ledger in a way that no migration of the tree explains"
        return ""

    def _met(self, fit: SchemaFit, case: LedgerCase) -> Names:
        """Names that migrations still to run affect, or check."""
        pending, player = case.standing.nodes - fit.made, self.player
        names = frozenset(name for key in pending for name in player.footprint(key) | player.conditional(key))
        return names | of_gone_tables(names, fit.missing, case.shown, player)

    def _by_sql(self, fit: SchemaFit) -> Names:
        """Names of apps whose SQL may have created or dropped them."""
        return self.player.names_of_apps(self.player.by_sql(fit.made))

    # --- the proof ----------------------------------------------------------------------------------------------

    def _proved(
        self,
        ledger: Ledger,
        edits: tuple[LedgerEdit, ...],
        fit: SchemaFit,
        case: LedgerCase,
        besides: tuple[MigrationKey, ...] = (),
    ) -> RepairOutcome:
        """Proves the edits. `besides`: rows that the user inserts."""
        played = self.player.play(fit.made)
        assert isinstance(played, AppliedSchema), "it was played before"
        after = edited(ledger, edits)
        met = self._met(fit, case)
        effects = (effect for effects in self.player.effects.values() for effect in effects)
        schema = adjusted(played.schema, within(fit.missing, met), within(fit.extra, met), effects)
        found = SymbolicDatabase(tuple(row.key for row in ledger.rows), schema, played.data)
        database = replace(found, ledger=(*(row.key for row in after.rows), *besides))
        end = self.prover.end_of(self._in_order(fit.made, played))
        failures = tuple(self.prove(database, end))
        if failures:
            first = failures[0]
            tried = f"with {len(edits)} edit{'s'[: len(edits) != 1]} of its rows" if edits else "as it is"
            why = f"the database {tried} cannot be migrated: {first.rollout}: {first.step}: {first.message}"
            return Unrepairable(ledger, "SB612", why, failures=failures, found=found)
        by_sql = self._by_sql(fit)
        remarks = (
            *_not_read(case.unseen, played.names),
            *_remarks(ledger, self.accounts, edits),
            *_made_by_sql(fit, met, by_sql),
            *self._other_end(end),
        )
        return Repair(ledger, edits, after, database, found, end, remarks, _evidence(fit, met | by_sql))

    def _in_order(self, made: Keys, played: AppliedSchema) -> SymbolicDatabase:
        """A database that has applied and recorded those migrations. Used to find failures that no row causes."""
        order = Order(self.accounts, made).sorted()
        rows = dict.fromkeys(target for key in order for target in self.accounts.targets(key))
        return SymbolicDatabase(tuple(rows), played.schema, played.data)

    def _other_end(self, end: PhysicalSchema | None) -> Iterator[str]:
        """Differences of the end schema, for example because migrations without a dependency between them alter the same schema object."""
        for said in unlike(end, self.prover.fresh.final.schema) if end is not None else ():
            yield f"After migrate, {said}: every database that applied these migrations first has this, and no change of the rows corrects it"


def not_installed(tree: Tree, ledger: Ledger) -> str:
    """The configuration line that ignores apps of which this database has no row, although they must run before a migration that it has applied: apps
    that are installed nowhere, for example of a project template. "" if there are none."""
    known = {key.app for key in ledger.keys}
    folders = {
        tree.apps[key.app].migrations
        for key, migration in tree.migrations.items()
        if key.app not in known
        and key.app in tree.apps
        and any(child in ledger.keys for child in migration.run_before)
    }
    if not folders:
        return ""
    listed = ", ".join(json.dumps(folder) for folder in sorted(folders))
    return f"If that is not an app of this project (but a template or an example), set exclude = [{listed}] in [tool.stitchback] of pyproject.toml."


def _deleted(
    ledger: Ledger, accounts: RecorderRules, around: RepairContext, hidden: HiddenTables
) -> tuple[DeleteRow, ...]:
    """Deletes the rows of migrations that no ref has any more. Django ignores them until a new file takes the name. They stay if their tables may be
    in another database."""
    away = hidden.blind | (around.elsewhere.apps or frozenset())
    keys = sorted(
        key
        for key in (ledger.keys & around.deleted.keys()) - accounts.named
        if not (around.elsewhere.is_open or key.app in away)
    )
    return tuple(
        DeleteRow(
            key,
            f"no ref has {key} any more: a new migration of that name would never run",
            _still_absent(around.deleted[key], around.visible),
        )
        for key in keys
    )


def _still_absent(names: Names, look: VisibleSchema | None) -> EditGuard:
    """The guard that none of the names exist, although the tables of their columns do."""
    tables = look.tables if look is not None else {}
    seen = {Presence(name.table) for name in names if name.column and name.table in tables}
    return EditGuard(seen=tuple(sorted(seen)), gone=tuple(sorted(names)))


def _remarks(ledger: Ledger, accounts: RecorderRules, edits: tuple[LedgerEdit, ...]) -> tuple[str, ...]:
    pending_units = {edit.old for edit in edits if isinstance(edit, RenameRow)}
    pending_units |= {edit.key for edit in edits if isinstance(edit, DeleteRow)}
    unknown = sorted(key for key in ledger.keys - accounts.named - pending_units if key.app in accounts.apps)
    return tuple(f"The tree does not have {key}; its row stays." for key in unknown)


def _not_read(hidden: HiddenTables, now: Names) -> Iterator[str]:
    """The tables of the ledger's migrations that were not read, one line for each location."""
    there = {name.table for name in now if is_table(name)}
    places: dict[str, list[str]] = {}
    for table in sorted(there & set(hidden.tables)):
        places.setdefault(hidden.tables[table], []).append(table)
    for place, tables in places.items():
        more = f" and {len(tables) - MOST_NAMED} more" if len(tables) > MOST_NAMED else ""
        yield f"Not checked: {', '.join(tables[:MOST_NAMED])}{more} ({place}); for these only the rows were used"


def _evidence(fit: SchemaFit, settled: Names = frozenset()) -> tuple[str, ...]:
    missing = [f"{name} is missing" for name in sorted(beyond(fit.missing, settled))]
    return (*missing, *(f"{name} exists already" for name in sorted(beyond(fit.extra, settled))))


def _made_by_sql(fit: SchemaFit, met: Names, by_sql: Names) -> Iterator[str]:
    """The differences from the ledger in apps that run their own SQL."""
    for words in _evidence(fit, met):
        if words not in _evidence(fit, met | by_sql):
            yield f"{words}: custom SQL of the app may have done that"


def _the_one(outcomes: Sequence[RepairOutcome], ledger: Ledger) -> RepairOutcome:
    """The outcome that is correct for every schema that the database may have."""
    first = outcomes[0]
    for outcome in outcomes:
        if isinstance(outcome, Unrepairable):
            return outcome
        if isinstance(first, Repair) and bare(outcome.edits) != bare(first.edits):
            return Unrepairable(ledger, "SB613", "the right repair depends on the schema", hint=LOOK)
    repairs = [outcome for outcome in outcomes if isinstance(outcome, Repair)]
    return replace(repairs[0], edits=in_common([repair.edits for repair in repairs]))


def derive_edits(
    ledger: Ledger,
    tree: Tree,
    around: RepairContext = RepairContext(),
    *,
    memory: EngineCache | None = None,
    prove: Prove | None = None,
) -> RepairOutcome:
    """The repair of one ledger. For many ledgers of one tree, use one `RepairPlanner`."""
    return RepairPlanner(tree, memory=memory, prove=prove).derive(ledger, around)


def _without_table(absent: NoTable, outcome: Repair) -> RepairOutcome:
    """The outcome without django_migrations: an otherwise empty database is a fresh install; any other most likely belongs to another project."""
    if absent.is_empty:
        return replace(outcome, remarks=(*outcome.remarks, EMPTY))
    message = without_table(absent)
    return Unrepairable(
        outcome.ledger, NoMigrationsTable.code, message, hint_for(absent), found=outcome.found
    )
