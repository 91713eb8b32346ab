"""`explain` as text: the page of one code, or the list of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from stitchback.reporting.document import Document
from stitchback.reporting.finding_text import STYLES
from stitchback.reporting.layout import BLANK, wrapped
from stitchback.reporting.pages import EXAMPLE, Page
from stitchback.reporting.style import Line, bold, dim, plain, styled


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
