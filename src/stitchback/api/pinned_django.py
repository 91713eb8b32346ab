"""Which Django the project asks for, where that is another feature release than the one that the proof ran on."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from stitchback.model.files import FileEntry

REQUIREMENTS = re.compile(r"^([\w.-]*requirements[\w.-]*|requirements/[\w.-]+)\.(txt|in)$")
LARGEST = 1_000_000  # bytes of a file that is searched
PATCH_RELEASES = range(100)  # of one feature release; Django has never made more than 40
LOCKS = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
LOCKED = re.compile(r"""^name\s*=\s*["'][Dd]jango["']\s*\nversion\s*=\s*["']([^"']+)["']""", re.MULTILINE)
CARET = re.compile(r"\^(\d+)((?:\.\d+)*)$")  # Poetry's "same major version, at least this one"


@dataclass(frozen=True, slots=True)
class Pin:
    """`requirement` as the file has it, in the file at `path` (relative to the top of the repository)."""

    path: str
    requirement: str


def other_django(files: Mapping[str, FileEntry], folder: str, installed: str) -> Pin | None:
    """The first requirement on Django, in the project's folder or at the top of the repository, that no patch release of the
    installed feature release ("5.2" of "5.2.19") fulfils; None where there is none. What cannot be parsed counts as no requirement.

    Source: PEP 440, PEP 508, PEP 621, PEP 751; Poetry's and Pipenv's tables of dependencies, and their, uv's and PDM's lock files.
    """
    version = Version(installed)
    series = [f"{version.major}.{version.minor}.{number}" for number in PATCH_RELEASES]
    for pin, specifier in _pins(files, folder):
        if not any(specifier.contains(each, prereleases=True) for each in (installed, *series)):
            return pin
    return None


def _pins(files: Mapping[str, FileEntry], folder: str) -> Iterator[tuple[Pin, SpecifierSet]]:
    places = {"", f"{folder}/" if folder else ""}
    for path in sorted(files):
        place = next((each for each in sorted(places, reverse=True) if path.startswith(each)), None)
        if place is None or path.count("/") - place.count("/") > 1:
            continue
        name = path.removeprefix(place)
        if name in ("pyproject.toml", "Pipfile"):
            yield from _of_tables(path, _text(files[path]))
        elif name in LOCKS:
            yield from _of_lock(path, files[path].read().decode("utf-8", "replace"))
        elif name == "Pipfile.lock":
            yield from _of_pipfile_lock(path, files[path].read())
        elif REQUIREMENTS.match(name):
            for line in _text(files[path]).splitlines():
                yield from _of_line(path, line)


def _text(entry: FileEntry) -> str:
    content = entry.read()
    return content.decode("utf-8", "replace") if len(content) <= LARGEST else ""


def _of_line(path: str, line: str) -> Iterator[tuple[Pin, SpecifierSet]]:
    text = re.split(r"\s#|^#|\s--hash|\\$", line.strip())[0].strip()
    if text[:6].lower() != "django":
        return
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return
    if requirement.name.lower() == "django" and requirement.specifier:
        yield Pin(path, text), requirement.specifier


def _of_tables(path: str, text: str) -> Iterator[tuple[Pin, SpecifierSet]]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for line in _list(_table(document, "project").get("dependencies")):
        yield from _of_line(path, str(line))
    for table in (_table(document, "tool", "poetry", "dependencies"), _table(document, "packages")):
        for name, wanted in table.items():
            said = wanted.get("version") if isinstance(wanted, dict) else wanted
            if name.lower() == "django" and isinstance(said, str):
                yield from _of_version(path, said)


def _of_lock(path: str, text: str) -> Iterator[tuple[Pin, SpecifierSet]]:
    """Lock files are written by programs, and may be too large for `tomllib`: the version is in the line after the name."""
    for match in LOCKED.finditer(text.replace("\r\n", "\n")):
        yield from _of_version(path, f"=={match[1]}")


def _of_pipfile_lock(path: str, content: bytes) -> Iterator[tuple[Pin, SpecifierSet]]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return
    version = _table(document, "default", "django").get("version")
    if isinstance(version, str):
        yield from _of_version(path, version)


def _of_version(path: str, said: str) -> Iterator[tuple[Pin, SpecifierSet]]:
    caret = CARET.match(said.strip())
    text = f">={caret[1]}{caret[2]},=={caret[1]}.*" if caret else said.strip()
    try:
        specifier = SpecifierSet("" if text == "*" else text if text[:1] in "<>=!~" else f"=={text}")
    except InvalidSpecifier:
        return
    if specifier:
        yield Pin(path, f"Django {said}"), specifier


def _table(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
