"""What the demo has to tell, one thing after the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoStep:
    """A new chapter."""

    title: str


@dataclass(frozen=True, slots=True)
class DemoRemark:
    """A paragraph for the person who watches."""

    text: str


@dataclass(frozen=True, slots=True)
class DemoCommand:
    """What a command prints, as it prints it."""

    command: str
    output: str


@dataclass(frozen=True, slots=True)
class DemoCheck:
    """Something that was looked at. `held` False: the demo has failed; `details` say how."""

    what: str
    held: bool
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoList:
    """Rows of a small table."""

    rows: tuple[tuple[str, ...], ...]


Event = DemoStep | DemoRemark | DemoCommand | DemoCheck | DemoList
