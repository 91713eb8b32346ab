"""A pair of branches by chance: a shared base, a patch branch, mainline, and perhaps git's merge of the two."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from branches import Key, Migration, Tree, leaves, renamed, squashed, written
from changes import (
    WORDS,
    Change,
    Dice,
    add_checked,
    add_index,
    add_unique_rows,
    apply_all,
    insert_row,
    marks,
    models_of,
    nearly,
    random_change,
)
from shapes import (
    MARK,
    AddField,
    AlterField,
    Column,
    CreateModel,
    DataStep,
    DeleteModel,
    DoesNotFit,
    Model,
    Operation,
    RenameModel,
    State,
)

APPS = ("blog", "crm", "shop")
ROWS = 2  # of each table, also in a fresh install: values that must differ can be alike


@dataclass(frozen=True, slots=True)
class Pair:
    """`mainline` is what its databases were made with; `checked_out` is what `plan` gets, with git's merge where there was one."""

    seed: int
    apps: tuple[str, ...]
    fork: Tree
    patch: Tree
    mainline: Tree
    checked_out: Tree
    is_merged: bool
    defaults: frozenset[str]

    @property
    def steps(self) -> dict[int, DataStep]:
        """All data operations, by number."""
        trees = (self.fork, self.patch, self.mainline)
        return {step.number: step for tree in trees for each in tree.values() for step in each.steps}


@dataclass
class Branch:
    """A tree that grows. `tips`: the last migration of each app; `made`: what the branch has on top of the fork point."""

    dice: Dice
    tree: Tree
    state: State
    tips: dict[str, Key] = field(default_factory=dict)
    made: list[Key] = field(default_factory=list)

    def copy(self) -> Branch:
        return Branch(self.dice, dict(self.tree), self.state, dict(self.tips))

    def number(self, app: str) -> int:
        return 1 + max((int(name[:4]) for label, name in self.tree if label == app), default=0)

    def write(self, app: str, name: str, operations: Iterable[Operation], parents: Iterable[Key] = ()) -> Key:
        """One more migration on the app's tip, or on `parents`. Raises DoesNotFit."""
        operations = tuple(operations)
        own = tuple(parents) or ((self.tips[app],) if app in self.tips else ())
        key = (app, name)
        if key in self.tree:
            raise DoesNotFit(f"{name} is taken")
        migration, self.state = written(key, (*own, *self.across(app, operations)), operations, self.state)
        self.put(migration)
        return key

    def put(self, migration: Migration) -> None:
        self.tree[migration.key] = migration
        self.tips[migration.key[0]] = migration.key
        self.made.append(migration.key)

    def across(self, app: str, operations: Iterable[Operation]) -> Iterator[Key]:
        """The migrations of other apps that the operations need: of models that relations point to, and of relations to models
        that are renamed or deleted."""
        for operation in operations:
            for target in targets(operation):
                owner = next((model.app for model in self.state if model.uid == target), app)
                if owner != app:
                    yield self.tips[owner]
            if isinstance(operation, RenameModel | DeleteModel):
                uid = self.state.get(app, operation.name).uid
                for other in sorted(
                    {key[0] for key, each in self.tree.items() if key[0] != app and points(each, uid)}
                ):
                    yield self.tips[other]


def targets(operation: Operation) -> tuple[int, ...]:
    match operation:
        case AddField():
            return (operation.column.target,) if operation.column.target else ()
        case CreateModel():
            return tuple(column.target for _, column in operation.columns if column.target)
        case _:
            return ()


def points(migration: Migration, uid: int) -> bool:
    return any(uid in targets(operation) for operation in migration.operations)


def random_pair(seed: int, attempt: int = 0) -> Pair:
    """The same pair for the same numbers. It is not yet known to be sound; raises DoesNotFit where chance has led nowhere."""
    dice = Dice(random.Random(f"{seed}.{attempt}"))
    apps = tuple(sorted(dice.random.sample(APPS, dice.pick((1, 1, 2, 2, 3)))))
    base = fork_point(dice, apps)
    patch, mainline = base.copy(), base.copy()
    busy = dice.pick(apps)
    changes = grow_patch(dice, patch, busy)
    grow_mainline(dice, mainline, patch, changes, busy)
    for branch, chance in ((patch, 0.07), (mainline, 0.12)):
        if dice.likely(chance):
            squash(dice, branch, dice.pick(apps))
    for branch in (patch, mainline):
        if dice.likely(0.2):
            run_before(dice, branch)
    is_merged = dice.likely(0.3)
    checked_out = merge(dice, base, patch, mainline) if is_merged else mainline.tree
    return Pair(
        seed, apps, base.tree, patch.tree, mainline.tree, checked_out, is_merged, frozenset(dice.defaults)
    )


def fork_point(dice: Dice, apps: tuple[str, ...]) -> Branch:
    base = Branch(dice, {}, State({}))
    for app in apps:
        names = ["Item", "Other"][: dice.pick((1, 2))]
        base.write(app, "0001_initial", [first_model(dice, app, name) for name in names])
        rows = [insert_row(dice, model) for model in models_of(base.state, app) * ROWS]
        base.write(app, "0002_rows", rows)
        if dice.likely(0.6):
            model = dice.pick(models_of(base.state, app))
            write_change(
                dice, base, dice.pick((add_index, add_checked, add_unique_rows))(dice, base.state, model)
            )
    for app in apps:
        for _ in range(dice.pick((0, 0, 1, 2))):
            write_change(dice, base, random_change(dice, base.state, app))
    if dice.likely(0.2):
        squash(dice, base, dice.pick(apps))
    return base


def first_model(dice: Dice, app: str, name: str) -> CreateModel:
    columns = [
        ("label", Column(dice.next(), "char", length=dice.pick((30, 50)))),
        ("number", Column(dice.next(), "int")),
        ("note", Column(dice.next(), "text", null=True)),
        ("flag", dice.default(Column(dice.next(), "bool"))),
    ]
    columns = columns[: dice.pick((2, 3, 4))]
    return CreateModel(app, name, dice.next(), (*columns, (MARK, marks(dice))))


def write_change(dice: Dice, branch: Branch, change: Change, names: tuple[str, ...] = ()) -> list[Key]:
    """One migration, or several where there is more than one operation. Raises DoesNotFit, and then nothing is written."""
    app = change[0].app
    apply_all(branch.state, change)
    parts = cut(dice, change)
    keys = []
    for at, part in enumerate(parts):
        name = names[at] if at < len(names) else f"{branch.number(app):04}_{slug(part[0])}"
        if (app, name) in branch.tree:
            name = f"{name}_{dice.next()}"
        keys.append(branch.write(app, name, part))
    return keys


def cut(dice: Dice, change: Change) -> list[Change]:
    if len(change) == 1 or dice.likely(0.5):
        return [change]
    at = dice.random.randrange(1, len(change))
    return [change[:at], *cut(dice, change[at:])]


def slug(operation: Operation) -> str:
    match operation:
        case AddField():
            return f"{operation.model}_{operation.name}".lower()
        case CreateModel() | DeleteModel() | RenameModel():
            return f"{operation.name}".lower()
        case DataStep():
            return f"{operation.model}_{operation.function}".lower()
        case _:
            return f"alter_{operation.model}".lower()


def grow_patch(dice: Dice, patch: Branch, busy: str) -> list[Change]:
    """One to five migrations, most of them in one app; the changes in their order."""
    changes: list[Change] = []
    for _ in range(dice.pick((1, 1, 2, 2, 3))):
        app = busy if dice.likely(0.8) else dice.pick(sorted(patch.tips))
        change = longer(dice, patch.state, random_change(dice, patch.state, app))
        if changes and changes[-1][0].app == app and dice.likely(0.15):
            fork_within(dice, patch, change)
        else:
            write_change(dice, patch, change)
        changes.append(change)
        if len(patch.made) >= 5:
            break
    return changes


def longer(dice: Dice, state: State, change: Change) -> Change:
    """Now and then two changes in one: they may end up in the same migration."""
    if len(change) > 2 or dice.likely(0.8):
        return change
    return (*change, *random_change(dice, apply_all(state, change), change[0].app))


def fork_within(dice: Dice, branch: Branch, change: Change) -> None:
    """The change beside the app's last migration, and a merge migration of the two, as two feature branches leave them."""
    app = change[0].app
    tip = branch.tips[app]
    beside = tuple(key for key in branch.tree[tip].dependencies if key[0] == app)
    if not beside or tip not in branch.made:
        write_change(dice, branch, change)
        return
    number = branch.number(app)
    one = branch.write(app, f"{number - 1:04}_{slug(change[0])}_{dice.next()}", change, beside)
    branch.write(app, f"{number:04}_merge_{dice.next()}", (), (tip, one))


def grow_mainline(dice: Dice, mainline: Branch, patch: Branch, changes: list[Change], busy: str) -> None:
    """Some of the patch's changes, as they are or nearly so, between changes of its own."""
    taken = [change for change in changes if dice.likely(0.6)] if dice.likely(0.8) else []
    if dice.likely(0.1):
        picked = patch.made[: dice.pick((1, 2))]
        if dice.likely(0.4):
            own_change(dice, mainline, patch, busy)
        cherry_pick(dice, mainline, patch, picked)
        taken = []
    own = dice.pick((0, 1, 1, 2, 2, 3))
    plan: list[Change | None] = [*taken]
    for _ in range(max(own, 0 if plan or mainline.made else 1)):
        plan.insert(dice.random.randint(0, len(plan)), None)
    for change in plan:
        if len(mainline.made) >= 6:
            break
        if change is None:
            own_change(dice, mainline, patch, busy)
        else:
            take(dice, mainline, patch, change)


def own_change(dice: Dice, mainline: Branch, patch: Branch, busy: str) -> None:
    app = busy if dice.likely(0.6) else dice.pick(sorted(mainline.tips))
    change = longer(dice, mainline.state, random_change(dice, mainline.state, app))
    change = unified(patch, mainline, change)
    number = mainline.number(app)
    same = [name for label, name in patch.made if label == app and name.startswith(f"{number:04}")]
    names = tuple(same[:1]) if same and dice.likely(0.2) else ()
    try:
        write_change(dice, mainline, change, names)
    except DoesNotFit:
        return


def take(dice: Dice, mainline: Branch, patch: Branch, change: Change) -> None:
    """The patch's change under another name, or under the same one; now and then not quite the same."""
    app = change[0].app
    if dice.likely(0.2):
        change = nearly(dice, change)
    if len(change) > 1 and dice.likely(0.1):
        change = change[: dice.random.randrange(1, len(change))]
    names: tuple[str, ...] = ()
    if dice.likely(0.75):
        names = (f"{mainline.number(app):04}_{slug(change[0])}_{dice.pick(WORDS)}",)
    try:
        write_change(dice, mainline, change, names)
    except DoesNotFit:
        own_change(dice, mainline, patch, app)


def unified(patch: Branch, mainline: Branch, change: Change) -> Change:
    """A column, or a model, that the patch creates under the same name is the same one: it has the same uid. Not a column that mainline makes once
    more, after it has dropped the first."""
    state = mainline.state
    had = {
        operation.column.uid
        for key in mainline.made
        for operation in mainline.tree[key].operations
        if isinstance(operation, AddField)
    }
    made = {
        (operation.app, operation.name): operation
        for key in patch.made
        for operation in patch.tree[key].operations
        if isinstance(operation, CreateModel)
    }
    new: dict[int, int] = {}
    for operation in change:
        if isinstance(operation, CreateModel) and (operation.app, operation.name) in made:
            other = made[operation.app, operation.name]
            new[operation.uid] = other.uid
            columns = dict(other.columns)
            new |= {column.uid: columns[name].uid for name, column in operation.columns if name in columns}
        if isinstance(operation, AddField) and (operation.app, operation.model.lower()) in state.models:
            other_uid = added(patch, state.get(operation.app, operation.model), operation.name)
            new[operation.column.uid] = (
                other_uid if other_uid and other_uid not in had else operation.column.uid
            )
    return tuple(with_uids(operation, new) for operation in change)


def added(patch: Branch, model: Model, name: str) -> int:
    for key in patch.made:
        for operation in patch.tree[key].operations:
            named = (model.app, model.name, name)
            if isinstance(operation, AddField) and (operation.app, operation.model, operation.name) == named:
                return operation.column.uid
    return 0


def with_uids(operation: Operation, new: dict[int, int]) -> Operation:
    match operation:
        case CreateModel():
            columns = tuple((n, replace(c, uid=new.get(c.uid, c.uid))) for n, c in operation.columns)
            return replace(operation, uid=new.get(operation.uid, operation.uid), columns=columns)
        case AddField() | AlterField():
            column = operation.column
            return replace(operation, column=replace(column, uid=new.get(column.uid, column.uid)))
        case _:
            return operation


def cherry_pick(dice: Dice, mainline: Branch, patch: Branch, keys: Iterable[Key]) -> None:
    """The patch's files under their own names: byte for byte where mainline's tips are the fork point's, else with other parents."""
    for key in keys:
        migration = patch.tree[key]
        if migration.replaces or key in mainline.tree or len(migration.dependencies) > 2:
            return
        try:
            state = apply_all(mainline.state, migration.operations)
        except DoesNotFit:
            return
        others = [each for each in migration.dependencies if each[0] != key[0] and each in mainline.tree]
        mainline.state = state
        mainline.put(renamed(migration, key[1], (mainline.tips[key[0]], *others)))


def squash(dice: Dice, branch: Branch, app: str) -> None:
    """A squashed migration for a chain of the app; the old files are kept, or deleted."""
    chain = [key for key in branch.tree if key[0] == app and not branch.tree[key].replaces]
    replaced = {old for migration in branch.tree.values() for old in migration.replaces}
    chain = [key for key in chain if key not in replaced]
    end = dice.random.randint(2, len(chain)) if len(chain) > 2 else len(chain)
    keys = tuple(chain[:end] if dice.likely(0.7) else chain[max(0, len(chain) - 2) :])
    if len(keys) < 2 or not is_chain(branch.tree, keys):
        return
    name = f"{keys[0][1]}_squashed_{keys[-1][1]}"
    try:
        branch.tree[app, name] = squashed(branch.tree, keys, name)
    except DoesNotFit:
        return
    branch.made.append((app, name))
    if dice.likely(0.25):
        for key in keys:
            del branch.tree[key]
        if dice.likely(0.5):
            point_to(branch.tree, keys, (app, name))


def is_chain(tree: Tree, keys: tuple[Key, ...]) -> bool:
    return all(one in tree[two].dependencies for one, two in pairwise(keys))


def point_to(tree: Tree, keys: tuple[Key, ...], squash_key: Key) -> None:
    for key, migration in list(tree.items()):
        dependencies = [squash_key if each in keys else each for each in migration.dependencies]
        tree[key] = replace(migration, dependencies=tuple(dict.fromkeys(dependencies)))


def run_before(dice: Dice, branch: Branch) -> None:
    """A new migration of one app runs before a new one of another app."""
    pairs = [
        (one, two)
        for one in branch.made
        for two in branch.made
        if one[0] != two[0]
        and one in branch.tree
        and two in branch.tree
        and branch.made.index(one) < branch.made.index(two)
    ]
    if pairs:
        one, two = dice.pick(pairs)
        branch.tree[one] = replace(branch.tree[one], run_before=(two,))


def merge(dice: Dice, base: Branch, patch: Branch, mainline: Branch) -> Tree:
    """What git makes of the two: files of both sides, mainline's where they differ; with merge migrations, or without."""
    tree = {**{key: each for key, each in patch.tree.items() if key not in base.tree}, **mainline.tree}
    for key in base.tree:  # a file that the patch took away is gone, and one that it edited is edited
        if mainline.tree.get(key) == base.tree[key]:
            if key in patch.tree:
                tree[key] = patch.tree[key]
            else:
                tree.pop(key, None)
    if dice.likely(0.65):
        for app in sorted(mainline.tips):
            ends = leaves(tree, app)
            if len(ends) > 1:
                number = 1 + max(int(name[:4]) for label, name in tree if label == app)
                key = (app, f"{number:04}_merge")
                tree[key] = Migration(key, ends, (), ())
    return tree
