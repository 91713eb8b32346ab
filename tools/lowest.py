"""`python -m tools.lowest`: the requirements of the package and of its tests, each at its lowest version, one a line for pip."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("postgres", "test")


def lowest(source: str) -> Iterator[str]:
    """`psycopg[binary]>=3.1.8` -> `psycopg[binary]==3.1.8`, once each. Exits where a requirement has no lower bound."""
    project = tomllib.loads(source)["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in EXTRAS for each in project["optional-dependencies"][extra]),
    ]
    for requirement in dict.fromkeys(wanted):
        name, bound, version = requirement.partition(">=")
        if not bound or "," in version:
            sys.exit(f"{requirement}: not a lower bound alone")
        yield f"{name}=={version}"


if __name__ == "__main__":
    print(*lowest(PYPROJECT.read_text(encoding="utf-8")), sep="\n")
