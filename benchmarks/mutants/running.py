"""A pytest plugin: runs the chosen tests of each mutant in a forked process, in which everything is imported and collected.

The mutated function's code is replaced in the fork; the mutated file is also written to this run's copy of the source, for the
processes that a test starts (the rehearsal's). A mutant of code that runs at import gets a fresh Python. The first failing test,
or the time limit, kills the mutant. What a test keeps (caches, temporary files) is the fork's own.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import hypothesis
import pytest

import stitchback
from benchmarks.mutants.mutating import Mutant

SOURCE = Path(str(stitchback.__file__)).parents[1]  # the copy
NO_TEST, KILLED, TIMED_OUT, SURVIVED = "no test", "killed", "timed out", "survived"
PASSED_CODE, FAILED_CODE, BROKEN_CODE = 0, 1, 3
LIMIT_FACTOR, LIMIT_SECONDS = (
    6.0,
    30.0,
)  # the time limit: so many times what the tests need, and so many seconds


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise session.Interrupted("tests that cannot be collected would count as failures of every mutant")
    tasks = json.loads(Path(os.environ["STITCHBACK_MUTANTS_TASKS"]).read_text())
    items = {item.nodeid: item for item in session.items}
    for path in {task["mutant"]["path"] for task in tasks}:  # before any of them is changed
        importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    with Path(os.environ["STITCHBACK_MUTANTS_RESULTS"]).open("w", encoding="utf-8") as results:
        for task in tasks:
            mutant = Mutant(**{**task["mutant"], "function": _function(task["mutant"]["function"])})
            started = time.perf_counter()
            outcome, by = _run(session, items, mutant, task["tests"], task["seconds"])
            took = round(time.perf_counter() - started, 2)
            results.write(json.dumps({**task, "outcome": outcome, "by": by, "took": took}) + "\n")
            results.flush()
    return True


def _function(value: list[Any] | None) -> tuple[str, int] | None:
    return None if value is None else (value[0], value[1])


def _run(
    session: pytest.Session, items: dict[str, pytest.Item], mutant: Mutant, tests: list[str], seconds: float
) -> tuple[str, str | None]:
    if not tests:
        return NO_TEST, None
    file = SOURCE / mutant.path
    source, status = file.read_bytes(), file.stat()
    limit = LIMIT_SECONDS + LIMIT_FACTOR * seconds
    home = Path(tempfile.mkdtemp(prefix="stitchback-mutant-"))
    try:
        file.write_bytes(mutant.applied(source))
        if mutant.function is None:
            return _in_a_fresh_python(tests, home, limit)
        return _in_a_fork(session, [items[name] for name in tests], mutant, source, home, limit)
    finally:
        file.write_bytes(source)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        shutil.rmtree(home, ignore_errors=True)


def _in_a_fork(
    session: pytest.Session,
    chosen: list[pytest.Item],
    mutant: Mutant,
    source: bytes,
    home: Path,
    limit: float,
) -> tuple[str, str | None]:
    functions, code = _live_functions(mutant), _mutated_code(mutant, source)
    if not functions or functions[0].__code__.co_freevars != code.co_freevars:
        return _in_a_fresh_python([item.nodeid for item in chosen], home, limit)
    child = os.fork()
    if child == 0:
        result = BROKEN_CODE
        try:
            os.setsid()
            _own_folders(home)
            for function in functions:
                function.__code__ = code
            result = _run_items(session, chosen, home)
        except BaseException:  # noqa: BLE001
            result = FAILED_CODE  # the mutant broke pytest's own course: noticed
        finally:
            os._exit(result)
    return _ended(child, home, limit)


def _ended(child: int, home: Path, limit: float) -> tuple[str, str | None]:
    deadline = time.monotonic() + limit
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TIMED_OUT, _first_failure(home)
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what the tests left running
    return (SURVIVED if os.waitstatus_to_exitcode(status) == PASSED_CODE else KILLED), _first_failure(home)


def _first_failure(home: Path) -> str | None:
    file = home / "failed"
    return file.read_text() if file.exists() else None


def _own_folders(home: Path) -> None:
    """Nothing that a mutant keeps is read by another one."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for name in ("XDG_CACHE_HOME", "TMPDIR", "PYTEST_DEBUG_TEMPROOT", "HYPOTHESIS_STORAGE_DIRECTORY"):
        folder = home / name.lower()
        folder.mkdir()
        os.environ[name] = str(folder)
    tempfile.tempdir = str(home / "tmpdir")
    hypothesis.settings.register_profile("mutants", database=None, deadline=None, derandomize=True)
    hypothesis.settings.load_profile("mutants")


def _run_items(session: pytest.Session, chosen: list[pytest.Item], home: Path) -> int:
    for place, item in enumerate(chosen):
        later = chosen[place + 1] if place + 1 < len(chosen) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=later)
        if session.testsfailed:
            (home / "failed").write_text(item.nodeid)
            return FAILED_CODE
    return PASSED_CODE


def _live_functions(mutant: Mutant) -> list[FunctionType]:
    assert mutant.function is not None
    name, line = mutant.function
    file = str(SOURCE / mutant.path)
    return [
        each
        for each in gc.get_objects()
        if type(each) is FunctionType  # isinstance() asks lazy objects, which then load
        and each.__code__.co_filename == file
        and each.__code__.co_qualname == name
        and each.__code__.co_firstlineno == line
    ]


def _mutated_code(mutant: Mutant, source: bytes) -> CodeType:
    todo = [compile(mutant.applied(source), str(SOURCE / mutant.path), "exec")]
    while todo:
        code = todo.pop()
        if (code.co_qualname, code.co_firstlineno) == mutant.function:
            return code
        todo.extend(each for each in code.co_consts if isinstance(each, CodeType))
    raise LookupError(mutant.function)


def _in_a_fresh_python(tests: list[str], home: Path, limit: float) -> tuple[str, str | None]:
    environment = {**os.environ}
    for name in ("XDG_CACHE_HOME", "TMPDIR", "PYTEST_DEBUG_TEMPROOT", "HYPOTHESIS_STORAGE_DIRECTORY"):
        folder = home / name.lower()
        folder.mkdir()
        environment[name] = str(folder)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", *tests]
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    try:
        printed, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return TIMED_OUT, None
    if process.returncode == PASSED_CODE:
        return SURVIVED, None
    failed = [line.split()[1] for line in printed.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return KILLED, failed[0] if failed else "at import"
