"""Which tests are long, and which of them run where only a share does."""

from __future__ import annotations

import zlib
from fractions import Fraction
from pathlib import Path

import django

# Folders of tests that run a browser, real databases, whole commands or every fixture.
LONG = ("browser", "databases", "django", "laws", "random", "scenarios")


def is_long(path: Path) -> bool:
    """Whether the test file is in one of these folders."""
    return path.relative_to(Path(__file__).parent).parts[0] in LONG


def is_in_share(name: str, share: Fraction, version: str = django.get_version()) -> bool:
    """Whether the test is in that share of all: the same each time, others with another release of Django."""
    release = ".".join(version.split(".")[:2])
    return zlib.crc32(f"{release} {name}".encode()) % share.denominator < share.numerator
