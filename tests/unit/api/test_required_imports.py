"""What a file of the patch branch would import and mainline lacks, by trees made by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from stitchback.api.required_imports import Imports

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
