"""How a module spells imported names, and which imports further names need."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.errors import Refusal
from stitchback.operations.base import Template

DELETION = "django.db.models.deletion"
_ON_DELETE = frozenset({"CASCADE", "PROTECT", "RESTRICT", "SET", "SET_NULL", "SET_DEFAULT", "DO_NOTHING"})
_DB_ON_DELETE = frozenset({"DB_CASCADE", "DB_SET_NULL", "DB_SET_DEFAULT"})


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """`import module` or `from module import name`. Ordered as in MigrationWriter: `import` before `from`."""

    is_from: bool
    module: str
    name: str = ""

    @property
    def binds(self) -> str:
        return self.name if self.is_from else self.module


def statements(imports: Iterable[Import]) -> list[str]:
    """Import statements in the order of `MigrationWriter.as_string`; names of one module are joined."""
    plain = sorted({f"import {item.module}" for item in imports if not item.is_from})
    joined: dict[str, set[str]] = {}
    for item in imports:
        if item.is_from:
            joined.setdefault(item.module, set()).add(item.name)
    return plain + [f"from {module} import {', '.join(sorted(joined[module]))}" for module in sorted(joined)]


@dataclass(slots=True, eq=False)
class Spelling:
    """The names of one module while it is written; collects required imports.

    `bindings`: the names bound by the module's own top-level imports (dotted for `import a.b`) -> import path.
    `taken`: every name that the module binds at its top level. `needed`: imports that must be added.
    """

    path: str
    bindings: Mapping[str, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    needed: set[Import] = field(default_factory=set)

    def spell(self, path: str) -> str:
        """An expression for the import path: spelled as the module does, otherwise as makemigrations does."""
        if path.startswith("builtins."):
            return path.removeprefix("builtins.")
        wanted, *others = _spellings(path)
        found = self._bound(wanted, {**self.bindings, **{item.binds: _path_of(item) for item in self.needed}})
        for other in others:
            found = found or self._bound(other, self.bindings)
        if found is not None:
            return found
        if not all(part.isidentifier() and not keyword.iskeyword(part) for part in path.split(".")):
            raise Refusal(
                "SB542",
                f"{self.path}: {path} cannot be written into this file: no import statement can name it",
                hint="Choose a strategy that uses the patch migration's own file, such as --strategy rehome.",
            )
        item, rest = _import_of(path)
        if item.is_from and not self._is_free(item.name):
            item, rest = Import(False, f"{item.module}.{item.name}"), f"{item.module}.{item.name}.{rest}"
        self.needed.add(item)
        return rest if not item.is_from else f"{item.name}.{rest}"

    def require(self, template: Template) -> None:
        """Binds the names that the template's source uses. Raises Refusal (SB541) if the module uses one of them for another object."""
        for path in template.imports:
            module, _, name = path.rpartition(".")
            if self.bindings.get(name) == path or (not module and self.bindings.get(name) == name):
                continue
            item = Import(True, module, name) if module else Import(False, name)
            if not self._is_free(name) and item not in self.needed:
                raise Refusal(
                    "SB541",
                    f"{self.path}: {name} has another meaning here than {template.name} needs ({path}), which has to be written into the file",
                    hint=f"Rename {name} in that file, then run the command again.",
                )
            self.needed.add(item)

    def _bound(self, path: str, known: Mapping[str, str]) -> str | None:
        """The shortest spelling with the known names."""
        found = [
            name + path[len(bound) :]
            for name, bound in known.items()
            if path == bound or (path.startswith(f"{bound}.") and _is_attribute(path[len(bound) + 1 :]))
        ]
        return min(found, key=lambda text: (len(text), text), default=None)

    def _is_free(self, name: str) -> bool:
        return name not in self.taken


def _path_of(item: Import) -> str:
    return f"{item.module}.{item.name}" if item.is_from else item.module


def _is_attribute(rest: str) -> bool:
    """Whether this is reachable from an imported object without importing a module: a name, or one within a class."""
    *owners, _ = rest.split(".")
    return all(owner[:1].isupper() for owner in owners)


def _spellings(path: str) -> tuple[str, ...]:
    """The path, preceded by the one that makemigrations writes if it differs."""
    name = path.removeprefix("django.db.models.")
    if path != name and name in _ON_DELETE | _DB_ON_DELETE:
        return (f"{DELETION}.{name}", path)
    return (path,)


def _import_of(path: str) -> tuple[Import, str]:
    """The import that makemigrations writes for the path, and its spelling (after the imported name for `from … import`)."""
    for module, name in (("django.db", "migrations"), ("django.db", "models"), ("django.conf", "settings")):
        rest = path.removeprefix(f"{module}.{name}.")
        if rest != path and _is_attribute(rest):
            if name == "models" and rest in _ON_DELETE | _DB_ON_DELETE:
                return Import(False, DELETION), f"{DELETION}.{rest}"
            return Import(True, module, name), rest
    return Import(False, _module_of(path)), path


def _module_of(path: str) -> str:
    """The module of the path: up to the first class, or up to the last name."""
    parts = path.split(".")
    if parts[0] == "datetime":
        return parts[0]
    classes = [index for index, part in enumerate(parts) if part[:1].isupper()]
    return ".".join(parts[: min([*classes, len(parts) - 1])]) or path
