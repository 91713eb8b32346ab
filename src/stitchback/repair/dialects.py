"""The SQL of a repair script for each engine: one value for each engine. The edits are decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stitchback.repair import quoting
from stitchback.repair.ledger_edits import Presence, moment, utc_text

TABLE = "django_migrations"


@dataclass(frozen=True, slots=True)
class Dialect:
    """`vendor` is Django's `connection.vendor` (MariaDB is "mysql").

    `same(column, text)`: the column holds exactly that text, including letter case and trailing spaces, in any collation.
    `rows`: the table as a sub-query that its own UPDATE or DELETE may use. `condition`: must hold for every statement.
    `now`: the time as Django writes it, in UTC. `stored_time`: a time of the ledger as a literal, or None if the ledger has no time.
    `opening(seconds)` / `closing` / `failing`: around the statements; each list is run in order. `seconds`: the longest wait for a lock. `directives` are for the client only,
    `patience` runs before the first query: SQLite blocks reads during a commit.
    `catalog(wanted)`: the part after FROM that finds tables, columns of one table, or one trait or index in the catalog; "" if the engine
    does not list it. `anywhere(table)`: the same for a table in any schema, and for any other object with its name.
    `prepare_insert`: before the first row is inserted. `give_id`: restores the default of `id`; `look_at_id`: shows it. `printed_time`:
    the text before and after a time in a printed statement.
    """

    vendor: str
    literal: Callable[[str], str]
    same: Callable[[str, str], str]
    now: str
    stored_time: Callable[[str], str | None]
    catalog: Callable[[tuple[Presence, ...]], str]
    anywhere: Callable[[str], str]
    opening: Callable[[int], tuple[str, ...]]
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


def _listed(literal: Callable[[str], str], names: Iterable[str]) -> str:
    """`= 'a'` or `IN ('a', 'b')`."""
    found = [literal(name) for name in names]
    return f"= {found[0]}" if len(found) == 1 else f"IN ({', '.join(found)})"


def _plain_same(literal: Callable[[str], str]) -> Callable[[str, str], str]:
    return lambda column, text: f"{column} = {literal(text)}"


# --- SQLite ---------------------------------------------------------------------------------------------------------


def _sqlite_folded(text: str) -> str:
    return f"lower({quoting.sqlite(text)})"


def _sqlite_catalog(wanted: tuple[Presence, ...]) -> str:
    first = wanted[0]
    if first.index:
        name = _sqlite_folded(first.index)
        constraint = " OR ".join(
            f"instr(lower(sql), 'constraint ' || {sign} || {name} || {sign}) > 0"
            for sign in ("char(34)", "' '")
        )  # its constraints are only in the table's SQL
        return f"sqlite_master WHERE (type = 'index' AND lower(name) = {name} OR type = 'table' AND ({constraint}))"
    if first.trait.startswith("type"):
        return ""  # engines write the same type in several ways
    if not first.column:
        return f"sqlite_master WHERE type = 'table' AND lower(name) = {_sqlite_folded(first.table)}"
    columns = f"pragma_table_xinfo({quoting.sqlite(first.table)}) WHERE lower(name) {_listed(_sqlite_folded, (each.column for each in wanted))}"
    if first.trait.startswith("varchar"):
        return f"{columns} AND lower(type) = {quoting.sqlite(first.trait)}"
    return f'{columns} AND "notnull" = {int(first.trait == "not null")}' if first.trait else columns


def _sqlite_anywhere(table: str) -> str:
    return f"sqlite_master WHERE type IN ('table', 'view') AND lower(name) = {_sqlite_folded(table)}"


SQLITE = Dialect(
    vendor="sqlite",
    literal=quoting.sqlite,
    same=_plain_same(quoting.sqlite),
    now="strftime('%Y-%m-%d %H:%M:%f', 'now') || '999'",  # SQLite has milliseconds; never older than a row of the same one
    stored_time=quoting.sqlite,  # a text column: the same text
    catalog=_sqlite_catalog,
    anywhere=_sqlite_anywhere,
    opening=lambda seconds: ("BEGIN IMMEDIATE",),  # `patience` limits the wait
    patience=("PRAGMA busy_timeout = 30000",),
    closing=("COMMIT",),
    failing=("ROLLBACK",),
    how_to_run="sqlite3 -bail DATABASE < THIS_FILE",
    time_as_text="quote(applied)",  # for a value of any type
    printed_time=("", ""),
)

# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _postgresql_same(column: str, text: str) -> str:
    return f"{column} = {quoting.postgresql(text)}"


def _postgresql_time(applied: str) -> str | None:
    found = moment(applied)
    return f"CAST('{found.isoformat(sep=' ')}' AS timestamp with time zone)" if found else None


def _postgresql_catalog(wanted: tuple[Presence, ...]) -> str:
    first = wanted[0]
    if first.index:
        return (
            "(SELECT relname AS name FROM pg_class WHERE relkind IN ('i', 'I') AND pg_table_is_visible(oid)"
            " UNION SELECT conname FROM pg_constraint WHERE pg_table_is_visible(conrelid)) known"
            f" WHERE lower(name) = {quoting.postgresql(first.index)}"
        )
    schema, _, name = first.table.rpartition('"."')  # db_table = 'schema"."table'
    place = (
        f"c.relnamespace IN (SELECT oid FROM pg_namespace WHERE lower(nspname) = {quoting.postgresql(schema)})"
        if schema
        else "pg_table_is_visible(c.oid)"
    )
    table = f"lower(c.relname) = {quoting.postgresql(name)} AND c.relkind IN ('r', 'p', 'f') AND {place}"
    if first.trait.startswith("type"):
        return ""  # engines write the same type in several ways
    if not first.column:
        return f"pg_class c WHERE {table}"
    names = _listed(quoting.postgresql, (each.column for each in wanted))
    columns = (
        "pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        f" WHERE lower(a.attname) {names} AND a.attnum > 0 AND NOT a.attisdropped AND {table}"
    )
    if first.trait.startswith("varchar"):
        kind = quoting.postgresql(first.trait.replace("varchar", "character varying"))
        return f"{columns} AND format_type(a.atttypid, a.atttypmod) = {kind}"
    return (
        f"{columns} AND {'' if first.trait == 'not null' else 'NOT '}a.attnotnull" if first.trait else columns
    )


def _postgresql_anywhere(table: str) -> str:
    name = table.rpartition('"."')[2]
    return (
        f"pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE lower(c.relname) = {quoting.postgresql(name)}"
        " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    )


ID_SEQUENCE = f"""\
COALESCE(pg_get_serial_sequence('{TABLE}', 'id')::regclass, (
        SELECT depends.refobjid::regclass FROM pg_attrdef given
        JOIN pg_attribute id ON id.attrelid = given.adrelid AND id.attnum = given.adnum AND id.attname = 'id'
        JOIN pg_depend depends ON depends.classid = 'pg_attrdef'::regclass AND depends.objid = given.oid
        JOIN pg_class sequence ON sequence.oid = depends.refobjid AND sequence.relkind = 'S'
        WHERE given.adrelid = '{TABLE}'::regclass AND depends.refclassid = 'pg_class'::regclass LIMIT 1))"""
"""The sequence of `id`: the owned one, or the one that its default names."""

ALL_ROWS = "SET LOCAL row_security = off"
"""Makes PostgreSQL raise an error instead of leaving out rows that a policy hides from the role."""

_SEQUENCE_BEHIND = f"""\
SELECT setval(behind.sequence, behind.highest)
FROM (
    SELECT {ID_SEQUENCE} AS sequence, MAX(id) AS highest FROM {TABLE}
) behind
JOIN pg_sequence known ON known.seqrelid = behind.sequence AND known.seqincrement > 0 AND behind.highest <= known.seqmax
WHERE behind.highest > COALESCE(pg_sequence_last_value(behind.sequence), 0)"""

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
    catalog=_postgresql_catalog,
    anywhere=_postgresql_anywhere,
    opening=lambda seconds: (
        "BEGIN",
        f"SET LOCAL lock_timeout = '{seconds}s'",
        ALL_ROWS,
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
    """Compares bytes: the usual collations treat `A` as `a`, `é` as `e`, and `x ` as `x`."""
    return f"CAST(CONVERT({column} USING utf8mb4) AS BINARY) = {quoting.mysql_bytes(text)}"


def _mysql_time(applied: str) -> str | None:
    text = utc_text(applied)
    return f"CAST('{text}' AS DATETIME(6))" if text else None


def _mysql_catalog(wanted: tuple[Presence, ...]) -> str:
    first = wanted[0]
    here = "WHERE TABLE_SCHEMA = DATABASE()"
    if first.index:
        return (
            f"(SELECT INDEX_NAME AS name FROM information_schema.STATISTICS {here}"
            f" UNION SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS {here}) known"
            f" WHERE name = {quoting.mysql(first.index)}"
        )
    table = f"{here} AND TABLE_NAME = {quoting.mysql(first.table)}"
    if first.trait.startswith("type"):
        return ""  # engines write the same type in several ways
    if not first.column:
        return f"information_schema.TABLES {table} AND TABLE_TYPE <> 'VIEW'"
    names = _listed(quoting.mysql, (each.column for each in wanted))
    columns = f"information_schema.COLUMNS {table} AND COLUMN_NAME {names}"
    if first.trait.startswith("varchar"):
        return f"{columns} AND COLUMN_TYPE = {quoting.mysql(first.trait)}"
    return (
        f"{columns} AND IS_NULLABLE = '{'NO' if first.trait == 'not null' else 'YES'}'"
        if first.trait
        else columns
    )


def _mysql_anywhere(table: str) -> str:
    return (
        f"information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {quoting.mysql(table)}"
    )


MYSQL = Dialect(
    vendor="mysql",
    literal=quoting.mysql,
    same=_mysql_same,
    now="UTC_TIMESTAMP(6)",
    stored_time=_mysql_time,
    catalog=_mysql_catalog,
    anywhere=_mysql_anywhere,
    opening=lambda seconds: (
        "SET @stitchback_mode = @@SESSION.sql_mode",
        "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')",
        f"SET @stitchback_lock = GET_LOCK({_MYSQL_LOCK}, {seconds})",
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


def _oracle_folded(text: str) -> str:
    """The name in upper case, as Django folds names on Oracle (`DatabaseOperations.quote_name`)."""
    return quoting.oracle(text.upper())


def _oracle_catalog(wanted: tuple[Presence, ...]) -> str:
    first = wanted[0]
    if first.trait:
        return ""  # Oracle stores the empty text as NULL, so Django's `null` cannot be read
    if first.index:
        return (
            "(SELECT index_name AS name FROM user_indexes UNION SELECT constraint_name FROM user_constraints) known"
            f" WHERE name = {_oracle_folded(first.index)}"
        )
    table = f"table_name = {_oracle_folded(first.table)}"
    if not first.column:
        return f"user_tables WHERE {table}"
    names = _listed(_oracle_folded, (each.column for each in wanted))
    return f"user_tab_columns WHERE {table} AND column_name {names}"


def _oracle_anywhere(table: str) -> str:
    return (
        "(SELECT table_name AS name FROM user_tables UNION SELECT view_name FROM user_views"
        " UNION SELECT synonym_name FROM all_synonyms WHERE owner IN (USER, 'PUBLIC')) known"
        f" WHERE name = {_oracle_folded(table)}"
    )


ORACLE = Dialect(
    vendor="oracle",
    literal=quoting.oracle,
    same=_oracle_same,
    now="SYS_EXTRACT_UTC(SYSTIMESTAMP)",
    stored_time=_oracle_time,
    catalog=_oracle_catalog,
    anywhere=_oracle_anywhere,
    opening=lambda seconds: (
        f"LOCK TABLE {TABLE} IN EXCLUSIVE MODE WAIT {seconds}",
    ),  # begins the transaction
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
