"""The protocol: one JSON object a line in, one a line out.

The project's own prints must not break it: the real standard output is put aside, and everything printed goes to
standard error; standard input is empty for the project, so that nothing waits for an answer.
"""

from __future__ import annotations

import json
import os
import signal
import traceback
from typing import TYPE_CHECKING, Any, TextIO

from . import databases, migrating, orm_queries, row_filler, rows, schema, scratch

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]


def snapshot() -> dict[str, Any]:
    """All that a database holds."""
    return {"ledger": migrating.ledger(), **schema.read(), "rows": rows.read()}


ON_A_DATABASE: dict[str, Command] = {
    "ledger": migrating.ledger,
    "standing": migrating.standing,
    "snapshot": snapshot,
    "migrate": migrating.migrate,
    "check": migrating.check,
    "showmigrations": migrating.showmigrations,
    "manage": migrating.manage,
    "schema": schema.read,
    "rows": rows.read,
    "fill": row_filler.fill,
    "queries": orm_queries.run,
    "execute": databases.execute,
}

WITHOUT: dict[str, Command] = {
    "start": databases.start,
    "graph": migrating.graph,
    "forget": migrating.forget,
    "start_bare": scratch.start_bare,
    "sweep_databases": scratch.sweep_databases,
    "create_database": scratch.create_database,
    "drop_database": scratch.drop_database,
    "drop_everything": scratch.drop_everything,
}


LONGEST_CLEANUP = 60  # seconds; a server that is gone does not keep the process


def serve() -> None:
    """Answers requests until standard input ends or the reader is closed."""
    questions, answers = _private_streams()
    for line in questions:
        answer = json.dumps(_answer(json.loads(line)), ensure_ascii=True)
        try:
            answers.write(answer + "\n")
            answers.flush()
        except BrokenPipeError:
            break
    if hasattr(signal, "alarm"):
        signal.alarm(LONGEST_CLEANUP)
    scratch.drop_everything()


def _private_streams() -> tuple[TextIO, TextIO]:
    questions = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    return questions, answers


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    """The command's result, or what it raised: the caller decides what that means."""
    name = question.pop("command")
    try:
        return {"result": _run(name, question)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a project's code may raise anything, SystemExit too
        return {
            "error": type(error).__name__,
            "message": str(error),
            "traceback": traceback.format_exc(),
            "missing": databases.needed(error) if name == "start" else "",
        }


def _run(name: str, arguments: dict[str, Any]) -> Any:
    if name in WITHOUT:
        return WITHOUT[name](**arguments)
    databases.use(arguments.pop("database"))
    try:
        return ON_A_DATABASE[name](**arguments)
    finally:
        databases.leave()
