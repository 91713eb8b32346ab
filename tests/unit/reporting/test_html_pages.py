"""The pages, without a browser: structure, escaping, and that nothing is loaded."""

from __future__ import annotations

from typing import Any

import pytest
from html_pages import ReadPage
from migration_values import key, migration, tree

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.verify_reports import Answers, QueryAnswer, RollingRun, StopAnswers
from stitchback.planning.graph_picture import Node, picture_of
from stitchback.planning.reports import Overview, ReleaseBranch, State
from stitchback.reporting import render_graph, render_rolling_page, render_status_page
from stitchback.reporting.escaping import visible
from stitchback.reporting.html_graph import Place, places
from stitchback.reporting.html_reports import block, page

FIRST = migration("shop.0001_a")
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "a\u2028b\u2029c",
    "##[error]x",
    "\x1b[31m",
    "\u202e",
    "{{library}}",
    "__proto__",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_in_the_data(name: str) -> None:
    hostile = Migration(MigrationKey("shop", name), "shop/x.py", "1", dependencies=(key("shop.0001_a"),))
    html = render_graph(picture_of(tree(FIRST, hostile, ref=name)), "html")
    ordinary = ReadPage(render_graph(picture_of(tree(FIRST)), "html"))
    read = ReadPage(html)
    read.check()
    assert read.tags == ordinary.tags
    assert html.isascii() or not set("\u2028\u2029\u202e").intersection(html)
    assert "\x1b" not in html
    assert "##[" not in html
    assert read.data["pictures"][0]["migrations"][0]["name"] == visible(name)
    assert read.data["title"] == visible(name)


def test_the_data_has_no_character_of_markup() -> None:
    text = block({"a": ["<", ">", "&", "\u2028", "\x7f", "\u202e"]})
    assert text.isascii()
    assert not {*"<>&", "\x7f"}.intersection(text)
    assert ReadPage(f'<script id="data">{text}</script>').data == {
        "a": ["<", ">", "&", "\\u2028", "\\x7f", "\\u202e"]
    }


def test_the_data_is_what_was_given() -> None:
    data = {"a": ["x\ty\nz", 1, None, True], "title": "<é>"}
    assert ReadPage(f'<script id="data">{block(data)}</script>').data == data


def test_the_library_is_named_with_its_version_and_license() -> None:
    html = page({"title": "", "subtitle": "", "pictures": [{}]})
    assert "Cytoscape.js 3." in html
    assert "Permission is hereby granted, free of charge" in html


def test_a_page_without_a_picture_has_no_library() -> None:
    html = page({"title": "", "subtitle": ""})
    ReadPage(html).check()
    assert "Cytoscape.js" not in html
    assert len(html) < 40_000


def test_the_data_of_one_ref() -> None:
    second = migration("shop.0002_b", "shop.0001_a")
    (picture,) = ReadPage(render_graph(picture_of(tree(FIRST, second)), "html")).data["pictures"]
    assert [each["name"] for each in picture["migrations"]] == ["0002_b", "0001_a"]
    assert [each["near"] for each in picture["migrations"]] == [True, True]
    assert picture["edges"] == [{"child": "n0", "parent": "n1", "elsewhere": False, "plan": ""}]


def placed(parents: dict[str, list[str]]) -> dict[str, Place]:
    """Nodes as "app.name"."""
    nodes = {name: Node(*name.split(".")) for name in parents}
    found = places({nodes[child]: [nodes[each] for each in above] for child, above in parents.items()})
    return {name: found[node] for name, node in nodes.items()}


def test_a_chain_is_one_column() -> None:
    assert placed({"a.3": ["a.2"], "a.2": ["a.1"], "a.1": []}) == {
        "a.3": (0, 0),
        "a.2": (1, 0),
        "a.1": (2, 0),
    }


def test_a_fork_and_a_merge() -> None:
    assert placed({"a.m": ["a.b", "a.c"], "a.b": ["a.a"], "a.c": ["a.a"], "a.a": []}) == {
        "a.m": (0, 0),
        "a.b": (1, 0),
        "a.c": (1, 1),
        "a.a": (2, 0),
    }


def test_a_long_line_crosses_no_other_migration() -> None:
    found = placed({"a.4": ["a.3"], "a.3": ["a.2"], "a.x": ["a.1"], "a.2": ["a.1"], "a.1": []})
    assert found["a.x"].column != found["a.2"].column


def test_unconnected_chains_do_not_overlap() -> None:
    found = placed({"a.2": ["a.1"], "a.1": [], "a.y": ["a.x"], "a.x": []})
    assert len(set(found.values())) == len(found)


def test_apps_stand_beside_each_other_and_below_what_depends_on_them() -> None:
    found = placed({"b.1": ["a.2"], "a.2": ["a.1"], "a.1": []})
    assert found == {"b.1": (0, 1), "a.2": (1, 0), "a.1": (2, 0)}


def test_a_cycle_is_placed() -> None:
    assert len(placed({"a.1": ["a.2"], "a.2": ["a.1"]})) == 2


def overview(*branches: ReleaseBranch, **leaves: tuple[MigrationKey, ...]) -> dict[str, Any]:
    found = Overview(tree(FIRST), branches, leaves, ("release/*",))
    read = ReadPage(render_status_page(found))
    read.check()
    return read.data


def test_the_page_of_the_release_branches() -> None:
    data = overview(
        ReleaseBranch("release/1", "1" * 40, State.RECONCILED),
        ReleaseBranch("release/2", "2" * 40, State.IN_CONFLICT, "SB405: x", "stitchback plan release/2"),
        shop=(key("shop.0002_a"), key("shop.0002_b")),
    )
    branches, leaves = data["tables"]
    assert branches["lines"] == ["1 reconciled, 1 in conflict"]
    assert branches["rows"] == [
        ["release/1", {"text": "reconciled", "tone": "good"}, "", ""],
        [
            "release/2",
            {"text": "in conflict", "tone": "bad"},
            "SB405: x",
            {"code": "stitchback plan release/2"},
        ],
    ]
    assert branches["filter"] == 1
    assert leaves["rows"] == [["shop", ["0002_a", "0002_b"]]]


def test_no_release_branch_and_no_choice_among_equal_states() -> None:
    (none,) = overview()["tables"]
    assert none["lines"] == ["No branch looks like a release (release/*)."]
    (one,) = overview(ReleaseBranch("release/1", "1" * 40, State.RECONCILED))["tables"]
    assert none["filter"] is one["filter"] is None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_branch_stays_in_the_data(name: str) -> None:
    (table,) = overview(ReleaseBranch(name, "1" * 40, State.NOT_READ, name, name))["tables"]
    assert table["rows"] == [
        [visible(name), {"text": "not read", "tone": "bad"}, visible(name), {"code": visible(name)}]
    ]


def query(model: str, query: str = "insert", field: str = "", error: str = "") -> QueryAnswer:
    return QueryAnswer(model, query, field, error)


def rolling(
    *stops: StopAnswers, left_out: Answers = (), unfilled: tuple[str, ...] = (), error: str = ""
) -> dict[str, Any]:
    run = RollingRun("sqlite", "5.2", "v1", stops, left_out, unfilled, error)
    read = ReadPage(render_rolling_page("v1", "v2", (run,)))
    read.check()
    (found,) = read.data["tables"]
    assert isinstance(found, dict)
    return found


def test_the_page_of_a_deploy() -> None:
    works, fails = query("shop.Item"), query("shop.Item", "insert", "name", "no such column")
    found = rolling(
        StopAnswers(None, (works,)),
        StopAnswers(key("shop.0002_b"), (works, fails)),
        left_out=(fails,),
        unfilled=("shop_x: why",),
    )
    assert found["tone"] == "bad"
    assert found["lines"][0] == "1 failure."
    assert found["rows"] == [
        ["before the first migration", "1", {"text": "nothing", "tone": "good"}],
        ["shop.0002_b", "2", ["shop.Item.name: insert: no such column"]],
    ]
    assert found["notes"] == [
        "No rows in shop_x: why",
        "shop.Item.name: insert is left out: it fails on the schema of v1 too: no such column",
    ]


def test_the_page_of_a_deploy_without_and_with_an_error() -> None:
    assert rolling(StopAnswers(None, (query("shop.Item"),)))["lines"][0] == "Every query works at every stop."
    stopped = rolling(error="table exists")
    assert (stopped["lines"][0], stopped["tone"]) == ("migrate fails: table exists", "bad")
