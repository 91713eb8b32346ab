"""What a file from a patch branch would import, and mainline has not, or has with another value: Django could not even read the reconciled tree, or
would run something else than was proved."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from stitchback.api.writing_plans import Rendered
from stitchback.model.command_cache import by_value
from stitchback.model.edits import WriteFile
from stitchback.model.files import ChangedFiles, FileEntry, Files
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import EVERY_DATABASE, Candidate, Failure
from stitchback.model.problems import Problem, ProblemKind
from stitchback.parsing import sources
from stitchback.parsing.links import followed, real_path
from stitchback.rewriting.check_rendered import difference
from stitchback.rewriting.rendering import render_files

_BODIES = ("body", "orelse", "handlers", "finalbody", "cases")  # of statements, handlers and match cases


@dataclass(frozen=True, slots=True)
class RequiredImport:
    """One import: a module, and the name that is taken from it ("" for the module itself). `level`: the dots of a relative one."""

    module: str
    name: str
    level: int


class Imports:
    """What the plan's files import, against mainline's files. Only modules that a patch branch has and mainline lacks count, or lacks a
    name of: what neither tree has comes from a package."""

    def __init__(
        self,
        mainline: Files,
        patches: Mapping[str, Files],
        read_blob: Callable[[str], bytes],
        read: Callable[[Files], Tree],
        name: str = "mainline",
    ) -> None:
        """`patches`: ref -> its files. `read`: the tree of such files. `name`: how messages call the tree that gets the files."""
        self.name = name
        self.read = read
        self._misread: dict[tuple[str, bytes], bool] = {}
        self.mainline = mainline
        self.patches = patches
        self.read_blob = read_blob

    @cached_property
    def own(self) -> frozenset[str]:
        """The blobs of mainline's: a file of its own imports what it imported before."""
        return frozenset(self.mainline[path].blob for path in self.mainline if path.endswith(".py"))

    @cached_property
    def modules(self) -> Mapping[str, Mapping[str, str]]:
        """ref -> dotted name of each Python file that differs from mainline's -> its path."""
        return {
            ref: {
                module_of(path): path
                for path, entry in files.items()
                if path.endswith(".py") and not self._same(path, entry)
            }
            for ref, files in self.patches.items()
        }

    def _same(self, path: str, entry: FileEntry) -> bool:
        return path in self.mainline and self.mainline[path].blob == entry.blob

    def failures(self, candidate: Candidate) -> tuple[Failure, ...]:
        """One for each import that would fail, as the proof's failures are."""
        found: list[Failure] = []
        for edit in candidate.edits:
            if not isinstance(edit, WriteFile) or edit.original is None or self._is_mainlines(edit.original):
                continue
            source = self.read_blob(edit.original.blob)
            if not self.of_mainline(edit.path, source) and not tuple(self._missing_there(edit, source)):
                continue
            # The file as it will be: what it no longer needs is not imported there.
            for content in render_files((edit,), self.read_blob):
                text = content.content or b""
                lacking = tuple(self._missing_there(edit, text))
                found += [_failure(edit, problem, git_brings_it=True) for problem in lacking]
                if not lacking and self.reads_otherwise(edit, text):
                    found.append(_failure(edit, self._other_values(edit, text), git_brings_it=False))
        return tuple(found)

    def _is_mainlines(self, migration: Migration) -> bool:
        """Whether it is mainline's own file: what it imports has the value there that it was read with."""
        path = real_path(migration.path, followed(self.mainline))
        return path in self.mainline and self.mainline[path].blob == migration.blob

    def _missing_there(self, edit: WriteFile, source: bytes) -> Iterator[Problem]:
        """What such a file lacks; nothing where mainline has the same file somewhere, which imports that already."""
        if edit.original is not None and edit.original.blob not in self.own:
            yield from self.missing(edit.path, source)

    def of_mainline(self, path: str, source: bytes) -> tuple[str, ...]:
        """The names that the file imports from mainline's own modules, dotted and sorted."""
        package = module_of(posixpath.dirname(path) + "/__init__.py")
        wanted = ((each, absolute(each, package)) for each in imports_of(source))
        return tuple(
            sorted(
                f"{module}.{each.name}".removesuffix(".")
                for each, module in wanted
                if self._is_on_mainline(module)
            )
        )

    def reads_otherwise(self, edit: WriteFile, content: bytes) -> bool:
        """Whether the file, put into mainline's tree, reads otherwise than it was planned."""
        if not self.of_mainline(edit.path, content):
            return False
        place = (edit.path, content)
        if place not in self._misread:
            path = real_path(edit.path, followed(self.mainline))
            tree = self.read(ChangedFiles(self.mainline, {path: Rendered(content)}))
            there = tree.migrations.get(edit.key)
            self._misread[place] = there is not None and difference(edit.result, there) is not None
        return self._misread[place]

    def _other_values(self, edit: WriteFile, content: bytes) -> Problem:
        names = self.of_mainline(edit.path, content)
        said = (
            f"it imports {', '.join(names)}, and makes something else with what {self.name} has there: write the values into "
            "the file, or make them equal on both branches"
        )
        return Problem(ProblemKind.IMPORT_DIFFERS, (edit.path, names), said)

    def missing(self, path: str, source: bytes) -> Iterator[Problem]:
        """Sorted."""
        package = module_of(posixpath.dirname(path) + "/__init__.py")
        for wanted in sorted(imports_of(source), key=lambda each: (each.level, each.module, each.name)):
            module = absolute(wanted, package)
            for ref in self.patches:
                said = self._lacks(ref, module, wanted.name)
                if said:
                    yield Problem(ProblemKind.IMPORT_MISSING, (path, module, wanted.name, ref), said)
                    break

    def _lacks(self, ref: str, module: str, name: str) -> str:
        """What of that import mainline lacks and the ref has; nothing where the ref does not have it either."""
        for dotted in (module, f"{module}.{name}") if name else (module,):
            there = self._path(ref, dotted)
            if there is not None and there not in self.mainline and not self._is_on_mainline(dotted):
                return f"it imports {dotted}, which is on {ref} ({there}) and not on {self.name}: add it to {self.name} first"
        there = self._path(ref, module)
        if there is None or there not in self.mainline or not name or name == "*":
            return ""
        theirs, ours = names_in(self.patches[ref][there]), names_in(self.mainline[there])
        if theirs is None or ours is None or name not in theirs or name in ours:
            return ""
        return f"it imports {name} from {module}, which {ref} has in {there} and {self.name} does not: add it to {self.name} first"

    def _path(self, ref: str, dotted: str) -> str | None:
        """The ref's file of that module, below whatever folder is on the import path; of several one that mainline has, if there is any:
        it may be the one that is meant."""
        found = sorted(_at_end(self.modules[ref], dotted), key=lambda path: (path not in self.mainline, path))
        return found[0] if found else None

    def _is_on_mainline(self, dotted: str) -> bool:
        """Whether mainline has the module below another folder: the project may have moved."""
        return any(_at_end(self.mainlines, dotted))

    @cached_property
    def mainlines(self) -> Mapping[str, str]:
        """dotted name of each of mainline's Python files -> its path."""
        return {module_of(path): path for path in self.mainline if path.endswith(".py")}


def _failure(edit: WriteFile, problem: Problem, *, git_brings_it: bool) -> Failure:
    return Failure(EVERY_DATABASE, "the reconciled tree", edit.path, problem, git_brings_it=git_brings_it)


def _at_end(modules: Mapping[str, str], dotted: str) -> Iterator[str]:
    """The paths of modules of that name below any folder."""
    return (path for module, path in modules.items() if module == dotted or module.endswith(f".{dotted}"))


def module_of(path: str) -> str:
    """The dotted name of a Python file, from the repository's root."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def absolute(wanted: RequiredImport, package: str) -> str:
    """The module's dotted name, a relative one's from the package that the file is in."""
    if not wanted.level:
        return wanted.module
    parts = package.split(".")
    base = parts[: len(parts) - (wanted.level - 1)]
    return ".".join((*base, wanted.module) if wanted.module else base)


@by_value  # one file is in many candidates
def imports_of(source: bytes) -> frozenset[RequiredImport]:
    """Every import of the file, within functions too; none for what is no Python: then nothing was read from it either."""
    try:
        tree = sources.parse(source)
    except sources.NotPython:
        return frozenset()
    return frozenset(_imports(tree))


def _imports(tree: ast.Module) -> Iterator[RequiredImport]:
    within: list[ast.AST] = [tree]  # a long `elif` is nested deeper than Python calls functions
    while within:
        match within.pop():
            case ast.Import(names=names):
                yield from (RequiredImport(alias.name, "", 0) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                yield from (RequiredImport(module or "", alias.name, level) for alias in names)
            case statement:
                for part in _BODIES:  # imports are in no expression
                    within.extend(getattr(statement, part, ()))


def names_in(entry: FileEntry) -> frozenset[str] | None:
    """What the module binds; None if that is unknown."""
    from stitchback.rewriting.modules import names_taken

    try:
        tree = sources.parse(entry.read())
    except sources.NotPython:
        return None
    found = names_taken(tree)
    return None if {"*", "__getattr__"} & found else found
