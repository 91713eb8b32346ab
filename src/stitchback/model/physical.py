"""The physical schema of one database, as symbolic values: its tables and their contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: column name -> shape, one line of text that is equal if every database creates the same
    column (type, length, null, db_default, foreign key target …; primary key too; unique and db_index are in
    `indexes`). `indexes` and `constraints`: name -> definition in column names. An unnamed one (unique=True,
    db_index, unique_together) has its definition as its name ("unique(a,b)", "index(a)").
    """

    columns: Mapping[str, str] = field(default_factory=dict)
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
