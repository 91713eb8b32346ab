"""The runbook's text: what is in it, that it is the same every time, and that no name breaks out of it."""

from __future__ import annotations

from dataclasses import replace

from migration_values import add, create, integer, key, migration, tree

from stitchback.model.edits import DeleteFile, WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Candidate, ManualInsert, Population, PopulationOutcome, Proof, Remark
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.plan_script import plan_edits, plan_script
from stitchback.runbook import FakeAdvice, RunbookSql, render_runbook

HOTFIX = key("shop.0002_hotfix")
COLOR = key("shop.0003_color")
BASE = migration("shop.0001_base", "", create("Item", name=integer()))
STITCH = migration("shop.0002_stitch", "shop.0001_base", add("item", "color"), replaces="shop.0002_hotfix")
RESULT = tree(BASE, STITCH, migration("shop.0003_color", "shop.0001_base shop.0002_stitch"))
CANDIDATE = Candidate(
    {"shop": "diamond"},
    (
        WriteFile(STITCH.key, "shop/migrations/0002_stitch.py", None),
        WriteFile(COLOR, "shop/migrations/0003_color.py", RESULT.migrations[COLOR]),
        DeleteFile(key("shop.0009_old"), "shop/migrations/0009_old.py"),
    ),
    RESULT,
    (ManualInsert(HOTFIX, (COLOR,)),),
    (Remark(COLOR, "data is worked on twice | nowhere"),),
)


def outcome(name: str, *inserts: MigrationKey, runs: tuple[MigrationKey, ...] = ()) -> PopulationOutcome:
    return PopulationOutcome(Population(name, "mainline", "main", ()), inserts, 3, runs, ())


PROOF = Proof(
    "5.2.19",
    (
        outcome("fresh install", runs=(BASE.key, STITCH.key, COLOR)),
        outcome("release/2.4 up to shop.0002_hotfix", runs=(COLOR,)),
        *(outcome(f"main up to shop.000{at}", HOTFIX) for at in range(3, 9)),
    ),
    120,
    3,
    0,
    ("deploys of more than 9 apps in any order",),
)


def sql(vendor: str, *, files: bool = False) -> RunbookSql:
    script = plan_script(CANDIDATE, vendor)
    names = ("repair.sql", "undo.sql") if files else ("", "")
    return RunbookSql(vendor, script.text, script.undo, script.probe[0], *names)


def test_a_plan_with_a_hand() -> None:
    fakes = (
        FakeAdvice(("main up to shop.0003",), (HOTFIX,), ("migrate --fake shop 0002_stitch",)),
        FakeAdvice(
            ("main up to shop.0004",), (HOTFIX,), reason="shop.0003_color is applied before its dependency"
        ),
    )
    text = render_runbook(
        CANDIDATE, PROOF, patches=["release/2.4"], onto="main", sql=[sql("sqlite"), sql("mysql")], fakes=fakes
    )
    for heading in (
        "# Runbook: release/2.4 into main",
        "## Before the deploy",
        "### SQLite",
        "### MySQL and MariaDB",
    ):
        assert f"{heading}\n" in text
    for heading in ("## The deploy", "## After the deploy: check", "## How to undo it", "### Undo, SQLite"):
        assert f"{heading}\n" in text
    assert "INSERT INTO django_migrations" in text
    assert "python manage.py migrate --fake shop 0002_stitch" in text
    assert "cannot be used for main up to shop.0004: shop.0003\\_color is applied before" in text
    assert "- `shop.0002_hotfix`, where `shop.0003_color` is applied" in text
    assert (
        "main up to shop.0003; main up to shop.0004; main up to shop.0005; main up to shop.0006; and 2 more"
        in text
    )
    assert "`shop/migrations/0002_stitch.py` (new)" in text
    assert "`shop/migrations/0009_old.py` (deleted)" in text
    assert "twice \\| nowhere" in text
    assert "Not tried: deploys of more" in text


def test_a_plan_without_a_hand() -> None:
    proof = replace(PROOF, outcomes=PROOF.outcomes[:2], bounded=())
    text = render_runbook(
        replace(CANDIDATE, manual_inserts=()), proof, patches=["a", "b"], onto="main", sql=[sql("sqlite")]
    )
    assert "Nothing: no database needs a manual step." in text
    assert "INSERT INTO" not in text
    assert "Not tried" not in text


def test_scripts_that_lie_beside_it_are_named() -> None:
    text = render_runbook(
        CANDIDATE, PROOF, patches=["release/2.4"], onto="main", sql=[sql("postgresql", files=True)]
    )
    assert "Run `repair.sql`." in text
    assert "(`undo.sql`)" in text
    assert "INSERT INTO" not in text


def test_the_same_plan_gives_the_same_bytes() -> None:
    both = replace(CANDIDATE, strategies={"shop": "diamond", "blog": "merge"})
    reordered = replace(both, strategies={"blog": "merge", "shop": "diamond"})
    texts = {
        render_runbook(each, PROOF, patches=["r"], onto="main", sql=[sql("oracle")])
        for each in (both, reordered)
    }
    assert len(texts) == 1
    (text,) = texts
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not [line for line in text.split("\n") if line != line.rstrip()]


def test_names_do_not_break_out() -> None:
    evil = MigrationKey("shop", "a`|b\n# c <script>")
    proof = replace(PROOF, outcomes=(outcome("x | y\n# z", evil, runs=(evil,)),))
    text = render_runbook(
        replace(CANDIDATE, manual_inserts=(ManualInsert(evil, (evil,)),)),
        proof,
        patches=["r`\n# x"],
        onto="<main>",
    )
    assert [line for line in text.split("\n") if line.startswith("# ")] == [
        "# Runbook: r\\` # x into \\<main\\>"
    ]
    assert "`shop.a\\x60\\x7cb\\x0a# c <script>`" in text


def test_the_plans_script_looks_for_its_ground() -> None:
    (edit,) = plan_edits(CANDIDATE)
    assert (edit.key, edit.guard.given, edit.guard.seen) == (
        HOTFIX,
        (COLOR,),
        (Presence("shop_item", "color"),),
    )
