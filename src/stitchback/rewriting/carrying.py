"""Carries operations of other migration files into a module, with what they use there: functions, classes, constants and imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from stitchback.errors import Refusal
from stitchback.rewriting import modules
from stitchback.rewriting.import_edits import with_statements

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(slots=True, eq=False)
class _FromFile:
    """What was carried from one file: the texts of statements, and the names that have another name here."""

    texts: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Carrying:
    """What one module gets from others. `taken`: names that it binds; `bindings`: those of its imports -> import path."""

    path: str = ""
    taken: frozenset[str] = frozenset()
    bindings: Mapping[str, str] = field(default_factory=dict)
    _statements: list[Statement] = field(default_factory=list)
    _of_file: dict[str, _FromFile] = field(default_factory=dict)
    _texts: dict[str, str] = field(
        default_factory=dict
    )  # name -> the text of the statement that binds it here

    def carried(self, path: str, source: bytes, index: int) -> cst.BaseExpression:
        """The operation as an expression for this module; what it uses is added. Raises Refusal: the list is not a plain one (SB540), a name
        that has another meaning here cannot be changed (SB541)."""
        module = cst.parse_module(source)
        operation = _operation(module, path, index)
        statements = [each for each in module.body if not _is_migration(each)]
        done = self._of_file.setdefault(path, _FromFile())
        texts = {id(each): module.code_for_node(each).strip() for each in statements}
        needed = [
            each for each in _needed(module, statements, operation) if texts[id(each)] not in done.texts
        ]
        renamed = done.names
        renamed |= self._renamed([texts[id(each)] for each in needed], path, renamed)
        renaming = _Renaming(renamed, path)
        for statement in needed:
            text = texts[id(statement)]
            done.texts.add(text)
            names = tuple(_bound(text))
            same = (self._texts.get(name) == text or self._is_imported(name, text) for name in names)
            if renamed.keys().isdisjoint(names) and all(same):
                continue
            self._texts |= dict.fromkeys((renamed.get(name, name) for name in names), text)
            changed = statement.visit(renaming)
            assert isinstance(changed, Statement)
            self._statements.append(changed)
        made = operation.visit(renaming)
        assert isinstance(made, cst.BaseExpression)
        return made

    def added_to(self, module: cst.Module) -> cst.Module:
        """The module with all that was carried below its imports."""
        imported = [each for each in self._statements if any(modules.imports_of(each))]
        others = [each for each in self._statements if each not in imported]
        return with_statements(module, imported, others)

    def _renamed(self, texts: Sequence[str], path: str, known: Mapping[str, str]) -> dict[str, str]:
        """New names for those that have another meaning here: `forwards` of 0012_x becomes `forwards_0012`. What uses such a name has
        another meaning too."""
        number = path.rpartition("/")[2].partition("_")[0].removesuffix(".py")
        found = dict(known)
        while True:
            more = {
                name: self._free(f"{name}_{number}")
                for text in texts
                for name in _bound(text)
                if name not in found
                and (
                    self._is_other(name, text)
                    or (name in self._texts and not found.keys().isdisjoint(_used(text)))
                )
            }
            if not more:
                return found
            found |= more

    def _is_other(self, name: str, text: str) -> bool:
        """Whether the name has another meaning in this module than in a module with that statement."""
        if self._is_imported(name, text):
            return False
        return name in self.taken or self._texts.get(name, text) != text

    def _free(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._texts or name in self.taken:
            count += 1
            name = f"{wanted}_{count}"
        return name

    def _is_imported(self, name: str, text: str) -> bool:
        """Whether the statement imports under that name what this module has under it."""
        parsed = cst.parse_statement(text)
        return any(
            self.bindings.get(bound) == path
            for _, pairs in modules.imports_of(parsed)
            for bound, path in pairs
            if bound.partition(".")[0] == name
        )


class _Renaming(cst.CSTTransformer):
    """Other names for module-level names. Raises Refusal (SB541) where a parameter or a keyword has the name: then it is not only that."""

    def __init__(self, names: Mapping[str, str], path: str) -> None:
        super().__init__()
        self.names, self.path = names, path

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        new = self.names.get(updated_node.value)
        return updated_node if new is None else updated_node.with_changes(value=new)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def visit_Param(self, node: cst.Param) -> None:
        self._refuse(node.name)

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._refuse(node.keyword)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> bool:
        name = modules.dotted(node.name) if node.asname is None else ""
        if name in self.names:
            raise self._clash(name)
        return True

    def _refuse(self, node: cst.Name) -> None:
        if node.value in self.names:
            raise self._clash(node.value)

    def _clash(self, name: str) -> Refusal:
        return Refusal(
            "SB541",
            f"{self.path}: {name} has another meaning in the file that its operation is carried to",
            hint=f"Rename {name} in {self.path}, in a commit of its own, then run the command again.",
        )


def _is_migration(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.ClassDef) and statement.name.value == "Migration"


def _operation(module: cst.Module, path: str, index: int) -> cst.BaseExpression:
    _, owner = modules.migration_class(module, path)
    used = modules.names_used(ast.parse(module.code))
    place = modules.attribute(used, owner, "operations", path)
    value = place.value if place is not None else None
    if not isinstance(value, cst.List | cst.Tuple) or any(
        isinstance(each, cst.StarredElement) for each in value.elements
    ):
        raise modules.not_plain(path, "operations", "it is not a plain list")
    return value.elements[index].value


def _needed(
    module: cst.Module, statements: Sequence[Statement], operation: cst.BaseExpression
) -> tuple[Statement, ...]:
    """The statements that bind what the operation uses, and what these use, in the order of the file."""
    texts = [module.code_for_node(each).strip() for each in statements]
    binders: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        for name in _bound(text):
            binders.setdefault(name, []).append(number)
    waiting = list(_used(cst.Module([]).code_for_node(operation)))
    found: set[int] = set()
    for name in waiting:
        for number in binders.get(name, ()):
            if number not in found:
                found.add(number)
                waiting.extend(_used(texts[number]))
    return tuple(statements[number] for number in sorted(found))


def _bound(text: str) -> Iterator[str]:
    yield from dict.fromkeys(modules.names_taken(ast.parse(text)))


def _used(text: str) -> Iterator[str]:
    tree = ast.parse(f"({text})") if _is_expression(text) else ast.parse(text)
    yield from dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _is_expression(text: str) -> bool:
    try:
        ast.parse(f"({text})", mode="eval")
    except SyntaxError:
        return False
    return True
