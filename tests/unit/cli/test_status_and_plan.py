"""What `status` and `plan` print besides their text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import build_repository

from stitchback.adapters.git_build import BuildCommit, build


def test_the_next_command_can_be_typed(commands: Commands, shop: Path) -> None:
    status = commands.run(shop, "status", "release/2.4").stdout.splitlines()
    assert status[-1].split("   ")[0].split() == ["stitchback", "plan", "release/2.4"]
    plan = commands.run(shop, "plan", "release/2.4", "--strategy", "rehome").stdout
    assert "  stitchback apply release/2.4 --strategy rehome " in plan


def test_another_mainline_is_named_in_the_next_command(commands: Commands, shop: Path) -> None:
    plan = commands.run(shop, "plan", "release/2.4", "--onto", "main^0").stdout
    assert "  stitchback apply release/2.4 --onto 'main^0' --branch NAME" in plan


def test_every_plan_that_is_listed_can_be_chosen(commands: Commands, shop: Path) -> None:
    document = json.loads(commands.run(shop, "plan", "release/2.4", "--format", "json").stdout)
    assert document["others"]
    for other in document["others"]:
        chosen = json.loads(
            commands.run(
                shop, "plan", "release/2.4", "--strategy", other["choose"], "--format", "json"
            ).stdout
        )
        assert chosen["plan"]["strategies"] == other["strategies"]


def test_a_strategy_that_fits_nothing_is_refused_and_named(commands: Commands, shop: Path) -> None:
    plan = commands.run(shop, "plan", "release/2.4", "--strategy", "skip-dropped")
    assert plan.code == 3
    assert "Strategy skip-dropped fits no migration here." in plan.stdout


def test_a_diff_stands_before_the_next_command(commands: Commands, shop: Path) -> None:
    lines = commands.run(shop, "plan", "release/2.4", "--diff").stdout.splitlines()
    assert "+++ b/shop/migrations/0003_stitched_item_colour.py" in lines
    assert lines.index("Next") > lines.index("+++ b/shop/migrations/0003_stitched_item_colour.py")


def test_annotations_and_sarif(commands: Commands, tmp_path: Path) -> None:
    club = build_repository("same-name-missing-column", tmp_path / "club").path
    github = commands.run(club, "status", "release/2.4", "--format", "github")
    assert github.stdout.startswith(
        "::error file=club/migrations/0003_member_contact.py,line=1,title=SB201::"
    )
    sarif = json.loads(commands.run(club, "status", "release/2.4", "--format", "sarif").stdout)
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["SB201"]
    assert github.code == 1


def test_no_finding_prints_nothing(commands: Commands, shop: Path) -> None:
    assert commands.run(shop, "status", "release/2.4", "--format", "github").stdout == ""


@pytest.mark.parametrize("when", ["always", "never"])
def test_colour(commands: Commands, shop: Path, when: str) -> None:
    done = commands.run(shop, "--color", when, "status", "release/2.4")
    assert ("\033[" in done.stdout) == (when == "always")


def test_no_colour_where_it_is_not_wanted(
    commands: Commands, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033[" not in commands.run(shop, "status", "release/2.4").stdout


def test_a_plan_is_refused_until_it_is_said(commands: Commands, tmp_path: Path) -> None:
    built = build_repository("package-now-in-the-tree", tmp_path / "shop").path
    assert commands.run(built, "plan", "release/2.4").code == 1
    (built / "pyproject.toml").write_text("")
    refused = commands.run(built, "plan", "release/2.4")
    assert refused.code == 3
    assert "[tool.stitchback.packages]" in refused.stderr
    assert "shop.0001_initial of release/2.4 depends on payments.0001_initial" in refused.stderr
    assert "SB308" in commands.run(built, "status", "release/2.4").stdout
    (built / "pyproject.toml").write_text("[tool.stitchback.packages]\npayments = '0009_x'\n")
    assert commands.run(built, "plan", "release/2.4").code == 2


HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
KEY = "[('id', models.AutoField(primary_key=True))]"
LINE = f"operations = [migrations.CreateModel('Line', {KEY})]"


def logs(**migrations: str) -> dict[str, bytes]:
    """The files of an app: of each migration the class's body, in one line."""
    files = {
        f"logs/migrations/{name}.py": f"{HEAD}    {body}\n".encode() for name, body in migrations.items()
    }
    return {"logs/__init__.py": b"", "logs/migrations/__init__.py": b"", **files}


def test_a_tree_that_fails_by_itself_serves_not_all_databases(commands: Commands, tmp_path: Path) -> None:
    """Mainline squashed a released migration with one of its own and deleted both: whoever has run the one cannot upgrade, with the branch
    or without."""
    old = logs(**{"0001_initial": LINE})
    new = logs(
        **{
            "0001_squashed": f"replaces = [('logs', '0001_initial'), ('logs', '0002_more')]; {LINE}",
            "0003_text": "dependencies = [('logs', '0001_squashed')]; "
            "operations = [migrations.AddField('line', 'text', models.TextField(null=True))]",
        }
    )
    build(
        [
            BuildCommit("base", "main", old, "lines"),
            BuildCommit("hotfix", "release", old | {"README": b"patched"}, "no migration", start="base"),
            BuildCommit("own", "main", new, "a squash"),
        ],
        tmp_path / "repository",
        checkout="main",
    )
    plan = commands.run(tmp_path / "repository", "plan", "release")
    text = " ".join(plan.stdout.split())
    assert plan.code == 1, plan.stdout
    assert commands.run(tmp_path / "repository", "apply", "release", "--yes").code == 1
    assert 'One database fails to migrate even without the patch branch; see "left out" below' in text
    assert "left out fork point of release: logs.0003_text AddField(line, text): there is no model" in text
    document = json.loads(commands.run(tmp_path / "repository", "plan", "release", "--format", "json").stdout)
    (said,) = document["plan"]["proof"]["unserved"]
    assert said.startswith("fork point of release: logs.0003_text AddField(line, text)")
    assert document["exit"] == 1
    (finding,) = document["findings"]
    assert (finding["code"], finding["ref"], finding["path"]) == (
        "SB309",
        "main",
        "logs/migrations/0003_text.py",
    )
    assert finding["message"].startswith("fork point of release: logs.0003_text AddField(line, text)")
    assert "SB309 `stitchback explain SB309` shows what to do" in text
    assert plan.stdout.splitlines()[-1].split("   ")[0].strip() == "stitchback repair --database URL"

    suppressed = """
[[tool.stitchback.suppress]]
code = "SB309"
path = "logs/migrations/0003_*.py"
reason = "that release was never installed"
"""
    (tmp_path / "repository" / "pyproject.toml").write_text(suppressed)
    agreed = commands.run(tmp_path / "repository", "plan", "release")
    assert agreed.code == 0, agreed.stdout
    assert "left out fork point of release: logs.0003_text" in " ".join(agreed.stdout.split())
    assert "SB309" not in agreed.stdout


def test_whoever_applies_at_once_is_told_what_the_plan_left_out(commands: Commands, tmp_path: Path) -> None:
    club = build_repository("mainline-alters-in-no-order", tmp_path / "club").path
    done = commands.run(club, "apply", "release/2.4", "--yes")
    assert done.code == 0
    assert "SB309: fresh install, migrate shop 0005_alter_item_name, then migrate: column" in done.stderr
    assert "SB309" not in done.stdout


def text_column(name: str, more: str = "null=True") -> str:
    return f"migrations.AddField('line', '{name}', models.CharField(max_length=9, {more})), "


@pytest.fixture
def renamed_after_release(tmp_path: Path) -> Path:
    """Mainline's 0002 makes `note` where the released one made `text`: nobody can tell what is to happen to the values."""
    first = "dependencies = [('logs', '0001_initial')]; operations = ["
    old = logs(**{"0001_initial": LINE, "0002_text": f"{first}{text_column('text')}]"})
    new = logs(**{"0001_initial": LINE, "0002_text": f"{first}{text_column('note')}]"})
    build(
        [
            BuildCommit("base", "main", old, "lines"),
            BuildCommit("hotfix", "release", old | {"README": b"patched"}, "no migration", start="base"),
            BuildCommit("own", "main", new, "edited"),
        ],
        tmp_path / "repository",
        checkout="main",
    )
    return tmp_path / "repository"


def test_an_edit_that_no_migration_makes_good_is_refused_with_both_places(
    commands: Commands, renamed_after_release: Path
) -> None:
    plan = commands.run(renamed_after_release, "plan", "release")
    assert plan.code == 3
    assert plan.stderr.startswith("error[SB409]: logs.0002_text: edited on main after its release")
    assert "git diff" in plan.stderr
    status = commands.run(renamed_after_release, "status", "release")
    assert status.code == 1
    assert "SB213  logs/migrations/0002_text.py:1" in status.stdout


def test_an_edit_with_a_parent_that_the_release_lacks_is_not_bridged(
    commands: Commands, tmp_path: Path
) -> None:
    """Django stops before it comes to the bridge."""
    text = f"operations = [{text_column('text')}"
    words = LINE.replace("Line", "Word")
    field = "migrations.AddField('line', 'word', models.ForeignKey('logs.Word', models.CASCADE, null=True))"
    old = logs(**{"0001_initial": LINE, "0002_text": f"dependencies = [('logs', '0001_initial')]; {text}]"})
    new = logs(
        **{
            "0001_initial": LINE,
            "0002_new": f"dependencies = [('logs', '0001_initial')]; {words}",
            "0002_text": f"dependencies = [('logs', '0002_new')]; {text}{field}]",
        }
    )
    build(
        [
            BuildCommit("base", "main", old, "lines"),
            BuildCommit("hotfix", "release", old | {"README": b"patched"}, "no migration", start="base"),
            BuildCommit("own", "main", new, "edited, on a new one"),
        ],
        tmp_path / "repository",
        checkout="main",
    )
    plan = commands.run(tmp_path / "repository", "plan", "release")
    assert plan.code == 3, plan.stdout
    assert {"SB202", "SB213"} <= {
        finding["code"]
        for finding in json.loads(
            commands.run(tmp_path / "repository", "status", "release", "--format", "json").stdout
        )["findings"]
    }


def test_an_edit_that_the_project_answers_for_is_planned_and_said(
    commands: Commands, renamed_after_release: Path
) -> None:
    (renamed_after_release / "pyproject.toml").write_text(
        '[[tool.stitchback.suppress]]\ncode = "SB213"\npath = "logs/*"\nreason = "renamed by hand"\n'
    )
    plan = commands.run(renamed_after_release, "plan", "release")
    assert plan.code == 0, plan.stdout + plan.stderr
    assert "used as mainline has edited them: logs.0002_text" in " ".join(plan.stdout.split())
    assert "SB213" not in commands.run(renamed_after_release, "status", "release").stdout


def test_a_plan_that_leaves_the_release_out_gives_way_to_one_that_does_not(
    commands: Commands, tmp_path: Path
) -> None:
    """Nothing to write is the cheaper plan, and databases of the release have the column that 0004 makes."""
    built = build_repository("released-migration-moved-column", tmp_path / "sky").path
    plan = commands.run(built, "plan", "release/3.1")
    assert plan.code == 1
    assert "Plan (strategy guard)" in plan.stdout
    assert "left out" not in plan.stdout
    assert "0 files" not in plan.stdout


@pytest.mark.parametrize(
    ("installed", "code"),
    [("django.contrib.admin", 3), ("django.contrib.admin.apps.SimpleAdminConfig", 3), ("x", 1)],
)
def test_a_swapped_user_model_is_refused_where_an_installed_package_depends_on_it(
    commands: Commands, tmp_path: Path, installed: str, code: int
) -> None:
    settings = f"INSTALLED_APPS = ['{installed}', 'logs', 'people']\n"
    old = logs(**{"0001_initial": LINE}) | {"site/settings/base.py": settings.encode()}
    people = {path.replace("logs", "people"): text for path, text in logs(**{"0001_initial": LINE}).items()}
    user = {"site/settings/base.py": f"{settings}AUTH_USER_MODEL = 'people.Line'\n".encode()}
    patched = logs(
        **{"0002_text": f"dependencies = [('logs', '0001_initial')]; operations = [{text_column('text')}]"}
    )
    build(
        [
            BuildCommit("base", "main", old, "lines"),
            BuildCommit("hotfix", "release", old | patched, "text", start="base"),
            BuildCommit("own", "main", old | people | user, "its own users"),
        ],
        tmp_path / "repository",
        checkout="main",
    )
    plan = commands.run(tmp_path / "repository", "plan", "release")
    assert plan.code == code, plan.stdout + plan.stderr
    assert ("admin.0001_initial is applied before its dependency" in " ".join(plan.stdout.split())) == (
        code == 3
    )
    assert ("SB214" in plan.stdout) == (code == 3)
