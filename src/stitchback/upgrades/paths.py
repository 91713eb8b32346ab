"""The paths that an upgrade may take.

A full `migrate`; each app first, and each partial target; a `migrate` that is stopped after any of its migrations; directly the next release's. After
each of the others a full `migrate` follows, and after that the next release's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from stitchback.model.keys import MigrationKey

MIGRATE = "migrate"
NEXT_RELEASE = "the next release's migrate"


class UpgradeStep(NamedTuple):
    """A step that was applied to a database, and the migration after which it stopped. `target`: app and name, None for a full migrate; `repair`: the
    rows that were inserted instead of migrating."""

    target: tuple[str, str | None] | None = None
    stopped: MigrationKey | None = None
    repair: tuple[MigrationKey, ...] = ()

    @property
    def migration(self) -> MigrationKey | None:
        """The migration at which the step ended, if known."""
        app, name = self.target or ("", None)
        return self.stopped or (MigrationKey(app, name) if name else None)

    def __str__(self) -> str:
        if self.repair:
            return f"repair ({', '.join(map(str, self.repair))} inserted)"
        words = " ".join((MIGRATE, *(word for word in self.target or () if word)))
        return words if self.stopped is None else f"{words}, stopped after {self.stopped}"


FULL = UpgradeStep()


def first_steps(
    apps: Iterable[str], unapplied: Iterable[MigrationKey], relevant: Collection[MigrationKey] | None = None
) -> Iterator[UpgradeStep]:
    """Each app first, then each partial target; of `unapplied`, since an applied target migrates nothing or backwards. `relevant`: if given, only
    those are targets."""
    yield from (UpgradeStep((app, None)) for app in apps)
    for key in unapplied:
        if relevant is None or key in relevant:
            yield UpgradeStep((key.app, key.name))
