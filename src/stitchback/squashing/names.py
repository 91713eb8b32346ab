"""Names of squashes, which keep the order of an app's files: `0001_squashed_0046` comes before `0047_size`."""

from __future__ import annotations

import re
from collections.abc import Collection

from stitchback.model.keys import MigrationKey
from stitchback.squashing.blocks import Block

LONGEST = 120  # characters of a name; the column of django_migrations holds 255


def squash_key(block: Block, taken: Collection[MigrationKey]) -> MigrationKey:
    """`0001_squashed_0046` by the numbers of the first and last migration, `0001_squashed` if there is only one; with `_2` and so on if the name is taken."""
    numbers = [_number(key.name) for key in block.migrations]
    first, last = min(numbers), max(numbers)
    wanted = f"{first}_squashed_{last}" if len(numbers) > 1 and first != last else f"{first}_squashed"
    name, count = wanted, 1
    while MigrationKey(block.app, name) in taken:
        count += 1
        name = f"{wanted}_{count}"
    return MigrationKey(block.app, name)


def _number(name: str) -> str:
    """The digits in front of the name, else the name."""
    found = re.match(r"\d+", name)
    return found[0] if found else name[: LONGEST // 2]
