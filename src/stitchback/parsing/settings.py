"""What the tree's own settings files say, as far as that can be read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from stitchback.model.values import Constant, Items, Reference, Value
from stitchback.parsing import constant_folding, sources
from stitchback.parsing.import_paths import SETTINGS, VENDOR
from stitchback.parsing.imports import is_static, module_scope
from stitchback.parsing.reading_context import ReadingContext, Setting
from stitchback.parsing.scopes import DEFINITIONS

_OF_AN_APP = (
    b"django.conf import settings"  # a module of an app's own defaults, not what Django is started with
)
_OF_TESTS = re.compile(r"(^|[/_.-])(tests?|testing|pytest)([/_.-]|$)")
# Packages with `swappable_dependency(settings.AUTH_USER_MODEL)` in their 0001_initial, by what INSTALLED_APPS calls them -> label.
_OF_USER_MODEL = {
    "django.contrib.admin": "admin",
    "rest_framework.authtoken": "authtoken",
    "allauth.account": "account",
    "allauth.socialaccount": "socialaccount",
    "oauth2_provider": "oauth2_provider",
    "reversion": "reversion",
    "guardian": "guardian",
}
_MORE_ROUTERS = re.compile(rb"^[ \t]*DATABASE_ROUTERS[ \t]*(\+=|\.|\[)", re.MULTILINE)
_DEFAULTS = {"AUTH_USER_MODEL": "auth.User"}  # django.conf.global_settings


def setting_values(name: str, context: ReadingContext) -> tuple[Value, ...] | None:
    """The setting's values in the settings files that set it, those of tests last; None where it is set and cannot be read
    (what tests set on a condition counts as not set)."""
    configured = context.configured(name)
    if configured is not None:
        value = constant_folding.value_of(configured[0])
        return None if value is None else (value,)
    known = context.settings.get(name)
    if known is None:
        with context.noting() as asked:
            values = _read_setting_values(name, context)
        known = context.settings[name] = Setting(values, asked)
    else:
        context.note(known.asked)
    return known.values


def is_of_tests(path: str) -> bool:
    """Whether the settings file is that of test runs, by its path."""
    return _OF_TESTS.search(path) is not None


def sets_defaults_of_an_app(source: bytes) -> bool:
    """Whether the module reads Django's settings, so that Django is not started with it."""
    return _OF_AN_APP in source


def known(path: str, context: ReadingContext) -> Value | None:
    """What the configuration answers of an import path: `django.conf.settings.X`, `django.db.connection.vendor`.

    AUTH_USER_MODEL stays a reference: its name is how migrations refer to the model.
    """
    if path == VENDOR:
        return Constant(context.engines[0]) if len(context.engines) == 1 else None
    name = path.removeprefix(SETTINGS)
    if name == path or not name.isidentifier() or name == "AUTH_USER_MODEL":
        return None
    configured = context.configured(name)
    return None if configured is None else constant_folding.value_of(configured[0])


def _read_setting_values(name: str, context: ReadingContext) -> tuple[Value, ...] | None:
    found: list[Value] = []
    unknown = False
    line = re.compile(rb"^[ \t]*%b[ \t]*[:=]" % re.escape(name.encode()), re.MULTILINE)
    for path in context.settings_files:
        source = context.read(path)
        if name.encode() not in source or _OF_AN_APP in source or not line.search(source):
            continue
        scope = module_scope(path, context)
        box = scope.find(name) if scope is not None else None
        if box is not None and not isinstance(box.binding, DEFINITIONS) and is_static(box.binding):
            found.append(box.binding)
        else:
            unknown = unknown or not is_of_tests(path)
    return None if unknown and not found else tuple(found)


def string_setting(name: str, context: ReadingContext) -> Constant | None:
    """A setting that is a string, as the first settings file says that sets it; Django's own default where none does."""
    values = setting_values(name, context)
    if values == () and name in _DEFAULTS:
        context.assume(name, _DEFAULTS[name])
        return Constant(_DEFAULTS[name])
    first = values[0] if values else None
    return first if isinstance(first, Constant) and isinstance(first.value, str) else None


def setting(name: str, default: Value, context: ReadingContext) -> Value | None:
    """`getattr(settings, name, default)`: what a settings file of the tree says; the default where none sets it, which the
    context notes; None where it is set and cannot be read.

    AUTH_USER_MODEL stays a reference: Django itself sets it, and its name is how migrations refer to it.
    """
    if name == "AUTH_USER_MODEL":
        return Reference("django.conf.settings.AUTH_USER_MODEL")
    values = setting_values(name, context)
    if values == ():
        context.assume(name, str(default.value) if isinstance(default, Constant) else "its default")
        return default
    return values[0] if values else None


def packages_of_user_model(context: ReadingContext) -> tuple[str, ...]:
    """Labels of installed packages whose first migration depends on the user model: those that a settings file, or the configuration,
    names as INSTALLED_APPS does (the package, or a configuration class of it). What tests alone install does not count."""
    configured = context.configured("INSTALLED_APPS")
    if configured is not None:
        names = (
            {each for each in configured[0] if isinstance(each, str)}
            if isinstance(configured[0], list)
            else set()
        )
    else:
        files = [path for path in context.settings_files if "test" not in path]
        names = {name for path in files for name in _strings(context.read(path))}
    return tuple(sorted({label for name in names for label in _package(name)}))


def has_routers(context: ReadingContext) -> bool:
    """Whether DATABASE_ROUTERS is set to anything but an empty list, or may be: what cannot be read counts as set."""
    values = setting_values("DATABASE_ROUTERS", context)
    if values is None or any(not (isinstance(value, Items) and not value.items) for value in values):
        return True
    if context.configured("DATABASE_ROUTERS") is not None:
        return False
    files = (path for path in context.settings_files if not is_of_tests(path))
    return any(_MORE_ROUTERS.search(context.read(path)) for path in files)


def _package(name: str) -> Iterator[str]:
    for package, label in _OF_USER_MODEL.items():
        if name == package or name.startswith(f"{package}.apps."):
            yield label


def _strings(source: bytes) -> Iterator[str]:
    """All texts of a module that may name one of those packages; none where it cannot be parsed."""
    if not any(package.encode() in source for package in _OF_USER_MODEL):
        return
    try:
        module = sources.parse(source)
    except sources.NotPython:
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
