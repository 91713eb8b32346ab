"""A pytest plugin: which functions of stitchback each passing test calls in its own process, and how long it takes.

STITCHBACK_MUTANTS_REACH=FILE python -m pytest -p benchmarks.mutants.reach TESTS
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

import stitchback

ROOT = f"{Path(str(stitchback.__file__)).parents[1]}{os.sep}"

_tests: dict[str, dict[str, Any]] = {}
_numbers: dict[tuple[str, int], int] = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    called: set[CodeType] = set()
    known = called.__contains__
    add = called.add

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and not known(frame.f_code):
            add(frame.f_code)

    started = time.perf_counter()
    threading.setprofile(note)
    sys.setprofile(note)
    yield
    sys.setprofile(None)
    threading.setprofile(None)  # type: ignore[arg-type]
    places = {
        (code.co_filename.removeprefix(ROOT), code.co_firstlineno)
        for code in called
        if code.co_filename.startswith(ROOT)
    }
    numbers = sorted(_numbers.setdefault(place, len(_numbers)) for place in places)
    record = _tests.setdefault(item.nodeid, {"passed": True})
    record.update(seconds=round(time.perf_counter() - started, 3), calls=numbers)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if not report.passed:
        _tests.setdefault(report.nodeid, {})["passed"] = False


def pytest_sessionfinish() -> None:
    passed = {
        name: (record["seconds"], record["calls"]) for name, record in _tests.items() if record.get("passed")
    }
    places = [[path, line] for path, line in _numbers]
    Path(os.environ["STITCHBACK_MUTANTS_REACH"]).write_text(
        json.dumps({"functions": places, "tests": passed})
    )
