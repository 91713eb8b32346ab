"""What mainline's models must be after reconciling: three ways, from the fork point, the patch branches and mainline, part by part.

The law, for each part of each model (`model_parts`):

* changed on one side only: that side's value;
* changed on both sides alike: that value;
* changed on both sides, each otherwise: mainline's. So it is with what mainline has removed or recreated;
* changed by several patch branches, each otherwise, and not by mainline: the value of the branch that is named last;
* indexes and constraints of one definition: mainline's, and those that only the patch branch has, each one that both made under two names once;
* an index or constraint over a field that mainline removed: mainline's, which is none.

An AlterModelOptions gives all options of a model at once, so one that the patch leaves out is not taken from mainline's where mainline
has altered the options too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from stitchback.model.atoms import SchemaObjectKind
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.state import ModelState, SchemaState
from stitchback.operations.applying import apply_operation
from stitchback.operations.model_options import ALTER_OPTION_KEYS
from stitchback.operations.named_models import play_names, stated
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.identity import Identity
from stitchback.schema.model_parts import (
    Absence,
    Part,
    Parts,
    PartValue,
    current_part,
    definition_text,
    models_by_identity,
    parts_of,
    value_of,
)
from stitchback.schema.needs import names_in


@dataclass(frozen=True, slots=True)
class Branch:
    """Models at the leaves of a tree, and who is who in them since the base."""

    state: SchemaState
    identity: Identity
    _parts: dict[ModelKey, Parts] = field(init=False, repr=False, compare=False, default_factory=dict)

    def parts(self, model: ModelKey) -> Parts:
        """The parts of the model with this identity, computed once."""
        if model not in self._parts:
            found = model_of(self, model)
            self._parts[model] = {} if found is None else parts_of(found, self.identity)
        return self._parts[model]


@dataclass(frozen=True, slots=True)
class BranchSides:
    """One patch branch: the fork point with what mainline has of the branch already, the branch, mainline, and the reconciled tree. `altered`:
    parts that mainline had otherwise than the base at some moment since then, as it has them at its leaves or not."""

    ref: str
    base: Branch
    patch: Branch
    mainline: Branch
    result: Branch
    altered: frozenset[Part] = frozenset()
    _altered_fields: dict[ModelKey, set[str]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for part in self.altered:
            if part.kind == "field":
                self._altered_fields.setdefault(part.model, set()).add(part.name)

    def altered_fields(self, model: ModelKey) -> Set[str]:
        """The names of the model's fields that `altered` has a part of."""
        return self._altered_fields.get(model, frozenset())


@dataclass(frozen=True, slots=True)
class Ask:
    """A patch branch changed a part from `base` to `patch`. `is_mainlines`: mainline changed it too, so its value stands."""

    ref: str
    base: PartValue
    patch: PartValue
    is_mainlines: bool


@dataclass(slots=True)
class MergedPart:
    """One part, by the name that it has in the reconciled tree."""

    mainline: PartValue
    result: PartValue
    asks: list[Ask] = field(default_factory=list)

    @property
    def open_asks(self) -> list[Ask]:
        return [ask for ask in self.asks if not ask.is_mainlines]

    @property
    def expected(self) -> PartValue:
        """What the reconciled tree must have."""
        asked = self.open_asks
        return asked[-1].patch if asked else self.mainline

    @property
    def contradicted(self) -> tuple[str, ...]:
        """The patch branches that have another value, which mainline overrides."""
        return tuple(ask.ref for ask in self.asks if ask.is_mainlines and ask.patch != self.mainline)

    @property
    def disputed(self) -> tuple[str, ...]:
        """The patch branches that have different values of what mainline did not change."""
        asked = self.open_asks
        return tuple(ask.ref for ask in asked) if any(a.patch != asked[0].patch for a in asked) else ()


Merge = Mapping[Part, MergedPart]


def merge(sides: Sequence[BranchSides]) -> Merge:
    """Every part of every model that a patch branch has changed, or that the reconciled tree has otherwise than mainline."""
    found: dict[Part, MergedPart] = {}
    for each in sides:
        for model in sorted(concerned(each)):
            for part, merged in merged_parts(each, model):
                first = found.setdefault(part, merged)
                if first is not merged:
                    first.asks.extend(merged.asks)
    return found


def concerned(sides: BranchSides) -> frozenset[ModelKey]:
    """Models, by identity, that the patch branch changed or that the result has otherwise than mainline."""
    mainline, result = (models_by_identity(one.state, one.identity) for one in (sides.mainline, sides.result))
    others = {key for key in {*mainline, *result} if mainline.get(key) != result.get(key)}
    return frozenset(changed_models(sides.base, sides.patch)) | others


def changed_models(base: Branch, patch: Branch) -> Iterator[ModelKey]:
    """Models, by identity, that the branch has otherwise than the base."""
    was, now = (models_by_identity(one.state, one.identity) for one in (base, patch))
    yield from (key for key in {*was, *now} if was.get(key) != now.get(key))


def merged_parts(sides: BranchSides, model: ModelKey) -> Iterator[tuple[Part, MergedPart]]:
    patched, ours_named = (as_in_result(branch, model, sides) for branch in (sides.patch, sides.mainline))
    base, patch, mainline, result = (
        branch.parts(model) for branch in (sides.base, patched, ours_named, sides.result)
    )
    restated = any(
        value_of(base, part) != value_of(mainline, part)
        for part in {*base, *mainline}
        if part.kind == "option" and part.name in ALTER_OPTION_KEYS
    )
    overridden = frozenset(redefined_parts(base, patch, mainline)) | frozenset(
        parts_without_field(model, sides, base, mainline)
    )
    for part in sorted({*base, *patch, *mainline, *result}):
        was, theirs, ours = (value_of(parts, part) for parts in (base, patch, mainline))
        has = value_of(result, part)
        more = names_of(was, theirs, ours, has)
        if more:
            theirs, was = more, ours
        merged = MergedPart(ours, has)
        if was != theirs:
            left_out = restated and part.kind == "option" and theirs is Absence.UNSAID
            is_mainlines = not more and (
                was != ours or left_out or part in sides.altered or part in overridden
            )
            merged.asks.append(Ask(sides.ref, was, theirs, is_mainlines))
        yield current_part(part, sides.result.identity), merged


def as_in_result(branch: Branch, model: ModelKey, sides: BranchSides) -> Branch:
    """The branch with the result's identities for the model's fields that both have created since the base and call by one name at the leaves,
    under whatever name each has created them."""
    found, result = model_of(branch, model), model_of(sides.result, model)
    if found is None or result is None or branch is sides.result:
        return branch
    base, has, theirs = (fields_of(each, model) for each in (sides.base, sides.result, branch))
    column = SchemaObjectKind.COLUMN
    now = dict(result.fields)
    other = {
        name: sides.result.identity.name(column, result.key, name) for name, _ in found.fields if name in now
    }
    renamed = {
        name: identity
        for name, identity in other.items()
        if (own := branch.identity.name(column, found.key, name)) != identity
        and not {own, identity} & base
        and own not in has
        and identity not in theirs
    }
    if not renamed:
        return branch
    identity = branch.identity.copy()
    for name, own in renamed.items():
        identity.known_as(column, found.key, name, own)
    return Branch(branch.state, identity)


def fields_of(branch: Branch, model: ModelKey) -> frozenset[str]:
    """The identities of the model's fields."""
    return frozenset(part.name for part in branch.parts(model) if part.kind == "field")


def names_of(was: PartValue, theirs: PartValue, ours: PartValue, has: PartValue) -> frozenset[str] | None:
    """The names of indexes or constraints of one definition where the patch branch has made more of them than mainline: mainline's but for
    those that the patch branch removed or renamed, and what of the patch branch's is left when each one that mainline made under another
    name is taken from them."""
    if not isinstance(theirs, frozenset) or not isinstance(ours, frozenset):
        return None
    before = was if isinstance(was, frozenset) else frozenset()
    added, others = theirs - before - ours, ours - before - theirs
    left = len(added) - len(others)
    if left <= 0:
        return None
    kept = has if isinstance(has, frozenset) else frozenset()
    return (ours - (before - theirs)) | frozenset(
        sorted(added, key=lambda name: (name not in kept, name))[:left]
    )


def parts_without_field(model: ModelKey, sides: BranchSides, base: Parts, mainline: Parts) -> Iterator[Part]:
    """Indexes, constraints and togethers of the patch branch that need a field which mainline had and has removed: they go with it."""
    found = model_of(sides.patch, model)
    if found is None or Part(model, "model") not in mainline:
        return
    identity = sides.patch.identity
    had = {part.name for part in base if part.kind == "field"} | sides.altered_fields(model)
    removed = had - {part.name for part in mainline if part.kind == "field"}
    gone = {
        name for name, _ in found.fields if identity.name(SchemaObjectKind.COLUMN, found.key, name) in removed
    }
    for kind, definitions in (("index", found.indexes), ("constraint", found.constraints)):
        for _, definition in definitions:
            if not gone.isdisjoint(names_in(definition)):
                yield Part(model, kind, definition_text(definition, found, identity))
    for kind, together_options in (
        ("unique together", found.unique_together),
        ("index together", found.index_together),
    ):
        for names in together_options:
            if not gone.isdisjoint(names):
                own = sorted(identity.name(SchemaObjectKind.COLUMN, found.key, name) for name in names)
                yield Part(model, kind, ",".join(own))


def redefined_parts(base: Parts, patch: Parts, mainline: Parts) -> Iterator[Part]:
    """Indexes and constraints of the patch branch under a name to which mainline has given another definition."""
    new = {(kind, name) for kind, name, _ in named(mainline) - named(base)}
    for part, names in patch.items():
        if part not in mainline and isinstance(names, frozenset):
            yield from (part for name in names if (part.kind, name) in new)


def named(parts: Parts) -> set[tuple[str, str, str]]:
    """(kind, name, definition) of all indexes and constraints."""
    return {
        (part.kind, name, part.name)
        for part, names in parts.items()
        if isinstance(names, frozenset)
        for name in names
    }


def parts_altered(
    base: Branch, start: SchemaState, own: Iterable[Migration], models: frozenset[ModelKey]
) -> Iterator[Part]:
    """Parts of these models (by identity) that mainline's `own` migrations, played from `start`, give another value than the base has at
    some moment. What is made and removed again within one migration counts too, but for squashes, which only make again."""
    state, identity, was = start, Identity(), base
    compared: set[ModelKey] = set()
    for migration in own:
        for operation in migration.operations:
            try:
                after = apply_operation(state, migration.key.app, operation)
            except InconsistentState:
                return
            before, state = state, after
            for one in stated((operation,)):
                play_names(identity, migration.key.app, one)
            if not migration.ghosts:
                yield from changed_at_once(was, before, Branch(state, identity), models, compared)


def changed_at_once(
    base: Branch, before: SchemaState, now: Branch, models: frozenset[ModelKey], compared: set[ModelKey]
) -> Iterator[Part]:
    """Parts of the models that are not as `before` which differ from the base. Of a model that has been `compared`, fields that are as before are
    passed over: they have been compared then."""
    for key, found in now.state.models.items():
        earlier = before.models.get(key)
        model = now.identity.model(found.key) if found is not earlier else None
        if model is None or model not in models:
            continue
        same = fields_kept(earlier, found) if earlier is not None and model in compared else frozenset()
        compared.add(model)
        was, has = base.parts(model), parts_of(found, now.identity, without=same)
        names = {now.identity.name(SchemaObjectKind.COLUMN, found.key, name) for name in same}
        for part in {*was, *has}:
            if (part.kind != "field" or part.name not in names) and value_of(was, part) != value_of(
                has, part
            ):
                yield part


def fields_kept(earlier: ModelState, now: ModelState) -> frozenset[str]:
    """Names of the fields that are the same objects in both."""
    old = dict(earlier.fields)
    return frozenset(name for name, field in now.fields if old.get(name) is field)


def model_of(branch: Branch, model: ModelKey) -> ModelState | None:
    now = branch.identity.current_model(model)
    found = branch.state.models.get(now)
    return found if found is not None and branch.identity.model(found.key) == model else None
