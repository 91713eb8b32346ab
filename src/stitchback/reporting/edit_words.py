"""Describes a plan's changes of one file in a line, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from stitchback.model.edits import (
    CarryOperation,
    DeleteFile,
    FileChange,
    FileEdit,
    Insert,
    KeepOperation,
    MakeConditional,
    OperationEdit,
    SetComment,
    SetDependencies,
    SetOperations,
    SetReplaces,
    WriteFile,
)
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Value, text

MOST_NAMED = 4  # operations


def verb(edit: FileEdit, before: Tree) -> str:
    """new, bring (a patch's file), move (another file of mainline's), edit or delete."""
    if isinstance(edit, DeleteFile):
        return "delete"
    if edit.original is None:
        return "new"
    if edit.original.key != edit.key and before.migrations.get(edit.original.key) == edit.original:
        return "move"
    if edit.key in before.migrations:
        return "edit" if edit.original == before.migrations[edit.key] else "bring"
    if edit.original.key in before.migrations:
        return "move"
    return "bring" if edit.original.key == edit.key else "new"


def migration_effects(edit: FileEdit, before: Tree) -> tuple[str, ...]:
    """The effects of the edit: "replaces shop.0003_color", "no longer contains AddField item.color"."""
    if isinstance(edit, DeleteFile):
        return ()
    if not edit.changes:
        return ("copy of the patch branch's file",)
    if verb(edit, before) == "new":
        return tuple(_made(edit.result))
    moved = verb(edit, before) == "move" and edit.original is not None
    came = (f"was {edit.original.path.rpartition('/')[2]}",) if moved and edit.original else ()
    return (*came, *(words for change in edit.changes for words in _edit_lines(edit, change)))


def _made(migration: Migration) -> Iterator[str]:
    """The effects of a new migration."""
    if migration.ghosts:
        yield f"replaces {_joined(map(str, migration.ghosts))}"
    if migration.dependencies:
        yield f"depends on {_joined(map(str, migration.dependencies))}"
    yield f"contains {_operations(migration.operations)}" if migration.operations else "no operations"


def reasons(edit: FileEdit) -> tuple[str, ...]:
    """The reasons, in the words of the file's comment."""
    if isinstance(edit, DeleteFile):
        return ()
    return tuple(line for change in edit.changes if isinstance(change, SetComment) for line in change.people)


def _edit_lines(edit: WriteFile, change: FileChange) -> Iterator[str]:
    match change:
        case SetReplaces(replaces=replaces):
            yield f"replaces {_joined(map(str, replaces))}" if replaces else "no longer replaces anything"
        case SetDependencies(dependencies=dependencies):
            yield from _new_parents(edit.original, dependencies)
        case SetOperations(operations=operations):
            yield from _new_operations(edit.original, operations)
        case SetComment():
            return
        case _:
            assert_never(change)


def _new_parents(original: Migration | None, dependencies: tuple[Dependency, ...]) -> Iterator[str]:
    old = original.dependencies if original else ()
    gained = [str(parent) for parent in dependencies if parent not in old]
    lost = [str(parent) for parent in old if parent not in dependencies]
    if gained and lost:
        yield f"depends on {_joined(gained)}, no longer on {_joined(lost)}"
    elif gained:
        yield f"also depends on {_joined(gained)}"
    elif lost:
        yield f"no longer depends on {_joined(lost)}"


def _new_operations(original: Migration | None, edits: tuple[OperationEdit, ...]) -> Iterator[str]:
    old = original.operations if original else ()
    touched = {edit.index for edit in edits if isinstance(edit, KeepOperation | MakeConditional)}
    gone = [operation for index, operation in enumerate(old) if index not in touched]
    guarded = [old[edit.index] for edit in edits if isinstance(edit, MakeConditional)]
    inserted = [edit.operation for edit in edits if isinstance(edit, Insert | CarryOperation)]
    both = set(map(operation_words, gone)) & set(map(operation_words, inserted))
    rewritten = [each for each in inserted if operation_words(each) in both]
    gone, inserted = (
        [each for each in some if operation_words(each) not in both] for some in (gone, inserted)
    )
    if rewritten:
        yield f"rewrites {_operations(rewritten)}"
    if gone:
        yield f"no longer contains {_operations(gone)}"
    if guarded:
        yield f"runs {_operations(guarded)} only {_guard_words(guarded)}"
    if inserted:
        yield f"also contains {_operations(inserted)}"


def _guard_words(guarded: Sequence[Operation | Opaque]) -> str:
    said = {conditions(each.kind) for each in guarded if isinstance(each, Operation)}
    return f"{said.pop().strip()} in the database" if len(said) == 1 else "if the database lacks the result"


def _operations(operations: Sequence[Operation | Opaque]) -> str:
    named = [operation_words(operation) for operation in operations[:MOST_NAMED]]
    more = len(operations) - len(named)
    return _joined([*named, f"{more} more operations"] if more else named)


def operation_words(operation: Operation | Opaque) -> str:
    """ "AddField item.color": the class, and the schema object that it changes."""
    if isinstance(operation, Opaque):
        return "an operation that cannot be read"
    if operation.kind == "SeparateDatabaseAndState":
        inner = operation.database or operation.state
        half = "database" if operation.database else "state"
        return f"{' then '.join(map(operation_words, inner))} ({half} only)" if inner else operation.kind
    said = ((text(operation.argument("model_name")) or "").lower(), _name(operation))
    subject = ".".join(name for name in said if name)
    condition = conditions(operation.kind) if operation.conditional else ""
    return f"{operation.kind} {subject}{condition}" if subject else f"{operation.kind}{condition}"


def conditions(kind: str) -> str:
    if kind.startswith(("Remove", "Delete")):
        return " if it exists"
    if kind.startswith("Rename"):
        return " if it has its old name"
    return " if it differs" if kind == "AlterField" else " if it is missing"


def _name(operation: Operation) -> str | None:
    for key in ("name", "old_name", "index", "constraint", "code", "sql"):
        value = operation.argument(key)
        if value is not None:
            return _name_of(value)
    return None


def _name_of(value: Value) -> str | None:
    if isinstance(value, Call):
        return text(value.kwarg("name"))
    if isinstance(value, Code):
        return value.name
    said = text(value)
    return said if said is not None and said.isidentifier() else None


def _joined(words: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


__all__ = ["migration_effects", "operation_words", "reasons", "verb"]
