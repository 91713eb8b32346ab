"""The use case `explain`: a code in, its page out."""

from __future__ import annotations

from stitchback.errors import EnvironmentProblem
from stitchback.reporting.pages import Page, near_codes, page_of, pages


def explain(code: str) -> Page:
    """Upper or lower case, with or without "SB". Raises EnvironmentProblem (SB532) with near codes."""
    asked = code.strip().upper()
    page = page_of(asked) or page_of(f"SB{asked}")
    if page is None:
        near = near_codes(asked)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`stitchback explain` lists all codes."
        raise EnvironmentProblem("SB532", f"there is no code {code!r}", hint=hint)
    return page


def every_page() -> tuple[Page, ...]:
    return pages()
