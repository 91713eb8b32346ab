"""Many pairs: one process a pair, forked from one that has imported everything; the figures of all of them."""

from __future__ import annotations

import json
import os
import select
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from trial import try_seed

LONGEST = 300  # seconds for one pair; more is counted as a crash
MOST_REASONS = 10
WARMING = 1  # a seed whose plan is applied


@dataclass
class Child:
    """A forked process with one pair; what it writes into the pipe is its outcome."""

    seed: int
    process: int
    pipe: int
    began: float
    answer: bytes = b""


def started(seed: int, *, resolve: bool = False) -> Child:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        code = 0
        try:
            answer = try_seed(seed, resolve=resolve).as_json()
        except BaseException:  # noqa: BLE001 - a child never returns into the parent's code
            answer = {
                "seed": seed,
                "kind": "crash",
                "crash": f"the test itself: {traceback.format_exc()[-800:]}",
            }
            code = 1
        with os.fdopen(writing, "wb") as stream:
            stream.write(json.dumps(answer).encode())
        os._exit(code)
    os.close(writing)
    return Child(seed, process, reading, time.monotonic())


def outcomes(seeds: Iterable[int], workers: int, *, resolve: bool = False) -> Iterator[dict[str, Any]]:
    """The outcome of each seed, as they end."""
    waiting = iter(seeds)
    children: dict[int, Child] = {}
    while True:
        while len(children) < workers:
            seed = next(waiting, None)
            if seed is None:
                break
            child = started(seed, resolve=resolve)
            children[child.pipe] = child
        if not children:
            return
        ready, _, _ = select.select(list(children), [], [], 1.0)
        for pipe in ready:
            piece = os.read(pipe, 1 << 16)
            children[pipe].answer += piece
            if not piece:
                yield ended(children.pop(pipe))
        for pipe, child in list(children.items()):
            if time.monotonic() - child.began > LONGEST:
                os.kill(child.process, signal.SIGKILL)
                yield ended(children.pop(pipe))


def ended(child: Child) -> dict[str, Any]:
    os.close(child.pipe)
    os.waitpid(child.process, 0)
    if not child.answer:
        return {"seed": child.seed, "kind": "crash", "crash": f"ended without an answer, at most {LONGEST} s"}
    answer: dict[str, Any] = json.loads(child.answer)
    return answer


@dataclass
class Figures:
    """What came out of many pairs."""

    counts: Counter[str] = field(default_factory=Counter)
    unsafe: dict[int, list[str]] = field(default_factory=dict)
    again: dict[int, str] = field(default_factory=dict)
    crashes: dict[int, str] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    discarded: int = 0

    def add(self, outcome: dict[str, Any]) -> None:
        seed = outcome["seed"]
        self.counts[outcome["kind"]] += 1
        self.discarded += outcome.get("discarded", 0)
        if outcome.get("problems"):
            self.unsafe[seed] = list(outcome["problems"])
        if outcome.get("again"):
            self.again[seed] = outcome["again"]
        if outcome["kind"] == "crash":
            self.crashes[seed] = outcome.get("crash", "")
        if outcome["kind"] in ("refused", "usage"):
            self.reasons.update(outcome.get("reasons", ())[:1])
            self.codes.update(outcome.get("codes", ()))

    @property
    def is_good(self) -> bool:
        return not (self.unsafe or self.again or self.crashes)

    @property
    def pairs(self) -> int:
        return sum(self.counts.values())

    def lines(self) -> Iterator[str]:
        total = self.pairs
        yield f"pairs {total} (and {self.discarded} discarded: a branch that real Django does not install on its own)"
        for kind in ("planned", "nothing", "refused", "usage", "crash"):
            yield f"  {kind:8} {self.counts[kind]:5}  {100 * self.counts[kind] / max(1, total):5.1f} %"
        yield f"unsafe {len(self.unsafe)}: {seeds_of(self.unsafe)}"
        yield f"second run changes something or is refused {len(self.again)}: {seeds_of(self.again)}"
        yield f"crashes {len(self.crashes)}: {seeds_of(self.crashes)}"
        yield "refused, the most frequent reasons:"
        for reason, times in self.reasons.most_common(MOST_REASONS):
            yield f"  {times:4}  {reason}"
        yield f"codes of findings where refused: {dict(self.codes.most_common(MOST_REASONS))}"

    def as_json(self) -> dict[str, Any]:
        return {
            "pairs": self.pairs,
            "counts": dict(self.counts),
            "unsafe": self.unsafe,
            "again": self.again,
            "crashes": self.crashes,
            "reasons": dict(self.reasons.most_common()),
            "codes": dict(self.codes.most_common()),
            "discarded": self.discarded,
        }


def seeds_of(found: Iterable[int]) -> str:
    return " ".join(map(str, sorted(found))) or "-"


def warmed(seed: int, *, resolve: bool = False) -> None:
    """Imports in this process all that a trial imports, by taking one to its end: a forked child then has it already."""
    with suppress(Exception):  # the child with that seed reports what is wrong
        try_seed(seed, resolve=resolve)


def run_all(
    seeds: Iterable[int], workers: int, report: Callable[[dict[str, Any]], None], *, resolve: bool = False
) -> None:
    """Calls `report` with each outcome. `resolve`: of that command."""
    warmed(WARMING, resolve=resolve)
    for outcome in outcomes(seeds, workers, resolve=resolve):
        report(outcome)
