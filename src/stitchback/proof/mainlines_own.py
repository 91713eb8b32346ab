"""What goes wrong with mainline as it stands, untouched: no plan is asked to mend that, and none is refused for it."""

from __future__ import annotations

from stitchback.engine import Place
from stitchback.model.plans import Population, Unserved
from stitchback.proof.closed_sets import Keys
from stitchback.proof.populations import FORK, FRESH, MAINLINE, Inhabitant
from stitchback.proof.rollouts import Kind, Trouble
from stitchback.proof.scene import Scene

UNPATCHED = (FRESH, FORK, MAINLINE)


class MainlinesOwn:
    """Troubles that mainline has by itself: the very same acts, done with mainline's tree, come to the very same trouble. What was seen
    to be one is one wherever it is met again."""

    def __init__(self, scene: Scene, matters: Keys | None) -> None:
        self._scene = scene
        self._matters = matters
        self.known: set[Kind] = set()
        self._met: dict[tuple[str, Kind | None], Unserved] = {}

    def has(self, inhabitant: Inhabitant, start: Place, trouble: Trouble) -> bool:
        """`start`: the database that stands for the inhabitant. From one of the patch branch, mainline by itself gets nowhere: there the acts are
        tried on those of the fork point and on a fresh install."""
        if trouble.kind not in self.known and not self._is_own(inhabitant, start, trouble):
            return False
        if plainly(trouble):
            self._met.setdefault((inhabitant.population.name, None), unserved(inhabitant.population, trouble))
        elif trouble.kind not in self.known:
            self._met["", trouble.kind] = unserved(inhabitant.population, trouble)
        self.known.add(trouble.kind)
        return True

    def _is_own(self, inhabitant: Inhabitant, start: Place, trouble: Trouble) -> bool:
        untouched = self._scene.untouched(self._matters)
        if untouched is None:
            return False
        starts = [start] if inhabitant.population.lineage in UNPATCHED else self._unpatched()
        reached = (untouched.follow(each, trouble.path) for each in starts)
        return any(
            trouble.kind == other.kind
            for place in reached
            if place is not None
            for other in untouched.troubles_at(place)
        )

    def _unpatched(self) -> list[Place]:
        inhabitants = self._scene.census(self._matters).inhabitants
        return [each.place for each in inhabitants if each.population.lineage in (FRESH, FORK)]

    @property
    def met(self) -> tuple[Unserved, ...]:
        """Every population that a plain migrate fails for, and of what else goes wrong the first of each kind."""
        return tuple(self._met.values())


def plainly(trouble: Trouble) -> bool:
    """Whether nothing but a plain migrate comes to it."""
    return not trouble.path and trouble.did == ("migrate",)


def unserved(population: Population, trouble: Trouble) -> Unserved:
    said, _, _ = trouble.message.partition("\n")  # what Django adds is advice for another situation
    at = trouble.error.at if trouble.error else None
    named = (each.migration for each in reversed(trouble.path))
    return Unserved(
        population.name,
        said,
        at or next(filter(None, named), None),
        () if plainly(trouble) else trouble.acts,
    )
