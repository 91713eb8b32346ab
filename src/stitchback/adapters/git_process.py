"""How git is run: by GitPython's `Git`, so that nothing of the repository's own is run and nothing goes to the network.

No hooks, no file-system monitor, no filters (where `unfiltered`), no text conversion, no lazy fetch of a partial clone, no
optional locks, C locale. Variables that tie a process to another repository (git sets them for its hooks) are
taken out of the environment; the user's own configuration stays, for `safe.directory` and for who commits.

Of GitPython only the command object is used, for the reasons in docs/decisions.md. It is imported with the first command that
asks git (0.1 s), without the two processes that it would start by then (`git.refresh`).

Pipes and devices in a git directory are refused before: git waits for a pipe, and reads some devices without an end, and an archive may contain them.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING

from stitchback.errors import EnvironmentProblem

if TYPE_CHECKING:
    import git

    Process = git.Git.AutoInterrupt

MOST_BYTES = 10_000  # of a file that names a folder
NOT_READ = frozenset({"annex", "hooks", "lfs", "modules"})  # folders that no command of stitchback reads

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
SAFE = {
    "LC_ALL": "C",
    "LANGUAGE": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",  # an empty list: no transport at all, also where git is too old for the line above
    "GIT_LITERAL_PATHSPECS": "1",
}
_STARTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class GitResult:
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
    _commands: git.Git = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_commands", _commands(self.directory))

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (0,),
    ) -> GitResult:
        """Runs it to its end. Raises EnvironmentProblem (SB501) where the exit code is none of `accept`."""
        process = self.start(*arguments, environment=environment)
        stdout, stderr = process.communicate(stdin)
        done = GitResult(process.returncode, stdout, stderr.decode("utf-8", "replace").strip())
        if done.code not in accept:
            raise failed(arguments[0], self.directory, done)
        return done

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Process:
        """A process with pipes for input and output; it ends when it is no longer referenced."""
        from git.exc import GitCommandNotFound

        if not os.access(self.directory, os.X_OK):  # GitPython would run it in the current directory
            raise no_git(self.directory)
        command, *rest = arguments
        try:
            with _environment_of_git():
                process = getattr(self._commands, command)(
                    *rest, as_process=True, istream=PIPE, shell=False, env={**SAFE, **(environment or {})}
                )
        except GitCommandNotFound as error:
            raise no_git(self.directory) from error
        assert isinstance(process, self._commands.AutoInterrupt), "as_process"
        return process

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


def _commands(directory: Path) -> git.Git:
    with _environment_of_git(GIT_PYTHON_REFRESH="quiet", GIT_PYTHON_GIT_EXECUTABLE=os.devnull):
        import git
    commands = git.Git(directory)
    commands.set_persistent_git_options(
        no_pager=True, c=[f"{name}={value}" for name, value in OVERRIDES.items()]
    )
    return commands


@contextmanager
def _environment_of_git(**more: str) -> Iterator[None]:
    """Limits git's variables in the process's environment to the user's own and `more`: GitPython passes all variables on."""
    with _STARTING:
        foreign = [
            name for name in os.environ if name.startswith("GIT_") and not name.startswith(KEPT_VARIABLES)
        ]
        before = {name: os.environ.get(name) for name in (*foreign, *more)}
        for name in foreign:
            del os.environ[name]
        os.environ.update(more)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


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


def git_message(done: GitResult) -> tuple[str, ...]:
    """git's own words, as lines of evidence."""
    return tuple(done.stderr.splitlines())


def failed(what: str, directory: Path, done: GitResult) -> EnvironmentProblem:
    return EnvironmentProblem(
        "SB501",
        f"git {what} failed in {directory} (exit {done.code})",
        evidence=git_message(done),
    )


def no_git(directory: Path) -> EnvironmentProblem:
    if not directory.is_dir():
        return EnvironmentProblem(
            "SB502", f"{directory} is not a directory", hint="Give the project's folder with -C."
        )
    if not os.access(directory, os.X_OK):
        return EnvironmentProblem("SB502", f"{directory} cannot be entered by this user")
    return EnvironmentProblem(
        "SB500", "git is not installed", hint="Install git 2.32 or later, and check that it is on PATH."
    )


def refuse_special_files(directory: Path) -> None:
    """Checks the git directory to which the directory belongs, before git opens it. Raises EnvironmentProblem (SB502)."""
    for place in _git_directories(directory.absolute()):
        for path in _special_files(place):
            raise EnvironmentProblem(
                "SB502",
                f"{path} is a pipe or a device: git would wait for it",
                hint="Remove it, if you do not know what it is for.",
            )


def _git_directories(directory: Path) -> Iterator[Path]:
    """The git directory as git finds it, and the one of the repository to which it belongs if it is a linked worktree's."""
    for folder in (directory, *directory.parents):
        place = folder / ".git"
        if not place.is_dir() and (folder / "HEAD").exists() and (folder / "objects").is_dir():
            place = folder  # a bare repository
        if place.is_file():
            place = folder / _text_of(place).removeprefix("gitdir:").strip()
        if os.path.lexists(place):
            yield place
            if (common := place / "commondir").is_file():
                yield place / _text_of(common).strip()
            return


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        return os.fsdecode(file.read(MOST_BYTES)).partition("\0")[0]


def _special_files(place: Path) -> Iterator[Path]:
    waiting = [place]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except NotADirectoryError:
            if _is_special(folder):
                yield folder
            continue
        except OSError:  # git reports what it cannot read
            continue
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                waiting += [Path(entry.path)] if folder != place or entry.name not in NOT_READ else []
            elif not entry.is_file(follow_symlinks=False) and _is_special(Path(entry.path)):
                yield Path(entry.path)


def _is_special(path: Path) -> bool:
    """Whether opening it may block, or reading it never ends; git's own socket (`fsmonitor--daemon.ipc`) is refused at once."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    is_device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return stat.S_ISFIFO(mode) or (is_device and os.path.realpath(path) != os.devnull)
