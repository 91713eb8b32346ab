"""The judge is judged: a right plan made by hand has no difference, and each wrong one is found out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_repos import build_repository
from harness import Court, court, nothing, rows_of_ghosts

from stitchback.model.verify_reports import EngineReport

STITCHED = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("shop", "0003_item_colour")]
    dependencies = [("shop", "0002_item_is_visible")]
    operations = [
        migrations.AddField("item", "colour", models.CharField(default="natural", max_length=20)),
    ]
"""
EMPTIED = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_item_supplier"), ("shop", "0003_stitched")]
    operations = []
"""
GHOST = rows_of_ghosts({("shop", "0003_item_colour"): ("shop", "0004_catalogue_colours")})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    """The databases are made once."""
    folder = tmp_path_factory.mktemp("court")
    with court(build_repository("same-column-mid-chain", folder / "repository")) as opened:
        yield opened


@pytest.fixture
def diamond(bench: Court, tmp_path: Path) -> Path:
    """The right plan, by hand: a diamond at m (FACTS F12)."""
    tree = Path(
        shutil.copytree(bench.built.path, tmp_path / "diamond", ignore=shutil.ignore_patterns(".git"))
    )
    (tree / "shop/migrations/0003_stitched.py").write_text(STITCHED)
    (tree / "shop/migrations/0004_catalogue_colours.py").write_text(EMPTIED)
    return tree


def said(report: EngineReport) -> str:
    return "\n".join(map(str, report.differences))


def test_a_right_plan_has_no_difference(bench: Court, diamond: Path) -> None:
    report = bench.judge(GHOST, tree=diamond)
    assert said(report) == ""
    lineages = {population.lineage for population in report.populations}
    assert lineages == {"fresh", "fork point", "patched", "mainline"}
    assert report.repaired
    assert {population.lineage for population in report.repaired} == {"mainline"}
    assert report.rollouts > 50
    assert not report.remarks


def test_mainline_databases_without_a_hand_are_named(bench: Court, diamond: Path) -> None:
    found = said(bench.judge(nothing, tree=diamond, thorough=False))
    assert "main up to shop.0004_catalogue_colours: migrate: migrate: InconsistentMigrationHistory" in found
    assert "release/2.4" not in found


def test_doing_nothing_is_found_out(bench: Court) -> None:
    found = said(bench.judge(nothing, thorough=False))
    assert "values of shop_item.colour" in found, "SQLite resets the column in silence (FACTS F31)"


COLUMN = 'migrations.AddField("item", "colour", models.CharField(default="natural", max_length=20))'
ADOPTED = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("shop", "0003_item_colour")]
    dependencies = [("shop", "0003_item_supplier")]
    operations = [{}]
"""
AFTERWARDS = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_item_discontinued_at")]
    operations = [{}]
"""
DELETE = 'migrations.RunSQL("DELETE FROM shop_item WHERE id = (SELECT max(id) FROM shop_item)")'
INDEX_IF_THERE = """\
from django.db import migrations


def forwards(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations WHERE name = '0003_item_colour' AND id = 4")
        if cursor.fetchone()[0]:
            cursor.execute("CREATE INDEX other ON shop_item (sku)")
        cursor.execute("CREATE INDEX one ON shop_item (sku)")


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_item_discontinued_at")]
    operations = [migrations.RunPython(forwards)]
"""
TWO_INDEXES = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_item_discontinued_at")]
    operations = [
        migrations.AddIndex("item", models.Index(fields=["added_on"], name="shop_first")),
        migrations.AddIndex("item", models.Index(fields=["added_on"], name="shop_second")),
    ]
"""


def plant(tree: Path, name: str, text: str) -> None:
    (tree / f"shop/migrations/{name}.py").write_text(text)


def test_a_missing_column_is_named(bench: Court, diamond: Path) -> None:
    plant(diamond, "0003_stitched", STITCHED.replace(COLUMN + ",", ""))
    found = said(bench.judge(GHOST, tree=diamond, thorough=False))
    assert "the reconciled tree: fresh install: schema: column shop_item.colour is missing" in found
    lost = "release/2.4 up to shop.0003_item_colour: migrate: afterwards: values of shop_item.colour"
    assert lost in found, "SQLite leaves it behind when it rebuilds the table"
    assert "column shop_item.colour exists, and a fresh install has none" in found


def test_a_column_missing_on_some_databases_is_named(bench: Court, diamond: Path) -> None:
    """FACTS F28: the diamond at the leaf with `m` emptied; a fresh database that stopped there looks like mainline's."""
    plant(diamond, "0004_catalogue_colours", EMPTIED.replace(', ("shop", "0003_stitched")', ""))
    plant(
        diamond,
        "0007_merge",
        AFTERWARDS.format("").replace("dependencies = [", 'dependencies = [("shop", "0003_stitched"), '),
    )
    found = said(bench.judge(GHOST, tree=diamond))
    assert (
        "same ledger as main up to shop.0004_catalogue_colours, which gets a repair, and another schema"
        in found
    )
    assert "column shop_item.colour is missing" in found


def test_another_length_is_named(bench: Court, diamond: Path) -> None:
    plant(diamond, "0003_stitched", STITCHED.replace("max_length=20", "max_length=30"))
    found = said(bench.judge(GHOST, tree=diamond, thorough=False))
    assert "column shop_item.colour: varchar(20) not null, in a fresh install varchar(30) not null" in found


def test_a_lost_row_is_named(bench: Court, diamond: Path) -> None:
    plant(diamond, "0007_tidy", AFTERWARDS.format(DELETE))
    found = said(bench.judge(GHOST, tree=diamond, thorough=False))
    for population in ("release/2.4 up to shop.0003_item_colour", "fork point of release/2.4"):
        assert f"{population}: migrate: afterwards: rows of shop_item: 2 before, 1 now" in found


def test_a_reset_column_is_named(bench: Court, diamond: Path) -> None:
    plant(
        diamond,
        "0004_catalogue_colours",
        EMPTIED.replace("operations = []", f"operations = [{COLUMN}]").replace(
            "import migrations", "import migrations, models"
        ),
    )
    found = said(bench.judge(GHOST, tree=diamond, thorough=False))
    assert "release/2.4 up to shop.0003_item_colour: migrate: afterwards: values of shop_item.colour" in found
    assert "now natural, natural" in found


def test_an_index_that_is_there_twice_is_named(bench: Court, diamond: Path) -> None:
    plant(diamond, "0007_index", TWO_INDEXES)
    found = said(bench.judge(GHOST, tree=diamond, thorough=False))
    assert "index of shop_item exists 2 times in a fresh install: added_on" in found


def test_an_index_that_only_some_databases_have_twice_is_named(bench: Court, diamond: Path) -> None:
    plant(diamond, "0007_index", INDEX_IF_THERE)
    found = said(bench.judge(GHOST, tree=diamond, thorough=False))
    assert "index of shop_item exists, and a fresh install has none: other: sku" in found


@pytest.mark.parametrize("where", ["mid-chain", "leaf"])
def test_a_replacer_on_mainlines_chain_is_found_out(bench: Court, diamond: Path, where: str) -> None:
    """FACTS F2, F7: `replaces` put into `m` itself."""
    (diamond / "shop/migrations/0003_stitched.py").unlink()
    plant(diamond, "0004_catalogue_colours", ADOPTED.format(COLUMN))
    repair = GHOST
    if where == "leaf":
        repair = nothing
    found = said(bench.judge(repair, tree=diamond))
    assert "migrate customers, then migrate: migrate: InconsistentMigrationHistory" in found
    assert ("main up to shop.0005_item_discount" in found) is (where == "leaf"), "the time bomb"


def test_two_leaves_are_named(bench: Court, diamond: Path) -> None:
    plant(diamond, "0004_other", EMPTIED)
    found = said(bench.judge(GHOST, tree=diamond, thorough=False))
    assert "Conflicting migrations detected" in found


def test_a_repair_that_nobody_may_need_is_named(bench: Court, diamond: Path) -> None:
    found = said(bench.judge(GHOST, tree=diamond, lineages=frozenset(), thorough=False))
    assert "repair: repair: a mainline database needs a manual step" in found
