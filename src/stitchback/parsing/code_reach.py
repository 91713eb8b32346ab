"""Which models the function of a RunPython asks for, and which words its code has, without running it.

The function, and what it uses of its own module, is followed. What is known then: every model comes from `apps.get_model` with
constants, and everything else that the code uses is Python's or a part of Django's that knows no models. Anything else means: it may
reach every model.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from stitchback.model.data_reach import EVERYTHING, Reach, words_of
from stitchback.model.source import Opaque
from stitchback.model.values import Call, Code, Reference, Value, text, walk
from stitchback.parsing.scopes import DEFINITIONS, Class, Definition, Function, Scope, definition_of

# What does nothing to rows that the code does not give to it; SQL that is run with a connection stands in strings.
PLAIN_DJANGO = (
    "django.conf", "django.contrib.auth.hashers", "django.contrib.postgres", "django.core.exceptions", "django.core.files",
    "django.core.serializers.json", "django.core.validators", "django.db", "django.template.defaultfilters", "django.utils",
)  # fmt: skip
PLAIN_PACKAGES = frozenset(
    {
        *sys.stdlib_module_names, "builtins", "bleach", "bs4", "dateutil", "lxml", "markdown", "markdownify", "nanoid", "PIL",
        "psycopg2", "pytz", "requests", "shortuuid", "simplejson", "six", "slugify", "tqdm", "ulid", "unidecode", "yaml",
    }
) - {"importlib", "pkgutil", "runpy", "pickle"}  # fmt: skip
# Names by which code reaches a field, or anything at all, that it does not name.
ANY_FIELD = frozenset(
    {"getattr", "setattr", "hasattr", "delattr", "_meta", "__dict__", "vars", "model_to_dict"}
)
ANYTHING = frozenset(
    {
        "eval",
        "exec",
        "__import__",
        "import_module",
        "globals",
        "get_models",
        "get_app_config",
        "get_app_configs",
        "all_models",
    }
)
OF_THE_EDITOR = frozenset({"connection", "quote_name", "quote_value", "execute"})
RUNS_SQL = frozenset({"execute", "executemany", "raw", "extra", "RawSQL"})
BY_NAME = frozenset(name.lower() for name in RUNS_SQL)  # as `getattr` may be given it
# Models of Django's own apps that migrations import; which rows they have is no matter of the tree's models.
DJANGOS_MODELS = {
    "django.contrib.contenttypes.models.ContentType": "contenttypes.contenttype",
    "django.contrib.auth.models.Group": "auth.group",
    "django.contrib.auth.models.Permission": "auth.permission",
    "django.contrib.sites.models.Site": "sites.site",
}
MOST_FOLLOWED = 200  # calls of functions of the module
Texts = dict[str, frozenset[str]]  # a parameter -> the strings that it may get


def reach_of(definition: Definition) -> Reach:
    """What the code of a function, lambda or class can use."""
    reading = _CodeReading()
    try:
        reading.follow(definition, registry=0, editor=1)
    except _Unknown:
        return EVERYTHING
    return Reach(
        frozenset(reading.models),
        frozenset(reading.words),
        bool(reading.words & ANY_FIELD),
        reading.runs_sql or (bool(reading.words & ANY_FIELD) and bool(reading.words & BY_NAME)),
    )


class _Unknown(Exception):
    """Something that may reach every model."""


@dataclass(slots=True)
class _CodeReading:
    models: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    runs_sql: bool = False
    followed: set[tuple[object, ...]] = field(default_factory=set)

    def follow(
        self, definition: Definition, registry: int | None, editor: int | None, texts: Texts | None = None
    ) -> None:
        """`registry`, `editor`: the places of the parameters that get the historical apps and the schema editor. `texts`: the strings
        that other parameters may get."""
        node = definition.node
        texts = texts or {}
        call = (id(node), registry, editor, frozenset(texts.items()))
        if call in self.followed:
            return
        if len(self.followed) > MOST_FOLLOWED:
            raise _Unknown
        self.followed.add(call)
        if isinstance(node, ast.ClassDef):
            raise _Unknown  # an object's methods may be called by anything
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            raise _Unknown
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        body = node.body if isinstance(node.body, list) else [node.body]
        _Function(
            self,
            definition.scope,
            _at(names, registry),
            _at(names, editor),
            _local_names(node),
            _parents(node),
            {name: found for name, found in texts.items() if not _is_stored(name, node)},
        ).read([*body, *node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)])


def _is_stored(name: str, node: ast.AST) -> bool:
    """Whether the function binds the name itself, beside the parameter."""
    return any(
        isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load)
        for part in ast.walk(node)
    )


def _at(names: list[str], place: int | None) -> str | None:
    return names[place] if place is not None and place < len(names) else None


def _parents(node: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)}


def _local_names(node: ast.AST) -> frozenset[str]:
    """The names that the function binds itself, functions within it left out: these are read with it."""
    found: set[str] = set()
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if part is not node:
                found.add(name)
            case ast.ClassDef() | ast.Global() | ast.Nonlocal():
                raise _Unknown
    return frozenset(found)


@dataclass(slots=True)
class _Function:
    reading: _CodeReading
    scope: Scope
    apps: str | None
    editor: str | None
    local: frozenset[str]
    parents: dict[ast.AST, ast.AST]
    parameters: Texts

    def read(self, nodes: list[ast.stmt | ast.expr]) -> None:
        for node in nodes:
            for part in ast.walk(node):
                self.part(part)

    def part(self, part: ast.AST) -> None:
        words = self.reading.words
        match part:
            case ast.Attribute(attr=name) if name in RUNS_SQL:
                self.reading.runs_sql = True
            case ast.Import() | ast.ImportFrom():
                self.imported(part)
            case ast.Call():
                self.call(part)
        match part:
            case ast.Name(id=name):
                words.add(name.lower())
                self.name(part)
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) | ast.arg(arg=name):
                words.update(words_of(name))
                if name in ANYTHING:
                    raise _Unknown
            case ast.Constant(value=str() as said):
                words.update(words_of(said))

    def name(self, node: ast.Name) -> None:
        name = node.id
        if name in ANYTHING or name == "get_model":
            raise _Unknown
        if name == self.apps:
            self.registry(node)
        elif name == self.editor:
            self.schema_editor(node)
        elif name not in self.local:
            self.outer(node)

    def registry(self, node: ast.Name) -> None:
        """The historical apps: asked for a model, or passed on to a function of the module."""
        parent = self.parents.get(node)
        asked = isinstance(parent, ast.Attribute) and parent.attr == "get_model" and self.is_called(parent)
        if not asked and not self.is_passed_on(node):
            raise _Unknown

    def schema_editor(self, node: ast.Name) -> None:
        parent = self.parents.get(node)
        plain = isinstance(parent, ast.Attribute) and parent.attr in OF_THE_EDITOR
        if not plain and not self.is_passed_on(node):
            raise _Unknown

    def is_called(self, node: ast.AST) -> bool:
        parent = self.parents.get(node)
        return isinstance(parent, ast.Call) and parent.func is node

    def is_passed_on(self, node: ast.Name) -> bool:
        """Whether it is an argument, by its place or by its name, of a function of the module."""
        parent = self.parents.get(node)
        call = self.parents.get(parent) if isinstance(parent, ast.keyword) else parent
        return isinstance(call, ast.Call) and self.function_of(call) is not None and node is not call.func

    def function_of(self, call: ast.Call) -> Function | None:
        if not isinstance(call.func, ast.Name) or call.func.id in self.local:
            return None
        found = definition_of(call.func.id, self.scope)
        return found if isinstance(found, Function) else None

    def call(self, node: ast.Call) -> None:
        function = self.function_of(node)
        if function is not None:
            self.reading.follow(
                function,
                self.place(node, function, self.apps),
                self.place(node, function, self.editor),
                self.passed(node, function),
            )
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get_model":
            self.reading.models.update(self.labels(node))
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in RUNS_SQL:
            self.reading.runs_sql = True
            if not (node.args and self.texts(node.args[0])):
                raise _Unknown

    def place(self, call: ast.Call, function: Function, name: str | None) -> int | None:
        """The place of the function's parameter that gets the name."""
        if name is None:
            return None
        if any(isinstance(each, ast.Starred) for each in call.args) or any(
            each.arg is None for each in call.keywords
        ):
            raise _Unknown
        for place, argument in enumerate(call.args):
            if isinstance(argument, ast.Name) and argument.id == name:
                return place
        parameters = [each.arg for each in (*function.node.args.posonlyargs, *function.node.args.args)]
        for keyword in call.keywords:
            if isinstance(keyword.value, ast.Name) and keyword.value.id == name:
                if keyword.arg not in parameters:
                    raise _Unknown
                return parameters.index(keyword.arg)
        return None

    def passed(self, call: ast.Call, function: Function) -> Texts:
        """The strings that the function's parameters get."""
        arguments = function.node.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        given: dict[str, ast.expr] = dict(
            zip(names[len(names) - len(arguments.defaults) :], arguments.defaults, strict=True)
        )
        given |= zip(names, call.args, strict=False)
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
        texts = {name: self.texts(value) for name, value in given.items()}
        return {name: found for name, found in texts.items() if found}

    def labels(self, call: ast.Call) -> Iterator[str]:
        """The labels that `get_model` may be called with."""
        said = {keyword.arg: keyword.value for keyword in call.keywords}
        given = [*call.args, *(said[name] for name in ("app_label", "model_name") if name in said)]
        texts = [self.texts(each) for each in given]
        if len(given) != len(call.args) + len(said) or not all(texts):
            raise _Unknown
        for parts in product(*(sorted(each or ()) for each in texts)):
            label = ".".join(parts).lower()
            if label.count(".") != 1:
                raise _Unknown
            yield label

    def texts(self, node: ast.expr) -> frozenset[str] | None:
        """The strings that the expression may be: a literal, or a name for one or for each of several; None where it may be any."""
        match node:
            case ast.Constant(value=str() as said):
                return frozenset({said})
            case ast.Name(id=name) if name in self.parameters:
                return self.parameters[name]
            case ast.Name(id=name) if name in self.local:
                return self.local_texts(name)
            case ast.Name(id=name):
                box = self.scope.find(name)
                bound = None if box is None or isinstance(box.binding, DEFINITIONS) else text(box.binding)
                return None if bound is None else frozenset({bound})
            case _:
                return None

    def local_texts(self, name: str) -> frozenset[str] | None:
        """Of a name that the function binds: in loops over literals, and to literals."""
        found: set[str] = set()
        for part in self.parents:
            if isinstance(part, ast.arg) and part.arg == name:
                return None
            if isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load):
                texts = self.bound_texts(part)
                if texts is None:
                    return None
                found |= texts
        return frozenset(found) or None

    def bound_texts(self, target: ast.Name) -> frozenset[str] | None:
        match self.parents.get(target):
            case ast.Assign(targets=[ast.Name()], value=ast.Constant(value=str() as said)):
                return frozenset({said})
            case (ast.For() | ast.comprehension()) as loop if loop.target is target:
                return _literals(loop.iter, None)
            case ast.Tuple() as group:
                match self.parents.get(group):
                    case (ast.For() | ast.comprehension()) as loop if loop.target is group:
                        return _literals(loop.iter, group.elts.index(target))
                    case _:
                        return None
            case _:
                return None

    def outer(self, node: ast.Name) -> None:
        """A name that the function does not bind: of its module, imported, or a builtin."""
        definition = definition_of(node.id, self.scope)
        if isinstance(definition, Class):
            raise _Unknown
        if definition is not None:
            if not self.is_called(node):
                raise _Unknown  # it may be called with anything
            return
        box = self.scope.find(node.id)
        if self.is_constant(node):
            return
        if box is not None:
            assert not isinstance(box.binding, DEFINITIONS), "that would have been a definition"
            self.value(box.binding)
        elif not hasattr(builtins, node.id) or self.scope.module.stars:
            raise _Unknown

    def is_constant(self, node: ast.Name) -> bool:
        """Whether it is an imported constant by its name, or by that of its attribute (`Choices.OPEN`), which is not called."""
        box = self.scope.find(node.id)
        if box is not None and not isinstance(box.binding, Reference):
            return False
        last: ast.expr = node
        name = node.id
        while isinstance(parent := self.parents.get(last), ast.Attribute):
            last, name = parent, parent.attr
        return name.isupper() and not self.is_called(last)

    def value(self, value: Value) -> None:
        for part in walk(value):
            match part:
                case Reference(path=path):
                    self.reading.runs_sql |= path.rpartition(".")[2] in RUNS_SQL
                    if path in DJANGOS_MODELS:
                        self.reading.models.add(DJANGOS_MODELS[path])
                    elif not _is_plain(path):
                        raise _Unknown
                case Code() | Opaque():
                    raise _Unknown
                case Call():
                    pass
                case _:
                    said = text(part)
                    self.reading.words.update(words_of(said) if said is not None else ())

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import within the function."""
        if isinstance(node, ast.ImportFrom):
            paths = [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
        else:
            paths = [alias.name for alias in node.names]
        if not all(map(_is_plain, paths)):
            raise _Unknown
        self.reading.runs_sql |= any(path.rpartition(".")[2] in RUNS_SQL for path in paths)


def _literals(items: ast.expr, place: int | None) -> frozenset[str] | None:
    """The strings of a list or tuple display; those at one place of its tuples where a place is given."""
    if not isinstance(items, ast.List | ast.Tuple | ast.Set):
        return None
    found: set[str] = set()
    for item in items.elts:
        if place is not None and isinstance(item, ast.Tuple | ast.List) and place < len(item.elts):
            item = item.elts[place]
        if not isinstance(item, ast.Constant) or not isinstance(item.value, str):
            return None
        found.add(item.value)
    return frozenset(found)


def _is_plain(path: str) -> bool:
    """Whether what is imported from there reaches no model that the code does not give to it."""
    if path.partition(".")[0] in PLAIN_PACKAGES:
        return path not in {f"builtins.{name}" for name in ANYTHING}
    return any(path == name or path.startswith(f"{name}.") for name in PLAIN_DJANGO)
