"""`migrate --fake` where it is offered and where it is not, done by real Django on databases of mainline (FACTS F10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
import pytest
from command_line import repair_script, stitchback
from fixture_repos import build_repository

from stitchback.adapters.git import Repository
from stitchback.adapters.project_process import Raised
from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.api.verification.real_differences import schema_differences
from stitchback.api.verification.upgrade_paths import Reconciled
from stitchback.api.verification.worktrees import Worktrees

OFFERED = "    python manage.py migrate --fake "


@dataclass(frozen=True, slots=True)
class Stage:
    """A fixture with its plan applied. `mainline`: a database that mainline's old tree made."""

    repository: Path
    today: Reconciled
    mainline: str
    fresh: str


@pytest.fixture
def stage(name: str, tmp_path: Path) -> Iterator[Stage]:
    built = build_repository(name, tmp_path / "repository")
    with Repository.open(built.path) as repository:
        tip = repository.resolve(built.case.onto)
    assert stitchback(built.path, "apply", *built.case.patches, "--yes").exit_code == 0
    with scratch_databases("sqlite:///") as scratch, Worktrees(built.path) as shop:
        mainline, fresh = scratch.create(), scratch.create()
        assert shop.at(tip).migrate(mainline).went_well
        today = shop.reconciled_folder(built.path, fresh)
        assert not isinstance(today, Raised)
        assert today.session.migrate(fresh).went_well
        yield Stage(built.path, today, mainline, fresh)


@pytest.mark.skipif(django.VERSION >= (6,), reason="there the fake leaves the row twice, and is not offered")
@pytest.mark.parametrize("name", ["renamed-on-mainline", "same-nullable-column-after-fork"])
def test_where_it_is_offered_it_does_what_the_sql_does(stage: Stage) -> None:
    said = stitchback(stage.repository, "repair", "--database", stage.mainline)
    assert said.exit_code == 1
    (command,) = (line for line in said.err.splitlines() if line.startswith(OFFERED))
    session = stage.today.session
    assert session.migrate(stage.mainline, *command.removeprefix(OFFERED).split(), fake=True).went_well
    assert repair_script(stage.repository, stage.mainline) == ""
    assert session.migrate(stage.mainline).went_well
    found, wanted = session.snapshot(stage.mainline), session.snapshot(stage.fresh)
    assert list(schema_differences(found.schema, wanted.schema)) == []
    assert len(set(found.ledger)) == len(found.ledger)
    later = stage.today.following.migrate(stage.mainline)
    assert later.went_well
    assert set(later.ran) == set(stage.today.new)


@pytest.mark.parametrize("name", ["same-column-mid-chain"])
def test_where_it_does_not_work_django_says_what_is_said(stage: Stage) -> None:
    said = stitchback(stage.repository, "repair", "--database", stage.mainline)
    assert OFFERED not in said.err
    _, _, reason = " ".join(said.err.split()).partition("`migrate --fake` cannot be used here")
    done = stage.today.session.migrate(stage.mainline, "shop", "0003_stitched_item_colour", fake=True)
    assert done.error_class == "InconsistentMigrationHistory"
    assert done.error_message in reason


@pytest.mark.parametrize("name", ["renamed-on-mainline"])
def test_a_hand_that_puts_no_row_in_is_no_matter_for_a_fake(stage: Stage) -> None:
    assert stage.today.session.migrate(stage.fresh).went_well
    stage.today.session.execute(
        stage.fresh,
        "INSERT INTO django_migrations (app, name, applied) SELECT app, name, applied FROM django_migrations LIMIT 1",
    )
    said = stitchback(stage.repository, "repair", "--database", stage.fresh)
    assert said.exit_code == 1
    assert "--fake" not in said.err
