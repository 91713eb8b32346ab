"""The models, fields and tables that a data operation's code names literally. Computed names are not searched."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

ModelName = tuple[str, str]  # app label, name of the model as written
MANAGERS = ("objects", "_default_manager", "_base_manager")
BY_KEYWORD = ("filter", "exclude", "get", "update", "create", "get_or_create", "update_or_create")
BY_NAME = ("values", "values_list", "order_by", "only", "defer", "earliest", "latest")
ANNOTATING = ("annotate", "alias", "aggregate", "extra", "values", "values_list", "raw", "union")
EXPRESSIONS = ("F", "Q")


@dataclass(frozen=True, slots=True)
class Names:
    """`fields`: of models that the code gets from `apps`. `attributes`: those that it reads from their objects."""

    models: tuple[ModelName, ...] = ()
    fields: tuple[tuple[ModelName, str], ...] = ()
    attributes: tuple[tuple[ModelName, str], ...] = ()


@functools.lru_cache(maxsize=4096)
def names_in_python(source: str) -> Names:
    """The names in the source of a function or lambda whose first parameter is `apps`."""
    try:
        body = ast.parse(source).body[0]
    except (SyntaxError, IndexError, ValueError, RecursionError):
        return Names()
    node: ast.AST = body.value if isinstance(body, ast.Expr) else body
    if not isinstance(node, ast.FunctionDef | ast.Lambda):
        return Names()
    parameters = (*node.args.posonlyargs, *node.args.args)
    return _NamesReading(node, parameters[0].arg).names() if parameters else Names()


class _NamesReading:
    def __init__(self, function: ast.FunctionDef | ast.Lambda, apps: str) -> None:
        self.apps = apps
        self.nodes = list(_unguarded(function))
        self.bound = _bindings(function)
        self.models = {
            name: model
            for name, values in self.bound.items()
            if len(values) == 1 and (model := self.got(values[0])) is not None
        }
        self.annotated = {
            keyword.arg
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if node.func.attr in ANNOTATING
            for keyword in node.keywords
        }
        self.assigned = {
            node.attr
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        }

    def names(self) -> Names:
        got = (self.got(node) for node in self.nodes)
        models = dict.fromkeys(model for model in got if model is not None)
        fields = dict.fromkeys(self.fields())
        return Names(tuple(models), tuple(fields), tuple(dict.fromkeys(self.attributes())))

    def got(self, node: ast.AST | None) -> ModelName | None:
        """The model of `apps.get_model("app", "Model")` or `apps.get_model("app.Model")`."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=self.apps), attr="get_model"), args=args):
                named = {keyword.arg: keyword.value for keyword in node.keywords}
                given = [*args, *(named[key] for key in ("app_label", "model_name") if key in named)]
                words = [each.value for each in given if isinstance(each, ast.Constant)]
                texts = [word for word in words if isinstance(word, str)]
                if len(texts) == len(given) == 1 and texts[0].count(".") == 1:
                    app, _, name = texts[0].partition(".")
                    return app, name
                if len(texts) == len(given) == 2:
                    return texts[0], texts[1]
        return None

    def fields(self) -> Iterator[tuple[ModelName, str]]:
        for node in self.nodes:
            if not isinstance(node, ast.Call):
                continue
            model = self.models.get(node.func.id) if isinstance(node.func, ast.Name) else None
            if model is not None:
                yield from ((model, name) for name in _keywords(node))
            if not isinstance(node.func, ast.Attribute):
                continue
            model = self.queried(node.func.value)
            if model is None:
                continue
            for name in self.fields_of_call(node, node.func.attr):
                first = name.lstrip("-").split("__")[0]
                if first.isidentifier() and first not in self.annotated:
                    yield model, first

    def fields_of_call(self, call: ast.Call, method: str) -> Iterator[str]:
        if method in BY_KEYWORD:
            for keyword in call.keywords:
                if (
                    keyword.arg == "defaults" and method.endswith("or_create")
                ) or keyword.arg == "create_defaults":
                    yield from _keys(keyword.value)
                elif keyword.arg is not None:
                    yield keyword.arg
            for argument in call.args:
                yield from _in_expression(argument)
        elif method in BY_NAME:
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value

    def queried(self, node: ast.AST) -> ModelName | None:
        """The model of a query: `Model.objects` and the results of its methods."""
        while True:
            match node:
                case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method != "get_model":
                    if method not in (
                        *BY_KEYWORD,
                        *BY_NAME,
                        "all",
                        "iterator",
                        "distinct",
                        "using",
                        "select_related",
                        "prefetch_related",
                    ):
                        return None
                    node = inner
                case ast.Attribute(value=ast.Name(id=name), attr=manager) if manager in MANAGERS:
                    return self.models.get(name)
                case ast.Attribute(value=inner, attr=manager) if manager in MANAGERS:
                    return self.got(inner)
                case _:
                    return None

    def attributes(self) -> Iterator[tuple[ModelName, str]]:
        """The attributes that a loop over a query reads from its objects."""
        objects: dict[str, ModelName] = {}
        for node in self.nodes:
            if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
                model = None if _returns_values(node.iter) else self.queried(node.iter)
                if model is not None and len(self.bound.get(node.target.id, ())) == 1:
                    objects[node.target.id] = model
        known = self.assigned | self.annotated | {"_meta", "_state"}
        called = {id(node.func) for node in self.nodes if isinstance(node, ast.Call)}
        for node in self.nodes:
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Load()) if (
                    name in objects and id(node) not in called and attribute not in known
                ):
                    yield objects[name], attribute


def _unguarded(function: ast.AST) -> Iterator[ast.AST]:
    """All nodes that are not within a `try` with handlers or below a condition that checks for attributes."""
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try) and node.handlers:
            waiting += node.finalbody
            continue
        if isinstance(node, ast.If | ast.IfExp) and any(
            isinstance(each, ast.Name) and each.id in ("hasattr", "getattr") for each in ast.walk(node.test)
        ):
            continue
        yield node
        waiting += reversed(list(ast.iter_child_nodes(node)))


def _bindings(function: ast.AST) -> dict[str, list[ast.AST | None]]:
    """Every name that is bound in the function, with its value if it is bound by one assignment."""
    found: dict[str, list[ast.AST | None]] = {}
    simple: dict[int, ast.AST] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            simple[id(node.targets[0])] = node.value
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.setdefault(node.id, []).append(simple.get(id(node)))
        if isinstance(node, ast.arg):
            found.setdefault(node.arg, []).append(None)
    return found


def _returns_values(node: ast.AST) -> bool:
    """Whether a query returns no objects of the model."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("values", "values_list", "annotate", "raw", "extra")
        for each in ast.walk(node)
    )


def _keywords(call: ast.Call) -> Iterator[str]:
    return (keyword.arg for keyword in call.keywords if keyword.arg is not None)


def _keys(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        for key in node.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value


def _in_expression(node: ast.AST) -> Iterator[str]:
    """The names in `Q(name=…)` and `F("name")`."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            name = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            if name == "Q":
                yield from _keywords(each)


# SQL

NAMED = re.compile(
    r"\b(?:from|join|into|update|table|truncate)\s+(?:only\s+)?(?:if\s+not\s+exists\s+)?"
    r"(?:[\"`\[]?\w+[\"`\]]?\s*\.\s*)?[\"`\[]?(\w+)[\"`\]]?",
    re.IGNORECASE,
)
MADE = re.compile(
    r"\b(?:create\s+(?:temporary\s+|temp\s+|unlogged\s+)*table(?:\s+if\s+not\s+exists)?|rename\s+to|view)\s+[\"`\[]?(\w+)",
    re.IGNORECASE,
)
NOT_CODE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
CAREFUL = re.compile(r"\bif\s+exists\b|\binformation_schema\b|\bpg_\w+|\bto_regclass\b", re.IGNORECASE)


def tables_in_sql(sql: str, known: frozenset[str]) -> tuple[str, ...]:
    """The known tables (lower case) that the statements read or write and do not create; none for conditional statements."""
    if CAREFUL.search(sql):
        return ()
    text = NOT_CODE.sub(" ", sql)
    made = {each.lower() for each in MADE.findall(text)}
    named = dict.fromkeys(each.lower() for each in NAMED.findall(text))
    return tuple(each for each in named if each in known and each not in made)
