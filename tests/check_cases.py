"""Cases of `check` by hand: the base, a release, and mainline."""

from __future__ import annotations

from migration_values import key, migration
from plans_by_hand import FORK, P, changed, patch

from stitchback.hazards.hazard import Hazard
from stitchback.matching.build_case import case_of
from stitchback.matching.case import Case
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch, Policy

BASE = Patch(FORK, FORK, ())


def case(*mainline: Migration, without: str = "", patches: tuple[Patch, ...] = (BASE, patch(P))) -> Case:
    onto = Tree("main", "main", changed(FORK, *mainline, without=without).migrations)
    return case_of(patches, onto, Policy())


def found(hazard: Hazard, given: Case) -> list[tuple[str, str]]:
    return [(each.ref, each.severity.value) for each in hazard.find(given)]


def squash(*ghosts: str) -> Migration:
    return migration(
        "shop.0001_squashed",
        "",
        *FORK.migrations[key("shop.0001_initial")].operations,
        replaces=" ".join(ghosts),
    )


OLD = "shop.0001_initial shop.0002_base"
