"""The parts of the demo, in the order in which they are printed, and their text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from stitchback.reporting.layout import BLANK, Line, aligned, bold, cyan, green, paint, plain, red, wrapped


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


@dataclass(slots=True)
class DemoReport:
    """Counts the steps and the checks."""

    steps: int = 0
    held: int = 0
    failed: int = 0
    _close: bool = False  # whether no empty line follows the last output

    def rendered(self, event: Event) -> str:
        gap = "\n" if self._close and isinstance(event, DemoStep | DemoCommand) else ""
        self._close = not isinstance(event, DemoStep | DemoCommand)
        return gap + self._render(event)

    def _render(self, event: Event) -> str:
        match event:
            case DemoStep(title=title):
                self.steps += 1
                return _text(((bold(f"{self.steps}. {title}"),), BLANK))
            case DemoRemark(text=text):
                return _text(wrapped((plain(text),), 3))
            case DemoCommand(command=command, output=output):
                return f"{_text(wrapped((cyan(f'$ {command}'),), 0, 4))}\n{output}\n"
            case DemoCheck():
                self.held, self.failed = self.held + event.held, self.failed + (not event.held)
                return _text(_seen(event))
            case DemoList(rows=rows):
                table = aligned([tuple((plain(text),) for text in row) for row in rows], 3)
                return _text(table or tuple((plain(f"   {'  '.join(row)}"),) for row in rows))
            case _:
                assert_never(event)

    def verdict(self) -> str:
        if self.failed:
            return _text((BLANK, (red(f"{self.failed} of {self.held + self.failed} checks failed."),)))
        words = (
            f"{self.held} checks on real databases. Every database has reached the schema of a fresh install, "
            "no value was lost, and the next release went through on each of them."
        )
        return _text((BLANK, *wrapped((green("All checks passed: "), plain(words)))))


def _seen(event: DemoCheck) -> Iterator[Line]:
    yield from wrapped((green(" ✓ ") if event.held else red(" ✗ "), plain(event.what)), 0, 3)
    for detail in event.details:
        yield from wrapped((plain(detail),), 6, 2)


def _text(lines: Iterator[Line] | tuple[Line, ...]) -> str:
    return "\n".join(map(paint, lines))
