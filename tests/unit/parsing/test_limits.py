"""The reader's limits: whatever stands in a file, it ends within seconds, and says what it did not read."""

from __future__ import annotations

import time

import pytest
from unit.parsing.reading import HEAD, read, tree_of

from stitchback.model.migrations import Migration, Unreadable
from stitchback.model.source import Opaque
from stitchback.model.values import walk
from stitchback.parsing.reading_limits import MAX_NODES

SECONDS = 6  # of the processor; what has no limit takes minutes, or all memory
FIELD = "migrations.AddField('item', 'c', models.IntegerField(null=True, default=X))"
TAIL = "\n\nclass Migration(migrations.Migration):\n    dependencies = [('shop', '0001_initial')]\n\n    operations = [{}]\n"


def source(text: str, operation: str = FIELD) -> str:
    return f"{HEAD}\n{text}\n{TAIL.format(operation)}"


def within_seconds(
    text: str, operation: str = FIELD, others: dict[str, str] | None = None
) -> Migration | Unreadable:
    start = time.process_time()
    found = read(source(text, operation), others)
    if isinstance(found, Migration):
        for part in found.operations:
            assert hash(part) == hash(part)  # as whoever compares them walks through
    assert time.process_time() - start < SECONDS
    return found


def is_reported(found: Migration | Unreadable) -> bool:
    return isinstance(found, Unreadable) or any(
        isinstance(part, Opaque) or part.opaques for part in found.operations
    )


LOOP = "for i in range(60):\n    "
DOUBLED = {
    "text": f"X = 'a'\n{LOOP}X += X",
    "list": f"X = [1]\n{LOOP}X += X",
    "tuple": f"X = (1,)\n{LOOP}X += X",
    "number": f"X = 9\n{LOOP}X *= X",
    "power": f"X = 9\n{LOOP}X **= X",
    "shift": f"X = 9\n{LOOP}X <<= X",
    "condition": f"X = models.Q(a=1)\n{LOOP}X |= X",
    "attribute": f"class A:\n    x = 'a'\n\n{LOOP}A.x += A.x\nX = A.x",
    "in itself": f"X = [1]\n{LOOP}X = [X, X]",
    "attribute in itself": f"class A:\n    x = [1]\n\n{LOOP}A.x = [A.x, A.x]\nX = A.x",
    "item": f"d = {{'a': 1}}\n{LOOP}d['a'] = [d['a'], d['a']]\nX = d",
    "spread": f"X = [1]\n{LOOP}X = [*X, *X]",
    "keys": f"X = {{1: 1}}\n{LOOP}X = {{**X, i: [X, X]}}",
    "format": f"X = 'a'\n{LOOP}X = '%s%s' % (X, X)",
    "f-string of an unknown": f"X = unknown()\n{LOOP}X = f'{{X}}{{X}}'",
    "unpacked": f"a = b = [1]\n{LOOP}a, b = [a, b], [b, a]\nX = a",
    "extend": f"X = [1]\n{LOOP}X.extend(X)",
    "repeated": "X = [[[[[0] * 1000] * 1000] * 1000] * 1000] * 1000",
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBLED)
def test_what_doubles_is_reported(name: str) -> None:
    assert is_reported(within_seconds(DOUBLED[name]))


def test_a_repetition_within_an_operation() -> None:
    assert is_reported(within_seconds("", FIELD.replace("X", "[[[[0] * 1000] * 1000] * 1000] * 1000")))


@pytest.mark.parametrize(
    "text",
    [
        "X = 1\n" + "X += unknown\n" * 20_000,
        "X = [1]\n" + "X += [1]\n" * 20_000,
        "X = {}\n" + "".join(f"X[{number}] = 1\n" for number in range(8_000)),
        "X0 = 1\n" + "".join(f"X{number} = f(X{number - 1})\n" for number in range(1, 5_000)),
        "X = 1\n" + "if a:\n    X = X + [1]\nelse:\n    X = X + [2]\n" * 5_000,
        "X = [0] * 1000\n" + "for i in range(5000):\n    Y = list(zip(X, X))",
        "X = 'a'\nfor i in range(5000):\n    " + "; ".join(["X = '%s' * 900 % tuple(['a' * 99] * 900)"] * 300),
        "X = a" + ".b" * 150,
        "X = a" + "[0].b()" * 150,
        "".join(f"def f{n}(x): return f{n + 1}(f{n + 1}(x))\n" for n in range(150)) + "X = f0(1)",
    ],
)  # fmt: skip
def test_work_that_has_no_end_has_a_limit(text: str) -> None:
    within_seconds(text)


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("X = [" + "1, " * 300_000 + "]", FIELD),
        ("X = [" + "'a', " * 300_000 + "]", FIELD),
        ("X = 1\nY = f'{[" + "1, " * 300_000 + "]}'", FIELD),
        ("X = f\"\", " + "1, " * 300_000 + '" "', FIELD),
        ("X = 1\n" * 250_000, FIELD),
        ("", "1, " * 300_000),
        ("", "migrations.RunSQL([" + "'a', " * 300_000 + "])"),
    ],
)  # fmt: skip
def test_hundreds_of_thousands_of_literals_are_not_parsed(text: str, operation: str) -> None:
    start = time.process_time()
    found = read(source(text, operation))
    assert time.process_time() - start < 2
    assert isinstance(found, Unreadable)
    assert "more than 200,000 operators" in found.reason


@pytest.mark.parametrize(
    "text",
    ["X = '''" + "a, b. (c)\n" * 60_000 + "'''", "# a, b. (c)\n" * 60_000, 'X = r"' + "{,}" * 200_000 + '"'],
)
def test_a_long_text_or_comment_is_no_work(text: str) -> None:
    found = within_seconds(text, FIELD.replace("default=X", ""))
    assert isinstance(found, Migration)
    assert not is_reported(found)


def test_long_lists_that_a_migration_really_uses() -> None:
    """3,000 operations put together in a loop, each with a literal of its own."""
    field = "migrations.AddField('item', 'c%d' % i, models.IntegerField(null=True))"
    found = within_seconds(f"X = []\nfor i in range(3000):\n    X.append({field})", "*X")
    assert isinstance(found, Migration)
    assert len(found.operations) == 3_000
    assert not is_reported(found)


def test_a_long_list_beside_the_operations() -> None:
    """What the operations do not use may be as long as it likes: more than a value's limit, and none of it is lost on the rest."""
    cities = "('a', 1), " * (MAX_NODES // 3 + 10)
    found = within_seconds(f"CITIES = [{cities}]\nX = 1")
    assert isinstance(found, Migration)
    assert not is_reported(found)


def test_a_module_that_a_migration_imports_from() -> None:
    doubled = "\nX = ['a']\nfor i in range(60):\n    X += X\n"
    tangled = "X = [1]\n" + "X += [1]\n" * 20_000
    for helper in (doubled, tangled):
        assert is_reported(within_seconds("from shop.helper import X", "*X", {"shop/helper.py": helper}))


@pytest.mark.parametrize("depth", [90, 700, 5_000])
@pytest.mark.parametrize(
    "text",
    ["INSTALLED_APPS += {deep}", "MIGRATION_MODULES = {deep}", "AUTH_USER_MODEL = {deep}", "X = {deep}"],
)
def test_settings_that_are_nested_deeply(text: str, depth: int) -> None:
    for deep in ("[" * depth + "]" * depth, "+".join(["a"] * depth), "a" + ".b()" * depth):
        settings = f"INSTALLED_APPS = ['shop']\n{text.format(deep=deep)}\n"
        files = {
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n",
            "proj/__init__.py": "",
            "proj/settings.py": settings,
            "shop/__init__.py": "",
            "shop/migrations/__init__.py": "",
            "shop/migrations/0001_x.py": source("X = 1"),
        }
        start = time.process_time()
        tree = tree_of(files)
        assert time.process_time() - start < SECONDS
        assert [str(key) for key in tree.migrations] == ["shop.0001_x"]


def test_no_value_that_is_kept_is_larger_than_the_limit() -> None:
    for text in DOUBLED.values():
        found = read(source(text))
        if isinstance(found, Migration):
            for operation in found.operations:
                for _, value in getattr(operation, "arguments", ()):
                    assert sum(1 for _ in walk(value)) <= MAX_NODES + 100
