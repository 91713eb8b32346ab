"""SB107: a database without the table django_migrations."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.findings import Finding, Severity
from stitchback.model.ledger import NoTable
from stitchback.repair.defects.defect import Examined

_MOST_NAMED = 5  # tables in the message
EMPTY = "The database is empty: it has no django_migrations and no other table"
TAKEN = "django_migrations is not an ordinary table (a view, for example): Django reads no rows from it, and `migrate` fails when it creates the table"
TAKEN_HINT = "Give a table that has the rows the name django_migrations."
HINT = "Check the URL: the database's name, the user, and on PostgreSQL the search_path (--schemas reads every schema)."


class NoMigrationsTable:
    """The database has no table django_migrations."""

    code = "SB107"
    severity = Severity.ERROR

    def find(self, examined: Examined) -> Iterator[Finding]:
        absent = examined.ledger.no_table
        if absent is None:
            return
        ref = examined.accounts.tree.ref
        if absent.is_empty:
            yield Finding(self.code, Severity.NOTE, ref, None, EMPTY)
        else:
            yield Finding(self.code, self.severity, ref, None, without_table(absent), hint_for(absent))


def hint_for(absent: NoTable) -> str:
    return TAKEN_HINT if absent.is_taken else HINT


def without_table(absent: NoTable) -> str:
    """Describes the other contents of the database."""
    if absent.is_taken:
        return TAKEN
    names = absent.relations
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    tables = f"; it has {', '.join(names[:_MOST_NAMED])}{more}" if names else ""
    schemas = f"; one is in the schema {', '.join(absent.schemas[:_MOST_NAMED])}" if absent.schemas else ""
    return f"the database has no django_migrations that this connection can see{schemas}{tables}"
