"""The layers of the design: imports run downwards only, and each outside library has one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "stitchback"

# Top to bottom; names on one row do not know each other. Every package of the source must stand here.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli", "django_app"),
    ("api",),
    ("adapters", "reporting"),
    ("planning",),
    ("proof", "rewriting", "repair", "runbook"),
    ("strategies", "hazards"),
    ("matching", "engine", "rehearsal"),
    ("parsing", "graph", "schema"),
    ("model",),
    ("errors", "__init__"),
)

DOORS = {
    "git": ("adapters",),
    "libcst": ("rewriting",),
    "networkx": ("graph",),
    "click": ("cli",),
    "django": ("engine", "rehearsal", "adapters", "django_app"),
}

FLOOR = {name: floor for floor, names in enumerate(reversed(LAYERS)) for name in names}


# Runs in the project's own process, by its Python, and knows nothing of stitchback.
ELSEWHERE = SOURCE / "adapters" / "in_project"


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if ELSEWHERE not in path.parents)


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Every module that the file imports, at its top or within a function."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module is not None
            yield node.module
            if node.module == "stitchback":
                yield from (f"stitchback.{alias.name}" for alias in node.names)


def test_every_package_has_its_layer() -> None:
    rooms = {room(path) for path in modules()}
    assert rooms == set(FLOOR)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_downwards(path: Path) -> None:
    here = room(path)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "stitchback" or len(parts) < 2 or parts[1] == "__version__":
            continue
        there = parts[1]
        assert there == here or FLOOR[there] < FLOOR[here], f"{here} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_outside_libraries_have_one_door(path: Path) -> None:
    for name in imported(path):
        library = name.split(".")[0]
        assert room(path) in DOORS.get(library, (room(path),)), f"{path} imports {name}"
