"""`stitchback demo`."""

from __future__ import annotations

from pathlib import Path

from commands import Commands

from stitchback.adapters import fixture_case


def test_all_of_it_holds(commands: Commands, tmp_path: Path) -> None:
    done = commands.run(tmp_path, "demo", "--keep", str(tmp_path / "demo"))
    assert done.code == 0, done.stdout
    assert "✗" not in done.stdout
    assert "All checks passed: 12 checks" in done.stdout
    assert sorted(path.name for path in (tmp_path / "demo" / "databases").iterdir()) == [
        "fork-point.sqlite3",
        "fresh.sqlite3",
        "mainline.sqlite3",
        "patched-spoilt.sqlite3",
        "patched.sqlite3",
    ]


def test_it_does_not_write_where_something_is(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    done = commands.run(tmp_path, "demo", "--keep", str(tmp_path))
    assert done.code == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["shop", "mine.txt"]


def test_the_wheel_holds_the_fixture_that_is_used() -> None:
    project = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert (
        f'"fixtures/repos/{fixture_case.DEMO}" = "stitchback/demo_repository/{fixture_case.DEMO}"' in project
    )
