"""What the documents say is so."""

from __future__ import annotations

import importlib
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

import django
import pytest
import resolve_session
from commands import Commands, Done, steady
from fixture_repos import FIXTURES, build_repository
from golden_files import Golden

from stitchback.cli.group import COMMANDS
from stitchback.model.configuration import Configuration
from stitchback.reporting.pages import Page, pages
from stitchback.strategies import ALL

ROOT = Path(__file__).parents[3]
README, DOCS = ROOT / "README.md", ROOT / "docs"
TRANSCRIPTS_HEAD = """What the commands print. `tests/unit/cli/test_documents.py` makes this page and checks it: the first repository is that of `stitchback demo`
(`fixtures/repos/same-column-mid-chain`), the refused plan is of `fixtures/repos/contrary-removed-and-altered`, the check
of `fixtures/repos/released-migration-edited`. X and N are the version of Django
and the number of runs. `python -m pytest -n 0 tests/unit/cli/test_documents.py -k transcripts --update-goldens` writes it again."""
SESSION = re.compile(r"```console\n(\$ .*?)```\n", re.DOTALL)
TRANSCRIPT = re.compile(r"```console\n\$ stitchback (?P<arguments>[^\n#]*)\n(?P<output>.*?)```\n", re.DOTALL)


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_transcript_is_true(commands: Commands, shop: Path, golden: Golden) -> None:
    """The commands of the README, one after the other in the demo's repository, print what stands there."""
    check_transcripts(commands.run, shop, golden, README, [1, 1, 0])


def check_transcripts(
    run: Callable[..., Done], folder: Path, golden: Golden, page: Path, codes: list[int]
) -> None:
    text = page.read_text(encoding="utf-8")
    found = {match.group(): run(folder, *match["arguments"].split()) for match in TRANSCRIPT.finditer(text)}
    assert [done.code for done in found.values()] == codes
    for block, done in found.items():
        command = block.splitlines()[1]
        true = f"```console\n{command}\n{done.stdout}```\n"
        if golden.update and steady(block) != steady(true):
            text = text.replace(block, true)
        else:
            assert steady(block) == steady(true)
    if golden.update:
        page.write_text(text, encoding="utf-8", newline="\n")


def test_the_pictures_of_graph_are_true(
    commands: Commands, shop: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/graph.md, in the demo's repository, with a database of the patch branch."""
    with closing(sqlite3.connect(shop / "patched.sqlite3")) as connection:
        connection.execute(
            "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied text)"
        )
        for number, name in enumerate(("0001_initial", "0002_item_is_visible", "0003_item_colour"), 1):
            row = (number, "shop", name, "2026-01-12 00:00:00")
            connection.execute("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", row)
        connection.commit()
    monkeypatch.chdir(shop)
    check_transcripts(commands.run, shop, golden, DOCS / "graph.md", [0, 0, 0, 0])


OLD_ROWS = ("0001_initial", "0002_item_size", "0003_item_width", "0004_categories")


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_transcripts_of_squash_are_true(
    commands: Commands, tmp_path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/squash.md, one after the other; the squash is written between the first and the second, and released as v2.11."""
    built = build_repository(FIXTURES / "squashes" / "shop-and-people", tmp_path / "shop")
    monkeypatch.chdir(built.path)
    (built.path / "production.csv").write_text("app,name\n" + "".join(f"shop,{name}\n" for name in OLD_ROWS))
    done: list[int] = []

    def run(folder: Path, *arguments: str) -> Done:
        found = commands.run(folder, *arguments)
        if not done:
            assert commands.run(folder, "squash", "stitch", "shop", "--at", "v2.10", "--yes").code == 0
            for command in (("add", "shop"), ("commit", "-qm", "squash"), ("tag", "v2.11")):
                subprocess.run(
                    ["git", "-c", "user.name=x", "-c", "user.email=x@x", *command], cwd=folder, check=True
                )
        done.append(found.code)
        return found

    check_transcripts(run, built.path, golden, DOCS / "squash.md", [0, 1, 0])


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
@pytest.mark.parametrize(
    ("page", "case"),
    [("products", "zero-touch"), ("patch-after-squash", "patch-release-after-a-squash")],
)
def test_the_transcripts_of_the_how_to_pages_are_true(
    commands: Commands, tmp_path: Path, golden: Golden, page: str, case: str
) -> None:
    """The plan that the page shows, in the repository of that fixture."""
    built = build_repository(case, tmp_path / "shop")
    check_transcripts(commands.run, built.path, golden, DOCS / f"{page}.md", [1])


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_transcripts_of_backport_are_true(
    commands: Commands, tmp_path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/backport.md, one after the other."""
    built = build_repository(FIXTURES / "backports" / "column-between-other-changes", tmp_path / "shop")
    monkeypatch.chdir(built.path)
    for who in ("AUTHOR", "COMMITTER"):  # the page shows the commit's id
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.com")
        monkeypatch.setenv(f"GIT_{who}_DATE", "2026-03-09T10:00:00+0000")
    check_transcripts(commands.run, built.path, golden, DOCS / "backport.md", [1, 0])


LEDGER = """app,name,applied
shop,0001_initial,2026-01-12
shop,0002_item_is_visible,2026-02-03
shop,0003_item_supplier,2026-03-05
shop,0004_catalogue_colours,2026-03-06
"""
# Heading, the repository of fixtures/repos, the arguments of stitchback, and the exit code.
TRANSCRIPTS = (
    ("The commands", "same-column-mid-chain", "--help", 0),
    ("What each branch has", "same-column-mid-chain", "status release/2.4", 1),
    ("A plan", "same-column-mid-chain", "plan release/2.4", 1),
    ("A plan that is refused", "contrary-removed-and-altered", "plan release/2.4", 3),
    ("A check in CI", "released-migration-edited", "check --base v3.1 --release release/3.1", 1),
    ("An error", "same-column-mid-chain", "plan relaese/2.4", 2),
    ("Testing the plan on real databases", "same-column-mid-chain", "-q verify release/2.4", 0),
    ("Writing the plan", "same-column-mid-chain", "apply release/2.4 --yes", 0),
    ("A database that needs a manual step", "same-column-mid-chain", "inspect --ledger mainline.csv", 1),
    ("Its SQL", "same-column-mid-chain", "repair --ledger mainline.csv --vendor sqlite", 1),
    ("What a code means", "same-column-mid-chain", "explain SB308", 0),
)


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_transcripts_are_true(
    commands: Commands, tmp_path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/transcripts.md: the commands in this order; stderr follows stdout."""
    for name in sorted({case for _, case, _, _ in TRANSCRIPTS}):
        (build_repository(name, tmp_path / name).path / "mainline.csv").write_text(LEDGER)
    text = ["# Transcripts\n", TRANSCRIPTS_HEAD]
    for heading, case, arguments, code in TRANSCRIPTS:
        monkeypatch.chdir(tmp_path / case)
        done = commands.run(tmp_path / case, *arguments.split())
        assert done.code == code, done.stderr
        text.append(f"\n## {heading}\n\n```console\n$ stitchback {arguments}\n{done.stdout}{done.stderr}```")
    same = re.sub(r"Django [\d.]+: \d+ calls", "Django X: N calls", steady("\n".join(text)))
    golden.check(DOCS / "transcripts.md", same)


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="kept for Django 5.2")
def test_the_session_of_resolve_is_true(tmp_path: Path, golden: Golden) -> None:
    """The commands of docs/resolve.md, one after the other in a terminal of 80 columns, print what stands there."""
    page = (DOCS / "resolve.md").read_text(encoding="utf-8")
    work = resolve_session.build(tmp_path / "work")
    blocks = SESSION.findall(page)
    assert len(blocks) == 3
    for block in blocks:
        commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
        true = "".join(f"$ {command}\n{resolve_session.run(work.folder, command)}" for command in commands)
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
            r"`(?:stitchback )?([a-z]+)(?: PATCH…| \[[A-Z0-9 \[\]]+\])?` \|",
            README.read_text(encoding="utf-8"),
        )
    )
    assert named <= set(COMMANDS)
    for name in named:
        assert importlib.import_module(f"stitchback.cli.{COMMANDS[name][0]}").command.name == name


def test_the_list_of_codes_is_made_from_their_pages(golden: Golden) -> None:
    golden.check(DOCS / "findings.md", "\n".join(code_list(pages())))


def code_list(every: tuple[Page, ...]) -> Iterator[str]:
    yield "# Codes\n"
    yield "What `stitchback explain` says; made from the files of `src/stitchback/reporting/explanations/`, not edited."
    yield "The F numbers are rows of [facts](facts.md)."
    for family, members in groupby(every, key=lambda page: page.family):
        yield f"\n## {family}"
        for page in members:
            severity = page.severity.value if page.severity else "stops the command"
            yield f"\n### {page.code}: {page.title}\n\n*{severity}*\n\n{page.markdown}"


def test_every_strategy_has_its_section() -> None:
    sections = re.findall(
        r"^## ([\w-]+)$", (DOCS / "strategies.md").read_text(encoding="utf-8"), re.MULTILINE
    )
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
