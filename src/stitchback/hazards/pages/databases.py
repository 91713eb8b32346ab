"""Errors of databases and their ledgers."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage

PAGES: tuple[ErrorPage, ...] = (
    ErrorPage(
        "SB601",
        ("adapters.urls",),
        "not a database URL",
        """Use `sqlite:////absolute/path`, `sqlite:///relative/path`, `postgresql://user@host/name` or
        `mysql://user@host/name`. In user, password and name, percent-encode all characters but
        letters, digits and `-._~`. stitchback never prints a password.""",
    ),
    ErrorPage(
        "SB602",
        ("adapters.connections",),
        "no database driver",
        """The Python driver for that engine is not installed where stitchback runs. Run one of these
        in the same environment:

            pip install 'stitchback[postgres]'
            pip install 'stitchback[mysql]'
        """,
    ),
    ErrorPage(
        "SB603",
        ("adapters.connections", "adapters.sqlite_files"),
        "the database cannot be reached",
        """The file or database does not exist, or the server does not answer. The message contains the
        driver's error.

        stitchback reads a copy of a SQLite database in WAL mode that is in use, so that it leaves
        no file beside it. If the database is written all the time, or is too large to copy, this
        error reports it.""",
    ),
    ErrorPage(
        "SB604",
        ("adapters.connections", "adapters.databases", "adapters.sqlite_files"),
        "no permission to read the ledger",
        """The server does not let this user read `django_migrations`. Reading needs SELECT on that
        table, and on PostgreSQL USAGE on its schema.""",
    ),
    ErrorPage(
        "SB605",
        ("adapters.databases",),
        "an unknown engine",
        """The project's settings name a database engine that stitchback does not know. Export the rows
        of `django_migrations` to a file, and use `--ledger FILE`.""",
    ),
    ErrorPage(
        "SB606",
        ("adapters.ledgers", "adapters.databases"),
        "a ledger that cannot be read",
        """A ledger file is CSV (`app,name[,applied]`), JSON, the output of `showmigrations --plan`, or
        a table printed by psql or mysql. The message names the line that is none of these.

        In a SQLite database a broken import can leave a row whose app or name is not text; the
        message contains its id.""",
    ),
    ErrorPage(
        "SB607",
        ("api.fleets", "api.repairing"),
        "no ledger, or two",
        """Give the ledger in exactly one way: `--database URL` for a live database, or `--ledger
        FILE`.""",
    ),
    ErrorPage(
        "SB608",
        ("api.repairing",),
        "the engine is not known",
        """A ledger file does not contain the engine of its database, and the SQL differs between
        engines. Add `--vendor sqlite`, `--vendor postgresql`, `--vendor mysql` or `--vendor
        oracle`.""",
    ),
    ErrorPage(
        "SB609",
        ("adapters.fleet",),
        "a fleet that cannot be read",
        """A fleet is a file with one database URL on each line (`--fleet FILE`), or all schemas of one
        PostgreSQL database that have a `django_migrations` (`--schemas URL`). The message names the
        line, or what is missing.""",
    ),
    ErrorPage(
        "SB610",
        ("repair.sql",),
        "a name that the database cannot store",
        """The migration's name is longer than the column of `django_migrations`, or contains
        characters that the engine cannot store. Rename the file before it is applied anywhere.""",
    ),
    ErrorPage(
        "SB611",
        ("adapters.databases",),
        "the repair was rolled back",
        """The ledger after the repair was not what stitchback had proved, or the table's engine cannot
        roll back. The database is unchanged.

        Usually another process migrated at the same moment: run the command again.""",
    ),
    ErrorPage(
        "SB612",
        ("repair.planner",),
        "no repair could be proved",
        """stitchback tried the changed ledger with every way to migrate, and one of them fails. The
        message names the way, the step and Django's error. The hint names apps that have no row in
        this database although one of their migrations has `run_before` a migration that is applied
        here; this is usually a project template, which `exclude` in `[tool.stitchback]` leaves out.

        stitchback prints no SQL that it has not proved. Check the database, and why its rows
        differ.""",
    ),
    ErrorPage(
        "SB613",
        ("repair.planner",),
        "the ledger alone is not enough",
        """Databases with these rows can have different schemas, and the right repair depends on the
        schema. A ledger in a file is not enough.

        Give the database itself (`--database URL`): stitchback reads its schema, and writes nothing
        without `--apply`.""",
    ),
    ErrorPage(
        "SB614",
        ("repair.planner",),
        "ledger and schema contradict each other",
        """Rows exist for migrations whose tables or columns the database does not have, or the other
        way round, and no change of the rows corrects it.

        Find out what happened to this database: a restored backup, a table dropped with SQL, a
        faked migration.""",
    ),
    ErrorPage(
        "SB645",
        ("adapters.connections",),
        "a database that is locked or too slow",
        """Every connection has time limits: for a lock, for a statement, and for any answer. Another
        session holds a lock on `django_migrations` (ALTER TABLE, LOCK TABLE, VACUUM FULL, a running
        `migrate`), or the server is slow.

        Run the command again, or allow more time with `--timeout SECONDS`. In a fleet the other
        databases are still read.""",
    ),
    ErrorPage(
        "SB646",
        ("adapters.connections",),
        "the login is refused",
        """The server does not let this user in: the password is wrong or missing, the user does not
        exist, or the server does not accept connections of this user from this host (`pg_hba.conf`,
        a MySQL account for another host).

        Check user and password in the URL. Percent-encode all characters but letters, digits and
        `-._~`. stitchback never prints a password.""",
    ),
    ErrorPage(
        "SB615",
        ("repair.planner",),
        "the tables of an app were not found",
        """A row records that a migration was applied, and its tables or columns are not in this
        database. That does not prove that it never ran: the table may be in a schema that is not on
        the connection's search_path, behind a view, hidden because the user has no right on it, or
        in another database of the project. stitchback deletes a row only if it has read the whole
        catalog, and never if DATABASE_ROUTERS are configured or if an app has rows and no table at
        all.

        Connect as the application does (its user, its search_path). If the tables of an app are in
        another database, use `--app-in-other-database APP`, or configure it in pyproject.toml:

            [tool.stitchback]
            apps_in_other_databases = ["audit"]

        stitchback then trusts the rows of that app. An empty list declares that all tables are in
        this database. If the tables are really gone, delete the app's rows with SQL, or restore the
        tables.""",
    ),
    ErrorPage(
        "SB616",
        ("api.repairing",),
        "the repair could not be undone",
        """The repair deletes a row whose `id` or `applied` no statement can restore exactly: NULL,
        infinity, an invalid date. stitchback prints no repair that cannot be undone.

        Give the row an ordinary value first.""",
    ),
)
