"""Environment variables that the project's settings ask for and do not find."""

from __future__ import annotations

import os
import re
from typing import Any

missing: list[str] = []


def watch() -> None:
    """Notes each name that is looked up in `os.environ` from now on and is not there."""
    kind: Any = type(os.environ)
    original = kind.__getitem__

    def __getitem__(environment: Any, name: str) -> str:
        try:
            return str(original(environment, name))
        except KeyError:
            missing.append(name)
            raise

    kind.__getitem__ = __getitem__


def needed(error: BaseException) -> str:
    """The variable that is missing, where that is why the settings could not be read: the last one asked for that the error, or one before
    it, names. "" where it is something else."""
    said: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(said) < 20:
        said.append(str(seen))
        seen = seen.__cause__ or seen.__context__
    words = set(re.findall(r"\w+", " ".join(said)))
    return next((name for name in reversed(missing) if name in words), "")
