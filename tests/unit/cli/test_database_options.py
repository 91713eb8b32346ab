"""Each option that names a database takes an alias of DATABASES too, in whatever command it is, and each command opens the running project."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import stitchback.cli
from stitchback.cli import options
from stitchback.cli.group import cli

NAMES = {"--database", "--schemas"}
MODULES = sorted(Path(stitchback.cli.__file__).parent.glob("*.py"))


def commands(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)


FOUND = [
    (command, each)
    for command in commands(cli)
    for each in command.params
    if isinstance(each, click.Option) and NAMES.intersection(each.opts)
]


@pytest.mark.parametrize(("command", "option"), FOUND, ids=[f"{c.name} {o.opts[0]}" for c, o in FOUND])
def test_it_takes_an_alias(command: click.Command, option: click.Option) -> None:
    """By the functions of `options`: they ask the running project."""
    assert inspect.unwrap(option.callback) in (options._address, options.addresses, options.servers)


def test_there_are_such_options() -> None:
    assert {command.name for command, _ in FOUND} >= {"inspect", "repair", "graph", "verify"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_project_is_opened_by_what_the_context_has(module: Path) -> None:
    """`session.directory` is the running project in `manage.py stitchback`."""
    text = module.read_text(encoding="utf-8")
    assert text.count("Project.open(") == text.count("Project.open(session.directory")
