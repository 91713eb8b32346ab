"""The symbolic schema: states, atoms, and what a database would hold. Nothing here imports Django."""

from stitchback.schema.applying import apply_migration, apply_operation
from stitchback.schema.comparing import (
    ComparisonKind,
    FieldComparison,
    compare_definitions,
    compare_fields,
    compare_options,
    compare_shapes,
    compare_togethers,
)
from stitchback.schema.converging import field_operation, operation, operations_between
from stitchback.schema.data import data_run
from stitchback.schema.database import physical_effects
from stitchback.schema.differences import diff_states, state_to_json
from stitchback.schema.effects import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AddOther,
    AlterColumn,
    AlterComment,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Effect,
    Forget,
    MakeUniqueTogether,
    Remake,
    RemoveOther,
    RenameColumn,
    RenameIndex,
    RenameTable,
    RunData,
    Unknown,
)
from stitchback.schema.fields import canonical_field
from stitchback.schema.identity import Identity
from stitchback.schema.physical import physical_of
from stitchback.schema.playing import Played, play, play_with_identity
from stitchback.schema.problems import Clash, InconsistentState
from stitchback.schema.remaking import lost_columns
from stitchback.schema.running import run_effect

__all__ = [
    "AddColumn",
    "AddConstraint",
    "AddIndex",
    "AddOther",
    "AlterColumn",
    "AlterComment",
    "Clash",
    "ComparisonKind",
    "CreateTable",
    "DropColumn",
    "DropConstraint",
    "DropIndex",
    "DropTable",
    "Effect",
    "FieldComparison",
    "Forget",
    "Identity",
    "InconsistentState",
    "MakeUniqueTogether",
    "Played",
    "Remake",
    "RemoveOther",
    "RenameColumn",
    "RenameIndex",
    "RenameTable",
    "RunData",
    "Unknown",
    "apply_migration",
    "apply_operation",
    "canonical_field",
    "compare_definitions",
    "compare_fields",
    "compare_options",
    "compare_shapes",
    "compare_togethers",
    "data_run",
    "diff_states",
    "field_operation",
    "lost_columns",
    "operation",
    "operations_between",
    "physical_effects",
    "physical_of",
    "play",
    "play_with_identity",
    "run_effect",
    "state_to_json",
]
