"""Migrations that were killed while they ran: on engines that commit each DDL statement (MySQL, Oracle), or with `atomic = False`, their first
operations stay applied and no row records them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stitchback.model.keys import MigrationKey
from stitchback.repair.ledger_edits import Presence
from stitchback.repair.schema_of_applied import SchemaOfApplied
from stitchback.repair.visible_schema import Names
from stitchback.schema.effects import (
    AddColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropTable,
    Effect,
    RenameColumn,
    RenameTable,
    RunData,
)


@dataclass(frozen=True, slots=True)
class HalfDone:
    """`done` and `left`: descriptions of the migration's effects, in order. `data`: it has data operations, and stitchback cannot know whether they
    ran."""

    key: MigrationKey
    done: tuple[str, ...]
    left: tuple[str, ...]
    data: bool = False

    def __str__(self) -> str:
        return f"{self.key} stopped half-way: {_listed(self.done)}; not yet: {_listed(self.left)}"

    @property
    def hint(self) -> str:
        command = f"`manage.py sqlmigrate {self.key.app} {self.key.name}` prints its statements"
        data = " (its data operations may have run or not)" if self.data else ""
        return (
            f"Either undo with SQL what is done and run migrate again, or do the rest with SQL and insert its row{data}: "
            f"{command}"
        )


def half_done(player: SchemaOfApplied, key: MigrationKey, names: Names) -> HalfDone | None:
    """The applied and remaining parts, if the first effects of the migration are visible and the rest is not; otherwise None: then another cause
    created what exists."""
    effects = player.effects.get(key, ())
    seen = list(_outcomes(effects, player.plain))
    done = [words for words, name, wanted in seen if (name in names) == wanted]
    left = [words for words, name, wanted in seen if (name in names) != wanted]
    first = [words for words, _, _ in seen[: len(done)]]
    if not done or not left or first != done:
        return None
    data = any(isinstance(effect, RunData) and not effect.empty for effect in effects)
    return HalfDone(key, tuple(done), tuple(left), data)


def _outcomes(effects: Iterable[Effect], plain: Names) -> Iterator[tuple[str, Presence, bool]]:
    """The names that exist or are gone after each visible effect; for one name, the last effect counts."""
    found: dict[Presence, tuple[str, bool]] = {}
    for effect in effects:
        match effect:
            case CreateTable(name=name):
                found[Presence(name.lower())] = f"table {name} created", True
            case DropTable(name=name):
                found[Presence(name.lower())] = f"table {name} dropped", False
            case RenameTable(before=before, after=after):
                found[Presence(after.lower())] = f"table {before} renamed {after}", True
            case AddColumn(table=table, column=column):
                found[Presence(table.lower(), column.lower())] = f"column {table}.{column} added", True
            case DropColumn(table=table, column=column):
                found[Presence(table.lower(), column.lower())] = f"column {table}.{column} dropped", False
            case RenameColumn(table=table, before=before, after=after):
                place = Presence(table.lower(), after.lower())
                found[place] = f"column {table}.{before} renamed {after}", True
            case CreateIndex(name=name) | CreateConstraint(name=name):
                if Presence("", index=name.lower()) in plain:
                    found[Presence("", index=name.lower())] = f"{name} added", True
            case _:
                pass  # shapes, comments, data: names do not show them
    return ((words, name, wanted) for name, (words, wanted) in found.items())


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")
