"""Pages of the codes without a hazard: errors that end a command, and remarks about the repository.

`where` names the modules that raise the code. Each code has exactly one meaning, which a test checks. To add a code, add one page to the module of
its subject.
"""

from __future__ import annotations

from stitchback.hazards.pages import databases, planning, project, repository
from stitchback.hazards.pages.error_page import ErrorPage

ERROR_PAGES: tuple[ErrorPage, ...] = tuple(
    sorted((*planning.PAGES, *repository.PAGES, *project.PAGES, *databases.PAGES), key=lambda page: page.code)
)

__all__ = ["ERROR_PAGES", "ErrorPage"]
