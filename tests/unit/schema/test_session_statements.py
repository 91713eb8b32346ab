"""Which SQL is known to leave nothing in a database."""

from __future__ import annotations

import pytest

from stitchback.model.session_statements import leaves_nothing


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "  ;; \n",
        "-- nothing\n/* at all */",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "set constraints all deferred;",
        'SET CONSTRAINTS "shop_item_owner_fk", other IMMEDIATE',
        "SET lock_timeout = '5s'",
        "SET lock_timeout TO '5s'",
        "SET LOCAL statement_timeout = 0; SET SESSION idle_in_transaction_session_timeout TO '1min'",
        "SET lock_timeout = %s",
        "SET search_path TO app, public",
        "SET TIME ZONE 'UTC'",
        "SET foreign_key_checks = 0",
        "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='STRICT_ALL_TABLES'",
        "SET @@session.sql_mode = ''",
        "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "RESET lock_timeout",
        "RESET ALL",
        "ANALYZE",
        "ANALYZE VERBOSE shop_item (name, colour), shop_owner",
        "ANALYZE TABLE shop_item",
        "VACUUM ANALYZE shop_item",
        'LOCK TABLE "shop_item" IN ACCESS EXCLUSIVE MODE NOWAIT',
        "LOCK shop_item IN SHARE ROW EXCLUSIVE MODE",
        "LOCK TABLES shop_item WRITE, shop_owner AS o READ; UNLOCK TABLES",
        "PRAGMA foreign_keys=OFF",
        "PRAGMA foreign_key_check(shop_item)",
        "SELECT 1",
        "SELECT set_config('lock_timeout', '5s', true)",
        "SELECT pg_advisory_xact_lock(42)",
        "SET CONSTRAINTS ALL IMMEDIATE -- before the table is altered\n;",
    ],
)
def test_statements_of_a_session(sql: str) -> None:
    assert leaves_nothing(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SET CONSTRAINTS ALL IMMEDIATE; UPDATE shop_item SET size = 1",
        "UPDATE shop_item SET size = 1",
        "SET GLOBAL max_connections = 5",
        "SET @@global.sql_mode = ''",
        "SET SESSION x = 1, GLOBAL y = 2",
        "SET PERSIST max_connections = 5",
        "SET PASSWORD = 'x'",
        "SET autocommit = 1",
        "SET @x = (SELECT nextval('s'))",
        "SET @x := nextval('s')",
        "SET DEFAULT ROLE all TO someone",
        "SELECT nextval('shop_item_id_seq')",
        "SELECT 1 INTO shop_copy",
        "SELECT refresh_all()",
        "SELECT set_config('a', lower(fill()), true)",
        "ANALYZE UPDATE shop_item SET size = 1",
        "ANALYZE DELETE",
        "EXPLAIN ANALYZE DELETE FROM shop_item",
        "VACUUM INTO 'other.db'",
        "PRAGMA journal_mode = WAL",
        "PRAGMA user_version = 3",
        "PRAGMA writable_schema = 1",
        "COMMIT",
        "DO $$ BEGIN DELETE FROM shop_item; END $$",
        "/*! DELETE FROM shop_item */",
        "/* /* */ DELETE FROM shop_item; -- */",
        "SET x = 'a\\'; DELETE FROM shop_item; --'",
        "SET x = 'a; DELETE FROM shop_item'",
        "ALTER TABLE shop_item SET (fillfactor = 70)",
        "LISTEN x",
        "SELECT 1 # DELETE",
        "SET CONSTRAINTS ALL",
        "SELECT 1 " + " " * 20_000,
    ],
)
def test_anything_else_is_work(sql: str) -> None:
    assert not leaves_nothing(sql)
