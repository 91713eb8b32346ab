"""The pages in a real browser: nothing fails, nothing leaves the file, and search, filter, zoom and click do what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import stitchback
from commands import Commands
from fixture_repos import build_repository
from migration_values import migration, tree

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.planning.graph_picture import picture_of
from stitchback.planning.reports import Overview, ReleaseBranch, State
from stitchback.reporting import render_graph, render_status_page

Write = Callable[[str], Path]
PHONE = (500, 800)  # the narrowest window that Chromium has
FIRST_PAINT_MS = 2_000
MANY = 2_000
UP, DOWN = "\ue013", "\ue015"  # arrow keys
WHITE, DARK = 0xFFFFFFFF, 0xFF17110D  # the light and the dark background, as ABGR


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build_repository("same-column-mid-chain", tmp_path / "shop").path


@pytest.fixture
def plan(commands: Commands, shop: Path, tmp_path: Path) -> Path:
    file = tmp_path / "plan.html"
    assert commands.run(shop, "plan", "release/2.4", "--onto", "main", "--html", str(file)).code == 1
    return file


@pytest.fixture
def graph(commands: Commands, shop: Path, write: Write) -> Path:
    return write(commands.run(shop, "graph", "release/2.4", "main", "--format", "html").stdout)


def is_quiet(browser: Any, file: Path) -> None:
    assert browser.errors() == []
    assert [each for each in browser.requests() if each != file.as_uri()] == []


def nodes(browser: Any, selector: str = "node") -> list[str]:
    found = browser.run(
        "return host.graph.nodes(arguments[0]).not('.app').map((each) => each.data('label'))", selector
    )
    return sorted(found)


def test_the_page_of_a_plan(browser: Any, plan: Path) -> None:
    browser.open(plan)
    assert browser.driver.title == "release/2.4 into main – stitchback"
    assert browser.texts("h2") == [
        "Plan",
        "What the sides have",
        "Migration graph",
        "Files of the plan",
        "Proof",
        "Manual steps",
        "Runbook",
        "Other plans",
    ]
    assert "0003_stitched_item_colour" in nodes(browser, ".plan")
    assert nodes(browser, ".patch") == ["0003_item_colour"]
    assert nodes(browser, ".planned") == ["0003_stitched_item_colour", "0004_catalogue_colours"]
    assert browser.run("return host.graph.edges('.match').map((each) => each.data('label'))") == ["identical"]
    assert "+    replaces = [('shop', '0003_item_colour')]" in browser.texts("#files pre span.added")
    assert "fresh install" in browser.texts("#proof td")
    is_quiet(browser, plan)


def test_the_page_of_a_refusal(browser: Any, commands: Commands, tmp_path: Path) -> None:
    built = build_repository("contrary-removed-and-altered", tmp_path / "refused")
    file = tmp_path / "plan.html"
    assert commands.run(built.path, "plan", "release/2.4", "--onto", "main", "--html", str(file)).code == 3
    browser.open(file)
    assert browser.texts("h2")[0] == "Refused"
    assert "SB4" in browser.find("#summary pre").text
    is_quiet(browser, file)


def test_search(browser: Any, graph: Path) -> None:
    browser.open(graph)
    browser.find("[name=search]").send_keys("COLOUR")
    assert browser.texts("output") == ["2 of 9 migrations"]
    assert "0003_item_supplier" in nodes(browser, ".pale")
    assert not {"0003_item_colour", "0004_catalogue_colours"}.intersection(nodes(browser, ".pale"))
    browser.find("[name=search]").send_keys("\ue007")
    assert browser.texts(".chosen h3") == [f"shop.{nodes(browser, ':selected')[0]}"]
    first = nodes(browser, ":selected")
    browser.find("[name=search]").send_keys("\ue007")
    assert nodes(browser, ":selected") != first
    is_quiet(browser, graph)


def test_filter_by_app_and_all_shared_migrations(browser: Any, graph: Path) -> None:
    browser.open(graph)
    assert "0002_customer_phone" in nodes(browser)
    browser.find("[name=app]").send_keys("shop")
    assert "0002_customer_phone" not in nodes(browser)
    assert "0001_initial" not in nodes(browser)
    browser.find("[name=all]").click()
    assert "0001_initial" in nodes(browser)
    is_quiet(browser, graph)


def test_zoom(browser: Any, graph: Path) -> None:
    browser.open(graph)
    zoom = "return host.graph.zoom()"
    browser.find("[name=fit]").click()
    before = browser.run(zoom)
    browser.find("[name=in]").click()
    assert browser.run(zoom) > before
    browser.find("[name=out]").click()
    browser.find("[name=out]").click()
    assert browser.run(zoom) < before
    browser.find("[name=fit]").click()
    assert browser.run(zoom) == pytest.approx(before)
    browser.find(".canvas").send_keys("+")
    assert browser.run(zoom) > before
    browser.find(".canvas").send_keys("0")
    assert browser.run(zoom) == pytest.approx(before)
    is_quiet(browser, graph)


def test_click_and_keyboard_show_the_operations(browser: Any, graph: Path) -> None:
    browser.open(graph)
    browser.click_migration("0003_item_colour")
    assert browser.texts(".chosen h3") == ["shop.0003_item_colour"]
    assert browser.texts(".chosen ol li") == ["AddField item.colour"]
    browser.find(".list summary").send_keys("\ue007")
    button = next(
        each
        for each in browser.driver.find_elements("css selector", ".list button")
        if each.text == "0005_item_discount"
    )
    button.send_keys("\ue007")
    assert browser.texts(".chosen h3") == ["shop.0005_item_discount"]
    assert nodes(browser, ":selected") == ["0005_item_discount"]
    is_quiet(browser, graph)


HOSTILE = (
    "</script><script>hacked = 1</script>",
    "<img src=x onerror='hacked = 1'>",
    "<b>x",
    "{{data}}",
    "__proto__",
    "a b",
)


def test_hostile_names_stay_text(browser: Any, write: Write) -> None:
    """Of migrations, of an app, of the ref."""
    migrations = [Migration(MigrationKey("<i>shop", name), f"{name}.py", "1") for name in HOSTILE]
    file = write(render_graph(picture_of(tree(*migrations, ref=HOSTILE[0])), "html"))
    browser.open(file)
    assert browser.run("return typeof hacked") == "undefined"
    assert browser.texts("h1") == [HOSTILE[0]]
    assert nodes(browser) == sorted(HOSTILE)
    assert (
        browser.run("return document.querySelectorAll('img, b, i:not(.legend i), main script').length") == 0
    )
    for name in HOSTILE:
        browser.run("host.querySelector('.list').open = true;")
        next(
            each for each in browser.driver.find_elements("css selector", ".list button") if each.text == name
        ).click()
        assert browser.texts(".chosen h3") == [f"<i>shop.{name}"]
    is_quiet(browser, file)


def test_an_inserted_script_or_request_is_blocked(browser: Any, graph: Path) -> None:
    """The policy, if a text became HTML in spite of all."""
    browser.open(graph)
    browser.run(
        "document.body.insertAdjacentHTML('beforeend', \"<img src='http://127.0.0.1:9/x.png' onerror='hacked = 1'>\");"
        "const script = document.createElement('script'); script.textContent = 'hacked = 1'; document.body.append(script);"
    )
    assert browser.run("return typeof hacked") == "undefined"
    assert any("Content Security Policy" in each for each in browser.errors())


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_on_a_phone(browser: Any, plan: Path, dark: bool) -> None:
    """Nothing is wider than the window; the colours are those that the system prefers."""
    browser.open(plan, size=PHONE, dark=dark)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
    is_quiet(browser, plan)


def test_on_paper(browser: Any, plan: Path) -> None:
    """All parts are open, and what only a screen can use is left out; the colours are light, in the picture too."""
    browser.open(plan, dark=True)
    browser.run("dispatchEvent(new Event('beforeprint'))")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert browser.run("return [...document.querySelectorAll('details')].every((each) => each.open)")
        assert browser.texts(".tools, nav") == []
        assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        drawn = "const drawn = host.querySelector('.printed'), pen = drawn.getContext('2d');"
        found = browser.run(
            f"{drawn} return [...new Set(new Uint32Array(pen.getImageData(0, 0, drawn.width, drawn.height).data.buffer))]"
        )
        assert WHITE in found
        assert DARK not in found
        assert len(found) > 10, "something is drawn"
        browser.run("dispatchEvent(new Event('afterprint'))")
        assert browser.run("return host.querySelector('.printed')") is None
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    is_quiet(browser, plan)


def test_many_migrations(browser: Any, write: Write) -> None:
    made = [
        migration(
            f"app{number % 40}.{number // 40 + 1:04d}_x",
            *([f"app{number % 40}.{number // 40:04d}_x"] if number >= 40 else []),
        )
        for number in range(MANY)
    ]
    file = write(render_graph(picture_of(tree(*made)), "html"))
    browser.open(file)
    assert len(nodes(browser)) == MANY
    paints = browser.run(
        "return performance.getEntriesByName('first-contentful-paint').map((each) => each.startTime)"
    )
    assert paints[0] < FIRST_PAINT_MS
    browser.find("[name=search]").send_keys("app7.")
    assert browser.texts("output") == ["50 of 2,000 migrations"]
    is_quiet(browser, file)


def test_two_patch_branches_have_a_picture_each(browser: Any, commands: Commands, tmp_path: Path) -> None:
    built = build_repository("two-release-branches", tmp_path / "two")
    file = tmp_path / "plan.html"
    commands.run(built.path, "plan", *built.case.patches, *built.case.options, "--html", str(file))
    browser.open(file)
    options = "return [...host.querySelectorAll('[name=branch] option')].map((each) => each.textContent)"
    assert browser.run(options) == list(built.case.patches)
    before = nodes(browser, ".patch")
    browser.find("[name=branch]").send_keys(built.case.patches[1])
    assert before != nodes(browser, ".patch") != []
    is_quiet(browser, file)


@pytest.fixture
def branches(write: Write) -> Path:
    """The page of `status`, with hostile names of branches."""
    found = [
        ReleaseBranch("release/1.0", "1" * 40, State.RECONCILED),
        ReleaseBranch("release/2.0", "2" * 40, State.TO_RECONCILE, "1 migration", "stitchback plan release/2.0"),
        *(ReleaseBranch(name, "3" * 40, State.IN_CONFLICT, name, name) for name in HOSTILE),
    ]  # fmt: skip
    overview = Overview(tree(migration("shop.0001_x")), tuple(found), {HOSTILE[0]: ()}, ("release/*",))
    return write(render_status_page(overview))


def test_the_page_of_the_release_branches(browser: Any, branches: Path) -> None:
    browser.open(branches)
    assert browser.texts("h2") == ["Release branches", "Several leaf nodes"]
    assert browser.texts("#branches tbody tr:nth-child(2) td") == [
        "release/2.0",
        "to reconcile",
        "1 migration",
        "stitchback plan release/2.0",
    ]
    is_quiet(browser, branches)


def test_hostile_names_of_branches_stay_text(browser: Any, branches: Path) -> None:
    browser.open(branches)
    assert browser.run("return typeof hacked") == "undefined"
    assert browser.texts("#branches tbody td:first-child")[2:] == list(HOSTILE)
    assert browser.run("return document.querySelectorAll('img, b, i, main script').length") == 0
    is_quiet(browser, branches)


def test_only_the_branches_in_one_state(browser: Any, branches: Path) -> None:
    """With the keyboard."""
    browser.open(branches)
    browser.find("[name=filter]").send_keys(DOWN, DOWN)
    assert browser.texts("#branches tbody td:first-child") == ["release/2.0"]
    browser.find("[name=filter]").send_keys(UP, UP)
    assert len(browser.texts("#branches tbody td:first-child")) == 2 + len(HOSTILE)
    is_quiet(browser, branches)


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    built = build_repository("same-column-mid-chain", folder / "shop")
    page = folder / "verify.html"
    assert (
        stitchback(built.path, "verify", "release/2.4", "--onto", "main", "--html", str(page)).exit_code == 0
    )
    return page


def test_the_page_of_verify(browser: Any, verified: Path) -> None:
    browser.open(verified)
    assert browser.texts("h2")[:3] == ["Plan", "Verified on sqlite", "What the sides have"]
    assert browser.texts("#verified-0 p.good") == ["No error, no difference, no lost value."]
    assert "equal to a fresh install" in browser.texts("#verified-0 td")
    browser.find("#verified-0 summary").send_keys("\ue007")
    assert "shop.0003_stitched_item_colour" in browser.texts("#verified-0 details li")
    is_quiet(browser, verified)


@pytest.mark.parametrize("page", ["branches", "verified"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_tables_on_a_phone(browser: Any, request: pytest.FixtureRequest, page: str, dark: bool) -> None:
    file = request.getfixturevalue(page)
    browser.open(file, size=PHONE, dark=dark)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
    is_quiet(browser, file)


def test_tables_on_paper(browser: Any, branches: Path) -> None:
    """All rows, without the choice among them."""
    browser.open(branches, dark=True)
    browser.find("[name=filter]").send_keys(DOWN, DOWN)
    browser.run("dispatchEvent(new Event('beforeprint'))")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert browser.texts(".tools, nav") == []
        assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert len(browser.texts("#branches tbody td:first-child")) == 2 + len(HOSTILE)
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    is_quiet(browser, branches)
