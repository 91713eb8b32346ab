"""What a terminal shows besides the result: its own width, and progress of work that takes long; and `-q` and `-v`, before and after the command."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Commands

from stitchback.reporting import progress_line
from stitchback.reporting.progress_line import WorkInProgress, shown

SLOW = """
import sys, time
import rich.progress  # else importing it takes longer than the work
from stitchback.cli import group, output
from stitchback.reporting import progress_line as shown
shown.DELAY = float(sys.argv[1])
session = group.CommandContext(".", sys.argv[2] == "quiet", False, "auto")
with output.activity(session, "reading [red]x[/red]\\x1b[2J", lambda text: print(f"remark {text}", file=sys.stderr)) as say:
    time.sleep(0.5)
    say("proving")
    time.sleep(0.5)
with output.bar(session, 3, "databases") as advance:
    advance(1, 3)
    time.sleep(0.5)
print("done")
"""


def on_terminal(*arguments: str, columns: int = 80) -> str:
    """What a command prints on a terminal."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=follower, stderr=follower, stdin=follower, env=environment
    )
    os.close(follower)
    output = b""
    try:
        while part := os.read(leader, 65536):
            output += part
    except OSError:  # Linux: the terminal has no other side any more
        pass
    os.close(leader)
    process.wait()
    return output.decode()


def test_what_takes_long_is_shown_and_removed() -> None:
    text = on_terminal("-c", SLOW, "0.05", "loud")
    assert "reading [red]x[/red]\\x1b[2J" in text, "a name is neither markup nor a command of the terminal"
    assert "proving" in text
    assert "1/3" in text
    assert text.rstrip().endswith("done")
    assert "remark" not in text


@pytest.mark.parametrize(("delay", "loudness"), [("9", "loud"), ("0.05", "quiet")])
def test_what_is_done_soon_or_quietly_shows_nothing(delay: str, loudness: str) -> None:
    assert "reading" not in on_terminal("-c", SLOW, delay, loudness)


def test_without_a_terminal_nothing_is_shown() -> None:
    done = subprocess.run([sys.executable, "-c", SLOW, "0.05", "loud"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("done\n", "remark proving\n")


def test_an_error_ends_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_line, "DELAY", 60)
    ended: list[WorkInProgress] = []
    monkeypatch.setattr(WorkInProgress, "end", lambda self: ended.append(self))
    with pytest.raises(ZeroDivisionError), shown("work"):
        raise ZeroDivisionError
    assert len(ended) == 1


def test_a_report_has_the_width_of_the_terminal(shop: Path) -> None:
    words = ("-m", "stitchback", "-q", "-C", str(shop), "--color", "never", "status", "release/2.4")
    narrow, wide = (on_terminal(*words, columns=columns).splitlines() for columns in (60, 120))
    assert max(map(len, narrow)) <= 60 < max(map(len, wide)) <= 120


@pytest.mark.parametrize("flag", ["-q", "-v"])
def test_a_switch_may_stand_behind_the_command(flag: str, commands: Commands, shop: Path) -> None:
    before, behind = (
        commands.run(shop, flag, "status", "release/2.4"),
        commands.run(shop, "status", flag, "release/2.4"),
    )
    assert before == behind
    assert before.code == 1


def test_details_behind_the_command(commands: Commands, shop: Path) -> None:
    assert "left out as irrelevant" in commands.run(shop, "plan", "-v", "release/2.4").stdout
    assert "left out as irrelevant" not in commands.run(shop, "plan", "release/2.4").stdout


def test_quiet_behind_the_command(commands: Commands, shop: Path) -> None:
    assert re.search("Next", commands.run(shop, "apply", "release/2.4", "--yes", "-q").stderr) is None


def test_the_command_line_starts_without_rich() -> None:
    script = "import sys, stitchback.cli; print('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"
