"""What a file of the patch branch would import and mainline lacks, by trees made by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from migration_values import add, char, key

from stitchback.api.required_imports import Imports
from stitchback.model.edits import WriteFile
from stitchback.model.files import Files
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Candidate

PATH = "src/shop/migrations/0003_x.py"


@dataclass(frozen=True)
class Entry:
    content: bytes

    @property
    def blob(self) -> str:
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()

    def read(self) -> bytes:
        return self.content


class InMemory(Files):
    """Files by their paths."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries

    def __getitem__(self, path: str) -> Entry:
        return self.entries[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def files(**more: str) -> Files:
    known = {"src/shop/__init__.py": "", "src/shop/both.py": "def shared(): ...\nOLD = 1\n", **more}
    return InMemory({path: Entry(content.encode()) for path, content in known.items()})


PATCH = files(
    **{
        "src/shop/both.py": "def shared(): ...\ndef new(): ...\n",
        "src/shop/helper.py": "def help(): ...\n",
        "src/shop/migrations/_tools.py": "",
    }
)
MAINLINE = files()


def said(source: str, patch: Files = PATCH, mainline: Files = MAINLINE) -> list[str]:
    imports = Imports(
        mainline, {"release/1": patch}, lambda blob: b"", lambda files: Tree("main", "main", {})
    )
    return [str(each) for each in imports.missing(PATH, source.encode())]


@pytest.mark.parametrize(
    "source",
    [
        "from shop.helper import help",
        "import shop.helper",
        "from shop import helper",
        "from ..helper import help",
        "from .. import helper",
        "from . import _tools",
        "def forwards(apps, editor):\n    from shop.helper import help\n",
    ],
)
def test_a_module_that_only_the_patch_branch_has(source: str) -> None:
    (what,) = said(source)
    assert "which is on release/1 (src/shop/" in what


def test_a_name_that_only_the_patch_branch_s_module_has() -> None:
    (what,) = said("from shop.both import new, shared")
    assert what.startswith("it imports new from shop.both, which release/1 has in src/shop/both.py")


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import migrations, models",
        "import json",
        "from shop.both import shared",
        "from shop.both import *",
        "from shop.both import OLD",  # not on the patch branch either: it never ran there
        "from elsewhere.helper import help",
        "not python",
    ],
)
def test_what_mainline_has_or_a_package_brings_is_no_matter(source: str) -> None:
    assert said(source) == []


def test_a_module_that_makes_its_names_as_it_is_asked_is_given_the_benefit_of_the_doubt() -> None:
    ours = files(**{"src/shop/both.py": "def __getattr__(name): ...\n"})
    assert said("from shop.both import new", mainline=ours) == []


def read_with(length: int) -> tuple[Imports, Candidate]:
    """A file of the patch branch, read with 10 for a length that it imports, and mainline, where it reads with `length`."""
    source = b"from shop.both import OLD\n"
    name = key("shop.0003_x")
    there, file = (
        Migration(name, PATH, Entry(source).blob, operations=(add("item", "n", char(value)),))
        for value in (length, 10)
    )
    mainline = Tree("main", "main", {name: there})
    imports = Imports(MAINLINE, {"release/1": PATCH}, lambda _: source, lambda _: mainline)
    return imports, Candidate({}, (WriteFile(name, PATH, file),), mainline)


def test_a_value_that_is_another_one_on_mainline() -> None:
    imports, candidate = read_with(20)
    (failure,) = imports.failures(candidate)
    assert "it imports shop.both.OLD, and makes something else with what mainline has there" in str(failure)


def test_near_miss_the_same_value_in_a_module_of_mainline() -> None:
    imports, candidate = read_with(10)
    assert imports.failures(candidate) == ()
