"""Small situations with plans for them, by chance: right ones, wrong ones, and such as nobody would make."""

from __future__ import annotations

import random

from migration_values import (
    add,
    alter,
    char,
    create,
    delete,
    integer,
    keys,
    migration,
    operation,
    remove,
    rename,
    run_python,
)
from plans_by_hand import changed

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, ManualInsert, Patch, Policy, Situation
from stitchback.model.values import Constant

APPS = ("blog", "crm", "shop")


class Dice:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def fork(self) -> list[Migration]:
        """A chain an app, some of it across apps, now and then a squash."""
        made: list[Migration] = []
        for app in APPS:
            before = ""
            for number in range(1, self.random.randint(2, 4)):
                name = f"{app}.{number:04}_base"
                across = self.random.choice(made).key if made and self.likely(0.2) else ""
                made.append(migration(name, f"{before} {across}", *self.work(app, number)))
                before = name
        if self.likely(0.3):
            made.append(migration("shop.0001_squashed", "", *self.work("shop", 1), replaces="shop.0001_base"))
        return made

    def work(self, app: str, number: int) -> tuple[Operation, ...]:
        if number == 1:
            return (create("Item", label=char()), create("Other", label=char()))
        return (add(self.random.choice(("item", "other")), f"base_{number}", integer()),)

    def chain(self, prefix: str, app: str, leaf: str, count: int, columns: list[str]) -> list[Migration]:
        made: list[Migration] = []
        models = {"item": ["label"], "other": ["label"]}
        for number in range(count):
            name = f"{app}.{5 + number:04}_{prefix}"
            column = columns.pop() if columns and self.likely(0.6) else f"{prefix}_{app}_{number}"
            work: tuple[Operation, ...]
            if column == "color":
                work = (add("item", column, integer()),)
            else:
                work = (self.step(models, column, f"{prefix}{number}"),)
            if self.likely(0.15):
                work += (run_python(self.random.choice(("fill", "count"))),)
            made.append(migration(name, leaf, *work))
            leaf = name
        return made

    def step(self, models: dict[str, list[str]], column: str, suffix: str) -> Operation:
        """One operation that fits the models of its app so far."""
        model = self.random.choice(sorted(models))
        match self.random.choice(
            ("add", "add", "add", "create", "alter", "remove", "rename", "delete", "model")
        ):
            case "create":
                models[f"tag{suffix}"] = ["label"]
                return create(f"tag{suffix}", label=char())
            case "alter" if models[model]:
                return alter(model, self.random.choice(models[model]), char(50))
            case "remove" if models[model]:
                return remove(model, models[model].pop())
            case "rename" if models[model]:
                old = models[model].pop()
                models[model].append(f"{old}{suffix}")
                return rename(model, old, f"{old}{suffix}")
            case "delete" if model != "item":
                del models[model]
                return delete(model)
            case "model" if model != "item":
                models[f"{model}{suffix}"] = models.pop(model)
                return operation(
                    "RenameModel", old_name=Constant(model), new_name=Constant(f"{model}{suffix}")
                )
            case _:
                models[model].append(column)
                return add(model, column, integer())


def leaf_of(migrations: list[Migration], app: str) -> str:
    return str(
        [each.key for each in migrations if each.key.app == app and "squashed" not in each.key.name][-1]
    )


def random_plan(seed: int) -> tuple[Candidate, Situation]:
    dice = Dice(seed)
    fork = dice.fork()
    patch = dice.chain("patch", "shop", leaf_of(fork, "shop"), dice.random.randint(1, 2), ["color"])
    mainline: list[Migration] = []
    for app in APPS:
        mainline += dice.chain(
            "main", app, leaf_of(fork, app), dice.random.randint(0, 3), ["color"] if app == "shop" else []
        )
    if dice.likely(0.5) and len(mainline) > 2:
        last, other = mainline[-1], dice.random.choice(mainline[:-1])
        mainline[-1] = last.with_changes(dependencies=(*last.dependencies, other.key))
    base = Tree("fork", "fork", {each.key: each for each in fork})
    tree, onto = changed(base, *patch), changed(base, *mainline)
    given = Situation(
        (Patch(Tree("release", "release", tree.migrations), base, tuple(patch)),),
        Tree("main", "main", onto.migrations),
        (),
        Policy(zero_touch=dice.likely(0.1)),
    )
    return planned(dice, given, patch, mainline, leaf_of(fork, "shop")), given


def planned(
    dice: Dice, given: Situation, patch: list[Migration], mainline: list[Migration], base: str
) -> Candidate:
    edited = {each.key: each for each in mainline}
    p = patch[0]
    twin = next((each for each in mainline if each.operations[0] == p.operations[0]), None)
    manual_inserts: list[ManualInsert] = []
    match dice.random.choice(("nothing", "adopt", "diamond", "bring")):
        case "adopt" if twin:
            edited[twin.key] = twin.with_changes(replaces=(p.key,))
        case "diamond" if twin:
            s = p.with_changes(key=MigrationKey("shop", "0005_stitched"), replaces=(p.key,))
            edited[s.key] = s
            edited[twin.key] = twin.with_changes(
                operations=twin.operations[1:], dependencies=(*twin.dependencies, s.key)
            )
        case "bring":
            edited |= {each.key: each for each in patch}
            if twin:
                edited[twin.key] = twin.with_changes(operations=(), dependencies=(*twin.dependencies, p.key))
    for extra in patch[1:]:
        if dice.likely(0.7):
            s2 = extra.with_changes(key=MigrationKey("shop", "0006_stitched"), replaces=(extra.key,))
            edited.setdefault(extra.key, s2.with_changes(dependencies=keys(base)))
            edited[s2.key] = s2.with_changes(dependencies=keys(base))
            edited.pop(extra.key, None) if dice.likely(0.9) else None
    if twin and dice.likely(0.8):
        manual_inserts.append(ManualInsert(p.key, (twin.key,)))
    result = given.mainline.with_migrations(edited)
    if dice.likely(0.9):
        result = merged(result)
    return Candidate({"shop": "by chance"}, (), result, tuple(manual_inserts), ())


def merged(tree: Tree) -> Tree:
    from stitchback.graph import MigrationGraph

    leaves = MigrationGraph.of(tree).leaves("shop")
    if len(leaves) < 2:
        return tree
    made = migration("shop.0020_merge", " ".join(map(str, leaves)))
    return tree.with_migrations({made.key: made})
