"""Which functions and operation classes leave nothing in a database."""

from __future__ import annotations

import ast

import pytest

from stitchback.model.session_statements import code_leaves_nothing


@pytest.mark.parametrize(
    "source",
    [
        "def f(apps, schema_editor):\n    '''Nothing.'''",
        "def f(apps, schema_editor):\n    return None",
        "lambda apps, schema_editor: None",
        "def f(apps, editor):\n    editor.execute('SET lock_timeout = %s', ['5s'])",
        "lambda apps, editor: editor.execute('SET CONSTRAINTS ALL IMMEDIATE')",
        "def f(apps, schema_editor):\n    with schema_editor.connection.cursor() as cursor:\n        cursor.execute('RESET lock_timeout')",
        "def f(apps, schema_editor):\n    if schema_editor.connection.vendor != 'postgresql':\n        return\n"
        "    connection.cursor().execute('SET CONSTRAINTS ALL IMMEDIATE')",
        "class Timeout(Operation):\n    def state_forwards(self, a, s): pass\n"
        "    def database_forwards(self, app_label, schema_editor, a, b):\n        schema_editor.execute('SET lock_timeout = 5')",
    ],
)
def test_empty(source: str) -> None:
    assert code_leaves_nothing(_node(source))


@pytest.mark.parametrize(
    "source",
    [
        "def f(apps, editor):\n    editor.execute('UPDATE shop_item SET size = 1')",
        "def f(apps, editor):\n    editor.execute('SET CONSTRAINTS ALL IMMEDIATE; UPDATE shop_item SET size = 1')",
        "def f(apps, editor):\n    editor.execute('SET x = %s', [fill(apps)])",
        "def f(apps, editor):\n    editor.execute(STATEMENT)",
        "def f(apps, editor):\n    other.execute('SELECT 1')",
        "def f(apps, editor):\n    if fill(apps):\n        return",
        "def f(apps, editor):\n    editor.execute('SELECT 1')\n    fill(apps)",
        "def f(apps, editor):\n    with transaction.atomic() as cursor:\n        cursor.execute('SELECT 1')",
        "@fill\ndef f(apps, editor):\n    editor.execute('SELECT 1')",
        "def f(apps, editor):\n    return fill(apps)",
        "lambda apps, editor: fill(apps)",
        "class Timeout(Operation):\n    def state_forwards(self, a, s): pass",
        "class Load(Operation):\n    def database_forwards(self, app_label, schema_editor, a, b):\n        load(b.apps)",
    ],
)
def test_work(source: str) -> None:
    assert not code_leaves_nothing(_node(source))


def _node(source: str) -> ast.AST:
    statement = ast.parse(source).body[0]
    return statement.value if isinstance(statement, ast.Expr) else statement
