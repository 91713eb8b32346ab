"""Errors become exit codes and words, at one place."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Commands

from stitchback.cli import boundary
from stitchback.cli.group import cli
from stitchback.errors import EnvironmentProblem, Refusal


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def main(**_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "main", main)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EnvironmentProblem("SB504", "no such ref"), 2),
        (Refusal("SB403", "no parent"), 3),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("a bug"), 4),
    ],
)
def test_exit_codes(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(error, monkeypatch)
    assert boundary.run([]) == code


def test_an_error_names_the_thing_the_reason_and_the_next_act(
    monkeypatch: pytest.MonkeyPatch, commands: Commands, tmp_path: Path
) -> None:
    raising(Refusal("SB403", "message", hint="do this", evidence=("a", "b")), monkeypatch)
    done = commands.run(tmp_path)
    assert (done.stdout, done.stderr) == ("", "error[SB403]: message\n  a\n  b\nhint: do this\n")


def test_a_name_cannot_make_the_terminal_obey(
    monkeypatch: pytest.MonkeyPatch, commands: Commands, tmp_path: Path
) -> None:
    raising(EnvironmentProblem("SB504", "a\x1b[2Jb", hint="c\u202ed", evidence=("e\nf",)), monkeypatch)
    assert commands.run(tmp_path).stderr == "error[SB504]: a\\x1b[2Jb\n  e\\nf\nhint: c\\u202ed\n"


def test_a_bug_says_what_to_report(
    monkeypatch: pytest.MonkeyPatch, commands: Commands, tmp_path: Path
) -> None:
    raising(ZeroDivisionError("a bug"), monkeypatch)
    done = commands.run(tmp_path)
    assert "Traceback" in done.stderr
    assert "This is a bug in stitchback" in done.stderr


def test_usage(commands: Commands, tmp_path: Path) -> None:
    assert commands.run(tmp_path, "no-such-command").code == 2
    assert commands.run(tmp_path, "status").code == 2
    assert commands.run(tmp_path, "--help").code == 0
    done = commands.run(tmp_path, "status", "release/2.4")
    assert done.code == 2
    assert "SB502" in done.stderr
