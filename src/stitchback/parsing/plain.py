"""Migrations as `makemigrations` writes them: nothing in them has to be worked out, so their operations need not be made before
somebody asks for them.

A file is plain where it holds imports and one class Migration, of literal attributes and a list of Django's operations whose
arguments are literals, names of Django's, and calls of `models.X`. All of it is looked at: of a plain file it is known that
nothing is opaque, that it asks nothing about the rest of its tree, and how many operations it has. Everything else is for the
reader of all Python (`migration`), which makes a plain file's operations too, later.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Migration, Operations, Swappable, Unopened
from stitchback.parsing.provenance import provenance_of
from stitchback.parsing.signatures import KINDS, SIGNATURES

_MIGRATIONS, _MODELS, _SETTINGS = "django.db.migrations", "django.db.models", "django.conf.settings"
_WITH_CODE = frozenset({"RunPython", "RunSQL", "SeparateDatabaseAndState"})
_FLAGS = ("initial", "atomic")
_LISTS = ("dependencies", "replaces")
Names = dict[str, str]  # local name -> import path
Opener = Callable[[], Operations]


def outline(
    key: MigrationKey, path: str, blob: str, source: bytes, tree: ast.Module, opener: Opener
) -> Migration | None:
    """The migration with its operations unopened (`opener` makes them); None where the file is not plain."""
    if not tree.body or not isinstance(owner := tree.body[-1], ast.ClassDef):
        return None
    names = _imported(tree.body[:-1])
    if names is None or not _is_migration(owner, names):
        return None
    said = _attributes(owner)
    if said is None:
        return None
    try:
        parents, ghosts = (_keys(said.get(name), names) for name in _LISTS)
        if parents is None or ghosts is None or any(not isinstance(each, MigrationKey) for each in ghosts):
            return None
        operations = said.get("operations")
        count = 0 if operations is None else _count(operations, names)
    except RecursionError:
        return None
    flags = {name: said.get(name) for name in _FLAGS}
    if count is None or not all(node is None or _is_flag(node) for node in flags.values()):
        return None
    initial, atomic = (None if node is None else node.value for node in flags.values())  # type: ignore[attr-defined]
    return Migration.unopened(
        Unopened(count, True, opener, source),
        key=key,
        path=path,
        blob=blob,
        dependencies=parents,
        run_before=(),
        replaces=ghosts,
        initial=initial,
        atomic=True if flags["atomic"] is None else atomic,
        opaque_attributes=(),
        provenance=provenance_of(source),
        python2=None,
    )


def _imported(body: Sequence[ast.stmt]) -> Names | None:
    """What imports bind; None where anything else stands there but a docstring."""
    names: Names = {}
    for statement in body:
        match statement:
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                for alias in aliases:
                    if alias.name == "*":
                        return None
                    names[alias.asname or alias.name] = f"{module}.{alias.name}"
            case ast.Expr(value=ast.Constant()):
                continue
            case _:
                return None
    return names


def _is_migration(owner: ast.ClassDef, names: Names) -> bool:
    return (
        owner.name == "Migration"
        and not owner.decorator_list
        and not owner.keywords
        and len(owner.bases) == 1
        and _path(owner.bases[0], names) == f"{_MIGRATIONS}.Migration"
    )


def _attributes(owner: ast.ClassDef) -> dict[str, ast.expr] | None:
    """Each attribute once; None where anything else stands in the class."""
    found: dict[str, ast.expr] = {}
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in found:
                if name != "operations" and name not in _FLAGS and name not in _LISTS:
                    return None
                found[name] = value
            case ast.Expr(value=ast.Constant()):
                continue
            case _:
                return None
    return found


def _is_flag(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def _keys(node: ast.expr | None, names: Names) -> tuple[Dependency, ...] | None:
    if node is None:
        return ()
    if not isinstance(node, ast.List):
        return None
    found: list[Dependency] = []
    for item in node.elts:
        match item:
            case ast.Tuple(elts=[ast.Constant(value=str(app)), ast.Constant(value=str(name))]):
                found.append(MigrationKey(app, name))
            case ast.Call(func=function, args=[argument], keywords=[]) if (
                _path(function, names) == f"{_MIGRATIONS}.swappable_dependency"
                and _path(argument, names) == f"{_SETTINGS}.AUTH_USER_MODEL"
            ):
                found.append(Swappable("AUTH_USER_MODEL"))
            case _:
                return None
    return tuple(found)


def _count(node: ast.expr, names: Names) -> int | None:
    """How many operations the list has; None where it, or one of them, is not plain."""
    if not isinstance(node, ast.List):
        return None
    for item in node.elts:
        if not isinstance(item, ast.Call):
            return None
        kind = KINDS.get(_path(item.func, names))
        if kind is None or kind in _WITH_CODE or len(item.args) > len(SIGNATURES[kind]):
            return None
        if not _are_plain(item, names):
            return None
    return len(node.elts)


def _are_plain(call: ast.Call, names: Names) -> bool:
    """Whether the arguments are."""
    for argument in call.args:
        if not _is_plain(argument, names):
            return False
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg is None or not (type(value) is ast.Constant or _is_plain(value, names)):
            return False
    return True


def _is_plain(node: ast.expr, names: Names) -> bool:
    kind = type(node)
    if kind is ast.Constant:
        return True
    if isinstance(node, ast.Call):
        function = node.func
        return (
            isinstance(function, ast.Attribute)
            and function.attr[0].isupper()
            and _path(function.value, names) == _MODELS
            and _are_plain(node, names)
        )
    if isinstance(node, ast.List | ast.Tuple):
        return all(_is_plain(item, names) for item in node.elts)
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_plain(key, names) for key in node.keys) and all(
            _is_plain(value, names) for value in node.values
        )
    if isinstance(node, ast.Attribute):
        path = _path(node, names)
        return path == f"{_SETTINGS}.AUTH_USER_MODEL" or path.startswith((f"{_MODELS}.", "django.utils."))
    return False


def _path(node: ast.expr, names: Names) -> str:
    """The import path of a dotted name; "" where it is none."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = _path(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
