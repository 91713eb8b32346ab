"""`[tool.stitchback]` of a tree's pyproject.toml, as a value.

An unknown key, or a value of the wrong type, is reported with its place. Keys may be spelt as the options are (`unreleased-since`) or with
underscores.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stitchback.adapters.project_settings import has_configuration, project_folder
from stitchback.errors import EnvironmentProblem
from stitchback.model.configuration import (
    ENGINES,
    REHEARSAL_MOST_SECONDS,
    REHEARSAL_SECONDS,
    REHEARSED_DATABASES,
    Configuration,
    DataAgreement,
    Suppression,
)
from stitchback.model.keys import MigrationKey

if TYPE_CHECKING:
    from stitchback.adapters.git import Repository

PATH = "pyproject.toml"
MAX_BYTES = 1_000_000  # of the file; `tomllib` takes about a second for that
CODE = re.compile(r"SB[1-6]\d\d")
_USER_MODEL = "AUTH_USER_MODEL"
SUPPRESSION_KEYS = ("code", "path", "reason")
AGREEMENT_KEYS = ("migration", "may", "reason")
MAY = ("repeat", "miss")


def working_configuration(repository: Repository, directory: Path | str | None = None) -> Configuration:
    """That of what is checked out, of the Django project that the directory means (None: the top): its own pyproject.toml, else
    the top's; an empty one in a bare repository. Raises EnvironmentProblem (SB509)."""
    top = repository.work_tree
    if top is None:
        return Configuration()
    folder = project_folder(top, top if directory is None else Path(directory))
    own = top / folder / PATH
    if folder and has_configuration(own):
        found = parse_configuration(own.read_bytes(), f"{folder}/{PATH}")
        return _below(folder, found)
    source = (top / PATH).read_bytes() if (top / PATH).is_file() else b""
    return replace(parse_configuration(source, PATH), folder=folder)


def _below(folder: str, configuration: Configuration) -> Configuration:
    """A project's own configuration: its paths are relative to its folder."""
    return replace(
        configuration,
        folder=folder,
        apps={f"{folder}/{path}": label for path, label in configuration.apps.items()},
        exclude=tuple(f"{folder}/{pattern}" for pattern in configuration.exclude),
        suppress=tuple(replace(each, path=f"{folder}/{each.path}") for each in configuration.suppress),
        baseline=configuration.baseline and f"{folder}/{configuration.baseline}",
    )


def parse_configuration(source: bytes, place: str) -> Configuration:
    """Raises EnvironmentProblem (SB509): not TOML, unknown key, wrong type."""
    if len(source) > MAX_BYTES:
        raise _problem(place, f"has {len(source):,} bytes, more than {MAX_BYTES:,}")
    try:
        document = tomllib.loads(source.decode("utf-8-sig"))
    except RecursionError as error:
        raise _problem(place, "is nested too deeply") from error
    except ValueError as error:  # no TOML, no UTF-8, a number of thousands of digits
        raise _problem(place, f"cannot be read: {error}") from error
    tools = _table(document.get("tool", {}), place, "tool")
    table = _table(tools.get("stitchback", {}), place, "tool.stitchback")
    return _configuration(_Reader(_one_spelling(table, place), place))


class _Reader:
    """Takes values out of the table, by key, with their types checked; what is left over in the end is unknown."""

    def __init__(self, table: dict[str, object], place: str) -> None:
        self.left = dict(table)
        self.place = place

    def text(self, key: str) -> str | None:
        value = self.left.pop(key, None)
        return None if value is None else _text(value, self.place, f"tool.stitchback.{key}")

    def number(self, key: str, default: float, *, whole: bool = False) -> float:
        """One above zero."""
        value, where = self.left.pop(key, default), f"tool.stitchback.{key}"
        allowed = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed) or not 0 < value < float("inf"):
            kind = "a whole number" if whole else "a number"
            raise _problem(self.place, f"{where} must be {kind} above zero")
        return value

    def texts(self, key: str) -> dict[str, str]:
        where = f"tool.stitchback.{key}"
        table = _table(self.left.pop(key, {}), self.place, where)
        return {name: _text(value, self.place, f'{where}."{name}"') for name, value in sorted(table.items())}

    def listed(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """An array of strings that is not empty."""
        where = f"tool.stitchback.{key}"
        items = self.left.pop(key, list(default) or None)
        if items is None:
            return ()
        if not isinstance(items, list) or not items:
            raise _problem(self.place, f"{where} must be an array of strings, not {_type(items)}")
        return tuple(_text(item, self.place, f"{where}[{number}]") for number, item in enumerate(items))

    def labels(self, key: str) -> frozenset[str] | None:
        """An array of strings, empty ones too; None where there is none."""
        if self.left.get(key) == []:
            del self.left[key]
            return frozenset()
        return frozenset(self.listed(key, ())) if key in self.left else None

    def settings(self) -> dict[str, object]:
        """Names of Django settings -> plain values."""
        where = "tool.stitchback.settings"
        table = _table(self.left.pop("settings", {}), self.place, where)
        for name in table:
            if not (name.isidentifier() and name.isupper()):
                raise _problem(
                    self.place,
                    f"{where}: {name!r} is not a Django setting",
                    hint="Django's settings are in capital letters.",
                )
        values = {name: _plain(value, self.place, f"{where}.{name}") for name, value in sorted(table.items())}
        user = values.get(_USER_MODEL)
        if user is not None and not (isinstance(user, str) and user.count(".") == 1):
            raise _problem(self.place, f'{where}.{_USER_MODEL} must be a string like "app.Model"')
        return values

    def packages(self) -> dict[str, tuple[str, str]]:
        """App label -> names of two migrations; a single name counts for both."""
        where = "tool.stitchback.packages"
        table = _table(self.left.pop("packages", {}), self.place, where)
        return {label: self._ends(value, f'{where}."{label}"') for label, value in sorted(table.items())}

    def _ends(self, value: object, where: str) -> tuple[str, str]:
        if not isinstance(value, list):
            name = _text(value, self.place, where)
            return name, name
        if len(value) != 2:
            raise _problem(
                self.place, f"{where} must be a migration's name, or an array of the first and the last one"
            )
        first, last = (_text(item, self.place, f"{where}[{number}]") for number, item in enumerate(value))
        return first, last

    def engines(self) -> tuple[str, ...]:
        """Each one that is known."""
        where, names = "tool.stitchback.engines", self.listed("engines", ENGINES)
        for name in names:
            if name not in ENGINES:
                raise _problem(
                    self.place, f"{where}: unknown engine {name!r}", hint=f"Engines: {', '.join(ENGINES)}."
                )
        return names

    def data(self) -> tuple[DataAgreement, ...]:
        return tuple(_agreement(*each) for each in self._tables("data"))

    def suppressions(self) -> tuple[Suppression, ...]:
        return tuple(_suppression(*each) for each in self._tables("suppress"))

    def _tables(self, key: str) -> Iterator[tuple[object, str, str]]:
        """Each of an array of tables, the file, and its place there."""
        where = f"tool.stitchback.{key}"
        items = self.left.pop(key, [])
        if not isinstance(items, list):
            raise _problem(self.place, f"{where} must be an array of tables, [[{where}]], not {_type(items)}")
        yield from ((item, self.place, f"{where}[{number}]") for number, item in enumerate(items))


def _configuration(reader: _Reader) -> Configuration:
    configuration = Configuration(
        apps={path.strip("/"): label for path, label in reader.texts("apps").items()},
        operation_equivalents=reader.texts("operation_equivalents"),
        migration_modules=reader.texts("migration_modules"),
        unreleased_since=reader.text("unreleased_since"),
        strategy=reader.text("strategy"),
        engines=reader.engines(),
        exclude=reader.listed("exclude", ()),
        patch_branches=reader.listed("patch_branches", ()),
        environment=reader.listed("environment", ()),
        settings=reader.settings(),
        packages=reader.packages(),
        data=reader.data(),
        suppress=reader.suppressions(),
        apps_in_other_databases=reader.labels("apps_in_other_databases"),
        rehearsed_databases=int(reader.number("rehearsed_databases", REHEARSED_DATABASES, whole=True)),
        rehearsal_seconds=reader.number("rehearsal_seconds", REHEARSAL_SECONDS),
        rehearsal_most_seconds=reader.number("rehearsal_most_seconds", REHEARSAL_MOST_SECONDS),
        baseline=reader.text("baseline"),
        large_tables=reader.listed("large_tables", ()),
    )
    if reader.left:
        known = ", ".join(key for key in Configuration.__dataclass_fields__ if key != "folder")
        unknown = ", ".join(f"tool.stitchback.{key}" for key in sorted(reader.left))
        raise _problem(reader.place, f"unknown key {unknown}", hint=f"Known keys: {known}.")
    return configuration


def _one_spelling(table: Mapping[str, object], place: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name in found:
            raise _problem(
                place, f"tool.stitchback.{name} is given twice, with a hyphen and with an underscore"
            )
        found[name] = value
    return found


def _agreement(item: object, place: str, where: str) -> DataAgreement:
    table = _checked_table(item, place, where, AGREEMENT_KEYS)
    migration = _text(table["migration"], place, f"{where}.migration")
    app, _, name = migration.partition(".")
    if not (app and name):
        raise _problem(
            place,
            f"{where}.migration is not a migration: {migration!r}",
            hint='Write it as "shop.0007_fill_slugs".',
        )
    may = table["may"]
    if not isinstance(may, list) or not may or any(word not in MAY for word in may):
        raise _problem(
            place,
            f"{where}.may must be an array of {' and '.join(map(json.dumps, MAY))}",
            hint="repeat: it may run again on a database that has run it; miss: a database may never run it.",
        )
    reason = _text(table["reason"], place, f"{where}.reason")
    return DataAgreement(MigrationKey(app, name), "repeat" in may, "miss" in may, reason)


def _checked_table(item: object, place: str, where: str, keys: Sequence[str]) -> dict[str, object]:
    """A table that says just these."""
    table = _table(item, place, where)
    wrong = sorted(set(table) ^ set(keys))
    if wrong:
        listed = f"{', '.join(keys[:-1])} and {keys[-1]}"
        raise _problem(place, f"{where} must have exactly the keys {listed} ({', '.join(wrong)})")
    return table


def _suppression(item: object, place: str, where: str) -> Suppression:
    table = _checked_table(item, place, where, SUPPRESSION_KEYS)
    values = {key: _text(table[key], place, f"{where}.{key}") for key in SUPPRESSION_KEYS}
    if not CODE.fullmatch(values["code"]):
        raise _problem(
            place,
            f"{where}.code is not the code of a finding: {values['code']!r}",
            hint='Write a code such as "SB203".',
        )
    return Suppression(**values)


def _table(value: object, place: str, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _problem(place, f"{where} must be a table, not {_type(value)}")
    return value


def _plain(value: object, place: str, where: str) -> object:
    """A string, number or boolean, or an array or table of such."""
    match value:
        case str() | bool() | int() | float():
            return value
        case list():
            return [_plain(item, place, f"{where}[{number}]") for number, item in enumerate(value)]
        case dict():
            return {key: _plain(item, place, f'{where}."{key}"') for key, item in value.items()}
        case _:
            kinds = "a string, a number, a boolean, or an array or table of these"
            raise _problem(place, f"{where} must be {kinds}, not {_type(value)}")


def _text(value: object, place: str, where: str) -> str:
    if not isinstance(value, str):
        raise _problem(place, f"{where} must be a string, not {_type(value)}")
    if not value.strip():
        raise _problem(place, f"{where} must not be empty")
    return value


def _type(value: object) -> str:
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        list: "an array",
        dict: "a table",
        str: "a string",
    }
    return names.get(type(value), type(value).__name__)


def _problem(place: str, message: str, *, hint: str = "") -> EnvironmentProblem:
    return EnvironmentProblem("SB509", f"{place}: {message}", hint=hint)
