"""The models and tables that a data operation can use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """The models and the words that the code of a data operation names.

    `models`: labels in lower case ("shop.item") of the models that it requests by name, without models
    reached through a relation; None if it may request any. `words`: identifiers and the words of strings, in
    lower case, if the models are known: a field or a table that is not among them is not used, unless
    `any_field`. `runs_sql`: whether Python code may run statements.
    """

    models: frozenset[str] | None = None
    words: frozenset[str] = frozenset()
    any_field: bool = False
    runs_sql: bool = False

    @property
    def is_known(self) -> bool:
        return self.models is not None

    def __or__(self, other: Reach) -> Reach:
        """What either can use."""
        if self.models is None or other.models is None:
            return EVERYTHING
        return Reach(
            self.models | other.models,
            self.words | other.words,
            self.any_field or other.any_field,
            self.runs_sql or other.runs_sql,
        )

    def names(self, name: str) -> bool:
        """Whether the code may use a field of that name, by its name or by the name of its column."""
        return self.any_field or not self.is_known or bool({name.lower(), f"{name.lower()}_id"} & self.words)


EVERYTHING = Reach()
NOTHING = Reach(frozenset())


def words_of(said: str) -> Iterator[str]:
    """The words of a string, in lower case; of lookups (`item__name`) the parts as well."""
    for word in re.findall(r"\w+", said.lower()):
        yield word
        if "__" in word:
            yield from (part for part in word.split("__") if part)
