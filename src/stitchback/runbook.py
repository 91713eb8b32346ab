"""The runbook: the steps before, during and after the deploy of a proved plan, in Markdown. The same plan gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from stitchback.model.edits import DeleteFile, FileEdit, WriteFile
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import Candidate, FinishFirst, Forgotten, PopulationOutcome, Proof

CLIENTS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL and MariaDB", "oracle": "Oracle"}


def render_runbook(
    candidate: Candidate,
    proof: Proof,
    *,
    patches: Sequence[str],
    onto: str,
    sql: Sequence[RunbookSql] = (),
    fakes: Sequence[FakeAdvice] = (),
) -> str:
    """The runbook in Markdown, ending with a line break. `sql`: the repair for each requested engine; required only if a population gets rows."""
    manual_steps = any(outcome.inserts for outcome in proof.outcomes)
    needed = proof.manual_steps > 0
    parts = [
        _title(candidate, proof, patches, onto),
        _databases(proof),
        *([_before(candidate, proof, sql, fakes)] if needed else [NO_MANUAL_STEP]),
        _deploy(candidate),
        _after(manual_steps, sql),
        _back(manual_steps, sql),
    ]
    return "\n".join("\n".join(part) + "\n" for part in parts)


NO_MANUAL_STEP = ["## Before the deploy", "", "Nothing: no database needs a manual step."]


def _title(candidate: Candidate, proof: Proof, patches: Sequence[str], onto: str) -> list[str]:
    strategies = ", ".join(f"{app}: {name}" for app, name in sorted(candidate.strategies.items()))
    tried = f"{len(proof.outcomes)} kinds of database, {proof.simulated_runs} runs of `migrate`"
    lines = [
        f"# Runbook: {_text(', '.join(patches))} into {_text(onto)}",
        "",
        f"Proved with Django {proof.django}: {tried}.",
        *([f"Strategies: {_text(strategies)}."] if strategies else []),
        *(
            f"Left out: {_text(str(text))}. This happens on mainline even without this plan."
            for text in proof.broken_on_mainline
        ),
        *(f"Declared in pyproject.toml: {_text(text)}." for text in proof.agreed),
        *(f"Not tried: {_text(text)}." for text in proof.bounded),
    ]
    if candidate.remarks:
        lines += ["", *(f"- {_text(remark.text)}" for remark in candidate.remarks)]
    return lines


def _databases(proof: Proof) -> list[str]:
    lines = [
        "## Kinds of database",
        "",
        "| database | manual step | `migrate` will run |",
        "| --- | --- | --- |",
    ]
    for group in together(proof.outcomes):
        rows = _step(group)
        lines.append(f"| {_cell(group.names)} | {rows} | {_names(group.will_run) or 'nothing'} |")
    return [*lines, "", "`stitchback inspect --database URL` shows which kind a database is."]


def _before(
    candidate: Candidate, proof: Proof, sql: Sequence[RunbookSql], fakes: Sequence[FakeAdvice]
) -> list[str]:
    lines = ["## Before the deploy", *_finish(proof)]
    if any(outcome.inserts for outcome in proof.outcomes):
        lines += _rows(candidate)
    lines += _if_forgotten(proof)
    for each in sql:
        lines += ["", *_script(f"### {CLIENTS.get(each.vendor, each.vendor)}", each.file, each.script)]
    for fake in fakes:
        lines += ["", *_fake(fake)]
    return lines


def _step(group: GroupedPopulations) -> str:
    """The manual step in a cell."""
    rows = f"insert {_names(group.inserts)}" if group.inserts else ""
    finish = f"finish first, up to {_names(group.finish.target)}" if group.finish else ""
    return "; then ".join(filter(None, (finish, rows))) or "none"


def _finish(proof: Proof) -> list[str]:
    """The databases that are migrated with the old code first."""
    found = [group for group in together(proof.outcomes) if group.finish]
    if not found:
        return []
    lines = [
        "",
        "These databases stand between two migrations that the plan changes, and no row is right for them. Finish with the code that they are running:",
        "",
    ]
    for group in found:
        assert group.finish is not None, "only such groups are found"
        lines.append(
            f"- {_text(group.names)}: `python manage.py migrate` with the code of {_text(group.finish.ref)}, "
            f"without this plan, up to {_names(group.finish.target)}."
        )
    return lines


def _rows(candidate: Candidate) -> list[str]:
    lines = [
        "",
        "While the old code is still running, insert the rows that record what these databases have already:",
        "",
    ]
    for handover in sorted(candidate.manual_inserts):
        given = " and ".join(map(_code, handover.applied))
        lines.append(
            f"- {_code(handover.insert)}, where {given} is applied: it has already created what this row records."
        )
    return [
        *lines,
        "",
        "The script checks first: it changes nothing on a database that does not need a row, and nothing when it runs a second time. "
        "So you can run it on all databases. `stitchback repair --database URL` prints the script for one database.",
    ]


def _if_forgotten(proof: Proof) -> list[str]:
    """The result for each group of databases without their manual step."""
    found: dict[Forgotten, list[PopulationOutcome]] = {}
    for outcome in proof.outcomes:
        if outcome.forgotten is not None:
            found.setdefault(outcome.forgotten, []).append(outcome)
    if not found:
        return []
    groups = (
        f"- {_text(GroupedPopulations(tuple(each)).names)}: {_text(str(said))}."
        for said, each in found.items()
    )
    return ["", "If that is forgotten:", "", *groups]


def _script(heading: str, file: str, text: str) -> list[str]:
    lines = [heading, ""]
    if file:
        return [*lines, f"Run {_code(file)}. The command is in its first lines."]
    return [*lines, "```sql", *text.rstrip("\n").split("\n"), "```"]


def _fake(fake: FakeAdvice) -> list[str]:
    whom = _text("; ".join(fake.populations))
    if not fake.commands:
        return [f"`migrate --fake` cannot be used for {whom}: {_text(fake.reason)}"]
    commands = [f"python manage.py {command}" for command in fake.commands]
    return [
        f"Instead of the SQL, you can run this for {whom}, after the new code is deployed and before any other `migrate`:",
        "",
        "```sh",
        *commands,
        "```",
    ]


def _deploy(candidate: Candidate) -> list[str]:
    lines = ["## The deploy", "", "1. Deploy the code with these files:", ""]
    lines += [f"   - {words}" for words in map(_edit, candidate.edits)] or ["   - no file is changed"]
    lines += [
        "",
        "2. `python manage.py migrate`. If it is interrupted, run it again. Migrating one app first, or to a target, is safe too.",
    ]
    return lines


def _edit(edit: FileEdit) -> str:
    match edit:
        case WriteFile(path=path, original=None):
            return f"{_code(path)} (new)"
        case WriteFile(path=path):
            return _code(path)
        case DeleteFile(path=path):
            return f"{_code(path)} (deleted)"
        case _:
            assert_never(edit)


def _after(manual_steps: bool, sql: Sequence[RunbookSql]) -> list[str]:
    lines = [
        "## After the deploy: check",
        "",
        '`migrate --check` and "No migrations to apply" prove nothing here. Check the rows and the schema:',
        "",
        "- `stitchback inspect --database URL` exits 0, and reports nothing about the next release.",
        "- `python manage.py makemigrations --check --dry-run` prints what it printed before the deploy.",
    ]
    for each in sql if manual_steps else ():
        lines += [
            "",
            *_script(
                f"In {CLIENTS.get(each.vendor, each.vendor)} (where `rows_found` is 0 and `rows_after` is not, the database did not need the row)",
                "",
                each.probe + ";",
            ),
        ]
    return lines


def _back(manual_steps: bool, sql: Sequence[RunbookSql]) -> list[str]:
    lines = ["## How to undo it", ""]
    if manual_steps:
        files = [_code(each.undo_file) for each in sql if each.undo_file]
        where = f" ({', '.join(files)})" if files else ""
        lines.append(f"- Before `migrate`: the undo script deletes the rows that the repair inserted{where}.")
    lines += [
        "- After `migrate`: deploy the old code. Its Django ignores the new rows; columns that it does not know must have a "
        "default in the database, or be nullable, for its INSERTs.",
        "- Do not migrate backwards over a stitched migration: that drops its columns with their data, and deletes the release's row (FACTS F20).",
    ]
    for each in sql if manual_steps else ():
        if not each.undo_file:
            lines += ["", *_script(f"### Undo, {CLIENTS.get(each.vendor, each.vendor)}", "", each.undo)]
    return lines


# --- words in Markdown ------------------------------------------------------------------------------------------------


def _names(keys: Iterable[MigrationKey]) -> str:
    return ", ".join(map(_code, keys))


def _code(schema_object: object) -> str:
    """The text in backquotes; a name with backquotes, a bar or a line break is escaped."""
    return "`" + "".join(_plain(str(schema_object))) + "`"


def _plain(text: str) -> Iterator[str]:
    for letter in text:
        yield letter if letter.isprintable() and letter not in "`|" else f"\\x{ord(letter):02x}"


def _text(text: str) -> str:
    """The text on one line, with the special characters of Markdown and HTML escaped."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    for sign in "\\`*_[]<>|":
        line = line.replace(sign, f"\\{sign}")
    return line


def _cell(text: str) -> str:
    return _text(text)


MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class GroupedPopulations:
    """Populations with the same manual step and the same migrations to run."""

    outcomes: tuple[PopulationOutcome, ...]

    @property
    def inserts(self) -> tuple[MigrationKey, ...]:
        return self.outcomes[0].inserts

    @property
    def finish(self) -> FinishFirst | None:
        return self.outcomes[0].finish

    @property
    def will_run(self) -> tuple[MigrationKey, ...]:
        return self.outcomes[0].will_run

    @property
    def names(self) -> str:
        names = [outcome.population.name for outcome in self.outcomes]
        rest = len(names) - MOST_NAMES
        return "; ".join(names[:MOST_NAMES]) + (f"; and {rest} more" if rest > 0 else "")


def together(outcomes: Iterable[PopulationOutcome]) -> tuple[GroupedPopulations, ...]:
    """The groups, ordered by the first population of each."""
    found: dict[object, list[PopulationOutcome]] = {}
    for outcome in outcomes:
        found.setdefault((outcome.finish, outcome.inserts, outcome.will_run), []).append(outcome)
    return tuple(GroupedPopulations(tuple(each)) for each in found.values())


@dataclass(frozen=True, slots=True)
class RunbookSql:
    """The plan's repair for one engine. `file` and `undo_file`: the names of the scripts next to the runbook, "" if they are not written; `script`,
    `undo` and `probe`: their text. The script may run on every database: it checks first."""

    vendor: str
    script: str
    undo: str
    probe: str
    file: str = ""
    undo_file: str = ""


@dataclass(frozen=True, slots=True)
class FakeAdvice:
    """Whether `migrate --fake` has the same result as the SQL for these databases. `commands` had it on each of them when tried; without commands,
    `reason` names the failure."""

    populations: tuple[str, ...]
    inserts: tuple[MigrationKey, ...]
    commands: tuple[str, ...] = ()
    reason: str = ""
