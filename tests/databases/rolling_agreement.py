"""The prediction of `check --rolling` and what real models do, as the same words: what fails of one model at one stop."""

from __future__ import annotations

from collections.abc import Iterable

from stitchback.adapters.projects import QueryAnswer
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
        spot = each.spot
        match each:
            case MissingTable() | MissingColumn() | UnfilledColumn() if spot.many:
                words.add(f"relate {spot.field}")
            case MissingTable() | MissingColumn():
                words |= {SELECT, INSERT}
            case UnfilledColumn():
                words.add(INSERT)
            case NewUniqueness():
                words.add(EQUAL)
            case RefusedNull() | LostDefault() | LostValues() | NewReference():
                words.add(f"write {spot.field}")
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
        return prediction - reality == {word for word in prediction if word.startswith("write ")} and reality - {INSERT} <= prediction
    if SOME in prediction:
        written = {word for word in reality if word.startswith("write ")}
        return bool(written or INSERT in reality) and prediction - {SOME} == reality - written - {INSERT}
    return False
