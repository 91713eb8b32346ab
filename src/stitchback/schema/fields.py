"""Field calls as `Field.deconstruct()` would give them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stitchback.model.field_names import NO_NAMES, FieldNames
from stitchback.model.source import Opaque, Span
from stitchback.model.state import Field
from stitchback.model.values import NONE, TRUE, Call, Constant, Reference, Value, render
from stitchback.schema.field_classes import (
    CLASSES,
    FIELD_DEFAULTS,
    MODELS,
    FieldClass,
    ancestry,
    canonical_path,
    django_base,
)
from stitchback.schema.labels import canonical_label, string

NO_BASES: Mapping[str, str] = MappingProxyType({})
CASCADE = Reference(MODELS + "CASCADE")
RELATIONS = frozenset({MODELS + "ForeignObject", MODELS + "ManyToManyField"})
# Where a class of the tree's own takes one of these, what it says counts: other rooms ask for it.
OF_DJANGO = frozenset(
    name for known in CLASSES.values() for name in (*known.parameters, *known.defaults, *FIELD_DEFAULTS)
)
STRINGS = frozenset({"verbose_name", "help_text", "db_column", "db_table", "related_name", "to_field"})


def canonical_field(
    value: Value,
    app: str,
    *,
    model: str = "",
    bases: Mapping[str, str] = NO_BASES,
    names: FieldNames = NO_NAMES,
) -> Field | Opaque:
    """The field that a call makes; Opaque where it is no call of a named class.

    `app` and `model` are the ones that unqualified names and "self" are meant in. `bases`: import path of a class ->
    import path of the class that it extends, `names` what else is known of classes, for custom fields.
    """
    match value:
        case Call(callee=callee, args=args, kwargs=kwargs) if class_path(callee):
            declared = names.of(class_path(callee))
            path = canonical_path(declared.defined)
            arguments = named_arguments(path, args, kwargs)
            base = base_of(path, arguments, bases)
            arguments = normalised(base, arguments, app, model, bases, names)
            known = CLASSES.get(path)
            if known is not None:
                arguments = without_defaults(known, arguments)
            said = {
                name: each
                for name, each in arguments.items()
                if name in OF_DJANGO or not declared.is_silent(name, each)
            }
            return Field(path, tuple(sorted(said.items())), base)
        case Opaque():
            return value
        case _:
            return Opaque("a field that is not a call of a class", render(value), Span(""))


def class_path(callee: Value) -> str:
    """The import path of the class that is called, "" where none is named. One that a setting names
    (`import_string(settings.DEFAULT_AUTO_FIELD)(…)`) goes by the setting."""
    match callee:
        case Reference(path=path):
            return canonical_path(path)
        case Call(
            callee=Reference(path="django.utils.module_loading.import_string"), args=(Reference(path=path),)
        ):
            return path
        case _:
            return ""


def named_arguments(
    path: str, args: tuple[Value, ...], kwargs: tuple[tuple[str, Value], ...]
) -> dict[str, Value]:
    """All arguments by parameter name; by position ("0") where the class is not one of Django's."""
    known = CLASSES.get(path)
    names = known.parameters if known else ()
    named = {
        names[position] if position < len(names) else str(position): value
        for position, value in enumerate(args)
    }
    return {**named, **dict(kwargs)}


def base_of(path: str, arguments: Mapping[str, Value], bases: Mapping[str, str]) -> str:
    """The class of Django's that the field is or extends. Where that is unknown: what takes `on_delete` is a foreign key, what
    takes `to` without it a many-to-many field, for no other field of Django's takes these."""
    found = django_base(path, bases)
    if found or "to" not in arguments:
        return found
    if "on_delete" in arguments or path.endswith("Key"):
        return MODELS + ("OneToOneField" if "OneToOne" in path else "ForeignKey")
    return MODELS + "ManyToManyField"


def normalised(
    base: str,
    arguments: dict[str, Value],
    app: str,
    model: str,
    bases: Mapping[str, str],
    names: FieldNames,
) -> dict[str, Value]:
    """References to models as labels, paths as Django says them, Python 2's byte strings as strings."""
    relation = not RELATIONS.isdisjoint(ancestry(base, NO_BASES))
    found: dict[str, Value] = {}
    for name, value in arguments.items():
        if relation and name in ("to", "through"):
            value = canonical_label(value, app, model)
        elif name == "on_delete" and isinstance(value, Reference):
            value = Reference(canonical_path(value.path))
        elif name in STRINGS and string(value) is not None:
            value = Constant(string(value))
        elif name in ("base_field", "output_field"):
            value = nested(value, app, model, bases, names)
        found[name] = value
    return found


def nested(value: Value, app: str, model: str, bases: Mapping[str, str], names: FieldNames) -> Value:
    """A field inside a field (ArrayField's `base_field`, GeneratedField's `output_field`), canonical too."""
    match canonical_field(value, app, model=model, bases=bases, names=names):
        case Field(path=path, arguments=arguments):
            return Call(Reference(path), (), arguments)
        case Opaque():
            return value


def without_defaults(known: FieldClass, arguments: dict[str, Value]) -> dict[str, Value]:
    """The arguments that `deconstruct()` says: defaults left out, and what it always says put in."""
    defaults = {**FIELD_DEFAULTS, **known.defaults}
    implied = {name: CASCADE if name == "on_delete" else value for name, value in known.implied.items()}
    kept = {
        name: value
        for name, value in arguments.items()
        if name not in known.dropped and value not in defaults.get(name, ())
    }
    if any(arguments.get(name) == TRUE for name in ("auto_now", "auto_now_add")):
        kept.pop("blank", None)
        kept.pop("editable", None)
    return {**implied, **kept}


def without_default(field: Field | Opaque) -> Field | Opaque:
    """The field as `preserve_default=False` leaves it in the state (`ProjectState.add_field`)."""
    return field.with_argument("default", None) if isinstance(field, Field) else field


def has_argument(field: Field, name: str) -> bool:
    """Whether the argument is given and neither False nor None."""
    value = field.argument(name)
    return value is not None and value not in (Constant(False), NONE)
