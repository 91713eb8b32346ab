"""The demo's databases: real ones, made and migrated by real Django."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stitchback.adapters.projects import MigrateOutcome, ProjectSession, Rows, Snapshot
from stitchback.api.verification.real_differences import schema_differences

COLUMN = "shop_item.colour"
COLOURS = (
    "UPDATE shop_item SET colour = CASE id WHEN (SELECT MIN(id) FROM shop_item) THEN 'walnut' ELSE 'ash' END;"
)


@dataclass(frozen=True, slots=True)
class DemoDatabaseKind:
    """A kind of database that the world has. `commit`: the id of the fixture's commit that it was made with; None: it is still empty."""

    name: str
    commit: str | None
    words: str
    coloured: bool = False  # whether items have a colour there


KINDS = (
    DemoDatabaseKind("fresh", None, "a fresh install: empty"),
    DemoDatabaseKind("fork-point", "fork", "runs release 2.4 without the hotfix"),
    DemoDatabaseKind("patched", "hotfix", "runs release 2.4 with the hotfix: production", coloured=True),
    DemoDatabaseKind("mainline", "feature", "runs main as it is: staging, developers", coloured=True),
)


@dataclass(frozen=True, slots=True)
class DemoDatabase:
    kind: DemoDatabaseKind
    path: Path
    before: Snapshot | None = None  # None where it is empty

    @property
    def url(self) -> str:
        return url_of(self.path)

    @property
    def rows(self) -> Rows:
        return self.before.rows if self.before else {}


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def made(kind: DemoDatabaseKind, path: Path, session: ProjectSession) -> DemoDatabase:
    """The database as the tree of that kind migrates it, with a value of its own in every column of its rows."""
    outcome = session.migrate(url_of(path))
    assert outcome.went_well, outcome.error_message
    session.fill(url_of(path))
    if kind.coloured:
        session.execute(url_of(path), COLOURS)
    return DemoDatabase(kind, path, session.snapshot(url_of(path)))


def copied(database: DemoDatabase, name: str) -> Path:
    """A copy beside the database, to be spoilt."""
    return Path(shutil.copyfile(database.path, database.path.with_name(f"{name}.sqlite3")))


def lost_values(before: Rows, after: Rows) -> tuple[str, ...]:
    """Columns whose values are not what they were, in words."""
    found = []
    for table, rows in sorted(before.items()):
        for column in sorted(rows[0]) if rows else ():
            was, now = (sorted(str(row.get(column)) for row in held) for held in (rows, after.get(table, ())))
            if was != now:
                found.append(f"{table}.{column} was {', '.join(was)} and is {', '.join(now)}")
    return tuple(found)


def wrong(
    outcomes: Sequence[MigrateOutcome], database: DemoDatabase, after: Snapshot, fresh: Snapshot
) -> tuple[str, ...]:
    """What is not as it must be after the migrations, in words: an error, another schema than a fresh install's, lost values."""
    errors = (
        f"{outcome.error_class}: {outcome.error_message}" for outcome in outcomes if not outcome.went_well
    )
    schema = schema_differences(after.schema, fresh.schema)
    return (*errors, *map(str, schema), *lost_values(database.rows, after.rows))
