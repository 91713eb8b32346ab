from __future__ import annotations

import pytest
from migration_values import add, key, keys, migration, tree

from stitchback.errors import Refusal
from stitchback.model.edits import DeleteFile, WriteFile
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Tree
from stitchback.squashing.finishing import UnrecordedSquash, finished, squashes_in, unfinished


def shop() -> Tree:
    return tree(
        migration("shop.0001"),
        migration("shop.0002", "shop.0001", add("item", "a")),
        migration("shop.0001_squashed_0002", "", add("item", "a"), replaces="shop.0001 shop.0002"),
        migration("shop.0003", "shop.0002", add("item", "b")),
        migration("people.0001", "shop.0001 shop.0002 other.0001"),
    )


def test_old_files_go_and_dependencies_are_re_pointed_once() -> None:
    given = shop()
    candidate = finished(given, squashes_in(given, ["shop"]))
    assert [edit.key for edit in candidate.edits if isinstance(edit, DeleteFile)] == list(
        keys("shop.0001 shop.0002")
    )
    assert candidate.result.migrations[key("shop.0003")].dependencies == keys("shop.0001_squashed_0002")
    assert candidate.result.migrations[key("people.0001")].dependencies == keys(
        "shop.0001_squashed_0002 other.0001"
    )
    assert not candidate.result.replacers


def test_only_the_apps_that_are_named() -> None:
    assert squashes_in(shop(), ["people"]) == ()


def test_files_that_name_no_old_migration_are_left_alone() -> None:
    given = shop().with_migrations({key("shop.0004"): migration("shop.0004", "shop.0003")})
    edits = finished(given, squashes_in(given, ["shop"])).edits
    assert key("shop.0004") not in [edit.key for edit in edits if isinstance(edit, WriteFile)]


def test_a_run_before_that_names_an_old_migration_is_refused() -> None:
    given = shop().with_migrations({key("a.0001"): migration("a.0001", run_before="shop.0002")})
    with pytest.raises(Refusal, match="cannot be finished") as refusal:
        finished(given, squashes_in(given, ["shop"]))
    assert refusal.value.code == "SB709"
    assert refusal.value.evidence == ("a.0001: `run_before` names shop.0002",)


def missing(*rows: str) -> list[UnrecordedSquash]:
    return list(unfinished(squashes_in(shop(), ["shop"]), Ledger.of(*map(key, rows))))


def test_which_databases_are_not_there_yet() -> None:
    squash = key("shop.0001_squashed_0002")
    assert missing("shop.0001") == [UnrecordedSquash(squash, 1, 2)]
    (whole,) = missing("shop.0001", "shop.0002")
    assert whole.is_only_unrecorded


def test_near_miss_a_recorded_squash_and_a_fresh_database() -> None:
    assert missing("shop.0001", "shop.0002", "shop.0001_squashed_0002") == []
    assert missing("shop.0001_squashed_0002") == []
    assert missing("people.0001") == []
