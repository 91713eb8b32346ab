"""Laws, over random histories.

* Effects played from nothing end where a fresh install is (`physical_of`).
* Atoms add up: what was added and not removed is what is there, under its own identity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st
from schema_sources import operations

from stitchback.matching.replay import play_with_identity
from stitchback.model.atoms import Added, Removed, SchemaObject, SchemaObjectKind
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.physical import PhysicalSchema
from stitchback.model.state import SchemaState
from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.schema.apply_effect import run_effect
from stitchback.schema.atoms_between import parts_of
from stitchback.schema.tables import physical_of

FIELDS = ("IntegerField()", "CharField(max_length=9, unique=True)", "SlugField()", "TextField(null=True)")


@dataclass
class History:
    """A random history that Django would accept, as it grows: model -> field -> what kind of field it is."""

    draw: st.DrawFn
    models: dict[str, dict[str, str]] = field(default_factory=dict)
    together: dict[str, tuple[str, str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def model(self) -> str:
        return self.draw(st.sampled_from(sorted(self.models)))

    def step(self) -> None:
        choices = [self.create]
        if self.models:
            choices += [self.add, self.relate, self.many, self.rename_model, self.table]
            choices += [self.alter, self.remove, self.rename, self.unite, self.delete]
        self.draw(st.sampled_from(choices))()

    def create(self) -> None:
        name = self.fresh("M")
        self.models[name] = {}
        self.lines.append(f'CreateModel("{name}", [("id", AutoField(primary_key=True))])')

    def add(self) -> None:
        model, name = self.model(), self.fresh("f")
        self.models[model][name] = "plain"
        self.lines.append(f'AddField("{model}", "{name}", {self.draw(st.sampled_from(FIELDS))})')

    def relate(self) -> None:
        model, name = self.model(), self.fresh("f")
        self.models[model][name] = "key"
        self.lines.append(
            f'AddField("{model}", "{name}", ForeignKey("{self.model()}", CASCADE, related_name="+"))'
        )

    def many(self) -> None:
        model, name = self.model(), self.fresh("f")
        self.models[model][name] = "many"
        self.lines.append(
            f'AddField("{model}", "{name}", ManyToManyField("{self.model()}", related_name="+"))'
        )

    def rename_model(self) -> None:
        model, name = self.model(), self.fresh("M")
        self.models[name] = self.models.pop(model)
        if model in self.together:
            self.together[name] = self.together.pop(model)
        self.lines.append(f'RenameModel("{model}", "{name}")')

    def table(self) -> None:
        self.lines.append(f'AlterModelTable("{self.model()}", "{self.fresh("t")}")')

    def pick(self, *kinds: str, free: bool = False) -> tuple[str, str] | None:
        model = self.model()
        taken = self.together.get(model, ()) if free else ()
        names = [name for name, kind in self.models[model].items() if kind in kinds and name not in taken]
        return (model, self.draw(st.sampled_from(names))) if names else None

    def alter(self) -> None:
        found = self.pick("plain")
        if found:
            self.lines.append(f'AlterField("{found[0]}", "{found[1]}", {self.draw(st.sampled_from(FIELDS))})')

    def remove(self) -> None:
        found = self.pick("plain", "key", "many", free=True)
        if found:
            del self.models[found[0]][found[1]]
            self.lines.append(f'RemoveField("{found[0]}", "{found[1]}")')

    def rename(self) -> None:
        found = self.pick("plain", "key", "many")
        if found:
            model, name = found
            new = self.fresh("f")
            self.models[model][new] = self.models[model].pop(name)
            if model in self.together:
                a, b = (new if each == name else each for each in self.together[model])
                self.together[model] = (a, b)
            self.lines.append(f'RenameField("{model}", "{name}", "{new}")')

    def unite(self) -> None:
        model = self.model()
        names = [name for name, kind in self.models[model].items() if kind != "many"]
        if len(names) > 1:
            a, b = sorted(self.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)))
            self.together[model] = (a, b)
            self.lines.append(f'AlterUniqueTogether("{model}", {{("{a}", "{b}")}})')

    def delete(self) -> None:
        """A model goes with everything that refers to it first."""
        model = self.model()
        if any(kind != "plain" for fields in self.models.values() for kind in fields.values()):
            return
        del self.models[model]
        self.together.pop(model, None)
        self.lines.append(f'DeleteModel("{model}")')


@st.composite
def histories(draw: st.DrawFn) -> tuple[Operation, ...]:
    history = History(draw)
    for _ in range(draw(st.integers(1, 25))):
        history.step()
    found = operations(",\n".join(history.lines) + ",")
    assert all(isinstance(each, Operation) for each in found)
    return tuple(each for each in found if isinstance(each, Operation))


def played(history: tuple[Operation, ...]) -> tuple[SchemaState, PhysicalSchema]:
    state, physical = SchemaState(), PhysicalSchema()
    for operation in history:
        after = apply_operation(state, "shop", operation)
        physical = reduce(run_effect, physical_effects(operation, "shop", state, after), physical)
        state = after
    return state, physical


@settings(max_examples=150, deadline=None)
@given(histories())
def test_effects_end_where_a_fresh_install_is(history: tuple[Operation, ...]) -> None:
    state, physical = played(history)
    assert physical.tables == physical_of(state).tables


@settings(max_examples=150, deadline=None)
@given(histories())
def test_atoms_add_up_to_the_state(history: tuple[Operation, ...]) -> None:
    """What was added and not removed is there, under the name that its identity says, and nothing else is."""
    found = play_with_identity(
        [Migration(MigrationKey("shop", "0001_x"), "", "", operations=history)], SchemaState()
    )
    living: set[SchemaObject] = set()
    for atom in found.atoms:
        if isinstance(atom, Added):
            assert atom.schema_object not in living
            living.add(atom.schema_object)
        elif isinstance(atom, Removed):
            living.remove(atom.schema_object)
    there = {
        found.identity.schema_object(part.kind, model.key, part.name)
        for model in found.state.models.values()
        for part in parts_of(model)
    } | {found.identity.schema_object(SchemaObjectKind.TABLE, model) for model in found.state.models}
    assert living == there
    for model in found.state.models.values():
        for name, _ in model.fields:
            assert (
                found.identity.current_name(
                    found.identity.schema_object(SchemaObjectKind.COLUMN, model.key, name)
                )
                == name
            )
