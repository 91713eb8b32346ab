"""Errors of databases and their ledgers."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage

PAGES: tuple[ErrorPage, ...] = (
    ErrorPage(
        "SB601",
        ("adapters.urls",),
        "not a database URL",
        """Say `sqlite:////absolute/path`, `sqlite:///relative/path`, `postgresql://user@host/name` or
        `mysql://user@host/name`. Percent-encode what is not a letter, a digit or one of `-._~` in
        user, password and name. A password is never printed.""",
    ),
    ErrorPage(
        "SB602",
        ("adapters.connections",),
        "no database driver",
        """The driver of that engine is not installed: `pip install 'stitchback[postgres]'` or `pip
        install 'stitchback[mysql]'`.""",
    ),
    ErrorPage(
        "SB603",
        ("adapters.connections", "adapters.sqlite_files"),
        "the database cannot be reached",
        """There is no such file or database, or nobody answers. What the driver said stands in the
        message.

        A SQLite database in WAL mode that is in use is read from a copy, so that nothing is left
        beside it: one that is written all the time, or that is too large to copy, is reported here.""",
    ),
    ErrorPage(
        "SB604",
        ("adapters.connections", "adapters.databases", "adapters.sqlite_files"),
        "no permission to read the ledger",
        """The database answers, and does not let this user read `django_migrations`. Reading needs
        SELECT on that table, and USAGE on its schema in PostgreSQL.""",
    ),
    ErrorPage(
        "SB605",
        ("adapters.databases",),
        "an unknown engine",
        """The project's settings name a database engine of which stitchback does not know how it keeps
        its tables. Export the ledger to a file, and say `--ledger FILE`.""",
    ),
    ErrorPage(
        "SB606",
        ("adapters.ledgers", "adapters.databases"),
        "a ledger that cannot be read",
        """A ledger is CSV (`app,name[,applied]`), JSON, what `showmigrations --plan` prints, or the
        table as psql or mysql print it. The message names the line that is none of these.

        In a SQLite database a broken import can leave a row whose app or name is no text; the message
        names its id.""",
    ),
    ErrorPage(
        "SB607",
        ("api.fleets", "api.repairing"),
        "no ledger, or two",
        """Say where the ledger is: `--database URL` for a live database, or `--ledger FILE`.""",
    ),
    ErrorPage(
        "SB608",
        ("api.repairing",),
        "for which engine?",
        """A ledger in a file does not tell which engine its database has, and SQL differs. Say
        `--vendor sqlite`, `postgresql`, `mysql` or `oracle`.""",
    ),
    ErrorPage(
        "SB609",
        ("adapters.fleet",),
        "a fleet that cannot be read",
        """A fleet is a file with one database URL a line, or all schemas of one PostgreSQL database that
        have a `django_migrations`. The message names the line, or what is missing.""",
    ),
    ErrorPage(
        "SB610",
        ("repair.sql",),
        "a name that the database cannot hold",
        """The migration's name is longer than the column of `django_migrations`, or holds what that
        engine cannot store. Rename the file before it is applied anywhere.""",
    ),
    ErrorPage(
        "SB611",
        ("adapters.databases",),
        "the repair was not made",
        """The ledger after the repair would not have been what was proved, or the table's engine
        cannot roll back. Nothing is changed.

        Usually somebody migrated at the same moment: read the ledger again and repeat.""",
    ),
    ErrorPage(
        "SB612",
        ("repair.planner",),
        "no repair could be proved",
        """The ledger as it would be after the edits was taken through every rollout, and one of them
        fails. The message names the rollout, the step and what Django says; the hint names apps that
        this database has no row of, though they say that they run before a migration it has applied:
        a project template, say, which `exclude` in `[tool.stitchback]` leaves out.

        No SQL is printed that was not proved: a person has to look at the database, and at how its
        ledger came to be so.""",
    ),
    ErrorPage(
        "SB613",
        ("repair.planner",),
        "the ledger alone does not tell",
        """Databases with these rows may have different schemas, and which repair is right depends on
        the schema. A ledger in a file is not enough.

        Give the database itself (`--database URL`): it is looked at, and nothing is written unless
        you say `--apply`.""",
    ),
    ErrorPage(
        "SB614",
        ("repair.planner",),
        "ledger and schema contradict each other",
        """The rows say that migrations were applied whose tables or columns the database does not
        have, or the other way round, in a way that no edit of the rows sets right.

        A person has to find out what happened there: a restored backup, a table that was dropped by
        hand, a migration that was faked.""",
    ),
    ErrorPage(
        "SB645",
        ("adapters.connections",),
        "a database that is locked or too slow",
        """Every connection has limits: for a lock, for a statement, and for an answer of any kind.
        Somebody holds a lock on `django_migrations` (ALTER TABLE, LOCK TABLE, VACUUM FULL, a migrate
        that runs right now), or the server is slow.

        Repeat the command, or give it more time with `--timeout SECONDS`. Of a fleet the other
        databases are read.""",
    ),
    ErrorPage(
        "SB646",
        ("adapters.connections",),
        "the login is refused",
        """The server does not let this user in: the password is wrong or missing, there is no such
        user, or the server allows nobody from this host (`pg_hba.conf`, a MySQL account of another
        host).

        Check user and password in the URL; characters that are no letters, digits or `-._~` are
        percent-encoded there. A password is never printed.""",
    ),
    ErrorPage(
        "SB615",
        ("repair.planner",),
        "where are the tables of an app?",
        """A row says that a migration was applied, and what it makes is not in this database. That is no
        proof that it never ran: the table may be in a schema off the connection's search_path, behind a
        view, hidden because the user has no right on it, or in another database of the project. A row is
        taken out only where the whole catalog was read, and never where DATABASE_ROUTERS are configured or
        an app has rows and no table at all.

        Connect as the application does (its user, its search_path). For an app whose tables are in
        another database, say so: `--app-in-other-database APP`, or in pyproject.toml

            [tool.stitchback]
            apps_in_other_databases = ["audit"]

        Its rows are then taken at their word. An empty list says that all tables are in this database.
        Where an app's tables are really gone, take its rows out by hand, or restore the tables.""",
    ),
    ErrorPage(
        "SB616",
        ("api.repairing",),
        "the repair could not be undone",
        """A row that the repair takes out has an `id` or `applied` that no statement can put back as it was: NULL, infinity, a
        date that is none. Nothing is printed that could not be undone byte for byte.

        Give the row an ordinary value first.""",
    ),
)
