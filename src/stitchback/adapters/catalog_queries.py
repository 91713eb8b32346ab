"""What is asked of each engine: the ledger's rows, and the names that its catalog knows. By Django's `connection.vendor`."""

from __future__ import annotations

import re

from stitchback.repair.dialects import ALL_ROWS, ID_SEQUENCE

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
