"""How each engine says what a repair script needs. One value an engine; nothing here decides what is repaired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stitchback.repair import quoting
from stitchback.repair.edits import Presence
from stitchback.repair.times import moment, utc_text

TABLE = "django_migrations"


@dataclass(frozen=True, slots=True)
class Dialect:
    """`vendor` is Django's `connection.vendor` (MariaDB is "mysql").

    `same(column, text)`: the column holds exactly that text, letter case and trailing spaces too, whatever its collation.
    `rows`: the table as a sub-query of its own UPDATE or DELETE may name it. `condition`: has to hold for every statement.
    `now`: the time as Django would write it, in UTC. `stored_time`: a time as the ledger tells it, or None where it tells none.
    `opening` / `closing` / `failing`: around the statements; each list is run in order. `directives` are for the client only,
    `patience` comes before the first look: SQLite answers nobody while somebody commits.
    `prepare_insert`: before the first row is put in. `give_id`: puts back the default of `id`; `look_at_id`: shows it. `printed_time`: what stands around a time's text in a statement.
    """

    vendor: str
    literal: Callable[[str], str]
    same: Callable[[str, str], str]
    now: str
    stored_time: Callable[[str], str | None]
    present: Callable[[Presence], str]
    opening: tuple[str, ...]
    closing: tuple[str, ...]
    failing: tuple[str, ...]
    how_to_run: str
    dual: str = ""
    rows: str = TABLE
    condition: str = ""
    prepare_insert: tuple[str, ...] = ()
    give_id: str = ""
    look_at_id: str = ""
    directives: tuple[str, ...] = ()
    patience: tuple[str, ...] = ()
    concatenated: Callable[..., str] = lambda *parts: " || ".join(parts)
    as_text: Callable[[str], str] = lambda column: f"CAST({column} AS text)"
    time_as_text: str = "applied"
    printed_time: tuple[str, str] = ("'", "'")


def _plain_same(literal: Callable[[str], str]) -> Callable[[str, str], str]:
    return lambda column, text: f"{column} = {literal(text)}"


# --- SQLite ---------------------------------------------------------------------------------------------------------


def _sqlite_present(wanted: Presence) -> str:
    table = quoting.sqlite(wanted.table)
    if not wanted.column:
        return f"EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower({table}))"
    column = quoting.sqlite(wanted.column)
    return f"EXISTS (SELECT 1 FROM pragma_table_info({table}) WHERE lower(name) = lower({column}))"


SQLITE = Dialect(
    vendor="sqlite",
    literal=quoting.sqlite,
    same=_plain_same(quoting.sqlite),
    now="strftime('%Y-%m-%d %H:%M:%f', 'now') || '999'",  # it tells milliseconds; never older than a row of the same one
    stored_time=quoting.sqlite,  # a text column: the very same text again
    present=_sqlite_present,
    opening=("BEGIN IMMEDIATE",),
    patience=("PRAGMA busy_timeout = 30000",),
    closing=("COMMIT",),
    failing=("ROLLBACK",),
    how_to_run="sqlite3 -bail DATABASE < THIS_FILE",
)

# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _postgresql_same(column: str, text: str) -> str:
    return f"{column} = {quoting.postgresql(text)}"


def _postgresql_time(applied: str) -> str | None:
    found = moment(applied)
    return f"CAST('{found.isoformat(sep=' ')}' AS timestamp with time zone)" if found else None


def _postgresql_present(wanted: Presence) -> str:
    quoted = '"' + wanted.table.replace('"', '""') + '"'
    table = f"to_regclass({quoting.postgresql(quoted)})"
    if not wanted.column:
        return f"{table} IS NOT NULL"
    name = f"attname = {quoting.postgresql(wanted.column)}"
    return f"EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = {table} AND {name} AND attnum > 0 AND NOT attisdropped)"


ID_SEQUENCE = f"""\
COALESCE(pg_get_serial_sequence('{TABLE}', 'id')::regclass, (
        SELECT depends.refobjid::regclass FROM pg_attrdef given
        JOIN pg_attribute id ON id.attrelid = given.adrelid AND id.attnum = given.adnum AND id.attname = 'id'
        JOIN pg_depend depends ON depends.classid = 'pg_attrdef'::regclass AND depends.objid = given.oid
        JOIN pg_class sequence ON sequence.oid = depends.refobjid AND sequence.relkind = 'S'
        WHERE given.adrelid = '{TABLE}'::regclass AND depends.refclassid = 'pg_class'::regclass LIMIT 1))"""
"""The sequence of `id`: its own, or the one that its default names."""

_SEQUENCE_BEHIND = f"""\
SELECT setval(behind.sequence, behind.highest)
FROM (
    SELECT {ID_SEQUENCE} AS sequence, MAX(id) AS highest FROM {TABLE}
) behind
WHERE behind.sequence IS NOT NULL
  AND behind.highest > COALESCE(pg_sequence_last_value(behind.sequence), 0)"""

_ID_WITHOUT_DEFAULT = f"""\
DO $stitchback$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = '{TABLE}'::regclass AND attname = 'id'
               AND NOT atthasdef AND attidentity = '') THEN
        ALTER TABLE {TABLE} ALTER COLUMN id SET NOT NULL;
        ALTER TABLE {TABLE} ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
    END IF;
END $stitchback$"""

POSTGRESQL = Dialect(
    vendor="postgresql",
    literal=quoting.postgresql,
    same=_postgresql_same,
    now="CURRENT_TIMESTAMP",
    stored_time=_postgresql_time,
    present=_postgresql_present,
    opening=(
        "BEGIN",
        "SET LOCAL lock_timeout = '30s'",
        f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE",
    ),
    closing=("COMMIT",),
    failing=("ROLLBACK",),
    how_to_run="psql -X -v ON_ERROR_STOP=1 -d DATABASE -f THIS_FILE",
    prepare_insert=(_SEQUENCE_BEHIND,),
    give_id=_ID_WITHOUT_DEFAULT,
    look_at_id=f"""\
SELECT MAX(id) AS highest_id, pg_sequence_last_value({ID_SEQUENCE}) AS sequence_stands_at
FROM {TABLE}""",
    time_as_text="CAST(applied AS text)",
)

# --- MySQL and MariaDB ----------------------------------------------------------------------------------------------

_MYSQL_LOCK = "CONCAT('stitchback.', MD5(DATABASE()))"


def _mysql_same(column: str, text: str) -> str:
    """Bytes are compared: the usual collations take `a` for `A`, `e` for `é`, and `x ` for `x`."""
    return f"CAST(CONVERT({column} USING utf8mb4) AS BINARY) = {quoting.mysql_bytes(text)}"


def _mysql_time(applied: str) -> str | None:
    text = utc_text(applied)
    return f"CAST('{text}' AS DATETIME(6))" if text else None


def _mysql_present(wanted: Presence) -> str:
    source, names = "TABLES", [("TABLE_NAME", wanted.table)]
    if wanted.column:
        source, names = "COLUMNS", [*names, ("COLUMN_NAME", wanted.column)]
    conditions = " AND ".join(f"{column} = {quoting.mysql(name)}" for column, name in names)
    return (
        f"EXISTS (SELECT 1 FROM information_schema.{source} WHERE TABLE_SCHEMA = DATABASE() AND {conditions})"
    )


MYSQL = Dialect(
    vendor="mysql",
    literal=quoting.mysql,
    same=_mysql_same,
    now="UTC_TIMESTAMP(6)",
    stored_time=_mysql_time,
    present=_mysql_present,
    opening=(
        "SET @stitchback_mode = @@SESSION.sql_mode",
        "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')",
        f"SET @stitchback_lock = GET_LOCK({_MYSQL_LOCK}, 30)",
        "START TRANSACTION",
    ),
    closing=("COMMIT", f"DO RELEASE_LOCK({_MYSQL_LOCK})", "SET SESSION sql_mode = @stitchback_mode"),
    failing=("ROLLBACK", f"DO RELEASE_LOCK({_MYSQL_LOCK})", "SET SESSION sql_mode = @stitchback_mode"),
    how_to_run="mariadb --abort-source-on-error DATABASE < THIS_FILE   (or: mysql DATABASE < THIS_FILE)",
    dual=" FROM DUAL",
    rows=f"(SELECT DISTINCT id, app, name, applied FROM {TABLE})",  # error 1093 where the table itself is named
    condition="@stitchback_lock = 1",
    concatenated=lambda *parts: f"CONCAT({', '.join(parts)})",
    as_text=lambda column: f"CAST({column} AS CHAR)",
    time_as_text="CAST(applied AS CHAR)",
)

# --- Oracle ---------------------------------------------------------------------------------------------------------


def _oracle_same(column: str, text: str) -> str:
    return f"{column} = {quoting.oracle(text)}" if text else f"{column} IS NULL"


def _oracle_time(applied: str) -> str | None:
    text = utc_text(applied)
    return f"TO_TIMESTAMP('{text}', 'YYYY-MM-DD HH24:MI:SS.FF6')" if text else None


def _oracle_present(wanted: Presence) -> str:
    """Django folds names to upper case there (`DatabaseOperations.quote_name`)."""
    source, names = "user_tables", [("table_name", wanted.table)]
    if wanted.column:
        source, names = "user_tab_columns", [*names, ("column_name", wanted.column)]
    conditions = " AND ".join(f"{column} = {quoting.oracle(name.upper())}" for column, name in names)
    return f"EXISTS (SELECT 1 FROM {source} WHERE {conditions})"


ORACLE = Dialect(
    vendor="oracle",
    literal=quoting.oracle,
    same=_oracle_same,
    now="SYS_EXTRACT_UTC(SYSTIMESTAMP)",
    stored_time=_oracle_time,
    present=_oracle_present,
    opening=(f"LOCK TABLE {TABLE} IN EXCLUSIVE MODE WAIT 30",),  # begins the transaction
    closing=("COMMIT",),
    failing=("ROLLBACK",),
    how_to_run="sqlplus -S USER@DATABASE @THIS_FILE",
    dual=" FROM dual",
    directives=("WHENEVER SQLERROR EXIT FAILURE ROLLBACK",),
    as_text=lambda column: f"TO_CHAR({column})",
    time_as_text="TO_CHAR(applied, 'YYYY-MM-DD HH24:MI:SS.FF6')",
    printed_time=("TO_TIMESTAMP('", "', 'YYYY-MM-DD HH24:MI:SS.FF6')"),
)

DIALECTS = {dialect.vendor: dialect for dialect in (SQLITE, POSTGRESQL, MYSQL, ORACLE)}
