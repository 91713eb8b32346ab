"""The use case `squash finish`: apps and databases in, the tree without `replaces` and old files out, or the databases that are not there yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stitchback.adapters.connections import TIMEOUT
from stitchback.adapters.databases import read_database
from stitchback.adapters.fleet_file import ReachedTenant, Tenant, UnreachedTenant, read_fleet
from stitchback.adapters.urls import DatabaseUrl
from stitchback.api.nothing_read import refuse_nothing_read
from stitchback.api.project import Project
from stitchback.api.reading_cases import PlanRequest, policy_of, with_works
from stitchback.api.repairing import read_ledgers
from stitchback.api.schema import require_apps
from stitchback.api.squash_stitch import prepared, proved
from stitchback.api.writing_plans import Prepared, contents_of_candidate
from stitchback.errors import EnvironmentProblem
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch, SafePlan, Situation
from stitchback.planning.squash_reports import FinishReport, NotThere, SquashReport
from stitchback.rewriting.rendering import FileContent
from stitchback.squashing.finishing import finished, squashes_in, unfinished

DATE = re.compile(r"\d{4}-\d\d-\d\d")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """`databases`: addresses or URLs; `tenants`: of fleets. `released_before`: a date or a ref, since which every database was migrated."""

    apps: tuple[str, ...]
    databases: tuple[DatabaseUrl | str, ...] = ()
    ledgers: tuple[str, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    released_before: str | None = None
    timeout: int = TIMEOUT


def finish(project: Project, wish: FinishRequest, progress: Progress = lambda _: None) -> FinishReport:
    """Raises EnvironmentProblem: no such ref or app (SB531), a database that cannot be read, no commit before the date (SB710); Refusal (SB709)."""
    tree = project.tree("HEAD")
    refuse_nothing_read(project, (tree,))
    require_apps(wish.apps, tree)
    squashes = squashes_in(tree, wish.apps)
    if not squashes:
        return FinishReport(tree)
    progress("reading databases")
    ledgers, unread = read_all(wish)
    released = released_tree(project, wish.released_before)
    missing = (*not_there(squashes, ledgers), *unread, *not_released(squashes, released))
    if missing:
        return FinishReport(tree, tuple(each.key for each in squashes), missing)
    tree, _ = with_works(tree, ())
    candidate = finished(tree, [tree.migrations[each.key] for each in squashes])
    progress("proving")
    start = released or tree
    patch = Patch(start, start, (), is_least=True)
    situation = Situation((patch,), tree, ((),), policy_of(project, PlanRequest(()), tree), tuple(ledgers))
    apps = tuple(sorted(wish.apps))
    report = proved(project, tree, candidate, f"Finish the squashes of {', '.join(apps)}", apps, situation)
    return FinishReport(tree, tuple(each.key for each in squashes), (), report)


def contents_of_finish(project: Project, report: SquashReport) -> tuple[FileContent, ...]:
    """What the files will hold, None where they are removed."""
    assert isinstance(report.outcome, SafePlan), "only what was proved is written"
    return contents_of_candidate(project, report.outcome.candidate, report.tree, project.read_blob)


def prepare_finish(project: Project, found: FinishReport) -> Prepared:
    """What `write` takes: the files of squashes that every database has, rendered and read again."""
    assert found.report is not None, "only what was proved is written"
    return prepared(project, found.report, contents_of_finish(project, found.report))


def read_all(wish: FinishRequest) -> tuple[list[Ledger], tuple[NotThere, ...]]:
    """The ledgers, and the databases of fleets that cannot be read."""
    found = [read_database(DatabaseUrl.of(url), timeout=wish.timeout).ledger for url in wish.databases]
    found += read_ledgers(wish.ledgers)
    answers = read_fleet(wish.tenants, timeout=wish.timeout) if wish.tenants else ()
    found += [answer.reading.ledger for answer in answers if isinstance(answer, ReachedTenant)]
    unread = (answer for answer in answers if isinstance(answer, UnreachedTenant))
    return found, tuple(
        NotThere(each.tenant.name, f"cannot be read: {each.problem.message}") for each in unread
    )


def not_there(squashes: Sequence[Migration], ledgers: Sequence[Ledger]) -> tuple[NotThere, ...]:
    return tuple(
        NotThere(ledger.source, "", missing)
        for ledger in ledgers
        if (missing := tuple(unfinished(squashes, ledger)))
    )


def released_tree(project: Project, released_before: str | None) -> Tree | None:
    """The tree of the ref, or of the last commit before the date on the branch that is checked out."""
    if released_before is None:
        return None
    if DATE.fullmatch(released_before):
        commit = project.repository.last_before(released_before)
        if commit is None:
            raise EnvironmentProblem(
                "SB710",
                f"the branch has no commit before {released_before}",
                hint="Give a later date, or the tag of a release.",
            )
        return project.tree(f"the last commit before {released_before}", commit)
    commit = project.repository.resolve(released_before)
    return project.tree(released_before, commit)


def not_released(squashes: Sequence[Migration], released: Tree | None) -> tuple[NotThere, ...]:
    if released is None:
        return ()
    missing = [str(each.key) for each in squashes if each.key not in released.migrations]
    return (
        (NotThere(f"databases of {released.ref}", f"that tree does not have {', '.join(missing)} yet"),)
        if missing
        else ()
    )
