"""SB102: a value that only running the migration's code would show."""

from __future__ import annotations

from cases_by_hand import RELEASE, case_of, findings, only_finding, place
from migration_values import add, key, migration
from plans_by_hand import FORK, changed

from stitchback.hazards.opaque_value import OpaqueValue
from stitchback.model.source import Opaque, Span

COMPUTED = Opaque("a function fills the list", "operations = made()", Span("shop/migrations/0003_made.py", 9))
MADE = migration("shop.0003_made", "shop.0002_base", COMPUTED)


def test_operations_that_a_function_fills_are_found_on_the_patch_branch() -> None:
    finding = only_finding(OpaqueValue(), case_of((MADE,)))
    assert place(finding) == ("SB102", "warning", RELEASE, "shop/migrations/0003_made.py:9")
    assert finding.message == "shop.0003_made: a function fills the list"


def test_an_opaque_argument_is_found_on_mainline() -> None:
    argument = Opaque("computed value", "length()", Span("shop/migrations/0003_made.py", 12))
    made = migration("shop.0003_made", "shop.0002_base", add("item", "size", argument))
    assert place(only_finding(OpaqueValue(), case_of((), made))) == (
        "SB102",
        "warning",
        "main",
        "shop/migrations/0003_made.py:12",
    )


def test_near_miss_an_opaque_value_of_the_fork_point_is_not_found() -> None:
    """Both sides have that file: nothing is compared with it."""
    shared = FORK.migrations[key("shop.0002_base")].with_changes(operations=(COMPUTED,))
    readable = migration("shop.0003_p", "shop.0002_base", add("item", "color"))
    assert findings(OpaqueValue(), case_of((readable,), fork=changed(FORK, shared))) == []
