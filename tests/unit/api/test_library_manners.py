"""A program that uses the package keeps nothing of a command that has ended."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import pytest
from fixture_repos import build_repository

from stitchback.api import PlanRequest, Project, make_plan, status
from stitchback.model.command_cache import CommandCache, by_identities, by_identity, by_value

CONTAINERS = (dict, list, set, deque, WeakKeyDictionary, WeakValueDictionary, WeakSet)
Remembering = type(lru_cache(lambda: None))
CONSTANT = 1  # a function without parameters has one answer, whatever is asked


def modules() -> Iterator[tuple[str, ModuleType]]:
    yield from sorted((name, each) for name, each in sys.modules.items() if name.startswith("stitchback."))


def holders() -> Iterator[tuple[str, object]]:
    """What lives as long as the process: the values of modules, of their classes, and of the closures of their functions."""
    for name, module in modules():
        for key, value in vars(module).items():
            yield f"{name}.{key}", value
            if issubclass(type(value), type) and vars(value).get("__module__") == name:
                yield from ((f"{name}.{key}.{inner}", held) for inner, held in vars(value).items())
            if type(value) is FunctionType:
                yield from ((f"{name}.{key}()", cell.cell_contents) for cell in value.__closure__ or ())


def sizes() -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in holders():
        if type(value) is Remembering:  # of a lazy object, `isinstance` asks the object
            if not value.__module__.startswith("stitchback."):
                continue  # Python's own, that a module imports
            size = value.cache_info().currsize
        elif issubclass(type(value), CONTAINERS):
            assert isinstance(value, CONTAINERS)
            size = len(value)
        else:
            continue
        found[name] = size
    return found


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {
        name: (before.get(name, 0), size)
        for name, size in after.items()
        if size > before.get(name, CONSTANT if name not in before else 0) and size > CONSTANT
    }


def asked(name: str, folder: Path) -> None:
    built = build_repository(name, folder / name)
    wish = PlanRequest(built.case.patches)
    for question in (status, make_plan):
        with Project.open(built.path) as project:
            question(project, wish)


def test_nothing_is_left_of_the_commands(tmp_path: Path) -> None:
    asked("one-patch-several-mainline", tmp_path / "first")
    before, frozen = sizes(), gc.get_freeze_count()
    asked("one-patch-several-mainline", tmp_path / "again")
    assert grown(before, sizes()) == {}
    imported = {name for name, _ in modules()}
    asked("altered-on-both-differently", tmp_path / "other")
    later = {name: size for name, size in sizes().items() if name.rpartition(".")[0] in imported}
    assert grown(before, later) == {}
    assert (frozen, gc.get_freeze_count()) == (0, 0)
    assert gc.isenabled()


class TestCommandCache:
    def test_answers_are_kept_until_the_command_ends(self) -> None:
        asked: list[object] = []

        @by_value
        def same(value: str) -> str:
            asked.append(value)
            return value

        for _ in range(2):
            with CommandCache():
                same("a")
                same("a")
        same("a")
        assert asked == ["a"] * 3

    def test_an_inner_command_has_its_own(self) -> None:
        asked: list[object] = []

        @by_identity
        def itself(value: list[int]) -> list[int]:
            asked.append(value)
            return value

        given = [1]
        with CommandCache():
            itself(given)
            with CommandCache():
                itself(given)
            itself(given)
        assert asked == [given, given]

    def test_equal_objects_are_told_apart_by_identity(self) -> None:
        asked: list[object] = []

        @by_identities
        def pair(one: list[int], other: list[int]) -> int:
            asked.append((one, other))
            return len(asked)

        one, other = [1], [1]
        with CommandCache():
            assert [pair(one, other), pair(one, other), pair(other, one)] == [1, 1, 2]

    def test_what_raises_is_asked_again(self) -> None:
        @by_identity
        def fails(value: list[int]) -> None:
            value.append(1)
            raise LookupError

        given: list[int] = []
        with CommandCache():
            for _ in range(2):
                with pytest.raises(LookupError):
                    fails(given)
        assert given == [1, 1]

    def test_nothing_is_kept_after_it(self) -> None:
        cache = CommandCache()
        value = [1]
        with cache:
            by_identity(len)(value)
            by_value(len)("abc")
        assert sys.getrefcount(value) == 2
