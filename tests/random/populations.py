"""Databases that the old trees made, with rows in every table, and what those rows must look like after any upgrade."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import django_trees
from branches import Key, Tree, helpers, ordered_steps, replayed
from django_trees import EMPTY, Content, DjangoTree, content, migrate, pending
from pairs import Pair
from shapes import MARK, AddField, Column, CreateModel, DataStep, DoesNotFit, Model, State

FRESH, FORK, PATCHED, MAINLINE, MERGED = "fresh", "fork point", "patched", "mainline", "merged"
ROWS = (1, 2)  # of each model, beside those that migrations insert


class Unsound(Exception):
    """A branch that real Django cannot install or upgrade on its own: nobody can have databases of it."""


@dataclass(frozen=True, slots=True)
class Population:
    """`state` and `ran`: the models there, and the data operations that ran; `filled`: the columns that have values of their own."""

    name: str
    lineage: str
    database: bytes
    state: State
    ran: frozenset[int] = frozenset()
    filled: frozenset[int] = frozenset()

    def after(self, tree: Tree, ran: Iterable[Key], database: bytes) -> Population:
        """The database after a run of the old tree, filled."""
        migrations = [tree[key] for key in ran]
        state = replayed(self.state, migrations)
        steps = {step.number for migration in migrations for step in migration.steps}
        uids = frozenset(column.uid for model in state for column in model.columns.values())
        full = fill(database, state, self.filled)
        return replace(self, database=full, state=state, ran=self.ran | steps, filled=self.filled | uids)


def fill(database: bytes, state: State, filled: frozenset[int]) -> bytes:
    """Two rows in each table, and a value in each column that had none of its own yet."""
    django_trees.load(database)
    from django.db import connection

    raw = connection.connection
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("BEGIN")
    for model in state:
        new = {name: each for name, each in model.columns.items() if each.uid not in filled}
        plain = {name: each for name, each in new.items() if each.kind != "m2m"}
        for number in ROWS:
            values = {column_name(name, each): value_of(each, number) for name, each in plain.items()}
            put_row(raw, model, number, values)
        for name, each in new.items():
            if each.kind == "m2m":
                put_pairs(raw, f"{model.db_table}_{name}", model, each)
    raw.execute("COMMIT")
    raw.execute("PRAGMA foreign_keys = ON")
    return django_trees.dump()


def column_name(name: str, column: Column) -> str:
    return f"{name}_id" if column.kind == "fk" else name


def value_of(column: Column, number: int) -> Any:
    """A value that no other column has, as far as the type allows."""
    match column.kind:
        case "bool":
            return number % 2
        case "fk":
            return primary_key(column.target, number)
        case "int" | "big":
            return primary_key(column.uid, number)
        case _:
            return f"v{column.uid}.{number}"


def primary_key(uid: int, number: int) -> int:
    return uid * 1000 + number


def put_row(raw: sqlite3.Connection, model: Model, number: int, values: Mapping[str, Any]) -> None:
    pk = primary_key(model.uid, number)
    table = model.db_table
    if raw.execute(f'SELECT 1 FROM "{table}" WHERE id = ?', (pk,)).fetchone() is None:
        given = {**values, "id": pk, MARK: f"r{model.uid}.{number};"}
        names = ", ".join(f'"{name}"' for name in given)
        marks = ", ".join("?" for _ in given)
        raw.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(given.values()))
        return
    values = {name: value for name, value in values.items() if name != MARK}
    if values:
        names = ", ".join(f'"{name}" = ?' for name in values)
        raw.execute(f'UPDATE "{table}" SET {names} WHERE id = ?', (*values.values(), pk))


def put_pairs(raw: sqlite3.Connection, table: str, model: Model, column: Column) -> None:
    _, one, two, *_ = [row[1] for row in raw.execute(f'PRAGMA table_info("{table}")')]
    for number in ROWS:
        pair = primary_key(model.uid, number), primary_key(column.target, number)
        raw.execute(f'INSERT INTO "{table}" ("{one}", "{two}") VALUES (?, ?)', pair)


def applied_set(
    start: Population, tree: Tree, django_tree: DjangoTree, ref: str, lineage: str
) -> list[Population]:
    """The tree's databases from `start` on: each prefix of a full `migrate`, then each partial target. Raises Unsound where the full
    `migrate` fails, or does not end with the schema of a fresh install of the tree."""
    try:
        plan, _ = pending(django_tree, start.database)
    except Exception as error:
        raise Unsound(f"{ref}: {error}") from error
    made: list[Population] = []
    at = start
    for key in plan:
        run = migrate(django_tree, at.database, key)
        if run.error:
            raise Unsound(f"{ref}: {run.error}")
        at = replace(
            at.after(tree, run.ran, run.database), name=f"{ref} up to {dotted(key)}", lineage=lineage
        )
        made.append(at)
    last = replace(at, name=ref, lineage=lineage)
    whole = migrate(django_tree, at.database)
    fresh = migrate(django_tree, EMPTY)
    if whole.error or whole.ran or fresh.error:
        raise Unsound(f"{ref}: {whole.error or whole.ran or fresh.error}")
    if content(fresh.database).schema != content(at.database).schema:
        raise Unsound(f"{ref}: an upgrade ends with another schema than a fresh install")
    last = replace(last, database=whole.database)
    made = [*made[:-1], last] if made else []
    for key in plan:
        run = migrate(django_tree, start.database, key)
        if not run.error:
            part = start.after(tree, run.ran, run.database)
            made.append(replace(part, name=f"{ref}, migrated to {dotted(key)}", lineage=lineage))
    installed = Population(f"{ref}, installed", lineage, EMPTY, State({})).after(
        tree, fresh.ran, fresh.database
    )
    return [*made, installed]


def dotted(key: Key) -> str:
    return f"{key[0]}.{key[1]}"


def distinct(populations: Iterable[Population]) -> list[Population]:
    """The first of those with the same recorded migrations and the same schema."""
    found: dict[str, Population] = {}
    for population in populations:
        have = content(population.database)
        found.setdefault(repr((sorted(have.ledger), sorted(have.schema.items()))), population)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class RowProblem:
    """`missing`: the number of a data operation that did not run, where that is the problem. `kind`: rows, order."""

    message: str
    missing: int = 0
    kind: str = "rows"


@dataclass(frozen=True)
class Expectations:
    """What must be in any database of the pair after the upgrade, whatever the plan is."""

    pair: Pair

    @cached_property
    def surviving(self) -> frozenset[int]:
        """Columns and models that no branch has removed: at the leaves of each branch that ever had them."""
        had: set[int] = set()
        gone: set[int] = set()
        for tree in (self.pair.patch, self.pair.mainline):
            known = set(created(self.pair.fork)) | set(created(tree))
            left = uids_of(self.final_state(tree))
            had |= known
            gone |= known - left
        return frozenset(had - gone)

    def final_state(self, tree: Tree) -> State:
        run = migrate(in_django(tree), EMPTY)
        return replayed(State({}), [tree[key] for key in run.ran])

    @cached_property
    def orders(self) -> frozenset[tuple[int, int]]:
        """Data operations of which the first runs before the second on a branch that has both, and on no branch after it."""
        pairs = {pair for tree in (self.pair.patch, self.pair.mainline) for pair in ordered_steps(tree)}
        return frozenset((one, two) for one, two in pairs if (two, one) not in pairs)

    def row_problems(self, population: Population, before: Content, after: Content) -> Iterator[RowProblem]:
        """What the rows of the upgraded database show: lost rows, lost values, values that nothing wrote, data operations that did not run
        exactly once, or in the wrong order."""
        waiting = {number: step for number, step in self.pair.steps.items() if number not in population.ran}
        found = {mark_of(row): row for rows in after.rows.values() for row in rows if MARK in row}
        kept: set[str] = set()
        marks = Counter(mark_of(row) for rows in before.rows.values() for row in rows if MARK in row)
        for model in population.state:
            for row in before.rows[model.db_table]:
                kept.add(mark_of(row))
                # Rows of an operation that ran twice before the plan (git merged both) cannot be told from each other.
                if model.uid not in self.surviving or marks[mark_of(row)] > 1:
                    continue
                if mark_of(row) not in found:
                    yield RowProblem(f"a row of {model.label} is lost: {mark_of(row)}")
                    continue
                upgraded = found[mark_of(row)]
                yield from self.value_problems(model, row, upgraded, waiting)
                yield from self.step_problems(model.uid, str(row[MARK]), str(upgraded[MARK]), waiting)
        yield from self.inserted_problems(after, kept, waiting, marks)
        yield from self.pair_problems(population, before, after)

    def value_problems(
        self,
        model: Model,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        waiting: Mapping[int, DataStep],
    ) -> Iterator[RowProblem]:
        values = {str(value) for name, value in after.items() if name != MARK}
        rewritten = {
            step.target_uid for step in waiting.values() if step.target and step.model_uid == model.uid
        }
        for name, column in model.columns.items():
            value = before.get(column_name(name, column))
            if name == MARK or column.kind in ("bool", "m2m") or value is None:
                continue
            if column.uid in self.surviving and column.uid not in rewritten and str(value) not in values:
                yield RowProblem(f"the value {value!r} of {model.label}.{name} is lost")
        allowed = {str(value) for name, value in before.items() if name != MARK} | self.pair.defaults
        for name, value in after.items():
            if name == MARK or value is None or str(value) in allowed | {"", "0", "1"}:
                continue
            if not (isinstance(value, str) and value.startswith(tuple(f"c{n}:" for n in self.pair.steps))):
                yield RowProblem(f"a row of {model.label} has {value!r} in {name}, which nothing wrote there")
        copying = [
            step
            for step in waiting.values()
            if step.kind == "copy" and step.model_uid == model.uid and step.target_uid in self.surviving
        ]
        for step in copying:
            # Of two that write one column the later one's value stays; that both ran `step_problems` shows.
            same = tuple(f"c{each.number}:" for each in copying if each.target_uid == step.target_uid)
            if not any(value.startswith(same) for value in values):
                yield RowProblem(
                    f"what data operation {step.number} copies is missing in {model.label}.{step.target}",
                    step.number,
                )

    def step_problems(
        self, uid: int, before: str, after: str, waiting: Mapping[int, DataStep]
    ) -> Iterator[RowProblem]:
        had, has = Counter(tokens(before)), Counter(tokens(after))
        wanted = {
            step.token: number
            for number, step in waiting.items()
            if step.model_uid == uid and step.kind != "insert"
        }
        for token in sorted(set(has) | set(wanted) | set(had)):
            number = token[1:-1]
            expected = had[token] + (token in wanted and not had[token])
            if has[token] > expected:
                yield RowProblem(f"data operation {number} ran {has[token]} times, not {expected}")
            if has[token] < expected:
                yield RowProblem(f"data operation {number} did not run", int(number))
        ran = [int(token[1:-1]) for token in tokens(after) if token in wanted]
        for at, one in enumerate(ran):
            for two in ran[at + 1 :]:
                if (two, one) in self.orders:
                    yield RowProblem(
                        f"data operation {two} ran after {one}, and before it on its branch{self.twins(one, two)}",
                        kind="order",
                    )

    def twins(self, *steps: int) -> str:
        """Which of the data operations both branches have."""
        sides = [steps_of(tree) - steps_of(self.pair.fork) for tree in (self.pair.patch, self.pair.mainline)]
        both = [str(step) for step in steps if step in sides[0] & sides[1]]
        return f" ({', '.join(both)} on both branches)" if both else ""

    def inserted_problems(
        self, after: Content, kept: set[str], waiting: Mapping[int, DataStep], before: Counter[str]
    ) -> Iterator[RowProblem]:
        """`before`: how many rows had each mark before the upgrade."""
        marks = [str(row[MARK]) for rows in after.rows.values() for row in rows if MARK in row]
        counts = Counter(mark.partition(";")[0] for mark in marks)
        for number, step in sorted(self.pair.steps.items()):
            if step.kind != "insert" or step.model_uid not in self.surviving:
                continue
            if counts[f"i{number}"] != max(1, before[f"i{number};"]):
                missing = 0 if counts[f"i{number}"] else number
                yield RowProblem(
                    f"data operation {number} inserted its row {counts[f'i{number}']} times", missing
                )
        for mark in marks:
            first, *rest = tokens(mark)
            if first in kept or not first.startswith("i"):
                continue
            number, uid = int(first[1:-1]), self.pair.steps[int(first[1:-1])].model_uid
            for token, times in Counter(rest).items():
                if times > 1:
                    yield RowProblem(f"data operation {token[1:-1]} ran {times} times on an inserted row")
            for later, step in waiting.items():
                follows = (number, later) in self.orders and step.model_uid == uid and step.kind != "insert"
                if follows and step.token not in rest:
                    yield RowProblem(f"data operation {later} did not run on the row of {number}", later)

    def pair_problems(self, population: Population, before: Content, after: Content) -> Iterator[RowProblem]:
        """Rows of many-to-many tables: they have no columns of their own."""
        wanted = sum(
            1
            for model in population.state
            for column in model.columns.values()
            if column.kind == "m2m" and {column.uid, model.uid, column.target} <= self.surviving
        )
        there = sum(1 for rows in after.rows.values() if rows and MARK not in rows[0])
        if there < wanted:
            yield RowProblem(f"{wanted} many-to-many tables had rows that must stay, {there} have rows")


def mark_of(row: Mapping[str, Any]) -> str:
    """The part of the mark that no other row has."""
    return tokens(str(row[MARK]))[0]


def tokens(mark: str) -> list[str]:
    return [f"{each};" for each in mark.split(";")[:-1]] or ["?"]


def steps_of(tree: Tree) -> set[int]:
    return {step.number for migration in tree.values() for step in migration.steps}


def created(tree: Tree) -> Iterator[int]:
    for migration in tree.values():
        for operation in migration.operations:
            match operation:
                case CreateModel():
                    yield operation.uid
                    yield from (column.uid for _, column in operation.columns)
                case AddField():
                    yield operation.column.uid
                case _:
                    pass


def uids_of(state: State) -> set[int]:
    return {model.uid for model in state} | {c.uid for model in state for c in model.columns.values()}


def in_django(tree: Tree) -> DjangoTree:
    return DjangoTree.of({key: migration.text() for key, migration in tree.items()}, helpers(tree))


def simulated_databases(pair: Pair) -> list[Population]:
    """Fresh, the fork point, the patch's and mainline's databases, and those since git's merge. Raises Unsound."""
    fork_tree = in_django(pair.fork)
    fresh = Population("fresh install", FRESH, EMPTY, State({}))
    run = migrate(fork_tree, EMPTY)
    if run.error:
        raise Unsound(f"fork point: {run.error}")
    fork = replace(fresh.after(pair.fork, run.ran, run.database), name="fork point", lineage=FORK)
    patched = applied_set(fork, pair.patch, in_django(pair.patch), "patch", PATCHED)
    own = applied_set(fork, pair.mainline, in_django(pair.mainline), "main", MAINLINE)
    return distinct([fresh, fork, *patched, *own, *merged(pair, fork)])


def merged(pair: Pair, fork: Population) -> list[Population]:
    """Databases of the tree that git merged, where it is one that Django migrates with."""
    if not pair.is_merged:
        return []
    try:
        return applied_set(fork, pair.checked_out, in_django(pair.checked_out), "merged", MERGED)
    except (Unsound, DoesNotFit):
        return []
