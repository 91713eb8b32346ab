"""A project in a process of its own, against small real Django projects."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from stitchback.adapters.project_settings import find_project, settings_of
from stitchback.adapters.projects import ProjectSession, Raised
from stitchback.errors import EnvironmentProblem
from stitchback.model.keys import MigrationKey

FIRST, SECOND = MigrationKey("shop", "0001_initial"), MigrationKey("shop", "0002_item_color")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    write(
        tree / "manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")\n'
    )
    write(tree / "project" / "__init__.py", "")
    write(
        tree / "project" / "settings.py",
        """\
        print("settings are read")
        SECRET_KEY = "x"
        INSTALLED_APPS = ["shop"]
        USE_TZ = True
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        DATABASES = {
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "production.sqlite3"},
            "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": "other.sqlite3"},
        }
        """,
    )
    write(tree / "shop" / "__init__.py", "")
    write(tree / "shop" / "models.py", "")
    write(tree / "shop" / "migrations" / "__init__.py", "")
    write(
        tree / "shop" / "migrations" / "0001_initial.py",
        """\
        from django.db import migrations, models

        class Migration(migrations.Migration):
            initial = True
            dependencies = []
            operations = [
                migrations.CreateModel(
                    name="Item",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=20, unique=True)),
                    ],
                ),
            ]
        """,
    )
    write(
        tree / "shop" / "migrations" / "0002_item_color.py",
        """\
        from django.db import migrations, models

        def forwards(apps, schema_editor):
            print("noise on standard output", input)

        class Migration(migrations.Migration):
            dependencies = [("shop", "0001_initial")]
            operations = [
                migrations.AddField("item", "color", models.CharField(default="red", max_length=7)),
                migrations.RunPython(forwards, migrations.RunPython.noop),
                migrations.RunPython(migrations.RunPython.noop),
            ]
        """,
    )
    return tree


@pytest.fixture
def session(project: Path) -> Iterator[ProjectSession]:
    with ProjectSession(project) as opened:
        yield opened


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'scratch.sqlite3'}"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


def test_migrates_in_order_and_tells_what_ran(session: ProjectSession, url: str) -> None:
    outcome = session.migrate(url)
    assert outcome.went_well
    assert outcome.ran == (FIRST, SECOND)
    assert len(outcome.data) == 1, "an empty RunPython is none"
    assert session.ledger(url) == (FIRST, SECOND)
    assert session.check(url)
    assert session.showmigrations(url) == "[X]  shop.0001_initial\n[X]  shop.0002_item_color\n"


def test_a_stop_leaves_what_ran_before_it(session: ProjectSession, url: str) -> None:
    outcome = session.migrate(url, stop_after=1)
    assert outcome.stopped
    assert outcome.went_well
    assert session.ledger(url) == (FIRST,)
    assert not session.check(url)
    assert session.migrate(url).ran == (SECOND,)


def test_an_error_is_an_outcome(session: ProjectSession, url: str) -> None:
    session.execute(url, 'CREATE TABLE shop_item (id integer, "color" text);')
    outcome = session.migrate(url)
    assert (outcome.error_class, outcome.failed) == ("OperationalError", FIRST)
    assert "already exists" in outcome.error_message
    assert session.migrate(url, "shop", "0009").error_class == "CommandError"


def test_one_process_serves_many_databases(session: ProjectSession, url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'second.sqlite3'}"
    session.migrate(url)
    session.migrate(other, "shop", "0001")
    assert session.ledger(other) == (FIRST,)
    assert set(session.schema(other).tables["shop_item"]["columns"]) == {"id", "name"}
    assert set(session.schema(url).tables["shop_item"]["columns"]) == {"id", "name", "color"}


def test_databases_of_the_settings_are_out_of_reach(session: ProjectSession, url: str, project: Path) -> None:
    session.migrate(url)
    with pytest.raises(Raised, match="no such table"):
        session.execute(url, "SELECT * FROM nowhere")
    assert not list(project.glob("*.sqlite3"))


def test_the_graph_is_read_anew(session: ProjectSession, url: str, project: Path) -> None:
    assert session.graph(url).order == (FIRST, SECOND)
    write(
        project / "shop" / "migrations" / "0003_later.py",
        """\
        from django.db import migrations
        class Migration(migrations.Migration):
            dependencies = [("shop", "0002_item_color")]
            operations = []
        """,
    )
    graph = session.graph(url)
    assert graph.leaves == (MigrationKey("shop", "0003_later"),)
    assert graph.parents[graph.leaves[0]] == (SECOND,)


def test_a_project_that_cannot_start_says_why(project: Path, url: str) -> None:
    write(project / "project" / "settings.py", "import nothing_of_the_kind\n")
    with ProjectSession(project) as session, pytest.raises(Raised, match="nothing_of_the_kind"):
        session.migrate(url)


def test_a_process_that_ends_is_an_environment_problem(project: Path, url: str) -> None:
    write(project / "project" / "settings.py", "import os\nprint('farewell', flush=True)\nos._exit(3)\n")
    with ProjectSession(project) as session, pytest.raises(EnvironmentProblem) as caught:
        session.migrate(url)
    assert "code 3" in caught.value.message
    assert "farewell" in caught.value.evidence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a.b")', "a.b"),
        ('os.environ["DJANGO_SETTINGS_MODULE"] = "a.b"', "a.b"),
        ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", name())', None),
        ("def (", None),
    ],
)
def test_settings_are_read_from_manage_py(text: str, expected: str | None) -> None:
    assert settings_of(text.encode()) == expected


def test_manage_py_below_the_root_gives_the_folder(project: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    project.rename(root / "backend")
    place = find_project(root)
    assert (place.folder, place.settings) == (root / "backend", "project.settings")


def test_no_settings_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="no settings module"):
        find_project(tmp_path)


def test_filling_gives_every_column_a_value_of_its_own(session: ProjectSession, url: str) -> None:
    session.migrate(url, "shop", "0001")
    assert session.fill(url) == ()
    before = session.rows(url)
    names = [row["name"] for row in before["shop_item"]]
    assert len(set(names)) == 2
    session.migrate(url)
    assert {row["color"] for row in session.rows(url)["shop_item"]} == {"red"}
    assert session.fill(url, before) == ()
    after = session.rows(url)["shop_item"]
    assert [row["name"] for row in after] == names
    assert len({row["color"] for row in after} - {"red"}) == 2


def test_filling_twice_changes_nothing(session: ProjectSession, url: str) -> None:
    session.migrate(url)
    session.fill(url)
    before = session.rows(url)
    session.fill(url, before)
    assert session.rows(url) == before
