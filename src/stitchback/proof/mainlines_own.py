"""What goes wrong with mainline as it stands, untouched: no plan is asked to mend that, and none is refused for it."""

from __future__ import annotations

from collections.abc import Iterable

from stitchback.engine import Place
from stitchback.model.plans import Population, Unserved
from stitchback.proof.closed_sets import Keys
from stitchback.proof.populations import FORK, FRESH, MAINLINE, Inhabitant
from stitchback.proof.rollouts import Act, Kind, Rollouts, Trouble
from stitchback.proof.scene import Scene

UNPATCHED = (FRESH, FORK, MAINLINE)
PLAINLY = "migrate"


class MainlinesOwn:
    """Troubles that mainline has by itself: the very same acts, done with mainline's tree, come to the very same trouble. Where it does not know
    the migration of an act (the plan writes it), an act that runs none stands for it: Django records squashes even so. A repair is left out. From a database of the patch branch, mainline by itself gets
    nowhere: there it is enough that one without the patch has come to the very same."""

    def __init__(self, scene: Scene, matters: Keys | None) -> None:
        self._scene = scene
        self._matters = matters
        self._known: set[Kind] = set()
        self._met: dict[tuple[str, Kind | None], Unserved] = {}

    def has(self, inhabitant: Inhabitant, start: Place, trouble: Trouble) -> bool:
        """`start`: the database that stands for the inhabitant."""
        if inhabitant.population.lineage in UNPATCHED:
            starts = [start]
        elif trouble.kind in self._known:
            return True
        else:
            starts = self._unpatched()
        if not self._comes_to(trouble, starts):
            return False
        self._known.add(trouble.kind)
        place = (inhabitant.population.name, None) if plainly(trouble) else ("", trouble.kind)
        self._met.setdefault(place, unserved(inhabitant.population, trouble))
        return True

    def is_without_the_patch(self, trouble: Trouble) -> bool:
        """Of one that a plain migrate comes to on a database of the patch branch: whether the patch has nothing to do with it."""
        return plainly(trouble) and self._comes_to(trouble, self._unpatched())

    def _comes_to(self, trouble: Trouble, starts: Iterable[Place]) -> bool:
        untouched = self._scene.untouched(self._matters)
        if untouched is None:
            return False
        acts = tuple(self._there(act, untouched) for act in trouble.path if not act.repair)
        reached = (untouched.follow(each, acts) for each in starts)
        look = untouched.whole if trouble.did[0] == PLAINLY else untouched.troubles_at
        return any(
            trouble.kind == other.kind for place in reached if place is not None for other in look(place)
        )

    def _there(self, act: Act, untouched: Rollouts) -> Act:
        files = self._scene.situation.mainline.migrations
        app, name = act.target or ("", "")
        runs_none = name is None and all(key.app != app for key in files)
        unknown = act.migration is not None and act.migration not in files
        return Act((untouched.bystander, None)) if runs_none or unknown else act

    def _unpatched(self) -> list[Place]:
        inhabitants = self._scene.census(self._matters).inhabitants
        return [each.place for each in inhabitants if each.population.lineage in (FRESH, FORK)]

    @property
    def met(self) -> tuple[Unserved, ...]:
        """Every population that a plain migrate fails for, and of what else goes wrong the first of each kind."""
        at_once = {(each.population, each.message) for each in self._met.values() if not each.acts}
        return tuple(
            each
            for each in self._met.values()
            if not each.acts or (each.population, each.message) not in at_once
        )


def plainly(trouble: Trouble) -> bool:
    """Whether nothing but a plain migrate comes to it."""
    return not trouble.path and trouble.did == (PLAINLY,)


def unserved(population: Population, trouble: Trouble) -> Unserved:
    said, _, _ = trouble.message.partition("\n")  # what Django adds is advice for another situation
    at = trouble.error.at if trouble.error else None
    named = (each.migration for each in reversed(trouble.path))
    return Unserved(
        population.name,
        said,
        at or next(filter(None, named), None),
        population.lineage,
        () if plainly(trouble) else trouble.acts,
    )
