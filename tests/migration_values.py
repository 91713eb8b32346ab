"""Migrations, operations and trees by hand, for tests that need no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.operations import Followed, Operation, ReachedCode, TreeWork
from stitchback.model.problems import Problem, raised
from stitchback.model.source import Opaque, Span
from stitchback.model.values import TRUE, Call, Code, Constant, Dictionary, Items, Reference, Value

MODELS = "django.db.models."


def key(text: str) -> MigrationKey:
    return MigrationKey.parse(text)


def worded(message: str) -> Problem:
    """A problem of which a test knows the words alone."""
    return raised("Error", message, message)


def keys(text: str) -> tuple[MigrationKey, ...]:
    return tuple(key(word) for word in text.split())


def migration(
    name: str,
    after: str | Iterable[Dependency] = "",
    *operations: Operation | Opaque,
    replaces: str = "",
    run_before: str = "",
    initial: bool | None = None,
) -> Migration:
    """`migration("shop.0002_b", "shop.0001_a", add("item", "color"))`; its blob tells its content."""
    dependencies = keys(after) if isinstance(after, str) else tuple(after)
    made = Migration(
        key(name),
        f"{key(name).app}/migrations/{key(name).name}.py",
        "",
        dependencies=dependencies,
        run_before=keys(run_before),
        replaces=keys(replaces),
        operations=tuple(operations),
        initial=initial,
    )
    return _as_file(made)


def edited(migration: Migration, **changes: object) -> Migration:
    """The migration with these changes, as another file under the same name."""
    return _as_file(migration.with_changes(**changes))


def _as_file(made: Migration) -> Migration:
    return made.with_changes(blob=f"{hash(repr(made.with_changes(blob=''))) & (2**64 - 1):016x}")


def tree(*migrations: Migration, ref: str = "main") -> Tree:
    return Tree(ref, ref, {made.key: made for made in migrations})


def operation(kind: str, **arguments: Value) -> Operation:
    return Operation(
        kind, f"django.db.migrations.{kind}", tuple(sorted(arguments.items())), Span("shop/migrations/x.py")
    )


def char(length: int = 20, **arguments: Value) -> Call:
    return field("CharField", max_length=Constant(length), **arguments)


def integer(**arguments: Value) -> Call:
    return field("IntegerField", **({"null": TRUE} | arguments))


def field(cls: str, **arguments: Value) -> Call:
    return Call(Reference(MODELS + cls), (), tuple(sorted(arguments.items())))


def foreign_key(to: str, **arguments: Value) -> Call:
    return field("ForeignKey", to=Constant(to), on_delete=Reference(MODELS + "CASCADE"), **arguments)


ID = field("BigAutoField", primary_key=TRUE, auto_created=TRUE, serialize=Constant(False))


def create(model: str, options: Mapping[str, Value] | None = None, /, **fields: Value) -> Operation:
    """CreateModel with an `id` and these fields."""
    pairs = {"id": ID} | fields
    rendered = Items(
        "list", tuple(Items("tuple", (Constant(label), value)) for label, value in pairs.items())
    )
    extra = {"options": Dictionary(tuple((Constant(k), v) for k, v in options.items()))} if options else {}
    return operation("CreateModel", name=Constant(model), fields=rendered, **extra)


def add_index(model: str, name: str, *fields: str) -> Operation:
    return operation("AddIndex", model_name=Constant(model), index=_over("Index", name, fields))


def add_unique(model: str, name: str, *fields: str) -> Operation:
    return operation(
        "AddConstraint", model_name=Constant(model), constraint=_over("UniqueConstraint", name, fields)
    )


def _over(cls: str, name: str, fields: tuple[str, ...]) -> Call:
    labels = Items("list", tuple(map(Constant, fields)))
    return Call(Reference(MODELS + cls), (), (("fields", labels), ("name", Constant(name))))


def alter_options(model: str, **options: str) -> Operation:
    pairs = tuple((Constant(name), Constant(value)) for name, value in sorted(options.items()))
    return operation("AlterModelOptions", name=Constant(model), options=Dictionary(pairs))


def delete(name: str) -> Operation:
    return operation("DeleteModel", name=Constant(name))


def add(model: str, name: str, value: Value | None = None) -> Operation:
    return operation(
        "AddField", model_name=Constant(model), name=Constant(name), field=value or char(null=TRUE)
    )


def alter(model: str, name: str, value: Value) -> Operation:
    return operation("AlterField", model_name=Constant(model), name=Constant(name), field=value)


def remove(model: str, name: str) -> Operation:
    return operation("RemoveField", model_name=Constant(model), name=Constant(name))


def rename(model: str, old: str, new: str) -> Operation:
    return operation(
        "RenameField", model_name=Constant(model), old_name=Constant(old), new_name=Constant(new)
    )


def run_imported(digest: str, on_mainline: str = "") -> Operation:
    """A RunPython that calls `shop.rules.fill` of `shop/rules.py`, whose text has this digest, and that one on mainline."""

    def work(text: str) -> TreeWork:
        return TreeWork(
            run_python(), lambda: Followed(text, {"shop.rules.fill": ReachedCode("shop/rules.py", text)})
        )

    followed = work(digest)
    followed.on_mainline = work(on_mainline) if on_mainline else None
    return replace(run_python(), work=followed)


def run_python(body: str = "fill", *, empty: bool = False) -> Operation:
    return operation(
        "RunPython", code=Code(body, f"fingerprint of {body}", f"def {body}(apps, editor): ...", empty)
    )
