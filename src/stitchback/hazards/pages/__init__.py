"""Pages of the codes that no hazard has: errors that end a command, and remarks about the repository.

`where` names the modules that say the code: one code means one thing, and a test holds it. A new code: one page in the room
that it belongs to.
"""

from __future__ import annotations

from stitchback.hazards.pages import databases, planning, project, repository
from stitchback.hazards.pages.error_page import ErrorPage

ERROR_PAGES: tuple[ErrorPage, ...] = tuple(
    sorted((*planning.PAGES, *repository.PAGES, *project.PAGES, *databases.PAGES), key=lambda page: page.code)
)

__all__ = ["ERROR_PAGES", "ErrorPage"]
