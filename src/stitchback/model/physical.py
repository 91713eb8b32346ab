"""The physical schema of one database, as symbolic values: its tables and their contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class ForeignKeyTarget:
    """`is_label`: instead of a table, the label of a model that is not known."""

    table: str
    column: str
    is_label: bool = False

    def __str__(self) -> str:
        return f"[{self.table}]({self.column})" if self.is_label else f"{self.table}({self.column})"


@dataclass(frozen=True, slots=True)
class Column:
    """Two are equal if every database creates the same column. `type`: a word that is equal where every backend
    makes the same type of it, with its `arguments`; "" of a foreign key. `is_constrained`, `on_delete`: of a
    foreign key. `options`: db_default, db_comment, db_tablespace. unique and db_index are in `Table.indexes`.
    """

    type: str = ""
    arguments: str = ""
    collation: str = ""
    target: ForeignKeyTarget | None = None
    is_constrained: bool = True
    on_delete: str = ""
    null: bool = False
    primary_key: bool = False
    options: tuple[tuple[str, str], ...] = ()
    is_read: bool = True

    def __str__(self) -> str:
        if self.target is None:
            words = [f"{self.type}({self.arguments})" if self.arguments else self.type]
            words += [f"collate {self.collation}"] if self.collation else []
        else:
            words = [f"→{self.target}", *(() if self.is_constrained else ("no constraint",))]
            words += [self.on_delete] if self.on_delete else []
        words += ["null"] if self.null else []
        words += ["primary key"] if self.primary_key else []
        return " ".join((*words, *(f"{name} {value}" for name, value in self.options)))


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """An index or a constraint without its name. `kind`: "index", "unique", "primary key", "check" or "constraint" (any other).
    `columns`: of the plain fields, "-" before a descending one. `of_class`: its class, "" for Django's usual one of that kind.
    `expressions` and `options`: rendered, in names of fields.
    """

    kind: str
    columns: tuple[str, ...] = ()
    of_class: str = ""
    expressions: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.kind}({','.join(self.columns)})", self.rest)))

    @property
    def rest(self) -> str:
        """All but the kind and the columns."""
        options = (f"{name}={value}" for name, value in self.options)
        return " ".join(filter(None, (self.of_class, *self.expressions, *options)))

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(name.removeprefix("-") for name in self.columns)

    @property
    def is_plain(self) -> bool:
        """Whether it is over columns alone, and without a condition or another option."""
        return bool(self.columns) and not (self.of_class or self.expressions or self.options)

    def with_column_renamed(self, old: str, new: str) -> IndexDefinition:
        """As the database keeps it when a column gets another name."""
        if old not in self.column_names:
            return self
        names = {old: new, f"-{old}": f"-{new}"}
        return replace(self, columns=tuple(names.get(name, name) for name in self.columns))


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: by name. `indexes` and `constraints`: by name. An unnamed one (unique=True, db_index, unique_together) has its
    definition's text as its name ("unique(a,b)", "index(a)").
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    indexes: Mapping[str, IndexDefinition] = field(default_factory=dict)
    constraints: Mapping[str, IndexDefinition] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PhysicalSchema:
    """`tables`: name in the database -> Table. Other schema objects (extensions, collations) by a text that
    names them.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    others: frozenset[str] = frozenset()


def unnamed(definitions: Iterable[IndexDefinition]) -> dict[str, IndexDefinition]:
    """Those that Django makes without a name of the project's own, under their text."""
    return {str(definition): definition for definition in definitions}
