"""Thousands of random ledgers of random small graphs, repaired by what is printed, migrated by real Django.

STITCHBACK_SEEDS says how many cases are tried (400 by default); STITCHBACK_SEED where they begin. For a long run:

    STITCHBACK_SEEDS=10000 STITCHBACK_SEED=100000 python -m pytest -n 0 -s tests/databases/test_seeded_corruption.py
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from random import Random

from databases.histories import History, RealDatabase, Step, Steps, random_history, value_tree

from stitchback.adapters.databases import LiveDatabase
from stitchback.model.keys import MigrationKey
from stitchback.repair.planner import RepairContext, derive_edits
from stitchback.repair.repair_outcomes import Repair, RepairOutcome
from stitchback.repair.sql import render_script

SEEDS = int(os.environ.get("STITCHBACK_SEEDS", "400"))
FIRST = int(os.environ.get("STITCHBACK_SEED", "0"))

CORRUPTIONS = ("missing", "missing", "doubled", "foreign", "never run", "renamed")


@dataclass(slots=True)
class Trial:
    """One database of a history, and what was done to its ledger."""

    history: History
    lineage: str
    database: RealDatabase
    corruptions: tuple[str, ...]
    kept: set[tuple[str, int]]

    def describe(self) -> str:
        return f"{self.lineage} of {self.history.kind}, rows {', '.join(self.corruptions) or 'as they were'}"


def trial(random: Random) -> Trial:
    history = random_history(random)
    lineages = {"mainline": history.mainline, "patched": history.patch, "today": history.today}
    lineage = random.choice(sorted(lineages))
    steps = lineages[lineage]
    database = RealDatabase()
    error = database.migrate(steps, random.randrange(len(steps)))
    assert not error, error
    database.fill()
    wanted = random.choice((0, 1, 1, 1, 2, 2, 3))
    corruptions = tuple(corrupt(random, history, database) for _ in range(wanted))
    return Trial(history, lineage, database, tuple(filter(None, corruptions)), database.values())


def corrupt(random: Random, history: History, database: RealDatabase) -> str:
    kind = random.choice(CORRUPTIONS)
    rows = database.execute("SELECT id, app, name FROM django_migrations ORDER BY id")
    number, app, name = random.choice(rows) if rows else (0, "shop", "0001_initial")
    now = f"2024-01-01 00:00:00.{random.randrange(10**6):06}"
    match kind:
        case "missing":
            database.execute("DELETE FROM django_migrations WHERE id = %s", number)
        case "doubled" | "renamed" if not rows:
            return ""
        case "doubled":
            put(database, app, name, now)
        case "foreign":
            put(database, random.choice((app, "elsewhere")), f"0{random.randrange(100, 999)}_foreign", now)
        case "never run":
            there = {(app, name) for _, app, name in rows}
            others = [step.key for step in history.today if (step.key.app, step.key.name) not in there]
            if not others:
                return ""
            chosen = random.choice(others)
            put(database, chosen.app, chosen.name, now)
        case _:
            database.execute("UPDATE django_migrations SET name = %s WHERE id = %s", f"{name}_old", number)
    return kind


def put(database: RealDatabase, app: str, name: str, applied: str) -> None:
    sql = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)"
    database.execute(sql, app, name, applied)


def decide(one: Trial, *, live: bool) -> RepairOutcome:
    reading = LiveDatabase(one.database.connection, "trial").read(with_schema=True)
    pasts = (value_tree(one.history.mainline, "main"), value_tree(one.history.patch, "release"))
    today = value_tree(one.history.today, "today")
    around = RepairContext((*pasts, today), visible=reading.schema if live else None)
    return derive_edits(reading.ledger, today, around)


def repaired(one: Trial, outcome: Repair) -> list[str]:
    """What is wrong after the printed SQL, twice, and real Django's migrate and the next release's."""
    database, today = one.database, one.history.today
    before = database.execute("SELECT id, app, name, applied FROM django_migrations ORDER BY id")
    if outcome.edits:
        script = render_script(outcome.edits, "sqlite", outcome.ledger)
        database.script(script.text)
        after = database.execute("SELECT * FROM django_migrations ORDER BY id")
        database.script(script.text)
        if database.execute("SELECT * FROM django_migrations ORDER BY id") != after:
            return ["the second run changed something"]
        database.script(script.undo)
        rows = database.execute("SELECT id, app, name, applied FROM django_migrations ORDER BY id")
        if script.undo_is_whole and rows != before:  # a ledger that was empty is known by nothing
            return ["the undo script did not bring the rows back"]
        database.script(script.text)
    return list(judged(one, today))


def judged(one: Trial, today: Steps) -> list[str]:
    database = one.database
    fresh = RealDatabase()
    assert not fresh.migrate(today)
    error = database.migrate(today)
    if error:
        return [f"migrate: {error}"]
    wrong = []
    if database.shape() != fresh.shape():
        wrong.append(f"another schema: {set(database.shape()) ^ set(fresh.shape())}")
    following = next_release(today)
    names = sorted(f"{step.key.app}.{step.key.name}" for step in following[len(today) :])
    if sorted(database.pending(following)) != names:
        wrong.append(f"the next release runs {database.pending(following)}")
    elif error := database.migrate(following):
        wrong.append(f"the next release: {error}")
    gone = one.kept - database.values()
    dropped = {table for table, _ in gone if table not in database.columns()}
    columns = sum(len(names) for names in database.columns().values())
    if gone and not dropped and columns >= len(one.kept) and "RemoveIt" not in str(today):
        wrong.append(f"values lost: {gone}")
    fresh.close()
    return wrong


def next_release(today: Steps) -> Steps:
    inner = {parent for step in today for parent in step.after if parent.app == step.key.app}
    replaced = {name for step in today for name in step.replaces}
    leaves = [step.key for step in today if step.key not in inner | replaced]
    later = tuple(Step(MigrationKey(leaf.app, "9999_next"), (leaf,), ()) for leaf in leaves)
    return (*today, *later)


def test_no_wrong_repair_of_a_live_database() -> None:
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in range(FIRST, FIRST + SEEDS):
        one = trial(Random(seed))
        outcome = decide(one, live=True)
        if not isinstance(outcome, Repair):
            tally[f"refused {outcome.code}"] += 1
        else:
            said = repaired(one, outcome)
            helped = "repaired" if outcome.edits else "nothing to do"
            tally[helped + (", schema differs (told)" if outcome.mismatches else "")] += 1
            if said and not outcome.mismatches:
                wrong.append(f"{seed}: {one.describe()}: {outcome.edits}: {said}")
        one.database.close()
    print(dict(sorted(tally.items())))
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong[:10]])
    assert tally["repaired"] > SEEDS / 10


def test_no_wrong_repair_by_rows_alone() -> None:
    """A file does not show the schema, so only rows that are as Django left them, doubled or foreign are held to it."""
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in range(FIRST, FIRST + SEEDS):
        one = trial(Random(seed))
        outcome = decide(one, live=False)
        honest = set(one.corruptions) <= {"doubled", "foreign"}
        if not isinstance(outcome, Repair):
            tally[f"refused {outcome.code}"] += 1
        else:
            said = repaired(one, outcome)
            tally["repaired" if outcome.edits else "nothing to do"] += 1
            if said and honest:
                wrong.append(f"{seed}: {one.describe()}: {outcome.edits}: {said}")
            elif said:
                helped = "repaired" if outcome.edits else "nothing to do"
                tally[f"{helped}, and rows hid what was done"] += 1
        one.database.close()
    print(dict(sorted(tally.items())))
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong[:10]])
