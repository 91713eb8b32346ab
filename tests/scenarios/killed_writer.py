"""Writes changes into a working tree, with pauses between its steps: `python killed_writer.py ROOT CHANGES PAUSE`.

To be killed. CHANGES is a JSON file: path -> [old text or null, new text or null].
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stitchback.adapters.file_changes import FileChange, write_changes
from stitchback.adapters.git import Repository


def paused(real: Callable[..., Any], pause: float) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        time.sleep(pause)
        return real(*args, **kwargs)

    return step


def main(root: str, listed: str, pause: float) -> None:
    changes = [
        FileChange(path, *(None if text is None else text.encode() for text in texts))
        for path, texts in json.loads(Path(listed).read_text()).items()
    ]
    for name in ("fsync", "rename", "replace", "link") if pause else ():
        setattr(os, name, paused(getattr(os, name), pause))
    with Repository.open(root) as repository:
        print("ready", flush=True)
        write_changes(repository, changes)
    print("written", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
