"""A hook of MkDocs (mkdocs.yml): the changelog becomes a page, and a link to a file of the repository that is on no page becomes its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

CHANGELOG = "CHANGELOG.md"
PAGE = "changelog.md"
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")


def on_files(files: Files, config: Any) -> Files:
    path = Path(config["config_file_path"]).parent / CHANGELOG
    files.append(File.generated(config, PAGE, content=path.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    return OUTSIDE.sub(r"\1", markdown.replace(f"](../{CHANGELOG})", f"]({PAGE})"))
