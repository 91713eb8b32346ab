"""Man pages: one a command, with every option; groff reads them without a warning."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
import pytest

from stitchback.cli.group import COMMANDS, cli
from tools.man_pages import main, man_pages

PAGES = man_pages()


def plain(page: str) -> str:
    return page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")


def test_one_page_a_command(tmp_path: Path) -> None:
    main(tmp_path / "man")
    written = {path.name for path in (tmp_path / "man").iterdir()}
    assert {"stitchback.1", *(f"stitchback-{name}.1" for name in COMMANDS)} <= written == PAGES.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_on_the_page(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    page = plain(PAGES[f"stitchback-{name}.1"])
    options = [option for each in command.params if isinstance(each, click.Option) for option in each.opts]
    assert [option for option in (*options, "--help") if option not in page] == []


def test_the_main_page_has_the_commands_and_the_exit_codes() -> None:
    page = plain(PAGES["stitchback.1"])
    assert [name for name in COMMANDS if f"stitchback-{name}(1)" not in page] == []
    assert ".TP\n130\ninterrupted\n" in page
    assert ".nf\nMerge a hotfix branch:     stitchback plan release/2.4\n" in page


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("name", PAGES)
def test_groff_warns_of_nothing(name: str) -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", "-z"]
    done = subprocess.run(command, input=PAGES[name].encode(), capture_output=True, check=True)
    assert done.stderr == b""
