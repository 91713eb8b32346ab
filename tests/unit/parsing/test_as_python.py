"""The law of the reader: what it reads is what Python makes of the file, or it is opaque. Programs that fill lists in every way that
comes to mind are run by Python and read by the reader."""

from __future__ import annotations

import os
import textwrap
from types import SimpleNamespace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque, Span
from stitchback.model.values import Constant, Items, Value
from stitchback.parsing.migration import read_migration
from stitchback.parsing.reading_context import ReadingContext
from stitchback.parsing.unknown_values import UnknownLength

STATEMENTS = r"""
{a} = []
{a} = ['x', 'y']
{a} = {b}
{a} = {b} + {c}
{a} = {a} + ['p']
{a} += ['z']
{a} += {b}
{a} = {b} = ['n']
{a}, {b} = {b}, {a}
{a}, *{b} = ['h', *{c}]
{a} = list({b})
{a} = {b}[:]
{a} = {b}[1:]
{a} = {b} * 2
{a} *= 2
{a} = [v + 'm' for v in {b}]
{a} = [*{b}, 's']
{a} = sorted({b})
{a} = list(reversed({b}))
{a} = {b}.copy()
{a} = {b} or {c}
{a} = {b} and {c}
{a} = {b} if FLAG else {c}
{a} = {b} if UNKNOWN() else {c}
{a}.append('q')
{a}.append(str(len({b})))
{a}.extend({b})
{a}.extend(v for v in ['e1', 'e2'])
{a}.insert(0, 'i')
{a}.insert(-1, 'j')
{a}.reverse()
{a}.sort()
{a}.clear()
{a}[0:0] = ['sl']
if {a}: {a}.pop()
if {a}: {a}.pop(0)
if {a}: {a}[0] = 'k'
if {a}: del {a}[0]
if 'x' in {a}: {a}.remove('x')
if FLAG: {a}.append('t')
if not FLAG: {a}.append('u')
if UNKNOWN(): {a}.append('w')
if UNKNOWN(): {a} = ['o']
if {a}: {b}.append('full')
if len({a}) > 2: {b} = []
for v in {b}[:3]: {c}.append(v)
for v in ['1', '2']: {a}.append(v)
for i, v in enumerate(['1', '2']): {a}.append(f'{{i}}{{v}}')
for v in ['1', '2']:\n    if v == '2': break\n    {a}.append(v)
for v in ['1', '2']:\n    {a}.append(v)\nelse:\n    {b}.append('else')
while len({a}) < 3: {a}.append('w')
try: {a}.append('p')\nexcept Exception: {a} = []
try:\n    {a}.append('p')\n    1 / 0\nexcept Exception:\n    {a}.append('r')
try:\n    {a}.append('p')\n    1 / 0\n    {a}.remove('p')\nexcept Exception: pass
@CHANGE2({a})\ndef decorated(): pass
try: pass\nfinally: {a}.append('f')
with CONTEXT: {a}.append('with')
def f(x): return x + ['f']\n{a} = f({b})
def g(): {a}.append('g')\ng()
def h(x):\n    x.append('h')\n    return x\n{a} = h({b})
def h(x):\n    x += ['h']\nh({a})
def k(x):\n    y = x\n    y.append('k')\n    return ['k']\n{b} = k({a})
def m():\n    found = []\n    for v in {b}: found.append(v)\n    return found\n{a} = m()
def d(x=[]):\n    x.append('d')\n    return x\n{a} = d()\n{b} = d()
def n():\n    global {a}\n    {a} = ['global']\nn()
f = lambda x: x + ['l']\n{a} = f({b})
f = {a}.append\nf('bound')
unused = {a}.append('s')
unused = [{a}.append(v) for v in ['c1', 'c2']]
unused = list(map({a}.append, ['m1']))
{b} = [{a}.pop() for v in ['1'] if {a}]
FLAG and {a}.append('and')
{a}.append('x') if FLAG else None
(w := {a}).append('walrus')
d = {{'k': {a}}}; d['k'].append('dict')
d = [{a}]; d[0].append('nested')
d = ({a}, {b}); d[0].append('tuple')
for v in [{a}, {b}]: v.append('each')
{b} = [v for v in [{a}]][0]; {b}.append('comp')
class K:\n    held = {a}\nK.held.append('class')
class K:\n    def __init__(self, x): x.append('init')\nK({a})
UNKNOWN({a})
CHANGE({a})
unused = CHANGE({a})
unused = {{'v': CHANGE({a})}}
print({a})
{a} = tuple({b})
{a} = list(tuple({b}))
{a} = list(dict.fromkeys({b}))
{a} = list(set({b}))[:1]
del {a}; {a} = ['del']
assert True, {a}.append('never')
global_ = globals(); global_['{a}'] = ['globals']
exec("{a}.append('exec')")
import sys
match {a}:\n    case []: {b}.append('empty')\n    case _: pass
async def co(): {a}.append('never')
def gen():\n    {a}.append('never')\n    yield 1\ngen()
{a} = [x for x in {b} if x not in {c}]
{a} = [*map(str, {b})]
{a} = (lambda: {b})()\n{a}.append('shared')
{a} = {b}.__add__({c})
{a}.__iadd__(['dunder'])
{a}.append({a}[0] if {a} else 'first')
list.append({a}, 'unbound')
operator.iadd({a}, ['op'])
setattr(K2, 'held', {a}); K2.held.append('attr')
""".strip().split("\n")

IMPORTS = """
from django.db import migrations
from stub import UNKNOWN, CHANGE, CHANGE2, CONTEXT
import operator
"""
PREFIX = (
    IMPORTS
    + """
FLAG = True
class K2:
    pass
a, b, c = ['x'], [], ['y', 'z']
"""
)


def run(program: str) -> list[Any] | None:
    """What Python makes of `operations`; None where the program fails."""

    class Context:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    def change(x: list[str]) -> list[str]:
        x.append("changed")
        return x

    import operator

    migrations = SimpleNamespace(Migration=object, RunSQL=lambda sql: sql)
    namespace: dict[str, Any] = {
        "migrations": migrations, "UNKNOWN": lambda *_: False, "CHANGE": change, "CHANGE2": lambda x: change(x) and (lambda f: f), "CONTEXT": Context(), "operator": operator,
        "print": lambda *_: None, "__name__": "shop.migrations.0001",
    }  # fmt: skip
    end = PREFIX.removeprefix(IMPORTS)
    try:
        exec(program.replace(PREFIX, end), namespace)
    except Exception:  # noqa: BLE001  (a program that fails says nothing)
        return None
    return list(namespace["Migration"].operations)


def read(program: str) -> list[Any] | None:
    """What the reader makes of it: Opaque for what is not known; None as a whole where the file cannot be read."""
    found = read_migration(
        MigrationKey("a", "b"), "shop/migrations/b.py", "0", program.encode(), ReadingContext()
    )
    if not isinstance(found, Migration):
        return None
    return [plain(item.argument("sql")) if isinstance(item, Operation) else item for item in found.operations]


def plain(value: Value | None) -> Any:
    match value:
        case Constant(value=constant):
            return constant
        case Items(items=items):
            return [plain(item) for item in items]
        case Opaque():
            return value
        case _:
            return Opaque("not a list", "", Span(""))


lines = st.builds(
    lambda line, names: line.replace("\\n", "\n").format(a=names[0], b=names[1], c=names[2]),
    st.sampled_from(STATEMENTS),
    st.permutations(["a", "b", "c"]),
)


def agrees(made: Any, found: Any) -> bool:
    """Whether what is read is what was made, an opaque one standing for anything, a gap for any number of items."""
    if isinstance(found, Opaque):
        return True
    if not isinstance(made, list | tuple) or not isinstance(found, list):
        return bool(made == found)
    gaps = [at for at, item in enumerate(found) if isinstance(item, UnknownLength)]
    if not gaps:
        return len(made) == len(found) and all(map(agrees, made, found))
    begin, end = found[: gaps[0]], found[gaps[-1] + 1 :]
    return (
        len(made) >= len(begin) + len(end)
        and all(map(agrees, made, begin))
        and all(map(agrees, made[len(made) - len(end) :], end))
    )


def check(program: str) -> None:
    made = run(program)
    found = read(program)
    if made is None or found is None:
        return
    assert agrees(made, found), f"{made}\n{found}\n{program}"


EXAMPLES = int(os.environ.get("STITCHBACK_EXAMPLES", "200"))


@given(st.lists(lines, max_size=7), st.lists(lines, max_size=2))
@settings(max_examples=EXAMPLES, deadline=None)
@example([], [])
def test_what_is_read_is_what_python_makes(before: list[str], after: list[str]) -> None:
    check(
        PREFIX + "\n".join(before) + "\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.RunSQL(v) for v in a]\n" + "\n".join(after) + "\n"
    )


@given(st.lists(lines, max_size=4), st.lists(lines, max_size=4), st.lists(lines, max_size=3))
@settings(max_examples=EXAMPLES, deadline=None)
def test_lists_that_are_shared(before: list[str], within: list[str], after: list[str]) -> None:
    """The operations keep the lists themselves: what is done to them later is done to the operations."""
    kept = "operations = [migrations.RunSQL(a), migrations.RunSQL(b), migrations.RunSQL(c)]"
    body = "\n".join([*within, kept])
    check(
        PREFIX + "\n".join(before) + "\nclass Migration(migrations.Migration):\n"
        + textwrap.indent(body, "    ") + "\n" + "\n".join(after) + "\n"
    )  # fmt: skip


def test_what_a_comprehension_calls_that_is_not_unrolled() -> None:
    for body in (
        "c = b if UNKNOWN() else a\nb = [c.pop() for v in ['1'] if c]",
        "unused = [a.pop() for v in UNKNOWN() or ['1']]",
        "unused = {v: a.append(v) for v in UNKNOWN() or ['1']}",
        "unused = [(a := ['walrus']) for v in UNKNOWN() or ['1']]",
        "def g(): a.append('g')\nunused = {g() for v in UNKNOWN() or ['1']}",
        "unused = [v for v in ['1'] if UNKNOWN() or not a.append('if')]",
        "unused = [w for v in UNKNOWN() or ['1'] for w in [a.append('inner')]]",
    ):
        check(
            f"{PREFIX}{body}\nclass Migration(migrations.Migration):\n"
            "    operations = [migrations.RunSQL(a), migrations.RunSQL(b), migrations.RunSQL(c)]\n"
        )


def test_each_statement_alone() -> None:
    for statement in STATEMENTS:
        line = statement.replace("\\n", "\n").format(a="a", b="b", c="c")
        check(
            f"{PREFIX}{line}\nclass Migration(migrations.Migration):\n    operations = [migrations.RunSQL(v) for v in a]\n"
        )
        check(
            f"{PREFIX}{line}\nclass Migration(migrations.Migration):\n    operations = [migrations.RunSQL(v) for v in b]\n"
        )
