"""The pictures of `graph`, from values: lines, marks, and names that try to leave their label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from migration_values import key, keys, migration, tree

from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration
from stitchback.planning.graph_picture import GraphPicture, picture_of
from stitchback.reporting import render_graph
from stitchback.reporting.graph_lanes import lanes

FIRST, SECOND, THIRD = (
    migration("shop.0001_a"),
    migration("shop.0002_b", "shop.0001_a"),
    migration("shop.0003_c", "shop.0002_b"),
)


def drawn(parents: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        line
        for node, lane in zip(parents, lanes(parents), strict=True)
        for line in (*lane.above, f"{lane.at} {node}", *lane.below)
    ]


def shown(picture: GraphPicture, *, verbose: bool = False) -> list[str]:
    """The lines below the app's name."""
    text = re.sub(r"\x1b\[[\d;]*m", "", render_graph(picture, "text", verbose=verbose))
    return text.splitlines()[3:-2]


def of(*migrations: Migration, rows: str | None = None) -> list[str]:
    ledger = None if rows is None else Ledger.of(*keys(rows), source="a database")
    return shown(picture_of(tree(*migrations), ledger))


def words(lines: Sequence[str]) -> str:
    return " ".join(" ".join(lines).split())


def test_a_chain_is_one_lane() -> None:
    assert drawn({"c": ["b"], "b": ["a"], "a": []}) == ["* c", "* b", "* a"]


def test_a_merge_and_a_fork() -> None:
    assert drawn({"m": ["b", "c"], "b": ["a"], "c": ["a"], "a": []}) == [
        "* m",
        "|\\",
        "* | b",
        "| * c",
        "|/",
        "* a",
    ]


def test_a_merge_of_three() -> None:
    assert drawn({"m": ["b", "c", "d"], "b": ["a"], "c": ["a"], "d": ["a"], "a": []}) == [
        "* m",
        "|\\",
        "|\\ \\",
        "* | | b",
        "| * | c",
        "| | * d",
        "|_|/",
        "|/",
        "* a",
    ]


def test_a_lane_that_ends_beside_another() -> None:
    assert drawn({"x": ["a"], "y": ["b"], "a": [], "b": []}) == ["* x", "| * y", "* | a", "  * b"]


def test_what_follows_the_end_of_a_lane_does_not_seem_to_be_connected() -> None:
    assert drawn({"b": [], "a": []}) == ["* b", "", "* a"]


def test_near_miss_a_lane_that_goes_on_has_no_gap() -> None:
    assert drawn({"b": ["a"], "a": []}) == ["* b", "* a"]


def test_a_cycle_is_drawn_once() -> None:
    assert drawn({"b": ["a"], "a": ["b"]}) == ["* b", "* a"]


def test_newest_first_and_only_the_last_is_a_leaf() -> None:
    assert of(FIRST, SECOND, THIRD) == ["* 0003_c  leaf", "* 0002_b", "* 0001_a"]


def test_two_leaves_and_a_merge() -> None:
    other = migration("shop.0003_d", "shop.0002_b")
    merge = migration("shop.0004_merge", "shop.0003_c shop.0003_d")
    assert of(FIRST, SECOND, THIRD, other)[:2] == ["* 0003_d  leaf", "| * 0003_c  leaf"]
    assert of(FIRST, SECOND, THIRD, other, merge)[0] == "* 0004_merge  leaf, merge"


def test_near_miss_a_dependency_on_another_app_makes_no_merge() -> None:
    lines = of(FIRST, migration("shop.0002_b", "shop.0001_a crm.0001_a"), migration("crm.0001_a"))
    assert "* 0002_b  leaf, after crm.0001_a" in lines


def test_a_dependency_on_an_installed_package_and_one_without_a_file() -> None:
    assert of(migration("shop.0001_a", "auth.0012_x")) == ["* 0001_a  leaf, after auth.0012_x"]
    assert of(migration("shop.0002_b", "shop.0001_a")) == [
        "* 0002_b  leaf, depends on shop.0001_a, which has no file"
    ]


def test_a_squash_and_what_it_replaces() -> None:
    squash = migration("shop.0001_squashed", replaces="shop.0001_a shop.0002_b")
    assert of(FIRST, SECOND, THIRD, squash) == [
        "* 0003_c  leaf",
        "* 0002_b  replaced by 0001_squashed",
        "* 0001_a  replaced by 0001_squashed",
        "",
        "* 0001_squashed  squash of 0001_a, 0002_b",
    ]


def test_a_ghost_is_no_squashed_file() -> None:
    stitched = migration("shop.0002_stitched", "shop.0001_a", replaces="shop.0002_hotfix")
    assert of(FIRST, stitched)[0] == "* 0002_stitched  leaf, replaces the ghost 0002_hotfix"


def test_many_ghosts_are_counted_unless_all_are_wanted() -> None:
    many = " ".join(f"shop.{number:04d}_x" for number in range(1, 7))
    picture = picture_of(tree(migration("shop.0001_all", replaces=many)))
    assert shown(picture)[0].endswith("replaces the ghosts 0001_x, 0002_x, 0003_x, 0004_x, and 2 more")
    assert "0006_x" in words(shown(picture, verbose=True))


def test_a_cycle_is_marked() -> None:
    lines = of(migration("shop.0001_a", "shop.0002_b"), SECOND)
    assert all("in a cycle" in line for line in lines)
    assert not any("in a cycle" in line for line in of(FIRST, SECOND))


def test_applied_and_not() -> None:
    assert of(FIRST, SECOND, rows="shop.0001_a") == ["* [ ] 0002_b  leaf", "* [X] 0001_a"]


def test_without_a_database_there_are_no_boxes() -> None:
    assert not any("[" in line for line in of(FIRST, SECOND))


def test_a_squash_that_is_not_recorded_yet() -> None:
    squash = migration("shop.0001_squashed", replaces="shop.0001_a shop.0002_b")
    both = of(FIRST, SECOND, squash, rows="shop.0001_a shop.0002_b")
    assert any(line.startswith("* [-] 0001_squashed") for line in both)
    half = of(FIRST, SECOND, squash, rows="shop.0001_a")
    assert any(line.startswith("* [ ] 0001_squashed") for line in half)
    recorded = of(FIRST, SECOND, squash, rows="shop.0001_a shop.0002_b shop.0001_squashed")
    assert any(line.startswith("* [X] 0001_squashed") for line in recorded)


def test_a_row_that_django_ignores() -> None:
    squash = migration("shop.0001_squashed", replaces="shop.0001_a")
    ignored = "recorded, but Django does not count it as applied"
    assert ignored in words(of(squash, rows="shop.0001_squashed"))
    assert ignored not in words(of(squash, rows="shop.0001_squashed shop.0001_a"))


def test_recorded_ghosts_are_counted() -> None:
    stitched = migration("shop.0002_stitched", "shop.0001_a", replaces="shop.0002_x shop.0002_y")
    assert "0002_x, 0002_y (1 recorded)" in of(FIRST, stitched, rows="shop.0002_x")[0]


def test_a_row_without_a_file() -> None:
    assert of(FIRST, rows="shop.0001_a shop.0009_gone")[-1] == "? [X] 0009_gone  recorded, without a file"


@pytest.mark.parametrize("rows", ["auth.0001_initial", "shop.0002_ghost"])
def test_near_miss_rows_of_packages_and_of_ghosts_are_known(rows: str) -> None:
    stitched = migration("shop.0002_stitched", "shop.0001_a", replaces="shop.0002_ghost")
    assert not any(line.startswith("?") for line in of(FIRST, stitched, rows=rows))


def test_a_long_line_goes_on_beside_the_lanes() -> None:
    name = "0003_" + "_".join(["long"] * 15)
    other = migration(f"shop.{name}", "shop.0001_a", replaces=f"shop.{name}_before")
    lines = of(FIRST, SECOND, other)
    assert lines[0].startswith(f"* {name}")
    assert lines[1].startswith("|     ")
    assert max(map(len, lines)) <= 100


HOSTILE = [
    '"]; evil[label="x',
    "a\nb",
    "a]b",
    "<script>alert(1)</script>",
    "\\",
    "a\\",
    'a\\"',
    "&quot;",
    "#quot;",
    "%%{init: {}}%%",
    "`a`",
    "::error::x",
    "##[error]x",
    "\x1b[31m",
    "\u202e",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_in_its_label(name: str) -> None:
    hostile = Migration(MigrationKey("shop", name), "shop/x.py", "1", dependencies=(key("shop.0001_a"),))
    picture = picture_of(tree(FIRST, hostile, ref="main"))
    ordinary = picture_of(tree(FIRST, SECOND))
    mermaid, dot = render_graph(picture, "mermaid"), render_graph(picture, "dot")
    # Outside the quoted texts nothing differs from the picture of an ordinary name.
    assert re.sub(r'"[^"\n]*"', '""', mermaid) == re.sub(
        r'"[^"\n]*"', '""', render_graph(ordinary, "mermaid")
    )
    quoted = r'"(?:[^"\\\n]|\\.)*"'
    assert re.sub(quoted, '""', dot) == re.sub(quoted, '""', render_graph(ordinary, "dot"))
    for text in (mermaid, dot, render_graph(picture, "json"), render_graph(picture, "text")):
        assert "\x1b[31m" not in text
        assert "\u202e" not in text
    for text in (mermaid, dot):
        assert "<script" not in text
        assert "%%{" not in mermaid
        assert "##[" not in mermaid


def test_an_ordinary_name_is_readable_in_mermaid_and_dot() -> None:
    picture = picture_of(tree(FIRST, SECOND))
    assert render_graph(picture, "mermaid").splitlines() == [
        "flowchart TB",
        '  title["main"]',
        '  subgraph app0["shop"]',
        '    n0["0002_b<br/>leaf"]',
        '    n1["0001_a"]',
        "  end",
        "  n0 --> n1",
    ]
    assert render_graph(picture, "dot").splitlines() == [
        "digraph migrations {",
        '  label="main";',
        "  node [shape=box];",
        "  subgraph cluster_0 {",
        '    label="shop";',
        '    n0 [label="0002_b\\nleaf"];',
        '    n1 [label="0001_a"];',
        "  }",
        "  n0 -> n1;",
        "}",
    ]


def test_what_is_not_applied_has_a_dashed_border() -> None:
    picture = picture_of(tree(FIRST, SECOND), Ledger.of(key("shop.0001_a")))
    assert "  style n0 stroke-dasharray:4" in render_graph(picture, "mermaid").splitlines()
    assert "style n1" not in render_graph(picture, "mermaid")
    assert 'n0 [label="[ ] 0002_b\\nleaf", style="dashed"];' in render_graph(picture, "dot")
    assert 'n1 [label="[X] 0001_a"];' in render_graph(picture, "dot")
