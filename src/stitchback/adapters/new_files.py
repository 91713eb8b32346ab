"""Files for people: written where there is none yet, and never over another one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stitchback.errors import EnvironmentProblem


def write_new(files: Mapping[Path, str], folder: Path | None = None) -> tuple[Path, ...]:
    """Writes the files, into the folder if given, which is created; existing files with the same content stay.

    Raises EnvironmentProblem (SB517) if a file exists with other content or cannot be written: then no existing file is changed.
    """
    new = {path: text for path, text in files.items() if not _is_there(path, text)}
    for path, text in new.items():
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise EnvironmentProblem("SB517", f"{path} cannot be written: {error.strerror}") from error
    return tuple(files)


def _is_there(path: Path, text: str) -> bool:
    """Whether the very file is there already."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise EnvironmentProblem("SB517", f"{path} cannot be written: {error.strerror}") from error
    if found != text.encode():
        raise EnvironmentProblem(
            "SB517",
            f"{path} exists already",
            hint="Give another file or folder: an earlier undo script may still be needed.",
        )
    return True
