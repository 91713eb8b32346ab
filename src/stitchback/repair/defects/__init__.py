"""All defects of a ledger: one module for each, and one tuple with all of them."""

from __future__ import annotations

from stitchback.repair.defects.defect import Defect
from stitchback.repair.defects.duplicate_row import DuplicateRow
from stitchback.repair.defects.half_done import StoppedHalfWay
from stitchback.repair.defects.leftover import Leftovers, RequiredLeftover
from stitchback.repair.defects.migrate_fails import MigrateFails, MigrateLoses, NextReleaseFails
from stitchback.repair.defects.missing_parent_row import MissingParentRow
from stitchback.repair.defects.missing_stitched_row import MissingStitchedRow
from stitchback.repair.defects.new_id import NoNewId
from stitchback.repair.defects.no_migrations_table import NoMigrationsTable
from stitchback.repair.defects.other_project import OtherProject
from stitchback.repair.defects.partially_applied_squash import PartiallyAppliedSquash
from stitchback.repair.defects.runs_again import RunsAgain
from stitchback.repair.defects.schema_differs import SchemaDiffers
from stitchback.repair.defects.unknown_row import UnknownRow

ALL: tuple[Defect, ...] = (
    NoMigrationsTable(),
    OtherProject(),
    NoNewId(),
    DuplicateRow(),
    UnknownRow(),
    MissingParentRow(),
    RunsAgain(),
    MissingStitchedRow(),
    PartiallyAppliedSquash(),
    SchemaDiffers(),
    StoppedHalfWay(),
    RequiredLeftover(),
    Leftovers(),
    MigrateFails(),
    MigrateLoses(),
    NextReleaseFails(),
)

__all__ = ["ALL", "Defect"]
