"""Operations, dependencies and names of migrations as source text."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Dependency, Swappable
from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Value
from stitchback.operations import BY_NAME, TEMPLATES
from stitchback.operations.base import OperationKind, Template
from stitchback.operations.within import NESTED
from stitchback.rewriting.value_source import Writer


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
    kind = BY_NAME[operation.kind]
    places = {name: place for place, name in enumerate(kind.parameters)}
    for name, value in sorted(
        operation.arguments, key=lambda pair: (places.get(pair[0], len(places)), pair[0])
    ):
        yield name, _argument(kind, name, value, writer, pad)
    for name, inner in zip(NESTED, (operation.database, operation.state), strict=True):
        if inner:
            yield name, _operations(inner, writer, pad)


def _argument(kind: OperationKind, name: str, value: Value, writer: Writer, pad: str) -> str:
    if name in kind.spread:
        return writer.exploded(value, pad)
    return writer.layout(value, pad, f"{name}=", ",").removeprefix(f"{name}=").removesuffix(",")


def _operations(operations: tuple[Operation | Opaque, ...], writer: Writer, pad: str) -> str:
    inner = pad + writer.step
    return writer.bracketed("[", [operation_text(item, writer, inner) + "," for item in operations], "]", pad)
