"""The results of `verify --rolling`: for each stop of a deploy, the queries of running code that fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stitchback.model.verify_reports import QueryAnswer, RollingRun, StopAnswers
from stitchback.reporting.document import Document
from stitchback.reporting.layout import BLANK, Line, bold, dim, green, plain, red, wrapped, yellow
from stitchback.reporting.status_text import counted

MOST_QUERIES = 8  # of one stop


def rolling_document(runs: Sequence[RollingRun]) -> Document:
    return {
        "engines": [
            {
                "vendor": run.vendor,
                "django": run.django,
                "code": run.code,
                "stops": [
                    {
                        "migration": str(stop.key) if stop.key else None,
                        "queries": len(stop.answers),
                        "failures": [_query(each) for each in stop.failures],
                    }
                    for stop in run.stops
                ],
                "left_out": [_query(each) for each in run.left_out],
                "without_rows": list(run.unfilled),
                "error": run.error,
            }
            for run in runs
        ]
    }


def _query(each: QueryAnswer) -> Document:
    return {"model": each.model, "field": each.field, "query": each.query, "error": each.error or each.reason}


def rolling_lines(runs: Sequence[RollingRun]) -> Iterator[Line]:
    for run in runs:
        models = {answer.model for stop in run.stops for answer in stop.answers}
        head = f", Django {run.django}: {counted(len(models), 'model')} of {run.code} at {counted(len(run.stops), 'stop')}"
        yield from wrapped((bold(run.vendor), plain(head)), 0, 2)
        for stop in run.stops:
            yield from _stop(stop)
        if run.error:
            yield from wrapped((red("migrate fails  "), plain(run.error)), 2, 4)
        for text in run.unfilled:
            yield from wrapped((yellow("remark  "), plain(f"no rows in {text}")), 4, 6)
        for each in run.left_out:
            reason = each.error or each.reason
            text = f"{each} is left out: it fails on the schema of {run.code} too: {reason}"
            yield from wrapped((yellow("remark  "), plain(text)), 4, 6)
        yield BLANK
    failures = sum(len(stop.failures) for run in runs for stop in run.stops)
    if failures or any(run.error for run in runs):
        yield (red(f"{counted(failures, 'query', 'queries')} fail during the deploy."),)
    else:
        yield (green("Every query works at every stop."),)


def _stop(stop: StopAnswers) -> Iterator[Line]:
    mark = red("✗ ") if stop.failures else green("✓ ")
    name = f"after {stop.key}" if stop.key else "before the first migration"
    yield from wrapped((mark, plain(f"{name}  "), dim(counted(len(stop.answers), "query", "queries"))), 2, 4)
    for each in stop.failures[:MOST_QUERIES]:
        yield from wrapped((red("fails  "), plain(f"{each}: {each.error}")), 4, 6)
    if len(stop.failures) > MOST_QUERIES:
        yield from wrapped(
            (dim(f"and {len(stop.failures) - MOST_QUERIES} more, which --format json lists"),), 4
        )
