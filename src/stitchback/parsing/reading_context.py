"""What a migration may read besides its own text: the other files of its tree, and the configuration."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from stitchback.model.files import FileEntry, Files
from stitchback.model.migrations import Migration, Unreadable
from stitchback.model.values import Value
from stitchback.parsing.shared_readings import Questions, SharedReadings

if TYPE_CHECKING:
    from stitchback.parsing.lazy import LazyScope
    from stitchback.parsing.scopes import Binding, ModuleReading, Scope


_SETTINGS_MODULE = re.compile(rb"""["']DJANGO_SETTINGS_MODULE["']\]?\s*[,=]\s*["']([\w.]+)["']""")

# Notes that are no questions: they hold always, and are taken over from a cached reading.
_ASSUMED = "assumed:"
_CALLED = "called:"


@dataclass(frozen=True, slots=True)
class ReadingConfig:
    """`[tool.stitchback]`, as far as reading goes.

    apps: app label -> its folder, or its folder of migrations, relative to the repository, posix.
    migration_modules: app label -> dotted module, as Django's MIGRATION_MODULES (None: the app has no migrations).
    operation_equivalents: dotted path of an operation class -> the name of Django's that it is equal to.
    exclude: `fnmatch` patterns over folders of migrations that are none of the project's.
    settings: name of a Django setting -> what it is in the project: strings, numbers, booleans, lists and tables of such.
    folder: of the Django project, whose own files and no other project's are read; "" for the repository's top.
    engines: what `connection.vendor` may be; empty where anything.
    """

    apps: Mapping[str, str] = field(default_factory=dict)
    migration_modules: Mapping[str, str | None] = field(default_factory=dict)
    operation_equivalents: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    engines: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class CachedReading:
    """What one file gave, and what was asked about the rest of the tree on the way: it holds as long as each question
    has the same answer (`ReadingContext.answer`)."""

    result: Migration | Unreadable
    questions: Questions = ()


class ReadingCache(Protocol):
    """Readings by blob and path. What it gives back must be what was put in (`again` gives the file's bytes, once more, where it
    needs them); None where it does not know. `holds`: whether there is
    something to give back, good or not."""

    def holds(self, blob: str, path: str) -> bool: ...

    def get(self, blob: str, path: str, again: Callable[[], bytes]) -> CachedReading | None: ...

    def put(self, blob: str, path: str, reading: CachedReading) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class FoundName:
    """What an import path leads to in the tree, and in which module."""

    binding: Binding | None
    module: ModuleReading | None
    asked: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What the settings files say; `values` is None where that cannot be read."""

    values: tuple[Value, ...] | None
    asked: Mapping[str, str]


class RecordedQuestions:
    """While it is entered, what is asked goes into the dictionary that it gives. A class, for it is entered with every file."""

    __slots__ = ("_asked", "_context", "_passes_on")

    def __init__(self, context: ReadingContext, *, passes_on: bool) -> None:
        self._context = context
        self._passes_on = passes_on
        self._asked: dict[str, str] = {}

    def __enter__(self) -> dict[str, str]:
        self._context.begin(self._asked)
        return self._asked

    def __exit__(self, *_: object) -> None:
        self._context.end()
        if self._passes_on:
            self._context.note(self._asked)


@dataclass(frozen=True, slots=True)
class Syntax:
    """How each kind of node is read, and the kinds of question that take the reader itself to be answered."""

    expressions: Mapping[type[ast.expr], Callable[[Any, Scope], Value]]
    statements: Mapping[type[ast.stmt], Callable[[Any, Scope], None]]
    answers: Mapping[str, Callable[[ReadingContext, str], str]]


def _of_python() -> Syntax:
    """The tables of the reader, which is above this module."""
    from stitchback.parsing.expression_values import EXPRESSIONS
    from stitchback.parsing.imports import ANSWERS
    from stitchback.parsing.statements import STATEMENTS

    return Syntax(EXPRESSIONS, STATEMENTS, ANSWERS)


@dataclass(slots=True, eq=False)
class ReadingContext:
    """One tree's files as modules. Every question that is asked is noted, so that a cache can ask it again."""

    files: Mapping[str, FileEntry] = field(default_factory=dict)
    config: ReadingConfig = ReadingConfig()
    shared: SharedReadings = field(default_factory=SharedReadings)
    changing: Collection[str] = ()  # folders of migrations that the command will look at closely
    syntax: Syntax = field(default_factory=_of_python)
    _roots: dict[str, tuple[str, ...]] | None = None
    _asked: list[dict[str, str]] = field(default_factory=list)
    _answers: dict[str, str] = field(default_factory=dict)
    _texts: dict[str, bytes] = field(default_factory=dict)
    _held: set[Questions] = field(default_factory=set)
    modules: dict[str, LazyScope | None] = field(default_factory=dict)  # of the tree, as read so far
    found: dict[tuple[str, str, str], FoundName] = field(default_factory=dict)  # what import paths led to
    settings: dict[str, Setting] = field(default_factory=dict)  # those that were asked for
    called: set[str] = field(
        default_factory=set
    )  # import paths of classes and functions that are not Django's
    assumed: dict[str, str] = field(
        default_factory=dict
    )  # settings that no file of the tree sets -> default taken

    def noting(self) -> RecordedQuestions:
        """What is asked within."""
        return RecordedQuestions(self, passes_on=True)

    def apart(self) -> RecordedQuestions:
        """The questions that are asked within; the caller notes those that matter."""
        return RecordedQuestions(self, passes_on=False)

    def begin(self, asked: dict[str, str]) -> None:
        self._asked.append(asked)

    def end(self) -> None:
        self._asked.pop()

    def note(self, asked: Mapping[str, str]) -> None:
        if self._asked:
            self._asked[-1].update(asked)

    def holds(self, questions: Questions) -> bool:
        """Whether every question of a reading still has its answer."""
        if questions in self._held and not self._asked:
            return True
        if not all(self._ask(q) == a for q, a in questions if not q.startswith((_ASSUMED, _CALLED))):
            return False
        if not self._asked:
            self._held.add(questions)  # most migrations ask the same: nothing, or one thing
        for note, text in questions:
            if note.startswith(_ASSUMED):
                self.assume(note.removeprefix(_ASSUMED), text)
            elif note.startswith(_CALLED):
                self.call(note.removeprefix(_CALLED))
        return True

    def forget(self) -> None:
        """Releases the modules that were read."""
        for scope in self.modules.values():
            if scope is not None:
                scope.forget()
        self.modules.clear()
        self.found.clear()
        self._texts.clear()

    def assume(self, setting: str, default: str) -> None:
        """Note that a setting was taken to have its default, for nothing in the tree sets it."""
        self.assumed[setting] = default
        self.note({_ASSUMED + setting: default})

    def call(self, path: str) -> None:
        """Note that something that is not Django's is called: a custom field, perhaps."""
        if path not in self.called or self._asked:
            self.called.add(path)
            self.note({_CALLED + path: ""})

    def is_opened(self, path: str) -> bool:
        """Whether the operations of this migration will be asked for."""
        return parent(path) in self.changing

    def blobs_of(self, paths: Sequence[str]) -> tuple[str, ...]:
        """The blobs of files that the tree has."""
        files = self.files
        return (
            files.blobs_of(paths) if isinstance(files, Files) else tuple(files[path].blob for path in paths)
        )

    @property
    def broken(self) -> Mapping[str, str]:
        """Links of the tree that cannot be followed -> where they lead."""
        return self.files.broken if isinstance(self.files, Files) else {}

    def real_path(self, path: str) -> str:
        """Where git keeps the file, links on the way followed."""
        return self.files.real_path(path) if isinstance(self.files, Files) else path

    def prefetch(self, paths: Iterable[str]) -> None:
        """Says which files are going to be read, for them to be read at once."""
        if isinstance(self.files, Files):
            self.files.prefetch(paths)

    def read(self, path: str) -> bytes:
        """The bytes of a module, read once."""
        self.note_file(path)
        if path not in self._texts:
            self._texts[path] = self.files[path].read()
        return self._texts[path]

    @property
    def settings_files(self) -> tuple[str, ...]:
        """The tree's settings files, those of tests last."""
        listed = self._ask("settings:")
        return tuple(listed.split("|")) if listed else ()

    def answer(self, question: str) -> str:
        """`file:PATH` -> its blob or ""; `exists:PATH` -> "1" or ""; `roots:NAME` -> the folders that hold a package of that name;
        `equivalent:PATH` -> what the configuration says an operation class is equal to;
        `settings:` -> the settings files; `setting:NAME` -> what the configuration says that it is, as JSON, or "";
        `engines:` -> the engines that the configuration says, or ""; what else is asked is answered as `syntax.answers` says."""
        kind, _, subject = question.partition(":")
        if kind in self.syntax.answers:
            return self.syntax.answers[kind](self, subject)
        if kind == "exists":
            return "1" if subject in self.files else ""
        if kind == "file":
            entry = self.files.get(subject)
            return "" if entry is None else entry.blob
        if kind == "settings":
            settings = {*filter(is_settings, self.files), *self._settings_of_scripts()}
            return "|".join(sorted(settings, key=lambda path: ("test" in path, path)))
        if kind == "setting":
            said = self.config.settings
            return json.dumps(said[subject], sort_keys=True) if subject in said else ""
        if kind == "engines":
            return "|".join(self.config.engines)
        if kind == "equivalent":
            return self.config.operation_equivalents.get(subject, "")
        return "|".join(self._packages.get(subject, ()))

    def _ask(self, question: str) -> str:
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = self.answer(question)
        if self._asked:
            self._asked[-1][question] = answer
        return answer

    def has_file(self, path: str) -> bool:
        """Whether the tree has it, whatever is in it: most files that are asked for are the `__init__.py` of packages, and one of them
        holds the version, which is another one on every branch."""
        return self._ask(f"exists:{path}") != ""

    def note_file(self, path: str) -> None:
        """Note that what is in the file matters."""
        self._ask(f"file:{path}")

    def equivalent(self, path: str) -> str:
        """The name of Django's operation that the configuration says this class is equal to, or ""."""
        return self._ask(f"equivalent:{path}")

    def configured(self, setting: str) -> tuple[object] | None:
        """What the configuration says that the setting is, in a tuple of one; None where it says nothing."""
        answer = self._ask(f"setting:{setting}")
        return (json.loads(answer),) if answer else None

    @property
    def engines(self) -> tuple[str, ...]:
        """What `connection.vendor` may be; nothing where it may be anything."""
        answer = self._ask("engines:")
        return tuple(answer.split("|")) if answer else ()

    def find_module(self, dotted: str, root: str) -> str | None:
        """The file of a module as it is imported in a project whose import root is that folder, or in any other."""
        top = dotted.partition(".")[0]
        others = self._ask(f"roots:{top}")
        for folder in dict.fromkeys((root, *(others.split("|") if others else ()))):
            stem = join(folder, dotted.replace(".", "/"))
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if self.has_file(path):
                    return path
        return None

    def root_of(self, path: str) -> str:
        """The folder that must be on Python's path for the file to be imported: the first above its packages."""
        folder = parent(path)
        while folder and self.has_file(f"{folder}/__init__.py"):
            folder = parent(folder)
        return folder

    def module_name(self, path: str) -> str:
        """The dotted name under which the file is imported."""
        root = self.root_of(path)
        stem = path[len(root) + 1 if root else 0 :].removesuffix(".py")
        return stem.removesuffix("/__init__").replace("/", ".")

    def _settings_of_scripts(self) -> Iterator[str]:
        """The settings modules that the tree's manage.py name, whatever they are called."""
        for path in self.files:
            if path.endswith("manage.py") and path.rpartition("/")[2] == "manage.py":
                named = _SETTINGS_MODULE.search(self.files[path].read())
                found = named and self.find_module(named[1].decode(), parent(path))
                if found:
                    yield found

    @property
    def _packages(self) -> dict[str, tuple[str, ...]]:
        """Top-level package -> the folders that hold one of that name, shortest first."""
        if self._roots is None:
            found: dict[str, list[str]] = {}
            for path in self.files:
                if path.endswith("/__init__.py"):
                    package = parent(path)
                    folder = parent(package)
                    # `python manage.py` puts its own folder on the path, a package or not
                    if f"{folder}/__init__.py" not in self.files or f"{folder}/manage.py" in self.files:
                        found.setdefault(package.rpartition("/")[2], []).append(folder)
            self._roots = {
                name: tuple(sorted(folders, key=lambda f: (len(f), f))) for name, folders in found.items()
            }
        return self._roots


def is_settings(path: str) -> bool:
    """Whether the file looks like Django settings: by its name, or in a folder of settings."""
    if not path.endswith(".py") or ("settings" not in path and "conf" not in path):
        return False
    folder, _, name = path.rpartition("/")
    return "settings" in name or folder.rpartition("/")[2] in ("settings", "config", "conf")


def parent(path: str) -> str:
    return path.rpartition("/")[0]


def join(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path
