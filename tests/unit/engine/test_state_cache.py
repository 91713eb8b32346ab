"""A proof that would need more states than a bound allows is refused, not tried until memory is gone."""

from __future__ import annotations

import pytest
from plans_by_hand import MAINLINE, candidate, situation

from stitchback.engine import state_cache
from stitchback.errors import Refusal
from stitchback.proof import prove


def test_more_states_than_a_bound_allows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_cache, "MOST_STATES", 3)
    given = situation(*MAINLINE)
    with pytest.raises(Refusal) as caught:
        prove(candidate(given), given)
    assert (caught.value.code, caught.value.exit_code) == ("SB407", 3)
    assert "--onto" in caught.value.hint
