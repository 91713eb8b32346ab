"""Values that were read, as Django's own objects; nothing else is ever called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import models
from migration_values import add, char, create, field, foreign_key, integer, keys, migration, operation
from plans_by_hand import P, X, candidate, patch, situation
from rehearsing_by_hand import refusals, rehearsed

from stitchback.model.source import Opaque, Span
from stitchback.model.values import TRUE, Call, Code, Constant, Items, Reference, Value
from stitchback.rehearsal.django_objects import Builder, NoConstraint, Unbuildable


def builder(**bases: str) -> Builder:
    return Builder(
        {"AUTH_USER_MODEL": "people.User"}, {f"shop.fields.{name}": base for name, base in bases.items()}, {}
    )


def call(path: str, *args: Value, **kwargs: Value) -> Call:
    return Call(Reference(path), args, tuple(sorted(kwargs.items())))


HOSTILE = (
    call("os.system", Constant("touch {ran}")),
    call("builtins.open", Constant("{ran}"), Constant("w")),
    call("builtins.eval", Constant("open('{ran}', 'w')")),
    call("builtins.__import__", Constant("os")),
    call("django.db.models.sys.exit"),
    call("django.db.models.query.__import__", Constant("os")),
    call("django.utils.module_loading.import_string", Constant("os.system")),
    call("django.core.management.call_command", Constant("startproject"), Constant("{ran}")),
    call("django.db.models.signals.connection"),
    Reference("shop.models.SECRET"),
    Code("<lambda>", "x", "lambda: open('{ran}', 'w')"),
)


def filled(value: Any, ran: str) -> Any:
    """The value with the path in it."""
    match value:
        case Constant(value=str(words)):
            return Constant(words.replace("{ran}", ran))
        case Call(callee=callee, args=args, kwargs=kwargs):
            return Call(callee, tuple(filled(each, ran) for each in args), kwargs)
        case Code(name=name, source=source):
            return Code(name, "x", source.replace("{ran}", ran))
    return value


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_of_a_branch_is_called(value: Value, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(Unbuildable):
        builder().build(filled(value, str(ran)))
    assert not ran.exists()


@pytest.mark.parametrize("value", HOSTILE)
def test_as_a_default_or_in_a_constraint_neither(value: Value, tmp_path: Path) -> None:
    """The plan is rehearsed all the same: a default is a value like any other."""
    ran = tmp_path / "ran"
    hostile = filled(value, str(ran))
    check = call("django.db.models.CheckConstraint", check=hostile, name=Constant("x"))
    ours = migration(
        "shop.0003_p",
        "shop.0002_base",
        add("item", "color", char(default=hostile)),
        operation("AddConstraint", model_name=Constant("item"), constraint=check),
        operation("RunPython", code=hostile),
    )
    given = situation(X, patches=[patch(ours)])
    plan = candidate(given, ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x"))
    assert refusals(plan, given) == ""
    assert not ran.exists()


@pytest.mark.parametrize(
    "name", ['x"; DROP TABLE shop_item; --', "x' OR 1=1", "\x1b[2Jred", "a b", "ATTACH", "üñí", "x\ny"]
)
def test_hostile_names_of_tables_and_columns(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At worst Django or SQLite refuses them, on every branch alike."""
    monkeypatch.chdir(tmp_path)
    ours = migration(
        "shop.0003_p",
        "shop.0002_base",
        create("Odd", {"db_table": Constant(name)}, title=char(db_column=Constant(name))),
    )
    given = situation(X, patches=[patch(ours)])
    plan = candidate(given, ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x"))
    answer = rehearsed(plan, given)
    assert answer.total == 4
    assert list(tmp_path.iterdir()) == []


def test_fields_of_django() -> None:
    made = builder().field(
        field("DecimalField", max_digits=Constant(5), decimal_places=Constant(2), null=TRUE)
    )
    assert type(made) is models.DecimalField
    assert (made.max_digits, made.decimal_places, made.null) == (5, 2, True)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("CharField", {"max_length": Constant(9)}),
        ("TextField", {}),
        ("EmailField", {}),
        ("SlugField", {}),
        ("IntegerField", {}),
        ("JSONField", {}),
        ("FileField", {}),
        ("DateField", {}),
    ],
)
def test_a_verbose_name_by_its_position(name: str, more: dict[str, Value]) -> None:
    """`CharField(*args, …)` passes it on to `Field`."""
    value = field(name, **more)
    made = builder().field(Call(value.callee, (Constant("Title"),), value.kwargs))
    assert type(made) is getattr(models, name)
    assert made.verbose_name == "Title"


def test_a_setting_is_the_trees_own() -> None:
    to = Reference("django.conf.settings.AUTH_USER_MODEL")
    made = builder().field(field("ForeignKey", to=to, on_delete=Reference("django.db.models.PROTECT")))
    assert made.remote_field.model == "people.User"
    assert made.remote_field.on_delete is models.PROTECT


@pytest.mark.parametrize(
    ("path", "arguments", "cls"),
    [
        ("shop.fields.Barcode", {"max_length": Constant(9), "strict": TRUE}, models.CharField),
        (
            "shop.fields.Owner",
            {"to": Constant("shop.item"), "on_delete": Reference("django.db.models.CASCADE")},
            models.ForeignKey,
        ),
        ("shop.fields.Moment", {"null": TRUE}, models.TextField),
        ("elsewhere.Unknown", {"null": TRUE}, models.TextField),
        ("elsewhere.Link", {"to": Constant("shop.item"), "on_delete": Reference("x.Y")}, models.ForeignKey),
        (
            "mptt.fields.TreeForeignKey",
            {"to": Constant("self"), "on_delete": Reference("django.db.models.CASCADE")},
            models.ForeignKey,
        ),
        (
            "django.contrib.postgres.fields.ArrayField",
            {"base_field": field("IntegerField"), "size": Constant(3)},
            models.JSONField,
        ),
        ("django.contrib.gis.db.models.PointField", {"srid": Constant(4326)}, models.TextField),
    ],
)
def test_a_field_of_another_package_is_one_of_django(
    path: str, arguments: dict[str, Value], cls: type
) -> None:
    own = builder(
        Barcode="shop.fields.Base",
        Base="django.db.models.CharField",
        Owner="django.db.models.ForeignKey",
        Moment="django.db.models.Field",
    )
    assert type(own.field(call(path, **arguments))) is cls
    assert any(path in text for text in own.substituted), "the report names it"


def test_expressions_and_conditions() -> None:
    condition = call(
        "operator.or_", call("django.db.models.Q", a=Constant(1)), call("django.db.models.Q", b=Constant(2))
    )
    made = builder().build(condition)
    assert made == models.Q(a=1) | models.Q(b=2)
    index = call(
        "django.db.models.Index",
        call("django.db.models.functions.Lower", Constant("name")),
        name=Constant("i"),
    )
    assert builder().definition(index).expressions


def test_what_only_postgresql_has() -> None:
    path = "django.contrib.postgres"
    own = builder()
    gin = call(
        f"{path}.indexes.GinIndex",
        fields=Items("list", (Constant("a"),)),
        name=Constant("g"),
        fastupdate=TRUE,
    )
    assert type(own.definition(gin)) is models.Index
    exclusion = call(
        f"{path}.constraints.ExclusionConstraint", name=Constant("e"), expressions=Items("list", ())
    )
    assert isinstance(own.definition(exclusion), NoConstraint)
    assert len(own.substituted) == 2


def only_postgresql() -> tuple[Any, ...]:
    path = "django.contrib.postgres"
    index = call(f"{path}.indexes.GinIndex", fields=Items("list", (Constant("base"),)), name=Constant("g"))
    search = call(
        f"{path}.indexes.GinIndex", call(f"{path}.search.SearchVector", Constant("base")), name=Constant("s")
    )
    exclusion = call(
        f"{path}.constraints.ExclusionConstraint", name=Constant("e"), expressions=Items("list", ())
    )
    item = Constant("item")
    return (
        operation("BtreeGistExtension"),
        operation("AddIndexConcurrently", model_name=item, index=index),
        operation("AddIndex", model_name=item, index=search),
        operation("AddConstraint", model_name=item, constraint=exclusion),
        operation("RemoveConstraint", model_name=item, name=Constant("e")),
        operation("RemoveIndexConcurrently", model_name=item, name=Constant("g")),
        operation("RemoveIndex", model_name=item, name=Constant("s")),
    )


def test_operations_that_only_postgresql_has() -> None:
    """They are in nobody's way, and the answer names what was left out."""
    ours = migration("shop.0003_p", "shop.0002_base", *only_postgresql()).with_changes(atomic=False)
    given = situation(X, patches=[patch(ours)])
    answer = rehearsed(candidate(given, ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x")), given)
    assert answer.disagreements == ()
    assert answer.rehearsed == answer.total == 4
    assert any("ExclusionConstraint e left out" in text for text in answer.remarks)


def test_an_operation_that_cannot_be_read() -> None:
    """What fails after it in its app is not held against the plan; the answer says from where on the database was not rehearsed."""
    opaque = Opaque("a call of a function", "make_models()", Span("shop/migrations/0003_p.py", 7))
    ours = migration("shop.0003_p", "shop.0002_base", opaque, add("made_there", "color"))
    given = situation(X, patches=[patch(ours)])
    answer = rehearsed(candidate(given, ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x")), given)
    assert answer.disagreements == ()
    assert answer.rehearsed < answer.total
    assert any("0003_p.py:7: a call of a function" in text for text in answer.remarks)


def test_an_operation_of_another_app_that_cannot_be_read_excuses_nothing() -> None:
    opaque = Opaque("a call of a function", "make_models()", Span("blog/migrations/0002_o.py", 7))
    ours = (
        migration("blog.0002_o", "blog.0001_initial", opaque),
        migration("shop.0003_p", "shop.0002_base", add("item", "base")),
    )
    given = situation(X, patches=[patch(P)])
    assert "duplicate column" in refusals(
        candidate(given, *ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x")), given
    )


def test_what_cannot_be_read_excuses_no_graph_and_no_difference() -> None:
    """Two leaves, and tables that a database lacks after a migrate without an error, are not its doing."""
    opaque = Opaque("a call of a function", "make_models()", Span("shop/migrations/0003_p.py", 7))
    ours = migration("shop.0003_p", "shop.0002_base", opaque, add("item", "color"))
    given = situation(X, patches=[patch(ours)])
    assert "multiple leaf nodes" in refusals(candidate(given, ours), given)
    theirs = migration("shop.0003_p", "shop.0002_base", opaque, add("item", "size", integer()))
    given = situation(theirs, patches=[patch(ours)])
    assert "column shop_item.size is missing" in refusals(candidate(given), given)


def test_models_of_installed_packages_are_stood_for() -> None:
    """By a table with an id, and with the fields that are pointed at."""
    to = foreign_key("auth.user", to_field=Constant("username"), null=TRUE)
    ours = migration("shop.0003_p", (*keys("shop.0002_base auth.0012_last"),), add("item", "owner", to))
    given = situation(X, patches=[patch(ours)])
    answer = rehearsed(candidate(given, ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x")), given)
    assert answer.disagreements == ()
    assert answer.rehearsed == answer.total


def test_a_hand_written_statement_is_taken_at_its_word() -> None:
    made = create("Odd", title=char())
    by_hand = operation("RunSQL", sql=Constant("CREATE TABLE shop_odd (id int)"))
    both = type(made)("SeparateDatabaseAndState", by_hand.path, (), made.span, (by_hand,), (made,))
    ours = migration("shop.0003_p", "shop.0002_base", both, add("odd", "more"))
    given = situation(X, patches=[patch(ours)])
    assert (
        refusals(candidate(given, ours, migration("shop.0009_merge", "shop.0003_p shop.0003_x")), given) == ""
    )
