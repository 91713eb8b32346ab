"""Models and operations as values: what the generator knows of a schema, and the source text of each operation.

Every model and every column has a `uid` that renames do not change, and that the same change on both branches shares: it says which
values must survive an upgrade.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import django

NO_DEFAULT = "no default"
CONDITION = "condition" if django.VERSION >= (5, 1) else "check"  # the argument of CheckConstraint
MARK = "mark"  # a column of every model: which data operations ran on a row, in their order

ModelKey: TypeAlias = tuple[str, str]  # app label, model name in lower case


@dataclass(frozen=True, slots=True)
class Column:
    """A field. `kind`: char, text, int, big, bool, fk, m2m. `target`: the uid of the model that a relation points to."""

    uid: int
    kind: str
    length: int = 40
    null: bool = False
    default: Any = NO_DEFAULT
    unique: bool = False
    target: int = 0
    on_delete: str = "CASCADE"
    help_text: str = ""

    @property
    def holds_text(self) -> bool:
        return self.kind in ("char", "text")

    @property
    def holds_numbers(self) -> bool:
        return self.kind in ("int", "big")

    @property
    def is_plain(self) -> bool:
        return self.holds_text or self.holds_numbers

    def source(self, state: State) -> str:
        match self.kind:
            case "fk":
                first = (
                    f"{state.model(self.target).label!r}, on_delete=models.{self.on_delete}, related_name='+'"
                )
            case "m2m":
                return f"models.ManyToManyField({state.model(self.target).label!r}, related_name='+')"
            case "char":
                first = f"max_length={self.length}"
            case _:
                first = ""
        more = [
            *(["null=True"] if self.null else []),
            *([] if self.default == NO_DEFAULT else [f"default={self.default!r}"]),
            *(["unique=True"] if self.unique else []),
            *([f"help_text={self.help_text!r}"] if self.help_text else []),
        ]
        return f"models.{CLASSES[self.kind]}({', '.join(filter(None, (first, *more)))})"


CLASSES = {
    "char": "CharField",
    "text": "TextField",
    "int": "IntegerField",
    "big": "BigIntegerField",
    "bool": "BooleanField",
    "fk": "ForeignKey",
}


@dataclass(frozen=True, slots=True)
class Model:
    uid: int
    app: str
    name: str
    columns: dict[str, Column]
    indexes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constraints: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> kind, column
    together: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    table: str = ""

    @property
    def key(self) -> ModelKey:
        return self.app, self.name.lower()

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def db_table(self) -> str:
        return self.table or f"{self.app}_{self.name.lower()}"

    def with_columns(self, **columns: Column) -> Model:
        return replace(self, columns={**self.columns, **columns})

    def uses(self, column: str) -> bool:
        """Whether an index, a constraint or unique_together names the column."""
        return (
            any(column in columns for columns in self.indexes.values())
            or any(column == named for _, named in self.constraints.values())
            or column in self.together
        )


@dataclass(frozen=True, slots=True)
class State:
    """All models. A change gives a new state; an operation that does not fit raises `DoesNotFit`."""

    models: dict[ModelKey, Model]

    def __iter__(self) -> Iterator[Model]:
        return iter(self.models.values())

    def model(self, uid: int) -> Model:
        for model in self:
            if model.uid == uid:
                return model
        raise DoesNotFit(f"no model {uid}")

    def get(self, app: str, name: str) -> Model:
        require((app, name.lower()) in self.models, f"no model {app}.{name}")
        return self.models[app, name.lower()]

    def put(self, model: Model) -> State:
        return State({**self.models, model.key: model})

    def without(self, model: Model) -> State:
        return State({key: each for key, each in self.models.items() if key != model.key})

    def points_to(self, uid: int) -> bool:
        """Whether another model has a relation to the model."""
        return any(
            column.target == uid for model in self if model.uid != uid for column in model.columns.values()
        )

    def names_in_use(self) -> set[str]:
        return {name for model in self for name in (*model.indexes, *model.constraints)}


class DoesNotFit(Exception):
    """The operation cannot be applied to this state."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise DoesNotFit(message)


@dataclass(frozen=True, slots=True)
class CreateModel:
    app: str
    name: str
    uid: int
    columns: tuple[tuple[str, Column], ...]

    def apply(self, state: State) -> State:
        require((self.app, self.name.lower()) not in state.models, "the model exists")
        for _, column in self.columns:
            require(not column.target or state.model(column.target) is not None, "no target")
        return state.put(Model(self.uid, self.app, self.name, dict(self.columns)))

    def source(self, state: State) -> str:
        rows = ["('id', models.BigAutoField(primary_key=True))"]
        rows += [f"({name!r}, {column.source(state)})" for name, column in self.columns]
        return f"migrations.CreateModel({self.name!r}, [\n            {', '.join(rows)},\n        ])"


@dataclass(frozen=True, slots=True)
class DeleteModel:
    app: str
    name: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.name)
        require(not state.points_to(model.uid), "a relation points to it")
        return state.without(model)

    def source(self, state: State) -> str:
        return f"migrations.DeleteModel({self.name!r})"


@dataclass(frozen=True, slots=True)
class RenameModel:
    app: str
    name: str
    new_name: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.name)
        require((self.app, self.new_name.lower()) not in state.models, "the new name is taken")
        return state.without(model).put(replace(model, name=self.new_name))

    def source(self, state: State) -> str:
        return f"migrations.RenameModel({self.name!r}, {self.new_name!r})"


@dataclass(frozen=True, slots=True)
class AddField:
    app: str
    model: str
    name: str
    column: Column
    once: Any = NO_DEFAULT  # a default for the rows that are there, which the field does not keep

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name not in model.columns, "the field exists")
        require(not self.column.target or state.model(self.column.target) is not None, "no target")
        return state.put(model.with_columns(**{self.name: self.column}))

    def source(self, state: State) -> str:
        if self.once == NO_DEFAULT:
            return f"migrations.AddField({self.model!r}, {self.name!r}, {self.column.source(state)})"
        given = replace(self.column, default=self.once).source(state)
        return f"migrations.AddField({self.model!r}, {self.name!r}, {given}, preserve_default=False)"


@dataclass(frozen=True, slots=True)
class RemoveField:
    app: str
    model: str
    name: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name in model.columns, "no such field")
        require(not model.uses(self.name), "it is used")
        return state.put(
            replace(model, columns={name: c for name, c in model.columns.items() if name != self.name})
        )

    def source(self, state: State) -> str:
        return f"migrations.RemoveField({self.model!r}, {self.name!r})"


@dataclass(frozen=True, slots=True)
class AlterField:
    app: str
    model: str
    name: str
    column: Column

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name in model.columns, "no such field")
        require(model.columns[self.name].uid == self.column.uid, "another field of that name")
        require(model.columns[self.name] != self.column, "nothing changes")
        return state.put(model.with_columns(**{self.name: self.column}))

    def source(self, state: State) -> str:
        return f"migrations.AlterField({self.model!r}, {self.name!r}, {self.column.source(state)})"


@dataclass(frozen=True, slots=True)
class RenameField:
    app: str
    model: str
    name: str
    new_name: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name in model.columns and self.new_name not in model.columns, "cannot be renamed")
        require(not model.uses(self.name), "it is used")
        columns = {self.new_name if name == self.name else name: c for name, c in model.columns.items()}
        return state.put(replace(model, columns=columns))

    def source(self, state: State) -> str:
        return f"migrations.RenameField({self.model!r}, {self.name!r}, {self.new_name!r})"


@dataclass(frozen=True, slots=True)
class AddIndex:
    app: str
    model: str
    name: str
    columns: tuple[str, ...]

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name not in state.names_in_use(), "the name is taken")
        require(all(column in model.columns for column in self.columns), "no such field")
        return state.put(replace(model, indexes={**model.indexes, self.name: self.columns}))

    def source(self, state: State) -> str:
        index = f"models.Index(fields={list(self.columns)!r}, name={self.name!r})"
        return f"migrations.AddIndex({self.model!r}, {index})"


@dataclass(frozen=True, slots=True)
class RemoveIndex:
    app: str
    model: str
    name: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name in model.indexes, "no such index")
        return state.put(replace(model, indexes=without(model.indexes, self.name)))

    def source(self, state: State) -> str:
        return f"migrations.RemoveIndex({self.model!r}, {self.name!r})"


@dataclass(frozen=True, slots=True)
class RenameIndex:
    app: str
    model: str
    name: str
    new_name: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name in model.indexes and self.new_name not in state.names_in_use(), "cannot be renamed")
        indexes = {**without(model.indexes, self.name), self.new_name: model.indexes[self.name]}
        return state.put(replace(model, indexes=indexes))

    def source(self, state: State) -> str:
        return f"migrations.RenameIndex({self.model!r}, new_name={self.new_name!r}, old_name={self.name!r})"


@dataclass(frozen=True, slots=True)
class AddConstraint:
    app: str
    model: str
    name: str
    kind: str  # unique, check
    column: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name not in state.names_in_use(), "the name is taken")
        require(self.column in model.columns, "no such field")
        return state.put(
            replace(model, constraints={**model.constraints, self.name: (self.kind, self.column)})
        )

    def source(self, state: State) -> str:
        if self.kind == "unique":
            constraint = f"models.UniqueConstraint(fields=[{self.column!r}], name={self.name!r})"
        else:
            constraint = (
                f"models.CheckConstraint({CONDITION}=models.Q({self.column}__gte=0), name={self.name!r})"
            )
        return f"migrations.AddConstraint({self.model!r}, {constraint})"


@dataclass(frozen=True, slots=True)
class RemoveConstraint:
    app: str
    model: str
    name: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(self.name in model.constraints, "no such constraint")
        return state.put(replace(model, constraints=without(model.constraints, self.name)))

    def source(self, state: State) -> str:
        return f"migrations.RemoveConstraint({self.model!r}, {self.name!r})"


@dataclass(frozen=True, slots=True)
class AlterUniqueTogether:
    app: str
    model: str
    columns: tuple[str, ...]

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(all(column in model.columns for column in self.columns), "no such field")
        require(model.together != self.columns, "nothing changes")
        return state.put(replace(model, together=self.columns))

    def source(self, state: State) -> str:
        together = "{" + repr(self.columns) + "}" if self.columns else "set()"
        return f"migrations.AlterUniqueTogether({self.model!r}, {together})"


@dataclass(frozen=True, slots=True)
class AlterModelOptions:
    app: str
    model: str
    options: tuple[tuple[str, Any], ...]

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(model.options != dict(self.options), "nothing changes")
        for column in dict(self.options).get("ordering", ()):
            require(column in model.columns, "no such field")
        return state.put(replace(model, options=dict(self.options)))

    def source(self, state: State) -> str:
        return f"migrations.AlterModelOptions({self.model!r}, {dict(self.options)!r})"


@dataclass(frozen=True, slots=True)
class AlterModelTable:
    app: str
    model: str
    table: str

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        require(model.db_table != self.table, "nothing changes")
        require(all(each.db_table != self.table for each in state), "the table is taken")
        return state.put(replace(model, table=self.table))

    def source(self, state: State) -> str:
        return f"migrations.AlterModelTable({self.model!r}, {self.table!r})"


@dataclass(frozen=True, slots=True)
class DataStep:
    """A data operation. `kind`: mark (each row is marked), sql (the same by RunSQL), insert (one row), copy (`target` is made from
    `origin`), number (`target` becomes the row's primary key). All of them leave `token` in the rows that they touch."""

    app: str
    model: str
    number: int
    kind: str
    function: str
    target: str = ""
    origin: str = ""
    inserted: tuple[tuple[str, Any], ...] = ()
    is_imported: bool = False  # the function is in the app's steps.py
    model_uid: int = 0
    target_uid: int = 0
    origin_uid: int = 0

    def bound(self, state: State) -> DataStep:
        """With the uids of what it works on."""
        model = state.get(self.app, self.model)
        uids = [model.columns[name].uid if name else 0 for name in (self.target, self.origin)]
        return replace(self, model_uid=model.uid, target_uid=uids[0], origin_uid=uids[1])

    @property
    def token(self) -> str:
        return f"{'i' if self.kind == 'insert' else 'd'}{self.number};"

    def apply(self, state: State) -> State:
        model = state.get(self.app, self.model)
        for column in filter(None, (self.target, self.origin)):
            require(column in model.columns, "no such field")
        if self.kind == "insert":
            known = dict(self.inserted)
            require(all(column in model.columns for column in known), "no such field")
            for name, column in model.columns.items():
                unset = name not in known and not column.null and column.default == NO_DEFAULT
                require(column.kind == "m2m" or not unset, "a value is missing")
                require(
                    name in known
                    or column.default == NO_DEFAULT
                    or (not model.uses(name) and not column.unique),
                    "not unique",
                )
        return state

    def source(self, state: State) -> str:
        if self.kind == "sql":
            table = state.get(self.app, self.model).db_table
            update = f"UPDATE {table} SET {MARK} = {MARK} || '{self.token}'"
            return f'migrations.RunSQL("{update}", migrations.RunSQL.noop)'
        return f"migrations.RunPython({self.function}, migrations.RunPython.noop)"

    def code(self) -> str:
        """The function that RunPython runs; empty for RunSQL."""
        if self.kind == "sql":
            return ""
        lines = [
            f"def {self.function}(apps, schema_editor):",
            f"    rows = apps.get_model({self.app!r}, {self.model!r}).objects",
        ]
        if self.kind == "insert":
            values = "".join(f", {name}={value!r}" for name, value in self.inserted)
            return "\n".join([*lines, f"    rows.create({MARK}={self.token!r}{values})"])
        lines.append('    for row in rows.order_by("pk"):')
        names = [MARK]
        if self.kind == "copy":
            lines.append(f'        row.{self.target} = f"c{self.number}:{{row.{self.origin}}}"')
            names.append(self.target)
        if self.kind == "number":
            lines.append(f"        row.{self.target} = row.pk")
            names.append(self.target)
        return "\n".join(
            [*lines, f"        row.{MARK} += {self.token!r}", f"        row.save(update_fields={names!r})"]
        )


def without(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}


Operation: TypeAlias = (
    CreateModel
    | DeleteModel
    | RenameModel
    | AddField
    | RemoveField
    | AlterField
    | RenameField
    | AddIndex
    | RemoveIndex
    | RenameIndex
    | AddConstraint
    | RemoveConstraint
    | AlterUniqueTogether
    | AlterModelOptions
    | AlterModelTable
    | DataStep
)
