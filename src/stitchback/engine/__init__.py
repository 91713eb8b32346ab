"""Runs Django's own loader, executor and recorder over symbolic operations. Below the adapters, only this
package imports Django.

Importing this package imports Django (about 0.25 s). It imports no project code and reads no project
settings.
"""

from stitchback.engine.composite_migration import CompositeMigration
from stitchback.engine.database import DatabaseId, SymbolicDatabase
from stitchback.engine.engine import Engine, Stop, django_version
from stitchback.engine.engine_cache import EngineCache
from stitchback.engine.fast_migrate import RunPath, RunResult
from stitchback.engine.migrate_command import MigrateOptions, Target
from stitchback.engine.runs import Run, RunError
from stitchback.engine.symbolic_checks import SymbolicChecks
from stitchback.model.ledger import LedgerStanding

__all__ = [
    "CompositeMigration",
    "DatabaseId",
    "Engine",
    "EngineCache",
    "LedgerStanding",
    "MigrateOptions",
    "Run",
    "RunError",
    "RunPath",
    "RunResult",
    "Stop",
    "SymbolicChecks",
    "SymbolicDatabase",
    "Target",
    "django_version",
]
