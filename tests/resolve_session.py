"""The repository of docs/resolve.md, and the commands of that page run in it as in a terminal of 80 columns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from unfinished_work import DATES, PERSON, UnfinishedWork, add, create

COLUMNS = 80
QUESTION = "Write this? [y/N]: "
SHOP = """\
from django.db import models

{supplier}
class Item(models.Model):
    \"\"\"What the shop sells.\"\"\"

{fields}
"""
SUPPLIER = "\nclass Supplier(models.Model):\n    pass\n\n"
CUSTOMER = """\
from django.db import models


class Item(models.Model):
    \"\"\"What a customer has asked for.\"\"\"

{first}    # Who answers it, and when, is in the calendar.

    # Prices are in the shop.
{last}"""
COLOUR = "    colour = models.IntegerField(null=True)"


def build(folder: Path) -> UnfinishedWork:
    """A hotfix on release/2.4 that main has too under another name, and a change of its own on each side; both are on a remote."""
    work = UnfinishedWork(folder, "shop", "crm")
    models(work, "", "    pass", "", "")
    work.commit("models")
    work.branch("release/2.4")
    work.migration("shop.0002_hot_colour", "shop.0001_initial", add("item", "colour"))
    work.migration("crm.0002_phone", "crm.0001_initial", add("item", "phone"))
    models(work, "", COLOUR, "", "    phone = models.IntegerField(null=True)\n")
    work.commit("Hotfix: colours and phone numbers")
    work.switch("main")
    work.migration("shop.0002_supplier", "shop.0001_initial", create("Supplier"))
    work.migration("shop.0003_colour", "shop.0002_supplier", add("item", "colour"))
    work.migration("crm.0002_city", "crm.0001_initial", add("item", "city"))
    models(work, SUPPLIER, COLOUR, "    city = models.IntegerField(null=True)\n", "")
    work.commit("Suppliers, colours and cities")
    for branch in ("main", "release/2.4"):
        work.git("update-ref", f"refs/remotes/origin/{branch}", branch)
    return work


def models(work: UnfinishedWork, supplier: str, fields: str, first: str, last: str) -> None:
    work.put("shop/models.py", SHOP.format(supplier=supplier, fields=fields))
    work.put("crm/models.py", CUSTOMER.format(first=first, last=last))


def run(folder: Path, command: str, columns: int = COLUMNS) -> str:
    """What a terminal shows below the command; the answer to the question is yes."""
    environment = {
        **os.environ,
        **PERSON,
        **DATES,
        "COLUMNS": str(columns),
        "DB": "db.sqlite3",
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        input="y\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    shown = done.stdout.replace(QUESTION, f"{QUESTION}y\n")
    return "".join(f"{line}\n" for text in shown.splitlines() for line in folded(text.rstrip(), columns))


def folded(line: str, columns: int) -> Iterator[str]:
    """As a terminal breaks a line that is too long."""
    yield from re.findall(f".{{1,{columns}}}", line) or [""]
