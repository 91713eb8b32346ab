"""A cache of states by number. A migration's result is computed once for all states in which the models that
it reads are equal.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stitchback.engine.composite_migration import parts_of
from stitchback.engine.interning import InternedContents
from stitchback.errors import Refusal
from stitchback.model.keys import ModelKey
from stitchback.model.migrations import Migration
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.state import ModelState, SchemaState
from stitchback.operations.applying import apply_operation, physical_effects
from stitchback.operations.data_needs import Needs, check, tables_used
from stitchback.operations.remade import idly_remade
from stitchback.operations.separate_database_and_state import Stated
from stitchback.schema.changes import ReadModels, WatchedModels, merged
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.effects import Effect, Fails, RunData, Unknown

EMPTY_STATE = 0
MOST_STATES = 100_000  # of one proof, some 20 KiB each in a project of a hundred models
Changed = Mapping[ModelKey, ModelState | None]
Parts = dict[str, frozenset[tuple[ModelKey, int]]]  # app -> its models, each with the number of its content
Effects = tuple[tuple[str, Effect], ...]


@dataclass(frozen=True, slots=True)
class MigrationEffect:
    """The effects of a migration from one state, in order and each with its app, and the token of the state
    afterwards.
    """

    effects: Effects
    after: int


@dataclass(frozen=True, slots=True)
class MigrationWork:
    """The result of a migration for all states in which the models that it reads are equal: `changed` models
    (None for a deleted one), and what was unreadable by then.
    """

    effects: Effects
    changed: Changed
    opaque: tuple[Opaque, ...]
    opaque_apps: frozenset[str]


@dataclass(slots=True)
class StateCache:
    """Token 0 is `start`."""

    start: SchemaState
    contents: InternedContents
    stated: Stated | None = None
    needs: Mapping[str, Needs] = field(default_factory=dict)
    on_engine: bool = False
    """Whether a change that a database refuses is an effect too: the migration was applied, so later models
    depend on it.
    """
    known: list[SchemaState] = field(init=False)
    parts: list[Parts] = field(init=False)
    tokens: dict[Hashable, int] = field(init=False)
    works: dict[
        tuple[int, tuple[Opaque, ...]], dict[tuple[ModelKey, ...], dict[tuple[int, ...], MigrationWork]]
    ] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known, self.parts, self.tokens = [], [], {}
        self.token(self.start)

    def token(self, state: SchemaState) -> int:
        parts: dict[str, dict[ModelKey, int]] = {}
        for key, model in state.models.items():
            parts.setdefault(key.app, {})[key] = self.contents.models.number(model)
        return self.numbered(state, {app: frozenset(models.items()) for app, models in parts.items()})

    def numbered(self, state: SchemaState, parts: Parts) -> int:
        content = (frozenset(parts.items()), state.opaque)
        token = self.tokens.setdefault(content, len(self.known))
        if token == len(self.known):
            if token >= MOST_STATES:
                raise _too_much()
            self.known.append(state)
            self.parts.append(parts)
        return token

    def changed(self, token: int, work: MigrationWork) -> int:
        """The token of the state after that work."""
        before = self.known[token]
        if not work.changed and work.opaque is before.opaque:
            return token
        parts = dict(self.parts[token])
        for app in {key.app for key in work.changed}:
            models = dict(parts.get(app, ()))
            for key, model in work.changed.items():
                if key.app == app and model is None:
                    models.pop(key, None)
                elif key.app == app and model is not None:
                    models[key] = self.contents.models.number(model)
            parts[app] = frozenset(models.items())
            if not models:
                del parts[app]
        content = (frozenset(parts.items()), work.opaque)
        found = self.tokens.get(content)
        if found is not None:
            return found
        models_after = merged(before.models, work.changed)
        after = replace(before.with_models(models_after), opaque=work.opaque, opaque_apps=work.opaque_apps)
        return self.numbered(after, parts)

    def migration_effect(
        self, token: int, migration: Migration, number: int
    ) -> MigrationEffect | InconsistentState:
        """`number`: of the migration, equal for migrations that do the same."""
        before = self.known[token]
        known = self.works.setdefault((number, before.opaque), {})
        for keys, works in known.items():
            work = works.get(self.numbers(before, keys))
            if work is not None:
                return MigrationEffect(work.effects, self.changed(token, work))
        seen = ReadModels()
        watched = before.with_models(WatchedModels(before.models, seen, {}))
        found = worked_out(watched, migration, self)
        if isinstance(found, InconsistentState):
            return found
        effects, after = found
        if seen.all or not isinstance(after.models, WatchedModels):
            return MigrationEffect(effects, self.token(after.with_models(dict(after.models))))
        work = MigrationWork(effects, after.models.changed, after.opaque, after.opaque_apps)
        keys = tuple(seen.asked)
        known.setdefault(keys, {})[self.numbers(before, keys)] = work
        return MigrationEffect(effects, self.changed(token, work))

    def numbers(self, state: SchemaState, keys: tuple[ModelKey, ...]) -> tuple[int, ...]:
        """The numbers of those models in the state; -1 for a model that it does not have."""
        number, get = self.contents.models.number, state.models.get
        return tuple([-1 if (model := get(key)) is None else number(model) for key in keys])


def _too_much() -> Refusal:
    return Refusal(
        "SB407",
        f"databases can be in more than {MOST_STATES:,} states, too many to try them all",
        hint="Reconcile in smaller steps: first with the next release after the branch (--onto RELEASE), then from there with mainline.",
    )


def worked_out(
    state: SchemaState, migration: Migration, states: StateCache
) -> tuple[Effects, SchemaState] | InconsistentState:
    effects: list[tuple[str, Effect]] = []
    for part in parts_of(migration):
        app = part.key.app
        for operation in part.operations:
            try:
                after = apply_operation(state, app, operation)
            except InconsistentState as error:
                return error
            try:
                done = physical_effects(operation, app, state, after, states.stated)
                used = tuple(uses(operation, app, done, state, states.needs))
                if states.on_engine and isinstance(operation, Operation):
                    done = (*done, *idly_remade(operation, app, state, after, done))
            except InconsistentState as error:
                if not states.on_engine:
                    return error
                done, used = (Fails(error.problem.worded(error.where)),), ()
            effects.extend((app, effect) for effect in (*used, *done))
            state = after
    return tuple(effects), state


def uses(
    operation: Operation | Opaque,
    app: str,
    effects: Iterable[Effect],
    state: SchemaState,
    needs: Mapping[str, Needs],
) -> Iterator[Effect]:
    """The effects that check what the operation's work on data needs of the database. Raises
    InconsistentState if the state lacks it.
    """
    work = [name for effect in effects for name in data_run(effect, app)]
    for name in work:
        if name in needs:
            yield from check(operation, app, state, needs[name])
    if work:
        yield from tables_used(operation, app, state)


def data_run(effect: Effect, app: str) -> tuple[str, ...]:
    """The record of a data operation that ran; empty for one that does nothing. An unreadable operation may
    be one.
    """
    match effect:
        case RunData(empty=empty):
            return () if empty else (f"{app}: {effect.fingerprint}",)
        case Unknown(text=text):
            return (f"{app}: unread {text}",)
        case _:
            return ()
