"""Projects with a release and a mainline that has more: what `backport` brings to the release, and what it must refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from databases.small_projects import SmallProject, add, create, small_project

RELEASE = "release/2.4"
FILL = "migrations.RunPython(fill_codes, migrations.RunPython.noop)"
INDEX = "migrations.AddIndex('item', models.Index(fields=['code'], name='shop_item_code'))"
PARTIAL_INDEX = INDEX.replace("name=", "condition=models.Q(code__gt=0), name=")
OWNER = "models.ForeignKey('people.person', models.CASCADE, null=True)"
DATA = """
from django.db import migrations
{imports}

class Migration(migrations.Migration):
    dependencies = [("shop", "{after}")]
    operations = [{operation}]
"""
HELPER = """
def fill_codes(apps, schema_editor):
    apps.get_model("shop", "Item").objects.filter(code=None).update(code=7)
"""


def base(path: Path, *apps: str) -> SmallProject:
    """One commit on main: shop.0001_initial with Item.title, 0002_item_code, and people.0001_initial."""
    project = small_project(path, *(apps or ("shop", "people")))
    project.migration("shop.0001_initial", "", create("Item", "('title', models.CharField(max_length=20))"))
    project.migration("shop.0002_item_code", "shop.0001_initial", add("item", "code"))
    project.migration("people.0001_initial", "", create("Person"))
    project.commit("Release 2.4 is cut")
    project.git("branch", RELEASE)
    return project


def hotfix(project: SmallProject, name: str, after: str, *operations: str) -> None:
    """A commit on the release; main is checked out again."""
    project.git("checkout", "-q", RELEASE)
    project.migration(name, after, *operations)
    project.write({"shop/version.py": name})
    project.commit(f"Hotfix {name}")
    project.git("checkout", "-q", "main")


def column(path: Path) -> SmallProject:
    """An independent column between other changes of mainline."""
    project = base(path)
    project.migration("shop.0003_item_size", "shop.0002_item_code", add("item", "size"))
    project.migration("shop.0004_item_colour", "shop.0003_item_size", add("item", "colour"))
    project.migration("shop.0005_item_weight", "shop.0004_item_colour", add("item", "weight"))
    project.commit("Features")
    return project


def last_column(path: Path) -> SmallProject:
    """An independent column, the last of mainline's changes."""
    project = base(path)
    project.migration("shop.0003_item_size", "shop.0002_item_code", add("item", "size"))
    project.migration("shop.0004_item_colour", "shop.0003_item_size", add("item", "colour"))
    project.commit("Features")
    return project


def chain(path: Path) -> SmallProject:
    """A model and a column of it, after a change that the release does not get."""
    project = base(path)
    project.migration("shop.0003_item_size", "shop.0002_item_code", add("item", "size"))
    project.migration("shop.0004_label", "shop.0003_item_size", create("Label"))
    project.migration("shop.0005_label_text", "shop.0004_label", add("label", "text"))
    project.migration("shop.0006_item_weight", "shop.0005_label_text", add("item", "weight"))
    project.commit("Features")
    return project


def own_hotfixes(path: Path) -> SmallProject:
    """The release has a hotfix that mainline lacks."""
    project = column(path)
    hotfix(project, "shop.0003_item_rack", "shop.0002_item_code", add("item", "rack"))
    return project


def name_taken(path: Path) -> SmallProject:
    """The release has a migration of the same name with another column, which mainline lacks."""
    project = base(path)
    hotfix(project, "shop.0003_item_colour", "shop.0002_item_code", add("item", "rack"))
    project.migration("shop.0003_item_colour", "shop.0002_item_code", add("item", "colour"))
    project.migration("shop.0004_item_size", "shop.0003_item_colour", add("item", "size"))
    project.commit("Features")
    return project


def foreign_key(path: Path) -> SmallProject:
    """A column that refers to another app's model."""
    project = base(path)
    project.migration("shop.0003_item_size", "shop.0002_item_code", add("item", "size"))
    project.migration(
        "shop.0004_item_owner", "shop.0003_item_size people.0001_initial", add("item", "owner", OWNER)
    )
    project.migration("shop.0005_item_weight", "shop.0004_item_owner", add("item", "weight"))
    project.commit("Features")
    return project


def required_column(path: Path) -> SmallProject:
    """A column that is NOT NULL, with a default."""
    project = base(path)
    project.migration("shop.0003_item_size", "shop.0002_item_code", add("item", "size"))
    field = "models.CharField(max_length=9, default='new')"
    project.migration("shop.0004_item_state", "shop.0003_item_size", add("item", "state", field))
    project.migration("shop.0005_item_weight", "shop.0004_item_state", add("item", "weight"))
    project.commit("Features")
    return project


def index(path: Path, operation: str = INDEX) -> SmallProject:
    """An index on a column that the release has."""
    project = base(path)
    project.migration("shop.0003_item_size", "shop.0002_item_code", add("item", "size"))
    project.migration("shop.0004_item_code_index", "shop.0003_item_size", operation)
    project.migration("shop.0005_item_weight", "shop.0004_item_code_index", add("item", "weight"))
    project.commit("Features")
    return project


def partial_index(path: Path) -> SmallProject:
    """One whose condition may name any field: its order after the other migration stays."""
    return index(path, PARTIAL_INDEX)


def data(path: Path) -> SmallProject:
    """A data operation whose function is in the migration's own file."""
    project = base(path)
    project.migration("shop.0003_item_size", "shop.0002_item_code", add("item", "size"))
    text = DATA.format(imports=HELPER, after="0003_item_size", operation=FILL)
    project.write({"shop/migrations/0004_fill_codes.py": text})
    project.migration("shop.0005_item_weight", "shop.0004_fill_codes", add("item", "weight"))
    project.commit("Features")
    return project


def imported_data(path: Path) -> SmallProject:
    """A data operation with a function of a module that the release lacks."""
    project = base(path)
    text = DATA.format(imports="from shop.codes import fill_codes\n", after="0002_item_code", operation=FILL)
    project.write({"shop/codes.py": HELPER, "shop/migrations/0003_fill_codes.py": text})
    project.commit("Features")
    return project


@dataclass(frozen=True, slots=True)
class BackportCase:
    """`migrations`: the arguments. `files`: what the release gets."""

    build: Callable[[Path], SmallProject]
    migrations: tuple[str, ...]
    files: tuple[str, ...]


CASES: Mapping[str, BackportCase] = {
    "column": BackportCase(column, ("shop.0004_item_colour",), ("shop.0004_item_colour",)),
    "last_column": BackportCase(last_column, ("shop.0004_item_colour",), ("shop.0004_item_colour",)),
    "chain": BackportCase(
        chain, ("shop.0004_label", "shop.0005_label_text"), ("shop.0004_label", "shop.0005_label_text")
    ),
    "own_hotfixes": BackportCase(own_hotfixes, ("shop.0004_item_colour",), ("shop.0004_item_colour",)),
    "foreign_key": BackportCase(foreign_key, ("shop.0004_item_owner",), ("shop.0004_item_owner",)),
    "required_column": BackportCase(required_column, ("shop.0004_item_state",), ("shop.0004_item_state",)),
    "index": BackportCase(index, ("shop.0004_item_code_index",), ("shop.0004_item_code_index",)),
    "partial_index": BackportCase(
        partial_index, ("shop.0004_item_code_index",), ("shop.0003_item_code_index",)
    ),
    "data": BackportCase(data, ("shop.0004_fill_codes",), ("shop.0004_fill_codes",)),
}
