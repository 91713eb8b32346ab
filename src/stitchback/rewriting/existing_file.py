"""Edits an existing migration file, or one copied from another branch. All other parts stay the same byte for byte."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, assert_never

import libcst as cst

from stitchback.model.edits import (
    CarryOperation,
    FileChange,
    Insert,
    KeepOperation,
    MakeConditional,
    OperationEdit,
    SetComment,
    SetDependencies,
    SetOperations,
    SetReplaces,
    WriteFile,
    conditional,
)
from stitchback.model.migrations import Dependency, Migration
from stitchback.model.operations import Operation
from stitchback.operations import TEMPLATES
from stitchback.operations.base import MIGRATIONS
from stitchback.rewriting import import_edits, modules, sequences
from stitchback.rewriting.carrying import Carrying
from stitchback.rewriting.comments import comment_lines
from stitchback.rewriting.import_names import Spelling
from stitchback.rewriting.new_file import listed, replaces_text
from stitchback.rewriting.operation_source import dependency_text, operation_text, template_name
from stitchback.rewriting.sequences import Display, Kept, New, SequenceLayout, Slot
from stitchback.rewriting.value_source import WIDTH, Writer

ReadBlob = Callable[[str], bytes]


def _no_other_file(blob: str) -> bytes:
    raise AssertionError(f"nothing is carried from another file: {blob}")


def edited_file(edit: WriteFile, source: bytes, read_blob: ReadBlob = _no_other_file) -> bytes:
    """The file's new bytes. `read_blob`: of the files that operations are carried from. Raises Refusal if a list is not a plain one (SB540), if the module uses a required name for another object (SB541), and
    for a value or a comment that cannot be written (SB542, SB543)."""
    assert edit.original is not None
    if not edit.changes:
        return source
    try:
        module = cst.parse_module(source)
        return _Editing.of(edit, edit.original, module, read_blob).done().bytes
    except RecursionError:  # LibCST calls about four functions for each level
        raise modules.not_plain(edit.original.path, "the file", "its code is nested too deeply") from None


@dataclass(slots=True, eq=False)
class _Editing:
    """One file during its edit: each change replaces `module` and `owner` (its Migration class)."""

    edit: WriteFile
    original: Migration
    before: cst.Module
    used: frozenset[str]  # names in `before`
    index: int
    owner: cst.ClassDef
    writer: Writer
    carrying: Carrying = field(default_factory=Carrying)
    read_blob: ReadBlob = _no_other_file

    @classmethod
    def of(cls, edit: WriteFile, original: Migration, module: cst.Module, read_blob: ReadBlob) -> _Editing:
        index, owner = modules.migration_class(module, original.path)
        tree = ast.parse(module.code)
        bindings = modules.bindings_of(module, tree)
        spelling = Spelling(original.path, bindings, modules.names_taken(tree))
        writer = Writer(
            spelling,
            quote=_quote(owner) or _quote(module) or '"',
            step=_class_indent(module, owner),
            margin=len(_class_indent(module, owner)),
            encoding=module.encoding,
            defined=modules.definitions_of(tree),
        )
        carrying = Carrying(edit.path, modules.names_taken(tree), bindings)
        used = modules.names_used(tree)
        return cls(edit, original, module, used, index, owner, writer, carrying, read_blob)

    def done(self) -> cst.Module:
        for change in self.edit.changes:
            self._make(change)
        module = self._module
        added = [
            template.source
            for name, template in self.writer.templates.items()
            if name not in self.writer.defined
        ]
        added += [f"{source}\n" for source in self.writer.definitions.values()]
        module = import_edits.with_definitions(module, added, self.index)
        module = self.carrying.added_to(module)
        module = import_edits.without_unused(module, self.used, elsewhere=self.edit.key != self.original.key)
        return import_edits.with_imports(module, self.writer.spelling.needed)

    @property
    def _module(self) -> cst.Module:
        body = [*self.before.body[: self.index], self.owner, *self.before.body[self.index + 1 :]]
        return self.before.with_changes(body=body)

    def _make(self, change: FileChange) -> None:
        match change:
            case SetReplaces(replaces=keys):
                self._set("replaces", self.original.replaces, keys)
            case SetDependencies(dependencies=dependencies):
                self._set("dependencies", self.original.dependencies, dependencies)
            case SetOperations(operations=operations):
                self._set_operations(operations)
            case SetComment():
                self._comment(change)
            case _:
                assert_never(change)

    def _set(self, name: str, old: Sequence[Dependency], new: Sequence[Dependency]) -> None:
        """Sets an attribute. Elements with an unchanged value keep their text; the others are written again."""
        place = self._place(name)
        if place is None:
            self._add(name, [dependency_text(item, self.writer) for item in new])
            return
        if name == "replaces" and not new:
            self.owner = modules.without_attribute(self.owner, place)
            return
        display = self._display(name, place, len(old))
        free = list(range(len(old)))
        slots: list[Slot] = []
        for item in new:
            index = next((index for index in free if old[index] == item), None)
            if index is None:
                slots.append(New(self._parsed(dependency_text(item, self.writer))))
            else:
                free.remove(index)
                slots.append(Kept(index))
        self._put(name, place, display, slots)

    def _set_operations(self, operations: Sequence[OperationEdit]) -> None:
        place = self._place("operations")
        if place is None:
            if any(not isinstance(edit, Insert) for edit in operations):
                raise modules.not_plain(self.original.path, "operations", "the class inherits them")
            self._add(
                "operations",
                [self._text(edit.operation, "") for edit in operations if isinstance(edit, Insert)],
            )
            return
        display = self._display("operations", place, len(self.original.operations))
        pad = sequences.element_indent(display, self.writer.step)
        self._put("operations", place, display, [self._slot(edit, display, pad) for edit in operations])

    def _slot(self, edit: OperationEdit, display: Display, pad: str) -> Slot:
        match edit:
            case KeepOperation(index=index):
                return Kept(index)
            case Insert(operation=operation):
                return New(self._parsed(self._text(operation, pad)))
            case CarryOperation(source=source, index=index):
                return New(self.carrying.carried(source.path, self.read_blob(source.blob), index))
            case MakeConditional(index=index):
                return Kept(index, self._conditional(index, display.elements[index].value, pad))
            case _:
                assert_never(edit)

    def _conditional(self, index: int, value: cst.BaseExpression, pad: str) -> cst.BaseExpression:
        """The call with its class replaced and its arguments unchanged; written again if it is not a plain call."""
        operation = self.original.operations[index]
        assert isinstance(operation, Operation), "only what was read can be made conditional"
        if operation.path != f"{MIGRATIONS}.{operation.kind}":
            raise modules.not_plain(
                self.original.path, operation.kind, f"its class is {operation.path}, not Django's own"
            )
        if isinstance(value, cst.Call):
            return value.with_changes(func=cst.Name(template_name(TEMPLATES[operation.kind], self.writer)))
        return self._parsed(self._text(conditional(operation), pad))

    def _text(self, operation: Operation, pad: str) -> str:
        return operation_text(operation, self.writer, pad or self.writer.step)

    def _place(self, name: str) -> modules.AttributePlace | None:
        return modules.attribute(self.used, self.owner, name, self.original.path)

    def _display(self, name: str, place: modules.AttributePlace, count: int) -> Display:
        value, why = place.value, "it is not a plain list"
        if isinstance(value, cst.List) or (isinstance(value, cst.Tuple) and value.lpar):
            plain = not any(isinstance(element, cst.StarredElement) for element in value.elements)
            if plain and len(value.elements) == count:
                return value
            why = "other lists are spread into it"
        raise modules.not_plain(self.original.path, name, why)

    def _put(self, name: str, place: modules.AttributePlace, display: Display, slots: Sequence[Slot]) -> None:
        made = sequences.rebuilt(display, slots, SequenceLayout(self.writer.step))
        if any(isinstance(slot, New) for slot in slots) and not sequences.is_spread(display):
            width = self.writer.margin + len(f"{name} = {self.before.code_for_node(made)}")
            if width > WIDTH or name == "operations":
                made = sequences.rebuilt(display, slots, SequenceLayout(self.writer.step, explode=True))
        self.owner = modules.with_value(self.owner, place, made)

    def _add(self, name: str, items: list[str]) -> None:
        text = (
            replaces_text(items, self.writer.margin)
            if name == "replaces"
            else listed(name, items, self.writer.step)
        )
        statement = cst.parse_statement(
            self._in_file(text) + self.before.default_newline, self.before.config_for_parsing
        )
        self.owner = modules.with_new_attribute(self.owner, name, statement)

    def _parsed(self, text: str) -> cst.BaseExpression:
        return cst.parse_expression(self._in_file(text), self.before.config_for_parsing)

    def _in_file(self, text: str) -> str:
        return text.replace("\n", self.before.default_newline)

    def _comment(self, change: SetComment) -> None:
        """Adds the comment above the class; above the operations if none of the file's own operations remain."""
        place = self._place("operations")
        emptied = self.original.operations and not self.edit.result.operations and place is not None
        margin = self.writer.margin if emptied else 0
        texts = comment_lines(change, self.original.path, margin, self.before.encoding)
        lines = [cst.EmptyLine(comment=cst.Comment(text)) for text in texts]
        if place is not None and emptied:
            statement = self.owner.body.body[place.statement]
            assert isinstance(statement, cst.SimpleStatementLine)
            self.owner = modules.with_statement(self.owner, place.statement, _below(statement, lines))
        else:
            self.owner = _below(self.owner, lines)


_Commented = TypeVar("_Commented", cst.SimpleStatementLine, cst.ClassDef)


def _below(node: _Commented, lines: Sequence[cst.EmptyLine]) -> _Commented:
    """The statement with these comment lines directly above it, below its existing ones."""
    above: list[cst.EmptyLine] = list(node.leading_lines)
    if above and above[-1].comment is not None:
        above.append(cst.EmptyLine(comment=cst.Comment("#")))
    return node.with_changes(leading_lines=[*above, *lines])


def _class_indent(module: cst.Module, owner: cst.ClassDef) -> str:
    assert isinstance(owner.body, cst.IndentedBlock)
    return owner.body.indent if owner.body.indent is not None else module.default_indent


def _quote(node: cst.CSTNode) -> str:
    """The quote that most of its strings use; "" without strings."""
    found = _Quotes()
    node.visit(found)
    return max(found.counts, key=lambda quote: (found.counts[quote], quote == '"'), default="")


class _Quotes(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.counts[node.quote[0]] += 1
