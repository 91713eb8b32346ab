"""What differs, in words that name both branches."""

from __future__ import annotations

import pytest

from stitchback.reporting.difference_text import Refs, contrasted, named

REFS = Refs("release/2.4", "main")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("max_length: 100 and 200", "max_length: 100 on release/2.4, 200 on main"),
        ("name: chip and transponder", "called chip on release/2.4, transponder on main"),
        ("help_text: 'to and fro' and 'x'", "help_text: 'to and fro' on release/2.4, 'x' on main"),
        (
            "choices: not set and [('a and b', 'A')]",
            "choices: not set on release/2.4, [('a and b', 'A')] on main",
        ),
        (
            "on_delete: django.db.models.CASCADE and django.db.models.PROTECT",
            "on_delete: CASCADE on release/2.4, PROTECT on main",
        ),
        ("help_text: 'it\\'s and' and 'b'", "help_text: 'it\\'s and' on release/2.4, 'b' on main"),
    ],
)
def test_both_sides_are_named(said: str, words: str) -> None:
    assert named(said, REFS) == words


@pytest.mark.parametrize(
    "said", ["added and removed again", "a: b and c and d", "cannot be read: a list and more and so on"]
)
def test_what_is_not_clear_stays_as_it_is(said: str) -> None:
    assert named(said, REFS) == said


def test_long_values_show_where_they_differ() -> None:
    one = "UniqueConstraint(fields=('doctor', 'starts_at'), name='one_visit_at_a_time', deferrable=None)"
    assert contrasted(one, one.replace("'doctor'", "'nurse'")) == ("…'doctor'…", "…'nurse'…")
