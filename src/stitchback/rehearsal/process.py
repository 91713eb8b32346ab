"""The rehearsal's process, from the caller's side: started once, used for every plan, ended with the caller."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import stitchback
from stitchback.errors import EnvironmentProblem
from stitchback.model.migrations import Migration
from stitchback.rehearsal.requests import OptimizeRequest, RehearsalAnswer, Request
from stitchback.rehearsal.serialization import TreeSerializer, packed

LENGTH = 8  # bytes of the length prefix of a message
MOST_SECONDS = 60.0  # without an answer the process is killed
START = "import sys; sys.path[:0] = sys.argv[1:]; from stitchback.rehearsal.__main__ import main; main()"
KEPT_FROM_ENVIRONMENT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP")


class RehearsalEnded(EnvironmentProblem):
    """The process ended or did not answer: the plan has not been rehearsed."""

    def __init__(self, what: str, evidence: tuple[str, ...] = ()) -> None:
        super().__init__(
            "SB413",
            f"the rehearsal by Django did not finish: {what}",
            hint="Nothing was proved and nothing was written. Run the command again; if it fails again, report it with this output.",
            evidence=evidence,
        )


class TooSlow(RehearsalEnded):
    """No answer within the time limit: the plan has not been rehearsed."""


class Process:
    """One process. An interrupted exchange ends it: the next answer would belong to another request."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._printed: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-X", "utf8", "-c", START, *search_path()],
                cwd=tempfile.gettempdir(),
                env={name: os.environ[name] for name in KEPT_FROM_ENVIRONMENT if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._printed,
                start_new_session=True,
            )
        except OSError as error:
            self._printed.close()
            raise RehearsalEnded(f"{sys.executable} cannot be run: {error.strerror}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        """Whether this process (not a fork of it) may send requests, and the rehearsal's process still runs."""
        return self.owner == os.getpid() and self._process.poll() is None

    def ask(self, command: str, argument: object, seconds: float = MOST_SECONDS) -> Any:
        """Sends a request and returns the answer. Raises RehearsalEnded (TooSlow if no answer arrives within so many seconds), and RuntimeError for a
        bug on the other side."""
        try:
            message = packed((command, argument))
            stdin = self._process.stdin
            assert stdin is not None
            with contextlib.suppress(BrokenPipeError):
                stdin.write(len(message).to_bytes(LENGTH, "big"))
                stdin.write(message)
                stdin.flush()
            length = int.from_bytes(self._read(LENGTH, seconds), "big")
            kind, answer = pickle.loads(self._read(length, seconds))
        except BaseException:
            self.end()
            raise
        if kind == "raised":
            self.end()
            raise RuntimeError(f"the rehearsal's process raised:\n{answer}")
        return answer

    def _read(self, length: int, seconds: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        found = bytearray()
        while len(found) < length:
            if not has_something_to_read(descriptor, seconds):
                raise TooSlow(f"no answer within {seconds:.0f} seconds", self._last_words())
            part = os.read(descriptor, length - len(found))
            if not part:
                raise RehearsalEnded(how_it_ended(self._process.wait()), self._last_words())
            found += part
        return bytes(found)

    def _last_words(self) -> tuple[str, ...]:
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - 8192))
        return tuple(self._printed.read().decode("utf-8", "replace").splitlines()[-LAST_LINES:])

    def end(self) -> None:
        """Kills the process and reaps it: its databases are in memory, and an interrupted command waits for nothing. It may be called again."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        self._process.wait()
        self._printed.close()


def has_something_to_read(descriptor: int, seconds: float) -> bool:
    """Whether data arrives within that time. Without POSIX, the time limit of a pipe is ignored."""
    return os.name != "posix" or bool(select.select([descriptor], [], [], seconds)[0])


def search_path() -> tuple[str, ...]:
    """The folders of the running stitchback and Django: -I leaves out PYTHONPATH and the current folder."""
    django = __import__("importlib.util").util.find_spec("django")
    assert stitchback.__file__ is not None
    folders = [Path(stitchback.__file__).parents[1]]
    if django is not None and django.origin:
        folders.append(Path(django.origin).parents[1])
    return tuple(dict.fromkeys(map(str, folders)))


def how_it_ended(code: int) -> str:
    if code >= 0:
        return f"its process ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process was ended by signal {-code}"


class _Shared:
    """The one rehearsal process of this process, with the session that it holds."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.process: Process | None = None
        self.holder: object = None


_shared = _Shared()


def prepare() -> None:
    """Starts the process if none runs: the start takes 0.2 s, during which the caller can do other work."""
    with _shared.lock:
        _usable()


def _usable() -> Process:
    process = _shared.process
    if process is not None and not process.is_usable:
        if process.owner == os.getpid():
            process.end()
        process = None
    if process is None:
        process = Process()
        _shared.process, _shared.holder = process, None
    return process


@contextlib.contextmanager
def exchange(holder: object) -> Iterator[tuple[Process, bool]]:
    """The process for one exchange, and whether it holds the data that the holder sent before."""
    with _shared.lock:
        process = _usable()
        is_held = _shared.holder is holder
        _shared.holder = holder
        yield process, is_held


def end() -> None:
    """Ends the process, if there is one. The next rehearsal starts another."""
    with _shared.lock:
        process, _shared.process, _shared.holder = _shared.process, None, None
        if process is not None and process.owner == os.getpid():
            process.end()


atexit.register(end)


LAST_LINES = 12  # that the process printed, in a report of its end
WALL = 10  # seconds of wall time for one of processor time: on a busy machine processor time is the limit


@dataclass(slots=True, eq=False)
class RehearsalSession:
    """The rehearsals of one situation. `bases`: the classes that custom field classes extend."""

    bases: Mapping[str, str]
    _shipping: TreeSerializer | None = None

    def rehearse(self, request_for: Callable[[TreeSerializer], Request]) -> RehearsalAnswer:
        """Builds a request with the numbers of its trees and has it rehearsed. The answer has no rehearsed database if the time limit is reached.
        Raises RehearsalEnded."""
        with exchange(self) as (process, is_held):
            if not is_held or self._shipping is None:
                self._shipping = TreeSerializer(self.bases)
                process.ask("open", None)
            request = request_for(self._shipping)
            try:
                process.ask("take", self._shipping.parcel())
                answer = process.ask("rehearse", request, WALL * request.bounds.most_seconds)
            except TooSlow:
                missed = tuple(each.name for each in request.databases if each.is_first)
                return RehearsalAnswer("", "", 0, len(request.databases), missed=missed)
        assert isinstance(answer, RehearsalAnswer)
        return answer

    def optimized(self, runs: Sequence[Sequence[Migration]], settings: Mapping[str, str]) -> tuple[int, ...]:
        """How many operations Django's optimizer leaves of the operations of each run. Raises RehearsalEnded."""
        with exchange(self) as (process, _):
            shipping = self._shipping = TreeSerializer(self.bases)
            process.ask("open", None)
            numbered = tuple((run[0].key.app, tuple(map(shipping.migration, run))) for run in runs)
            process.ask("take", shipping.parcel())
            answer: tuple[int, ...] = process.ask("optimize", OptimizeRequest(numbered, dict(settings)))
        return answer
