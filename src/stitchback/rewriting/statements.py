"""Operations, dependencies and names of migrations as source text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stitchback.model.conditional import TEMPLATES, Template
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Swappable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Value
from stitchback.parsing.signatures import DATABASE_OPERATIONS, SIGNATURES, STATE_OPERATIONS
from stitchback.rewriting.expressions import Writer

# Arguments that makemigrations always spreads over several lines (`Operation.serialization_expand_args`).
_SPREAD: Mapping[str, tuple[str, ...]] = {"CreateModel": ("fields", "options", "managers")}


def key_text(key: MigrationKey, writer: Writer) -> str:
    return f"({writer.constant(key.app)}, {writer.constant(key.name)})"


def dependency_text(dependency: Dependency, writer: Writer) -> str:
    match dependency:
        case MigrationKey():
            return key_text(dependency, writer)
        case Swappable(setting=setting):
            function = writer.spelling.spell("django.db.migrations.swappable_dependency")
            return f"{function}({writer.spelling.spell(f'django.conf.settings.{setting}')})"
        case _:
            raise writer.unwritable(dependency.source, dependency.reason)


def operation_text(operation: Operation | Opaque, writer: Writer, pad: str = "") -> str:
    """The operation as `OperationWriter` writes it: one argument a line, in the order of Django's signature. All lines but the first begin at `pad`."""
    if isinstance(operation, Opaque):
        raise writer.unwritable(operation.source, operation.reason)
    callee = operation_class(operation, writer)
    inner = pad + writer.step
    lines = [f"{name}={text}," for name, text in _arguments(operation, writer, inner)]
    return writer.bracketed(f"{callee}(", lines, ")", pad) if lines else f"{callee}()"


def operation_class(operation: Operation, writer: Writer) -> str:
    if operation.conditional:
        return template_name(TEMPLATES[operation.kind], writer)
    return writer.spelling.spell(operation.path)


def template_name(template: Template, writer: Writer) -> str:
    """The name of the template's class, which will be added to the file."""
    writer.spelling.require(template)
    writer.templates.setdefault(template.name, template)
    return template.name


def _arguments(operation: Operation, writer: Writer, pad: str) -> Iterator[tuple[str, str]]:
    for name, inner in ((DATABASE_OPERATIONS, operation.database), (STATE_OPERATIONS, operation.state)):
        if operation.kind == "SeparateDatabaseAndState" and inner:
            yield name, _operations(inner, writer, pad)
    order = SIGNATURES[operation.kind]
    places = {name: place for place, name in enumerate(order)}
    for name, value in sorted(
        operation.arguments, key=lambda pair: (places.get(pair[0], len(order)), pair[0])
    ):
        yield name, _argument(operation.kind, name, value, writer, pad)
    if operation.kind == "RunSQL" and operation.state:
        yield STATE_OPERATIONS, _operations(operation.state, writer, pad)


def _argument(kind: str, name: str, value: Value, writer: Writer, pad: str) -> str:
    if name in _SPREAD.get(kind, ()):
        return writer.exploded(value, pad)
    return writer.layout(value, pad, f"{name}=", ",").removeprefix(f"{name}=").removesuffix(",")


def _operations(operations: tuple[Operation | Opaque, ...], writer: Writer, pad: str) -> str:
    inner = pad + writer.step
    return writer.bracketed("[", [operation_text(item, writer, inner) + "," for item in operations], "]", pad)
