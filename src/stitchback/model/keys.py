"""Names of migrations and models.

Named tuples: trees of thousands of migrations are hashed and sorted by them very often, and tuples are ten
times faster at that than dataclasses.
"""

from __future__ import annotations

from typing import NamedTuple


class MigrationKey(NamedTuple):
    """One migration: Django's `(app_label, name)`. `name` may be `__first__` or `__latest__` in a dependency."""

    app: str
    name: str

    @classmethod
    def parse(cls, text: str) -> MigrationKey:
        """The key of `"shop.0002_x"`. Raises ValueError if there is no dot (app labels contain none)."""
        app, dot, name = text.partition(".")
        if not (app and dot and name):
            raise ValueError(f"not a migration: {text!r} (write it as app.name)")
        return cls(app, name)

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"


class ModelKey(NamedTuple):
    """One model, by the key of Django's ProjectState: app label and lower-case model name."""

    app: str
    model: str

    @classmethod
    def of(cls, app: str, name: str) -> ModelKey:
        return cls(app, name.lower())

    def __str__(self) -> str:
        return f"{self.app}.{self.model}"
