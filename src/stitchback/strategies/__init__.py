"""Ways to bring a patch migration into mainline's tree: they propose, the proof judges."""

from stitchback.strategies.adopt import Adopt
from stitchback.strategies.bridge import Bridge
from stitchback.strategies.composing import compose, unplaced
from stitchback.strategies.converge import Converge
from stitchback.strategies.diamond import Diamond
from stitchback.strategies.forgo import Forgo
from stitchback.strategies.guard import Guard
from stitchback.strategies.keep import Keep
from stitchback.strategies.loosen import Loosen
from stitchback.strategies.merge import Merge
from stitchback.strategies.rehome import Rehome
from stitchback.strategies.renumber import Renumber
from stitchback.strategies.repeat import Repeat
from stitchback.strategies.strategy import Strategy

# In the order in which they are tried where nothing else tells them apart. A new strategy: one file, one line here, one test file.
ALL: tuple[Strategy, ...] = (
    Keep(),
    Loosen(),
    Forgo(),
    Merge(),
    Adopt(),
    Diamond(),
    Converge(),
    Rehome(),
    Renumber(),
    Repeat(),
    Guard(),
    Bridge(),
)

__all__ = ["ALL", "Strategy", "compose", "unplaced"]
