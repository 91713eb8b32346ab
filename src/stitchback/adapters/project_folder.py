"""Which Django project of a repository a folder of the working tree means."""

from __future__ import annotations

from pathlib import Path

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
