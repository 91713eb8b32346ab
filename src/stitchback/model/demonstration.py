"""What the demo has to tell, one thing after the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A new chapter."""

    title: str


@dataclass(frozen=True, slots=True)
class Said:
    """A paragraph for the person who watches."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command prints, as it prints it."""

    command: str
    output: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that was looked at. `held` False: the demo has failed; `details` say how."""

    what: str
    held: bool
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a small table."""

    rows: tuple[tuple[str, ...], ...]


Event = Step | Said | Shown | Seen | Listed
