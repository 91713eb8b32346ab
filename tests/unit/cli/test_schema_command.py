"""`stitchback schema`."""

from __future__ import annotations

import json
from pathlib import Path

from commands import Commands


def test_the_working_tree(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "schema", "--app", "customers")
    assert done.code == 0
    assert done.stdout.splitlines()[:3] == [
        "customers.customer",
        "  id           BigAutoField   auto_created=True primary_key=True serialize=False verbose_name='ID'",
        "  name         CharField      max_length=120",
    ]


def test_a_ref_as_json(commands: Commands, shop: Path) -> None:
    document = json.loads(commands.run(shop, "schema", "release/2.4", "--format", "json").stdout)
    assert document["schema"] == 1
    fields = document["models"]["shop.item"]["fields"]
    assert fields["colour"] == {
        "class": "django.db.models.CharField",
        "arguments": {"default": "'natural'", "max_length": "20"},
    }
    assert "supplier" not in fields


def test_uncommitted_migrations_count(commands: Commands, shop: Path) -> None:
    (shop / "shop" / "migrations" / "0007_gone.py").write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        "    dependencies = [('shop', '0006_item_discontinued_at')]\n"
        "    operations = [migrations.RemoveField('item', 'discount')]\n"
    )
    assert "discount" not in commands.run(shop, "schema").stdout
    assert "discount" in commands.run(shop, "schema", "main~0").stdout


def test_two_refs(commands: Commands, shop: Path) -> None:
    done = commands.run(shop, "schema", "release/2.4", "--diff", "main", "--app", "shop")
    assert done.code == 1
    assert "  + added        column shop.item.supplier" in done.stdout
    assert "customers" not in done.stdout
    assert commands.run(shop, "schema", "main", "--diff", "main").code == 0


def test_two_refs_as_json(commands: Commands, shop: Path) -> None:
    document = json.loads(
        commands.run(shop, "schema", "v2.4", "--diff", "release/2.4", "--format", "json").stdout
    )
    assert [(item["change"], item["name"]) for item in document["differences"]] == [("added", "colour")]


def test_what_is_not_there(commands: Commands, shop: Path) -> None:
    assert commands.run(shop, "schema", "no-such-ref").code == 2
    done = commands.run(shop, "schema", "--app", "shpo")
    assert done.code == 2
    assert "Did you mean shop?" in done.stderr


def test_what_cannot_be_read_is_told_with_its_place(commands: Commands, shop: Path) -> None:
    (shop / "shop" / "migrations" / "0007_broken.py").write_text("def (\n")
    done = commands.run(shop, "schema", "--app", "shop")
    assert done.code == 0
    assert "Not read\n  shop/migrations/0007_broken.py:1: " in done.stdout
