"""The rehearsal's states, which render only what has changed, are those that Django makes of nothing: after every operation, in every order of rendering."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import conditional_databases  # noqa: F401  (settings)
import django
import pytest
from django.db import migrations, models
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.state import StateApps
from schema_cases import CASES, Case, executed

from stitchback.rehearsal.states import RehearsalState, RehearsalStates

Step = tuple[str, Any]
CASCADE = models.CASCADE
CONNECTION = DatabaseWrapper({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"})


def key() -> Any:
    return models.BigAutoField(primary_key=True)


def create(model: str, /, **fields: Any) -> Any:
    return migrations.CreateModel(model, [("id", key()), *fields.items()])


# Hub <- Order <- Line (its key is the relation), Hub <- Tagged (many to many), Hub <- Heir (inherits), Code <- Order (by another field)
BASE = [
    create("Hub", name=models.CharField(max_length=9)),
    migrations.CreateModel("Code", [("code", models.CharField(max_length=9, unique=True)), ("id", key())]),
    create(
        "Order",
        hub=models.OneToOneField("shop.hub", CASCADE, unique=True, null=True),
        code=models.ForeignKey("shop.Code", CASCADE, to_field="code", null=True),
    ),
    migrations.CreateModel(
        "Line", [("order", models.OneToOneField("shop.Order", CASCADE, primary_key=True))]
    ),
    create("Note", line=models.ForeignKey("Line", CASCADE), me=models.ForeignKey("self", CASCADE, null=True)),
    migrations.CreateModel(
        "Heir",
        [("hub_ptr", models.OneToOneField("shop.Hub", CASCADE, parent_link=True, primary_key=True))],
        bases=("shop.hub",),
    ),
    migrations.CreateModel("Proxy", [], options={"proxy": True}, bases=("shop.heir",)),
    create("Tagged", hubs=models.ManyToManyField("shop.Hub", related_name="tags")),
    create("Via", hub=models.ForeignKey("shop.Hub", CASCADE), note=models.ForeignKey("shop.Note", CASCADE)),
    migrations.AddField("note", "hubs", models.ManyToManyField("shop.Hub", through="shop.Via")),
]
LATER: dict[str, list[Any]] = {
    "the key of the hub": [migrations.AlterField("hub", "id", models.AutoField(primary_key=True))],
    "the key in the middle": [
        migrations.AlterField("line", "order", models.OneToOneField("shop.hub", CASCADE, primary_key=True))
    ],
    "the field that is named": [migrations.AlterField("code", "code", models.CharField(max_length=5, unique=True))],
    "the field that is named, renamed": [migrations.RenameField("code", "code", "sign")],
    "a field that is named and not unique": [migrations.AlterField("code", "code", models.IntegerField())],
    "the key, renamed": [migrations.RenameField("hub", "id", "number")],
    "a target, renamed": [migrations.RenameModel("Code", "Sign")],
    "one in the middle, renamed": [migrations.RenameModel("Order", "Bill")],
    "the table": [migrations.AlterModelTable("hub", "centres"), migrations.AlterModelTable("line", "lines")],
    "an end, renamed": [migrations.RenameModel("Note", "Remark")],
    "one between, renamed": [migrations.RenameModel("Via", "Between")],
    "a proxy, renamed": [migrations.RenameModel("Proxy", "Stand")],
    "a field of the parent": [migrations.AddField("hub", "size", models.IntegerField(null=True))],
    "a field of the parent, altered": [migrations.AlterField("hub", "name", models.TextField())],
    "a relation more": [migrations.AddField("code", "hub", models.ForeignKey("shop.Hub", CASCADE, null=True))],
    "a relation less": [migrations.RemoveField("order", "hub"), migrations.RemoveField("tagged", "hubs")],
    "the other end of a relation": [
        migrations.AlterField("order", "hub", models.ForeignKey("shop.Code", CASCADE, null=True))
    ],
    "many to many, to another": [migrations.AlterField("tagged", "hubs", models.ManyToManyField("shop.Code"))],
    "made anew": [migrations.RemoveField("note", "hubs"), migrations.DeleteModel("Via"), create("Via")],
    "a circle": [
        create("One"),
        create("Two", one=models.ForeignKey("One", CASCADE)),
        migrations.AddField("One", "two", models.ForeignKey("Two", CASCADE, null=True)),
        migrations.AlterField("one", "id", models.AutoField(primary_key=True)),
    ],
    "an index and its options": [
        migrations.AddIndex("hub", models.Index(fields=["name"], name="i")),
        migrations.AlterModelOptions("hub", {"verbose_name": "x"}),
        migrations.AlterUniqueTogether("order", {("hub", "code")}),
        migrations.RenameField("order", "code", "sign"),
    ],
}  # fmt: skip


def seen(apps: Any) -> dict[str, object]:
    """All that an operation or the schema editor reads of the models."""
    labels = [each._meta.label for each in apps.get_models(include_auto_created=True)]
    return {label: facts(apps.get_model(label)) for label in labels}


def facts(model: Any) -> object:
    meta = model._meta
    fields = [
        (
            field.name,
            field.column,
            field.db_type(CONNECTION),
            *(
                [remote.label, remote.db_table, [(each.column, each.db_type(CONNECTION)) for each in targets]]
                if (remote := getattr(field.related_model, "_meta", None))
                and (targets := getattr(field, "foreign_related_fields", ())) is not None
                else [field.related_model]
            ),
        )
        for field in (*meta.fields, *meta.many_to_many)
    ]
    through = [facts(field.remote_field.through) for field in meta.local_many_to_many if is_made(field)]
    related = sorted((each.related_model._meta.label, each.field.name) for each in meta.related_objects)
    names = [each.name for each in (*meta.indexes, *meta.constraints)]
    bases = [base._meta.label for base in model.__mro__ if hasattr(base, "_meta")]
    return meta.db_table, fields, through, related, names, sorted(meta.unique_together), bases, meta.pk.name


def is_made(field: Any) -> bool:
    return bool(field.remote_field.through._meta.auto_created)


def states(steps: Iterable[Step]) -> Iterator[RehearsalState]:
    """What the rehearsal makes of the operations, one migration each."""
    kept = RehearsalStates()
    state: Any = kept.by_number[0]
    for number, (app, operation) in enumerate(steps):
        migration: Any = migrations.Migration(str(number), app)
        migration.operations, migration.content = [operation], number
        state = kept.steps_of(state, migration)[-1]
        yield state


def check(steps: Sequence[Step], rendered: Callable[[int], bool]) -> None:
    made: list[RehearsalState] = []
    for number, state in enumerate(states(steps)):
        made.append(state)
        if rendered(number):
            assert seen(state.apps) == seen(StateApps(state.real_apps, state.models))
    for state in (made[0], made[-1]):
        assert seen(state.apps) == seen(StateApps(state.real_apps, state.models))


WAYS = {"each": lambda _: True, "at the end": lambda _: False, "every third": lambda number: number % 3 == 0}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LATER)
def test_between_models(name: str, way: str) -> None:
    check([("shop", each) for each in (*BASE, *LATER[name])], WAYS[way])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_operation(case: Case) -> None:
    if not case.since <= django.VERSION[:2] < case.until:
        pytest.skip(f"not in Django {django.get_version()}")
    steps = [(each.app_label, operation) for each in executed(case) for operation in each.operations]
    check(steps, WAYS["each"])


def test_renaming_a_field_leaves_the_states_before_as_they_were() -> None:
    steps = [("shop", each) for each in (*BASE, *LATER["the field that is named, renamed"])]
    *_, before, after = states(steps)
    assert after.models["shop", "order"].fields["code"].remote_field.field_name == "sign"
    assert before.models["shop", "order"].fields["code"].remote_field.field_name == "code"


def test_what_nothing_changes_is_shared() -> None:
    """A model that an operation changes and one that reads what it changes are rendered; no other one is."""

    def rendered(name: str) -> set[str]:
        steps = [("shop", each) for each in (*BASE, *LATER[name])]
        *_, before, after = states(steps)
        assert before.apps is not after.apps
        old = {each._meta.model_name: each for each in before.apps.get_models()}
        return {
            each._meta.model_name
            for each in after.apps.get_models()
            if each is not old[each._meta.model_name]
        }

    assert rendered("a relation more") == {"code"}
    assert rendered("a field of the parent") == {"hub", "heir", "proxy"}
    assert rendered("the field that is named") == {"code", "order"}
    assert rendered("the key of the hub") == {
        "hub",
        "heir",
        "proxy",
        "order",
        "line",
        "note",
        "tagged",
        "via",
    }
