"""The process in which a project's code runs, the environment variables that it gets, and the lines that go to and from it (`in_project.protocol`)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from stitchback.adapters.temporary import is_ctrl_c
from stitchback.errors import EnvironmentProblem

# Where programs and libraries are, and how text and time are written. None of them holds a secret.
ALWAYS = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DJANGO_SETTINGS_MODULE",
    "DJANGO_CONFIGURATION",
    "GDAL_LIBRARY_PATH",
    "GEOS_LIBRARY_PATH",
    "SPATIALITE_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SYSTEMROOT",
    "PATHEXT",
    "COMSPEC",
)

CLIENTS = {
    "postgresql": ("PG*",),
    "mysql": ("MYSQL_*", "MARIADB_*"),
}  # what the engine's client library goes by
CHILD = Path(__file__).with_name("_project_child.py")
PATIENCE = 5.0  # seconds that a process has to end on its own


def harmless_environment(vendor: str = "") -> dict[str, str]:
    """The variables of this process that fit a pattern (`fnmatch`) of ALWAYS, or of CLIENTS for that engine: the project's code is given the address of a
    scratch database of that engine anyway."""
    wanted = (*ALWAYS, *CLIENTS.get(vendor, ()))
    return {
        name: value for name, value in os.environ.items() if any(fnmatchcase(name, each) for each in wanted)
    }


def named_environment(given: Iterable[str], configured: Iterable[str] = ()) -> Mapping[str, str]:
    """What `--env NAME` and `--env NAME=VALUE` say, and the configured patterns. Raises EnvironmentProblem (SB527) for a NAME that is not
    set here."""
    found = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatchcase(name, each) for each in configured)
    }
    for text in given:
        name, has_value, value = text.partition("=")
        if not has_value and name not in os.environ:
            raise missing_variable(name)
        found[name] = value if has_value else os.environ[name]
    return found


def missing_variable(name: str, evidence: tuple[str, ...] = ()) -> EnvironmentProblem:
    """`name` is asked for by the project, or by `--env`."""
    if name in os.environ:
        message = (
            f"the project's settings need the environment variable {name}, which verify does not pass on"
        )
        hint = f'Pass it on with --env {name}, or with environment = ["{name}"] in [tool.stitchback].'
    else:
        message = f"the project's settings need the environment variable {name}, which is not set"
        hint = f"Set it and use --env {name}, or use --env {name}=VALUE; a test value is enough."
    return EnvironmentProblem("SB527", message, hint=hint, evidence=evidence)


class Raised(Exception):
    """What the process raised for a command, with its traceback there."""

    def __init__(self, error_class: str, message: str, traceback: str) -> None:
        super().__init__(f"{error_class}: {message}")
        self.error_class = error_class
        self.message = message
        self.traceback = traceback


class ProjectProcess:
    """A Python process in `folder` that answers commands, one at a time. A context manager: it ends with the block.

    It is in a session of its own: Ctrl-C on the terminal reaches only us, and we end it in order. `patience`: seconds that it gets to
    end on its own; after Ctrl-C it gets them without us. `environment`: what the process gets beside the variables that every program does (`harmless_environment`).
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        python: str = sys.executable,
        patience: float = PATIENCE,
    ) -> None:
        self.folder = folder
        self.python = python
        self.patience = patience
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._printed: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._printed = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                [self.python, str(CHILD)],
                cwd=self.folder,
                env=self._whole_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._printed,
                encoding="utf-8",
                start_new_session=True,
            )
        except OSError as error:
            self._printed.close()
            raise EnvironmentProblem(
                "SB523",
                f"{self.python} cannot be run: {error.strerror}",
                hint="Give an interpreter with --python PATH.",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._printed is not None
        try:
            self._end(self._process, waits=not is_ctrl_c(kind))
        finally:
            self._process = None
            self._printed.close()

    def ask(self, command: str, **arguments: Any) -> Any:
        """The command's result. Raises Raised for what the command raised, EnvironmentProblem SB520 where the process ended."""
        process = self._process
        assert process is not None, "used inside the block only"
        assert process.stdin is not None
        assert process.stdout is not None
        line = ""
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            raise self._ended(process, command)
        answer = json.loads(line)
        if answer.get("missing"):
            raise missing_variable(answer["missing"], (f"{answer['error']}: {answer['message']}",))
        if "error" in answer:
            raise Raised(answer["error"], answer["message"], answer["traceback"])
        return answer["result"]

    def last_words(self, lines: int = 12) -> tuple[str, ...]:
        """The end of what was printed there."""
        assert self._printed is not None
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - 8192))
        return tuple(self._printed.read().decode("utf-8", "replace").splitlines()[-lines:])

    def _ended(self, process: subprocess.Popen[str], command: str) -> EnvironmentProblem:
        return EnvironmentProblem(
            "SB520",
            f"{self.python} in {self.folder} ended with code {process.wait()} at {command!r}",
            hint="Does the project's own `manage.py check` run with this interpreter and these settings?",
            evidence=self.last_words(),
        )

    def _whole_environment(self) -> dict[str, str]:
        return {
            **harmless_environment(),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONUNBUFFERED": "1",
            **self._environment,
        }

    def _end(self, process: subprocess.Popen[str], *, waits: bool) -> None:
        """Ends the input of the process, and kills one that does not end then. One with `patience` has something to clean up."""
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            if self.patience and waits:
                process.wait(self.patience)
        except subprocess.TimeoutExpired:
            pass
        if process.poll() is None and (waits or not self.patience):
            _kill_all(process)  # and what the project's code has started
            process.wait()
        process.stdout.close()


def _kill_all(process: subprocess.Popen[str]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)  # the leader of its session
