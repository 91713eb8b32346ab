"""`schema` as text: model by model, or only the differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from stitchback.reporting.layout import (
    BLANK,
    Line,
    Style,
    bold,
    cells,
    dim,
    green,
    listed,
    plain,
    red,
    styled,
    wrapped,
    yellow,
)

Model = Mapping[str, Any]
MODELS = "django.db.models."
WIDEST_NAME = 30
LISTS = (("indexes", "index"), ("constraints", "constraint"), ("opaque", "opaque"))
TOGETHERS = (("unique_together", "unique together"), ("index_together", "index together"))
CHANGES = {"added": ("+", Style.GREEN), "removed": ("-", Style.RED), "same schema": ("≈", Style.GREEN)}


def schema_lines(models: Mapping[str, Model], opaque: Sequence[str]) -> Iterator[Line]:
    for label in sorted(models):
        yield (bold(label),)
        yield from _model_lines(models[label])
        yield BLANK
    if not models:
        yield (plain("No models."),)
    yield from _opaque_lines(opaque)


def _model_lines(model: Model) -> Iterator[Line]:
    rows = [(name, _class(field), _arguments(field)) for name, field in model["fields"].items()]
    width = min(max((cells(name) for name, *_ in rows), default=0), WIDEST_NAME)
    kinds = max((cells(kind) for _, kind, _ in rows), default=0)
    for name, kind, arguments in rows:
        gap = " " * max(width - cells(name), 0)
        words = (plain(f"{name}{gap}   "), plain(f"{kind:<{kinds}}"), plain("   "), *arguments)
        yield from wrapped(words, 2, width + kinds + 6 if width + kinds < 60 else 6)
    for label, text in _extras(model):
        yield from listed(dim(label), [plain(text)], 2, width)


def _class(field: Mapping[str, Any]) -> str:
    return str(field["class"]).removeprefix(MODELS) or "?"


def _arguments(field: Mapping[str, Any]) -> tuple[Text, ...]:
    if "opaque" in field:
        return (yellow(str(field["opaque"])),)
    return tuple(
        dim(f" {name}={_short(value)}" if place else f"{name}={_short(value)}")
        for place, (name, value) in enumerate(field["arguments"].items())
    )


def _short(value: str) -> str:
    return value.replace(MODELS, "")


def _extras(model: Model) -> Iterator[tuple[str, str]]:
    for key, label in LISTS:
        for text in model[key]:
            yield label, _short(str(text))
    for key, label in TOGETHERS:
        for names in model[key]:
            yield label, ", ".join(names)
    for name, value in model["options"].items():
        yield name, _short(str(value))
    if model["bases"] not in ([], [f"{MODELS}Model"]):
        yield "bases", ", ".join(map(_short, model["bases"]))


def difference_lines(
    ref: str, other: str, differences: Sequence[Mapping[str, Any]], opaque: Sequence[str]
) -> Iterator[Line]:
    yield from wrapped((plain("What "), bold(other), plain(" has differently from "), bold(ref)))
    yield BLANK
    for item in differences:
        mark, style = CHANGES.get(item["change"], ("≠", Style.YELLOW))
        name = f"{item['model']}.{item['name']}" if item["name"] else item["model"]
        head = (styled(style, f"{mark} {item['change']:<13}"), plain(f"{item['kind']} {name}"))
        yield from wrapped(head, 2, 15)
        for words in item["differences"]:
            yield from wrapped((dim(_short(words)),), 17, 2)
    if not differences:
        yield (green("  nothing"),)
    yield BLANK
    yield from _opaque_lines(opaque)


def _opaque_lines(opaque: Sequence[str]) -> Iterator[Line]:
    if opaque:
        yield (red("Not read"),)
        for text in opaque:
            yield from wrapped((plain(text),), 2, 2)
