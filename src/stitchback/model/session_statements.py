"""Recognises statements that have no effect after their session or transaction ends: they are not data
operations.

`SET CONSTRAINTS ALL IMMEDIATE`, `SET lock_timeout = '5s'`, `LOCK TABLE`, `ANALYZE`, `SELECT 1`, and code that
executes only such statements. A migration that contains one needs it in its own place and transaction (FACTS
F35); another migration needs its own. Only known statements count: any other text is work.

This module imports nothing of the package: the process that runs a project's code loads it by its path.
"""

from __future__ import annotations

import ast
import re

MAX_LENGTH = 10_000  # characters of a text that is checked; a longer one is work

_NAME = r"""(?:"[^"\\;]+"|`[^`\\;]+`|[A-Za-z_][\w$]*)"""
_PATH = rf"{_NAME}(?:\.{_NAME})*"
_PATHS = rf"{_PATH}(?: ?, ?{_PATH})*"
_TEXT = r"'(?:[^'\\;]|'')*'"
_VALUE = rf"(?:{_TEXT}|%s|[-+]?\d+(?:\.\d+)?[A-Za-z]*|@@?{_PATH}|{_PATH})"
_VALUES = rf"{_VALUE}(?: ?, ?{_VALUE})*"
_TABLES = rf"{_PATH}(?: ?\( ?{_NAME}(?: ?, ?{_NAME})* ?\))?"
_MODE = r"(?:ACCESS|ROW|SHARE(?: UPDATE| ROW)?) (?:SHARE|EXCLUSIVE)|SHARE|EXCLUSIVE"
_MYSQL_LOCK = rf"{_PATH}(?: AS {_NAME})? (?:READ(?: LOCAL)?|(?:LOW_PRIORITY )?WRITE)"
# A variable of the session or the transaction; `@x` is MySQL's. Not GLOBAL and PERSIST, which outlive the
# session, nor `autocommit`, which may commit.
_LASTING = r"(?!(?:@@)?(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|DEFAULT|autocommit)\b)"
_VARIABLE = rf"{_LASTING}(?:(?:@@)?(?:SESSION|LOCAL)[ .])?{_LASTING}@?{_PATH}"
_ASSIGNMENT = rf"{_VARIABLE} ?:?= ?{_VALUE}"
# Pragmas of a connection. Not `journal_mode`, `user_version`, `writable_schema` and others that a database
# file stores.
_PRAGMA = (
    r"busy_timeout|cache_size|case_sensitive_like|defer_foreign_keys|foreign_key_check|foreign_key_list|foreign_keys"
    r"|ignore_check_constraints|index_info|index_list|integrity_check|legacy_alter_table|quick_check|recursive_triggers"
    r"|synchronous|table_info|temp_store"
)

_STATEMENTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"SET CONSTRAINTS (?:ALL|{_PATHS}) (?:IMMEDIATE|DEFERRED)",
        rf"SET (?:(?:SESSION|LOCAL) )?{_LASTING}(?!CONSTRAINTS\b){_PATH} ?(?: TO |=) ?{_VALUES}",
        rf"SET {_ASSIGNMENT}(?: ?, ?{_ASSIGNMENT})*",
        rf"SET (?:(?:SESSION|LOCAL) )?TIME ZONE {_VALUE}",
        rf"SET NAMES {_VALUE}(?: COLLATE {_VALUE})?",
        rf"SET (?:(?:SESSION|LOCAL) )?ROLE {_VALUE}",
        r"SET (?:SESSION )?TRANSACTION (?:ISOLATION LEVEL (?:SERIALIZABLE|REPEATABLE READ|READ (?:UN)?COMMITTED)|READ WRITE)",
        rf"RESET {_PATH}",
        r"RESET SESSION AUTHORIZATION",
        rf"(?:ANALYZE|ANALYSE)(?: VERBOSE)?(?: {_TABLES}(?: ?, ?{_TABLES})*)?",
        rf"ANALYZE (?:(?:NO_WRITE_TO_BINLOG|LOCAL) )?TABLE {_PATHS}",
        rf"VACUUM(?: FULL)?(?: FREEZE)?(?: VERBOSE)?(?: ANALYZE)?(?: (?!INTO\b){_TABLES}(?: ?, ?{_TABLES})*)?",
        rf"LOCK (?:TABLE )?(?:ONLY )?{_PATHS}(?: IN (?:{_MODE}) MODE)?(?: NOWAIT)?",
        rf"LOCK TABLES? {_MYSQL_LOCK}(?: ?, ?{_MYSQL_LOCK})*",
        r"UNLOCK TABLES",
        rf"PRAGMA (?:{_NAME}\.)?(?:{_PRAGMA})(?: ?= ?{_VALUE}| ?\( ?{_VALUE} ?\))?",
        rf"SELECT (?:{_TEXT}|\d+|NULL|TRUE|FALSE)(?: AS {_NAME})?",
        rf"SELECT (?:pg_catalog\.)?set_config ?\( ?(?:{_TEXT}|%s) ?, ?(?:{_TEXT}|%s) ?, ?(?:TRUE|FALSE|%s) ?\)",
        r"SELECT pg_advisory_(?:xact_)?(?:un)?lock(?:_shared)? ?\( ?(?:-?\d+|%s)(?: ?, ?(?:-?\d+|%s))? ?\)",
    )
)
# Words that begin another statement: never the name of a table that is analyzed or vacuumed (MariaDB's
# `ANALYZE UPDATE …` runs the update).
_OTHERS = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|REPLACE|MERGE|CREATE|ALTER|DROP|TRUNCATE|GRANT|REVOKE|COPY|CALL|EXECUTE|DO|INTO|FROM)\b",
    re.IGNORECASE,
)


def leaves_nothing(sql: str) -> bool:
    """Whether the SQL, of any number of statements, is known to have no lasting effect. True for an empty
    text and comments.
    """
    if len(sql) > MAX_LENGTH:
        return False
    bare = without_comments(sql)
    if bare is None:
        return False
    statements = (" ".join(each.split()) for each in bare.split(";"))
    return all(map(_is_of_the_session, filter(None, statements)))


def _is_of_the_session(statement: str) -> bool:
    words = re.sub(_TEXT, "''", statement)
    return not _OTHERS.search(words) and any(each.fullmatch(statement) for each in _STATEMENTS)


def without_comments(sql: str) -> str | None:
    """The SQL with each comment replaced by a space. None if quotes and comments cannot be separated with
    certainty: a backslash, a `;` or a comment start in quotes, a comment that MySQL runs (`/*! … */`), nested
    comments.
    """
    parts: list[str] = []
    place = 0
    while place < len(sql):
        found = _PIECE.match(sql, place)
        if found is None:
            return None
        piece = found[0]
        if piece[0] in "'\"`" and any(mark in piece for mark in (";", "--", "/*", "\\")):
            return None
        if piece.startswith("/*") and (piece[2:3] in ("!", "+", "M") or "/*" in piece[2:]):
            return None
        parts.append(" " if piece.startswith(("--", "/*")) else piece)
        place = found.end()
    return "".join(parts)


_PIECE = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|[^'\"`/\\$#-]+|/(?!\*)|-(?!-)",
    re.DOTALL,
)


_FORWARDS = "database_forwards"


def code_leaves_nothing(node: ast.AST) -> bool:
    """Whether the code has no lasting effect: pass, `...`, a docstring, `return` or `return None`,
    `schema_editor.execute("SET lock_timeout = …")`. For an operation class, its `database_forwards` is
    checked.
    """
    match node:
        case ast.Lambda(args=parameters, body=body):
            return isinstance(body, ast.Constant) or _executes_statements(body, _given(parameters))
        case ast.FunctionDef(args=parameters, body=body, decorator_list=[]):
            return all(_does_nothing(statement, _given(parameters)) for statement in body)
        case ast.FunctionDef(body=body):
            return all(_is_no_statement(statement) for statement in body)
        case ast.ClassDef(body=body, decorator_list=[]):
            methods = [each for each in body if getattr(each, "name", "") == _FORWARDS]
            return (
                len(methods) == 1
                and isinstance(methods[0], ast.FunctionDef)
                and code_leaves_nothing(methods[0])
            )
        case _:
            return False


def _given(parameters: ast.arguments) -> frozenset[str]:
    """The parameters, one of which is the schema editor."""
    names = (each.arg for each in (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs))
    return frozenset(names) - {"self", "cls"}


def _is_no_statement(statement: ast.stmt) -> bool:
    match statement:
        case (
            ast.Pass()
            | ast.Return(value=None)
            | ast.Return(value=ast.Constant())
            | ast.Expr(value=ast.Constant())
        ):
            return True
        case _:
            return False


def _does_nothing(statement: ast.stmt, executors: frozenset[str]) -> bool:
    """Whether the statement has no lasting effect. `executors`: parameters, and cursors opened by a
    surrounding `with`.
    """
    match statement:
        case ast.Expr(value=value) | ast.Return(value=ast.Call() as value) if isinstance(value, ast.Call):
            return _executes_statements(value, executors)
        case ast.If(test=test, body=body, orelse=orelse):
            return _only_compares(test) and all(_does_nothing(each, executors) for each in (*body, *orelse))
        case ast.With(items=[ast.withitem(context_expr=opened, optional_vars=ast.Name(id=name))], body=body):
            return _opens_cursor(opened) and all(_does_nothing(each, executors | {name}) for each in body)
        case _:
            return _is_no_statement(statement)


def _executes_statements(call: ast.expr, executors: frozenset[str]) -> bool:
    """Whether it is `schema_editor.execute("SET …")` or `cursor.execute("SET …", [5])`."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=owner, attr="execute"),
            args=[ast.Constant(value=str(sql)), *parameters],
            keywords=[],
        ) if len(parameters) < 2:
            known = isinstance(owner, ast.Name) and owner.id in executors
            return (
                (known or _opens_cursor(owner)) and all(map(_is_literal, parameters)) and leaves_nothing(sql)
            )
        case _:
            return False


def _opens_cursor(node: ast.expr) -> bool:
    """Whether it is `connection.cursor()` or `schema_editor.connection.cursor()`."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="cursor"), args=[], keywords=[]):
            return _names(owner)[-1:] == ("connection",)
        case _:
            return False


def _only_compares(test: ast.expr) -> bool:
    """Whether the condition calls nothing: `schema_editor.connection.vendor == "postgresql"`."""
    match test:
        case ast.Compare(left=left, comparators=others):
            return all(bool(_names(each)) or _is_literal(each) for each in (left, *others))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _only_compares(operand)
        case ast.BoolOp(values=values):
            return all(map(_only_compares, values))
        case _:
            return False


def _is_literal(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(map(_is_literal, items))
        case _:
            return False


def _names(node: ast.expr) -> tuple[str, ...]:
    """("a", "b", "c") for `a.b.c`; () for anything else."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=value, attr=name) if above := _names(value):
            return (*above, name)
        case _:
            return ()
