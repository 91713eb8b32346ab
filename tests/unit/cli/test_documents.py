"""What the documents say is so."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import django
import pytest
import resolve_session
from commands import Commands, steady
from golden_files import Golden

from stitchback.cli.group import COMMANDS
from stitchback.model.configuration import Configuration
from stitchback.reporting.pages import Page, pages
from stitchback.strategies import ALL

ROOT = Path(__file__).parents[3]
README, DOCS = ROOT / "README.md", ROOT / "docs"
SESSION = re.compile(r"```console\n(\$ .*?)```\n", re.DOTALL)
TRANSCRIPT = re.compile(r"```console\n\$ stitchback (?P<arguments>[^\n#]*)\n(?P<output>.*?)```\n", re.DOTALL)


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_transcript_is_true(commands: Commands, shop: Path, golden: Golden) -> None:
    """The commands of the README, one after the other in the demo's repository, print what stands there."""
    readme = README.read_text(encoding="utf-8")
    found = {
        match.group(): commands.run(shop, *match["arguments"].split())
        for match in TRANSCRIPT.finditer(readme)
    }
    assert [done.code for done in found.values()] == [1, 1, 0]
    for block, done in found.items():
        command = block.splitlines()[1]
        true = f"```console\n{command}\n{done.stdout}```\n"
        if golden.update and steady(block) != steady(true):
            readme = readme.replace(block, true)
        else:
            assert steady(block) == steady(true)
    if golden.update:
        README.write_text(readme, encoding="utf-8", newline="\n")


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_session_of_resolve_is_true(tmp_path: Path, golden: Golden) -> None:
    """The commands of docs/resolve.md, one after the other in a terminal of 80 columns, print what stands there."""
    page = (DOCS / "resolve.md").read_text(encoding="utf-8")
    work = resolve_session.build(tmp_path / "work")
    blocks = SESSION.findall(page)
    assert len(blocks) == 3
    for block in blocks:
        commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
        true = "".join(f"$ {command}\n{resolve_session.run(work, command)}" for command in commands)
        assert max(map(len, true.splitlines())) <= resolve_session.COLUMNS
        if golden.update and steady(block) != steady(true):
            page = page.replace(block, true)
        else:
            assert steady(block) == steady(true)
    if golden.update:
        (DOCS / "resolve.md").write_text(page, encoding="utf-8", newline="\n")


def test_every_command_that_is_written_about_is_there() -> None:
    named = set(
        re.findall(
            r"`(?:stitchback )?([a-z]+)(?: PATCH…| \[[A-Z]+\])?` \|", README.read_text(encoding="utf-8")
        )
    )
    assert named <= set(COMMANDS)
    for name in named:
        assert importlib.import_module(f"stitchback.cli.{COMMANDS[name][0]}").command.name == name


def test_the_list_of_codes_is_made_from_their_pages(golden: Golden) -> None:
    golden.check(DOCS / "findings.md", "\n".join(code_list(pages())))


def code_list(every: tuple[Page, ...]) -> Iterator[str]:
    yield "# Codes\n"
    yield "What `stitchback explain` says; made from the classes of hazards and defects, and from `hazards/pages/`, not edited by hand."
    yield "The F numbers are rows of [facts](facts.md)."
    for family, members in groupby(every, key=lambda page: page.family):
        yield f"\n## {family}"
        for page in members:
            severity = page.severity.value if page.severity else "stops the command"
            yield f"\n### {page.code}: {page.title}\n\n*{severity}*\n\n{page.text}"


def test_every_strategy_has_its_section() -> None:
    sections = re.findall(r"^## (\w+)$", (DOCS / "strategies.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == [strategy.name for strategy in ALL]


def test_every_key_of_the_configuration_is_explained() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|", (DOCS / "configuration.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted(Configuration.__dataclass_fields__.keys() - {"folder"})  # which is no key


def test_the_words_are_the_names_of_classes() -> None:
    names = re.findall(r"`((?:[a-z_]+\.)+[A-Z]\w+)`", (DOCS / "terminology.md").read_text(encoding="utf-8"))
    assert len(names) > 20
    for name in names:
        module, _, word = name.rpartition(".")
        assert hasattr(importlib.import_module(f"stitchback.{module}"), word), name


@pytest.mark.parametrize(
    "document", [README, *sorted(DOCS.glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target
