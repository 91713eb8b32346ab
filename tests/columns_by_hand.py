"""Columns of tables by hand, written as reports show them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stitchback.model.physical import Column, ForeignKeyTarget

_TYPE = re.compile(r"(?P<type>\w+)(\((?P<arguments>.*)\))?")


def column(text: str) -> Column:
    """`column("varchar(9) null")`, `column("→shop_item(pk) no constraint")`."""
    first, *words = text.split(" ")
    rest = " ".join(words)
    null, primary_key = "null" in words, "primary key" in rest
    if first.startswith("→"):
        table, _, referred = first[1:-1].partition("(")
        target = ForeignKeyTarget(table, referred)
        return Column(
            target=target, is_constrained="no constraint" not in rest, null=null, primary_key=primary_key
        )
    found = _TYPE.fullmatch(first)
    assert found is not None, text
    return Column(found["type"], found["arguments"] or "", null=null, primary_key=primary_key)


def columns(**texts: str) -> dict[str, Column]:
    return {name: column(text) for name, text in texts.items()}


def shapes(found: Mapping[str, Column]) -> dict[str, str]:
    return {name: str(each) for name, each in found.items()}
