"""`squash candidates` held against real Django: `squashmigrations` on each run gives the same schema, and what stops its neighbours is true.

A near miss squashes one migration more than the run has, and must fail in the way that the neighbour's reason says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from databases.small_projects import SmallProject, add, create, small_project

from stitchback.adapters.project_process import Raised
from stitchback.adapters.projects import ProjectSession
from stitchback.adapters.scratch_databases import ScratchDatabases, scratch_databases
from stitchback.api import Project
from stitchback.api.squash_candidates import find_squash_candidates
from stitchback.api.verification.real_differences import schema_differences
from stitchback.planning.squash_reports import SquashCandidate

DATA = """
from django.db import migrations, models


def fill(apps, schema_editor):
    apps.get_model("shop", "Item").objects.filter(a=1).update(a=2)


class Migration(migrations.Migration):
    dependencies = [("shop", "{after}")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop{elidable})]
"""
ATTRIBUTE = """
from django.db import migrations, models


class Migration(migrations.Migration):
    {attribute}
    dependencies = [("shop", "{after}")]
    operations = [{operation}]
"""


def items(path: Path, *apps: str) -> SmallProject:
    project = small_project(path, "shop", *apps)
    project.migration("shop.0001_initial", "", create("Item"))
    project.migration("shop.0002_a", "shop.0001_initial", add("item", "a"))
    return project


def chain(project: SmallProject, *names: str) -> None:
    """`chain(project, "0003_b", "0004_c")`: each adds a column, and depends on the one before it."""
    before = {"3": "0002_a"}
    for name in names:
        after = before.get(name[3], "") or names[names.index(name) - 1]
        project.migration(f"shop.{name}", f"shop.{after}", add("item", name[5:]))


def line(path: Path) -> SmallProject:
    project = items(path)
    chain(project, "0003_b")
    project.migration(
        "shop.0004_rename",
        "shop.0003_b",
        "migrations.RenameField('item', 'b', 'c')",
        "migrations.RemoveField('item', 'a')",
    )
    return project


def last_has_several_dependents(path: Path) -> SmallProject:
    project = items(path, "one", "two")
    for app in ("one", "two"):
        project.migration(f"{app}.0001_initial", "shop.0002_a", create("Part"))
    project.migration("shop.0003_b", "shop.0002_a", add("item", "b"))
    return project


def other_app(path: Path) -> SmallProject:
    """0003 of shop depends on people, which depends on 0002 of shop."""
    project = items(path, "people")
    key = "models.ForeignKey('{}', models.CASCADE, null=True)"
    project.migration(
        "people.0001_initial", "shop.0002_a", create("Person", f"('item', {key.format('shop.Item')})")
    )
    project.migration(
        "shop.0003_owner",
        "shop.0002_a people.0001_initial",
        add("item", "owner", key.format("people.Person")),
    )
    chain_after = ("0004_c", "0003_owner")
    project.migration(f"shop.{chain_after[0]}", f"shop.{chain_after[1]}", add("item", "c"))
    return project


def data(path: Path) -> SmallProject:
    project = items(path)
    project.write({"shop/migrations/0003_fill.py": DATA.format(after="0002_a", elidable="")})
    project.migration("shop.0004_c", "shop.0003_fill", add("item", "c"))
    project.migration("shop.0005_d", "shop.0004_c", add("item", "d"))
    return project


def elidable(path: Path) -> SmallProject:
    project = items(path)
    project.write({"shop/migrations/0003_fill.py": DATA.format(after="0002_a", elidable=", elidable=True")})
    project.migration("shop.0004_c", "shop.0003_fill", add("item", "c"))
    return project


def run_before(path: Path) -> SmallProject:
    """0003 of shop must run before people creates its table, and nothing else says so."""
    project = items(path, "people")
    project.write(
        {
            "shop/migrations/0003_b.py": ATTRIBUTE.format(
                attribute="run_before = [('people', '0001_initial')]",
                after="0002_a",
                operation=add("item", "b"),
            )
        }
    )
    project.migration(
        "people.0001_initial", "", create("Person"), "migrations.RunSQL('UPDATE shop_item SET b = 1', '')"
    )
    return project


def merge(path: Path) -> SmallProject:
    project = items(path)
    project.migration("shop.0003_left", "shop.0002_a", add("item", "left"))
    project.migration("shop.0003_right", "shop.0002_a", add("item", "right"))
    project.migration("shop.0004_merge", "shop.0003_left shop.0003_right")
    project.migration("shop.0005_c", "shop.0004_merge", add("item", "c"))
    return project


def squash_there(path: Path) -> SmallProject:
    project = items(path)
    project.write(
        {
            "shop/migrations/0001_squashed_0002.py": ATTRIBUTE.format(
                attribute="replaces = [('shop', '0001_initial'), ('shop', '0002_a')]", after="x", operation=""
            )
            .replace('dependencies = [("shop", "x")]', "dependencies = []")
            .replace("operations = []", f"operations = [{create('Item')}, {add('item', 'a')}]")
        }
    )
    chain(project, "0003_b", "0004_c")
    return project


# project -> the runs; what stops the neighbours: (neighbour, obstacle); the near miss: arguments of squashmigrations
CASES: dict[
    Callable[[Path], SmallProject], tuple[list[list[str]], list[tuple[str, str]], list[list[str]]]
] = {
    line: ([["0001_initial", "0002_a", "0003_b", "0004_rename"]], [], []),
    last_has_several_dependents: (
        [["0001_initial", "0002_a"]],
        [("0003_b", "USED_BY_OTHER_APP")],
        [],
    ),
    other_app: (
        [["0001_initial", "0002_a"], ["0003_owner", "0004_c"]],
        [("0003_owner", "USED_BY_OTHER_APP"), ("0002_a", "USED_BY_OTHER_APP")],
        [["shop", "0003_owner"]],
    ),
    data: (
        [["0001_initial", "0002_a"], ["0004_c", "0005_d"]],
        [("0003_fill", "DATA"), ("0003_fill", "DATA")],
        [["shop", "0003_fill"], ["shop", "0003_fill", "0005_d"]],
    ),
    elidable: ([["0001_initial", "0002_a", "0003_fill", "0004_c"]], [], []),
    run_before: ([["0001_initial", "0002_a"]], [("0003_b", "RUN_BEFORE")], [["shop", "0003_b"]]),
    merge: (
        [["0001_initial", "0002_a"], ["0004_merge", "0005_c"]],
        [("0003_left", "BRANCH"), ("0003_right", "BRANCH"), ("0003_left", "MERGE"), ("0003_right", "MERGE")],
        [],
    ),
    squash_there: ([["0003_b", "0004_c"]], [("0002_a", "SQUASH")], [["shop", "0001_initial", "0003_b"]]),
}


def found(project: SmallProject) -> tuple[SquashCandidate, ...]:
    project.commit()
    with Project.open(project.path) as opened:
        return find_squash_candidates(opened).candidates


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_runs_and_what_stops_them(case: Callable[[Path], SmallProject], tmp_path: Path) -> None:
    runs, stops, _ = CASES[case]
    candidates = [each for each in found(case(tmp_path)) if each.run.app == "shop"]
    assert [[key.name for key in each.run.migrations] for each in candidates] == runs
    ends = [
        (end.neighbour.name, end.obstacle.name)
        for each in candidates
        for end in (*each.run.before, *each.run.after)
    ]
    assert sorted(ends) == sorted(stops)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_squashmigrations_gives_the_same_schema(case: Callable[[Path], SmallProject], tmp_path: Path) -> None:
    project = case(tmp_path)
    for candidate in found(project):
        with scratch_databases("sqlite:///") as scratch, ProjectSession(project.path) as session:
            assert squashed(session, scratch, *candidate.arguments[1:]) == ()
            count = operations_written(session, scratch, candidate)
            assert count == candidate.optimized
        project.git("clean", "-fdq")
        project.git("checkout", ".")


NEAR = [(case, arguments) for case, (_, _, near) in CASES.items() for arguments in near]


@pytest.mark.parametrize(("case", "arguments"), NEAR, ids=lambda value: getattr(value, "__name__", None))
def test_near_miss_one_migration_more(
    case: Callable[[Path], SmallProject], arguments: list[str], tmp_path: Path
) -> None:
    project = case(tmp_path)
    project.commit()
    with scratch_databases("sqlite:///") as scratch, ProjectSession(project.path) as session:
        try:
            wrong = squashed(session, scratch, *arguments)
        except Raised:
            return
        assert wrong


def squashed(session: ProjectSession, scratch: ScratchDatabases, *arguments: str) -> tuple[str, ...]:
    """`squashmigrations`, and how a fresh install by the squash differs from one without it, with the old files and without them. Raises Raised where Django does."""
    before, after = scratch.create(), scratch.create()
    assert session.migrate(before).went_well
    session.manage(before, "squashmigrations", *arguments, interactive=False, verbosity=0)
    session.forget()
    found = differences(session, after, before)
    remove_replaced(session, before)
    return found or differences(session, scratch.create(), before)


def remove_replaced(session: ProjectSession, url: str) -> None:
    """The old files go: then what only they say, such as `run_before`, is lost."""
    graph = session.graph(url)
    for ghosts in graph.replaces.values():
        for ghost in ghosts:
            (graph.folders[ghost.app] / f"{ghost.name}.py").unlink(missing_ok=True)
    session.forget()


def differences(session: ProjectSession, url: str, wanted: str) -> tuple[str, ...]:
    done = session.migrate(url)
    if not done.went_well:
        return (done.error_message,)
    return schema_differences(session.snapshot(url).schema, session.snapshot(wanted).schema)


def operations_written(session: ProjectSession, scratch: ScratchDatabases, candidate: SquashCandidate) -> int:
    """How many operations the squash has, which is the only replacement in the graph."""
    replaced = session.graph(scratch.create()).replaces
    (key,) = (key for key, ghosts in replaced.items() if candidate.run.migrations == ghosts)
    with Project.open(session.place.folder) as opened:
        return opened.tree("HEAD").migrations[key].operation_count
