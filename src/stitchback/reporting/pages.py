"""A page for every code: built from the class of its hazard or defect, or taken from `hazards.pages`."""

from __future__ import annotations

import difflib
import inspect
from dataclasses import dataclass
from functools import cache

from stitchback import hazards
from stitchback.hazards import Hazard, ProofHazard
from stitchback.hazards.pages import ERROR_PAGES, ErrorPage
from stitchback.model.findings import Severity
from stitchback.repair import defects
from stitchback.repair.defects import Defect

FAMILIES = {
    "SB1": "Reading migrations",
    "SB2": "Comparing the branches",
    "SB3": "Migration graphs and django_migrations",
    "SB4": "Planning",
    "SB5": "Git, files, the project",
    "SB6": "Databases and their repair",
}
EXAMPLE = " " * 4  # before each line of an example


@dataclass(frozen=True, slots=True)
class Page:
    """`text`: paragraphs separated by empty lines, each on one line, or examples, indented and unchanged. `severity`: a finding's; None: the code of
    an error that ends the command. `where`: the stitchback modules that raise it."""

    code: str
    title: str
    text: str
    severity: Severity | None
    where: tuple[str, ...]

    @property
    def family(self) -> str:
        return FAMILIES[self.code[:3]]


def pages() -> tuple[Page, ...]:
    """All pages, by code."""
    return tuple(sorted(_by_code().values(), key=lambda page: page.code))


def page_of(code: str) -> Page | None:
    return _by_code().get(code)


def near_codes(text: str) -> tuple[str, ...]:
    """Similar codes, nearest first; without any, the codes of its family."""
    known = [page.code for page in pages()]
    asked = text.upper().removeprefix("SB").strip()
    close = difflib.get_close_matches(f"SB{asked}", known, n=3, cutoff=0.6)
    return tuple(close or [code for code in known if code.startswith(f"SB{asked[:1]}")][:6])


@cache
def _by_code() -> dict[str, Page]:
    found = [
        *map(_of_class, hazards.ALL),
        *map(_of_class, hazards.OF_PROOF),
        *map(_of_class, defects.ALL),
        *map(_of_error, ERROR_PAGES),
    ]
    by_code = {page.code: page for page in found}
    assert len(by_code) == len(found), "one code, one page"
    return by_code


def _of_class(told: Hazard | ProofHazard | Defect) -> Page:
    kind = type(told)
    where = kind.__module__.removeprefix("stitchback.")
    return Page(told.code, told.title, paragraphs(kind.__doc__ or ""), told.severity, (where,))


def _of_error(error: ErrorPage) -> Page:
    return Page(error.code, error.title, paragraphs(error.text), error.severity, error.where)


def paragraphs(text: str) -> str:
    """The text with every paragraph on one line; an indented paragraph is an example and keeps its lines."""
    parts = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(part if part.startswith(EXAMPLE) else " ".join(part.split()) for part in parts)
