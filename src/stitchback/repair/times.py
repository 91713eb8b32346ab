"""Times of the `applied` column, in the formats of the engines and Django."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(applied: str) -> datetime | None:
    """The time in UTC; a time without a zone is in UTC. None if the text is no ISO 8601 time of the years 1 to 9999."""
    try:
        found = datetime.fromisoformat(applied)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # a zone may lead out of the years that Python has
        return None


def utc_text(applied: str) -> str | None:
    """The time as Django writes it into SQLite and MySQL: UTC, no zone, six digits."""
    found = moment(applied)
    return found.replace(tzinfo=None).isoformat(" ", "microseconds") if found else None
