"""How often data operations ran on a database, compared with a fresh install."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataRuns:
    """`ran`: on the database, including those that old trees ran; `should`: on a fresh install. Both by what identifies an operation's work."""

    ran: Counter[str]
    should: Counter[str]

    @staticmethod
    def of(ran: Iterable[str], should: Iterable[str]) -> DataRuns:
        return DataRuns(Counter(ran), Counter(should))

    @property
    def work(self) -> list[str]:
        return sorted({*self.ran, *self.should})

    @property
    def repeated(self) -> list[str]:
        return [work for work in sorted(self.ran) if self.is_repeated(work)]

    @property
    def missing(self) -> list[str]:
        return [work for work in sorted(self.should) if self.is_missing(work)]

    def is_repeated(self, work: str) -> bool:
        """Whether it ran more often than on a fresh install. What a fresh install does not run is the patch branch's own, and may have run."""
        return self.ran[work] > self.should[work] > 0

    def is_missing(self, work: str) -> bool:
        return self.ran[work] < self.should[work]
