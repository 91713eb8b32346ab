"""Checks of a database after all migrations are applied."""

from __future__ import annotations

from collections.abc import Iterator

from stitchback.engine import DatabaseId, Engine, RunError
from stitchback.model.keys import MigrationKey
from stitchback.model.plans import NOTHING_RUN
from stitchback.proof.data_runs import DataWork
from stitchback.proof.differences import in_short, schema_differences, without

Said = tuple[tuple[str, ...], str, str]
AFTERWARDS = "afterwards"
NEXT_RELEASE = "the next release's migrate"


class FinalStateChecks:
    """Compares final databases with a fresh install of the same tree. `fresh` and `fresh_next`: the installs of the result and of its next release.
    Tables in `leftover` may exist although a fresh install has none."""

    def __init__(
        self,
        result: Engine,
        following: Engine,
        fresh: DatabaseId,
        fresh_next: DatabaseId,
        work: DataWork,
        leftover: frozenset[str] = frozenset(),
    ) -> None:
        self.result = result
        self.following = following
        self.fresh = fresh
        self.fresh_next = fresh_next
        self.work = work
        self.leftover = leftover
        self.new: frozenset[MigrationKey] = frozenset(following.tree.migrations) - frozenset(
            result.tree.migrations
        )
        self._judged: dict[DatabaseId, tuple[Said, ...]] = {}

    def judged(self, final: DatabaseId) -> tuple[Said, ...]:
        """Failures after a full migrate: (further steps, step, description)."""
        said = self._judged.get(final)
        if said is None:
            said = self._judged[final] = tuple(self.judge(final))
        return said

    def judge(self, final: DatabaseId) -> Iterator[Said]:
        for text in (
            *self.wrong_schema(final, self.fresh),
            *self.unapplied(final),
            *self.work.wrong(final.data, self.fresh.data),
        ):
            yield (), AFTERWARDS, text
        again = self.result.way(final)
        if again.finish.error is None and again.finish.end is not final:
            done = ", ".join(str(key) for key, _ in again) or "writes rows"
            yield ("migrate",), AFTERWARDS, f"a second migrate is not a no-op: {done}"
        yield from (((NEXT_RELEASE,), step, said) for step, said in self.judge_following(final))

    def judge_following(self, final: DatabaseId) -> Iterator[tuple[str, str]]:
        way = self.following.way(final)
        error = way.finish.error
        if error is not None:
            yield str(error.at or NOTHING_RUN), error.message
            return
        ran = {key for key, _ in way}
        if ran != self.new:
            extra = ", ".join(map(str, sorted(ran ^ self.new)))
            yield AFTERWARDS, f"not only the new migrations run: {extra}"
        yield from ((AFTERWARDS, said) for said in self.judged_next(way.finish.end))

    def judged_next(self, final: DatabaseId) -> Iterator[str]:
        """Failures after the next release's migrate."""
        yield from self.wrong_schema(final, self.fresh_next)
        yield from self.work.wrong(final.data, self.fresh_next.data)

    def wrong_schema(self, final: DatabaseId, fresh: DatabaseId) -> Iterator[str]:
        if final.schema != fresh.schema:
            schemas = self.result.memory.schemas_by_number
            wanted = schemas[fresh.schema]
            found = schema_differences(
                without(schemas[final.schema], self.leftover - wanted.tables.keys()), wanted
            )
            if found:
                yield in_short(found)

    def unapplied(self, final: DatabaseId) -> Iterator[str]:
        unapplied = self.result.unapplied_at(final)
        if isinstance(unapplied, RunError):
            yield unapplied.message
        elif unapplied:
            yield f"not applied after a full migrate: {', '.join(map(str, unapplied))}"
