"""The prediction of `check --rolling` and what real models do, as the same words: what fails of one model at one stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from databases.rolling_kinds import Kind

from stitchback.hazards.rolling_case import RollingCase
from stitchback.model.verify_reports import QueryAnswer
from stitchback.schema.compatibility import (
    Incompatibility,
    LostDefault,
    LostValues,
    MissingColumn,
    MissingTable,
    NewConstraint,
    NewReference,
    NewUniqueness,
    RefusedNull,
    UnfilledColumn,
)

SELECT, INSERT, EQUAL, SOME = "select", "insert", "insert equal rows", "insert some"


def predicted(found: Iterable[Incompatibility]) -> frozenset[str]:
    """For one model."""
    words: set[str] = set()
    for each in found:
        usage = each.usage
        match each:
            case MissingTable() | MissingColumn() | UnfilledColumn() if usage.many:
                words.add(f"relate {usage.field}")
            case MissingTable() | MissingColumn():
                words |= {SELECT, INSERT}
            case UnfilledColumn():
                words.add(INSERT)
            case NewUniqueness():
                words.add(EQUAL)
            case RefusedNull() | LostDefault() | LostValues() | NewReference():
                words.add(f"write {usage.field}")
            case NewConstraint():
                words.add(SOME)
    return simple(words)


def real(failures: Iterable[QueryAnswer]) -> frozenset[str]:
    words: set[str] = set()
    for each in failures:
        if each.query in (SELECT, INSERT, EQUAL):
            words.add(each.query)
        elif each.query == "add and remove":
            words.add(f"relate {each.field}")
        else:
            words.add(f"write {each.field}")
    return simple(words)


def simple(words: set[str]) -> frozenset[str]:
    """Where no row can be inserted, it does not matter which ones cannot."""
    if INSERT in words:
        words = {word for word in words if not word.startswith(("write ", EQUAL, SOME))}
    return frozenset(words)


def agrees(prediction: frozenset[str], reality: frozenset[str]) -> bool:
    """Values of another type may be all that a column takes, and a constraint refuses rows by the values of any field."""
    if prediction == reality:
        return True
    if any(word.startswith("write ") for word in prediction) and INSERT in reality:
        return (
            prediction - reality == {word for word in prediction if word.startswith("write ")}
            and reality - {INSERT, SELECT} <= prediction
        )
    if SOME in prediction:
        written = {word for word in reality if word.startswith("write ")}
        return bool(written or INSERT in reality) and prediction - {SOME} == reality - written - {INSERT}
    return False


ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}


def table(kinds: Iterable[Kind], cases: Mapping[bool, RollingCase]) -> str:
    """What fails with each kind of change, as Markdown."""
    lines = ["| change | old code, after the migrations | new code, before them |", "|---|---|---|"]
    for kind in kinds:
        cells = (failing(kind, cases[first]) for first in (False, True))
        note = f" ({kind.cautious})" if kind.cautious else ""
        lines.append(f"| {kind.name}{note} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def failing(kind: Kind, case: RollingCase) -> str:
    """By engine, where they differ."""
    words = {
        name: ", ".join(sorted(predicted(broken_on(vendor, kind, case)))) for vendor, name in ENGINES.items()
    }
    if len(set(words.values())) == 1:
        return words["SQLite"] or "works"
    engines: dict[str, list[str]] = {}
    for name, text in words.items():
        engines.setdefault(text, []).append(name)
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in engines.items() if text)


def broken_on(vendor: str, kind: Kind, case: RollingCase) -> Iterator[Incompatibility]:
    for each in case.breaks:
        if each.found.usage.model.app == kind.label and (not each.engines or vendor in each.engines):
            yield each.found
