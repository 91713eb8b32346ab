"""What is refused before any candidate is made: each rule, and the near miss that is planned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import add, alter, char, key, keys, migration
from plans_by_hand import FORK, MAINLINE, P, changed, situation

from stitchback.errors import EnvironmentProblem, Refusal
from stitchback.matching.build_case import case_of
from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.migrations import Migration, PossibleFolder, Tree, Unreadable, UnreadSetting
from stitchback.model.plans import Candidate, Patch, Policy, Refuted, Situation
from stitchback.model.source import Span
from stitchback.planning.plan import plan

OWN = changed(FORK, P)


def refusal(
    *,
    fork: Tree = FORK,
    branch: Tree | None = None,
    mainline: Tree | None = None,
    own: tuple[object, ...] = (P,),
    policy: Policy | None = None,
) -> str | None:
    """The code of the refusal, or None where candidates are tried."""
    tree = branch or Tree("release/2.4", "release/2.4", OWN.migrations)
    given = Patch(tree, fork, own, False)  # type: ignore[arg-type]
    onto = mainline or Tree("main", "main", changed(FORK, *MAINLINE).migrations)
    on = Situation((given,), onto, (), policy or Policy())
    split = sides(given, onto)
    case = Case(on, (Side(given, split, compare(split, {})),))
    try:
        plan(case, never)
    except Refusal as error:
        return error.code
    return None


def never(candidate: Candidate, _: Situation) -> Refuted:
    return Refuted(candidate, ())


def test_a_strategy_that_does_not_exist() -> None:
    assert refusal() is None
    assert refusal(policy=Policy(strategy="diamond")) is None
    with pytest.raises(EnvironmentProblem) as raised:
        refusal(policy=Policy(strategy="dyamond"))
    assert (raised.value.code, raised.value.exit_code, raised.value.hint) == (
        "SB402",
        2,
        "Did you mean diamond?",
    )


def test_a_migration_whose_parent_its_own_branch_lacks() -> None:
    lost = migration("shop.0004_lost", "shop.0003_p shop.0003_gone")
    tree = Tree("release/2.4", "release/2.4", changed(FORK, P, lost).migrations)
    assert refusal(branch=tree, own=(P, lost)) == "SB403"


def setting(*folders: str, is_missing: bool = False) -> UnreadSetting:
    found = tuple(
        PossibleFolder(path, "shop", path, digest)
        for path, _, digest in (each.partition(":") for each in folders)
    )
    return UnreadSetting(Span("settings.py", 3), "set under a condition", found, is_missing)


@pytest.mark.parametrize("where", ["branch", "mainline"])
def test_a_setting_that_may_name_a_changed_folder(where: str) -> None:
    def with_setting(*folders: str, is_missing: bool = False, before: str = "other:1") -> str | None:
        item = setting(*folders, is_missing=is_missing)
        plain = (setting(before),)
        trees = {
            "fork": replace(FORK, unread_settings=plain),
            "branch": replace(Tree("release/2.4", "release/2.4", OWN.migrations), unread_settings=plain),
            "mainline": replace(
                Tree("main", "main", changed(FORK, *MAINLINE).migrations), unread_settings=plain
            ),
        }
        trees[where] = replace(trees[where], unread_settings=(item,))
        return refusal(**trees)

    assert with_setting("other:1") is None
    assert with_setting("other:2") == "SB410"
    assert with_setting("other:1", "more:1") == "SB410"
    assert with_setting("other:1", is_missing=True) == "SB410"


def test_a_migration_that_replaces_itself() -> None:
    itself = migration("shop.0003_x", "shop.0002_base", replaces="shop.0003_x")
    assert refusal(mainline=Tree("main", "main", changed(FORK, itself).migrations)) == "SB411"


class TestUnreadableFiles:
    def refused(self, item: Unreadable, *, branch: bool, before: tuple[Unreadable, ...] = ()) -> bool:
        trees = {
            "branch": Tree("release/2.4", "release/2.4", OWN.migrations),
            "mainline": Tree("main", "main", changed(FORK, *MAINLINE).migrations),
        }
        name = "branch" if branch else "mainline"
        trees[name] = replace(trees[name], unreadable=(item,))
        return refusal(fork=replace(FORK, unreadable=before), **trees) == "SB404"

    FILE = Unreadable(Span("shop/migrations/0009_x.py"), "syntax error", key("shop.0009_x"), "digest")

    @pytest.mark.parametrize("branch", [True, False])
    def test_a_file_of_the_patched_app(self, branch: bool) -> None:
        assert self.refused(self.FILE, branch=branch)

    @pytest.mark.parametrize("branch", [True, False])
    def test_not_a_file_that_was_the_same_at_the_fork_point(self, branch: bool) -> None:
        assert not self.refused(self.FILE, branch=branch, before=(self.FILE,))
        assert self.refused(self.FILE, branch=branch, before=(replace(self.FILE, digest="other"),))
        assert self.refused(
            self.FILE, branch=branch, before=(replace(self.FILE, span=Span("shop/migrations/0008.py")),)
        )

    @pytest.mark.parametrize("branch", [True, False])
    def test_what_has_no_known_content_is_never_the_same(self, branch: bool) -> None:
        unknown = replace(self.FILE, digest="")
        assert self.refused(unknown, branch=branch, before=(unknown,))

    def test_mainlines_file_of_another_app_is_no_matter(self) -> None:
        other = replace(self.FILE, key=key("blog.0009_x"))
        assert not self.refused(other, branch=False)
        assert self.refused(other, branch=True)

    def test_a_whole_folder_of_mainlines_may_be_of_any_app(self) -> None:
        assert self.refused(replace(self.FILE, key=None), branch=False)


RENAMED = migration("shop.0003_base", "shop.0001_initial", add("item", "base"))
WITHOUT_BASE = FORK.with_migrations({key("shop.0002_base"): None, RENAMED.key: RENAMED})


def refused_as_renamed(*own: Migration, tree: Tree) -> bool:
    given = situation(*MAINLINE, patches=[Patch(replace(tree, ref="release/2.4"), FORK, own)])
    try:
        plan(case_of(given.patches, given.mainline, given.policy), lambda each, _: Refuted(each, ()))
    except Refusal as refused:
        return refused.code == "SB415"
    return False


def test_a_shared_migration_that_the_patch_branch_has_renamed() -> None:
    assert refused_as_renamed(RENAMED, tree=WITHOUT_BASE)


def test_not_one_that_a_squash_of_the_branch_replaces() -> None:
    squash = RENAMED.with_changes(replaces=keys("shop.0002_base"))
    tree = FORK.with_migrations({key("shop.0002_base"): None, squash.key: squash})
    assert not refused_as_renamed(squash, tree=tree)


def test_not_one_that_the_branch_still_has() -> None:
    again = migration("shop.0003_again", "shop.0002_base", add("item", "base"))
    assert not refused_as_renamed(again, tree=changed(FORK, again))


def test_not_one_that_only_alters_a_column() -> None:
    """Altering it once more changes nothing, so the file under its new name is one more patch migration."""
    altered = migration("shop.0003_length", "shop.0002_base", alter("item", "base", char(50)))
    renamed = altered.with_changes(key=key("shop.0004_length"))
    fork = changed(FORK, altered)
    tree = fork.with_migrations({altered.key: None, renamed.key: renamed})
    onto = Tree("main", "main", fork.migrations)
    given = Situation((Patch(replace(tree, ref="release/2.4"), fork, (renamed,)),), onto, (), Policy())
    plan(case_of(given.patches, given.mainline, given.policy), lambda each, _: Refuted(each, ()))
    both = renamed.with_changes(operations=(*altered.operations, add("item", "more")))
    released = altered.with_changes(operations=both.operations)
    fork = changed(FORK, released)
    tree = fork.with_migrations({released.key: None, both.key: both})
    given = Situation(
        (Patch(replace(tree, ref="release/2.4"), fork, (both,)),),
        replace(onto, migrations=fork.migrations),
        (),
        Policy(),
    )
    with pytest.raises(Refusal) as caught:
        plan(case_of(given.patches, given.mainline, given.policy), lambda each, _: Refuted(each, ()))
    assert caught.value.code == "SB415"


def test_not_one_whose_new_name_mainline_has_too() -> None:
    """As after a plan was applied that brought the file."""
    patches = (Patch(replace(WITHOUT_BASE, ref="release/2.4"), FORK, (RENAMED,)),)
    given = situation(RENAMED.with_changes(blob="other"), patches=patches)
    plan(case_of(given.patches, given.mainline, given.policy), lambda each, _: Refuted(each, ()))
