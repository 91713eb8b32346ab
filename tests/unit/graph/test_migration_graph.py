from __future__ import annotations

from migration_values import key, keys, migration, tree

from stitchback.graph import MigrationGraph
from stitchback.model.migrations import App, Migration, Swappable, Tree
from stitchback.model.source import Opaque, Span


def shop() -> Tree:
    return tree(
        migration("shop.0001_initial"),
        migration("shop.0002_color", "shop.0001_initial"),
        migration("shop.0003_size", "shop.0002_color"),
        migration("crm.0001_initial", "shop.__latest__"),
        migration("crm.0002_x", "crm.0001_initial", run_before="shop.0003_size"),
    )


def test_parents_and_children_come_sorted() -> None:
    graph = MigrationGraph.of(
        tree(*keys_chain(), migration("a.0004", "a.0003 a.0001 b.0001"), migration("b.0001"))
    )
    assert graph.parents(key("a.0004")) == keys("a.0001 a.0003 b.0001")
    assert graph.children(key("a.0001")) == keys("a.0002 a.0004")


def keys_chain() -> tuple[Migration, ...]:
    return (migration("a.0001"), migration("a.0002", "a.0001"), migration("a.0003", "a.0002"))


def test_ancestors_end_with_the_migration_itself() -> None:
    graph = MigrationGraph.of(tree(*keys_chain()))
    assert graph.ancestors(key("a.0003")) == keys("a.0001 a.0002 a.0003")
    assert graph.descendants(key("a.0002")) == keys("a.0003 a.0002")


def test_latest_is_the_leaf_before_edges_between_apps_and_run_before_makes_a_parent() -> None:
    graph = MigrationGraph.of(shop())
    assert graph.parents(key("crm.0001_initial")) == keys("shop.0003_size")
    assert graph.parents(key("shop.0003_size")) == keys("crm.0002_x shop.0002_color")
    assert graph.cycles == (keys("crm.0001_initial crm.0002_x shop.0003_size"),)


def test_first_of_ones_own_app_is_ignored() -> None:
    graph = MigrationGraph.of(tree(migration("a.0001"), migration("a.0002", "a.__first__ a.0001")))
    assert graph.parents(key("a.0002")) == keys("a.0001")
    assert graph.missing == ()


def test_installed_packages_are_external_and_no_error() -> None:
    graph = MigrationGraph.of(tree(migration("a.0001", "auth.0012_x contenttypes.__first__")))
    assert graph.external == (
        (key("a.0001"), key("auth.0012_x")),
        (key("a.0001"), key("contenttypes.__first__")),
    )
    assert graph.missing == ()
    assert graph.parents(key("a.0001")) == ()


def test_a_swappable_dependency_follows_the_setting_where_it_is_known() -> None:
    swappable = Swappable("AUTH_USER_MODEL")
    files = tree(migration("people.0001"), migration("a.0001", (swappable,)))
    assert MigrationGraph.of(files).swappable == ((key("a.0001"), swappable),)
    assert MigrationGraph.of(files, {"AUTH_USER_MODEL": "people.User"}).parents(key("a.0001")) == keys(
        "people.0001"
    )


def test_a_parent_that_the_tree_lacks_is_missing_not_an_exception() -> None:
    graph = MigrationGraph.of(
        tree(migration("a.0002", "a.0001"), migration("a.0003", "a.0002", run_before="a.0009"))
    )
    assert graph.missing == ((key("a.0002"), key("a.0001")), (key("a.0003"), key("a.0009")))
    assert graph.order() == keys("a.0002 a.0003")


def test_an_app_without_migrations_takes_first_but_no_name() -> None:
    files = tree(migration("a.0001", "b.__first__ b.0001"))
    files = Tree(files.ref, files.commit, files.migrations, {"b": App("b", "b", "b/migrations", "b")})
    assert MigrationGraph.of(files).missing == ((key("a.0001"), key("b.0001")),)


def test_an_opaque_dependency_is_kept() -> None:
    opaque = Opaque("computed", "f()", Span("a.py"))
    assert MigrationGraph.of(tree(migration("a.0001", (opaque,)))).opaque == ((key("a.0001"), opaque),)


def squashed() -> Tree:
    return tree(
        migration("a.0001"),
        migration("a.0002", "a.0001"),
        migration("a.0001_squashed", "", replaces="a.0001 a.0002"),
        migration("a.0003", "a.0002"),
        migration("b.0001", "a.0001"),
    )


def test_a_squash_stands_in_the_place_of_what_it_replaces() -> None:
    graph = MigrationGraph.of(squashed())
    assert graph.nodes == set(keys("a.0001_squashed a.0003 b.0001"))
    assert graph.parents(key("a.0003")) == graph.parents(key("b.0001")) == keys("a.0001_squashed")
    assert graph.resolve(key("a.0002")) == key("a.0001_squashed")
    assert graph.ancestors(key("a.0002")) == keys("a.0001_squashed")


def test_raw_keeps_what_is_replaced() -> None:
    graph = MigrationGraph.raw(squashed())
    assert len(graph.nodes) == 5
    assert graph.parents(key("a.0003")) == keys("a.0002")


def test_a_ghost_resolves_to_its_replacer_for_other_apps_too() -> None:
    """FACTS F18."""
    graph = MigrationGraph.of(
        tree(migration("a.0001", replaces="a.0007_gone"), migration("b.0001", "a.0007_gone"))
    )
    assert graph.missing == ()
    assert graph.parents(key("b.0001")) == keys("a.0001")


def test_nested_squashes_resolve_to_the_outermost() -> None:
    graph = MigrationGraph.of(
        tree(
            migration("a.0001"),
            migration("a.0002_in", replaces="a.0001"),
            migration("a.0000_out", replaces="a.0002_in"),
        )
    )
    assert graph.resolve(key("a.0001")) == key("a.0000_out")
    assert graph.nodes == {key("a.0000_out")}


def test_a_migration_that_replaces_itself_is_not_lost() -> None:
    """FACTS F24: Django fails on it; the graph only stays whole."""
    assert MigrationGraph.of(tree(migration("a.0001", replaces="a.0001"))).nodes == {key("a.0001")}


def test_a_name_that_nothing_stands_for_resolves_to_itself() -> None:
    assert MigrationGraph.of(tree()).resolve(key("a.0009")) == key("a.0009")


def test_roots_and_leaves_of_an_app() -> None:
    graph = MigrationGraph.of(squashed())
    assert graph.leaves() == keys("a.0003 b.0001")
    assert graph.leaves("b") == graph.roots("b") == keys("b.0001")
    assert graph.roots("a") == keys("a.0001_squashed")


def test_two_rings_are_told_apart() -> None:
    graph = MigrationGraph.of(
        tree(
            migration("a.0001", "a.0002"),
            migration("a.0002", "a.0001"),
            migration("b.0001", "b.0001 a.0001"),
            migration("c.0001"),
        )
    )
    assert graph.cycles == (keys("a.0001 a.0002"), keys("b.0001"))
    assert set(graph.order()) == graph.nodes


def test_first_of_an_app_that_is_one_circle_is_missing() -> None:
    graph = MigrationGraph.of(
        tree(migration("a.0001", "a.0002"), migration("a.0002", "a.0001"), migration("b.0001", "a.__first__"))
    )
    assert graph.missing == ((key("b.0001"), key("a.__first__")),)


def test_raw_hangs_the_children_of_a_ghost_on_its_replacer() -> None:
    """course-discovery: core's squash stands alone, course_metadata's old files still name what it replaced."""
    graph = MigrationGraph.raw(
        tree(
            migration("core.0001_squashed", replaces="core.0001_initial core.0005_currencies"),
            migration("course.0001_initial", "core.0005_currencies"),
        )
    )
    assert graph.missing == ()
    assert graph.parents(key("course.0001_initial")) == keys("core.0001_squashed")
    assert graph.order() == keys("core.0001_squashed course.0001_initial")
