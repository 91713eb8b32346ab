"""Messages, docstrings and documents use plain words: the left column of the project's language rules does not occur in them."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import stitchback
from stitchback.cli.group import COMMANDS, cli
from stitchback.reporting.pages import pages

ROOT = Path(__file__).parents[2]
SOURCE = Path(stitchback.__file__).parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "action.yml"])
DEMO_CASE = ROOT / "fixtures" / "repos" / "same-column-mid-chain" / "case.toml"

LONGEST_ENTRY = 120  # characters of a line of the changelog

# What must not occur -> what to write in its place.
BANNED = {
    r"(?:is |are )?told|tells?(?! (?:\S+ ){0,4}apart)": "reports, shows",
    r"said|says? so": "configured, declared, given",
    r"(?<!by )(?<!other )(?<!-)hands?": "a manual step",
    r"hung|re-hung|re-hang|hangs? (?:on|it|them|the)": "depends on",
    r"g(?:ives?|ave|iven|iving) up": "no longer contains, drops",
    r"anew": "recreated",
    r"(?:com(?:e|es|ing)|came) (?:to|about|of)": "results in, reaches, happens",
    r"by (?:itself|themselves)": "on its own; even without this plan",
    r"of (?:its|their) own(?=[.,;:)]|$)": "on its own",
    r"st(?:and|ands|ood|anding) for": "replaces, counts as",
    r"look(?:s|ed|ing)? (?:at|whether|first)|(?:a|first|without a) looks?": "check, read",
    r"serv(?:e|es|ed|ing)": "works for, can upgrade",
    r"things?": "schema object",
    r"to do with": "affects, is relevant to",
    r"acts?": "upgrade steps",
    r"whoever|nobody|somebody": "name the actor: the user, Django, the caller",
}

# Ordinary English that a pattern above would take for one of them.
ALLOWED = re.compile(
    r"\b(?:an?|each|every|one|no|all|other|process|own|custom|databases|processes|migrations|branches|folders|apps?)"
    r"(?: [\w'-]+){0,4} of (?:its|their) own\b",
    re.IGNORECASE,
)

Hit = tuple[str, str]  # the words with what is around them, and what to write


def hits(text: str) -> list[Hit]:
    """The banned words of a text. Code in backquotes is not prose."""
    prose = ALLOWED.sub(" ", re.sub(r"`[^`\n]*`|https?://\S+|\]\([^)]*\)", " ", " ".join(text.split("\n"))))
    return [
        (prose[max(0, match.start() - 40) : match.end() + 40].strip(), instead)
        for words, instead in BANNED.items()
        for match in re.finditer(rf"(?<![\w`/.-])(?:{words})(?![\w`-]|\.\w|/)", prose, re.IGNORECASE)
    ]


def literals(tree: ast.Module) -> Iterator[ast.Constant]:
    """The string literals with a space in them, which are prose, and docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node


@pytest.mark.parametrize("package", sorted(path.name for path in SOURCE.iterdir() if path.suffix != ".pyc"))
def test_messages(package: str) -> None:
    top = SOURCE / package
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}: {words!r}: {instead}"
        for path in ([top] if top.suffix == ".py" else sorted(top.rglob("*.py")))
        for node in literals(ast.parse(path.read_text(encoding="utf-8")))
        for words, instead in hits(str(node.value))
    ]
    assert found == []


def test_the_changelog_has_one_short_line_an_entry() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith("#") and line != lines[2]]
    assert [line for line in entries if not line.startswith("* ") or len(line) > LONGEST_ENTRY] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents(document: Path) -> None:
    found = [
        f"{number}: {words!r}: {instead}"
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1)
        for words, instead in hits(line)
    ]
    assert found == []


def test_pages() -> None:
    assert [(page.code, *hit) for page in pages() for hit in hits(f"{page.title}. {page.text}")] == []


def test_help_texts() -> None:
    commands = [
        importlib.import_module(f"stitchback.cli.{module}").command for module, _ in COMMANDS.values()
    ]
    assert [(each.name, *hit) for each in (cli, *commands) for hit in hits(each.help or "")] == []


def test_the_story_of_the_demo() -> None:
    assert hits(tomllib.loads(DEMO_CASE.read_text(encoding="utf-8"))["story"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "3 kinds of database need a hand",
        "what mainline does wrong by itself is told",
        "a migration hung on a new one",
        "No plan can make more of mainline than it is, and nobody has it",
        "The tree as it is serves these databases",
        "Stitched: stands for shop.0003_item_colour",
        "an index was dropped and made anew",
        "operations that look at the database",
        "a plan that gives up an operation",
        "which comes to the same schema",
        "Say so in pyproject.toml",
        "the same thing under two names",
        "what the plan has to do with",
    ],
)
def test_the_old_words_are_found(text: str) -> None:
    assert hits(text)


@pytest.mark.parametrize(
    "text",
    [
        "something is left to reconcile, and nothing was written",
        "in a commit of its own",
        "it looks like the output of makemigrations",
        "`plan` tells the two cases apart",
        "the right-hand column; change it by hand; on the other hand",
        "a service, a server, reserved names",
        "[stands](docs/by-itself.md) `serves`",
        "actions and facts",
    ],
)
def test_ordinary_words_are_not(text: str) -> None:
    assert hits(text) == []
