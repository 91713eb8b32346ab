"""Every migration that Django itself brings: edited in each way, and read back."""

from __future__ import annotations

from pathlib import Path

import django
import pytest
from migration_values import add, key
from rendered import edited, made, read

from stitchback.model.edits import (
    Insert,
    KeepOperation,
    MakeConditional,
    OperationEdit,
    SetComment,
    SetDependencies,
    SetOperations,
    SetReplaces,
)
from stitchback.model.operations import Operation
from stitchback.model.values import Code, walk
from stitchback.operations import TEMPLATES

CONTRIB = Path(django.__file__).parent / "contrib"
FILES = sorted(path for path in CONTRIB.rglob("0*.py") if path.parent.name == "migrations")


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def source(request: pytest.FixtureRequest) -> bytes:
    return Path(request.param).read_bytes()


def keep_all(source: bytes) -> tuple[OperationEdit, ...]:
    return tuple(KeepOperation(index) for index in range(len(read(source).operations)))


def test_kept_as_it_is(source: bytes) -> None:
    changes = SetOperations(keep_all(source)), SetDependencies(read(source).dependencies)
    assert edited(source, *changes).content == source


def test_hung_elsewhere(source: bytes) -> None:
    more = SetDependencies((*read(source).dependencies, key("shop.0003_stitched")))
    after = edited(
        source, SetReplaces((key("shop.0003_hotfix"),)), more, SetComment(("Why.",), ("replaces x",))
    )
    assert set(source.splitlines()) - set(after.content.splitlines()) <= {b"    dependencies = []"}


def test_one_operation_more_and_one_less(source: bytes) -> None:
    kept = keep_all(source)
    edited(source, SetOperations((Insert(add("item", "color")), *kept)))
    edited(source, SetOperations(kept[1:]))
    edited(source, SetOperations(()))


def test_guarded(source: bytes) -> None:
    operations = read(source).operations
    known = [isinstance(one, Operation) and one.kind in TEMPLATES for one in operations]
    edited(
        source,
        SetOperations(tuple(MakeConditional(n) if yes else KeepOperation(n) for n, yes in enumerate(known))),
    )


def test_written_anew(source: bytes) -> None:
    migration = read(source)
    operations = [one for one in migration.operations if isinstance(one, Operation) and not one.opaques]
    plain = [
        one
        for one in operations
        if not any(isinstance(part, Code) for _, value in one.arguments for part in walk(value))
    ]
    made(SetDependencies(migration.dependencies), SetOperations(tuple(map(Insert, plain))))
