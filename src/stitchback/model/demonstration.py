"""The parts of the demo, in the order in which they are printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoStep:
    """A chapter heading."""

    title: str


@dataclass(frozen=True, slots=True)
class DemoRemark:
    """A paragraph for the reader."""

    text: str


@dataclass(frozen=True, slots=True)
class DemoCommand:
    """The output of a command, unchanged."""

    command: str
    output: str


@dataclass(frozen=True, slots=True)
class DemoCheck:
    """A check. `held` False: the demo has failed; `details` explain why."""

    what: str
    held: bool
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoList:
    """Rows of a small table."""

    rows: tuple[tuple[str, ...], ...]


Event = DemoStep | DemoRemark | DemoCommand | DemoCheck | DemoList
