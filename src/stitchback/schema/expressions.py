"""Conditions and expressions in one spelling: as a person writes them, and as `deconstruct()` does.

`Q(a=1) & ~Q(b=2)` is `Q(("a", 1), Q(("b", 2), _negated=True))`, `F("a") * 2` is `CombinedExpression(F("a"), "*", Value(2))`,
`F("a").desc()` is `OrderBy(F("a"), descending=True)`.
Source: `django.db.models.Q`, `django.utils.tree.Node`, `django.db.models.expressions.Combinable`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stitchback.model.values import FALSE, NONE, TRUE, Call, Constant, Items, Reference, Value, render, text

MODELS = "django.db.models."
MOVED = tuple(
    (f"django.db.models.{module}.", MODELS)
    for module in ("constraints", "indexes", "query_utils", "expressions", "aggregates", "lookups")
)
FUNCTIONS = MODELS + "functions."
# All that is said by place is an expression; of other functions only the first (`Left("name", 3)`).
OF_EXPRESSIONS = frozenset(
    {
        *(
            FUNCTIONS + name
            for name in (
                "Coalesce", "Concat", "ConcatPair", "Greatest", "Least", "Log", "Mod", "NullIf", "Power", "StrIndex",
            )
        ),
        "django.contrib.postgres.search.SearchVector",
    }
)  # fmt: skip
OP_CLASS = "django.contrib.postgres.indexes.OpClass"
Q, F, VALUE, ORDER_BY = (Reference(MODELS + name) for name in ("Q", "F", "Value", "OrderBy"))
COMBINED = Reference(MODELS + "CombinedExpression")
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "mod": "%%", "pow": "^"}
LOGIC = {"and_": "AND", "or_": "OR", "xor": "XOR"}
NAMES_OF_FIELDS = ("fields", "include")  # arguments of an index or a constraint
VIOLATIONS = frozenset({"violation_error_code", "violation_error_message"})
UNSAID = (NONE, Items("list", ()), Items("tuple", ()), Constant(""))


def expression_path(path: str) -> str:
    """The one import path for all that name the class: `deconstruct()` says `django.db.models.functions.text.Lower`, and people
    `…functions.Lower`."""
    for prefix, now in MOVED:
        if path.startswith(prefix):
            return now + path.removeprefix(prefix)
    if path.startswith(FUNCTIONS):
        return FUNCTIONS + path.rpartition(".")[2]
    return path


def canonical_definition(value: Value) -> Value:
    """An index or a constraint in one spelling, without what no database sees (`BaseConstraint.non_db_attrs`)."""
    if not isinstance(value, Call) or not isinstance(value.callee, Reference):
        return canonical_expression(value)
    path = expression_path(value.callee.path)
    is_check = path.endswith("CheckConstraint")
    kwargs = {
        "condition" if is_check and name == "check" else name: canonical_expression(item)
        for name, item in value.kwargs
        if name not in VIOLATIONS and item not in UNSAID
    }
    args = tuple(as_field(canonical_expression(item)) for item in value.args)
    return Call(Reference(path), args, tuple(sorted(kwargs.items())))


def canonical_expression(value: Value) -> Value:
    """Any value in one spelling; lists and tuples are one."""
    match value:
        case Call(callee=Reference(path=path)):
            return canonical_call(expression_path(path), value)
        case Call(
            callee=Call(callee=Reference(path="builtins.getattr"), args=(operand, Constant(value=method)))
        ):
            return canonical_method(operand, method, value)
        case Items(kind=kind, items=items):
            plain = "list" if kind in ("list", "tuple") else kind
            return Items(plain, tuple(canonical_expression(item) for item in items))
        case Reference(path=path):
            return Reference(expression_path(path))
        case _:
            return value


def canonical_call(path: str, call: Call) -> Value:
    name = path.removeprefix("operator.")
    if path == Q.path or (name != path and name in (*LOGIC, "invert") and is_condition(call)):
        return condition(call)
    args = tuple(canonical_expression(item) for item in call.args)
    if name != path and name in OPERATORS and any(isinstance(item, Call) for item in args):
        left, right = (item if isinstance(item, Call) else Call(VALUE, (item,)) for item in args)
        return Call(COMBINED, (left, Constant(OPERATORS[name]), right))
    if path in OF_EXPRESSIONS:
        args = tuple(as_field(item) for item in args)
    elif (path.startswith(FUNCTIONS) or path == OP_CLASS) and args:
        args = (as_field(args[0]), *args[1:])
    kwargs = tuple((key, canonical_expression(item)) for key, item in call.kwargs if item != NONE)
    if path == ORDER_BY.path:
        kwargs = tuple(pair for pair in kwargs if pair != ("descending", FALSE))
    return Call(Reference(path), args, kwargs)


def canonical_method(operand: Value, method: object, call: Call) -> Value:
    """`.asc()` and `.desc()` as OrderBy; any other call stays."""
    if method not in ("asc", "desc"):
        return call
    said = dict(call.kwargs) | ({"descending": TRUE} if method == "desc" else {})
    return Call(ORDER_BY, (canonical_expression(operand),), tuple(sorted(said.items())))


def as_field(value: Value) -> Value:
    """A bare name where an expression is asked for is a field."""
    is_name = isinstance(value, Constant) and isinstance(value.value, str)
    return Call(F, (value,)) if is_name else value


def is_condition(value: Value) -> bool:
    """Whether it is a Q, or Qs joined or negated."""
    if not isinstance(value, Call) or not isinstance(value.callee, Reference):
        return False
    path = expression_path(value.callee.path)
    logical = path.removeprefix("operator.") in (*LOGIC, "invert")
    return path == Q.path or (logical and any(is_condition(item) for item in value.args))


def condition(value: Value) -> Value:
    """A condition as one Q: what is joined flat and sorted, a negation of a negation gone, a single part not nested."""
    if not isinstance(value, Call) or not isinstance(value.callee, Reference) or not is_condition(value):
        return canonical_expression(value)
    name = expression_path(value.callee.path).removeprefix("operator.")
    if name == "invert":
        return negated(condition(value.args[0]))
    if name in LOGIC:
        return joined(LOGIC[name], [condition(item) for item in value.args])
    said = dict(value.kwargs)
    connector, negative = said.pop("_connector", Constant("AND")), said.pop("_negated", FALSE)
    parts = [part(item) for item in value.args]
    parts.extend(leaf(key, item) for key, item in said.items())
    found = joined(str(connector.value) if isinstance(connector, Constant) else render(connector), parts)
    return negated(found) if negative == TRUE else found


def part(value: Value) -> Value:
    """A positional argument of a Q: a condition, or a (lookup, value) pair."""
    match value:
        case Items(items=(Constant(value=str() as lookup), item)):
            return leaf(lookup, item)
        case _:
            return condition(value)


def leaf(lookup: str, item: Value) -> Value:
    return Call(Q, (Items("tuple", (Constant(lookup.removesuffix("__exact")), canonical_expression(item))),))


def joined(connector: str, parts: list[Value]) -> Value:
    flat = [item for each in parts for item in flattened(connector, each)]
    if len(flat) == 1:
        return flat[0]
    unique = flat if connector == "XOR" else {render(item): item for item in flat}.values()
    return Call(Q, tuple(sorted(unique, key=render)), (("_connector", Constant(connector)),))


def flattened(connector: str, value: Value) -> Iterator[Value]:
    said = value.kwarg("_connector") if isinstance(value, Call) else None
    same = said == Constant(connector) or (isinstance(value, Call) and value.callee == Q and not value.args)
    is_plain = isinstance(value, Call) and value.kwarg("_negated") is None
    yield from (value.args if isinstance(value, Call) and same and is_plain else (value,))


def negated(value: Value) -> Value:
    if isinstance(value, Call) and value.callee == Q and value.kwarg("_negated") == TRUE:
        return value.args[0]
    return Call(Q, (value,), (("_negated", TRUE),))


def with_field_names(definition: Call, names: Mapping[str, str]) -> Call:
    """The index or constraint with other names of fields in `fields` and `include`; conditions and expressions keep theirs."""
    kwargs = tuple(
        (name, _with_names(item, names) if name in NAMES_OF_FIELDS else item)
        for name, item in definition.kwargs
    )
    return replace(definition, kwargs=kwargs)


def _with_names(fields: Value, names: Mapping[str, str]) -> Value:
    if not isinstance(fields, Items):
        return fields
    return replace(fields, items=tuple(_with_name(item, names) for item in fields.items))


def _with_name(item: Value, names: Mapping[str, str]) -> Value:
    name = text(item) or ""
    bare = name.removeprefix("-")
    return Constant(name.removesuffix(bare) + names[bare]) if bare in names else item
