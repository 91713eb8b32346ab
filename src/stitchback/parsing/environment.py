"""What is the same wherever these migrations can still be run: Python 3 and a Django that stitchback supports."""

from __future__ import annotations

import ast

from stitchback.model.values import Call, Constant, Reference, Value
from stitchback.parsing import constant_folding

_DJANGO = tuple((*version, 0, "final", 0) for version in ((4, 2), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1)))
_PYTHON = tuple((3, minor, 0, "final", 0) for minor in range(8, 16))
_VENDOR = Reference("django.db.connection.vendor")
_VERSIONS = {"django.VERSION": _DJANGO, "sys.version_info": _PYTHON}
_SAME = {
    "typing.TYPE_CHECKING": False,
    "six.PY2": False,
    "six.PY3": True,
    "django.utils.six.PY2": False,
    "django.utils.six.PY3": True,
}


def constant(path: str) -> Value | None:
    """The value of a name that is the same everywhere."""
    return Constant(_SAME[path]) if path in _SAME else None


def compare(kind: type[ast.cmpop], left: Value, right: Value, engines: tuple[str, ...] = ()) -> Value | None:
    """A comparison with Django's or Python's version that every supported one answers in the same way; with `connection.vendor`
    where each of the engines does."""
    possible = list[object](engines) if left == _VENDOR else _possible(left)
    other = constant_folding.plain(right)
    if not possible or other is None or kind not in constant_folding.COMPARE:
        return None
    compute = constant_folding.COMPARE[kind][1]
    try:
        answers = {bool(compute(version, other[0])) for version in possible}
    except TypeError:
        return None
    return Constant(answers.pop()) if len(answers) == 1 else None


def _possible(value: Value) -> list[object] | None:
    """Every value that the version, or the part of it that is taken, can have."""
    match value:
        case Reference(path=path) if path in _VERSIONS:
            return list(_VERSIONS[path])
        case Call(
            callee=Reference(path="operator.getitem"), args=(Reference(path=path), Constant(value=int(index)))
        ):
            versions = _VERSIONS.get(path, ())
            return [version[index] for version in versions] if versions and index in (0, 1) else None
        case Reference(path="sys.version_info.major"):
            return [3]
        case Reference(path="sys.version_info.minor"):
            return [version[1] for version in _PYTHON]
        case Call(
            callee=Reference(path="operator.getitem"),
            args=(
                Reference(path=path),
                Call(
                    callee=Reference(path="builtins.slice"),
                    args=(Constant(value=None), Constant(value=int(end)), _),
                ),
            ),
        ):
            return [version[:end] for version in _VERSIONS.get(path, ())] or None
        case _:
            return None
