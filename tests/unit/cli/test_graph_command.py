"""`stitchback graph`."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from commands import Commands
from fixture_repos import build_repository


def body(text: str) -> list[str]:
    """The lines without the first one and the last one, which count what was read."""
    return text.splitlines()[2:-2]


def graph(commands: Commands, folder: Path, *arguments: str) -> list[str]:
    done = commands.run(folder, "graph", *arguments)
    assert done.code == 0, done.stderr
    return body(done.stdout)


def test_one_ref(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "graph", "release/2.4", "--app", "shop")
    assert done.code == 0
    assert done.stdout.splitlines()[0] == "release/2.4"
    assert body(done.stdout) == [
        "shop",
        "* 0003_item_colour  leaf",
        "* 0002_item_is_visible",
        "* 0001_initial",
    ]


def test_the_working_tree_with_uncommitted_files(commands: Commands, shop: Path) -> None:
    (shop / "shop" / "migrations" / "0007_new.py").write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        "    dependencies = [('shop', '0006_item_discontinued_at')]\n"
    )
    assert graph(commands, shop)[4:6] == ["shop", "* 0007_new  leaf"]
    assert "0007_new" not in " ".join(graph(commands, shop, "main~0"))


def test_two_refs(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "graph", "release/2.4", "main")
    assert done.stdout.splitlines()[0] == "release/2.4 and main  fork point d7c9be0c3844"
    assert body(done.stdout) == [
        "customers",
        "* 0002_customer_phone  main, leaf",
        "* 0001_initial  fork point, leaf on release/2.4",
        "",
        "shop",
        "* 0006_item_discontinued_at  main, leaf",
        "* 0005_item_discount  main",
        "* 0004_catalogue_colours  main",
        "* 0003_item_supplier  main",
        "| * 0003_item_colour  release/2.4, leaf, = identical: 0004_catalogue_colours",
        "|/",
        "* 0002_item_is_visible  fork point",
        "  1 further shared migration, which `-v` lists",
    ]


def test_two_refs_with_all_that_they_share(commands: Commands, shop: Path) -> None:
    lines = graph(commands, shop, "release/2.4", "main", "--app", "shop", "-v")
    assert lines[-2:] == ["* 0002_item_is_visible  fork point", "* 0001_initial"]


def test_an_app_that_both_have_the_same_is_not_shown(commands: Commands, shop: Path) -> None:
    lines = graph(commands, shop, "v2.4", "release/2.4")
    assert lines[-1] == "1 app without a difference, which `-v` lists"
    assert "customers" not in lines
    assert "customers" in graph(commands, shop, "v2.4", "release/2.4", "-v")


def test_one_name_with_other_content_is_two_nodes(commands: Commands, tmp_path: Path) -> None:
    club = build_repository("same-name-missing-column", tmp_path / "club").path
    text = "\n".join(graph(commands, club, "release/2.4", "main"))
    assert re.search(r"\* 0003_member_contact  main$", text, re.MULTILINE)
    assert re.search(r"\* 0003_member_contact  release/2.4, leaf, ", text)


def test_near_miss_one_name_with_the_same_file_is_one_node(commands: Commands, tmp_path: Path) -> None:
    built = build_repository("same-name-identical-file", tmp_path / "built").path
    nodes = json.loads(commands.run(built, "graph", "release/2.4", "main", "--format", "json").stdout)
    names = [node["migration"] for node in nodes["migrations"]]
    assert len(names) == len(set(names))
    own = [node for node in nodes["migrations"] if node["ref"] == "release/2.4"]
    assert own == []


def test_a_released_migration_that_mainline_edited_is_two_nodes(commands: Commands, tmp_path: Path) -> None:
    built = build_repository("released-migration-edited", tmp_path / "built").path
    nodes = json.loads(commands.run(built, "graph", "release/3.1", "main", "--format", "json").stdout)
    twice = [node for node in nodes["migrations"] if node["migration"].split(".")[1].startswith("0002")]
    assert sorted(node["ref"] for node in twice) == ["main", "release/3.1"]


def test_a_branch_that_git_has_merged(commands: Commands, tmp_path: Path) -> None:
    zoo = build_repository("patch-merged-by-git-with-merge-migration", tmp_path / "zoo").path
    assert graph(commands, zoo, "release/2.4", "main")[1:6] == [
        "* 0005_merge_0003_animal_chip_number_0004_animal_diet  main, leaf, merge",
        "|\\",
        "* | 0003_animal_chip_number  release/2.4, leaf, + patch only",
        "| * 0004_animal_diet  main",
        "| * 0003_animal_died_on  main",
    ]


def test_a_reconciled_branch(commands: Commands, shop: Path) -> None:
    assert commands.run(shop, "apply", "release/2.4", "--yes").code == 0
    text = " ".join(" ".join(graph(commands, shop, "release/2.4", "HEAD", "--app", "shop")).split())
    assert "replaces the ghost 0003_item_colour" in text
    assert re.search(
        r"\* 0003_item_colour release/2.4, leaf, replaced by 0003_stitched_item_colour, reconciled already",
        text,
    )


def test_near_miss_a_branch_that_is_to_be_reconciled(commands: Commands, shop: Path) -> None:
    assert "reconciled already" not in " ".join(graph(commands, shop, "release/2.4", "HEAD"))


def test_json(commands: Commands, shop: Path) -> None:
    document = json.loads(
        commands.run(shop, "graph", "release/2.4", "main", "--format", "json", "--app", "shop").stdout
    )
    assert [each["ref"] for each in document["refs"]] == ["release/2.4", "main"]
    assert document["fork_point"].startswith("d7c9be0c3844")
    assert [(match["verdict"], match["thing"]) for match in document["matches"]] == [
        ("identical", "column shop.item.colour")
    ]
    own = [node for node in document["migrations"] if node["ref"] == "release/2.4"]
    assert [node["migration"] for node in own] == ["shop.0003_item_colour"]
    assert own[0]["depends_on"] == [{"migration": "shop.0002_item_is_visible", "ref": None}]
    assert own[0]["applied"] is None


def test_mermaid_and_dot_show_matches_as_lines(commands: Commands, shop: Path) -> None:
    mermaid = commands.run(shop, "graph", "release/2.4", "main", "--format", "mermaid").stdout
    assert '  n4 -.-|"identical#58; adds column item.colour"| n2' in mermaid.splitlines()
    dot = commands.run(shop, "graph", "release/2.4", "main", "--format", "dot").stdout
    assert '  n4 -> n2 [label="identical: adds column item.colour", ' in dot


def test_a_match_without_a_migration_of_mainline_is_in_the_label(commands: Commands, tmp_path: Path) -> None:
    built = build_repository("patch-only", tmp_path / "built").path
    mermaid = commands.run(built, "graph", "release/2.4", "main", "--format", "mermaid").stdout
    assert "<br/>#43; patch only" in mermaid
    assert "-.-" not in mermaid


def database(folder: Path, *rows: str) -> str:
    path = folder / "rows.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied text)"
        )
        for row in rows:
            values = (*row.split("."), "2024-01-01")
            connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", values)
        connection.commit()
    return f"sqlite:///{path}"


def test_a_database_of_the_patch_branch(commands: Commands, shop: Path, tmp_path: Path) -> None:
    url = database(
        tmp_path,
        "customers.0001_initial",
        "shop.0001_initial",
        "shop.0002_item_is_visible",
        "shop.0003_item_colour",
    )
    both = graph(commands, shop, "release/2.4", "main", "--app", "shop", "--database", url)
    assert "| * [X] 0003_item_colour  release/2.4, leaf, = identical: 0004_catalogue_colours" in both
    assert "* [ ] 0003_item_supplier  main" in both
    assert "* [X] 0002_item_is_visible  fork point" in both
    assert not any(line.startswith("?") for line in both)
    mainline = graph(commands, shop, "main", "--app", "shop", "--database", url)
    assert mainline[-1] == "? [X] 0003_item_colour  recorded, without a file"


def test_errors(commands: Commands, shop: Path, tmp_path: Path) -> None:
    assert commands.run(shop, "graph", "no-such-ref").code == 2
    assert commands.run(shop, "graph", "v2.4", "main", "release/2.4").code == 2
    assert commands.run(shop, "graph", "main", "main").code == 2
    assert commands.run(shop, "graph", "--database", f"sqlite:///{tmp_path}/none.sqlite3").code == 2
    assert commands.run(shop, "graph", "--format", "json", "no-such-ref").code == 2
    done = commands.run(shop, "graph", "--app", "shpo")
    assert done.code == 2
    assert "Did you mean shop?" in done.stderr


@pytest.mark.parametrize("target", ["0003_guardian_phone_of_pupils", "0002_pupil_allergies", "zero"])
def test_the_boxes_are_those_of_showmigrations(commands: Commands, tmp_path: Path, target: str) -> None:
    """On a real database that was migrated, in part or completely, before mainline had the squash."""
    school = build_repository("squashed-on-mainline-with-change-repeated", tmp_path / "school").path
    folder = school / "school" / "migrations"
    later = {path: path.read_text() for path in (*folder.glob("0001_squashed*"), *folder.glob("000[45]*"))}
    for path in later:
        path.unlink()
    manage(school, "migrate", "school", target)
    for path, content in later.items():
        path.write_text(content)
    lines = graph(commands, school, "--database", f"sqlite:///{school / 'db.sqlite3'}")
    shown = re.findall(r"^\* \[(.)\] (\w+)", "\n".join(lines), re.MULTILINE)
    django = re.findall(r"^ \[(.)\] (\w+)", manage(school, "showmigrations", "school"), re.MULTILINE)
    assert django
    assert set(django) <= set(shown)


def manage(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, "--no-color"],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
