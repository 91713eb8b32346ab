"""What an operation needs: the fields that Django looks up on a model, and raises for where they are missing.

`Index.create_sql`, `UniqueConstraint.create_sql` and `alter_unique_together` ask `Options.get_field` (FieldDoesNotExist); conditions and
expressions are resolved by `Query.names_to_path` (FieldError), which knows "pk" as well and takes what stands behind "__" for a transform.
A model that Django does not manage is not asked. What cannot be read needs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stitchback.model.command_cache import by_identity
from stitchback.model.problems import Problem, ProblemKind
from stitchback.model.source import Opaque
from stitchback.model.state import Field, ModelState, SchemaState
from stitchback.model.values import NONE, Call, Constant, Items, Reference, Value, strings
from stitchback.schema.clashes import InconsistentState
from stitchback.schema.create_model import MODEL
from stitchback.schema.expressions import F, Q, as_field, canonical_definition, canonical_expression
from stitchback.schema.labels import key_of, string
from stitchback.schema.tables import ORDER, automatic_key, column_of
from stitchback.schema.visible import COMPOSITE_KEY, GENERATED, has_column, is_foreign_key

WHEN = "django.db.models.When"
PK = "pk"


def require(state: SchemaState, model: ModelState, names: Iterable[str], what: str) -> None:
    """Raises InconsistentState where the model surely has no field of one of the names."""
    for name in names:
        if lacks(state, model, name):
            raise InconsistentState(Problem.of(ProblemKind.FIELD_NEEDED, model.key, name, what))


def lacks(state: SchemaState, model: ModelState, name: str) -> bool:
    """Whether the model has no field of that name or attname, its own or inherited. False where that cannot be known."""
    if model.opaque or model.field(name) is not None:
        return False
    owner = model.field(name.removesuffix("_id"))
    if isinstance(owner, Opaque) or (isinstance(owner, Field) and is_foreign_key(owner)):
        return False
    if name == ORDER and is_ordered(model):
        return False
    automatic = automatic_key(state, model)
    if automatic is not None and name in (automatic[0], automatic[0].removesuffix("_id")):
        return False
    return all(base_lacks(state, base, name) for base in model.bases)


def base_lacks(state: SchemaState, base: Value, name: str) -> bool:
    """A base that is no model of the state may have any field."""
    if base == MODEL:
        return True
    key = key_of(base)
    parent = state.models.get(key) if key is not None else None
    return parent is not None and lacks(state, parent, name)


def is_ordered(model: ModelState) -> bool:
    return model.option("order_with_respect_to") not in (None, NONE)


def require_order(state: SchemaState, model: ModelState) -> None:
    """`Options._prepare`: the model is made whenever its state changes, managed or not. Raises InconsistentState."""
    parent = string(model.option("order_with_respect_to"))
    if parent is not None:
        require(state, model, (parent,), "order_with_respect_to")


@by_identity
def names_in(definition: Value) -> frozenset[str]:
    """The fields that making this index or constraint looks up."""
    return fields_of(definition) | resolved_by(definition)


def fields_of(definition: Value) -> frozenset[str]:
    """`fields`: asked of `get_field`, "-" before a descending one."""
    if not isinstance(definition, Call):
        return frozenset()
    return frozenset(name.removeprefix("-") for name in strings(definition.kwarg("fields")) or ())


@by_identity
def resolved_by(definition: Value) -> frozenset[str]:
    """`include`, the condition and the expressions: looked up to drop a unique constraint, too (`UniqueConstraint.remove_sql`)."""
    if not isinstance(definition, Call):
        return frozenset()
    canonical = canonical_definition(definition)
    assert isinstance(canonical, Call), "a call stays one"
    parts = [*canonical.args, *(value for name, value in canonical.kwargs if name not in NOT_EXPRESSIONS)]
    excluded = excluded_expressions(canonical.kwarg("expressions"))
    names = (name for part in (*parts, *excluded) for name in expression_names(part))
    return frozenset(strings(canonical.kwarg("include")) or ()) | frozenset(names)


NOT_EXPRESSIONS = frozenset({"fields", "include", "name", "opclasses", "db_tablespace"})


def excluded_expressions(value: Value | None) -> Iterator[Value]:
    """Of an ExclusionConstraint: pairs of an expression, or the name of a field, and an operator."""
    for item in value.items if isinstance(value, Items) else ():
        if isinstance(item, Items) and item.items:
            yield as_field(item.items[0])


def expression_names(value: Value) -> Iterator[str]:
    """The fields that an expression or a condition in its canonical spelling refers to: what stands before the first "__"."""
    match value:
        case Call(callee=callee, args=(Constant(value=str() as name), *_)) if callee == F:
            yield from resolved(name)
            return
        case Call(callee=callee, args=(Items(items=(Constant(value=str() as lookup), item)),)) if callee == Q:
            yield from resolved(lookup)
            yield from expression_names(item)
            return
        case Call(callee=Reference(path=path), kwargs=kwargs) if path == WHEN:
            for name, _ in kwargs:
                if name not in ("condition", "then"):
                    yield from resolved(name)
    if isinstance(value, Call):
        for part in (*value.args, *(item for _, item in value.kwargs)):
            yield from expression_names(part)
    elif isinstance(value, Items):
        for part in value.items:
            yield from expression_names(part)


def resolved(lookup: str) -> Iterator[str]:
    name = lookup.partition("__")[0]
    if name != PK:
        yield name


def require_definitions(state: SchemaState, model: ModelState) -> None:
    """`create_model`: everything that is made with the table. Raises InconsistentState."""
    for name, field in model.fields:
        if isinstance(field, Field):
            require_field(state, model, name, field)
    for names in (*sorted(model.unique_together), *sorted(model.index_together)):
        require(state, model, names, f"({', '.join(names)}) together")
    for name, definition in (*model.indexes, *model.constraints):
        require(state, model, sorted(names_in(definition)), name)


def require_field(state: SchemaState, model: ModelState, name: str, field: Field) -> None:
    """What the field itself refers to: the parts of a composite key, the expression of a generated field, the field that a foreign
    key points to. Raises InconsistentState."""
    if field.path == COMPOSITE_KEY:
        parts = (string(value) for position, value in field.arguments if position.isdigit())
        require(state, model, [part for part in parts if part], f"the key {name}")
    elif field.path == GENERATED and (expression := field.argument("expression")) is not None:
        names = expression_names(as_field(canonical_expression(expression)))
        require(state, model, sorted(set(names)), f"the field {name}")
    elif is_foreign_key(field) and (to_field := string(field.argument("to_field"))) is not None:
        key = key_of(field.argument("to"))
        target = state.models.get(key) if key is not None else None
        if target is not None:
            require(state, target, (to_field,), f"{model.key}.{name}")


def own_columns(model: ModelState, names: Iterable[str]) -> frozenset[str]:
    """The columns of those of the fields that are the model's own."""
    fields = ((name, model.field(name) or model.field(name.removesuffix("_id"))) for name in names)
    return frozenset(
        column_of(model, name) for name, field in fields if isinstance(field, Field) and has_column(field)
    )


def unresolved(state: SchemaState, model: ModelState) -> tuple[str, ...]:
    """The indexes, constraints and togethers of a model that name a field that it has lost."""
    together = [
        (f"({', '.join(names)}) together", names) for names in (*model.unique_together, *model.index_together)
    ]
    named = [(name, tuple(names_in(definition))) for name, definition in (*model.indexes, *model.constraints)]
    return tuple(
        sorted(
            what for what, names in (*together, *named) if any(lacks(state, model, name) for name in names)
        )
    )
