"""How git is run: a subprocess that runs nothing of the repository's own and never goes to the network.

No hooks, no file-system monitor, no filters (where `unfiltered`), no text conversion, no lazy fetch of a partial clone, no
optional locks, C locale. Variables that tie a process to another repository (git sets them for its hooks) are
taken out of the environment; the user's own configuration stays, for `safe.directory` and for who commits.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stitchback.errors import EnvironmentProblem

OVERRIDES = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.quotePath": "false",
    "core.sshCommand": "false",
    "core.askPass": "",
    "core.alternateRefsCommand": "true",
    "diff.external": "",
    "log.showSignature": "false",
    "gpg.program": "false",
    "gpg.openpgp.program": "false",
    "gpg.ssh.program": "false",
    "gpg.x509.program": "false",
    "credential.helper": "",
    "core.warnAmbiguousRefs": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "protocol.allow": "never",
}
FILTERS = r"^filter\."
KEPT_VARIABLES = (
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
    "GIT_CEILING_DIRECTORIES",
    "GIT_EXEC_PATH",
)


@dataclass(frozen=True, slots=True)
class Done:
    """What a git process gave. `stderr` is text for people."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def line(self) -> str:
        """The output without its last newline; paths of any bytes are surrogate-escaped."""
        return decode(self.stdout.removesuffix(b"\n"))


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one directory."""

    directory: Path

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (0,),
    ) -> Done:
        """Runs it to its end. Raises EnvironmentProblem (SB501) where the exit code is none of `accept`."""
        try:
            process = subprocess.run(
                command(*arguments),
                cwd=self.directory,
                input=stdin,
                capture_output=True,
                env={**safe_environment(), **(environment or {})},
                check=False,
            )
        except FileNotFoundError as error:
            raise no_git(self.directory) from error
        done = Done(process.returncode, process.stdout, process.stderr.decode("utf-8", "replace").strip())
        if done.code not in accept:
            raise failed(arguments[0], self.directory, done)
        return done

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process that is talked to through its pipes."""
        return subprocess.Popen(
            command(*arguments),
            cwd=self.directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=safe_environment(),
        )

    def settings(self, pattern: str) -> dict[str, str]:
        """Name -> value, of the configuration's entries whose names match the pattern, the last one of each."""
        listed = self.run("config", "--null", "--get-regexp", pattern, accept=(0, 1)).stdout
        entries = (decode(entry).partition("\n") for entry in listed.split(b"\0") if entry)
        return {name: value for name, _, value in entries}

    def unfiltered(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """Environment in which the clean, smudge and process filters that the configuration names do nothing. `settings`: the
        configuration's entries, where they are known.

        An empty command is no filter (git's `convert.c`, apply_filter), and none is then required.
        """
        found = self.settings(FILTERS) if settings is None else settings
        names = sorted({name.rpartition(".")[0] for name in found if name.startswith("filter.")})
        values = {f"{name}.{what}": "" for name in names for what in ("clean", "smudge", "process")}
        return configured({**values, **{f"{name}.required": "false" for name in names}})


def command(*arguments: str) -> list[str]:
    options = [part for name, value in OVERRIDES.items() for part in ("-c", f"{name}={value}")]
    return ["git", "--no-pager", *options, *arguments]


def safe_environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(KEPT_VARIABLES)
    }
    return {
        **kept,
        "LC_ALL": "C",
        "LANGUAGE": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",  # an empty list: no transport at all, also where git is too old for the line above
        "GIT_LITERAL_PATHSPECS": "1",
    }


def configured(values: Mapping[str, str]) -> dict[str, str]:
    """Configuration given by the environment, behind what the user gives that way. Names may hold anything, "=" too."""
    first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    variables = {"GIT_CONFIG_COUNT": str(first + len(values))}
    for number, (name, value) in enumerate(values.items(), start=first):
        variables[f"GIT_CONFIG_KEY_{number}"] = name
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def decode(raw: bytes) -> str:
    """A path or a name: UTF-8, other bytes surrogate-escaped, so that `encode` gives the same bytes back."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def said(done: Done) -> tuple[str, ...]:
    """git's own words, as lines of evidence."""
    return tuple(done.stderr.splitlines())


def failed(what: str, directory: Path, done: Done) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB501",
        f"git {what} failed in {directory} (exit {done.code})",
        evidence=said(done),
    )


def no_git(directory: Path) -> EnvironmentProblem:
    if not directory.is_dir():
        return EnvironmentProblem(
            "SB502", f"{directory} is not a directory", hint="Name the project's folder with -C."
        )
    return EnvironmentProblem(
        "SB500", "git is not installed", hint="Install git 2.32 or later, and see that it is on PATH."
    )
