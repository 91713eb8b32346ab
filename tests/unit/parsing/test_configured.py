"""Settings and engines that the configuration says: what they answer, and what is said where they are not there."""

from __future__ import annotations

import pytest

from stitchback.model.migrations import Swappable
from stitchback.parsing.reading_context import ReadingConfig

from .reading import body, operations, shown

SETTINGS = "from django.conf import settings"
CONNECTION = "from django.db import connection"
CHOSEN = "[migrations.RunSQL('a') if settings.HEAVY else migrations.RunSQL('b')]"
VENDOR = "[migrations.RunSQL('a') if connection.vendor == 'postgresql' else migrations.RunSQL('b')]"
A, B = "RunSQL(sql='a')", "RunSQL(sql='b')"


def config(**settings: object) -> ReadingConfig:
    return ReadingConfig(settings=settings)


def engines(*names: str) -> ReadingConfig:
    return ReadingConfig(engines=names)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (CHOSEN, True, [A]),
        (CHOSEN, False, [B]),
        (CHOSEN, [], [B]),
        (CHOSEN.replace("settings.HEAVY", "not settings.HEAVY"), True, [B]),
        (CHOSEN.replace("settings.HEAVY", "settings.HEAVY and True"), False, [B]),
        (CHOSEN.replace("settings.HEAVY", "settings.HEAVY == 'x'"), "x", [A]),
        (CHOSEN.replace("settings.HEAVY", "settings.HEAVY['y']"), {"y": 0}, [B]),
        (CHOSEN.replace("settings.HEAVY", "getattr(settings, 'HEAVY', False)"), True, [A]),
        ("[migrations.RunSQL(x) for x in settings.HEAVY]", ["a", "b"], [A, B]),
        ("[migrations.RunSQL(x) for x in 'ab' if x in settings.HEAVY]", ["b"], [B]),
    ],
)
def test_a_condition_on_a_setting(text: str, value: object, expected: list[str]) -> None:
    assert shown(operations(text, SETTINGS, config=config(HEAVY=value))) == expected


def test_a_statement_on_a_setting() -> None:
    text = "    operations = []\n    if settings.HEAVY:\n        operations.append(migrations.RunSQL('a'))\n"
    assert shown(body(text, SETTINGS, config=config(HEAVY=True)).operations) == [A]
    assert shown(body(text, SETTINGS, config=config(HEAVY=False)).operations) == []


def test_what_the_configuration_says_wins_over_a_settings_file() -> None:
    text = CHOSEN.replace("settings.HEAVY", "getattr(settings, 'HEAVY', False)")
    others = {"project/settings.py": "HEAVY = True\n"}
    assert shown(operations(text, SETTINGS, others=others)) == [A]
    assert shown(operations(text, SETTINGS, others=others, config=config(HEAVY=False))) == [B]


def test_a_field_with_a_setting_s_value() -> None:
    (found,) = operations(
        "[migrations.AddField('item', 'x', models.CharField(max_length=settings.LENGTH))]",
        SETTINGS,
        config=config(LENGTH=7),
    )
    assert "max_length=7" in str(found)


def test_the_user_model_stays_a_reference() -> None:
    said = config(AUTH_USER_MODEL="accounts.User")
    found = body(
        "    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]\n"
        "    operations = [migrations.AddField('item', 'x', models.ForeignKey(settings.AUTH_USER_MODEL))]",
        SETTINGS,
        config=said,
    )
    assert found.dependencies == (Swappable("AUTH_USER_MODEL"),)
    assert "django.conf.settings.AUTH_USER_MODEL" in str(found.operations[0])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CHOSEN, "HEAVY"),
        (CHOSEN.replace("settings.HEAVY", "not settings.HEAVY"), "HEAVY"),
        (CHOSEN.replace("settings.HEAVY", "settings.HEAVY['x'] == 3"), "HEAVY"),
        (CHOSEN.replace("settings.HEAVY", "settings.HEAVY.x"), "HEAVY"),
        (CHOSEN.replace("settings.HEAVY", "settings.A and settings.B"), "A"),
        (CHOSEN.replace("settings.HEAVY", "getattr(settings, 'HEAVY')"), "HEAVY"),
        ("[migrations.RunSQL(x) for x in settings.NAMES]", "NAMES"),
        ("[migrations.RunSQL(x) for x in 'ab' if settings.HEAVY]", "HEAVY"),
        ("settings.HEAVY and [migrations.RunSQL('a')]", "HEAVY"),
    ],
)
def test_the_message_names_the_line(text: str, name: str) -> None:
    (said,) = shown(operations(text, SETTINGS))
    assert (
        f"depends on settings.{name}: give its value in pyproject.toml, [tool.stitchback.settings] {name} ="
        in said
    )


CHOOSING = """
from django.conf import settings
def chosen():
    if settings.HEAVY:
        return [migrations.RunSQL('a')]
    return [migrations.RunSQL('b')]
def arguments():
    if settings.HEAVY:
        return ('a', 'c')
    return ('b',)
"""


@pytest.mark.parametrize("text", ["chosen()", "[*chosen()]", "[migrations.RunSQL(*arguments())]"])
def test_a_helper_that_a_setting_decides_in(text: str) -> None:
    (said,) = shown(operations(text, CHOOSING))
    assert "[tool.stitchback.settings] HEAVY =" in said
    assert shown(operations(text, CHOOSING, config=config(HEAVY=False))) == [B]


def test_arguments_of_a_helper_of_another_module() -> None:
    others = {
        "shop/steps.py": "from django.db import migrations\ndef steps(name): return (name, migrations.RunSQL.noop)\n"
    }
    (found,) = shown(
        operations("[migrations.RunSQL(*steps('a'))]", "from shop.steps import steps", others=others)
    )
    assert found == "RunSQL(reverse_sql=django.db.migrations.RunSQL.noop, sql='a')"


def test_the_message_of_a_statement_names_the_line() -> None:
    text = "    operations = []\n    if settings.HEAVY:\n        operations.append(migrations.RunSQL('a'))\n"
    (said,) = shown(body(text, SETTINGS).operations)
    assert "[tool.stitchback.settings] HEAVY =" in said


def test_other_conditions_have_no_such_line() -> None:
    (said,) = shown(operations(CHOSEN.replace("settings.HEAVY", "other.HEAVY"), "import other"))
    assert said == "opaque: depends on a condition that is not known"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (engines("postgresql"), [A]),
        (engines("sqlite"), [B]),
        (engines("sqlite", "mysql"), [B]),  # none of them is PostgreSQL
    ],
)
def test_a_condition_on_the_database(said: ReadingConfig, expected: list[str]) -> None:
    assert shown(operations(VENDOR, CONNECTION, config=said)) == expected


def test_a_database_among_several() -> None:
    text = VENDOR.replace("== 'postgresql'", "in ('oracle', 'postgresql')")
    assert shown(operations(text, CONNECTION, config=engines("postgresql"))) == [A]
    assert shown(operations(text, CONNECTION, config=engines("mysql"))) == [B]


@pytest.mark.parametrize("said", [ReadingConfig(), engines("postgresql", "mysql")])
def test_more_than_one_engine_answers_nothing(said: ReadingConfig) -> None:
    (found,) = shown(operations(VENDOR, CONNECTION, config=said))
    assert (
        'depends on the database engine: if it is always the same, configure it in pyproject.toml, [tool.stitchback] engines = ["postgresql"]'
        in found
    )


def test_another_connection_is_another_matter() -> None:
    text = VENDOR.replace("connection.", "connections['other'].")
    (found,) = shown(operations(text, "from django.db import connections", config=engines("postgresql")))
    assert found.startswith("opaque:")
