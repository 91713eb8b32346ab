"""Real Django's verdict on a planned tree: every population, with the manual steps that the plan names, along several rollouts, and then
the next release.

What mainline alone, without the plan, does wrong as well with a database that has nothing of the patch is excused.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import django.db.models
from branches import Key, Tree
from django.db import migrations
from django.db.migrations.state import ProjectState
from django_trees import (
    EMPTY,
    Content,
    DjangoTree,
    Run,
    content,
    in_short,
    leaf_nodes,
    migrate,
    pending,
    run_script,
    state_of,
    table_of_state,
)
from pairs import Pair
from populations import FRESH, MAINLINE, MERGED, PATCHED, Expectations, Population, in_django
from shapes import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterUniqueTogether,
    CreateModel,
    DoesNotFit,
    RenameField,
    RenameIndex,
    RenameModel,
)

PARTIAL_TARGETS = 1  # a population, beside one other app first and every stop of a full run


@dataclass(frozen=True, slots=True)
class Problem:
    """`kind`: raises, schema, rows, order (of data operations), ledger, models, leaves, loading."""

    kind: str
    population: str
    rollout: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.population}, {self.rollout}: {self.message}"


@dataclass
class Judge:
    """`tree`: the working tree after `apply`; `script`: the manual SQL of the plan, "" where there is none.
    `reported`: data operations of which an error says that they do not run everywhere. `left_out`: what the plan's proof reports of databases of
    the patch branch that mainline alone fails for. `finishing`: the lineages of which the plan has half-way databases finish with their old code."""

    pair: Pair
    populations: list[Population]
    tree: DjangoTree
    script: str = ""
    reported: frozenset[int] = frozenset()
    left_out: tuple[str, ...] = ()
    finishing: frozenset[str] = frozenset()
    partial_targets: int = PARTIAL_TARGETS
    story: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.expected = Expectations(self.pair)
        self.random = random.Random(self.pair.seed)
        self.released: set[str] = set()

    def problems(self) -> list[Problem]:
        """The first problem of each population, and those of the tree itself. Empty: the plan is safe."""
        found = list(self.own_problems())
        self.story.extend(map(str, found))
        if any(each.kind != "models" for each in found):
            return found
        for population in self.populations:
            problem = next(self.unexcused(population), None)
            for finished in self.finished(population) if problem else ():
                self.say(f"{problem}: finishes first")
                problem = next(self.unexcused(finished), None)
                if problem is None:
                    break
            self.say(f"{population.name}: fine" if problem is None else str(problem))
            found.extend([] if problem is None else [problem])
        return found

    def finished(self, population: Population) -> Iterator[Population]:
        """The database, migrated to the end with its branch's tree before the plan: mainline's as it is, or before git's merge, as the runbook says.
        Nothing where the plan asks for that on none of its lineage, or where it is at the end."""
        lineage = MAINLINE if population.lineage == MERGED else population.lineage
        if lineage not in self.finishing:
            return
        trees = [self.pair.patch] if lineage == PATCHED else [self.pair.checked_out]
        if population.lineage == MAINLINE and self.pair.is_merged:
            trees.append(self.pair.mainline)
        for tree in trees:
            run = migrate(in_django(tree), population.database)
            if not run.error and run.ran:
                try:
                    after = population.after(tree, run.ran, run.database)
                except DoesNotFit:
                    continue  # it does twice what both branches do, and Django lets it: its models cannot be followed
                yield replace(after, name=f"{population.name}, finished first")

    def say(self, line: str) -> None:
        self.story.append(line)

    @cached_property
    def fresh(self) -> Run:
        return migrate(self.tree, EMPTY)

    @cached_property
    def fresh_content(self) -> Content:
        return content(self.fresh.database)

    @cached_property
    def following(self) -> DjangoTree:
        """The tree of the next release: after each app's leaf a migration that remakes one of its tables, if it has one."""
        tree = self.tree
        models = state_of(self.tree).models
        for app, name in leaf_nodes(self.tree):
            model = next((each.name for key, each in sorted(models.items()) if key[0] == app), None)
            new = django.db.models.IntegerField(default=0)
            operations = [] if model is None else [migrations.AddField(model, "next_release", new)]
            parent = (app, name)
            made = type(
                "Migration", (migrations.Migration,), {"dependencies": [parent], "operations": operations}
            )
            tree = tree.with_class((app, "9999_next_release"), made)
        return tree

    @cached_property
    def fresh_following(self) -> Content:
        return content(migrate(self.following, self.fresh.database).database)

    def own_problems(self) -> Iterator[Problem]:
        """Of the tree itself: it loads, each app has one leaf, a fresh install runs and has the schema of the models at the leaves."""
        try:
            ends = leaf_nodes(self.tree)
        except Exception as error:  # noqa: BLE001 - whatever Django says is the outcome
            yield Problem("loading", "the planned tree", "loading", in_short(error))
            return
        several = sorted(app for app, _ in ends)
        if len(set(several)) < len(several):
            yield Problem("leaves", "the planned tree", "loading", f"several leaf nodes: {ends}")
            return
        if self.fresh.error:
            yield Problem("raises", "fresh install", "migrate", self.fresh.error)
            return
        for message in difference(self.fresh_content.schema, table_of_state(state_of(self.tree))):
            yield Problem("schema", "fresh install", "migrate", f"not what the models say: {message}")
            break
        for message in self.model_problems():
            yield Problem("models", "the planned tree", "models at the leaves", message)
            break

    def population_problems(self, population: Population) -> Iterator[Problem]:
        """Lazily: the caller takes the first one."""
        database = population.database
        if self.script and population.lineage != FRESH:
            try:
                database = run_script(database, self.script)
            except Exception as error:  # noqa: BLE001
                yield Problem("raises", population.name, "the manual SQL", in_short(error))
                return
        before = content(population.database)
        yield from self.rollout(population, before, database, "migrate", stops=True)
        try:
            plan, _ = pending(self.tree, database)
        except Exception as error:  # noqa: BLE001
            yield Problem("raises", population.name, "migrate", in_short(error))
            return
        apps = [app for app in self.pair.apps if any(key[0] == app for key in plan)]
        first = [app for app in self.pair.apps if app not in apps] or apps
        if len(self.pair.apps) > 1:
            app = self.random.choice(first if self.random.random() < 0.5 else list(self.pair.apps))
            yield from self.partly(population, before, database, f"migrate {app}", app=app)
        for key in self.random.sample(plan, min(len(plan), self.partial_targets)):
            yield from self.partly(population, before, database, f"migrate {' '.join(key)}", key=key)

    def partly(
        self,
        population: Population,
        before: Content,
        database: bytes,
        name: str,
        *,
        app: str = "",
        key: Key | None = None,
    ) -> Iterator[Problem]:
        """A partial `migrate`, then a full one."""
        run = migrate(self.tree, database, *([key] if key else []), app=app)
        if run.error:
            yield Problem("raises", population.name, name, run.error)
            return
        yield from self.rollout(population, before, run.database, f"{name}, then migrate")

    def rollout(
        self, population: Population, before: Content, database: bytes, name: str, *, stops: bool = False
    ) -> Iterator[Problem]:
        """A full `migrate` and all that must hold after it; `stops`: and every one that ends between two migrations and is run again."""
        run = migrate(self.tree, database, stops=stops)
        if run.error:
            yield Problem("raises", population.name, name, run.error)
            return
        yield from self.end_problems(population, before, run.database, name)
        for stop in run.stops:
            again = f"{name}, stopped after {'.'.join(stop.done)}, then migrate"
            try:
                plan, whole = pending(self.tree, stop.database)
            except Exception as error:  # noqa: BLE001
                yield Problem("raises", population.name, again, in_short(error))
                return
            if (plan, whole) != (stop.remaining, run.whole_plan):
                yield from self.rollout(population, before, stop.database, again)

    def end_problems(
        self, population: Population, before: Content, database: bytes, name: str
    ) -> Iterator[Problem]:
        after = content(database)
        for message in difference(after.schema, self.fresh_content.schema):
            yield Problem("schema", population.name, name, message)
        for message in self.ledger_problems(before, after, database):
            yield Problem("ledger", population.name, name, message)
        for found in self.expected.row_problems(population, before, after):
            if found.missing in self.reported:
                self.say(f"reported by an error: {population.name}: {found.message}")
            else:
                yield Problem(found.kind, population.name, name, found.message)
        mark = repr((sorted(after.ledger), sorted(after.schema.items())))
        if mark not in self.released:
            self.released.add(mark)
            yield from self.next_release(population, after, database, name)

    def ledger_problems(self, before: Content, after: Content, database: bytes) -> Iterator[str]:
        plan, _ = pending(self.tree, database)
        if plan:
            yield f"after a full migrate there is still something to run: {plan}"
        for key, times in sorted(after.ledger.items()):
            if times > max(1, before.ledger[key]):
                yield f"{'.'.join(key)} is recorded {times} times"
        for key in sorted(set(before.ledger) - set(after.ledger)):
            yield f"the row of {'.'.join(key)} is gone"

    def next_release(
        self, population: Population, after: Content, database: bytes, name: str
    ) -> Iterator[Problem]:
        run = migrate(self.following, database)
        name = f"{name}, then the next release"
        if run.error:
            yield Problem("raises", population.name, name, run.error)
            return
        if any(key[1] != "9999_next_release" for key in run.ran):
            yield Problem("ledger", population.name, name, f"runs {run.ran}")
        later = content(run.database)
        for message in difference(later.schema, self.fresh_following.schema):
            yield Problem("schema", population.name, name, message)
        for table, rows in after.rows.items():
            if sorted(map(as_text, later.rows.get(table, ()))) != sorted(map(as_text, rows)):
                yield Problem("rows", population.name, name, f"rows of {table} change")

    def unexcused(self, population: Population) -> Iterator[Problem]:
        for problem in self.population_problems(population):
            if self.is_excused(population, problem):
                self.say(f"excused, since mainline alone does it too: {problem}")
            else:
                yield problem

    def is_excused(self, population: Population, problem: Problem) -> bool:
        """Whether mainline as it was deployed, without the patch, does as badly with a database that has nothing of the patch."""
        if problem.rollout == "the manual SQL":
            return False
        if population.lineage == PATCHED:
            return any(problem.message.partition(": ")[2] in each for each in self.left_out)
        return problem.kind in self.mainline_alone.kinds_of(population)

    @cached_property
    def mainline_alone(self) -> MainlineAlone:
        return MainlineAlone(self)

    def model_problems(self) -> Iterator[str]:
        """Three-way, by name: a field or an option that one branch alone has changed is as that branch has it. Names that a branch
        renames are left out, and so are those that both have changed in different ways, and what needs a field or a model that the
        other branch removes."""
        trees = (self.pair.fork, self.pair.patch, self.pair.mainline)
        fork, patch, mainline = (facts(state_of(in_django(tree))) for tree in trees)
        result = facts(state_of(self.tree))
        renamed = renamed_names(self.pair)
        on_both = created_names(self.pair, self.pair.patch) & created_names(self.pair, self.pair.mainline)
        on_both |= renamed_indexes(self.pair, on_both) | twin_definitions(self.pair)
        for name in sorted({*fork, *patch, *mainline, *result}):
            old, one, two, new = (each.get(name) for each in (fork, patch, mainline, result))
            if name[:2] in renamed or name in renamed or mentions(renamed, old, one, two, new):
                continue
            if on_both & {name[:2], name} and None in (one, two):
                continue  # made on both, and gone again on one
            model = (*name[:2], "")
            if model in fork and not (model in patch and model in mainline):
                one = two = (
                    None  # its fields and options go with it, those too that the other branch has given it
                )
            if old == one:
                wanted = two
            elif old == two or one == two:
                wanted = one
            else:
                continue
            removed = {
                each for each in fork if each[:2] == name[:2] and (each not in patch or each not in mainline)
            }
            if mentions({each for each in removed if len(each) == 3}, wanted) and new == fork.get(name):
                continue
            if new != wanted:
                yield f"{'.'.join(name)} is {new}, and must be {wanted}"


@dataclass
class MainlineAlone:
    """Mainline's tree as it was before the plan and before git's merge, on the same databases."""

    judge: Judge
    known: dict[str, frozenset[str]] = field(default_factory=dict)

    def kinds_of(self, population: Population) -> frozenset[str]:
        """The kinds of problems of every rollout."""
        if population.name not in self.known:
            pair = self.judge.pair
            tree = pair.checked_out if population.lineage == MERGED else pair.mainline
            alone = Judge(pair, [population], in_django(tree), partial_targets=len(tree))
            alone.expected = self.judge.expected
            # Also after a `migrate` of an app without migrations: it records replacements whose parts are applied (FACTS, the loader).
            before = content(population.database)
            other = alone.partly(population, before, population.database, "migrate other", app="other")
            self.known[population.name] = frozenset(
                problem.kind
                for problem in (*alone.population_problems(population), *other)
                if problem.kind not in ("rows", "order")
            )
        return self.known[population.name]


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Where the first schema is not the second."""
    for table in sorted({*one, *other}):
        if table not in one:
            yield f"table {table} is missing"
        elif table not in other:
            yield f"table {table} is too much"
        elif one[table] != other[table]:
            for mine, wanted in zip(one[table], other[table], strict=True):
                more = [each for each in mine if each not in wanted]
                less = [each for each in wanted if each not in mine]
                if more or less:
                    yield f"table {table}: has {more}, must have {less}"


def as_text(row: Mapping[str, Any]) -> str:
    """The row without the next release's column, in no order of columns."""
    return repr(sorted((name, value) for name, value in row.items() if name != "next_release"))


Facts = dict[tuple[str, ...], str]


def facts(state: ProjectState) -> Facts:
    """Each field and each option of the models, by name, as text."""
    found: Facts = {}
    for (app, model), each in state.models.items():
        found[app, model, ""] = "a model"
        for name, value in each.fields.items():
            _, path, args, kwargs = value.deconstruct()
            found[app, model, name] = repr((path, args, sorted(kwargs.items(), key=str)))
        for option, value in each.options.items():
            if option in ("indexes", "constraints"):
                for index in value:
                    found[app, model, option, index.name] = repr(index.deconstruct())
            elif value and option.endswith("_together"):  # RenameField makes lists of Django's sets of tuples
                found[app, model, option] = repr(sorted(map(tuple, value)))
            elif value:
                found[app, model, option] = repr(value)
    return found


def renamed_names(pair: Pair) -> set[tuple[str, ...]]:
    """Models by (app, name), fields by (app, model, name), and tables that changed their names."""
    names: set[tuple[str, ...]] = set()
    for tree in (pair.patch, pair.mainline):
        for key in tree.keys() - pair.fork.keys():
            for operation in tree[key].operations:
                match operation:
                    case RenameModel():
                        names |= {
                            (operation.app, operation.name.lower()),
                            (operation.app, operation.new_name.lower()),
                        }
                    case RenameField():
                        model = operation.app, operation.model.lower()
                        names |= {(*model, operation.name), (*model, operation.new_name)}
                    case _:
                        pass
    return names


def created_names(pair: Pair, tree: Tree) -> set[tuple[str, ...]]:
    """Models by (app, name), fields, indexes and constraints by the names of `facts`, that the branch creates."""
    names: set[tuple[str, ...]] = set()
    for key in tree.keys() - pair.fork.keys():
        for operation in tree[key].operations:
            match operation:
                case CreateModel():
                    names.add((operation.app, operation.name.lower()))
                case AddField():
                    names.add((operation.app, operation.model.lower(), operation.name))
                case AddIndex():
                    names.add((operation.app, operation.model.lower(), "indexes", operation.name))
                case RenameIndex():
                    names.add((operation.app, operation.model.lower(), "indexes", operation.new_name))
                case AddConstraint():
                    names.add((operation.app, operation.model.lower(), "constraints", operation.name))
                case AlterUniqueTogether():
                    names.add((operation.app, operation.model.lower(), "unique_together"))
                case _:
                    pass
    return names


def renamed_indexes(pair: Pair, made: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The names that one branch gives indexes which both make (`made`): whose name stays is for whoever merges the models."""
    return {
        (operation.app, operation.model.lower(), "indexes", operation.new_name)
        for tree in (pair.patch, pair.mainline)
        for key in tree.keys() - pair.fork.keys()
        for operation in tree[key].operations
        if isinstance(operation, RenameIndex)
        and (operation.app, operation.model.lower(), "indexes", operation.name) in made
    }


def twin_definitions(pair: Pair) -> set[tuple[str, ...]]:
    """Indexes and constraints of one definition that both branches make on one model, under two names: they are one, and mainline's name stays."""
    made = [
        {
            (operation.app, operation.model.lower(), *definition(operation)[0]): definition(operation)[1]
            for key in tree.keys() - pair.fork.keys()
            for operation in tree[key].operations
            if isinstance(operation, AddIndex | AddConstraint)
        }
        for tree in (pair.patch, pair.mainline)
    ]
    return {
        name
        for ours, theirs in (made, made[::-1])
        for name, own in ours.items()
        if any(other[:3] == name[:3] and own == there for other, there in theirs.items())
    }


def definition(operation: AddIndex | AddConstraint) -> tuple[tuple[str, str], tuple[str, ...]]:
    if isinstance(operation, AddIndex):
        return ("indexes", operation.name), operation.columns
    return ("constraints", operation.name), (operation.kind, operation.column)


def mentions(renamed: set[tuple[str, ...]], *values: str | None) -> bool:
    """Whether one of the values names a renamed model or field, in a lookup (`number__gte`) too."""
    words = {f"{name[0]}.{name[1]}" for name in renamed if len(name) == 2} | {
        f"'{name[2]}{end}" for name in renamed if len(name) == 3 for end in ("'", "__")
    }
    return any(word in value for value in values if value for word in words)
