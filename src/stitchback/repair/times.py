"""Times of the `applied` column, in the formats of the engines and Django."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(applied: str) -> datetime | None:
    """The time in UTC; a time without a zone is in UTC. None if the text is no ISO 8601 time."""
    try:
        found = datetime.fromisoformat(applied)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def utc_text(applied: str) -> str | None:
    """The time as Django writes it into SQLite and MySQL: UTC, no zone, six digits."""
    found = moment(applied)
    return found.strftime("%Y-%m-%d %H:%M:%S.%f") if found else None
