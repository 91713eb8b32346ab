"""Small projects whose migrations are squashed: models that fit their migrations, and a few releases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from databases.small_projects import SmallProject, add, small_project

HEAD = "from django.conf import settings\nfrom django.db import models\n\n\n"
PERSON_KEY = "models.ForeignKey('people.Person', models.CASCADE, null=True)"
ITEM_KEY = "models.ForeignKey('shop.Item', models.CASCADE, null=True)"
NUMBER = "models.IntegerField(null=True)"
TEXT = "models.CharField(max_length=20, default='')"


ID = "('id', models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID'))"


def create(name: str, *fields: str) -> str:
    """As makemigrations writes it, so that it finds no changes."""
    return f"migrations.CreateModel('{name}', [{', '.join((ID, *fields))}])"


def model(name: str, *fields: str, meta: str = "") -> str:
    lines = [f"    {field}" for field in fields] or ["    pass"]
    meta = f"\n\n    class Meta:\n        {meta}\n" if meta else ""
    return f"class {name}(models.Model):\n" + "\n".join(lines) + meta + "\n\n\n"


def one_app(path: Path) -> SmallProject:
    """A line of five with renames, an index and a removal, all of which a squash takes together; another app depends on its end."""
    project = small_project(path, "shop", "billing")
    project.migration("shop.0001_initial", "", create("Item", f"('name', {TEXT})", f"('old', {NUMBER})"))
    project.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
    project.migration("shop.0003_rename", "shop.0002_size", "migrations.RenameField('item', 'size', 'width')")
    project.migration(
        "shop.0004_index",
        "shop.0003_rename",
        "migrations.RemoveField('item', 'old')",
        "migrations.AddIndex('item', models.Index(fields=['width'], name='shop_width'))",
    )
    project.migration("shop.0005_part", "shop.0004_index", create("Part", f"('item', {ITEM_KEY})"))
    project.migration("billing.0001_initial", "shop.0005_part", create("Bill", f"('item', {ITEM_KEY})"))
    items = model(
        "Item",
        f"name = {TEXT}",
        f"width = {NUMBER}",
        meta="indexes = [models.Index(fields=['width'], name='shop_width')]",
    )
    project.write(
        {
            "shop/models.py": HEAD + items + model("Part", f"item = {ITEM_KEY}"),
            "billing/models.py": HEAD + model("Bill", f"item = {ITEM_KEY}"),
        }
    )
    project.commit()
    return project


def circular(path: Path) -> SmallProject:
    """Two apps that take turns: a squash of each alone would depend on the other."""
    project = small_project(path, "shop", "people")
    project.migration("shop.0001_initial", "", create("Item", f"('name', {TEXT})"))
    project.migration(
        "people.0001_initial", "shop.0001_initial", create("Person", f"('favourite', {ITEM_KEY})")
    )
    project.migration(
        "shop.0002_owner", "shop.0001_initial people.0001_initial", add("item", "owner", PERSON_KEY)
    )
    project.migration("people.0002_age", "people.0001_initial", add("person", "age"))
    project.migration("shop.0003_size", "shop.0002_owner", add("item", "size"))
    project.write(
        {
            "shop/models.py": HEAD
            + model("Item", f"name = {TEXT}", f"owner = {PERSON_KEY}", f"size = {NUMBER}"),
            "people/models.py": HEAD + model("Person", f"favourite = {ITEM_KEY}", f"age = {NUMBER}"),
        }
    )
    project.commit()
    return project


def circular_with_data(path: Path) -> SmallProject:
    """As `circular`; a data operation between two migrations of the shop makes a database fail that has only the first block."""
    project = circular(path)
    fill = (
        "from django.db import migrations\n\n\ndef fill(apps, schema_editor):\n"
        "    apps.get_model('shop', 'Item').objects.filter(name='x').update(name='y')\n\n\n"
        "class Migration(migrations.Migration):\n    dependencies = [('shop', '0003_size')]\n"
        "    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]\n"
    )
    project.write({"shop/migrations/0004_fill.py": fill})
    project.migration("shop.0005_weight", "shop.0004_fill", add("item", "weight"))
    fields = (f"name = {TEXT}", f"owner = {PERSON_KEY}", f"size = {NUMBER}", f"weight = {NUMBER}")
    project.write({"shop/models.py": HEAD + model("Item", *fields)})
    project.commit()
    return project


SEEDS = """
from django.db import migrations, models

from shop.names import FIRST
{helper}

def forwards(apps, schema_editor):
    apps.get_model("shop", "Item").objects.{what}(name=label({value}))


class Migration(migrations.Migration):
    dependencies = [("shop", "{after}")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop{elidable})]
"""
LABEL = """
SUFFIX = {suffix!r}


def label(value):
    return value + SUFFIX

"""


def seeds(path: Path) -> SmallProject:
    """Data operations: two with functions and constants of the same names, which a squash keeps; one that is elidable."""
    project = small_project(path, "shop")
    project.write({"shop/names.py": "FIRST = 'first'\n"})
    project.migration("shop.0001_initial", "", create("Item", f"('name', {TEXT})"))
    one, two = LABEL.format(suffix="!"), LABEL.format(suffix="?")
    project.write(
        {
            "shop/migrations/0002_first.py": SEEDS.format(
                helper=one, value="FIRST", after="0001_initial", elidable="", what="create"
            ),
            "shop/migrations/0003_second.py": SEEDS.format(
                helper=two, value='"second"', after="0002_first", elidable="", what="create"
            ),
            "shop/migrations/0004_third.py": SEEDS.format(
                helper=two, value='"third"', after="0003_second", elidable=", elidable=True", what="filter"
            ),
        }
    )
    project.migration("shop.0005_size", "shop.0004_third", add("item", "size"))
    project.write({"shop/models.py": HEAD + model("Item", f"name = {TEXT}", f"size = {NUMBER}")})
    project.commit()
    return project


def own_user(path: Path) -> SmallProject:
    """The user model is the project's own, an installed package depends on it, and so does another app."""
    installed = "\nINSTALLED_APPS += ['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.admin', 'django.contrib.messages']\nAUTH_USER_MODEL = 'people.User'\n"
    project = small_project(path, "people", "shop", settings=installed)
    user = "migrations.swappable_dependency(settings.AUTH_USER_MODEL)"
    key = "models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)"
    password = "('password', models.CharField(max_length=128, verbose_name='password')), ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login'))"
    project.migration(
        "people.0001_initial",
        "",
        create("User", password, "('name', models.CharField(max_length=20, unique=True))"),
    )
    project.migration("people.0002_age", "people.0001_initial", add("user", "age"))
    project.migration("people.0003_size", "people.0002_age", add("user", "size"))
    owner = f"('owner', {key})"
    shop = (
        "from django.conf import settings\nfrom django.db import migrations, models\n\n\n"
        f"class Migration(migrations.Migration):\n    dependencies = [{user}]\n"
        f"    operations = [{create('Item', owner)}]\n"
    )
    project.write({"shop/migrations/0001_initial.py": shop})
    project.migration("shop.0002_size", "shop.0001_initial", add("item", "size"))
    base = "from django.contrib.auth.base_user import AbstractBaseUser\n" + HEAD
    person = model(
        "User",
        "name = models.CharField(max_length=20, unique=True)",
        f"age = {NUMBER}",
        f"size = {NUMBER}",
        "USERNAME_FIELD = 'name'",
    )
    project.write(
        {
            "people/models.py": base + person.replace("models.Model", "AbstractBaseUser", 1),
            "shop/models.py": HEAD + model("Item", f"owner = {key}", f"size = {NUMBER}"),
        }
    )
    project.commit()
    return project


def merged(path: Path) -> SmallProject:
    """Two branches of one app that a merge joins; what follows belongs to a later release."""
    project = small_project(path, "shop")
    project.migration("shop.0001_initial", "", create("Item", f"('name', {TEXT})"))
    project.migration("shop.0002_left", "shop.0001_initial", add("item", "left"))
    project.migration("shop.0002_right", "shop.0001_initial", add("item", "right"))
    project.migration("shop.0003_merge", "shop.0002_left shop.0002_right")
    fields = (f"name = {TEXT}", f"left = {NUMBER}", f"right = {NUMBER}")
    project.write({"shop/models.py": HEAD + model("Item", *fields)})
    project.commit()
    project.git("tag", "v1")
    project.migration("shop.0004_later", "shop.0003_merge", add("item", "later"))
    project.write({"shop/models.py": HEAD + model("Item", *fields, f"later = {NUMBER}")})
    project.commit()
    return project


PROJECTS: Mapping[str, Callable[[Path], SmallProject]] = {
    each.__name__: each for each in (one_app, circular, circular_with_data, seeds, own_user, merged)
}
