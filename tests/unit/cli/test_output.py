"""All text of the command line goes through one place, which leaves nothing in it that a CI service obeys."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import click
import pytest

from stitchback.cli import boundary, group
from stitchback.cli.boundary import run
from stitchback.cli.output import MAKE_HARMLESS, echo

CLI = Path(boundary.__file__).parent
HOSTILE = "0002_x\n::stop-commands::abc ##[group]y\r  ::add-mask::z ##vso[task.setvariable variable=a]b ##teamcity[c"
OBEYED = re.compile(r"(?:^|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029])\s*::|##\w*\[")
DOORS = re.compile(
    r"click\.(s?echo|echo_via_pager|confirm|prompt|pause)|print|traceback\.print_.*|sys\.std.*\.write"
)


@pytest.mark.parametrize("path", sorted(CLI.glob("*.py")), ids=lambda path: path.name)
def test_nothing_is_printed_elsewhere(path: Path) -> None:
    if path.name == "output.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            written = ast.unparse(node)
            assert not DOORS.fullmatch(ast.unparse(node.func)), f"{path.name}:{node.lineno}: {written}"
            assert not written.endswith(".show()"), "click prints it"


def test_nothing_below_the_command_line_prints() -> None:
    for path in sorted(CLI.parent.rglob("*.py")):
        if path.parent == CLI or "in_project" in path.parts or path.name == "journal.py":
            continue  # a project's own process, and one whose output we read
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (
                isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stdout.write")
            ), path


@pytest.mark.parametrize("name", sorted(set(MAKE_HARMLESS) - {"github", "sql"}))
def test_a_text_of_any_format(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    is_text = name in ("dot", "markdown", "mermaid", "text")
    text = HOSTILE if is_text else json.dumps({"a": HOSTILE})
    echo(text, name)
    echo(text, name, err=True)
    out, err = capsys.readouterr()
    assert out == err
    assert not OBEYED.search(out)
    if not is_text:
        assert json.loads(out) == {"a": HOSTILE}


def test_lines_that_are_our_own_commands(capsys: pytest.CaptureFixture[str]) -> None:
    echo("::error file=a::b ##[group]c\n::warning::d", "github")
    assert capsys.readouterr().out == "::error file=a::b \\x23#[group]c\n::warning::d\n"


@pytest.mark.parametrize(
    "text", ["a::b", "a ::b", "shop::item # [x]", "## heading", "#[x]", "x::text", "C::\n  : :"]
)
def test_what_no_service_obeys_stays_as_it_is(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    echo(text)
    assert capsys.readouterr().out == text + "\n"


def test_what_is_wrong_with_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", f"--{HOSTILE}"]) == 2
    assert run([HOSTILE]) == 2
    assert run(["explain", HOSTILE]) == 2
    out, err = capsys.readouterr()
    assert "stop-commands" in err
    assert not OBEYED.search(out + err)


def test_a_bug_s_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    @click.command("status")
    def broken() -> None:
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr(group.LazyGroup, "get_command", lambda *_: broken)
    assert run(["status"]) == 4
    err = capsys.readouterr().err
    assert "stop-commands" in err
    assert not OBEYED.search(err)
