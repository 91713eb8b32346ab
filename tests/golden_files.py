"""Golden files: compared, or written anew where the flag says so."""

from __future__ import annotations

from pathlib import Path


class Golden:
    """Compares a text with a golden file, or writes the file where `--update-goldens` is said."""

    def __init__(self, update: bool) -> None:
        self.update = update

    def check(self, path: Path, text: str) -> None:
        found = text.rstrip("\n") + "\n"
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found, encoding="utf-8", newline="\n")
        assert path.is_file(), f"{path} is missing: run pytest with --update-goldens"
        assert found == path.read_text(encoding="utf-8")
