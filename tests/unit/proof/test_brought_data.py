"""A brought data operation that would, with mainline's code, repeat one of mainline's own."""

from __future__ import annotations

from dataclasses import replace

from migration_values import keys, migration, run_python
from plans_by_hand import changed, patch, situation

from stitchback.model.edits import WriteFile
from stitchback.model.migrations import Migration
from stitchback.model.operations import Followed, ReachedCode, TreeWork
from stitchback.model.plans import Candidate, Situation
from stitchback.model.problems import Problem, ProblemKind
from stitchback.proof.data_runs import repeats_mainlines_work

NAME = "shop.steps.fill"


def work(digest: str, *, unknown: bool = False) -> TreeWork:
    """`fill` of shop/steps.py with this body."""
    reached = {NAME: ReachedCode("shop/steps.py", digest)}
    return TreeWork(run_python(), lambda: Followed("" if unknown else f"does {digest}", reached))


def running(name: str, what: TreeWork | None) -> Migration:
    return migration(name, "shop.0002_base", replace(run_python(), work=what))


def brought(ours: TreeWork, there: TreeWork | None, *mainline: Migration) -> list[Problem]:
    ours.on_mainline = there
    own = running("shop.0003_p", ours)
    given: Situation = situation(*mainline, patches=[patch(own)])
    plan = Candidate({}, (WriteFile(own.key, own.path, own),), changed(given.mainline, own))
    return list(repeats_mainlines_work(plan, given))


def test_the_same_import_with_other_code() -> None:
    said = brought(work("ours"), work("theirs"), running("shop.0004_m", work("theirs")))
    assert said == [Problem.of(ProblemKind.SAME_CODE_TWICE, *keys("shop.0003_p shop.0004_m"), (NAME,))]


def test_near_miss_mainline_changed_the_code_and_runs_it_nowhere() -> None:
    assert brought(work("ours"), work("theirs"), running("shop.0004_m", work("another"))) == []
    assert brought(work("ours"), work("theirs"), running("shop.0004_m", None)) == []


def test_near_miss_the_code_is_the_same_on_both_branches() -> None:
    assert brought(work("same"), work("same"), running("shop.0004_m", work("same"))) == []


def test_near_miss_mainline_has_no_version_of_the_code() -> None:
    assert brought(work("ours"), None, running("shop.0004_m", work("theirs"))) == []


def test_near_miss_code_that_cannot_be_compared() -> None:
    theirs = work("theirs", unknown=True)
    assert brought(work("ours"), theirs, running("shop.0004_m", work("theirs", unknown=True))) == []


def test_near_miss_a_migration_of_the_fork_point_runs_it() -> None:
    """It has run on every database, and on the branch as well."""
    ours = work("ours")
    ours.on_mainline = work("theirs")
    own, shared = running("shop.0003_p", ours), running("shop.0002_shared", work("theirs"))
    given = situation(shared, patches=[patch(own)])
    fork = changed(given.patches[0].fork, shared)
    given = replace(given, patches=(replace(given.patches[0], fork=fork),))
    plan = Candidate({}, (WriteFile(own.key, own.path, own),), changed(given.mainline, own))
    assert list(repeats_mainlines_work(plan, given)) == []


def test_near_miss_the_patch_branch_has_that_migration_too() -> None:
    """It has run both: so does every other database."""
    ours, first = work("ours"), running("shop.0003_first", work("theirs"))
    ours.on_mainline = work("theirs")
    own = running("shop.0004_p", ours)
    given = situation(first, patches=[patch(first, own)])
    plan = Candidate({}, (WriteFile(own.key, own.path, own),), changed(given.mainline, own))
    assert list(repeats_mainlines_work(plan, given)) == []
