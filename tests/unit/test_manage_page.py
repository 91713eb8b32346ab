"""docs/manage.md describes every system check."""

from __future__ import annotations

import re
from pathlib import Path

from stitchback.django_app import system_checks

PAGE = Path(__file__).parents[2] / "docs" / "manage.md"


def test_every_check_is_described() -> None:
    ids = {each for each in vars(system_checks).values() if re.fullmatch(r"stitchback\.[EW]\d{3}", str(each))}
    assert ids
    assert (
        set(re.findall(r"^\| `(stitchback\.\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)) == ids
    )
