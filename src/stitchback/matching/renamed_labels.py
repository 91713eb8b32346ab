"""Apps that mainline has under another label: its migrations name those of the old label in `replaces`.

Django counts `store.0001_initial` with `replaces = [("shop", "0001_initial")]` as applied where `shop.0001_initial` is, so a label can be renamed.
Branches are compared and planned with mainline's label: a patch branch is read as if its app had that label, with the tables of the old one. The
proof runs the branches as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from stitchback.matching.sides import moved_by_git
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Patch, Situation
from stitchback.model.source import Opaque
from stitchback.model.values import Code, Constant, Dictionary, Value, mapped, text, walk
from stitchback.operations.data import runs_sql
from stitchback.operations.row_operations import reach_of, row_operations

Operations = tuple[Operation | Opaque, ...]


@dataclass(frozen=True, slots=True)
class RenamedLabels:
    """`labels`: old app label -> mainline's. `keys`: a migration of such an app -> its name in mainline's app, which no other migration has."""

    labels: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[MigrationKey, MigrationKey] = field(default_factory=dict)

    def key(self, recorded: MigrationKey) -> MigrationKey:
        """The migration's name in mainline's app; a dependency on `__first__` too."""
        if recorded.app not in self.labels:
            return recorded
        return self.keys.get(recorded, MigrationKey(self.labels[recorded.app], recorded.name))

    def recorded(self, key: MigrationKey) -> MigrationKey:
        """The name under which the patch branch's databases have recorded the migration."""
        return next((old for old, new in self.keys.items() if new == key), key)

    def moved(self, mainline: Tree) -> Mapping[MigrationKey, MigrationKey]:
        """Mainline's files of the old label's migrations that do not name them in `replaces` -> those."""
        there = {new: old for old, new in self.keys.items() if new in mainline.migrations}
        return {new: old for new, old in there.items() if old not in mainline.replacers}


NOT_RENAMED = RenamedLabels()


def renamed_labels(patches: Sequence[Patch], mainline: Tree) -> RenamedLabels:
    """The apps of the fork points that mainline has under one other label."""
    trees = [tree for patch in patches for tree in (patch.fork, patch.tree)]
    here = {key.app for key in mainline.migrations} | set(mainline.apps)
    found: dict[str, set[str]] = {}
    for ghost, replacers in mainline.replacers.items():
        if ghost.app not in here and any(ghost in tree.migrations for tree in trees):
            found.setdefault(ghost.app, set()).update(key.app for key in replacers)
    labels = {old: new for old, (new, *others) in found.items() if not others}
    if not labels:
        return NOT_RENAMED
    theirs = {key for tree in trees for key in tree.migrations} | mainline.replacers.keys()
    keys: dict[MigrationKey, MigrationKey] = {}
    moved = {
        key: there.key
        for patch in patches
        for key, there in moved_by_git(patch, mainline)
        if key.app in labels
    }
    for key in sorted(key for key in theirs if key.app in labels):
        taken = theirs | set(keys.values())
        keys[key] = moved.get(key) or _key_in_app(key, labels[key.app], mainline, taken)
    return RenamedLabels(labels, keys)


def _key_in_app(key: MigrationKey, label: str, mainline: Tree, taken: Iterable[MigrationKey]) -> MigrationKey:
    """The name of the one migration that replaces nothing else; else the same name, or one that is free."""
    replacers = mainline.replacers.get(key, ())
    if len(replacers) == 1 and mainline.migrations[replacers[0]].replaces == (key,):
        return replacers[0]
    wanted, count = MigrationKey(label, key.name), 1
    while wanted in mainline.migrations or wanted in taken:
        count += 1
        wanted = MigrationKey(label, f"{key.name}_{key.app}{count if count > 2 else ''}")
    return wanted


def relabelled_mainline(mainline: Tree, renamed: RenamedLabels) -> Tree:
    """The tree in which dependencies, `replaces` and comments name the migrations as they are called in mainline's app; a migration that replaces
    nothing but the one of its name replaces nothing. A file that git moved here is read as that of the patch branch."""
    if not renamed.labels:
        return mainline
    changed: dict[MigrationKey, Migration | None] = {}
    moved = renamed.moved(mainline)
    for key, migration in mainline.migrations.items():
        if key in moved:
            changed[key] = relabelled_migration(migration, renamed, moved[key].app)
            continue
        ghosts = tuple(renamed.key(ghost) for ghost in migration.ghosts)
        provenance = tuple(_named(line, renamed) for line in migration.provenance)
        dependencies = _relabelled_dependencies(migration.dependencies, renamed)
        kept = tuple(ghost for ghost in ghosts if ghost != key)
        if (kept, provenance, dependencies) != (
            migration.ghosts,
            migration.provenance,
            migration.dependencies,
        ):
            changed[key] = migration.with_changes(
                replaces=kept, provenance=provenance, dependencies=dependencies
            )
    return mainline.with_migrations(changed)


def _named(line: str, renamed: RenamedLabels) -> str:
    names = {str(old): str(new) for old, new in renamed.keys.items()}
    return " ".join(names.get(word, word) for word in line.split(" "))


def relabelled_situation(situation: Situation, result: Tree) -> tuple[Situation, Tree]:
    """All trees with mainline's labels."""
    renamed = renamed_labels(situation.patches, situation.mainline)
    if not renamed.labels:
        return situation, result
    mainline = relabelled_mainline(situation.mainline, renamed)
    patches = tuple(relabelled_patch(patch, mainline, renamed) for patch in situation.patches)
    return replace(situation, patches=patches, mainline=mainline), relabelled_mainline(result, renamed)


def relabelled_patch(patch: Patch, mainline: Tree, renamed: RenamedLabels) -> Patch:
    """The patch branch as if its apps had mainline's labels."""
    if not renamed.labels:
        return patch
    tree, fork = (relabelled(each, mainline, renamed) for each in (patch.tree, patch.fork))
    return replace(
        patch,
        tree=tree,
        fork=fork,
        migrations=tuple(tree.migrations[renamed.key(each.key)] for each in patch.migrations),
        mainline_had=frozenset(map(renamed.key, patch.mainline_had)),
        uncommitted=frozenset(map(renamed.key, patch.uncommitted)),
    )


def relabelled(tree: Tree, mainline: Tree, renamed: RenamedLabels) -> Tree:
    """The tree with mainline's labels; its settings too (AUTH_USER_MODEL)."""
    changed: dict[MigrationKey, Migration | None] = {}
    for key, migration in tree.migrations.items():
        new = relabelled_migration(migration, renamed)
        theirs = mainline.migrations.get(new.key)
        if key.app in renamed.labels:
            changed[key] = None
            if theirs is not None:
                new = new.with_changes(operations=_as_theirs(new.operations, theirs.operations, renamed))
        if new != migration:
            changed[new.key] = new
    settings = {name: _relabelled_text(value, renamed) for name, value in tree.settings.items()}
    apps = {renamed.labels.get(label, label): app for label, app in tree.apps.items()}
    result = replace(tree.with_migrations(changed), settings=settings, apps=apps)
    kept = {label: app for label, app in tree.shared.items() if label not in {key.app for key in changed}}
    result.shared.update(kept)
    return result


def relabelled_migration(migration: Migration, renamed: RenamedLabels, label: str = "") -> Migration:
    """`label`: the old label, where the migration has mainline's already."""
    old = label or migration.key.app
    operations = tuple(relabelled_operation(each, old, renamed) for each in migration.operations)
    return migration.with_changes(
        key=renamed.key(migration.key),
        dependencies=_relabelled_dependencies(migration.dependencies, renamed),
        run_before=_relabelled_dependencies(migration.run_before, renamed),
        replaces=tuple(
            each if isinstance(each, Opaque) else renamed.key(each) for each in migration.replaces
        ),
        operations=operations if operations != migration.operations else migration.operations,
    )


def _relabelled_dependencies(
    dependencies: tuple[Dependency, ...], renamed: RenamedLabels
) -> tuple[Dependency, ...]:
    return tuple(renamed.key(each) if isinstance(each, MigrationKey) else each for each in dependencies)


def relabelled_operation(
    operation: Operation | Opaque, label: str, renamed: RenamedLabels
) -> Operation | Opaque:
    """The operation with mainline's labels. A model that it creates in the app gets the name that its table has there."""
    if isinstance(operation, Opaque):
        return operation

    def change(value: Value) -> Value:
        said = text(value)
        return value if said is None else Constant(_relabelled_text(said, renamed))

    arguments = tuple((name, mapped(value, change)) for name, value in operation.arguments)
    new = replace(
        operation,
        arguments=arguments if arguments != operation.arguments else operation.arguments,
        database=tuple(relabelled_operation(each, label, renamed) for each in operation.database),
        state=tuple(relabelled_operation(each, label, renamed) for each in operation.state),
    )
    return _with_table(new, label) if new.kind == "CreateModel" and label in renamed.labels else new


def _with_table(operation: Operation, label: str) -> Operation:
    """A CreateModel with the `db_table` that Django's default is under the old label."""
    name, options = text(operation.argument("name")), operation.argument("options")
    pairs = options.items if isinstance(options, Dictionary) else ()
    if name is None or isinstance(options, Opaque) or any(text(key) == "db_table" for key, _ in pairs):
        return operation
    table = (Constant("db_table"), Constant(f"{label}_{name.lower()}"))
    others = tuple((key, value) for key, value in operation.arguments if key != "options")
    return replace(
        operation, arguments=tuple(sorted((*others, ("options", Dictionary((*pairs, table)))), key=_first))
    )


def _first(pair: tuple[str, Value]) -> str:
    return pair[0]


def _relabelled_text(said: str, renamed: RenamedLabels) -> str:
    """`shop.Item` -> `store.Item`; any other text is unchanged."""
    label, dot, name = said.partition(".")
    new = renamed.labels.get(label)
    return f"{new}.{name}" if new and dot and name.isidentifier() else said


def _as_theirs(ours: Operations, theirs: Operations, renamed: RenamedLabels) -> Operations:
    """The operations, with mainline's wherever the code of the two differs in nothing but the label."""
    if len(ours) != len(theirs):
        return ours
    pairs = zip(ours, theirs, strict=True)
    return tuple(
        other if one != other and _is_same_code(one, other, renamed) else one for one, other in pairs
    )


def _is_same_code(one: Operation | Opaque, other: Operation | Opaque, renamed: RenamedLabels) -> bool:
    if isinstance(one, Opaque) or isinstance(other, Opaque):
        return False
    return bool(code_of(one)) and _sources(one, renamed) == _sources(other, renamed)


def _sources(operation: Operation, renamed: RenamedLabels) -> tuple[object, ...]:
    """The operation's arguments with code as its source, written with mainline's labels."""
    found: list[object] = [operation.kind, operation.path]
    for name, value in operation.arguments:
        found.append(name)
        for part in walk(value):
            found.append(_relabelled_source(part.source, renamed) if isinstance(part, Code) else type(part))
            if isinstance(part, Constant):
                found.append(part)
    return tuple(found)


def _relabelled_source(source: str, renamed: RenamedLabels) -> str:
    for old, new in renamed.labels.items():
        source = source.replace(f"'{old}'", f"'{new}'").replace(f"'{old}.", f"'{new}.")
    return source


def code_of(operation: Operation | Opaque) -> tuple[Code, ...]:
    """The functions of the migration's module among the operation's arguments."""
    if isinstance(operation, Opaque):
        return ()
    return tuple(part for _, value in operation.arguments for part in walk(value) if isinstance(part, Code))


def asks_for_old_label(migration: Migration, renamed: RenamedLabels) -> bool:
    """Whether a data operation of the migration asks the historical state for a model by an old label, which mainline's does not have; code of such an
    app counts unless its models are known."""
    own = migration.key.app in (*renamed.labels, *renamed.labels.values())
    return any(
        own
        if reach.models is None
        else any(model.partition(".")[0] in renamed.labels for model in reach.models)
        for each in row_operations(migration.operations)
        if not runs_sql(each)
        for reach in (reach_of(each, migration.key.app),)
    )


def unnamed_successors(
    fork: Tree, mainline: Tree, gone: Iterable[str]
) -> Iterator[tuple[MigrationKey, Migration]]:
    """The migrations of the fork point's apps that mainline does not have any more, each with the one of the same name in a new app that does the same
    and replaces nothing: the app has another label there, and Django does not know."""
    new = {key.app for key in mainline.migrations} - {key.app for key in fork.migrations}
    for old in sorted(gone):
        names = {key: each for key, each in sorted(fork.migrations.items()) if key.app == old}
        for label in sorted(new):
            renamed = RenamedLabels({old: label})
            pairs = [(key, mainline.migrations.get(renamed.key(key))) for key in names]
            found = [(key, theirs) for key, theirs in pairs if theirs is not None and not theirs.replaces]
            if found and all(_is_same_but_table(names[key], theirs, renamed) for key, theirs in found):
                yield from found


def _is_same_but_table(ours: Migration, theirs: Migration, renamed: RenamedLabels) -> bool:
    wanted = relabelled_migration(ours, renamed).operations
    own = tuple(_with_table(each, ours.key.app) if _creates(each) else each for each in theirs.operations)
    return bool(own) and wanted == own


def _creates(operation: Operation | Opaque) -> TypeGuard[Operation]:
    return isinstance(operation, Operation) and operation.kind == "CreateModel"
