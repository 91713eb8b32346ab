"""The physical schema of one database, as symbolic values: its tables and their contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
class Table:
    """`columns`: by name. `indexes` and `constraints`: name -> definition in column names. An unnamed one (unique=True,
    db_index, unique_together) has its definition as its name ("unique(a,b)", "index(a)").
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)
    constraints: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PhysicalSchema:
    """`tables`: name in the database -> Table. Other schema objects (extensions, collations) by a text that
    names them.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
