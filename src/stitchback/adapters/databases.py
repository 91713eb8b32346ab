"""Live databases: their ledger and their schema read, a repair run in one transaction. Nothing is written unless asked. What is asked of each engine is
chosen by Django's `connection.vendor`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

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
from stitchback.repair.dialects import ALL_ROWS, ID_SEQUENCE
from stitchback.repair.sql import Script, search_path
from stitchback.repair.visible_schema import UnseenObject, VisibleSchema

ROWS = {
    "sqlite": (
        "SELECT id, app, name, CASE typeof(applied) WHEN 'blob' THEN quote(applied) ELSE CAST(applied AS text) END,"
        " CASE WHEN typeof(applied) = 'text' THEN '' WHEN applied = 9e999 THEN '9e999' WHEN applied = -9e999 THEN '-9e999' ELSE quote(applied) END"
        " FROM django_migrations ORDER BY id"
    ),
    "postgresql": "SELECT id, app, name, to_json(applied)#>>'{}' FROM django_migrations ORDER BY id",
    "mysql": "SELECT id, app, name, CAST(applied AS CHAR) FROM django_migrations ORDER BY id",
    "oracle": "SELECT id, app, name, TO_CHAR(applied, 'YYYY-MM-DD HH24:MI:SS.FF6') FROM django_migrations ORDER BY id",
}

IN_PART = UnseenObject("partly visible: this user has no permission on the whole table")


ALIKE = UnseenObject("one of several tables whose names differ in upper and lower case only")


"""`applied` as text, on SQLite with the literal of what is no text, that gives the very same value when it is put back, whatever the session's zone and date style."""

LEDGER_TABLE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'django_migrations'",
    "postgresql": (
        "SELECT 1 FROM pg_class c WHERE relname = 'django_migrations' AND relkind IN ('r', 'p', 'f') AND pg_table_is_visible(c.oid)"
    ),
    "mysql": (
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'django_migrations'"
        " AND TABLE_TYPE = 'BASE TABLE'"
    ),
    "oracle": "SELECT 1 FROM user_tables WHERE table_name = 'DJANGO_MIGRATIONS'",
}
"""Whether there is a table as Django's `MigrationRecorder.has_table` finds it: it reads the rows of no view."""

COLUMNS = {
    "sqlite": (
        'SELECT found.name, part.name, part."notnull", part.type, part."notnull" AND part.dflt_value IS NULL'
        " AND NOT (part.pk = 1 AND upper(part.type) = 'INTEGER') AND part.hidden = 0 FROM sqlite_master found, pragma_table_xinfo(found.name) part"
        " WHERE found.type = 'table' AND part.hidden <> 1 AND found.name NOT LIKE 'sqlite|_%' ESCAPE '|'"
    ),
    "postgresql": (
        "SELECT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '\".\"' || c.relname END,"
        " COALESCE(a.attname, ''), a.attnotnull, format_type(a.atttypid, a.atttypmod),"
        " a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT LIKE 'pg|_%' ESCAPE '|' AND n.nspname <> 'information_schema'"
        " AND (pg_table_is_visible(c.oid) OR NOT EXISTS (SELECT 1 FROM pg_class l"
        " WHERE l.relnamespace = n.oid AND l.relname = 'django_migrations'))"
    ),
    "mysql": (
        "SELECT TABLE_NAME, COLUMN_NAME, IS_NULLABLE = 'NO', COLUMN_TYPE,"
        " IS_NULLABLE = 'NO' AND COLUMN_DEFAULT IS NULL AND EXTRA NOT LIKE '%auto_increment%' AND EXTRA NOT LIKE '%GENERATED%'"
        " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
    ),
    "oracle": "SELECT table_name, column_name, NULL, NULL, NULL FROM user_tab_columns",
}
"""(table, column, whether it is NOT NULL, its type, whether an INSERT must give it a value). SQLite: generated columns too, but not the
hidden ones of a virtual table (https://sqlite.org/pragma.html#pragma_table_xinfo). Oracle's NULL is the empty text too, so
Django's `null` cannot be seen there.
PostgreSQL: tables of schemas off the search path, unless another ledger is there, as `db_table = 'schema"."table'` names them."""

VIEW = "a view"
UNSEEN = {
    "sqlite": f"SELECT name, '{VIEW}', '' FROM sqlite_master WHERE type = 'view'",
    "postgresql": (
        f"SELECT c.relname, '{VIEW}', min(CASE WHEN pg_table_is_visible(c.oid) THEN '' ELSE n.nspname END)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND n.nspname NOT LIKE 'pg|_%' ESCAPE '|' AND n.nspname <> 'information_schema' GROUP BY c.relname"
        " HAVING NOT bool_or(pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'p', 'f'))"
    ),
    "mysql": (
        f"SELECT TABLE_NAME, '{VIEW}', '' FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE LIKE '%VIEW%'"
    ),
    "oracle": (
        f"SELECT view_name, '{VIEW}', '' FROM user_views UNION ALL"
        " SELECT synonym_name, 'a synonym', '' FROM all_synonyms WHERE owner IN (USER, 'PUBLIC')"
    ),
}
"""(name, what it is, its schema if that is not where the connection looks) of what is no table that the connection sees, but may be what Django means by the name."""

_GRANTEE = "GRANTEE = CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))"
_READS = "PRIVILEGE_TYPE IN ('SELECT', 'INSERT', 'UPDATE')"
MYSQL_RIGHTS = (
    f"SELECT '' FROM information_schema.USER_PRIVILEGES WHERE {_GRANTEE} AND {_READS}"
    f" UNION SELECT '' FROM information_schema.SCHEMA_PRIVILEGES WHERE {_GRANTEE} AND {_READS} AND DATABASE() LIKE TABLE_SCHEMA"
    f" UNION SELECT TABLE_NAME FROM information_schema.TABLE_PRIVILEGES WHERE {_GRANTEE} AND {_READS} AND TABLE_SCHEMA = DATABASE()"
)
"""The tables of which the user sees every column, or "" if those are all: MySQL's catalog hides tables on which the user has no privileges."""

RELATIONS = {
    "sqlite": (
        "SELECT name, '', 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite|_%' ESCAPE '|'"
        " ORDER BY name"
    ),
    "postgresql": (
        "SELECT c.relname, n.nspname, pg_table_is_visible(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg|_%' ESCAPE '|'"
        " AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT 1 FROM pg_depend d"
        " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY n.nspname, c.relname"
    ),
    "mysql": "SELECT TABLE_NAME, '', 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
    "oracle": "SELECT table_name, '', 1 FROM user_tables UNION SELECT view_name, '', 1 FROM user_views ORDER BY 1",
}
"""(table or view, its schema, whether the connection sees it without naming the schema). Those of PostgreSQL's extensions are left out."""

TYPES = {
    family: re.compile(rf"(?:{pattern})\b", re.IGNORECASE)
    for family, pattern in {
        "boolean": r"bool|boolean|tinyint\(1\)",
        "number": r"smallint|integer|int|bigint|mediumint|tinyint(?!\(1\))",
        "text": r"varchar|character|char|text|longtext|mediumtext|tinytext",
        "float": r"real|float|double",
        "decimal": r"decimal|numeric",
        "time stamp": r"datetime|timestamp",
        "date": r"date",
        "time": r"time",
        "bytes": r"blob|longblob|mediumblob|bytea|binary|varbinary",
    }.items()
}
"""What kind of type the engines' names mean, as `repair.schema_of_applied.FAMILIES` has it of fields."""

VARCHAR = re.compile(r"(?:varchar|character varying)\((\d+)\)", re.IGNORECASE)

INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite|_%' ESCAPE '|'",
    "postgresql": (
        "SELECT relname FROM pg_class WHERE relkind IN ('i', 'I') AND pg_table_is_visible(oid)"
        " UNION SELECT conname FROM pg_constraint WHERE pg_table_is_visible(conrelid)"
    ),
    "mysql": (
        "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()"
        " UNION SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE()"
    ),
    "oracle": "SELECT index_name FROM user_indexes UNION SELECT constraint_name FROM user_constraints",
}
SQLITE_TABLES = "SELECT sql FROM sqlite_master WHERE type = 'table' AND sql LIKE '%CONSTRAINT%'"
SQLITE_CONSTRAINT = re.compile(r"""\bCONSTRAINT\s+(?:"((?:[^"]|"")+)"|(\w+))""", re.IGNORECASE)

NEW_ID = {
    "sqlite": (
        "SELECT pk = 1 AND upper(type) = 'INTEGER' OR dflt_value IS NOT NULL OR NOT \"notnull\""
        " FROM pragma_table_info('django_migrations') WHERE name = 'id'"
    ),
    "postgresql": (
        "SELECT id.atthasdef OR id.attidentity <> '' FROM pg_attribute id JOIN pg_class c ON c.oid = id.attrelid"
        " WHERE id.attrelid = 'django_migrations'::regclass AND id.attname = 'id' AND c.relkind IN ('r', 'p')"
    ),
    "mysql": (
        "SELECT EXTRA LIKE '%auto_increment%' OR COLUMN_DEFAULT IS NOT NULL FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'django_migrations' AND COLUMN_NAME = 'id'"
    ),
}
"""Whether the database gives a new row of django_migrations its id."""

SEQUENCE = (
    "SELECT found.name::text, known.seqincrement, known.seqmin, known.seqcycle, LEAST(known.seqmax, CASE id.atttypid"
    " WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE known.seqmax END)"
    f" FROM (SELECT {ID_SEQUENCE} AS name) found JOIN pg_sequence known ON known.seqrelid = found.name"
    " JOIN pg_attribute id ON id.attrelid = 'django_migrations'::regclass AND id.attname = 'id'"
    " WHERE has_sequence_privilege(found.name, 'SELECT') AND EXISTS (SELECT 1 FROM pg_index"
    " WHERE indrelid = id.attrelid AND indisunique AND indkey[0] = id.attnum AND indnatts = 1)"
)
"""PostgreSQL's sequence of a unique `id`, if the role may read it: its quoted name, its step, its least value, whether it begins again, its highest value."""

MYSQL_ENGINE = (
    "SELECT ENGINE FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'django_migrations'"
)

READING = {
    "sqlite": ("BEGIN",),
    "postgresql": ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ALL_ROWS),
    "mysql": ("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",),
    "oracle": (),
}

ELSEWHERE = (
    "SELECT n.nspname, has_schema_privilege(n.oid, 'USAGE'), n.nspname = ANY (string_to_array("
    "replace(replace(current_setting('search_path'), '\"', ''), ' ', ''), ','))"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relname = 'django_migrations' AND c.relkind IN ('r', 'p', 'v', 'f') ORDER BY 1"
)


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
