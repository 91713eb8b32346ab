"""Every net change of a patch branch, with mainline's changes of the same schema object and a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stitchback.matching.edited_shared_migrations import (
    EditedSharedMigrations,
    differing,
    may_differ,
    of_one_side,
    released_version,
    reparented,
    seen_in,
    with_moved_classes,
)
from stitchback.matching.edited_shared_migrations import unread as unread_text
from stitchback.matching.histories import History, ObjectState, histories
from stitchback.matching.relevant_models import (
    below,
    named_models,
    of_apps,
    play_for,
    referred_to,
    with_earlier_names,
)
from stitchback.matching.replay import ReplayedState, play, play_with_identity
from stitchback.matching.sides import Sides
from stitchback.matching.sides import sides as split
from stitchback.matching.verdicts import JudgedHistories, judge, liken_shapes
from stitchback.model.atoms import (
    Added,
    Altered,
    Atom,
    DataRun,
    Removed,
    SchemaObject,
    SchemaObjectKind,
    UnreadChange,
    WorkInTree,
)
from stitchback.model.field_names import NO_NAMES, FieldNames
from stitchback.model.keys import ModelKey
from stitchback.model.matches import Match, Verdict
from stitchback.model.migrations import Migration, Tree
from stitchback.model.plans import Patch
from stitchback.model.source import Opaque
from stitchback.model.state import Field, SchemaState
from stitchback.model.values import Call
from stitchback.operations.applying import apply_migration
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.identity import Identity
from stitchback.schema.visible import is_many_to_many


@dataclass(frozen=True, slots=True)
class Comparison:
    """What matching found out: the matches, and the states and atoms that planning needs as well. `apps`: those whose models were
    compared."""

    matches: tuple[Match, ...]
    start: SchemaState
    patch_end: SchemaState
    mainline_end: SchemaState
    patch_atoms: tuple[Atom, ...]
    mainline_atoms: tuple[Atom, ...]
    patch_identity: Identity
    mainline_identity: Identity
    mainline_start: SchemaState
    apps: frozenset[str]


def compare(sides: Sides, bases: Mapping[str, str] | None = None, names: FieldNames = NO_NAMES) -> Comparison:
    """Plays both sides from what they share, as far as that is relevant to the patch branch's changes, and compares each schema object
    that it changed. Mainline's atoms, and both states, are those of these apps."""
    nothing = SchemaState(field_bases={} if bases is None else bases, field_names=names)
    start, apps, models = folded(sides, nothing)
    same = sides.shared == sides.mainline_shared
    mainline_start = start if same else fold(of_apps(sides.mainline_shared, apps), nothing, models)
    patched = tolerant(of_apps(sides.patch_played, apps), start)
    mainline = tolerant(of_apps(sides.mainline_played, apps), mainline_start)
    patch_atoms, mainline_atoms = patched.atoms, _without_remade(sides, apps, mainline.atoms)
    if sides.edited.keys:
        patch_atoms, mainline_atoms = _without_shared(sides, patch_atoms, mainline_atoms)
    same_file = frozenset(
        patch.key
        for patch, mainline in sides.twins
        if patch.blob == mainline.blob and patch.key not in sides.edited.keys
    )
    open_keys = frozenset(migration.key for migration in sides.patch) - same_file
    settled = same_file | {m.key for m in sides.mainline if m.ghosts and set(m.ghosts) <= sides.known}
    ours = tuple(atom for atom in patch_atoms if atom.origin.migration in open_keys | sides.between)
    theirs = tuple(atom for atom in mainline_atoms if atom.origin.migration not in settled)
    found = (
        *_schema_matches(ours, theirs, patched.identity, mainline.identity),
        *_data_matches(ours, theirs),
        *_unread_matches(ours),
        *_unread_edits(sides, theirs),
    )
    blurred = (_blurred(match, theirs) for match in found)
    ordered = tuple(sorted(blurred, key=lambda match: _place(match, sides.patch)))
    ends = (patched.state, mainline.state)
    identities = (patched.identity, mainline.identity)
    return Comparison(ordered, start, *ends, ours, theirs, *identities, mainline_start, apps)


def edited_since(
    patch: Patch, mainline: Tree, bases: Mapping[str, str] | None = None, names: FieldNames = NO_NAMES
) -> EditedSharedMigrations:
    """What mainline has edited of the fork point's migrations, as far as a database sees it."""
    parents = frozenset(reparented(patch, mainline))
    keys = frozenset(may_differ(patch, mainline))
    if not keys:
        return EditedSharedMigrations(parents=parents)
    versions = {key: released_version(patch, key, mainline) for key in keys}
    fork = patch.fork.with_migrations(versions)
    base = Patch(fork, fork, ())
    release = split(base, shared_part(mainline, fork), EditedSharedMigrations(schema=keys))
    start, apps, _ = folded(
        release, SchemaState(field_bases={} if bases is None else bases, field_names=names)
    )
    old, new = (
        tolerant(of_apps(side, apps), start).atoms for side in (release.patch_played, release.mainline_played)
    )
    seen = seen_in(keys, *with_moved_classes(old, new, mainline.field_bases))
    by_mainline = {
        key for key in keys if patch.fork.migrations[key].operations != mainline.migrations[key].operations
    }
    return replace(seen, parents=parents, emptied=seen.emptied & by_mainline)


def shared_part(mainline: Tree, fork: Tree) -> Tree:
    """The tree with those migrations alone that the fork point has, and those that replace nothing but such."""
    return mainline.with_migrations(
        {
            key: None
            for key, migration in mainline.migrations.items()
            if key not in fork.migrations
            and not (migration.ghosts and all(ghost in fork.migrations for ghost in migration.ghosts))
        }
    )


Models = frozenset[ModelKey] | None  # None: all of them


def folded(sides: Sides, start: SchemaState) -> tuple[SchemaState, frozenset[str], Models]:
    """What the two sides start from, as far as it is relevant to the patch branch, and the apps and models that these are."""
    changed = {migration.key.app for migration in sides.patch_all}
    every = (*sides.shared, *sides.patch_played, *sides.mainline_played)
    apps = below(changed, every)
    while True:
        models = start_models(sides, apps)
        state = fold(of_apps(sides.shared, apps), start, models)
        more = below(apps | referred_to(state), every)
        if more == apps:
            return state, apps, models
        apps = more


def start_models(sides: Sides, apps: frozenset[str]) -> Models:
    """The models of these apps that are relevant to either side."""
    named = named_models((*of_apps(sides.patch_played, apps), *of_apps(sides.mainline_played, apps)))
    return None if named is None else with_earlier_names(named, of_apps(sides.shared, apps))


def fold(
    migrations: Iterable[Migration],
    start: SchemaState | None = None,
    models: Models = None,
) -> SchemaState:
    """The state after the migrations, in their order; one that does not fit what came before it counts as unreadable. `models`: those that
    matter, where not all of them do."""
    state = start or SchemaState()
    for migration in migrations:
        try:
            state = (
                apply_migration(state, migration) if models is None else play_for(state, migration, models)
            )
        except InconsistentState as error:
            state = apply_migration(state, unfitting(migration, error))
    return state


def tolerant(migrations: Sequence[Migration], start: SchemaState) -> ReplayedState:
    """As `schema.play_with_identity`; a migration that does not fit what came before it counts as unreadable, with the reason."""
    while True:
        try:
            return play_with_identity(migrations, start)
        except InconsistentState as error:
            found = tuple(unfitting(m, error) if str(m.key) == error.migration else m for m in migrations)
            assert found != tuple(migrations), "an unreadable migration fits everywhere"
            migrations = found


def unfitting(migration: Migration, error: InconsistentState) -> Migration:
    """The migration with all of its operations unreadable."""
    return migration.with_changes(
        operations=tuple(
            operation
            if isinstance(operation, Opaque)
            else Opaque(
                f"does not fit the migrations before it: {error.problem}", str(operation), operation.span
            )
            for operation in migration.operations
        )
    )


def _place(match: Match, patch: Sequence[Migration]) -> tuple[int, int, str]:
    order = {migration.key: place for place, migration in enumerate(patch)}
    origin = match.patch[0].origin
    return (order.get(origin.migration, -1), origin.index, str(getattr(match.patch[0], "schema_object", "")))


def _without_remade(sides: Sides, apps: frozenset[str], atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """Removes what a squash on mainline only creates again: schema objects that the fork point has in that shape already."""
    if sides.shared == sides.mainline_shared:
        return atoms
    was = histories(play(of_apps(sides.shared, apps), SchemaState())[1])
    squashes = {migration.key for migration in sides.mainline if migration.ghosts}
    return tuple(
        changed
        for atom in atoms
        if (changed := _since_fork(atom, was) if atom.origin.migration in squashes else atom) is not None
    )


def _since_fork(atom: Atom, was: Mapping[SchemaObject, History]) -> Atom | None:
    before = was[atom.schema_object].end if isinstance(atom, Added) and atom.schema_object in was else None
    if not isinstance(atom, Added) or before is None:
        return atom
    if liken_shapes(before, replace(before, shape=atom.shape)).alike:
        return None
    return Altered(
        atom.origin, atom.schema_object, atom.name, before.shape, atom.shape, atom.database, atom.state
    )


def _without_shared(
    sides: Sides, ours: tuple[Atom, ...], theirs: tuple[Atom, ...]
) -> tuple[tuple[Atom, ...], tuple[Atom, ...]]:
    """Without what the shared migrations do, but for what databases of the release have otherwise than mainline's: of that all, so that
    what a later shared migration mends is seen. Data operations of the release have run, whatever they are now."""
    shared = sides.between | sides.edited.keys
    old, new = (tuple(atom for atom in side if atom.origin.migration in shared) for side in (ours, theirs))
    schema_objects = differing(old, new)
    unread = of_one_side(old, new, unread_text)

    def is_open(atom: Atom) -> bool:
        if atom.origin.migration not in shared:
            return True
        if isinstance(atom, UnreadChange):
            return atom.origin.migration in unread
        return not isinstance(atom, DataRun) and atom.schema_object in schema_objects

    return tuple(filter(is_open, ours)), tuple(filter(is_open, theirs))


def _unread_edits(sides: Sides, theirs: Iterable[Atom]) -> tuple[Match, ...]:
    """What mainline put into migrations of the fork point, and cannot be read."""
    return _unread_matches(atom for atom in theirs if atom.origin.migration in sides.edited.keys)


def _schema_matches(
    ours: Iterable[Atom], theirs: Iterable[Atom], ours_identity: Identity, theirs_identity: Identity
) -> tuple[Match, ...]:
    """Each of mainline's histories belongs to one of the patch branch's at the most: that of its own name, or else the first that says the
    same under another name. A field that refers to a model which one branch has renamed refers to the same model."""
    mainline, patched = (
        _comparable(histories(theirs), theirs_identity),
        _comparable(histories(ours), ours_identity),
    )
    left = {
        schema_object: history for schema_object, history in mainline.items() if schema_object not in patched
    }
    found = []
    for schema_object, history in patched.items():
        other = mainline.get(schema_object)
        judged = judge(history, other)
        if other is None and (same := _renamed_after_creation(history, left)) is not None:
            other, judged = same, judge(history, same)
            del left[same.schema_object]
        if other is None and (namesake := _under_another_name(history, left)) is not None:
            other, judged = namesake, _renamed(history, namesake)
            del left[namesake.schema_object]
        removal = _removal_of_its_table(history, mainline) if judged.verdict is Verdict.PATCH_ONLY else None
        found.append(
            Match(history.atoms, (removal,), Verdict.EVOLVED)
            if removal is not None
            else _match(history, other, judged)
        )
    return tuple(found)


def _comparable(found: Mapping[SchemaObject, History], identity: Identity) -> dict[SchemaObject, History]:
    """The histories with the models that fields refer to by their identities."""

    def with_identities(moment: ObjectState | None) -> ObjectState | None:
        if moment is None or not isinstance(moment.shape, Field):
            return moment
        shape = identity.shape(moment.shape)
        return moment if shape == moment.shape else replace(moment, shape=shape)

    return {
        schema_object: replace(history, moments=tuple(map(with_identities, history.moments)))
        for schema_object, history in found.items()
    }


def _removal_of_its_table(history: History, mainline: Mapping[SchemaObject, History]) -> Removed | None:
    """Mainline's removal of the table that all of it is in: a column, an index or a constraint goes with it. The separate table of a
    many-to-many field stays."""
    table = mainline.get(SchemaObject(SchemaObjectKind.TABLE, history.schema_object.model))
    if table is None or table.start is None or table.end is not None or history.end is None:
        return None
    if history.schema_object == table.schema_object:
        return None
    shapes = [moment.shape for moment in history.moments if moment is not None]
    if any(isinstance(shape, Field) and is_many_to_many(shape) for shape in shapes):
        return None
    last = table.atoms[-1]
    return last if isinstance(last, Removed) and last.database and last.state else None


def _match(history: History, other: History | None, judged: JudgedHistories) -> Match:
    mainline = other.atoms if other else ()
    return Match(history.atoms, mainline, judged.verdict, judged.differences, judged.taken)


def _renamed_after_creation(history: History, mainline: Mapping[SchemaObject, History]) -> History | None:
    """The column, index or constraint that mainline has created in the same model under another name and that has had the patch branch's last
    name too: one branch has renamed it since. First one that has the name at mainline's end."""
    if history.start is not None or history.end is None:
        return None
    last = history.end.name.lower()
    found = [
        other
        for schema_object, other in mainline.items()
        if schema_object.kind is history.schema_object.kind
        and schema_object.model == history.schema_object.model
        and other.start is None
        and any(moment is not None and moment.name.lower() == last for moment in other.moments)
    ]
    at_end = (other for other in found if other.end is not None and other.end.name.lower() == last)
    return next(at_end, next(iter(found), None))


def _under_another_name(history: History, mainline: Mapping[SchemaObject, History]) -> History | None:
    """An index or constraint that mainline added to the same model with the same definition under another name."""
    named = (SchemaObjectKind.INDEX, SchemaObjectKind.CONSTRAINT)
    if history.schema_object.kind not in named or history.start is not None or history.end is None:
        return None
    for schema_object, other in mainline.items():
        same_place = (
            schema_object.kind is history.schema_object.kind
            and schema_object.model == history.schema_object.model
        )
        if (
            same_place
            and other.start is None
            and other.end
            and _same_but_for_the_name(history.end, other.end)
        ):
            return other
    return None


def _same_but_for_the_name(one: ObjectState, other: ObjectState) -> bool:
    return liken_shapes(_nameless(one), _nameless(other)).alike


def _nameless(standing: ObjectState) -> ObjectState:
    shape = standing.shape
    if not isinstance(shape, Call):
        return standing
    kwargs = tuple((name, value) for name, value in shape.kwargs if name != "name")
    return replace(standing, shape=replace(shape, kwargs=kwargs))


def _renamed(history: History, other: History) -> JudgedHistories:
    assert history.end is not None
    assert other.end is not None
    return JudgedHistories(
        Verdict.DIFFERENT, (f"name: {history.end.name} and {other.end.name}",), taken=len(other.atoms)
    )


def _data_matches(ours: Iterable[Atom], theirs: Iterable[Atom]) -> tuple[Match, ...]:
    """Data operations: the same where their code is, each of mainline's used once. One that leaves nothing (`SET CONSTRAINTS …`, a noop)
    is the same as no other: both migrations need their own."""
    runs = [atom for atom in ours if isinstance(atom, DataRun)]
    left = [atom for atom in theirs if isinstance(atom, DataRun)]
    same: dict[DataRun, DataRun] = {}
    for atom in runs:
        found = None if atom.empty else next((other for other in left if _same_work(atom, other)), None)
        if found is not None:
            left.remove(found)
            same[atom] = found
    twins = list(left)
    return tuple(
        Match((atom,), (same[atom],), Verdict.IDENTICAL, taken=1)
        if atom in same
        else _lonely_data(atom, left, twins)
        for atom in runs
    )


def _same_work(one: DataRun, other: DataRun) -> bool:
    return one.app == other.app and not other.empty and one.fingerprint == other.fingerprint


def _lonely_data(atom: DataRun, left: Sequence[DataRun], twins: list[DataRun]) -> Match:
    """Of a name that both sides have: no migration will ever run it again, so its code is only reported. Else the patch's own. `twins`: mainline's
    data operations that are not yet the other code of one of the patch's; the first of a migration stands against the first, whatever else it does."""
    twin = tuple(other for other in twins if other.origin.migration == atom.origin.migration)[:1]
    for other in twin:
        twins.remove(other)
    if twin and not (atom.empty and twin[0].empty):
        said = "does nothing on mainline" if twin[0].empty else "has other code on mainline"
        return Match((atom,), twin, Verdict.OPAQUE, (f"{atom.label} {said} under the same name",), taken=1)
    if atom.empty:
        return Match((atom,), (), Verdict.PATCH_ONLY, (f"{atom.label}: changes nothing in a database",))
    said = f"{atom.label}: data is changed on the patch branch only"
    return Match((atom,), (), Verdict.PATCH_ONLY, (said, *_why_other_work(atom, left)))


def _why_other_work(atom: DataRun, left: Sequence[DataRun]) -> Iterator[str]:
    """Where mainline has an operation of the same text, that runs something else all the same: what."""
    work = atom.work
    for other in left:
        theirs = other.work
        if isinstance(work, WorkInTree) and isinstance(theirs, WorkInTree) and work.own == theirs.own:
            unknown = work.tree.followed.unknown or theirs.tree.followed.unknown
            names = ", ".join(work.tree.unlike(theirs.tree))
            why = f"it cannot be compared: {unknown}" if unknown else f"these differ: {names}"
            yield f"{other.origin.migration} has the same text on mainline, and {why}"


def _unread_matches(ours: Iterable[Atom]) -> tuple[Match, ...]:
    return tuple(
        Match((atom,), (), Verdict.OPAQUE, (str(atom.opaque),))
        for atom in ours
        if isinstance(atom, UnreadChange)
    )


def _blurred(match: Match, theirs: Iterable[Atom]) -> Match:
    """ "Patch only" is unknown if mainline has operations in that app which cannot be read."""
    first = match.patch[0]
    if match.verdict is not Verdict.PATCH_ONLY or isinstance(first, DataRun | UnreadChange):
        return match
    app = first.schema_object.model.app
    unread = tuple(atom for atom in theirs if isinstance(atom, UnreadChange) and atom.app == app)
    if not unread:
        return match
    return Match(match.patch, unread, Verdict.OPAQUE, tuple(str(atom.opaque) for atom in unread))
