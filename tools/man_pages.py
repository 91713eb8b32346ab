"""`python -m tools.man_pages DIR`: a man page for `stitchback` and one for each command, from the click commands and the README's exit codes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path

import click

from stitchback import __version__
from stitchback.cli.group import COMMANDS, cli

README = Path(__file__).parents[1] / "README.md"
PROGRAM = "stitchback"
NO_COLOR = "If it is set and not empty, the output has no colours (https://no-color.org)."


def man_pages() -> dict[str, str]:
    """File name -> roff (man(7)). The same bytes for the same commands."""
    root = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    return {f"{title}.1": "\n".join(lines) + "\n" for title, lines in _pages(root, PROGRAM, _first(cli))}


def _pages(context: click.Context, title: str, summary: str) -> Iterator[tuple[str, Iterator[str]]]:
    """The page of a command, and those of the commands in it."""
    command = context.command
    inner = [
        (found, COMMANDS[name][1] if command is cli else _first(found))
        for name in (command.list_commands(context) if isinstance(command, click.Group) else ())
        if (found := command.get_command(context, name)) is not None
    ]
    yield title, _page(context, title, summary, inner)
    for each, line in inner:
        yield from _pages(
            click.Context(each, info_name=each.name, parent=context), f"{title}-{each.name}", line
        )


def _page(
    context: click.Context, title: str, summary: str, inner: Sequence[tuple[click.Command, str]]
) -> Iterator[str]:
    command = context.command
    yield f'.TH "{_escaped(title.upper())}" "1" "" "{PROGRAM} {__version__}"'
    yield ".SH NAME"
    yield rf"{_escaped(title)} \- {_escaped(summary.removesuffix('.'))}"
    yield ".SH SYNOPSIS"
    pieces = " ".join(command.collect_usage_pieces(context))
    yield rf"\fB{_escaped(context.command_path)}\fR {_escaped(pieces)}"
    yield ".SH DESCRIPTION"
    for paragraph in _paragraphs(command):
        yield from _paragraph(paragraph)
    yield ".SH OPTIONS"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            yield from _item(rf"\fB{_escaped(record[0])}\fR", record[1])
    if inner:
        yield ".SH COMMANDS"
    for each, line in inner:
        yield from _item(rf"\fB{_escaped(f'{title}-{each.name}')}\fR(1)", line)
    yield from _common(command)


def _common(command: click.Command) -> Iterator[str]:
    """What holds for all commands is on the main page."""
    if command is not cli:
        yield ".SH SEE ALSO"
        yield rf"\fB{PROGRAM}\fR(1)"
        return
    yield ".SH EXIT STATUS"
    for code, meaning in exit_codes():
        yield from _item(rf"\fB{code}\fR", meaning)
    yield ".SH ENVIRONMENT"
    yield from _item(r"\fBNO_COLOR\fR", NO_COLOR)


def _first(command: click.Command) -> str:
    """The first sentence of its help text."""
    return " ".join(_paragraphs(command)[0].split()).partition(". ")[0]


def _paragraphs(command: click.Command) -> list[str]:
    return [part for part in cleandoc(command.help or "").split("\n\n") if part.strip()]


def _paragraph(text: str) -> Iterator[str]:
    """One that begins with `\\b` keeps its lines, as click prints it."""
    yield ".PP"
    if text.startswith("\b"):
        yield from (".nf", *(_line(line) for line in text.replace("\b", "").strip("\n").splitlines()), ".fi")
    else:
        yield from map(_line, text.splitlines())


def _item(tag: str, text: str) -> Iterator[str]:
    yield from (".TP", tag, _line(text))


def _line(text: str) -> str:
    """A line of text: one that begins with a dot or an apostrophe would be a request."""
    return rf"\&{_escaped(text)}" if text[:1] in (".", "'") else _escaped(text)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-").replace("`", r"\(ga")


def exit_codes() -> Iterator[tuple[str, str]]:
    """Code and meaning, from the README's table."""
    table = README.read_text(encoding="utf-8").partition("\n## Exit codes\n")[2].partition("\n## ")[0]
    for match in re.finditer(r"^\| (\d+) \| (.+) \|$", table, re.MULTILINE):
        yield match[1], match[2]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in man_pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
