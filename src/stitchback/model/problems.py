"""What goes wrong with a database, as a value: its kind and the schema objects, migrations and numbers that it concerns.

Two problems are equal if their kinds and objects are; the words are for reports, and no decision depends on them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto

from stitchback.model.keys import MigrationKey


class Moment(StrEnum):
    """Where a failure occurs, if not in a migration."""

    NOTHING_RUN = "stops before it runs anything"  # Django refuses the graph or the rows
    AFTERWARDS = "afterwards"
    BEFORE_THE_DEPLOY = "before the deploy"
    GRAPH = "its graph"
    MODELS = "its models"
    NOT_FINISHED = "not finished"


Step = MigrationKey | Moment


class ProblemKind(Enum):
    """The kinds of problem. `WORDS` says what the objects of each are."""

    # Django raises an exception; the objects are its class and what it names
    RAISED = auto()
    # an operation does not fit the models
    NO_MODEL = auto()
    NO_FIELD = auto()
    FIELD_EXISTS = auto()
    NO_DEFINITION = auto()
    FIELD_NEEDED = auto()
    TARGET_MISSING = auto()
    QUERY_WITHOUT_MODEL = auto()
    QUERY_WITHOUT_FIELD = auto()
    ROWS_WITHOUT_FIELD = auto()
    THROUGH_CHANGED = auto()
    COLUMN_APPEARS = auto()
    GENERATED_ALTERED = auto()
    CASE_RENAMED = auto()
    NAME_UNREAD = auto()
    # an operation does not fit the database
    TABLE_EXISTS = auto()
    TABLE_MISSING = auto()
    TARGET_TABLE_MISSING = auto()
    TABLE_CHANGED = auto()
    COLUMN_EXISTS = auto()
    COLUMN_MISSING = auto()
    COLUMN_NEEDED = auto()
    COLUMN_IS_OTHER = auto()
    DEFINITION_EXISTS = auto()
    DEFINITION_MISSING = auto()
    NOT_ONE_INDEX = auto()
    OBJECT_EXISTS = auto()
    OBJECT_MISSING = auto()
    QUERY_WITHOUT_COLUMN = auto()
    ROWS_WITHOUT_COLUMN = auto()
    REMAKE_BROKEN = auto()
    REMAKE_FILLS = auto()
    REMAKE_LOSES = auto()
    DROP_HELD = auto()
    INDEX_BROKEN = auto()
    # a database differs from a fresh install
    TABLE_LACKING = auto()
    TABLE_EXTRA = auto()
    PART_LACKING = auto()
    PART_EXTRA = auto()
    PART_DIFFERS = auto()
    TABLE_UNEXPECTED = auto()
    TABLE_DIFFERS = auto()
    COMMENT_DIFFERS = auto()
    OBJECT_LACKING = auto()
    OBJECT_EXTRA = auto()
    PART_UNEXPECTED = auto()
    COLUMN_DIFFERS = auto()
    SHAPE_DIFFERS = auto()
    KEY_DIFFERS = auto()
    DEFINITION_REPEATED = auto()
    DEFINITION_EXTRA = auto()
    DEFINITION_NOT_THERE = auto()
    OBJECT_DIFFERS = auto()
    ROWS_FEWER = auto()
    VALUES_DIFFER = auto()
    DEFINITION_UNEXPECTED = auto()
    DEFINITION_LACKING = auto()
    NAME_LACKING = auto()
    SCHEMA_DIFFERS = auto()
    NOT_AS_THE_MODELS = auto()
    ONLY_BY_REMAKE = auto()
    # what a migrate has run and recorded
    UNAPPLIED = auto()
    SECOND_MIGRATE = auto()
    SECOND_RUNS = auto()
    NOT_ONLY_NEW_ONES = auto()
    ROW_MISSING = auto()
    ROW_REPEATED = auto()
    ROW_GONE = auto()
    ROW_STRANGE = auto()
    DATA_RAN_TIMES = auto()
    DATA_SKIPPED = auto()
    INSTALLED_TIMES = auto()
    REFUSED = auto()
    NO_TREE = auto()
    REPAIR_DIFFERS = auto()
    REPAIR_WRONG = auto()
    SECOND_RECORDS = auto()
    SEVERAL_LEAF_NODES = auto()
    NOT_ONLY_NEW = auto()
    RUNS_UNEXPECTED = auto()
    RUNS_NOT = auto()
    RECORDED_UNEXPECTED = auto()
    RECORDED_NOT = auto()
    ROW_LOST = auto()
    VALUE_LOST = auto()
    RAN_TIMES = auto()
    DATA_REPEATED = auto()
    DATA_NOT_RUN = auto()
    DATA_DROPPED = auto()
    WORK_REPEATED = auto()
    WORK_NOT_RUN = auto()
    # the planned tree
    DEPENDENCY_MISSING = auto()
    CYCLE = auto()
    UNDECLARED = auto()
    SEVERAL_LEAVES = auto()
    SEVERAL_REPLACERS = auto()
    STATEMENT_LOST = auto()
    ANCESTOR_LOST = auto()
    ORDER_LOST = auto()
    SAME_CODE_TWICE = auto()
    ROWS_NEED_VALUE = auto()
    FILL_SKIPPED = auto()
    MODELS_DIFFER = auto()
    IMPORT_MISSING = auto()
    IMPORT_DIFFERS = auto()
    # what a plan may not ask for
    STEP_NEEDED = auto()
    STEP_NOT_ALLOWED = auto()
    NO_TIME = auto()


WORDS = {
    ProblemKind.NO_MODEL: "there is no model {}",
    ProblemKind.NO_FIELD: "{} has no field {}",
    ProblemKind.FIELD_EXISTS: "{} has a field {} already",
    ProblemKind.NO_DEFINITION: "{} has no {} {}",
    ProblemKind.FIELD_NEEDED: "{} has no field {}, which {} needs",
    ProblemKind.TARGET_MISSING: "Related model '{}' of {} cannot be resolved",
    ProblemKind.QUERY_WITHOUT_MODEL: "{} uses model {}, which does not exist at that point",
    ProblemKind.QUERY_WITHOUT_FIELD: "{} uses field {}.{}, which does not exist at that point",
    ProblemKind.ROWS_WITHOUT_FIELD: "{} inserts rows into {} without a value for {}, which is NOT NULL at that point and has no default",
    ProblemKind.THROUGH_CHANGED: "Django cannot add or remove through= on a many-to-many field",
    ProblemKind.COLUMN_APPEARS: "Django cannot alter a field with a column into one without, or back",
    ProblemKind.GENERATED_ALTERED: "Django cannot alter a generated field, or alter one into it",
    ProblemKind.CASE_RENAMED: "Django loses a model that is renamed in the case of its letters only",
    ProblemKind.NAME_UNREAD: "{} cannot be read",
    ProblemKind.TABLE_EXISTS: "table {} exists already",
    ProblemKind.TABLE_MISSING: "table {} does not exist",
    ProblemKind.TARGET_TABLE_MISSING: "table {} does not exist, to which {} refers",
    ProblemKind.TABLE_CHANGED: "table {} is not as {} left it",
    ProblemKind.COLUMN_EXISTS: "column {}.{} exists already",
    ProblemKind.COLUMN_MISSING: "column {}.{} does not exist",
    ProblemKind.COLUMN_NEEDED: "column {}.{} does not exist, which {} needs",
    ProblemKind.COLUMN_IS_OTHER: "column {}.{} is {}, not {}",
    ProblemKind.DEFINITION_EXISTS: "{} {} on {} exists already",
    ProblemKind.DEFINITION_MISSING: "{} {} on {} does not exist",
    ProblemKind.NOT_ONE_INDEX: "{} indexes on {}({}), not one",
    ProblemKind.OBJECT_EXISTS: "{} exists already",
    ProblemKind.OBJECT_MISSING: "{} does not exist",
    ProblemKind.QUERY_WITHOUT_COLUMN: "{} uses {}, which lacks column {}",
    ProblemKind.ROWS_WITHOUT_COLUMN: "{} inserts rows into {} without a value for column {}, which is NOT NULL there",
    ProblemKind.REMAKE_BROKEN: "SQLite recreates table {} from the model, of which {} names a field that no longer exists",
    ProblemKind.REMAKE_FILLS: "SQLite recreates table {} from the model and fills {}, which the table lacks, with the column's own name",
    ProblemKind.REMAKE_LOSES: "SQLite recreates table {} from the model and loses what the model does not have: {}",
    ProblemKind.DROP_HELD: "SQLite cannot drop column {}.{}, which {} holds",
    ProblemKind.INDEX_BROKEN: "SQLite recreates index {}, whose field {} no longer exists",
    ProblemKind.TABLE_LACKING: "table {} is missing",
    ProblemKind.TABLE_EXTRA: "table {} exists, and a fresh install has none",
    ProblemKind.PART_LACKING: "{} {}.{} is missing",
    ProblemKind.PART_EXTRA: "{} {}.{} exists, and a fresh install has none",
    ProblemKind.PART_DIFFERS: "{} {}.{} is {}, on a fresh install {}",
    ProblemKind.COMMENT_DIFFERS: "the comment of {} is {!r}, on a fresh install {!r}",
    ProblemKind.TABLE_UNEXPECTED: "table {} is unexpected",
    ProblemKind.TABLE_DIFFERS: "table {} differs from a fresh install's in {}",
    ProblemKind.OBJECT_LACKING: "{} is missing",
    ProblemKind.OBJECT_EXTRA: "{} exists, and a fresh install has none",
    ProblemKind.PART_UNEXPECTED: "{} {}.{} is unexpected",
    ProblemKind.COLUMN_DIFFERS: "column {}.{} is {} instead of {}",
    ProblemKind.DEFINITION_UNEXPECTED: "{}: {} is unexpected",
    ProblemKind.DEFINITION_LACKING: "{}: {} is missing",
    ProblemKind.NAME_LACKING: "no index or constraint is called {}",
    ProblemKind.NOT_AS_THE_MODELS: "different from the models: {}",
    ProblemKind.ONLY_BY_REMAKE: "{}, which only SQLite corrects, when it recreates the table",
    ProblemKind.SECOND_RUNS: "a second migrate runs {}",
    ProblemKind.SECOND_RECORDS: "a second migrate writes rows of django_migrations",
    ProblemKind.RUNS_UNEXPECTED: "{} runs, which the simulation does not expect",
    ProblemKind.RUNS_NOT: "{} does not run, which the simulation expects",
    ProblemKind.RECORDED_UNEXPECTED: "{} is recorded, which the simulation does not expect",
    ProblemKind.RECORDED_NOT: "{} is not recorded, which the simulation expects",
    ProblemKind.ROW_LOST: "a row of {} is lost",
    ProblemKind.VALUE_LOST: "{}.{} was {} and is {}, though no operation changes that column",
    ProblemKind.RAN_TIMES: "its data operation has run {} times",
    ProblemKind.SHAPE_DIFFERS: "column {}.{}: {}, in a fresh install {}",
    ProblemKind.KEY_DIFFERS: "primary key of {}: ({}), in a fresh install ({})",
    ProblemKind.DEFINITION_REPEATED: "{} of {} exists {} times: {}",
    ProblemKind.DEFINITION_EXTRA: "{} of {} exists, and a fresh install has none: {}",
    ProblemKind.DEFINITION_NOT_THERE: "{} of {} is missing: {}",
    ProblemKind.OBJECT_DIFFERS: "{} differs from a fresh install",
    ProblemKind.ROWS_FEWER: "rows of {}: {} before, {} now",
    ProblemKind.NOT_ONLY_NEW_ONES: "not only the new ones run: {}",
    ProblemKind.INSTALLED_TIMES: "{} of {} exists {} times in a fresh install: {}",
    ProblemKind.REPAIR_WRONG: "{}",
    ProblemKind.ROW_MISSING: "ledger: no row for {}",
    ProblemKind.ROW_REPEATED: "ledger: more than one row for {}",
    ProblemKind.ROW_GONE: "ledger: the row of {} is gone",
    ProblemKind.ROW_STRANGE: "ledger: a row for {}, which a fresh install has not",
    ProblemKind.DATA_RAN_TIMES: "a data operation has run {} times, in a fresh install {} ({})",
    ProblemKind.DATA_SKIPPED: "{} data operation(s) of a fresh install have not run",
    ProblemKind.UNAPPLIED: "not applied after a full migrate: {}",
    ProblemKind.SECOND_MIGRATE: "a second migrate is not a no-op: {}",
    ProblemKind.NOT_ONLY_NEW: "not only the new migrations run: {}",
    ProblemKind.DATA_REPEATED: "{} has run {} times, on a fresh install {}",
    ProblemKind.DATA_NOT_RUN: "{} has not run",
    ProblemKind.DATA_DROPPED: "{} has run here and is missing from the reconciled tree, and no note reports that",
    ProblemKind.WORK_REPEATED: "data operations run more than once: {}",
    ProblemKind.WORK_NOT_RUN: "data operations never run: {}",
    ProblemKind.DEPENDENCY_MISSING: "{} depends on {}, which does not exist",
    ProblemKind.UNDECLARED: "{} refers to models of {} and does not depend on it",
    ProblemKind.CYCLE: "these depend on each other: {}",
    ProblemKind.SEVERAL_LEAVES: "{} has several leaf nodes: {}",
    ProblemKind.STATEMENT_LOST: "{} loses {}, which it needs in its own transaction",
    ProblemKind.ANCESTOR_LOST: "{} would no longer run after {}, as {} does on {}, although their operations depend on that order",
    ProblemKind.SAME_CODE_TWICE: "{} and {} would run the same code twice: {} differs between the branches, and only one version can be there. "
    "Give it another name on one branch, or make both equal",
    ProblemKind.STEP_NEEDED: "it would need a manual step: the row of {}",
    ProblemKind.STEP_NOT_ALLOWED: "--zero-touch allows no manual step, and it needs the row of {}",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`objects`: what `WORDS` of the kind names, in that order; several of one place as a tuple."""

    kind: ProblemKind
    objects: tuple[Hashable, ...] = ()
    message: str = field(default="", compare=False)

    @staticmethod
    def of(kind: ProblemKind, *objects: Hashable) -> Problem:
        return Problem(kind, objects, WORDS[kind].format(*map(_words, objects)))

    def __str__(self) -> str:
        return self.message

    def worded(self, before: str = "", after: str = "") -> Problem:
        """The same problem, reported with more words."""
        return replace(self, message=f"{before}{self.message}{after}")

    @property
    def names(self) -> Iterator[str]:
        """The names and definitions among the objects."""
        return _names(self.objects)

    @property
    def migrations(self) -> Iterator[MigrationKey]:
        """The migrations among the objects."""
        return _migrations(self.objects)


def raised(exception: str, message: str, *objects: Hashable) -> Problem:
    """The problem of an exception: its class, and what it names."""
    return Problem(ProblemKind.RAISED, (exception, *objects), message)


def _words(value: Hashable) -> Hashable:
    return ", ".join(map(str, value)) if type(value) is tuple else value  # a key is a tuple, too


def _names(objects: tuple[Hashable, ...]) -> Iterator[str]:
    for each in objects:
        if isinstance(each, tuple):
            yield from _names(each)
        elif isinstance(each, str):
            yield each


def _migrations(objects: tuple[Hashable, ...]) -> Iterator[MigrationKey]:
    for each in objects:
        if isinstance(each, MigrationKey):
            yield each
        elif isinstance(each, Problem):
            yield from each.migrations
        elif type(each) is tuple:
            yield from _migrations(each)
