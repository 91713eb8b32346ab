"""Names and places for the files that a plan makes."""

from __future__ import annotations

import posixpath
import re

from stitchback.model.keys import MigrationKey
from stitchback.strategies.draft import Draft

LONGEST = 120  # of a name without its number; the ledger's column holds 255 characters


def stitched_key(draft: Draft, patch: MigrationKey) -> MigrationKey:
    """`0003_color` -> `0003_stitched_color`: it stands where the patch migration stood, so it keeps its number."""
    number, rest = _split(patch.name)
    wanted = "_".join(part for part in (number, "stitched", rest) if part)
    return free_key(draft, MigrationKey(patch.app, wanted))


def leaf_key(draft: Draft, app: str, words: str) -> MigrationKey:
    """The next number of the app, as `makemigrations` counts: one above the highest, four digits."""
    numbers = [int(number) for key in draft.keys_of(app) if (number := _split(key.name)[0])]
    return free_key(draft, MigrationKey(app, f"{max(numbers, default=0) + 1:04d}_{words[:LONGEST]}"))


def free_key(draft: Draft, wanted: MigrationKey) -> MigrationKey:
    """The name, or the name with a number behind it: one that no file and no ghost of the result has."""
    name, count = wanted.name, 1
    while draft.is_taken(MigrationKey(wanted.app, name)):
        count += 1
        name = f"{wanted.name}_{count}"
    return MigrationKey(wanted.app, name)


def path_for(draft: Draft, key: MigrationKey, like: str = "") -> str:
    """Where the app keeps its migrations; beside `like`, a path on the patch branch, for an app that only that branch has."""
    app = draft.mainline.apps.get(key.app)
    if app is not None:
        return posixpath.join(app.migrations, f"{key.name}.py")
    first = min((k for k in draft.mainline.migrations if k.app == key.app), default=None)
    beside = draft.mainline.migrations[first].path if first is not None else like
    assert beside, "an app is on mainline or on the patch branch"
    folder = posixpath.dirname(beside)
    return posixpath.join(folder, f"{key.name}.py")


def _split(name: str) -> tuple[str, str]:
    found = re.match(r"(\d+)_?(.*)", name, re.DOTALL)
    return (found.group(1), found.group(2)) if found else ("", name)
