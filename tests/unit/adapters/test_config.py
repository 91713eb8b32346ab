"""[tool.stitchback]: what is read, and what is told."""

from __future__ import annotations

import pytest

from stitchback.adapters.config import parse_configuration
from stitchback.errors import EnvironmentProblem
from stitchback.model.configuration import Configuration, DataAgreement, Suppression
from stitchback.model.keys import MigrationKey

FULL = b"""
[project]
name = "x"
[tool.stitchback]
unreleased-since = "v2.5"
strategy = "diamond"
engines = ["postgresql", "mysql"]
exclude = ["templates/*"]
[tool.stitchback.apps]
"src/shop/" = "store"
[tool.stitchback.operation_equivalents]
"pkg.AddFieldSafely" = "AddField"
[tool.stitchback.migration-modules]
shop = "project.shop_migrations"
[tool.stitchback.packages]
fpr = "0007_x"
payments = ["0001_initial", "0002_y"]
[tool.stitchback.settings]
SKIP_HEAVY = false
LANGUAGES = [["de", "Deutsch"]]
[[tool.stitchback.data]]
migration = "shop.0007_fill"
may = ["repeat"]
reason = "it looks first"
[[tool.stitchback.suppress]]
code = "SB203"
path = "shop/migrations/*"
reason = "the column was put in by hand in 2019"
"""


def test_every_key_is_read() -> None:
    assert parse_configuration(FULL, "pyproject.toml") == Configuration(
        apps={"src/shop": "store"},
        operation_equivalents={"pkg.AddFieldSafely": "AddField"},
        migration_modules={"shop": "project.shop_migrations"},
        unreleased_since="v2.5",
        strategy="diamond",
        engines=("postgresql", "mysql"),
        exclude=("templates/*",),
        packages={"fpr": ("0007_x", "0007_x"), "payments": ("0001_initial", "0002_y")},
        settings={"LANGUAGES": [["de", "Deutsch"]], "SKIP_HEAVY": False},
        data=(DataAgreement(MigrationKey("shop", "0007_fill"), True, False, "it looks first"),),
        suppress=(Suppression("SB203", "shop/migrations/*", "the column was put in by hand in 2019"),),
    )


@pytest.mark.parametrize(
    "source",
    [b"", b"[tool.ruff]\nline-length = 80\n", b"[tool.stitchback]\n", b"\xef\xbb\xbf[tool.stitchback]\n"],
)
def test_nothing_said_is_an_empty_configuration(source: bytes) -> None:
    assert parse_configuration(source, "pyproject.toml") == Configuration()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"[tool.stitchback]\nstrtegy = 'x'\n", "unknown key tool.stitchback.strtegy"),
        (b"[tool.stitchback]\nstrategy = 1\n", "tool.stitchback.strategy must be a string, not a number"),
        (b"[tool.stitchback]\nstrategy = ''\n", "must not be empty"),
        (b"[tool.stitchback]\napps = ['shop']\n", "tool.stitchback.apps must be a table, not an array"),
        (
            b"[tool.stitchback.apps]\nshop = true\n",
            'tool.stitchback.apps."shop" must be a string, not a boolean',
        ),
        (b"[tool.stitchback]\nengines = 'mysql'\n", "engines must be an array of strings, not a string"),
        (b"[tool.stitchback]\nengines = []\n", "engines must be an array of strings"),
        (b"[tool.stitchback]\nexclude = [1]\n", "tool.stitchback.exclude[0] must be a string, not a number"),
        (b"[tool.stitchback]\nsettings = 3\n", "tool.stitchback.settings must be a table, not a number"),
        (b"[tool.stitchback]\npackages = ['fpr']\n", "packages must be a table, not an array"),
        (b"[tool.stitchback.packages]\nfpr = 3\n", 'packages."fpr" must be a string, not a number'),
        (b"[tool.stitchback.packages]\nfpr = ['0001']\n", "or an array of the first and the last"),
        (b"[tool.stitchback.packages]\nfpr = ['0001', '']\n", 'packages."fpr"[1] must not be empty'),
        (b"[tool.stitchback.settings]\nskip = true\n", "'skip' is not a Django setting"),
        (b"[tool.stitchback.settings]\n'A-B' = true\n", "'A-B' is not a Django setting"),
        (
            b"[tool.stitchback.settings]\nDAY = 2024-01-01\n",
            "settings.DAY must be a string, a number, a boolean",
        ),
        (b"[tool.stitchback.settings]\nX = [1, [12:00:00]]\n", "settings.X[1][0] must be a string, a number"),
        (b"[tool.stitchback.settings]\nAUTH_USER_MODEL = 'User'\n", 'must be a string like "app.Model"'),
        (b"[tool.stitchback.settings]\nAUTH_USER_MODEL = 1\n", 'must be a string like "app.Model"'),
        (b"[tool.stitchback]\nengines = ['mariadb']\n", "unknown engine 'mariadb'"),
        (b"[tool]\nstitchback = 3\n", "tool.stitchback must be a table"),
        (b"tool = 3\n", "tool must be a table"),
        (b"[tool.stitchback]\nsuppress = 'SB101'\n", "must be an array of tables"),
        (
            b"[[tool.stitchback.suppress]]\ncode = 'SB101'\npath = 'x'\n",
            "suppress[0] must have exactly the keys code, path and reason",
        ),
        (b"[[tool.stitchback.suppress]]\ncode = 'SB101'\npath = 'x'\nreason = ' '\n", "must not be empty"),
        (b"[tool.stitchback.data]\nmay = ['miss']\n", "must be an array of tables"),
        (
            b"[[tool.stitchback.data]]\nmigration = 'shop.0007'\nmay = ['miss']\n",
            "data[0] must have exactly the keys migration, may and reason",
        ),
        (
            b"[[tool.stitchback.data]]\nmigration = '0007'\nmay = ['miss']\nreason = 'x'\n",
            "data[0].migration is not a migration: '0007'",
        ),
        (
            b"[[tool.stitchback.data]]\nmigration = 'shop.0007'\nmay = ['skip']\nreason = 'x'\n",
            'data[0].may must be an array of "repeat" and "miss"',
        ),
        (
            b"[[tool.stitchback.data]]\nmigration = 'shop.0007'\nmay = []\nreason = 'x'\n",
            'data[0].may must be an array of "repeat" and "miss"',
        ),
        (
            b"[[tool.stitchback.suppress]]\ncode = 'E501'\npath = 'x'\nreason = 'y'\n",
            "not the code of a finding",
        ),
        (b"[tool.stitchback]\nunreleased-since = 'a'\nunreleased_since = 'b'\n", "given twice"),
        (b"[tool.stitchback\n", "cannot be read"),
        (b"# \xff\n", "cannot be read"),
        (b"x = " + b"[" * 50_000 + b"]" * 50_000, "nested too deeply"),
        (b"x = " + b"{a = " * 20_000 + b"1" + b"}" * 20_000, "nested too deeply"),
        (b"x = " + b"1" * 5_000, "cannot be read"),
        (b"#" * 1_000_001, "more than 1,000,000"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(source: bytes, words: str) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        parse_configuration(source, "pyproject.toml of main")
    assert caught.value.code == "SB509"
    assert caught.value.message.startswith("pyproject.toml of main: ")
    assert words in caught.value.message
