"""The baseline file of `check`: findings that existed before the project began to use it, and that are not reported."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from stitchback.errors import EnvironmentProblem
from stitchback.model.findings import FindingId

MAX_BYTES = 10_000_000


def configured_baseline(top: Path, name: str) -> Path:
    """The file that the configuration of the working tree `top` names. Anybody may have written that: a path that leads out of the tree, also by a
    symlink, raises EnvironmentProblem (SB529)."""
    path = top / name
    if not path.resolve().is_relative_to(top.resolve()):
        raise _problem(path, "is outside the working tree")
    return path


def read_baseline(path: Path) -> frozenset[FindingId]:
    """Raises EnvironmentProblem (SB529): no such file, or another content than `write_baseline` writes."""
    try:
        if path.exists() and not path.is_file():
            raise _problem(path, "is no file")
        if path.stat().st_size > MAX_BYTES:
            raise _problem(path, f"has more than {MAX_BYTES:,} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
        return frozenset(_finding_id(item) for item in document["findings"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _problem(path, f"cannot be read: {type(error).__name__}: {error}") from error


def write_baseline(path: Path, findings: Iterable[FindingId]) -> None:
    """All or nothing, sorted. Raises EnvironmentProblem (SB529) where it cannot be written."""
    ids = sorted(set(findings))
    items = [{"code": code, "path": place, "message": message} for code, place, message in ids]
    text = json.dumps({"schema": 1, "findings": items}, indent=2, sort_keys=True)
    try:
        handle, beside = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}-"
        )  # a new file: follows no symlink
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(f"{text}\n")
            Path(beside).chmod(0o644)
            os.replace(beside, path)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError as error:
        raise _problem(path, f"cannot be written: {error}") from error


def _finding_id(item: dict[str, object]) -> FindingId:
    values = (item["code"], item["path"], item["message"])
    if not all(isinstance(value, str) for value in values):
        raise TypeError("code, path and message must be strings")
    return FindingId(*map(str, values))


def _problem(path: Path, message: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB529",
        f"the baseline file {path} {message}",
        hint="Write it with `stitchback check --write-baseline`, or correct `baseline` in pyproject.toml.",
    )
