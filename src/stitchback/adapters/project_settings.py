"""Where a tree's project is, and which settings it names: read from `manage.py` and pyproject.toml, never by running it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stitchback.errors import EnvironmentProblem
from stitchback.parsing import sources

VARIABLE = "DJANGO_SETTINGS_MODULE"
DEPTH = 3  # folders below the tree's root in which manage.py is looked for
SKIPPED = frozenset({"node_modules", "site-packages", "venv"})


@dataclass(frozen=True, slots=True)
class ProjectPlace:
    """`folder` is manage.py's (what Python puts first on its path), or the tree's root."""

    folder: Path
    settings: str


def find_project(tree: Path, settings: str | None = None, folder: str = "") -> ProjectPlace:
    """The project in the tree's `folder`, or that of the manage.py nearest to it. `settings` where given, else DJANGO_SETTINGS_MODULE of the environment (manage.py only sets a default), else what the
    manage.py nearest to the root names. Raises EnvironmentProblem SB521 if nothing names them."""
    scripts = _nearest_first(tree, folder)
    said = settings or os.environ.get(VARIABLE)
    if said:
        return ProjectPlace(scripts[0].parent if scripts else tree, said)
    for script in scripts:
        found = settings_of(script.read_bytes())
        if found:
            return ProjectPlace(script.parent, found)
    raise EnvironmentProblem(
        "SB521",
        f"no settings module for {tree}: no manage.py there names one",
        hint="Give it with --settings MODULE.",
    )


def _nearest_first(tree: Path, folder: str) -> list[Path]:
    """Every manage.py of the tree: those in the folder, those in the folders around it from the inside out, then all others."""
    home = tree / folder
    scripts = {*_manage_scripts(tree), *(_manage_scripts(home) if home.is_dir() else ())}

    def distance(path: Path) -> tuple[bool, bool, int, Path]:
        inside, around = path.is_relative_to(home), home.is_relative_to(path.parent)
        depth = -len(path.parts) if around and not inside else len(path.parts)
        return (not inside, not around, depth, path)

    return sorted(scripts, key=distance)


def settings_of(manage: bytes) -> str | None:
    """The constant that a manage.py puts into DJANGO_SETTINGS_MODULE, by `setdefault` or by assignment."""
    try:
        module = sources.parse(manage)
    except sources.NotPython:
        return None
    for node in ast.walk(module):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setdefault"),
                args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), ast.Constant(value=str(value))],
            ):
                return value
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value="DJANGO_SETTINGS_MODULE"))],
                value=ast.Constant(value=str(value)),
            ):
                return value
    return None


def _manage_scripts(folder: Path, depth: int = DEPTH) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name == "manage.py" and path.is_file():
            yield path
        elif depth and _may_hold_a_project(path):
            yield from _manage_scripts(path, depth - 1)


def _may_hold_a_project(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in SKIPPED
    return not hidden and folder.is_dir() and not folder.is_symlink()


PYPROJECT = "pyproject.toml"
_TABLE = b"[tool.stitchback"


def project_folder(top: Path, directory: Path) -> str:
    """The nearest folder from `directory` up that has a manage.py or the configuration of stitchback, relative to the working tree's
    top, posix; `directory` itself where none has, "" for the top."""
    here, top = directory.resolve(), top.resolve()
    if not here.is_relative_to(top):
        return ""
    for folder in (here, *here.parents):
        if (folder / "manage.py").is_file() or has_configuration(folder / PYPROJECT):
            return _relative(folder, top)
        if folder == top:
            break
    return _relative(here, top)


def has_configuration(file: Path) -> bool:
    """Whether the file has a table [tool.stitchback]."""
    return file.is_file() and _TABLE in file.read_bytes()


def _relative(folder: Path, top: Path) -> str:
    path = folder.relative_to(top).as_posix()
    return "" if path == "." else path
