"""Live databases: their ledger and their schema read, a repair run in one transaction. Nothing is written unless asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from stitchback.adapters.catalog_queries import (
    COLUMNS,
    ELSEWHERE,
    INDEXES,
    LEDGER_TABLE,
    MYSQL_ENGINE,
    MYSQL_RIGHTS,
    NEW_ID,
    READING,
    RELATIONS,
    ROWS,
    SEQUENCE,
    SQLITE_CONSTRAINT,
    SQLITE_TABLES,
    TYPES,
    UNSEEN,
    VARCHAR,
    VIEW,
)
from stitchback.adapters.connections import (
    PATIENCE,
    TIMEOUT,
    WRITING,
    connected,
    explained,
    limits,
    too_late,
)
from stitchback.adapters.deadlines import within
from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import NULL, Ledger, LedgerRow, NewId, NoTable
from stitchback.repair.sql import Script, search_path
from stitchback.repair.visible_schema import UnseenObject, VisibleSchema

IN_PART = UnseenObject("partly visible: this user has no permission on the whole table")


ALIKE = UnseenObject("one of several tables whose names differ in upper and lower case only")


@dataclass(frozen=True, slots=True)
class DatabaseReading:
    """One database as it was at one moment. `has_table` is False on a database that Django never migrated: its ledger is empty.
    `schema` is None where it was not asked for."""

    ledger: Ledger
    vendor: str
    has_table: bool
    schema: VisibleSchema | None = None
    remarks: tuple[str, ...] = ()


class LiveDatabase:
    """One live database, by a Django connection that stands. `source` is what it is called in reports."""

    def __init__(
        self, connection: Any, source: str, url: DatabaseUrl | None = None, timeout: int = TIMEOUT
    ) -> None:
        self.timeout = timeout
        self.connection = connection
        self.source = source
        self.url = url
        self.vendor: str = connection.vendor
        if self.vendor not in ROWS:
            raise EnvironmentProblem(
                "SB605", f"{source}: {self.vendor} is an engine that stitchback does not know"
            )

    def read(self, *, with_schema: bool = False, schema: str = "") -> DatabaseReading:
        """The ledger, and the names of tables and columns, in one read-only transaction. `schema`: the PostgreSQL schema to read instead of the
        search path. Raises EnvironmentProblem."""
        source = f"{self.source}, schema {schema}" if schema else self.source
        with self._reading(schema):
            rows, is_readable = self._ledger_rows()
            has_table = is_readable and bool(self._select(LEDGER_TABLE[self.vendor]))
            seen = self._schema() if with_schema and has_table else None
            new_id = self._new_id(rows) if with_schema and has_table else None
        if has_table:
            return DatabaseReading(
                Ledger(source, rows, new_id=new_id, is_live=True, schema=schema), self.vendor, True, seen
            )
        with self._reading(schema):  # PostgreSQL ends a transaction at its first error
            seen = self._schema() if with_schema else None
            schemas = self._schemas_elsewhere()
            absent = NoTable(self._relations(schema), () if schema else schemas, is_taken=is_readable)
        return DatabaseReading(
            Ledger(source, (), absent, is_live=True, schema=schema),
            self.vendor,
            False,
            seen,
            _elsewhere(schemas),
        )

    def schemas_with_ledger(self) -> tuple[str, ...]:
        """PostgreSQL schemas that have a `django_migrations`, and that the role may use."""
        with self._reading():
            return tuple(name for name, usable, _ in self._select(ELSEWHERE) if usable)

    def run(self, script: Script, expected: Ledger) -> Ledger:
        """Runs the script's transaction, commits it only if the ledger then has the proved rows, and returns the ledger.

        Raises Refusal (SB611) if it has other rows (another process wrote at the same time), EnvironmentProblem if the database raises an error; in
        both cases nothing is changed.
        """
        assert script.vendor == self.vendor, "the script is for another engine"
        self._require_transactions()
        with ExitStack() as failing:
            failing.callback(self._fail, script)
            for sql in script.opening_within(self.timeout):
                self._execute(sql)
            for statement in script.statements:
                self._execute(statement.sql)
            found = Ledger(self.source, self._rows(), is_live=True)
            _compare(found, expected, self.source)
            failing.pop_all()
        for sql in script.closing:
            self._execute(sql)
        return found

    def _fail(self, script: Script) -> None:
        for sql in script.failing:
            try:
                self._execute(sql)
            except EnvironmentProblem:  # the connection is gone, and the transaction with it
                return

    def _require_transactions(self) -> None:
        """Turns autocommit off on Oracle, which then begins transactions on its own; refuses MySQL tables without transactions."""
        if self.vendor == "oracle":
            self.connection.set_autocommit(False)
        if self.vendor != "mysql":
            return
        engines = [str(engine) for (engine,) in self._select(MYSQL_ENGINE)]
        if engines and engines[0].lower() in ("myisam", "aria", "memory"):
            raise Refusal(
                "SB611",
                f"{self.source}: django_migrations is a {engines[0]} table, on which nothing can be rolled back",
                hint="Run ALTER TABLE django_migrations ENGINE=InnoDB, or run the printed script after a backup.",
            )

    def _schema(self) -> VisibleSchema:
        indexes = [name for (name,) in self._select(INDEXES[self.vendor])]
        if self.vendor == "sqlite":  # its constraints stand in the table's own text only
            for (sql,) in self._select(SQLITE_TABLES):
                indexes += [quoted or plain for quoted, plain in SQLITE_CONSTRAINT.findall(sql)]
        rows = self._select(UNSEEN[self.vendor])
        unseen = {name: UnseenObject(what, schema or "") for name, what, schema in rows}
        view = UnseenObject(VIEW)
        columns = [row for row in self._select(COLUMNS[self.vendor]) if unseen.get(row[0]) != view]
        rights = {name for (name,) in self._select(MYSQL_RIGHTS)} if self.vendor == "mysql" else {""}
        if "" not in rights:
            unseen |= {column[0]: IN_PART for column in columns if column[0] not in rights}
        unseen |= dict.fromkeys(_alike(column[0] for column in columns), ALIKE)
        traits = (trait for column in columns for trait in _traits(*column[:4]))
        required = [(table, column) for table, column, _, _, is_required in columns if is_required]
        pairs = [column[:2] for column in columns]
        return VisibleSchema.of(pairs, indexes, traits, required, unseen, everything="" in rights)

    def _new_id(self, rows: tuple[LedgerRow, ...]) -> NewId | None:
        """How the table gives a new row its id; None on an engine where that was not read."""
        highest = max((row.id for row in rows if row.id is not None), default=None)
        for (is_given,) in self._select(NEW_ID[self.vendor]) if self.vendor in NEW_ID else []:
            found = NewId(bool(is_given), highest)
            return self._with_sequence(found) if self.vendor == "postgresql" and is_given else found
        return None

    def _with_sequence(self, found: NewId) -> NewId:
        """With the state of the sequence: a column may also have a default that is none."""
        for name, step, least, begins_again, most in self._select(SEQUENCE):
            ((last, is_called),) = self._select(f"SELECT last_value, is_called FROM {name}")
            following = last + step if is_called else last
            if least <= following <= most:
                return replace(found, following=following, step=step)
            return (
                replace(found, following=least, step=step)
                if begins_again and step > 0
                else replace(found, is_used_up=True)
            )
        return found

    # --- one statement ------------------------------------------------------------------------------------------

    def _ledger_rows(self) -> tuple[tuple[LedgerRow, ...], bool]:
        from django.db.utils import Error

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(ROWS[self.vendor])
                return tuple(_row(values, self.source) for values in cursor.fetchall()), True
        except Error as error:
            wrong = explained(error, self.url, "its django_migrations cannot be read", self.vendor)
            if wrong.missing_table:
                return (), False
            raise wrong.problem from None

    def _rows(self) -> tuple[LedgerRow, ...]:
        return tuple(_row(values, self.source) for values in self._select(ROWS[self.vendor]))

    def _select(self, sql: str) -> list[Any]:
        return list(self._execute(sql, fetch=True))

    def _execute(self, sql: str, *, fetch: bool = False) -> list[Any]:
        from django.db.utils import Error

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if fetch else []
        except Error as error:
            raise explained(error, self.url, "a statement failed", self.vendor).problem from None

    @contextmanager
    def _reading(self, schema: str = "") -> Iterator[None]:
        """One snapshot, read only. Inside a transaction of the caller's nothing is begun."""
        begin = () if self.connection.in_atomic_block else READING[self.vendor]
        if begin:
            begin = (*begin, *limits(self.vendor, self.timeout))
        if schema:
            begin = (*begin, search_path(schema))
        for sql in begin:
            self._execute(sql)
        try:
            yield
        finally:
            if begin:
                self._execute("ROLLBACK")

    def _relations(self, schema: str) -> tuple[str, ...]:
        """The tables and views of the database, or of that schema alone."""
        found = self._select(RELATIONS[self.vendor])
        return tuple(
            name if is_visible else f"{place}.{name}"
            for name, place, is_visible in found
            if not schema or place == schema
        )

    def _schemas_elsewhere(self) -> tuple[str, ...]:
        """The schemas of a PostgreSQL database that have a django_migrations, where the search path has none. Raises EnvironmentProblem
        (SB604) where one of the search path is closed to the role."""
        if self.vendor != "postgresql":
            return ()
        schemas = []
        for schema, usable, looked_for in self._select(ELSEWHERE):
            if looked_for and not usable:
                raise EnvironmentProblem(
                    "SB604",
                    f"{self.source}: no permission on the schema {schema}",
                    hint="The role needs USAGE on it.",
                )
            schemas.append(schema)
        return tuple(schemas)


def _elsewhere(schemas: tuple[str, ...]) -> tuple[str, ...]:
    """A remark about them."""
    if not schemas:
        return ()
    named = ", ".join(schemas[:5]) + (f" and {len(schemas) - 5} more" if len(schemas) > 5 else "")
    return (
        f"The table django_migrations is not on the search_path, but in the schemas {named}: use --schemas",
    )


@contextmanager
def open_database(
    url: DatabaseUrl, *, writable: bool = False, timeout: int = TIMEOUT
) -> Iterator[LiveDatabase]:
    """The database at the address. Raises EnvironmentProblem (SB602, SB603, SB604)."""
    with connected(url, writable=writable, timeout=timeout) as connection:
        yield LiveDatabase(connection, url.redacted, url, timeout)


def read_database(url: DatabaseUrl, *, with_schema: bool = False, timeout: int = TIMEOUT) -> DatabaseReading:
    """Raises EnvironmentProblem, and an interrupt at once."""

    def read() -> DatabaseReading:
        with open_database(url, timeout=timeout) as database:
            return database.read(with_schema=with_schema)

    return within(PATIENCE * timeout, read, too_late(url, PATIENCE * timeout))


def run_script(url: DatabaseUrl, script: Script, expected: Ledger, *, timeout: int = TIMEOUT) -> Ledger:
    """See `LiveDatabase.run`; an interrupt ends the connection, and with it the transaction."""

    def run() -> Ledger:
        with open_database(url, writable=True, timeout=timeout) as database:
            return database.run(script, expected)

    return within(2 * WRITING, run, too_late(url, 2 * WRITING))


def _row(values: tuple[object, ...], source: str = "") -> LedgerRow:
    """Raises EnvironmentProblem (SB606) where a value is of another type than Django writes: SQLite keeps what it is given."""
    number, app, name, applied, *stored = values
    if (
        not isinstance(app, str | None)
        or not isinstance(name, str | None)
        or not isinstance(number, int | None)
    ):
        raise EnvironmentProblem(
            "SB606",
            f"{source}: django_migrations has a row that cannot be read: id {number!r}, app {app!r}, name {name!r}",
            hint="app and name have to be text, and id a whole number. Correct that row, or delete it.",
        )
    assert isinstance(applied, str | None)
    literal = "".join(map(str, stored)) or (NULL if applied is None else "")
    return LedgerRow(MigrationKey(app or "", name or ""), number, applied, literal)


def _alike(tables: Iterable[str]) -> set[str]:
    """The names that differ from another one in the case of letters only: PostgreSQL and MySQL may have such tables, and names are compared in
    lower case."""
    spellings: dict[str, set[str]] = {}
    for table in tables:
        spellings.setdefault(table.lower(), set()).add(table)
    return {table for names in spellings.values() if len(names) > 1 for table in names}


def _traits(
    table: str, column: str, required: int | None, kind: str | None
) -> Iterator[tuple[str, str, str]]:
    if required is not None:
        yield table, column, "not null" if required else "null"
    length = VARCHAR.fullmatch(kind or "")
    if length:
        yield table, column, f"varchar({length[1]})"
    family = next((family for family, pattern in TYPES.items() if pattern.match(kind or "")), "")
    if family:
        yield table, column, f"type {family}"


def _compare(found: Ledger, expected: Ledger, source: str) -> None:
    """As multisets of names: ids and times are the database's own."""
    ours, wanted = sorted(row.key for row in found.rows), sorted(row.key for row in expected.rows)
    if ours == wanted:
        return
    extra, lacking = _difference(ours, wanted), _difference(wanted, ours)
    raise Refusal(
        "SB611",
        f"{source}: after the repair the rows were not those that were proved; it was rolled back, and nothing is changed",
        hint="Another session wrote to django_migrations meanwhile, for example a running migrate. Run the command again.",
        evidence=tuple(f"not expected: {key}" for key in extra) + tuple(f"missing: {key}" for key in lacking),
    )


def _difference(left: list[MigrationKey], right: list[MigrationKey]) -> list[MigrationKey]:
    rest = list(right)
    return [key for key in left if key not in rest or rest.remove(key)]  # type: ignore[func-returns-value]
