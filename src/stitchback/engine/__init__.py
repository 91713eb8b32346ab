"""Django's own loader, executor and recorder over symbolic operations: the one door to Django below the adapters.

Importing this package imports Django (about 0.25 s); nothing of a project is imported, and its settings are not asked.
"""

from stitchback.engine.database import SymbolicDatabase
from stitchback.engine.engine import Engine, Stop, django_version
from stitchback.engine.memory import Memory
from stitchback.engine.migrating import Options, Target
from stitchback.engine.places import Place
from stitchback.engine.runs import Run, RunError, Standing, Step
from stitchback.engine.several import Several
from stitchback.engine.walks import Finish, Walk, Way

__all__ = [
    "Engine",
    "Finish",
    "Memory",
    "Options",
    "Place",
    "Run",
    "RunError",
    "Several",
    "Standing",
    "Step",
    "Stop",
    "SymbolicDatabase",
    "Target",
    "Walk",
    "Way",
    "django_version",
]
