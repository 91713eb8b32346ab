"""Marker files of other tools name the last migration of each app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stitchback.model.migrations import App, Tree
from stitchback.rewriting.leaf_files import marker_edits
from stitchback.rewriting.rendering import FileContent

RESULT = Tree(
    "main",
    "main",
    {},
    {label: App(label, f"src/{label}", f"src/{label}/migrations", label) for label in ("shop", "crm")},
)
LEAVES = {"shop": "0005_merge", "crm": "0002_b"}
MAX = "src/shop/migrations/max_migration.txt"
LOCK = b"""\
If you have a merge conflict in this file, rename your migration: it is not the last one.
See https://example.com/migrations: 0001_is no migration here

crm: 0002_b
shop: 0004_item
other: 0009_x
"""


@dataclass(frozen=True)
class Entry:
    content: bytes
    blob: str = ""

    def read(self) -> bytes:
        return self.content


def marked(files: Mapping[str, bytes]) -> tuple[FileContent, ...]:
    return marker_edits({path: Entry(content) for path, content in files.items()}, RESULT, LEAVES)


def test_max_migration() -> None:
    assert marked({MAX: b"0004_item\n"}) == (FileContent(MAX, b"0005_merge\n"),)
    assert marked({MAX: b"0004_item\r\n"}) == (FileContent(MAX, b"0005_merge\r\n"),)


def test_what_is_right_already_stays_byte_for_byte() -> None:
    assert marked({MAX: b"0005_merge"}) == ()
    assert marked({MAX: b"0005_merge\n", "migrations_lockfile.txt": b"shop: 0005_merge\r\n"}) == ()


def test_markers_of_an_unfinished_merge_give_way() -> None:
    conflict = b"<<<<<<< HEAD\n0004_a\n=======\n0004_b\n>>>>>>> release\n"
    assert marked({MAX: conflict}) == (FileContent(MAX, b"0005_merge\n"),)


def test_a_file_of_that_name_elsewhere_is_none() -> None:
    assert marked({"docs/max_migration.txt": b"0004_item\n"}) == ()


def test_none_is_made_where_none_was() -> None:
    assert marked({"src/shop/migrations/0001_initial.py": b""}) == ()


def test_the_lockfile_changes_by_lines() -> None:
    after = LOCK.replace(b"shop: 0004_item", b"shop: 0005_merge")
    assert marked({"migrations_lockfile.txt": LOCK}) == (FileContent("migrations_lockfile.txt", after),)
    assert marked({"x/migrations_lockfile.txt": LOCK.replace(b"\n", b"\r\n")}) == (
        FileContent("x/migrations_lockfile.txt", after.replace(b"\n", b"\r\n")),
    )


def test_an_app_with_several_leaves_keeps_what_its_marker_says() -> None:
    files = {MAX: Entry(b"0004_item\n"), "migrations_lockfile.txt": Entry(LOCK)}
    assert marker_edits(files, RESULT, {}) == ()
