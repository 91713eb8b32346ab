"""Ways to bring a patch migration into mainline's tree: they propose, the proof judges."""

from stitchback.strategies.adopt import Adopt
from stitchback.strategies.bridge import Bridge
from stitchback.strategies.converge import Converge
from stitchback.strategies.diamond import Diamond
from stitchback.strategies.guard import GuardStrategy
from stitchback.strategies.merge import Merge
from stitchback.strategies.rehome import Rehome
from stitchback.strategies.renumber import Renumber
from stitchback.strategies.reparent import Reparent
from stitchback.strategies.rerun_safe import RerunSafe
from stitchback.strategies.search import compose, unplaced
from stitchback.strategies.skip_dropped import SkipDropped
from stitchback.strategies.strategy import Strategy
from stitchback.strategies.unchanged import Unchanged

# In the order in which they are tried where nothing else tells them apart. A new strategy: one file, one line here, one test file.
ALL: tuple[Strategy, ...] = (
    Unchanged(),
    Reparent(),
    SkipDropped(),
    Merge(),
    Adopt(),
    Diamond(),
    Converge(),
    Rehome(),
    Renumber(),
    RerunSafe(),
    GuardStrategy(),
    Bridge(),
)

__all__ = ["ALL", "Strategy", "compose", "unplaced"]
