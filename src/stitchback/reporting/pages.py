"""The page of every code: one Markdown file each, in `explanations`, and `explain` as text and as a document."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

from rich.text import Text

from stitchback import hazards
from stitchback.errors import EnvironmentProblem
from stitchback.hazards import Hazard, ProofHazard, RollingHazard
from stitchback.model.findings import Severity
from stitchback.repair import defects
from stitchback.repair.defects import Defect
from stitchback.reporting.document import Document
from stitchback.reporting.finding_text import STYLES
from stitchback.reporting.layout import BLANK, Line, bold, dim, plain, styled, wrapped

FAMILIES = {
    "SB1": "Reading migrations",
    "SB2": "Comparing the branches",
    "SB3": "Migration graphs and django_migrations",
    "SB4": "Planning",
    "SB5": "Git, files, the project",
    "SB6": "Databases and their repair",
    "SB7": "Squashes",
}
Coded = Hazard | ProofHazard | RollingHazard | Defect
EXAMPLE = " " * 4  # before each line of an example
EXPLANATIONS = files("stitchback.reporting") / "explanations"
_FILE = re.compile(
    r"# (SB\d{3}): ([^\n]+)\n(?:<!-- raised by: ([\w., ]+?)(?:; severity: (\w+))? -->\n)?\n(.+)", re.DOTALL
)
_FENCED = re.compile(r"^```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """`markdown`: what, why, and what to do, as the file has it. `severity`: a finding's; None: the code of an error that ends the command. `where`: the
    stitchback modules that raise it."""

    code: str
    title: str
    markdown: str
    severity: Severity | None
    where: tuple[str, ...]

    @property
    def text(self) -> str:
        """Paragraphs separated by empty lines, each on one line, or examples, indented and unchanged."""
        parts = _FENCED.split(self.markdown)
        shown = (
            textwrap.indent(part, EXAMPLE) if place % 2 else _on_one_line(part)
            for place, part in enumerate(parts)
        )
        return "\n\n".join(part.rstrip() for part in shown if part.strip())

    @property
    def family(self) -> str:
        return FAMILIES[self.code[:3]]


def pages() -> tuple[Page, ...]:
    """All pages, by code."""
    return tuple(sorted(_by_code().values(), key=lambda page: page.code))


def page_of(code: str) -> Page | None:
    return _by_code().get(code)


def explain(code: str) -> Page:
    """Upper or lower case, with or without "SB". Raises EnvironmentProblem (SB532) with near codes."""
    asked = code.strip().upper()
    page = page_of(asked) or page_of(f"SB{asked}")
    if page is None:
        near = near_codes(asked)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`stitchback explain` lists all codes."
        raise EnvironmentProblem("SB532", f"there is no code {code!r}", hint=hint)
    return page


def near_codes(text: str) -> tuple[str, ...]:
    """Similar codes, nearest first; without any, the codes of its family."""
    known = [page.code for page in pages()]
    asked = text.upper().removeprefix("SB").strip()
    close = difflib.get_close_matches(f"SB{asked}", known, n=3, cutoff=0.6)
    return tuple(close or [code for code in known if code.startswith(f"SB{asked[:1]}")][:6])


@cache
def _by_code() -> dict[str, Page]:
    every: tuple[Coded, ...] = (
        *hazards.ALL,
        *hazards.OF_CHECK,
        *hazards.OF_ROLLING,
        *hazards.OF_PROOF,
        *defects.ALL,
    )
    classes = {each.code: each for each in every}
    found = [_read(file.read_text(encoding="utf-8"), classes) for file in EXPLANATIONS.iterdir()]
    return {page.code: page for page in found}


def _read(text: str, classes: Mapping[str, Coded]) -> Page:
    """One file. A finding's severity and module are those of its class; the file of another code contains them."""
    match = _FILE.fullmatch(text)
    assert match is not None, f"not an explanation: {text[:40]!r}"
    code, title, where, severity, markdown = match.groups()
    if where is None:
        kind = classes[code]
        module = type(kind).__module__.removeprefix("stitchback.")
        return Page(code, title, markdown.rstrip(), kind.severity, (module,))
    modules = tuple(where.split(", "))
    return Page(code, title, markdown.rstrip(), Severity(severity) if severity else None, modules)


def _on_one_line(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def page_lines(page: Page) -> Iterator[Line]:
    yield from wrapped((bold(page.code), plain(f"  {page.title}  "), _severity(page)))
    for paragraph in page.text.split("\n\n"):
        yield BLANK
        if paragraph.startswith(EXAMPLE):
            yield from ((plain(line),) for line in paragraph.split("\n"))  # can be pasted: not wrapped
        else:
            yield from wrapped((plain(paragraph),), 2)


def list_lines(pages: Sequence[Page]) -> Iterator[Line]:
    for family, members in groupby(pages, key=lambda page: page.family):
        yield (bold(family),)
        for page in members:
            yield from wrapped((plain(f"{page.code}  "), _severity(page, 7), plain(f"  {page.title}")), 2, 16)
        yield BLANK


def _severity(page: Page, width: int = 0) -> Text:
    if page.severity is None:
        return dim(f"{'stops':<{width}}" if width else "(stops the command)")
    said = page.severity.value if width else f"({page.severity.value})"
    return styled(STYLES[page.severity], f"{said:<{width}}")


def page_document(page: Page) -> Document:
    return {
        "code": page.code,
        "family": page.family,
        "title": page.title,
        "text": page.text,
        "severity": page.severity.value if page.severity else None,
    }
