"""The second judge: the planned tree and the old trees executed by real Django on in-memory SQLite databases.

The proof's first judge (`engine`) runs Django's loader and executor over operations that stitchback itself describes. This one
builds `django.db.migrations` objects with the arguments that were read, and Django's schema editor executes them. The two
share the reader of files and nothing else. No code of any branch is imported or run: see `building`.

It works in a process of its own (`process`, `__main__`), since Django's settings and connections are global. This package's
surface, and everything that it imports in the caller's process, is free of Django.
"""

from stitchback.rehearsal.process import RehearsalEnded, prepare
from stitchback.rehearsal.requests import (
    Bounds,
    Disagreement,
    Recipe,
    RehearsalAnswer,
    RehearsedPopulation,
    Request,
)
from stitchback.rehearsal.session import RehearsalSession

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
