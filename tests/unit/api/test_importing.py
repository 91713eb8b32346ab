"""What a file of the patch branch would import and mainline lacks, by trees made by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from migration_values import key

from stitchback.api.importing import Imports, of_python2
from stitchback.model.edits import FileEdit, Insert, SetOperations, SetReplaces, WriteFile
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Candidate
from stitchback.parsing.context import ReadingContext
from stitchback.parsing.migration import read_migration

PATH = "src/shop/migrations/0003_x.py"


@dataclass(frozen=True)
class Entry:
    content: bytes

    @property
    def blob(self) -> str:
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()

    def read(self) -> bytes:
        return self.content


def files(**more: str) -> Mapping[str, Entry]:
    known = {"src/shop/__init__.py": "", "src/shop/both.py": "def shared(): ...\nOLD = 1\n", **more}
    return {path: Entry(content.encode()) for path, content in known.items()}


PATCH = files(
    **{
        "src/shop/both.py": "def shared(): ...\ndef new(): ...\n",
        "src/shop/helper.py": "def help(): ...\n",
        "src/shop/migrations/_tools.py": "",
    }
)
MAINLINE = files()


def said(
    source: str, patch: Mapping[str, Entry] = PATCH, mainline: Mapping[str, Entry] = MAINLINE
) -> list[str]:
    imports = Imports(mainline, {"release/1": patch}, lambda blob: b"")
    return list(imports.missing(PATH, source.encode()))


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


SOURCE = """from django.db import migrations
def forwards(apps, editor):
    print{}
class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards)]
"""


def written(text: str) -> Migration:
    found = read_migration(key("shop.0003_x"), PATH, "b", SOURCE.format(text).encode(), ReadingContext())
    assert isinstance(found, Migration)
    return found


def refused(*edits: FileEdit) -> list[str]:
    candidate = Candidate({}, edits, Tree("main", "1", {}))
    return [f"{failure.step}: {failure.message}" for failure in of_python2(candidate)]


def test_a_file_of_python_2_is_neither_edited_nor_brought_nor_copied_from() -> None:
    old, new = written(" 'x'"), written("('x')")
    copied = SetOperations(tuple(map(Insert, old.operations)))  # type: ignore[arg-type]
    brought = [f"{PATH}: it is Python 2 (line 3), which is not written anew: bring it to Python 3 first"]
    assert refused(WriteFile(old.key, PATH, old)) == brought
    assert refused(WriteFile(old.key, PATH, old, (SetReplaces(()),))) == brought
    assert refused(WriteFile(new.key, PATH, None, (copied,))) == [
        f"{PATH}: forwards is Python 2, which is not written anew: bring its file to Python 3 first"
    ]
    assert refused(WriteFile(new.key, PATH, new)) == []
    assert refused(WriteFile(new.key, PATH, None, (SetOperations(()),))) == []


def test_a_project_that_has_moved_has_the_module_still() -> None:
    moved = {f"backend/{path}": Entry(entry.content + b"# moved\n") for path, entry in PATCH.items()}
    assert said("from shop.helper import help", mainline=moved) == []


def test_a_module_of_two_folders_that_mainline_lacks_in_both() -> None:
    twice = {**PATCH, "tools/shop/helper.py": Entry(b"def help(): ...\n")}
    (what,) = said("from shop.helper import help", patch=twice)
    assert "(src/shop/helper.py) and not on mainline" in what


def test_a_module_of_two_folders_that_mainline_has_in_one() -> None:
    twice = {**PATCH, "tools/shop/helper.py": Entry(b"def help(): ...\nX = 1\n")}
    mainline = files(**{"tools/shop/helper.py": "def help(): ...\n"})
    assert said("from shop.helper import help", patch=twice, mainline=mainline) == []
