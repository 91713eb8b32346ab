"""What `check --rolling` predicts is what real models of the old and the new release do, at every stop, on every engine that is there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import django
import pytest
from databases.rolling_agreement import SELECT, agrees, predicted, real, table
from databases.rolling_kinds import KINDS
from databases.rolling_projects import NEW, OLD, rolling_project
from databases.servers import Server
from golden_files import Golden

from stitchback.adapters.scratch_databases import scratch_databases
from stitchback.api import Project
from stitchback.api.checking import RollingRequest, rolling_case
from stitchback.api.verification.rolling import Release, roll
from stitchback.api.verification.worktrees import Worktrees
from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.keys import MigrationKey
from stitchback.model.physical import PhysicalSchema
from stitchback.model.verify_reports import RollingRun
from stitchback.schema.compatibility import incompatibilities
from stitchback.schema.labels import key_of

PRESENT = tuple(kind for kind in KINDS if django.VERSION[:2] >= kind.django)
PAGE = Path(__file__).parents[2] / "docs" / "rolling-deploys.md"
LEAST_KINDS = 30


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rolling_project(tmp_path_factory.mktemp("rolling"), PRESENT).path


@pytest.fixture(scope="module")
def cases(project: Path) -> Mapping[bool, RollingCase]:
    with Project.open(project) as opened:
        return {first: rolling_case(opened, RollingRequest(OLD, NEW, first)) for first in (False, True)}


def test_predictions_are_what_the_models_do(
    server: Server, project: Path, cases: Mapping[bool, RollingCase]
) -> None:
    url = os.environ[server.variable] if server.variable else "sqlite:///"
    with Project.open(project) as opened:
        old, new = (opened.repository.resolve(ref) for ref in (OLD, NEW))
    with scratch_databases(url) as scratch, Worktrees(project) as trees:
        releases = Release(OLD, trees.at(old)), Release(NEW, trees.at(new))
        runs = roll(scratch, *releases, releases, progress=lambda text: None, of_app_alone=True)
    assert len(PRESENT) >= LEAST_KINDS
    assert [run.error for run in runs] == ["", ""]
    assert [run.unfilled for run in runs] == [(), ()]
    wrong = [
        words
        for case, run in zip(cases.values(), runs, strict=True)
        for words in differences(case, run, server.vendor)
    ]
    assert wrong == []


def differences(case: RollingCase, run: RollingRun, vendor: str) -> Iterator[str]:
    """Models and stops at which prediction and reality differ; the last stop of a run, which asks all models again, is compared by its last migration."""
    schemas = schemas_of(case, vendor)
    own = set(incompatibilities(case.code, list(schemas.values())[-1 if case.is_new_code else 0], vendor))
    cautious = {kind.label for kind in PRESENT if kind.cautious}
    for stop in run.stops[:-1]:
        found = [each for each in incompatibilities(case.code, schemas[stop.key], vendor) if each not in own]
        for key, model in case.code.models.items():
            if stop.key is not None and stop.key.app != key.app:
                continue
            label = f"{key.app}.{model.name}"
            untried = {f"relate {each.field}" for each in stop.answers if each.model == label and each.reason}
            foreseen = predicted(each for each in found if each.usage.model == key) - untried
            for parent in filter(None, map(key_of, model.bases)):  # a SELECT joins the parent's table
                foreseen |= predicted(each for each in found if each.usage.model == parent) & {SELECT}
            done = real(each for each in stop.failures if each.model == label)
            is_careful = key.app in cautious and done <= foreseen | {SELECT}
            if not agrees(foreseen, done) and not is_careful:
                errors = [f"{each}: {each.error}" for each in stop.failures if each.model == label]
                yield f"{label} after {stop.key}: predicted {sorted(foreseen)}, real {sorted(done)}: {errors}"


def schemas_of(case: RollingCase, vendor: str) -> dict[MigrationKey | None, PhysicalSchema]:
    path = case.paths[vendor]
    assert path.error is None
    return {None: path.start, **{stop.key: stop.schema for stop in path.stops}}


def test_recipes_keep_old_code_working(cases: Mapping[bool, RollingCase]) -> None:
    broken = {each.found.usage.model.app for each in cases[False].breaks}
    recipes = {kind.label for kind in PRESENT if kind.name.startswith("recipe: ")}
    assert recipes
    assert broken & recipes == set()


@pytest.mark.skipif(django.VERSION < (5, 1), reason="has not all of the kinds")
def test_the_page_has_the_predictions(cases: Mapping[bool, RollingCase], golden: Golden) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition("<!-- predictions -->\n")
    _, end, after = rest.partition("<!-- end of predictions -->\n")
    assert begin
    assert end
    golden.check(PAGE, f"{before}{begin}{table(PRESENT, cases)}{end}{after}")
