"""The results of `verify` on real databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stitchback.model.verify_reports import EngineReport
from stitchback.reporting.document import Document
from stitchback.reporting.layout import BLANK, Line, bold, dim, green, plain, red, wrapped, yellow
from stitchback.reporting.status_text import counted


def verified_document(engines: Sequence[EngineReport]) -> Document:
    return {"engines": [_engine(engine) for engine in engines]}


def _engine(engine: EngineReport) -> Document:
    return {
        "vendor": engine.vendor,
        "django": engine.django,
        "migrate_calls": engine.migrations,
        "populations": [
            {
                "name": each.name,
                "also": list(each.also),
                "lineage": each.lineage,
                "finished_first": each.finished_first,
                "repaired": bool(each.repair),
                "ran": [str(key) for key in sorted(each.ran)],
                "rollouts": each.rollouts,
                "differences": [str(difference) for difference in each.differences],
            }
            for each in engine.populations
        ],
        "differences": [str(difference) for difference in engine.differences],
        "remarks": list(engine.remarks),
    }


def verified_lines(engines: Sequence[EngineReport], planned: int) -> Iterator[Line]:
    """`planned`: the number of kinds of database in the plan's proof."""
    for engine in engines:
        calls = f", Django {engine.django}: {engine.migrations} calls of migrate on real databases"
        yield from wrapped((bold(engine.vendor), plain(calls)), 0, 2)
        for each in engine.populations:
            mark = red("✗ ") if each.differences else green("✓ ")
            steps = ("finished first, ", each.finished_first), ("repaired, ", bool(each.repair))
            manual = yellow("".join(text for text, done in steps if done))
            also = f"; also {'; '.join(each.also)}" if each.also else ""
            rollouts = f"{each.rollouts} rollout{'s'[: each.rollouts != 1]}{also}"
            yield from wrapped((mark, plain(f"{each.name}  "), manual, dim(rollouts)), 2, 4)
        for text in counted_otherwise(len(engine.populations), planned):
            yield from wrapped((dim(text),), 2)
        for difference in engine.differences:
            yield from wrapped((red("differs  "), plain(str(difference))), 4, 6)
        for remark in engine.remarks:
            yield from wrapped((yellow("remark  "), plain(remark)), 4, 6)
        yield BLANK
    bad = sum(len(engine.differences) for engine in engines)
    yield (red(f"{bad} differences."),) if bad else (green("No error, no difference, no lost value."),)


def counted_otherwise(verified: int, planned: int) -> Iterator[str]:
    """Why `plan` and verify have different numbers of databases, if they do."""
    if verified > planned:
        yield (
            f"`plan` counts {counted(planned, 'kind')} of database, without the migrations that do not affect the plan. "
            "verify stops the old code at every migration."
        )
    if verified < planned:
        yield (
            f"`plan` counts {counted(planned, 'kind')} of database, with every order of the migrations. "
            "verify stops the old code at every migration, in Django's order."
        )
