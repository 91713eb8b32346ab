"""Which models refer to which, and what their tables are called, over whole histories: what a data operation reaches from the models
that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stitchback.model.data_reach import Reach, words_of
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.values import Call, Dictionary, Items, Reference, Value, text
from stitchback.operations import kind_of
from stitchback.operations.named_models import flat
from stitchback.schema.labels import SETTINGS


@dataclass(frozen=True, slots=True)
class Relation:
    """A field of `owner` that refers to `target` (None where that is not known); `names` lead from the owner to the target, `back` the
    other way."""

    owner: ModelKey
    target: ModelKey | None
    names: frozenset[str]
    back: frozenset[str]


@dataclass(slots=True)
class ModelRelations:
    """`tables`: the words of a table's name -> the models that ever had it. `renamed`: both names of a model that was renamed."""

    settings: Mapping[str, str] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    tables: dict[frozenset[str], set[ModelKey]] = field(default_factory=dict)
    renamed: list[tuple[ModelKey, ModelKey]] = field(default_factory=list)
    _known: dict[Reach, frozenset[ModelKey] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, migrations: Iterable[Migration], settings: Mapping[str, str]) -> ModelRelations:
        """`settings`: what swappable models are (AUTH_USER_MODEL)."""
        web = cls(settings)
        for migration in migrations:
            for operation in flat(migration.operations):
                web.add(operation, migration.key.app)
        return web

    def add(self, operation: Operation, app: str) -> None:
        kind = kind_of(operation)
        if kind is None or not kind.models:
            return
        old, new = (_model(operation, app, name) for name in (kind.model.before, kind.model.after))
        if kind.model.made and new is not None:
            self.table(new, _option(operation, "db_table"))
            for field_name, value in _fields(operation.argument("fields")):
                self.relate(new, field_name, value)
        elif kind.model.renamed and old is not None and new is not None:
            self.renamed.append((old, new))
            self.table(new, None)
        elif kind.table and new is not None:
            self.table(new, operation.argument(kind.table))
        elif new is not None:
            was, now = (text(operation.argument(name)) for name in (kind.field.before, kind.field.after))
            if kind.gives_column and now is not None:
                self.relate(new, now, operation.argument("field"))
            elif kind.field.renamed and was and now:
                self.rename_field(new, was.lower(), now.lower())

    def rename_field(self, model: ModelKey, before: str, after: str) -> None:
        """A relation that is renamed leads there under both names."""
        for place, each in enumerate(self.relations):
            if each.owner == model and before in each.names:
                self.relations[place] = replace(each, names=each.names | {after, f"{after}_id"})

    def table(self, model: ModelKey, said: Value | None) -> None:
        name = text(said) or f"{model.app}_{model.model}"
        self.tables.setdefault(frozenset(words_of(name)), set()).add(model)

    def relate(self, model: ModelKey, name: str, value: Value | None) -> None:
        if not isinstance(value, Call):
            return
        to = value.kwarg("to") or next(iter(value.args), None)
        kind = value.callee.path.rpartition(".")[2] if isinstance(value.callee, Reference) else ""
        if value.kwarg("to") is None and not kind.endswith(
            ("ForeignKey", "OneToOneField", "ManyToManyField")
        ):
            return
        said = text(value.kwarg("related_name"))
        back = {model.model, f"{model.model}_set", *(words_of(said) if said else ())}
        back |= set(words_of(text(value.kwarg("related_query_name")) or ""))
        names = frozenset({name.lower(), f"{name.lower()}_id"})
        targets = [self.target(each, model) for each in (to, value.kwarg("through")) if each is not None]
        for target in dict.fromkeys(targets):
            self.relations.append(Relation(model, target, names, frozenset(back)))

    def target(self, value: Value, model: ModelKey) -> ModelKey | None:
        """The model that a relation names; None where that cannot be read."""
        said = text(value)
        if isinstance(value, Reference):
            said = self.settings.get(value.path.removeprefix(SETTINGS))
        if said is None:
            return None
        if said == "self":
            return model
        return ModelKey.of(*said.split(".")) if said.count(".") == 1 else ModelKey.of(model.app, said)

    def reached(self, reach: Reach) -> frozenset[ModelKey] | None:
        """The models that such code can reach: by their labels, by their tables, and from these by way of relations that it names, or
        that a deletion follows. None: any."""
        if reach not in self._known:
            self._known[reach] = self._reached(reach)
        return self._known[reach]

    def _reached(self, reach: Reach) -> frozenset[ModelKey] | None:
        if reach.models is None:
            return None
        found = {ModelKey.of(*label.split(".")) for label in reach.models}
        found.update(*(models for words, models in self.tables.items() if words <= reach.words))
        deletes = "delete" in reach.words
        applied_set = True
        while applied_set:
            before = len(found)
            for old, new in self.renamed:
                if old in found or new in found:
                    found |= {old, new}
            for each in self.relations:
                if each.owner in found and (reach.any_field or each.names & reach.words):
                    if each.target is None:
                        return None
                    found.add(each.target)
                elif each.target in found and (deletes or reach.any_field or each.back & reach.words):
                    found.add(each.owner)
            applied_set = len(found) > before
        return frozenset(found)


def _model(operation: Operation, app: str, argument: str) -> ModelKey | None:
    name = text(operation.argument(argument))
    return None if name is None else ModelKey.of(app, name)


def _option(operation: Operation, name: str) -> Value | None:
    options = operation.argument("options")
    pairs = options.items if isinstance(options, Dictionary) else ()
    return next((value for key, value in pairs if text(key) == name), None)


def _fields(value: Value | None) -> Iterator[tuple[str, Value]]:
    for item in value.items if isinstance(value, Items) else ():
        if isinstance(item, Items) and len(item.items) == 2:
            name = text(item.items[0])
            if name is not None:
                yield name, item.items[1]
