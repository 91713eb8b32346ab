from __future__ import annotations

import libcst as cst
import pytest

from stitchback.errors import Refusal
from stitchback.rewriting.carrying import Carrying

FILE = """
from django.db import migrations, models
{above}

class Migration(migrations.Migration):
    dependencies = []
    operations = [{operations}]
"""
TARGET = """from django.db import migrations, models


class Migration(migrations.Migration):
    operations = []
"""
IMPORTED = {"migrations": "django.db.migrations", "models": "django.db.models"}


def file(above: str, *operations: str) -> bytes:
    return FILE.format(above=above, operations=", ".join(operations)).encode()


def carry(
    *files: tuple[str, bytes, int], taken: str = "Migration migrations models"
) -> tuple[list[str], str]:
    """The operations, and what the target gets beside them."""
    carrying = Carrying("shop/migrations/0001_squashed.py", frozenset(taken.split()), IMPORTED)
    found = [
        cst.Module([]).code_for_node(carrying.carried(f"shop/migrations/{name}.py", source, index))
        for name, source, index in files
    ]
    code = carrying.added_to(cst.parse_module(TARGET)).code
    compile(code, "target", "exec")
    start, end = "from django.db import migrations, models\n", "\n\n\nclass Migration"
    return found, code[len(start) : code.index(end)].strip()


RUN = "migrations.RunPython(forwards, migrations.RunPython.noop)"


def test_functions_constants_and_imports_that_it_uses_come_along() -> None:
    above = "import datetime\nfrom shop.names import FIRST\n\nUNUSED = 1\nDAY = datetime.date(2001, 1, 1)\n\n\ndef helper():\n    return FIRST, DAY\n\n\ndef forwards(apps, editor):\n    helper()\n"
    (operation,), added = carry(("0002_a", file(above, RUN), 0))
    assert operation == RUN
    assert added == (
        "import datetime\nfrom shop.names import FIRST\n\n\nDAY = datetime.date(2001, 1, 1)\n\n\n"
        "def helper():\n    return FIRST, DAY\n\n\ndef forwards(apps, editor):\n    helper()"
    )


def test_a_name_with_another_meaning_gets_the_number_of_its_file() -> None:
    one, two = (f"\n\ndef forwards(apps, editor):\n    print({number})\n" for number in (1, 2))
    operations, added = carry(("0002_a", file(one, RUN), 0), ("0003_b", file(two, RUN), 0))
    assert operations == [RUN, RUN.replace("forwards", "forwards_0003")]
    assert "def forwards(apps" in added
    assert "def forwards_0003(apps" in added


def test_what_uses_such_a_name_has_another_meaning_too() -> None:
    """The functions' texts are equal, and what they do is not."""
    one, two = (f"\nSUFFIX = {text!r}\n\n\ndef forwards(apps, editor):\n    print(SUFFIX)\n" for text in "ab")
    operations, added = carry(("0002_a", file(one, RUN), 0), ("0003_b", file(two, RUN), 0))
    assert operations[1] == RUN.replace("forwards", "forwards_0003")
    assert "print(SUFFIX_0003)" in added


def test_near_miss_equal_code_is_carried_once() -> None:
    same = "\n\ndef forwards(apps, editor):\n    print(1)\n"
    operations, added = carry(("0002_a", file(same, RUN), 0), ("0003_b", file(same, RUN), 0))
    assert operations == [RUN, RUN]
    assert added.count("def forwards") == 1


def test_two_operations_of_one_file() -> None:
    source = file("\n\ndef forwards(apps, editor):\n    print(1)\n", RUN, RUN)
    operations, added = carry(
        ("0002_a", source, 0), ("0002_a", source, 1), taken="Migration migrations models forwards"
    )
    assert operations == [RUN.replace("forwards", "forwards_0002")] * 2
    assert added.count("def forwards_0002") == 1


def test_attributes_of_the_same_name_stay() -> None:
    one = "\n\ndef forwards(apps, editor):\n    print(1)\n"
    two = "\n\ndef forwards(apps, editor):\n    apps.forwards = forwards.forwards\n"
    _, added = carry(("0002_a", file(one, RUN), 0), ("0003_b", file(two, RUN), 0))
    assert "apps.forwards = forwards_0003.forwards" in added


def test_a_keyword_of_that_name_is_refused() -> None:
    one = "\n\ndef helper():\n    pass\n\n\ndef forwards(apps, editor):\n    helper()\n"
    two = "\n\ndef helper():\n    print(2)\n\n\ndef forwards(apps, editor):\n    helper(helper=1)\n"
    with pytest.raises(Refusal) as refusal:
        carry(("0002_a", file(one, RUN), 0), ("0003_b", file(two, RUN), 0))
    assert refusal.value.code == "SB541"


def test_a_list_that_is_no_plain_one_is_refused() -> None:
    source = file("MORE = []", "*MORE", RUN)
    with pytest.raises(Refusal) as refusal:
        carry(("0002_a", source, 0))
    assert refusal.value.code == "SB540"
