"""`stitchback graph`."""

from __future__ import annotations

from pathlib import Path

from commands import Commands


def body(text: str) -> list[str]:
    """The lines without the first one and the last one, which count what was read."""
    return text.splitlines()[2:-2]


def test_one_ref(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "graph", "release/2.4", "--app", "shop")
    assert done.code == 0
    assert done.stdout.splitlines()[0] == "release/2.4"
    assert body(done.stdout) == [
        "shop",
        "* 0003_item_colour  leaf",
        "* 0002_item_is_visible",
        "* 0001_initial",
    ]
