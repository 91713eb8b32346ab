"""A project in a process of its own, against small real Django projects."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from stitchback.adapters.project_process import harmless_environment, named_environment
from stitchback.adapters.project_settings import VARIABLE, find_project, settings_of
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


# --- what the project's code gets, and what it cannot do to others -----------------------------------------------------


def settings_with(project: Path, text: str) -> None:
    path = project / "project" / "settings.py"
    path.write_text(f"{path.read_text()}\n{textwrap.dedent(text)}")


def test_the_callers_secrets_are_not_passed_on(
    project: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")
    monkeypatch.setenv("APP_NAME", "shop")
    monkeypatch.setenv("LC_TIME", "C")
    settings_with(
        project, "import json, os\nprint(json.dumps(dict(os.environ)), flush=True)\nraise RuntimeError"
    )
    with ProjectSession(project, environment=named_environment(["GIVEN=a=b"], ["APP_*"])) as session:
        with pytest.raises(Raised, match="RuntimeError"):
            session.migrate(url)
        got = json.loads(next(line for line in session.last_words() if line.startswith("{")))
    assert "geheim" not in json.dumps(got)
    assert got["APP_NAME"] == "shop"
    assert got["GIVEN"] == "a=b"
    assert got["LC_TIME"] == "C"
    assert got["PATH"] == os.environ["PATH"]
    kept = {"APP_NAME", "GIVEN", VARIABLE, "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONUNBUFFERED"}
    assert set(got) <= kept | set(harmless_environment())


@pytest.mark.parametrize(
    "text",
    [
        "import os\nKEY = os.environ['SHOP_KEY']",
        "import os\nKEY = os.environ.get('OTHER', '')\nKEY = os.environ.pop('SHOP_KEY')",
        """
        import os
        from django.core.exceptions import ImproperlyConfigured
        if not os.getenv('SHOP_KEY'):
            raise ImproperlyConfigured('Set the SHOP_KEY environment variable')
        """,
        """
        import os
        try:
            os.environ['SHOP_KEY']
        except KeyError:
            raise ValueError('not configured')
        """,
        "import os\nif 'SHOP_KEY' not in os.environ:\n    raise SystemExit('SHOP_KEY not found. Declare it.')",
    ],
)
def test_a_missing_variable_is_named(
    text: str, project: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_with(project, text)
    for value, words in ((None, "which is not set"), ("x", "does not pass on")):
        monkeypatch.delenv("SHOP_KEY", raising=False)
        if value is not None:
            monkeypatch.setenv("SHOP_KEY", value)
        with ProjectSession(project) as session, pytest.raises(EnvironmentProblem) as caught:
            session.migrate(url)
        assert caught.value.code == "SB527"
        assert "SHOP_KEY" in caught.value.message
        assert words in caught.value.message
        assert "--env SHOP_KEY" in caught.value.hint
    with ProjectSession(project, environment=named_environment(["SHOP_KEY"])) as session:
        assert session.migrate(url).went_well


def test_settings_that_fail_for_another_reason(project: Path, url: str) -> None:
    """A variable that is asked for and has a default is none that is missing."""
    settings_with(project, "import os\nos.environ.get('SHOP_KEY', '')\nimport nothing_of_the_kind")
    with ProjectSession(project) as session, pytest.raises(Raised, match="nothing_of_the_kind"):
        session.migrate(url)


def test_a_variable_that_is_named_and_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_KEY", raising=False)
    with pytest.raises(EnvironmentProblem, match="SHOP_KEY"):
        named_environment(["SHOP_KEY"])
    assert named_environment([], ["SHOP_*"]) == {}


def test_no_mail_is_sent_and_no_cache_is_touched(project: Path, url: str, tmp_path: Path) -> None:
    mails, cached = tmp_path / "mails", tmp_path / "cached"
    settings_with(
        project,
        f"""
        EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        EMAIL_FILE_PATH = {str(mails)!r}
        CACHES = {{alias: {{"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": {str(cached)!r}}}
                  for alias in ("default", "other")}}
        """,
    )
    path = project / "shop" / "migrations" / "0002_item_color.py"
    sends = """
def forwards(apps, schema_editor):
    from django.core.cache import cache, caches
    from django.core.mail import mail_admins, send_mail
    send_mail("a", "b", "a@example.org", ["b@example.org"])
    cache.set("a", 1)
    caches["other"].set("a", 1)
    assert cache.get("a") is None
"""
    text = path.read_text()
    start, end = text.index("def forwards"), text.index("class Migration")
    path.write_text(text[:start] + sends.lstrip() + "\n\n" + text[end:])
    with ProjectSession(project) as session:
        outcome = session.migrate(url)
    assert outcome.went_well, outcome.error_message
    assert not mails.exists()
    assert not cached.exists()
