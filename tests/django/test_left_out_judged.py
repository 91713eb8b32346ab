"""What a plan leaves out because mainline by itself does not serve it: on real databases the same acts come to the very same with mainline
untouched, that is told, and everything else is served."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from command_line import stitchback
from fixture_repos import BuiltRepository, build_repository, case_names, read_case
from harness import Court, court, git, repair_by
from mirror import Mirror

from stitchback.api.project import Project
from stitchback.api.verification.real_differences import schema_differences
from stitchback.upgrades.paths import UpgradeStep

LEFT_OUT = tuple(name for name in case_names() if read_case(name).expect.left_out)
IN_NO_ORDER = "mainline-alters-in-no-order"


def applied(name: str, folder: Path) -> BuiltRepository:
    built = build_repository(name, folder / "repository")
    assert stitchback(built.path, "apply", *built.case.patches, *built.case.options, "--yes").exit_code == 0
    return built


@pytest.mark.parametrize("name", LEFT_OUT)
def test_it_is_told_and_all_else_is_served(name: str, tmp_path: Path) -> None:
    built = applied(name, tmp_path)
    with Project.open(built.path) as project:
        reading = project.reading
    with court(built, bench=partial(Mirror, reading=reading)) as bench:
        report = bench.judge(repair_by(built.path))
    assert isinstance(bench.bench, Mirror)
    assert "\n".join(bench.bench.disagreements) == ""
    assert "\n".join(map(str, report.differences)) == ""
    first, *_ = built.case.expect.left_out
    assert any(each.startswith(first) and "left out" in each for each in report.remarks)


def test_what_the_plan_does_wrong_is_no_doing_of_mainlines(tmp_path: Path) -> None:
    """The reconciled tree with the length of its own: mainline by itself comes to another one."""
    built = applied(IN_NO_ORDER, tmp_path)
    longer = built.path / "shop" / "migrations" / "0005_longer_names.py"
    longer.write_text(longer.read_text().replace("max_length=200", "max_length=210"))
    with court(built) as bench:
        report = bench.judge(repair_by(built.path))
    assert any(
        "varchar(210) not null, in a fresh install varchar(255)" in each.message
        for each in report.differences
    )


def test_mainline_untouched_really_comes_to_it(tmp_path: Path) -> None:
    built = applied(IN_NO_ORDER, tmp_path)
    with court(built) as bench:
        found = after_the_later_one(bench, git(built.path, "rev-parse", "HEAD").strip())
    assert found == ["column shop_item.name: varchar(200) not null, in a fresh install varchar(255) not null"]


def after_the_later_one(bench: Court, untouched: str) -> list[str]:
    session = bench.shop.at(untouched)
    nothing = bench.bench.empty()
    fresh = bench.bench.step(session, nothing).state
    later = bench.bench.step(session, nothing, UpgradeStep(("shop", "0005_alter_item_name"))).state
    assert fresh is not None
    assert later is not None
    end = bench.bench.step(session, later).state
    assert end is not None
    return list(map(str, schema_differences(end.schema, fresh.schema)))
