"""Two trees read with helpers and without: run by `test_helpers`, in a process that has no other thread."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from test_reading_cache import CONDITIONAL, FILES, Files, opened

from stitchback.adapters import reading_cache
from stitchback.adapters.reading_cache import DiskReadings
from stitchback.model.migrations import Tree
from stitchback.parsing import ahead
from stitchback.parsing.context import ReadingConfig
from stitchback.parsing.tree import TreeRequest, read_trees

APPS = 60
READER = os.getpid()
read_cached = ahead.read_cached
read_by: list[str] = []


def contents(apps: int, heavy: int) -> dict[str, bytes]:
    """A tree of many apps that hold odd files and plain ones. `heavy`: what one of their modules says."""
    files = {**FILES, "shop/heavy.py": f"LENGTH = {heavy}\n".encode()}
    files |= {f"shop/migrations/{n:04d}_more.py": CONDITIONAL.encode() for n in (10, 11)}
    return {
        path.replace("shop", f"shop{number}"): content.replace(b"shop", b"shop%d" % number)
        for number in range(apps)
        for path, content in files.items()
    }


def trees(cache: DiskReadings | None) -> tuple[Tree, ...]:
    """One tree, one with another constant in its modules, one with an app more."""
    one, changed, more = (contents(apps, heavy) for apps, heavy in ((APPS, 7), (APPS, 8), (APPS + 1, 7)))
    wanted = [
        TreeRequest(name, name, Files(each))
        for name, each in (("one", one), ("changed", changed), ("more", more))
    ]
    return read_trees(wanted, ReadingConfig(settings={"HEAVY": True}), cache)


def read_with(helpers: int, place: Path) -> tuple[DiskReadings, tuple[Tree, ...]]:
    reading_cache.spare = lambda: helpers  # type: ignore[attr-defined]
    read_by.clear()
    cache = DiskReadings(place)
    return cache, trees(cache)


def noted(*given: object) -> object:
    read_by.append(str(given[1]))
    return read_cached(*given)  # type: ignore[arg-type]


def failing(*given: object) -> object:
    """A helper fails with the third file; this process does not."""
    if os.getpid() != READER and len(read_by) > 2:
        raise MemoryError
    return noted(*given)


def texts(read: tuple[Tree, ...]) -> list[str]:
    return list(map(opened, read))


def shared_reading(place: Path, expected: list[str], reading: Callable[..., object], helpers: int) -> None:
    ahead.read_cached = reading  # type: ignore[assignment]
    cache, read = read_with(helpers, place)
    assert 0 < len(read_by) < APPS * 7, "the others had their part"
    assert texts(read) == expected
    cache.save()


def main() -> None:
    expected = texts(trees(None))
    with tempfile.TemporaryDirectory() as folder:
        alone, shared, failed = (Path(folder, name) for name in ("alone", "shared", "failed"))
        cache, read = read_with(0, alone)
        assert texts(read) == expected
        cache.save()
        shared_reading(shared, expected, noted, 2)
        print("shared")
        shared_reading(failed, expected, failing, 2)
        print("failing")
        stored = [entries(place) for place in (alone, shared, failed)]
        assert stored[0] == stored[1] == stored[2], "all three kept the same files"
        for place in (alone, shared, failed):
            assert texts(trees(DiskReadings(place))) == expected
        print("kept")


def entries(place: Path) -> Mapping[object, object]:
    return dict.fromkeys(sorted(DiskReadings(place)._stored))


if __name__ == "__main__":
    main()
