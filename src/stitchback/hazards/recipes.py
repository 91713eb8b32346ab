"""Ways to make a change in several releases, as lines that can be pasted into migrations: at each stop, the code of the release before it works.

After Open edX's guide "Everything about database migrations" (https://openedx.atlassian.net/wiki/spaces/AC/pages/23003228) and Django's SeparateDatabaseAndState.
"""

from __future__ import annotations

from stitchback.model.source import Opaque
from stitchback.model.state import Field
from stitchback.model.values import TRUE, Call, Code, Constant, Reference, Value, render, walk
from stitchback.schema.compatibility import Usage
from stitchback.schema.inserting import must_be_given

Recipe = tuple[str, ...]
MODELS = "django.db.models."
NOW = Call(Reference(MODELS + "functions.Now"))
IN_STATE = "migrations.SeparateDatabaseAndState(state_operations=[{}]),"


def field_source(field: Field | None, **changes: Value | None) -> str:
    """The field as a migration writes it. What cannot be written in a line (a function of the project) is left out."""
    if field is None:
        return "..."
    for name, value in changes.items():
        field = field.with_argument(name, value)
    arguments = [
        (f"{name}=" if not name.isdigit() else "") + _source(value)
        for name, value in field.arguments
        if not any(isinstance(part, Code | Opaque) for part in walk(value))
    ]
    return f"{_source_of_path(field.path)}({', '.join(arguments)})"


def _source(value: Value) -> str:
    return render(value).replace(MODELS, "models.")


def _source_of_path(path: str) -> str:
    return "models." + path.removeprefix(MODELS) if path.startswith(MODELS) else path


def _named(usage: Usage) -> str:
    return f'"{usage.model.model}", "{usage.field}"'


def _operation(kind: str, usage: Usage, *more: str) -> str:
    return f"migrations.{kind}({', '.join((_named(usage), *more))})"


def drop_column(usage: Usage, field: Field | None) -> Recipe:
    """Make it nullable and stop using it, then drop it."""
    needs_null = field is not None and must_be_given(field, by_sql=True)
    loosen = _operation("AlterField", usage, field_source(field, null=TRUE, default=None))
    return (
        f"# Release 1: the models no longer have {usage}, the table still has the column",
        *((f"{loosen},",) if needs_null else ()),
        IN_STATE.format(_operation("RemoveField", usage)),
        "# Release 2, when no server runs older code: the column goes",
        IN_STATE.format(_operation("AddField", usage, field_source(field, null=TRUE, default=None))),
        f"{_operation('RemoveField', usage)},",
    )


def rename_column(usage: Usage, field: Field | None, column: str, new_name: str) -> Recipe:
    """The attribute gets the new name, and the column keeps its own."""
    kept = field_source(field, db_column=Constant(column))
    return (
        f"# One release: the column keeps its name; write {_column_of(kept, column)} in the model",
        f"{_operation('AlterField', usage, kept)},",
        f'migrations.RenameField("{usage.model.model}", "{usage.field}", "{new_name}"),',
        "# To rename the column as well: add the new field (null=True), write both and copy the rows, read the new one,",
        f"# and drop {usage} in two more releases: one release each",
    )


def _column_of(field: str, column: str) -> str:
    return f'db_column="{column}"' if field != "..." else f'the field with db_column="{column}"'


def drop_table(usage: Usage, tables: tuple[str, ...]) -> Recipe:
    drops = tuple(f"migrations.RunSQL('DROP TABLE {table}', migrations.RunSQL.noop)," for table in tables)
    return (
        f"# Release 1: the models no longer have {usage}, the table stays",
        IN_STATE.format(f'migrations.DeleteModel("{usage.label}")'),
        "# Release 2, when no server runs older code",
        *drops,
    )


def rename_table(usage: Usage, new_name: str) -> Recipe:
    return (
        f'# One release: the table keeps its name; write db_table = "{usage.table}" in the Meta of the model',
        f'migrations.AlterModelTable("{usage.model.model}", "{usage.table}"),',
        f'migrations.RenameModel("{usage.label}", "{new_name}"),',
        "# Many-to-many fields need db_table, too, and their columns are renamed with the model: give such a field a through model first",
    )


def drop_many_to_many(usage: Usage) -> Recipe:
    return (
        f"# Release 1: the models no longer have {usage}, the table stays",
        IN_STATE.format(_operation("RemoveField", usage)),
        "# Release 2, when no server runs older code",
        f"migrations.RunSQL('DROP TABLE {usage.table}', migrations.RunSQL.noop),",
    )


def rename_many_to_many(usage: Usage, field: Field | None, new_name: str) -> Recipe:
    kept = field_source(field, db_table=Constant(usage.table))
    return (
        f'# One release: the table keeps its name; write db_table="{usage.table}" in the field',
        f"{_operation('AlterField', usage, kept)},",
        f'migrations.RenameField("{usage.model.model}", "{usage.field}", "{new_name}"),',
    )


def add_column(usage: Usage, name: str, field: Field | None) -> Recipe:
    """With a default in the database, or nullable first."""
    added = Usage(usage.model, usage.label, name, usage.table)
    plain = field_source(field, default=None)
    default = _default_of(field)
    return (
        "# Django 5 and later, one release: the database fills the column for older code",
        f"{_operation('AddField', added, field_source(field, default=None, db_default=default))},",
        "# Any Django. Release 1: the column may be NULL, and the new code writes it",
        f"{_operation('AddField', added, field_source(field, default=None, null=TRUE))},",
        "# Release 2, when no server runs older code: fill the rows that have none with a RunPython, then",
        f"{_operation('AlterField', added, plain)},",
    )


def _default_of(field: Field | None) -> Value:
    said = field.argument("default") if field is not None else None
    if isinstance(said, Constant):
        return said
    kinds = {"BooleanField": Constant(False), "DecimalField": Constant(0), "FloatField": Constant(0.0)}
    name = field.path.removeprefix(MODELS) if field is not None else ""
    if name in ("DateTimeField", "DateField"):
        return NOW
    return kinds.get(name, Constant(0) if "Integer" in name else Constant(""))


def tighten(usage: Usage, field: Field | None, rule: str) -> Recipe:
    """What the code has to do before the database enforces it."""
    return (
        f"# Release 1: the code of {usage} keeps the rule ({rule}); no migration",
        "# Release 2, when no server runs older code: correct the rows that break it with a RunPython, then this migration",
    )


def replace_column(usage: Usage, field: Field | None, new_field: Field | None) -> Recipe:
    """A second column beside it. `field` is the one that goes."""
    new = Usage(usage.model, usage.label, f"new_{usage.field}", usage.table)
    return (
        f"# Release 1: add a second column of the new type beside {usage}; the code writes both",
        f"{_operation('AddField', new, field_source(new_field, null=TRUE, default=None))},",
        "# Release 2: copy the rows that have none with a RunPython; the code reads the new one and still writes both",
        f"# Release 3: the models no longer have {usage}",
        IN_STATE.format(_operation("RemoveField", usage)),
        "# Release 4, when no server runs older code: the old column goes",
        IN_STATE.format(_operation("AddField", usage, field_source(field, null=TRUE, default=None))),
        f"{_operation('RemoveField', usage)},",
    )
