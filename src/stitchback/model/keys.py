"""Names of migrations and models."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class MigrationKey:
    """One migration: Django's `(app_label, name)`. `name` may be `__first__` or `__latest__` in a dependency."""

    app: str
    name: str

    @classmethod
    def parse(cls, text: str) -> MigrationKey:
        """`"shop.0002_x"` -> key. Raises ValueError where there is no dot (app labels hold none)."""
        app, dot, name = text.partition(".")
        if not (app and dot and name):
            raise ValueError(f"not a migration: {text!r} (say app.name)")
        return cls(app, name)

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class ModelKey:
    """One model as Django's ProjectState keys it: app label and lower-case model name."""

    app: str
    model: str

    @classmethod
    def of(cls, app: str, name: str) -> ModelKey:
        return cls(app, name.lower())

    def __str__(self) -> str:
        return f"{self.app}.{self.model}"
