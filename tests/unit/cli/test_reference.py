"""The reference is complete: its generated pages are those of the code, and what the user can name is on a page of its section."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import click
import pytest
import yaml
from golden_files import Golden

from stitchback import api
from stitchback.model.configuration import Configuration
from stitchback.reporting.pages import pages
from tools.reference import commands, document_schema, reference_pages

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
NAVIGATION = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
MADE_BY_THE_HOOK = "changelog.md"  # tools/site_pages.py
COMMAND_LINE = re.compile(r"^(?:\$ )?stitchback (.+)$", re.MULTILINE)
BLOCK = re.compile(r"```(?:bash|console)\n(.*?)```", re.DOTALL)


def files_of(entry: object) -> list[str]:
    """The pages below an entry of the navigation."""
    if isinstance(entry, str):
        return [entry]
    values = entry.values() if isinstance(entry, dict) else entry
    assert values is not None
    return [file for value in values for file in files_of(value)]


def reference() -> str:
    """The text of the section Reference, without the transcripts and the changelog, which may name anything."""
    (section,) = [entry["Reference"] for entry in NAVIGATION if "Reference" in entry]
    names = set(files_of(section)) - {"transcripts.md", MADE_BY_THE_HOOK}
    return "\n".join((DOCS / name).read_text(encoding="utf-8") for name in sorted(names))


REFERENCE = reference()
CONTEXTS = {context.command_path: context for context in commands()}


@pytest.mark.parametrize("name", reference_pages())
def test_the_generated_pages_are_made_from_the_code(golden: Golden, name: str) -> None:
    golden.check(DOCS / name, reference_pages()[name])


def test_every_page_is_in_the_navigation() -> None:
    assert sorted(files_of(NAVIGATION)) == sorted(
        [MADE_BY_THE_HOOK, *(path.name for path in DOCS.glob("*.md"))]
    )


@pytest.mark.parametrize("path", CONTEXTS)
def test_every_command_and_option_is_there(path: str) -> None:
    section = REFERENCE.partition(f"\n## {path}\n")[2].partition("\n## ")[0]
    assert section
    context = CONTEXTS[path]
    options = [each for each in context.command.get_params(context) if isinstance(each, click.Option)]
    names = [name for option in options if not option.hidden for name in option.opts]
    rows = "\n".join(re.findall(r"^\| `(.+?)`", section, re.MULTILINE))
    assert [name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", rows)] == []


def test_every_code_is_there() -> None:
    assert [page.code for page in pages() if f"\n### {page.code}: " not in REFERENCE] == []


def test_every_key_of_the_configuration_is_there() -> None:
    keys = Configuration.__dataclass_fields__.keys() - {"folder"}  # which is no key
    assert [key for key in keys if f"\n| `{key}` |" not in REFERENCE] == []


@pytest.mark.parametrize("name", sorted(document_schema()["$defs"]))  # type: ignore[call-overload]
def test_every_field_of_the_documents_is_there(name: str) -> None:
    section = REFERENCE.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    assert section
    fields = document_schema()["$defs"][name].get("properties", ())  # type: ignore[index]
    assert [field for field in fields if not re.search(rf"^\| `{field}`\?? \|", section, re.MULTILINE)] == []


def test_every_public_function_is_there() -> None:
    names = [name for name in api.__all__ if inspect.isroutine(getattr(api, name))]
    headings = "\n".join(re.findall(r"^###? .*$", REFERENCE, re.MULTILINE))
    assert names
    assert [name for name in names if f"`{name}`" not in headings] == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_the_commands_that_can_be_pasted_are_there(page: Path) -> None:
    """Every `stitchback …` in a block: the command, and each option of it."""
    text = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    for line in COMMAND_LINE.findall(text):
        words = line.split(" #")[0].split()
        found = [word for word in words if not word.startswith("-")]
        path = max((p for p in CONTEXTS if f"stitchback {' '.join(found)} ".startswith(f"{p} ")), key=len)
        context = CONTEXTS[path]
        known = {name for each in context.command.get_params(context) for name in each.opts}
        known |= {name for each in CONTEXTS["stitchback"].command.params for name in each.opts}
        assert [word for word in words if word.startswith("--") and word.split("=")[0] not in known] == [], (
            line
        )
