"""A draft for apps that mainline has under another label, with the names that the patch branch's databases have recorded in `replaces`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stitchback.matching.case import Case
from stitchback.matching.renamed_labels import asks_for_old_label
from stitchback.model.edits import (
    NOWHERE,
    CarryOperation,
    Insert,
    KeepOperation,
    MakeConditional,
    OperationEdit,
    conditional,
)
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration
from stitchback.model.operations import Operation
from stitchback.model.plans import ManualInsert
from stitchback.model.values import Value
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.written_operations import writable


def as_recorded(draft: Draft, case: Case) -> Draft | None:
    """The draft on mainline's own tree. A copy of a patch migration names it in `replaces`: under mainline's label Django would run it again.
    None if a file would contain code that asks for the old label."""
    renamed = case.renamed
    if not renamed.labels:
        return draft
    recording = Recording(case, draft)
    files = dict[MigrationKey, FileDraft]()
    inserts = set[ManualInsert]()
    moved = renamed.moved(case.situation.mainline)
    for key in moved:
        inserts.add(ManualInsert(renamed.recorded(key), (key,)))
    for key in dict.fromkeys((*draft.files, *moved)):
        written = recording.file(draft.get_file(key))
        if written is None:
            return None
        files[key] = written
    return replace(
        draft,
        mainline=case.situation.mainline,
        files=files,
        manual_inserts=frozenset(
            (
                *inserts,
                *(replace(each, insert=renamed.recorded(each.insert)) for each in draft.manual_inserts),
            )
        ),
        remarks=tuple(
            replace(each, about=renamed.recorded(each.about)) if each.about else each
            for each in draft.remarks
        ),
    )


class Recording:
    """Files of a draft with mainline's labels, put back on the files that were read."""

    def __init__(self, case: Case, draft: Draft) -> None:
        self._case, self._renamed, self._draft = case, case.renamed, draft
        trees = [tree for patch in case.situation.patches for tree in (patch.tree, patch.fork)]
        self._moved = self._renamed.moved(case.situation.mainline)
        self._labels = {unit.key: unit.label for unit in case.units}
        self._patch_files = {_place(each): each for tree in trees for each in tree.migrations.values()}

    def file(self, file: FileDraft) -> FileDraft | None:
        original, ghosts = file.original, tuple(map(self._renamed.recorded, file.replaces))
        if original is None:
            return replace(file, dependencies=self._dependencies(file), replaces=ghosts)
        if original is self._case.mainline.migrations.get(original.key):
            return self._of_mainline(file, original, ghosts)
        return self._of_patch(file, original, ghosts)

    def _of_mainline(
        self, file: FileDraft, original: Migration, ghosts: tuple[MigrationKey, ...]
    ) -> FileDraft | None:
        """Mainline's file: what it replaces already stays, its own migration under the old label too."""
        read = self._case.situation.mainline.migrations[original.key]
        dropped = set(original.ghosts) - set(file.replaces)
        kept = (ghost for ghost in read.ghosts if self._renamed.key(ghost) not in dropped)
        operations = self._operations(file, original, read)
        if operations is None:
            return None
        own = self._moved.get(read.key)
        if own is not None and asks_for_old_label(read, self._renamed):
            return None
        written = replace(
            file,
            original=read,
            dependencies=self._dependencies(file),
            replaces=tuple(dict.fromkeys((*((own,) if own else ()), *kept, *ghosts))),
            operations=operations,
        )
        return self._with_reason(written, read.key, is_replaced=True) if own else written

    def _of_patch(
        self, file: FileDraft, original: Migration, ghosts: tuple[MigrationKey, ...]
    ) -> FileDraft | None:
        read = self._patch_files[_place(original)]
        operations = self._operations(file, original, read)
        if operations is None or asks_for_old_label(read, self._renamed):
            return None
        own = (read.key,) if read.key.app in self._renamed.labels else ()
        written = replace(
            file,
            original=read,
            dependencies=self._dependencies(file),
            replaces=tuple(dict.fromkeys((*own, *ghosts))),
            operations=operations,
        )
        return self._with_reason(
            written, original.key, is_replaced=read.key in own and read.key not in ghosts
        )

    def _with_reason(self, file: FileDraft, unit: MigrationKey, *, is_replaced: bool) -> FileDraft:
        label = self._labels.get(unit)
        if label is None or file.provenance or not file.edit.changes:
            return file
        if is_replaced:
            said = f"Replaces {label}, whose app has another label here: databases that have applied that migration do not run this one."
            return file.with_comment(said, provenance=(f"replaces {label}",))
        return file.with_comment(
            "An app that it refers to has another label here.", provenance=(f"copied {label}",)
        )

    def _dependencies(self, file: FileDraft) -> tuple[Dependency, ...]:
        """A dependency on a migration that is only in `replaces` has the recorded name: Django resolves it to the one that replaces it."""
        return tuple(
            self._renamed.recorded(each)
            if isinstance(each, MigrationKey) and not self._draft.has_file(each)
            else each
            for each in file.dependencies
        )

    def _operations(
        self, file: FileDraft, original: Migration, read: Migration
    ) -> tuple[OperationEdit, ...] | None:
        """None if an operation whose references have another label cannot be written."""
        found = tuple(self._operation(edit, original, read) for edit in file.operations)
        written = tuple(edit for edit in found if edit is not None)
        return written if len(written) == len(found) else None

    def _operation(self, edit: OperationEdit, original: Migration, read: Migration) -> OperationEdit | None:
        match edit:
            case KeepOperation(index=index) | MakeConditional(index=index):
                wanted = original.operations[index]
                if wanted == read.operations[index]:
                    return edit
                made = (
                    conditional(wanted)
                    if isinstance(edit, MakeConditional) and isinstance(wanted, Operation)
                    else wanted
                )
            case CarryOperation(source=source, index=index):
                read = self._read(source)
                made = edit.operation
                if made == read.operations[index]:
                    return replace(edit, source=read)
            case Insert():
                return edit
        if not isinstance(made, Operation) or not all(map(writable, _values(made))):
            return None
        return Insert(replace(made, span=NOWHERE))

    def _read(self, migration: Migration) -> Migration:
        own = self._case.mainline.migrations.get(migration.key)
        if own is migration:
            return self._case.situation.mainline.migrations[migration.key]
        return self._patch_files[_place(migration)]


def _place(migration: Migration) -> tuple[str, str]:
    return migration.path, migration.blob


def _values(operation: Operation) -> Iterator[Value]:
    yield from (value for _, value in operation.arguments)
    for inner in (*operation.database, *operation.state):
        if isinstance(inner, Operation):
            yield from _values(inner)
