"""The parts of a migration's module that can be edited: its Migration class, that class's attributes, its imports."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from stitchback.errors import Refusal

_ATTRIBUTES = ("replaces", "initial", "dependencies", "run_before", "operations", "atomic")


@dataclass(frozen=True, slots=True)
class AttributePlace:
    """The position of an attribute's assignment: the index of the statement in the class body, and the index of its part (`a = 1; b = 2`)."""

    statement: int
    part: int
    value: cst.BaseExpression


def migration_class(module: cst.Module, path: str) -> tuple[int, cst.ClassDef]:
    """The Migration class and its index in the module. Raises Refusal (SB540) unless it is exactly one plain class at the top level."""
    found = [
        (index, node)
        for index, node in enumerate(module.body)
        if isinstance(node, cst.ClassDef) and node.name.value == "Migration"
    ]
    if len(found) != 1 or not isinstance(found[0][1].body, cst.IndentedBlock):
        raise not_plain(path, "class Migration", "it is not one class at the top level of the file")
    return found[0]


def not_plain(path: str, what: str, why: str) -> Refusal:
    return Refusal(
        "SB540",
        f"{path}: {what} cannot be edited: {why}",
        hint="Write it as a plain list in the class, in a commit of its own, then run the command again.",
    )


def attribute(used: frozenset[str], owner: cst.ClassDef, name: str, path: str) -> AttributePlace | None:
    """The position where the class sets the attribute; None if it does not. `used`: names in the module. Raises Refusal (SB540) if other code uses
    the attribute."""
    touched = _Touched(name)
    owner.body.visit(touched)
    if f"Migration.{name}" in used:
        raise not_plain(path, name, f"Migration.{name} is used outside of the class")
    places = list(_places(owner, name))
    if touched.count != len(places) or len(places) > 1:
        raise not_plain(path, name, "more than one statement sets or changes it")
    return places[0] if places else None


def _places(owner: cst.ClassDef, name: str) -> Iterator[AttributePlace]:
    assert isinstance(owner.body, cst.IndentedBlock)
    for index, statement in enumerate(owner.body.body):
        if isinstance(statement, cst.SimpleStatementLine):
            for part, small in enumerate(statement.body):
                value = _assigned(small, name)
                if value is not None:
                    yield AttributePlace(index, part, value)


def _assigned(small: cst.BaseSmallStatement, name: str) -> cst.BaseExpression | None:
    match small:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=found))], value=value) if (
            found == name
        ):
            return value
        case cst.AnnAssign(target=cst.Name(value=found), value=value) if found == name:
            return value
        case _:
            return None


class _Touched(cst.CSTVisitor):
    """Counts how often the class body (without the functions and classes in it) names the attribute."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.count = name, 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.count += node.value == self.name


def with_value(owner: cst.ClassDef, place: AttributePlace, value: cst.BaseExpression) -> cst.ClassDef:
    """The class with another value for the attribute."""
    statement = owner.body.body[place.statement]
    assert isinstance(statement, cst.SimpleStatementLine)
    parts = list(statement.body)
    parts[place.part] = parts[place.part].with_changes(value=value)
    return with_statement(owner, place.statement, statement.with_changes(body=parts))


def with_statement(owner: cst.ClassDef, index: int, statement: cst.BaseStatement) -> cst.ClassDef:
    body = [*owner.body.body[:index], statement, *owner.body.body[index + 1 :]]
    return owner.with_changes(body=owner.body.with_changes(body=body))


def without_attribute(owner: cst.ClassDef, place: AttributePlace) -> cst.ClassDef:
    """The class without the assignment; comments above it go with it."""
    body = list(owner.body.body)
    statement = body[place.statement]
    assert isinstance(statement, cst.SimpleStatementLine)
    parts = [part for number, part in enumerate(statement.body) if number != place.part]
    if parts:
        parts[-1] = parts[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        body[place.statement] = statement.with_changes(body=parts)
    else:
        del body[place.statement]
    return owner.with_changes(body=owner.body.with_changes(body=body))


def with_new_attribute(owner: cst.ClassDef, name: str, statement: cst.BaseStatement) -> cst.ClassDef:
    """The class with one more attribute, in the position that makemigrations gives it, followed by an empty line."""
    body = list(owner.body.body)
    later = _ATTRIBUTES[_ATTRIBUTES.index(name) + 1 :]
    places = [place.statement for each in later for place in _places(owner, each)]
    index = min(places, default=len(body))
    if index == len(body):
        body.append(statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)]))
    else:
        following = body[index]
        assert isinstance(following, cst.SimpleStatementLine)
        lines = list(following.leading_lines)
        blank = [line for line in lines[:1] if line.comment is None]
        body[index] = following.with_changes(
            leading_lines=[*(blank or [cst.EmptyLine(indent=False)]), *lines[len(blank) :]]
        )
        body.insert(index, statement.with_changes(leading_lines=blank))
    return owner.with_changes(body=owner.body.with_changes(body=body))


def imports_of(statement: cst.CSTNode) -> Iterator[tuple[cst.Import | cst.ImportFrom, list[tuple[str, str]]]]:
    """The import statements on one line, each with the names that it binds: name -> import path. The names of relative imports and `*` are unknown."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return
    for small in statement.body:
        if isinstance(small, cst.Import):
            yield small, [_bound(dotted(alias.name), alias, "") for alias in small.names]
        elif isinstance(small, cst.ImportFrom):
            module = dotted(small.module) if small.module is not None and not small.relative else None
            names = () if isinstance(small.names, cst.ImportStar) or module is None else small.names
            yield (
                small,
                [_bound(f"{module}.{dotted(alias.name)}", alias, dotted(alias.name)) for alias in names],
            )


def _bound(path: str, alias: cst.ImportAlias, name: str) -> tuple[str, str]:
    if alias.asname is not None:
        assert isinstance(alias.asname.name, cst.Name)
        return alias.asname.name.value, path
    return name or path, path


def dotted(node: cst.BaseExpression) -> str:
    """The dotted name `a.b.c` of a node."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    assert isinstance(node, cst.Name)
    return node.value


def bindings_of(module: cst.Module, tree: ast.Module) -> dict[str, str]:
    """The names bound by the module's top-level imports, name -> import path; without names that are bound twice."""
    pairs = dict.fromkeys(
        pair for statement in module.body for _, bound in imports_of(statement) for pair in bound
    )
    counts = Counter(name for name, _ in pairs)
    other = {name for name, is_import in _taken(tree.body) if not is_import}
    return {name: path for name, path in pairs if counts[name] == 1 and name.partition(".")[0] not in other}


def names_taken(tree: ast.Module) -> frozenset[str]:
    """Every name that the module binds outside of functions and classes."""
    return frozenset(name for name, _ in _taken(tree.body))


def names_used(tree: ast.Module) -> frozenset[str]:
    """Every name and dotted name in the module outside of imports, each with its prefixes. A syntax tree of `ast` is walked in a tenth of the
    time that LibCST's takes."""
    nodes = ast.walk(tree)
    return frozenset(
        name for node in nodes if isinstance(node, ast.Name | ast.Attribute) and (name := _dotted(node))
    )


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of a node; "" if it starts with anything but a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return ".".join((node.id, *parts)) if isinstance(node, ast.Name) else ""


def _taken(body: Sequence[ast.stmt]) -> Iterator[tuple[str, bool]]:
    """The names, each with whether a plain top-level import binds it."""
    for statement in body:
        is_import = isinstance(statement, ast.Import | ast.ImportFrom)
        yield from ((name, is_import) for name in _bound_within(statement))


def _bound_within(statement: ast.stmt) -> Iterator[str]:
    within: list[ast.AST] = [statement]
    while within:
        match within.pop():
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case node:
                within.extend(ast.iter_child_nodes(node))


def definitions_of(tree: ast.Module) -> dict[str, str]:
    """The module's own functions and classes, name -> source as `ast.unparse` gives it."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name: ast.unparse(node) for node in tree.body if isinstance(node, kinds)}
