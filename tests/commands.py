"""The command line as a person runs it, within this process, and what of its output is the same everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import json_documents
import pytest

from stitchback.cli.boundary import run


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Commands:
    """`stitchback -C FOLDER …`."""

    capture: pytest.CaptureFixture[str]

    def run(self, folder: Path, *arguments: str) -> Done:
        self.capture.readouterr()
        code = run(["-C", str(folder), *arguments])
        out, err = self.capture.readouterr()
        json_documents.check(arguments, code, out)
        return Done(code, out, err)


def steady(text: str) -> str:
    """The report without what another Django, or more thorough rollouts, would say otherwise: the version and how many runs."""
    text = re.sub(r"Django [\d.]+'s", "Django X's", text)
    text = re.sub(r"by Django [\d.]+ on", "by Django X on", text)
    text = re.sub(r"\d+ runs?, no failure", "N runs, no failure", text)
    text = re.sub(r'"django": "[^"]*"', '"django": "X"', text)
    return re.sub(r'"(runs|rollouts)": \d+', r'"\1": 0', text)
