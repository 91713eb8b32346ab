"""Where databases stand: lineage, ghosts, defects, and what migrate will do."""

from __future__ import annotations

import pytest
from migration_values import add, create, integer, key, migration, tree
from repair_trees import ADOPTED, BASE, DIAMOND, HOTFIX, MAINLINE, PATCH, SIZE, STITCH, rows, shown

from stitchback.model.findings import Severity
from stitchback.repair.defects import ALL
from stitchback.repair.diagnosis import Diagnosis, lineages
from stitchback.repair.planner import RepairContext, RepairPlanner
from stitchback.reporting.pages import page_of

HISTORIES = (MAINLINE, PATCH)


def diagnosed(ledger: str, today: object = DIAMOND, **around: object) -> Diagnosis:
    surroundings = RepairContext(HISTORIES, **around)  # type: ignore[arg-type]
    return RepairPlanner(today).diagnose(rows(ledger), surroundings)  # type: ignore[arg-type]


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings]


def test_a_patched_database() -> None:
    found = diagnosed("auth.0001_initial auth.0002_x shop.0001_base shop.0002_hotfix")
    assert not found.needs_manual_step
    assert str(found.lineages[0]) == "release, all of it"
    assert [(ghost.key, ghost.by) for ghost in found.ghosts] == [(HOTFIX.key, (STITCH.key,))]
    assert found.ghosts[0].label == "shop.0002_hotfix of release (commit abc)"
    assert (found.elsewhere, found.unknown) == ((("auth", 2),), ())
    assert found.now is not None
    assert [str(each) for each in found.now.runs] == ["shop.0002_size", "shop.0003_color", "shop.0004_later"]
    assert found.now.error == ""


def test_a_mainline_database_that_needs_the_row() -> None:
    found = diagnosed("shop.0001_base shop.0002_size shop.0003_color")
    assert found.needs_manual_step
    assert str(found.lineages[0]) == "main up to shop.0003_color"
    assert codes(found) == ["SB627", "SB624"]
    assert found.now is not None
    assert "applied before its dependency" in found.now.error


def test_the_time_bomb() -> None:
    """FACTS F7: this deploy looks fine."""
    found = diagnosed("shop.0001_base shop.0002_size shop.0003_color shop.0004_later", ADOPTED)
    assert found.now is not None
    assert found.following is not None
    assert (found.now.runs, found.now.error) == ((), "")
    assert "color" in found.following.error
    assert sorted(codes(found)) == ["SB623", "SB628"]


def test_a_row_of_another_migration_of_the_name_is_no_finding() -> None:
    """Its database lacks what mainline's migration does: that one has to run, and Django runs it."""
    ledger = "shop.0001_base shop.0002_size"
    replacing = tree(BASE, SIZE.with_changes(replaces=(HOTFIX.key,)))
    found = diagnosed(ledger, replacing, visible=shown(MAINLINE, "shop.0001_base"))
    assert (codes(found), found.needs_manual_step) == ([], False)
    assert found.now is not None
    assert found.now.runs == (SIZE.key,)
    done = diagnosed(ledger, replacing, visible=shown(MAINLINE, ledger))
    assert "SB623" in codes(done)


def test_doubled_unknown_and_holes() -> None:
    found = diagnosed("shop.0001_base shop.0001_base shop.0099_x", MAINLINE)
    assert sorted(codes(found)) == ["SB620", "SB621"]
    assert found.needs_manual_step
    origins = {key("shop.0099_x"): ("release/9",)}
    known = RepairPlanner(MAINLINE).diagnose(
        rows("shop.0001_base shop.0099_x"), RepairContext(HISTORIES), origins
    )
    assert "it is in release/9" in known.findings[0].message
    assert not known.needs_manual_step
    hole = diagnosed("shop.0001_base shop.0003_color", MAINLINE)
    assert sorted(codes(hole)) == ["SB622", "SB627"]
    assert hole.needs_manual_step


def test_a_torn_replacer() -> None:
    squash = migration("shop.0001_sq", "", create("Item", name=integer()), add("item", "size"))
    today = tree(squash.with_changes(replaces=(key("shop.0001_base"), key("shop.0002_size"))))
    assert "SB625" in codes(diagnosed("shop.0001_base", today))


def test_a_schema_that_the_ledger_does_not_tell() -> None:
    """FACTS F17."""
    visible = shown(MAINLINE, "shop.0001_base")
    lost = migration("shop.0001_base", "", create("Item", name=integer(), depth=integer()))
    found = diagnosed("shop.0001_base", tree(lost), visible=visible)
    assert "SB626" in codes(found)
    assert found.needs_manual_step


def test_the_ref_that_explains_the_rows_comes_first() -> None:
    found = lineages(rows("shop.0001_base shop.0002_size").keys, (PATCH, MAINLINE))
    assert [str(each) for each in found] == ["main up to shop.0002_size", "release up to shop.0001_base"]
    assert found[0].own == (key("shop.0002_size"),)
    assert [each.explains for each in found] == [True, False]
    fresh = lineages(frozenset(), (MAINLINE,))
    assert str(fresh[0]) == "main: nothing applied"


@pytest.mark.parametrize("defect", ALL, ids=lambda defect: defect.code)
def test_every_defect_has_its_page(defect: object) -> None:
    code, severity = (getattr(defect, name) for name in ("code", "severity"))
    assert code.startswith(("SB62", "SB64")) or code == "SB107"  # no table to be read is a finding of reading
    assert isinstance(severity, Severity)
    assert page_of(code) is not None


def test_codes_are_each_others_not() -> None:
    assert len({defect.code for defect in ALL}) == len(ALL)
