from __future__ import annotations

from migration_values import keys

from stitchback.model.keys import MigrationKey
from stitchback.proof.applied_sets import Keys, closed_sets, topmost


def parents(text: str) -> dict[MigrationKey, Keys]:
    """`"a.1 a.2<a.1"`: all ancestors have to be said."""
    found: dict[MigrationKey, Keys] = {}
    for word in text.split():
        name, _, before = word.partition("<")
        found[keys(name)[0]] = frozenset(keys(before.replace(",", " ")))
    return found


def test_a_chain_has_its_prefixes() -> None:
    chain = parents("a.1 a.2<a.1 a.3<a.1,a.2")
    sets = closed_sets(tuple(chain), chain)
    assert [len(applied_set.keys) for applied_set in sets.applied_set] == [1, 2, 3]
    assert sets.all


def test_two_independent_chains_have_every_pair_of_prefixes() -> None:
    chains = parents("a.1 a.2<a.1 b.1 b.2<b.1")
    assert len(closed_sets(tuple(chains), chains).applied_set) == 8


def test_each_set_grows_by_one_from_one_before_it() -> None:
    chains = parents("a.1 a.2<a.1 b.1 b.2<b.1,a.1")
    seen: set[Keys] = {frozenset()}
    for applied_set in closed_sets(tuple(chains), chains).applied_set:
        assert applied_set.smaller in seen
        assert applied_set.keys == applied_set.smaller | {applied_set.last}
        assert all(chains[key] <= applied_set.keys for key in applied_set.keys)
        seen.add(applied_set.keys)


def test_too_many_sets_are_cut_down_to_the_order_of_deploys_each_app_first_in_turn() -> None:
    chains = parents(
        " ".join(f"{app}.{n}<{','.join(f'{app}.{i}' for i in range(n))}" for app in "abc" for n in range(5))
    )
    sets = closed_sets(tuple(chains), chains, most=20)
    assert not sets.all
    found = {applied_set.keys for applied_set in sets.applied_set}
    assert frozenset(keys("a.0 a.1 a.2 a.3 a.4")) in found
    assert frozenset(keys("c.0 c.1 c.2 c.3 c.4")) in found
    assert frozenset(chains) in found
    assert len(found) < 45


def test_an_app_goes_first_with_what_it_needs_of_others() -> None:
    chains = parents("a.1 a.2<a.1 b.1<a.1 c.1 c.2<c.1")
    found = {applied_set.keys for applied_set in closed_sets(tuple(chains), chains, most=3).applied_set}
    assert frozenset(keys("a.1 b.1")) in found


def test_topmost_are_those_that_nothing_in_the_set_depends_on() -> None:
    chains = parents("a.1 a.2<a.1 b.1")
    assert topmost(frozenset(chains), chains) == keys("a.2 b.1")
