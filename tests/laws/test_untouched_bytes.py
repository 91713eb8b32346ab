"""Law: an edit of a list touches what it names, and nothing else, whatever the file looks like."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from migration_values import key

from stitchback.model.edits import (
    FileChange,
    Insert,
    KeepOperation,
    SetDependencies,
    SetOperations,
    WriteFile,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext
from stitchback.rewriting.check_rendered import check_reread
from stitchback.rewriting.rendering import render_files

KEY, PATH = key("shop.0003_x"), "shop/migrations/0003_x.py"


@dataclass(frozen=True)
class Element:
    """One element of a list as it stands in a file: `above` are comment lines, `behind` a comment on its last line."""

    text: str
    above: tuple[str, ...]
    behind: str
    own_line: bool


@dataclass(frozen=True)
class Listed:
    elements: tuple[Element, ...]
    trailing_comma: bool
    end: tuple[str, ...]

    def source(self, indent: str, inner: str, space: str) -> str:
        text, broken = "[", False
        for index, element in enumerate(self.elements):
            if element.own_line or element.above or broken:
                text += "\n" + "".join(f"{inner}{line}\n" for line in element.above) + inner
            elif index:
                text += " "
            last = index == len(self.elements) - 1
            text += element.text + ("" if last and not self.trailing_comma else f"{space},")
            text += f"  {element.behind}" if element.behind else ""
            broken = bool(element.behind)
        if broken or self.end or any(element.own_line or element.above for element in self.elements):
            text += "\n" + "".join(f"{inner}{line}\n" for line in self.end) + indent
        return text + "]"


def element(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Element]:
    comment = st.integers(0, 10**6).map(lambda number: f"# note {number}; é")
    return st.builds(
        Element,
        texts,
        st.lists(comment, max_size=2).map(tuple),
        st.one_of(st.just(""), comment),
        st.booleans(),
    )


def listed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Listed]:
    elements = st.lists(element(texts), min_size=1, max_size=4).map(tuple)
    return st.builds(Listed, elements, st.booleans(), st.lists(st.just("# end of it"), max_size=1).map(tuple))


def numbered(found: Listed, name: str) -> Listed:
    """With elements that differ from each other."""
    elements = tuple(
        Element(one.text.replace("@", f"{name}{index}"), one.above, one.behind, one.own_line)
        for index, one in enumerate(found.elements)
    )
    return Listed(elements, found.trailing_comma, found.end)


DEPENDENCIES = listed(
    st.sampled_from(["('shop', '@')", '("shop", "@")', "( 'shop' ,\n  '@' )", "('shop', # app\n'@')"])
)
OPERATIONS = listed(
    st.sampled_from(
        [
            "migrations.RemoveField('item', '@')",
            'migrations.RemoveField(\n            model_name="item",\n            name="@",  # gone\n        )',
            "migrations.AddField('item','@',models.IntegerField( default = 1 ))",
            'migrations.RunSQL("""\n  SELECT 1; -- @\n""")',
            "migrations.AddField(\n\n    'item', '@',\n    # a remark within\n    models.TextField(\n),)",
        ]
    )
)


@dataclass(frozen=True)
class File:
    dependencies: Listed
    operations: Listed
    newline: str
    encoding: str
    quirk: str
    indent: str
    space: str

    @property
    def parts(self) -> tuple[str, str, str]:
        """Before the dependencies, between the lists, behind the operations."""
        cookie = {"utf-8": "", "utf-8-sig": "", "latin-1": "# -*- coding: latin-1 -*-\n"}[self.encoding]
        head = f"{cookie}# Généré\nfrom django.db import migrations, models\n\n{self.quirk}class Migration(migrations.Migration):\n"
        head += f"{self.indent}'''Its own words.'''\n{self.indent}stage   = 'x' ;  atomic=True\n{self.indent}dependencies = "
        between = f"\n\n{self.indent}# next\n{self.indent}operations: list = "
        return (
            head,
            between,
            f"\n\n{self.indent}def apply_later(self): return { {1: 'é'} }\n\n\nX = [ 1,2 ]  # odd",
        )

    @property
    def content(self) -> bytes:
        head, between, tail = self.parts
        inner = self.indent * 2
        text = head + self.dependencies.source(self.indent, inner, self.space)
        text += between + self.operations.source(self.indent, inner, self.space) + tail
        return text.replace("\n", self.newline).encode(self.encoding)

    def has(self, text: str) -> bytes:
        return text.replace("\n", self.newline).encode(
            "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        )


FILES = st.builds(
    File,
    DEPENDENCIES.map(lambda found: numbered(found, "000")),
    OPERATIONS.map(lambda found: numbered(found, "field")),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]),
    st.sampled_from(["", "x = 1\n\n\n", "# loose\n\n\n\n", "\x0c\n", "def f(): pass\n"]),
    st.sampled_from(["    ", "  ", "\t"]),
    st.sampled_from(["", " "]),
)


def read(content: bytes) -> Migration:
    found = read_migration(KEY, PATH, "blob", content, ReadingContext())
    assert isinstance(found, Migration), found
    return found


def edited(file: File, *changes: FileChange) -> bytes:
    edit = WriteFile(KEY, PATH, read(file.content), changes)
    contents = render_files((edit,), lambda blob: file.content)
    after = contents[0].content if contents else file.content
    assert after is not None
    check_reread((edit,), tree(edit.result), tree(read(after)))
    return after


def tree(migration: Migration) -> Tree:
    return Tree("main", "main", {migration.key: migration})


@settings(max_examples=150, deadline=None)
@given(FILES)
def test_keeping_everything_keeps_every_byte(file: File) -> None:
    migration = read(file.content)
    keep = SetOperations(tuple(KeepOperation(index) for index in range(len(migration.operations))))
    assert edited(file, keep, SetDependencies(migration.dependencies)) == file.content


@settings(max_examples=200, deadline=None)
@given(FILES, st.data())
def test_what_is_kept_keeps_its_text_and_comments_and_what_goes_takes_them_along(
    file: File, data: st.DataObject
) -> None:
    migration = read(file.content)
    count = len(migration.operations)
    kept = data.draw(st.lists(st.integers(0, count - 1), unique=True).map(sorted))
    more = data.draw(st.booleans())
    dependencies = (*migration.dependencies, *([MigrationKey("shop", "0009_more")] if more else []))
    operations = tuple(KeepOperation(index) for index in kept)
    after = edited(file, SetOperations(operations), SetDependencies(dependencies))
    head, between, tail = file.parts
    if kept:
        assert after.startswith(file.has(head)[:40] if file.encoding != "utf-8-sig" else b"\xef\xbb\xbf")
        assert file.has(between) in after
    assert after.endswith(file.has(tail))
    for index, one in enumerate(file.operations.elements):
        assert (file.has(one.text) in after) is (index in kept)
    for one in file.dependencies.elements:
        assert file.has(one.text) in after
        assert all(file.has(line) in after for line in (*one.above, one.behind))
    expected = [line for index in kept for line in comments(file.operations.elements[index])]
    found = [line for line in comment_lines(after, file) if "note" in line]
    of_dependencies = [line for one in file.dependencies.elements for line in comments(one)]
    assert sorted(found) == sorted(expected + of_dependencies)


def comments(one: Element) -> list[str]:
    return [*one.above, *([one.behind] if one.behind else [])]


def comment_lines(content: bytes, file: File) -> list[str]:
    text = content.decode(file.encoding)
    return [line[line.index("# note") :].rstrip("\r") for line in text.split("\n") if "# note" in line]


@settings(max_examples=150, deadline=None)
@given(FILES, st.integers(0, 4))
def test_one_operation_more_moves_nothing(file: File, place: int) -> None:
    migration = read(file.content)
    added = read(
        b"from django.db import migrations\nclass Migration(migrations.Migration):\n operations = [migrations.DeleteModel('Gone')]\n"
    ).operations[0]
    assert isinstance(added, Operation)
    operations: list[KeepOperation | Insert] = [
        KeepOperation(index) for index in range(len(migration.operations))
    ]
    operations.insert(min(place, len(operations)), Insert(added))
    after = edited(file, SetOperations(tuple(operations)))
    squeezed, before = b"".join(after.split()), b"".join(file.content.split())
    for quote in (b"'", b'"'):
        squeezed = squeezed.replace(b"migrations.DeleteModel(name=" + quote + b"Gone" + quote + b",)", b"")
    assert squeezed.replace(b",", b"") == before.replace(b",", b"")
