"""What can be wrong with a ledger: one file a defect, all of them in one tuple."""

from __future__ import annotations

from stitchback.repair.defects.defect import Defect
from stitchback.repair.defects.doubled_row import DoubledRow
from stitchback.repair.defects.half_done import StoppedHalfWay
from stitchback.repair.defects.handed_over import HandedOver
from stitchback.repair.defects.hole import Hole
from stitchback.repair.defects.migrate_fails import MigrateFails, NextReleaseFails
from stitchback.repair.defects.no_migrations_table import NoMigrationsTable
from stitchback.repair.defects.runs_again import RunsAgain
from stitchback.repair.defects.schema_differs import SchemaDiffers
from stitchback.repair.defects.torn_replacer import TornReplacer
from stitchback.repair.defects.unknown_row import UnknownRow

ALL: tuple[Defect, ...] = (
    NoMigrationsTable(),
    DoubledRow(),
    UnknownRow(),
    Hole(),
    RunsAgain(),
    HandedOver(),
    TornReplacer(),
    SchemaDiffers(),
    StoppedHalfWay(),
    MigrateFails(),
    NextReleaseFails(),
)

__all__ = ["ALL", "Defect"]
