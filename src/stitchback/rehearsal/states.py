"""Model states, shared and rendered lazily. The result of an operation depends only on the state before it, so the same operations from the same
state give one shared state. Rendering models takes most of the time in a large project.

With each operation, Django renders all models that are connected with the changed one, over any number of relations: a data operation may compare
model classes and must get all of them from one rendering. No code of a branch runs here, and the schema editor reads of another model only its name,
its table and the fields that relations may point at. So a state renders the models that have changed, those that read a changed part of them, and
those that the caller requests. It shares all other classes with the state before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.migrations import RenameField
from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.migrations.utils import resolve_relation

if TYPE_CHECKING:
    from stitchback.rehearsal.files import RehearsedMigration

Key = tuple[str, str]
Models = Mapping[Key, Any]
# Options that no other model reads. All others count as read.
OWN_OPTIONS = frozenset({"indexes", "constraints", "unique_together", "index_together", "ordering"})
POINTERS = "stitchback pointers"


class ModelReference(NamedTuple):
    """A relation of `model`. `field`: the target field that it names, if any. `is_key`: whether other relations may point at this one."""

    model: Key
    target: Key
    field: str | None
    is_key: bool


class OutOfTime(BaseException):
    """A database reached the rehearsal's time limit. It does not derive from Exception, so no handler of rehearsal failures catches it."""


class RehearsalState(ProjectState):  # type: ignore[misc]
    """A state with its predecessor. `before`: the state that it was cloned from."""

    def __init__(
        self, models: Any = None, real_apps: Any = None, before: RehearsalState | None = None
    ) -> None:
        super().__init__(models, real_apps)
        self.before = before
        self.number = 0

    def clone(self) -> RehearsalState:
        return RehearsalState(
            {key: copied(model) for key, model in self.models.items()}, self.real_apps, self
        )

    @property
    def apps(self) -> Any:
        """The rendered models, rendered on first access. Django checks `__dict__` for them."""
        found = self.__dict__.get("apps")
        if found is None:
            self.share()
            found = self.__dict__["apps"] = self._rendered()
        return found

    @apps.setter
    def apps(self, value: Any) -> None:
        self.__dict__["apps"] = value

    def share(self) -> None:
        """Reuses the rendered classes of unchanged models."""
        for key, model in self.models.items() if self.before is not None else ():
            other = self.before.models.get(key)  # type: ignore[union-attr]
            if other is not None and other is not model and is_same(other, model):
                self.models[key] = other

    def _rendered(self) -> SharedApps:
        rendered = self.before
        while rendered is not None and "apps" not in rendered.__dict__:
            rendered = rendered.before
        if rendered is None:
            return SharedApps(self.real_apps, self.models)
        old, new = rendered.models, self.models
        changed = {key for key in old.keys() | new.keys() if old.get(key) is not new.get(key)}
        if not changed:
            return rendered.apps  # type: ignore[no-any-return]
        apps = rendered.apps.cloned(new)
        apps.render_again(to_render(changed, old, new))
        return apps  # type: ignore[no-any-return]


class SharedApps(StateApps):  # type: ignore[misc]
    """Models of one state, some of them rendered by another state. Such a model has the relations of that other state, so it is rendered here too on
    access by its name."""

    def __init__(self, real_apps: Any, models: Models) -> None:
        self.states = models
        super().__init__(real_apps, models)

    def cloned(self, models: Models) -> SharedApps:
        clone = self.clone()
        clone.__class__ = SharedApps
        clone.states = models
        return clone  # type: ignore[no-any-return]

    def get_model(self, app_label: str, model_name: str | None = None, require_ready: bool = True) -> Any:
        found = super().get_model(app_label, model_name, require_ready)
        if found._meta.apps is not self:
            owner = found._meta.auto_created or found
            self.render_again({(owner._meta.app_label, owner._meta.model_name)})
            found = super().get_model(app_label, model_name, require_ready)
        return found

    def render_again(self, keys: set[Key]) -> None:
        with self.bulk_update():
            for key in keys:
                for each in (key, *tables_between(self, key)):
                    self.unregister_model(*each)
        self.render_multiple([self.states[key] for key in sorted(keys) if key in self.states])


def copied(model: Any) -> Any:
    """As `ModelState.clone`, without repeating its checks."""
    copy = ModelState.__new__(ModelState)
    copy.__dict__.update(model.__dict__)
    for worked_out in ("name_lower", POINTERS):
        copy.__dict__.pop(worked_out, None)
    copy.fields, copy.options, copy.managers = dict(model.fields), dict(model.options), list(model.managers)
    return copy


def is_same(one: Any, other: Any) -> bool:
    return bool(
        one.name == other.name
        and one.bases == other.bases
        and list(map(id, one.fields.values())) == list(map(id, other.fields.values()))
        and list(one.fields) == list(other.fields)
        and one.options == other.options
        and one.managers == other.managers
    )


def to_render(changed: set[Key], old: Models, new: Models) -> set[Key]:
    """The models that must be rendered again: the changed ones, those that inherit from them, and those that point at one of which they read a
    changed part."""
    inherits = [(key, base) for key, model in new.items() for base in bases_of(model)]
    points = [each for model in new.values() for each in pointers(model)]
    aimed_at = {(each.target, each.field) for each in points if each.field}
    found = set(changed)
    read = {key for key in changed if seen_of(old.get(key), aimed_at) != seen_of(new.get(key), aimed_at)}
    while True:
        heirs = {key for key, base in inherits if base in found} - found
        read_too = {key for key, base in inherits if base in read} - read
        aiming = [each for each in points if each.target in read]
        pointing = {each.model for each in aiming} - found
        read_too |= {each.model for each in aiming if each.is_key} - read
        if not heirs and not pointing and not read_too:
            return found
        found |= heirs | pointing | read_too
        read |= read_too


def seen_of(model: Any, aimed_at: set[tuple[Key, str]]) -> object:
    """The parts of the model that other models may read."""
    if model is None:
        return None
    key = model.app_label, model.name_lower
    fields = {
        name: id(field)
        for name, field in model.fields.items()
        if field.primary_key or field.unique or (key, name) in aimed_at
    }
    options = {name: value for name, value in model.options.items() if name not in OWN_OPTIONS}
    return model.name, model.bases, options, fields


def bases_of(model: Any) -> Iterator[Key]:
    for base in model.bases:
        if isinstance(base, str):
            yield resolve_relation(base, model.app_label, model.name_lower)


def pointers(model: Any) -> tuple[ModelReference, ...]:
    """The targets of the model's relations; cached on the model."""
    found: tuple[ModelReference, ...] | None = model.__dict__.get(POINTERS)
    if found is None:
        key = model.app_label, model.name_lower
        found = tuple(
            ModelReference(
                key,
                resolve_relation(named, *key),
                getattr(field.remote_field, "field_name", None),
                bool(field.primary_key or field.unique),
            )
            for field in model.fields.values()
            if field.is_relation and field.remote_field is not None
            for named in (field.remote_field.model, getattr(field.remote_field, "through", None))
            if named is not None
        )
        model.__dict__[POINTERS] = found
    return found


def tables_between(apps: Any, key: Key) -> list[Key]:
    """The models that Django has created for the model's many-to-many fields."""
    model = apps.all_models[key[0]].get(key[1])
    if model is None:
        return []
    through = (field.remote_field.through for field in model._meta.local_many_to_many)
    return [
        (each._meta.app_label, each._meta.model_name)
        for each in through
        if not isinstance(each, str) and each._meta.auto_created
    ]


class RehearsalStates:
    """States, by the operations that produced them."""

    def __init__(self) -> None:
        self.by_number: list[RehearsalState] = [RehearsalState()]
        self.numbers: dict[tuple[int, Any], int] = {}
        self.steps: dict[tuple[int, Any], list[RehearsalState]] = {}
        self.deadline = float("inf")

    def check_time(self) -> None:
        """Raises OutOfTime if the time limit is reached."""
        if time.process_time() > self.deadline:
            raise OutOfTime

    def state_of(self, state: Any) -> RehearsalState:
        """The shared state for the same origin."""
        return self.by_number[getattr(state, "number", 0)]

    def steps_of(self, state: Any, migration: RehearsedMigration) -> list[RehearsalState]:
        """The state, and the states after each operation of the migration."""
        number = getattr(state, "number", 0)
        place = number, migration.content
        steps = self.steps.get(place)
        if steps is None:
            steps = self._made(self.by_number[number], migration)
            steps[-1].number = len(self.by_number)
            self.by_number.append(steps[-1])
            self.steps[place] = steps
        return steps

    def _made(self, state: RehearsalState, migration: RehearsedMigration) -> list[RehearsalState]:
        steps = [state]
        for operation in migration.operations:
            self.check_time()
            after = steps[-1].clone()
            if isinstance(operation, RenameField):
                detach_relations(after.models.values())
            operation.state_forwards(migration.app_label, after)
            after.share()
            steps.append(after)
        if len(steps) == 1:
            steps.append(state.clone())
            steps[-1].share()
        return steps

    def forget(self, state: Any, migration: RehearsedMigration) -> None:
        """Drops the states of a failed operation, which may be half changed."""
        self.steps.pop((getattr(state, "number", 0), migration.content), None)
        for each in self.by_number:
            each.__dict__.pop("apps", None)


def detach_relations(models: Iterable[Any]) -> None:
    """Copies the fields with relations: RenameField changes the fields that point at the renamed one in place, so states must not share them."""
    for model in models:
        for name, field in model.fields.items():
            if field.is_relation or getattr(field, "field_names", None):
                model.fields[name] = field.clone()
