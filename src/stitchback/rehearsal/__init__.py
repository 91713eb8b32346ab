"""The second proof engine: real Django executes the planned tree and the old trees on in-memory SQLite databases.

The first proof engine (`engine`) runs Django's loader and executor over operations that stitchback describes itself. This one builds
`django.db.migrations` objects with the arguments that were read, and Django's schema editor executes them. The two share the file reader and the
definitions of `upgrades`, and nothing else. No code of any branch is imported or run: see `django_objects`.

The rehearsal runs in its own process (`process`, `__main__`), since Django's settings and connections are global. This package's public names, and
everything that they import in the caller's process, do not import Django.
"""

from stitchback.rehearsal.process import RehearsalEnded, RehearsalSession, prepare
from stitchback.rehearsal.requests import (
    Bounds,
    Disagreement,
    Recipe,
    RehearsalAnswer,
    RehearsedPopulation,
    Request,
)

__all__ = [
    "Bounds",
    "Disagreement",
    "Recipe",
    "RehearsalAnswer",
    "RehearsalEnded",
    "RehearsalSession",
    "RehearsedPopulation",
    "Request",
    "prepare",
]
