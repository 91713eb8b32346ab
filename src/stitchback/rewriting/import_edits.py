"""Adds imports and definitions to an existing module, and removes imports that an edit has left unused."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence

import libcst as cst

from stitchback.rewriting.import_names import Import
from stitchback.rewriting.modules import dotted, imports_of, names_used

Body = list[cst.SimpleStatementLine | cst.BaseCompoundStatement]


def with_imports(module: cst.Module, needed: Iterable[Import]) -> cst.Module:
    body: Body = list(module.body)
    for item in sorted(needed):
        if not _joined(body, item):
            _inserted(body, item)
    return module.with_changes(body=body)


def _joined(body: Body, item: Import) -> bool:
    """Adds the name to the existing `from … import` of its module, if any."""
    for index, statement in enumerate(body):
        for node, _ in imports_of(statement) if item.is_from else ():
            if _imports_from(node, item.module):
                assert isinstance(node, cst.ImportFrom)
                assert isinstance(statement, cst.SimpleStatementLine)
                longer = _with_name(node, item.name)
                parts = [longer if part is node else part for part in statement.body]
                body[index] = statement.with_changes(body=parts)
                return True
    return False


def _imports_from(node: cst.Import | cst.ImportFrom, module: str) -> bool:
    return (
        isinstance(node, cst.ImportFrom)
        and not isinstance(node.names, cst.ImportStar)
        and not node.relative
        and node.module is not None
        and dotted(node.module) == module
    )


def _with_name(node: cst.ImportFrom, name: str) -> cst.ImportFrom:
    """The import with the name: in sorted position if the names are sorted, otherwise at the end, with the same white space."""
    assert not isinstance(node.names, cst.ImportStar)
    aliases = list(node.names)
    names = [dotted(alias.name) for alias in aliases]
    place = (
        next((index for index, one in enumerate(names) if one > name), len(names))
        if names == sorted(names)
        else len(names)
    )
    between = aliases[0].comma if len(aliases) > 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    added = cst.ImportAlias(cst.Name(name), comma=between)
    if place == len(aliases):
        added = added.with_changes(comma=aliases[-1].comma)
        aliases[-1] = aliases[-1].with_changes(comma=between)
    return node.with_changes(names=[*aliases[:place], added, *aliases[place:]])


def _inserted(body: Body, item: Import) -> None:
    """Inserts a separate statement next to those of its kind, in the order of makemigrations."""
    statement = _statement(item)
    imports = [
        (index, node)
        for index, line in enumerate(body)
        for node, _ in imports_of(line)
        if _module_of(node) != "__future__"
    ]
    root = item.module.partition(".")[0]
    kin = [(index, node) for index, node in imports if _module_of(node).partition(".")[0] == root]
    later = [
        index
        for index, node in kin
        if (isinstance(node, cst.ImportFrom), _module_of(node)) > (item.is_from, item.module)
    ]
    if later:
        _before(body, later[0], statement)
    elif kin or (imports and root not in sys.stdlib_module_names):
        body.insert((kin or imports)[-1][0] + 1, statement)
    else:
        _before(body, imports[0][0] if imports else _behind_docstring(body), statement)


def _statement(item: Import) -> cst.SimpleStatementLine:
    text = f"from {item.module} import {item.name}" if item.is_from else f"import {item.module}"
    statement = cst.parse_statement(text)
    assert isinstance(statement, cst.SimpleStatementLine)
    return statement


def _module_of(node: cst.Import | cst.ImportFrom) -> str:
    if isinstance(node, cst.Import):
        return dotted(node.names[0].name)
    return "." * len(node.relative) + (dotted(node.module) if node.module is not None else "")


def _before(body: Body, index: int, statement: cst.SimpleStatementLine) -> None:
    """Inserts the statement and moves the empty lines above that position before it; comments stay with the statement below them."""
    following = body[index]
    lines = list(following.leading_lines)
    blank = 0
    while blank < len(lines) and lines[blank].comment is None:
        blank += 1
    body[index] = following.with_changes(leading_lines=lines[blank:])
    body.insert(index, statement.with_changes(leading_lines=lines[:blank]))


def _behind_docstring(body: Body) -> int:
    first = body[0] if body else None
    is_docstring = (
        isinstance(first, cst.SimpleStatementLine)
        and isinstance(first.body[0], cst.Expr)
        and isinstance(first.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )
    return 1 if is_docstring else 0


def with_definitions(module: cst.Module, sources: Sequence[str], before: int) -> cst.Module:
    """The module with functions and classes after the last import above the statement of index `before`, with two empty lines around each."""
    if not sources:
        return module
    body: Body = list(module.body)
    index = 1 + max(
        (place for place in range(before) if any(imports_of(body[place]))),
        default=_behind_docstring(body) - 1,
    )
    made = []
    for source in sources:
        text = source.replace("\n", module.default_newline)
        parsed = cst.parse_module(text, module.config_for_parsing).body[0]
        made.append(parsed.with_changes(leading_lines=_blank(2)))
    following = body[index]
    lines = list(following.leading_lines)
    have = next((place for place, line in enumerate(lines) if line.comment is not None), len(lines))
    body[index] = following.with_changes(leading_lines=[*_blank(2 - have), *lines])
    return module.with_changes(body=[*body[:index], *made, *body[index:]])


def with_statements(
    module: cst.Module,
    imported: Sequence[cst.SimpleStatementLine | cst.BaseCompoundStatement],
    others: Sequence[cst.SimpleStatementLine | cst.BaseCompoundStatement],
) -> cst.Module:
    """The module with more imports after its last one, and below them other statements with two empty lines around each."""
    if not imported and not others:
        return module
    body: Body = list(module.body)
    index = 1 + max(
        (place for place, each in enumerate(body) if any(imports_of(each))),
        default=_behind_docstring(body) - 1,
    )
    above = [each.with_changes(leading_lines=()) for each in imported]
    below = [each.with_changes(leading_lines=_below_blank(each)) for each in others]
    return module.with_changes(body=[*body[:index], *above, *below, *body[index:]])


def _below_blank(statement: cst.SimpleStatementLine | cst.BaseCompoundStatement) -> list[cst.EmptyLine]:
    """Two empty lines, and the comments that the statement has above it."""
    lines = list(statement.leading_lines)
    while lines and lines[0].comment is None:
        lines.pop(0)
    return [*_blank(2), *lines]


def _blank(count: int) -> list[cst.EmptyLine]:
    return [cst.EmptyLine(indent=False) for _ in range(count)]


def without_unused(module: cst.Module, before: frozenset[str], *, elsewhere: bool = False) -> cst.Module:
    """The module without imports of Django's modules that an edit has left unused: they only bind a name.

    `before`: names that were used. Imports that were unused before stay, as do imports with a comment and imports of other packages, which may
    have side effects. `elsewhere`: the module is a copy for another branch, which may lack those packages: all unused imports are removed.
    """
    still = names_used(ast.parse(module.code))
    lost = before - still
    body: Body = []
    blank: Sequence[cst.EmptyLine] = ()
    for statement in module.body:
        kept = _without(statement, lost, still, elsewhere=elsewhere)
        if kept is None:
            blank = blank or statement.leading_lines
        else:
            body.append(kept.with_changes(leading_lines=blank) if blank and not kept.leading_lines else kept)
            blank = ()
    return module.with_changes(body=body) if lost else module


def _without(
    statement: cst.BaseCompoundStatement | cst.SimpleStatementLine,
    lost: frozenset[str],
    still: frozenset[str],
    *,
    elsewhere: bool,
) -> cst.BaseCompoundStatement | cst.SimpleStatementLine | None:
    """The statement without the lost names; None if no names remain."""
    found = list(imports_of(statement))
    if len(found) != 1 or not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return statement
    (node, bound), lines = found[0], statement.leading_lines
    gone = {name for name, path in bound if name in lost and (elsewhere or path.startswith("django."))}
    if isinstance(node, cst.Import) and "django" in still:
        gone = {name for name in gone if "." not in name}
    if not gone or statement.trailing_whitespace.comment or any(line.comment for line in lines):
        return statement
    if len(gone) == len(bound):
        return None
    assert not isinstance(node.names, cst.ImportStar)
    aliases = [alias for alias, (name, _) in zip(node.names, bound, strict=True) if name not in gone]
    aliases[-1] = aliases[-1].with_changes(comma=node.names[-1].comma)
    return statement.with_changes(body=[node.with_changes(names=aliases)])
