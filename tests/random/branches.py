"""Migrations as they grow on a branch, and the files that they become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeAlias

from shapes import DataStep, Operation, State, require

Key: TypeAlias = tuple[str, str]  # app label, name of the migration


@dataclass(frozen=True, slots=True)
class Migration:
    """`sources`: each operation's text, as the models were when it was written."""

    key: Key
    dependencies: tuple[Key, ...]
    operations: tuple[Operation, ...]
    sources: tuple[str, ...]
    replaces: tuple[Key, ...] = ()
    run_before: tuple[Key, ...] = ()

    @property
    def path(self) -> str:
        return f"{self.key[0]}/migrations/{self.key[1]}.py"

    @property
    def steps(self) -> tuple[DataStep, ...]:
        return tuple(operation for operation in self.operations if isinstance(operation, DataStep))

    def text(self) -> str:
        functions = {step.code(): None for step in self.steps if step.code() and not step.is_imported}
        parts = ["from django.db import migrations, models\n"]
        imported = sorted({step.function for step in self.steps if step.is_imported})
        if imported:
            parts.append(f"\nfrom {self.key[0]}.steps import {', '.join(imported)}\n")
        parts += [f"\n\n{code}\n" for code in functions]
        lines = ["\n\nclass Migration(migrations.Migration):"]
        if self.replaces:
            lines.append(f"    replaces = {list(self.replaces)!r}")
        if not any(app == self.key[0] for app, _ in self.dependencies):
            lines.append("    initial = True")
        lines.append(f"    dependencies = {list(self.dependencies)!r}")
        if self.run_before:
            lines.append(f"    run_before = {list(self.run_before)!r}")
        operations = "".join(f"        {source},\n" for source in self.sources)
        lines.append(f"    operations = [\n{operations}    ]" if self.sources else "    operations = []")
        return "".join(parts) + "\n".join(lines) + "\n"


Tree: TypeAlias = dict[Key, Migration]


def written(
    key: Key, dependencies: Iterable[Key], operations: Iterable[Operation], state: State
) -> tuple[Migration, State]:
    """The migration and the state after it. Raises DoesNotFit."""
    done: list[Operation] = []
    sources = []
    functions: set[str] = set()
    for operation in operations:
        after = operation.apply(state)
        if isinstance(operation, DataStep):
            operation = operation.bound(state)
            if operation.function in functions and not operation.is_imported:
                operation = replace(operation, function=f"{operation.function}_{operation.number}")
            functions.add(operation.function)
        done.append(operation)
        sources.append(operation.source(state))
        state = after
    return Migration(key, tuple(dict.fromkeys(dependencies)), tuple(done), tuple(sources)), state


def replayed(state: State, migrations: Iterable[Migration]) -> State:
    """The state after the migrations' operations."""
    operations = (operation for migration in migrations for operation in migration.operations)
    return reduce(lambda after, operation: operation.apply(after), operations, state)


def squashed(tree: Tree, keys: tuple[Key, ...], name: str) -> Migration:
    """One migration for several of an app, as `squashmigrations --no-optimize` writes it."""
    parts = [tree[key] for key in keys]
    functions = {(step.function, step.code()) for part in parts for step in part.steps if step.code()}
    require(len({function for function, _ in functions}) == len(functions), "two functions of one name")
    dependencies = [key for part in parts for key in part.dependencies if key not in keys]
    return Migration(
        (keys[0][0], name),
        tuple(dict.fromkeys(dependencies)),
        tuple(operation for part in parts for operation in part.operations),
        tuple(source for part in parts for source in part.sources),
        replaces=keys,
    )


def helpers(tree: Mapping[Key, Migration]) -> dict[str, str]:
    """App -> its steps.py: the functions that migrations import, as the branch has them."""
    found: dict[str, dict[str, str]] = {}
    for migration in tree.values():
        for step in migration.steps:
            if step.is_imported:
                found.setdefault(migration.key[0], {})[step.function] = step.code()
    return {
        app: "\n\n\n".join(code for _, code in sorted(codes.items())) + "\n" for app, codes in found.items()
    }


def leaves(tree: Mapping[Key, Migration], app: str) -> tuple[Key, ...]:
    """Migrations of the app on which no other one of the app depends, squashed ones resolved."""
    replaced = {old: key for key, migration in tree.items() for old in migration.replaces}
    nodes = [key for key in tree if key[0] == app and key not in replaced]
    parents = {
        resolved(dependency, replaced)
        for migration in tree.values()
        for dependency in migration.dependencies
        if migration.key[0] == app and migration.key not in replaced
    }
    return tuple(key for key in nodes if key not in parents)


def resolved(key: Key, replaced: Mapping[Key, Key]) -> Key:
    while key in replaced:
        key = replaced[key]
    return key


def ancestors(tree: Mapping[Key, Migration], key: Key) -> set[Key]:
    """Everything that the migration depends on, directly or not, inside the tree."""
    found: set[Key] = set()
    waiting = list(tree[key].dependencies)
    while waiting:
        parent = waiting.pop()
        if parent in tree and parent not in found:
            found.add(parent)
            waiting.extend(tree[parent].dependencies)
            waiting.extend(tree[parent].replaces)
    return found


def ordered_steps(tree: Mapping[Key, Migration]) -> Iterator[tuple[int, int]]:
    """Pairs of data operations' numbers, the first of which always runs before the second in this tree."""
    for key, migration in tree.items():
        own = [step.number for step in migration.steps]
        yield from ((one, two) for at, one in enumerate(own) for two in own[at + 1 :])
        for parent in ancestors(tree, key):
            yield from ((step.number, number) for step in tree[parent].steps for number in own)


def renamed(migration: Migration, name: str, dependencies: Iterable[Key]) -> Migration:
    return replace(migration, key=(migration.key[0], name), dependencies=tuple(dict.fromkeys(dependencies)))
