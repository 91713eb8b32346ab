"""`python -m tools.reference DIR`: the pages of the reference that are made from the code, `commands.md` from click and `json-schema.md` from the JSON Schema."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from inspect import cleandoc
from pathlib import Path

import click

from stitchback.cli.group import cli
from tools.man_pages import PROGRAM, exit_codes

Schema = Mapping[str, object]
CHOICES = re.compile(r" \[?(\w+(?:\|\w+)+)\]?$")
MADE = "made by `python -m tools.reference docs`, not edited."


def reference_pages() -> dict[str, str]:
    """File name -> Markdown. The same bytes for the same code."""
    pages = {"commands.md": _commands(), "json-schema.md": _documents(document_schema())}
    return {name: "\n".join(lines).rstrip("\n") + "\n" for name, lines in pages.items()}


def document_schema() -> dict[str, object]:
    schema: dict[str, object] = json.loads(
        files("stitchback.reporting").joinpath("document-1.schema.json").read_text(encoding="utf-8")
    )
    return schema


def commands(context: click.Context | None = None) -> Iterator[click.Context]:
    """`stitchback` and every command below it, in the order of `--help`."""
    context = context or click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    yield context
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        inner = group.get_command(context, name)
        if inner is not None:
            yield from commands(click.Context(inner, info_name=name, parent=context))


def _commands() -> Iterator[str]:
    yield f"# Commands\n\nWhat `--help` shows for each command; {MADE}"
    for context in commands():
        yield f"\n## {context.command_path}\n"
        pieces = " ".join(context.command.collect_usage_pieces(context))
        yield f"```text\n{context.command_path} {pieces}\n```\n"
        yield from _help(context.command)
        rows = [
            record
            for parameter in context.command.get_params(context)
            if isinstance(parameter, click.Option)
            and (record := parameter.get_help_record(context)) is not None
        ]
        yield from _table(("option", "does"), ((_names(names), _prose(text)) for names, text in rows))
    yield "\n## Exit codes\n"
    yield from _table(("code", "means"), exit_codes())


def _names(record: str) -> str:
    """`--color [auto|never]` as "`--color`: `auto`, `never`", for not every reader of Markdown takes a bar within a table."""
    choices = CHOICES.search(record)
    if choices is None:
        return f"`{record}`"
    return f"`{record[: choices.start()]}`: " + ", ".join(f"`{each}`" for each in choices[1].split("|"))


def _help(command: click.Command) -> Iterator[str]:
    """The paragraphs; one that begins with `\\b` keeps its lines."""
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            yield "```text\n" + paragraph.replace("\b", "").strip("\n") + "\n```\n"
        else:
            yield _prose(paragraph) + "\n"


def _documents(schema: Schema) -> Iterator[str]:
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    yield f"# JSON Schema\n\n{schema['description']}\n"
    yield "The schema is in the package, and the tests validate every document with it:\n"
    yield "```console\n$ python -c \"from importlib.resources import files; print(files('stitchback.reporting') / 'document-1.schema.json')\"\n```\n"
    yield f"This page is {MADE} `?` after a name: the field may be missing."
    reports = [_target(each) for each in _list(schema["anyOf"])]
    yield "\n## Documents\n\nEach is what one command prints."
    for name in reports:
        yield from _definition(name, definitions[name])
    yield "\n## Parts of documents"
    for name in sorted(definitions.keys() - set(reports)):
        yield from _definition(name, definitions[name])


def _definition(name: str, schema: Schema) -> Iterator[str]:
    yield f"\n### {name}\n"
    if "description" in schema:
        yield f"{schema['description']}\n"
    if "properties" not in schema:
        yield _type(schema)
        return
    yield from _table(("field", "type"), _fields(schema))


def _fields(schema: Schema) -> Iterator[tuple[str, str]]:
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    required = _list(schema.get("required", []))
    for name, value in properties.items():
        yield f"`{name}`{'' if name in required else '?'}", _type(value)


def _type(schema: Schema) -> str:
    """One line: a link for a definition, the fields of an object that has no name."""
    if "$ref" in schema:
        name = _target(schema)
        return f"[{name}](#{name})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in _list(schema["enum"]))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(_type(each) for each in _list(schema[word]))
    if "properties" in schema:
        return "object: " + ", ".join(f"{name} ({text})" for name, text in _fields(schema))
    if "items" in schema:
        return f"array of {_type(_mapping(schema['items']))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object: name -> {_type(_mapping(schema['additionalProperties']))}"
    kinds = schema.get("type", "any value")
    return " or ".join(map(str, kinds)) if isinstance(kinds, list) else str(kinds)


def _target(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix("#/$defs/")


def _list(value: object) -> list[Schema]:
    assert isinstance(value, list)
    return value


def _mapping(value: object) -> Schema:
    assert isinstance(value, dict)
    return value


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"| {head[0]} | {head[1]} |\n|---|---|"
    for left, right in rows:
        yield f"| {left} | {right} |"


def _prose(text: str) -> str:
    """The lines joined; what Markdown would take for a mark is kept."""
    return re.sub(r"(?<!`)([*<\[\]])(?!`)", r"\\\1", " ".join(text.split()))


def main(folder: Path) -> None:
    for name, text in reference_pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
