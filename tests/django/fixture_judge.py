"""Real Django over the trees of fixtures, one forked process a tree: imports are paid for once.

Run as a program: reads a folder's path a line, answers with a line of JSON: [""] where the project in it migrates a
fresh database and its models fit its migrations, else what Django said. Nothing is left in the folder.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

import django.core.management
import django.db.backends.sqlite3.base
import django.db.migrations.autodetector
import django.db.migrations.executor


def judge(folder: str) -> str:
    """What Django says against the project; "" where it says nothing. Run in a process of its own."""
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    os.environ["STITCHBACK_DATABASE"] = ":memory:"
    said = io.StringIO()
    try:
        django.setup()
        django.core.management.call_command("migrate", verbosity=0, stdout=said, stderr=said)
        django.core.management.call_command(
            "makemigrations", check_changes=True, dry_run=True, interactive=False, stdout=said, stderr=said
        )
    except SystemExit as leaving:
        return f"makemigrations --check: exit {leaving.code}\n{said.getvalue()}"
    except BaseException:  # noqa: BLE001 (a project's code may raise anything; all of it is the answer)
        return said.getvalue() + traceback.format_exc()
    return ""


def judge_apart(folder: str) -> str:
    with tempfile.TemporaryDirectory() as place:
        answer = Path(place) / "answer"
        child = os.fork()
        if not child:
            answer.write_text(judge(folder), encoding="utf-8")
            os._exit(0)
        os.waitpid(child, 0)
        return answer.read_text(encoding="utf-8")


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps([judge_apart(line.rstrip("\n"))]), flush=True)
