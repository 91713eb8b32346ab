"""Distributes the regenerated operations over the blocks: each to the first block of its app in which all that it refers to exists.

`makemigrations` cuts circular references where it likes; the blocks follow the old files. So a relation whose model comes in a later block is taken
out of its CreateModel and added there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stitchback.errors import Refusal
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Constant, Items, Value
from stitchback.squashing.blocks import Block
from stitchback.squashing.model_needs import (
    bases_of,
    can_come_later,
    fields_of,
    named_models,
    subjects_of,
)


@dataclass(frozen=True, slots=True)
class PlacedOperation:
    """`source` and `index`: where the text is, if it is unchanged."""

    operation: Operation | Opaque
    source: Migration | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """The blocks of each app in their order, and what exists at each: blocks before it, and models of apps that are not squashed.
    `settings`: the names of swappable models."""

    blocks: Mapping[str, tuple[Block, ...]]
    before: Mapping[Block, frozenset[Block]]
    others: Mapping[Block, frozenset[ModelKey]]
    settings: Mapping[str, str]
    foreign: frozenset[str] = (
        frozenset()
    )  # apps of which no migration was read: Django's own order is relied on


@dataclass(slots=True)
class Placing:
    """`home`: model -> the block that creates it, with its place in the order of creation."""

    ground: Ground
    home: dict[ModelKey, tuple[Block, int]] = field(default_factory=dict)
    ends: dict[ModelKey, int] = field(
        default_factory=dict
    )  # model -> the last block of its app that adds a field
    found: dict[Block, list[PlacedOperation]] = field(default_factory=dict)
    later: dict[str, list[tuple[ModelKey, PlacedOperation]]] = field(default_factory=dict)

    def create_models(self, generated: Mapping[str, Sequence[Migration]]) -> None:
        """Places every CreateModel, those first whose bases exist. Raises Refusal (SB704)."""
        waiting = [
            (app, placed)
            for app in sorted(generated)
            for placed in operations_of(generated[app])
            if is_create(placed.operation)
        ]
        made: list[tuple[ModelKey, PlacedOperation]] = []
        while waiting:
            rest = [each for each in waiting if not self._settle(*each, made)]
            if len(rest) == len(waiting):
                raise unplaced(*rest[0])
            waiting = rest
        for key, placed in made:
            self._create(key, placed)

    def _settle(
        self, app: str, placed: PlacedOperation, made: list[tuple[ModelKey, PlacedOperation]]
    ) -> bool:
        """Decides which block creates the model."""
        operation = placed.operation
        assert isinstance(operation, Operation)
        (key,) = subjects_of(operation, app)
        fields = fields_of(operation)
        fixed = bases_of(operation, app).union(
            *(
                self._targets(key, value)
                for name, value in fields
                if not can_come_later(operation, name, value)
            )
        )
        place = self._first_place(app, fixed, 0)
        if place is None:
            return False
        self.home[key] = self.ground.blocks[app][place], len(made)
        self.ends[key] = place
        made.append((key, placed))
        return True

    def _create(self, key: ModelKey, placed: PlacedOperation) -> None:
        operation = placed.operation
        assert isinstance(operation, Operation)
        block, _ = self.home[key]
        fields = fields_of(operation)
        out = [name for name, value in fields if not self._exist_before(key, self._targets(key, value))]
        own = PlacedOperation(without_fields(operation, out)) if out else placed
        self.found.setdefault(block, []).append(own)
        for name, value in fields:
            if name in out:
                added = PlacedOperation(add_field(operation, name, value))
                self.later.setdefault(key.app, []).append((key, added))

    def _targets(self, key: ModelKey, value: Value) -> frozenset[ModelKey]:
        return named_models(value, key.app, self.ground.settings) - {key}

    def _exist_before(self, key: ModelKey, targets: Iterable[ModelKey]) -> bool:
        block, number = self.home[key]
        same = (other for other in targets if other in self.home and self.home[other][0] == block)
        return self._has(block, targets) and all(self.home[other][1] < number for other in same)

    def place_others(self, generated: Mapping[str, Sequence[Migration]]) -> None:
        """Places the relations that were taken out, then all other operations in their order."""
        for app in sorted(generated):
            for key, placed in self.later.get(app, ()):
                self._place(app, placed, self.ends[key])
            for placed in operations_of(generated[app]):
                if not is_create(placed.operation):
                    self._place(app, placed, 0)

    def _place(self, app: str, placed: PlacedOperation, least: int) -> None:
        operation = placed.operation
        blocks = self.ground.blocks[app]
        place: int | None = len(blocks) - 1
        subjects: frozenset[ModelKey] = frozenset()
        if isinstance(operation, Operation):
            subjects = subjects_of(operation, app)
            least = max([least, *(self.ends.get(key, 0) for key in subjects)])
            values = [value for _, value in operation.arguments]
            needed = frozenset[ModelKey]().union(
                *(named_models(each, app, self.ground.settings) for each in values)
            )
            place = self._first_place(app, needed - subjects, least)
        if place is None:
            raise unplaced(app, placed)
        self.found.setdefault(blocks[place], []).append(placed)
        self.ends |= dict.fromkeys(subjects, place)

    def _first_place(self, app: str, needed: Iterable[ModelKey], least: int) -> int | None:
        for place in range(least, len(self.ground.blocks[app])):
            if self._has(self.ground.blocks[app][place], needed):
                return place
        return None

    def _has(self, block: Block, needed: Iterable[ModelKey]) -> bool:
        return all(self._has_one(block, key) for key in needed)

    def _has_one(self, block: Block, key: ModelKey) -> bool:
        if key in self.home:
            home, _ = self.home[key]
            return home == block or home in self.ground.before[block]
        if key.app in self.ground.blocks:
            return False
        return key in self.ground.others[block] or key.app in self.ground.foreign


def placed(
    ground: Ground, generated: Mapping[str, Sequence[Migration]]
) -> Mapping[Block, tuple[PlacedOperation, ...]]:
    """Each block's operations. `generated`: app -> its regenerated migrations in their order. Raises Refusal (SB704) for an operation that
    fits no block."""
    placing = Placing(ground)
    placing.create_models(generated)
    placing.place_others(generated)
    return {
        block: tuple(placing.found.get(block, ())) for blocks in ground.blocks.values() for block in blocks
    }


def operations_of(migrations: Iterable[Migration]) -> Iterator[PlacedOperation]:
    for migration in migrations:
        for index, operation in enumerate(migration.operations):
            yield PlacedOperation(operation, migration, index)


def is_create(operation: Operation | Opaque) -> bool:
    return isinstance(operation, Operation) and operation.kind == "CreateModel"


def without_fields(operation: Operation, names: Sequence[str]) -> Operation:
    fields = operation.argument("fields")
    assert isinstance(fields, Items)
    kept = tuple(
        item
        for item in fields.items
        if not (
            isinstance(item, Items) and item.items and item.items[0] in [Constant(name) for name in names]
        )
    )
    arguments = tuple(
        (name, replace(fields, items=kept) if name == "fields" else value)
        for name, value in operation.arguments
    )
    return replace(operation, arguments=arguments)


def add_field(operation: Operation, name: str, value: Value) -> Operation:
    """The AddField that creates this field of the CreateModel."""
    model = operation.argument("name")
    assert isinstance(model, Constant)
    assert isinstance(model.value, str)
    arguments = (("field", value), ("model_name", Constant(model.value.lower())), ("name", Constant(name)))
    path = operation.path.replace("CreateModel", "AddField")
    return Operation("AddField", path, arguments, operation.span)


def unplaced(app: str, each: PlacedOperation) -> Refusal:
    return Refusal(
        "SB704",
        f"{app}: {each.operation} refers to models that no part of the squash can have before it",
        hint="Stitch the apps whose models it refers to in the same run, or make that reference in a migration of its own.",
    )
