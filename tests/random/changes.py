"""Changes by chance: each is what one developer does for one reason, some operations of one app that fit its models."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from shapes import (
    MARK,
    NO_DEFAULT,
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    AlterModelTable,
    AlterUniqueTogether,
    Column,
    CreateModel,
    DataStep,
    DeleteModel,
    DoesNotFit,
    Model,
    Operation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    State,
)

Change: TypeAlias = tuple[Operation, ...]
T = TypeVar("T")

WORDS = (
    "color",
    "size",
    "weight",
    "code",
    "title",
    "rank",
    "origin",
    "city",
    "phone",
    "memo",
    "price",
    "level",
)
MODELS = ("Order", "Bill", "Crate", "Shelf", "Person", "Route", "Label", "Batch")
FUNCTIONS = ("forwards", "fill", "set_values")


@dataclass
class Dice:
    """All chance of one pair; numbers that are used once."""

    random: random.Random
    used: int = 0
    defaults: set[str] = field(default_factory=set)

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def pick(self, choices: Sequence[T]) -> T:
        if not choices:
            raise DoesNotFit("nothing to choose from")
        return self.random.choice(choices)

    def next(self) -> int:
        self.used += 1
        return self.used

    def default(self, column: Column) -> Column:
        """The column with a default that no other column has."""
        value: object = self.next() % 2 == 0
        if column.holds_text:
            value = f"default{self.next()}"
        if column.holds_numbers:
            value = 500_000 + self.next()
        self.defaults.add(str(value))
        return replace(column, default=value)

    def column(self) -> Column:
        kind = self.pick(("char", "char", "char", "text", "int", "int", "big", "bool"))
        column = Column(self.next(), kind, length=self.pick((30, 40, 60)))
        how = self.pick(("null", "null", "default", "default", "both"))
        if how != "default":
            column = replace(column, null=True)
        if how != "null":
            column = self.default(column)
        return column

    def free(self, model: Model) -> str:
        """A name for a new column."""
        return self.pick([word for word in WORDS if word not in model.columns])


def models_of(state: State, app: str) -> list[Model]:
    return [model for model in state if model.app == app]


def names(model: Model, fits: Callable[[Column], bool]) -> list[str]:
    return [name for name, column in model.columns.items() if name != MARK and fits(column)]


def add_field(dice: Dice, state: State, model: Model) -> Change:
    return (AddField(model.app, model.name, dice.free(model), dice.column()),)


def add_not_null(dice: Dice, state: State, model: Model) -> Change:
    """Nullable, filled by a data operation, then NOT NULL."""
    name, column = dice.free(model), Column(dice.next(), dice.pick(("int", "big")), null=True)
    return (
        AddField(model.app, model.name, name, column),
        data_step(dice, model, "number", target=name),
        AlterField(model.app, model.name, name, replace(column, null=False)),
    )


def add_not_null_at_once(dice: Dice, state: State, model: Model) -> Change:
    """NOT NULL, with a value for the rows that are there."""
    column = Column(dice.next(), dice.pick(("char", "text", "int")))
    once = dice.default(column).default
    return (AddField(model.app, model.name, dice.free(model), column, once),)


def add_unique(dice: Dice, state: State, model: Model) -> Change:
    """A default, made distinct by a data operation, then unique."""
    name, column = dice.free(model), dice.default(Column(dice.next(), "int"))
    unique: Operation = AddConstraint(model.app, model.name, f"uq_{model.app}_{dice.next()}", "unique", name)
    if dice.likely(0.4):
        unique = AlterField(model.app, model.name, name, replace(column, default=NO_DEFAULT, unique=True))
    return (
        AddField(model.app, model.name, name, column),
        data_step(dice, model, "number", target=name),
        unique,
    )


def move_values(dice: Dice, state: State, model: Model) -> Change:
    """A new column is filled from an old one, which is then removed, or kept."""
    origin = dice.pick(names(model, lambda column: column.is_plain))
    name = dice.free(model)
    column = replace(dice.default(Column(dice.next(), "text")), null=dice.likely(0.5))
    change: Change = (
        AddField(model.app, model.name, name, column),
        data_step(dice, model, "copy", target=name, origin=origin),
    )
    if dice.likely(0.5) and not model.uses(origin):
        change += (RemoveField(model.app, model.name, origin),)
    return change


def add_unique_rows(dice: Dice, state: State, model: Model) -> Change:
    """A column that is unique already becomes so by a constraint."""
    name = f"uq_{model.app}_{dice.next()}"
    return (
        AddConstraint(
            model.app, model.name, name, "unique", dice.pick(names(model, lambda c: c.holds_numbers))
        ),
    )


def add_checked(dice: Dice, state: State, model: Model) -> Change:
    name = f"ck_{model.app}_{dice.next()}"
    column = dice.pick(names(model, lambda column: column.holds_numbers))
    return (AddConstraint(model.app, model.name, name, "check", column),)


def remove_constraint(dice: Dice, state: State, model: Model) -> Change:
    return (RemoveConstraint(model.app, model.name, dice.pick(list(model.constraints))),)


def remove_field(dice: Dice, state: State, model: Model) -> Change:
    return (RemoveField(model.app, model.name, dice.pick(names(model, lambda column: True))),)


def rename_field(dice: Dice, state: State, model: Model) -> Change:
    name = dice.pick(names(model, lambda column: column.kind != "m2m"))
    return (RenameField(model.app, model.name, name, dice.free(model)),)


def alter_field(dice: Dice, state: State, model: Model) -> Change:
    name = dice.pick(names(model, lambda column: column.kind != "m2m"))
    return (AlterField(model.app, model.name, name, dice.pick(list(altered(dice, model.columns[name])))),)


def altered(dice: Dice, column: Column) -> Iterator[Column]:
    yield replace(column, help_text=f"help {dice.next()}")
    if column.kind == "fk":
        yield replace(column, on_delete="PROTECT" if column.on_delete == "CASCADE" else "CASCADE")
        return
    if column.kind == "char":
        yield replace(column, length=column.length + dice.pick((20, 50)))
        yield replace(column, kind="text")
    if column.kind == "int":
        yield replace(column, kind="big")
    if not column.null:
        yield replace(column, null=True)
    elif column.default != NO_DEFAULT:
        yield replace(column, null=False)
    yield dice.default(column)


def create_model(dice: Dice, state: State, model: Model) -> Change:
    taken = {each.name for each in models_of(state, model.app)}
    name = dice.pick([each for each in MODELS if each not in taken])
    columns = [(word, dice.column()) for word in dice.random.sample(WORDS, dice.pick((1, 2)))]
    if dice.likely(0.3):
        columns.append(("parent", Column(dice.next(), "fk", target=model.uid, null=dice.likely(0.5))))
    made = CreateModel(model.app, name, dice.next(), (*columns, (MARK, marks(dice))))
    change: Change = (made,)
    if dice.likely(0.3) and not any(column.kind == "fk" and not column.null for _, column in columns):
        change += (insert_row(dice, Model(made.uid, model.app, name, dict(made.columns))),)
    return change


def marks(dice: Dice) -> Column:
    return Column(dice.next(), "text", default="")


def delete_model(dice: Dice, state: State, model: Model) -> Change:
    return (DeleteModel(model.app, model.name),)


def rename_model(dice: Dice, state: State, model: Model) -> Change:
    taken = {each.name for each in models_of(state, model.app)}
    return (RenameModel(model.app, model.name, dice.pick([each for each in MODELS if each not in taken])),)


def add_index(dice: Dice, state: State, model: Model) -> Change:
    columns = names(model, lambda column: column.is_plain)
    chosen = tuple(dice.random.sample(columns, min(len(columns), dice.pick((1, 1, 2)))))
    if not chosen:
        raise DoesNotFit("no field")
    return (AddIndex(model.app, model.name, f"ix_{model.app}_{dice.next()}", chosen),)


def add_indexed(dice: Dice, state: State, model: Model) -> Change:
    """A column with its index."""
    change = add_field(dice, state, model)
    assert isinstance(change[0], AddField)
    return (*change, AddIndex(model.app, model.name, f"ix_{model.app}_{dice.next()}", (change[0].name,)))


def remove_index(dice: Dice, state: State, model: Model) -> Change:
    return (RemoveIndex(model.app, model.name, dice.pick(list(model.indexes))),)


def rename_index(dice: Dice, state: State, model: Model) -> Change:
    name = dice.pick(list(model.indexes))
    return (RenameIndex(model.app, model.name, name, f"ix_{model.app}_{dice.next()}"),)


def unique_together(dice: Dice, state: State, model: Model) -> Change:
    if model.together:
        return (AlterUniqueTogether(model.app, model.name, ()),)
    columns = names(model, lambda column: column.is_plain)
    if len(columns) < 2:
        raise DoesNotFit("too few fields")
    return (AlterUniqueTogether(model.app, model.name, tuple(dice.random.sample(columns, 2))),)


def model_options(dice: Dice, state: State, model: Model) -> Change:
    options: dict[str, object] = {"verbose_name": f"name {dice.next()}"}
    if dice.likely(0.5):
        options["ordering"] = [dice.pick(names(model, lambda column: column.is_plain))]
    return (AlterModelOptions(model.app, model.name, tuple(options.items())),)


def model_table(dice: Dice, state: State, model: Model) -> Change:
    return (AlterModelTable(model.app, model.name, f"tbl_{model.app}_{dice.next()}"),)


def foreign_key(dice: Dice, state: State, model: Model) -> Change:
    target = dice.pick(list(state))
    return (
        AddField(
            model.app, model.name, dice.free(model), Column(dice.next(), "fk", null=True, target=target.uid)
        ),
    )


def many_to_many(dice: Dice, state: State, model: Model) -> Change:
    target = dice.pick([each for each in state if each.uid != model.uid])
    return (AddField(model.app, model.name, dice.free(model), Column(dice.next(), "m2m", target=target.uid)),)


def mark_rows(dice: Dice, state: State, model: Model) -> Change:
    return (data_step(dice, model, dice.pick(("mark", "mark", "sql"))),)


def insert_rows(dice: Dice, state: State, model: Model) -> Change:
    return (insert_row(dice, model),)


def insert_row(dice: Dice, model: Model) -> DataStep:
    step = data_step(dice, model, "insert")
    values: list[tuple[str, object]] = []
    for name, column in model.columns.items():
        if name != MARK and column.is_plain and (not column.null or dice.likely(0.3)):
            values.append((name, "" if column.holds_text else 0))
    return with_values(dice, replace(step, inserted=tuple(values)))


def with_values(dice: Dice, step: DataStep) -> DataStep:
    """The step with values that no other step inserts: a unique column may have them all."""
    values = tuple(
        (name, f"row{step.number}" if isinstance(value, str) else 700_000 + step.number)
        for name, value in step.inserted
    )
    dice.defaults |= {str(value) for _, value in values}
    return replace(step, inserted=values)


def other_body(dice: Dice, step: DataStep) -> DataStep:
    """A function of the same name that does something else."""
    return with_values(dice, replace(step, number=dice.next()))


def data_step(dice: Dice, model: Model, kind: str, *, target: str = "", origin: str = "") -> DataStep:
    number = dice.next()
    function = dice.pick((*FUNCTIONS, f"step_{number}", f"step_{number}"))
    step = DataStep(model.app, model.name, number, kind, function, target, origin)
    if kind != "sql" and dice.likely(0.08):
        return replace(step, function=f"step_{number}", is_imported=True)
    return step


Maker: TypeAlias = Callable[[Dice, State, Model], Change]

KINDS: tuple[tuple[Maker, int], ...] = (
    (add_field, 8),
    (add_not_null, 2),
    (add_not_null_at_once, 2),
    (add_unique, 2),
    (move_values, 3),
    (add_indexed, 3),
    (add_checked, 2),
    (remove_constraint, 3),
    (remove_field, 3),
    (rename_field, 3),
    (alter_field, 5),
    (create_model, 3),
    (delete_model, 1),
    (rename_model, 2),
    (add_index, 2),
    (remove_index, 3),
    (rename_index, 3),
    (unique_together, 2),
    (model_options, 2),
    (model_table, 1),
    (foreign_key, 3),
    (many_to_many, 2),
    (mark_rows, 5),
    (insert_rows, 2),
)


def random_change(dice: Dice, state: State, app: str) -> Change:
    """A change that fits. Raises DoesNotFit after many tries."""
    makers = [maker for maker, _ in KINDS]
    weights = [weight for _, weight in KINDS]
    for _ in range(50):
        maker = dice.random.choices(makers, weights)[0]
        try:
            change = maker(dice, state, dice.pick(models_of(state, app)))
            apply_all(state, change)
        except DoesNotFit:
            continue
        return change
    raise DoesNotFit("no change fits")


def apply_all(state: State, change: Change) -> State:
    for operation in change:
        state = operation.apply(state)
    return state


def nearly(dice: Dice, change: Change) -> Change:
    """The same change with another length, null, default, help text, or with another body of a function of the same name."""
    at = [number for number, each in enumerate(change) if isinstance(each, AddField | AlterField | DataStep)]
    if not at:
        return change
    number = dice.pick(at)
    operation = change[number]
    if isinstance(operation, DataStep):
        return (*change[:number], other_body(dice, operation), *change[number + 1 :])
    assert isinstance(operation, AddField | AlterField)
    column = operation.column
    if column.kind == "m2m":
        return change
    other = dice.pick([*altered(dice, column), replace(column, help_text=f"help {dice.next()}")])
    return (*change[:number], replace(operation, column=other), *change[number + 1 :])
