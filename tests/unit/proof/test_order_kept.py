"""What precedes and follows on a branch does so in the result: ancestors, and order around data operations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from migration_values import (
    TRUE,
    add,
    alter,
    char,
    create,
    delete,
    foreign_key,
    integer,
    keys,
    migration,
    operation,
    remove,
    rename,
    tree,
)
from migration_values import run_python as some_code
from plans_by_hand import FORK, candidate, changed, patch, situation

from stitchback.hazards.data_and_rename import DataAndRename
from stitchback.matching.case import Case, Side
from stitchback.matching.match import compare
from stitchback.matching.sides import sides
from stitchback.model.data_reach import Reach
from stitchback.model.edits import WriteFile
from stitchback.model.migrations import Migration, Tree
from stitchback.model.operations import Operation
from stitchback.model.plans import Candidate, Patch, Situation
from stitchback.model.values import Call, Code, Constant, Dictionary, Items, Reference, Value
from stitchback.operations.model_relations import ModelRelations
from stitchback.planning.outcomes import Planned
from stitchback.planning.plan import plan
from stitchback.proof import prove, prove_beside
from stitchback.proof.ancestors import BranchAncestors, Result, lost_ancestors
from stitchback.proof.data_order import BranchOperations, _precedes, _ran_without, _steps, order_broken
from stitchback.proof.independence import independent, migration_changes


def run_python(*models: str, words: str = "", any_field: bool = False, name: str = "fill") -> Operation:
    """A RunPython whose code asks for these models and has these words."""
    reach = Reach(frozenset(models), frozenset(words.split()), any_field)
    return operation(
        "RunPython", code=Code(name, f"{name} {models} {words}", f"def {name}(a, b): ...", reach=reach)
    )


def run_sql(text: str) -> Operation:
    return operation("RunSQL", sql=Constant(text))


def index(model: str, name: str, *fields: str) -> Operation:
    names = Items("list", tuple(map(Constant, fields)))
    value = Call(Reference("django.db.models.Index"), (), (("fields", names), ("name", Constant(name))))
    return operation("AddIndex", model_name=Constant(model), index=value)


def unique(model: str, name: str, *fields: str) -> Operation:
    names = Items("list", tuple(map(Constant, fields)))
    value = Call(
        Reference("django.db.models.UniqueConstraint"), (), (("fields", names), ("name", Constant(name)))
    )
    return operation("AddConstraint", model_name=Constant(model), constraint=value)


SIZE = add("item", "size", integer())
OTHERS = {
    "another field": (add("item", "color"), True),
    "another model": (create("Order", {}, label=char()), True),
    "the same field": (alter("item", "size", char()), False),
    "the model": (delete("Item"), False),
    "an index over fields": (index("item", "item_size", "size"), False),
    "a field renamed": (rename("item", "label", "title"), False),
    "a foreign key to its model": (add("order", "item", foreign_key("shop.Item")), True),
    "an extension": (operation("BtreeGinExtension"), False),
    "nothing": (operation("RunPython", code=Reference("django.db.migrations.RunPython.noop")), True),
    "code that cannot be read": (some_code(), False),
    "code on another model": (run_python("shop.order", words="paid"), True),
    "code on the model that names another field": (run_python("shop.item", words="label"), True),
    "code on the model that names the field": (run_python("shop.item", words="size"), False),
    "code on the model that may name any field": (run_python("shop.item", any_field=True), False),
    "SQL on another table": (run_sql("UPDATE shop_order SET size = 1"), True),
    "SQL on its table": (run_sql("UPDATE shop_item SET size = 1"), False),
    "SQL that names the field in half": (run_sql("UPDATE shop_item SET sizes = 1"), True),
}


@pytest.mark.parametrize("name", OTHERS)
def test_which_operations_depend_on_a_field_that_came_before_them(name: str) -> None:
    other, free = OTHERS[name]
    first, second = migration("shop.0003_a", "", SIZE), migration("shop.0004_b", "", other)
    web = ModelRelations.of([*FORK.migrations.values(), first, second], {})
    assert independent(migration_changes(first), migration_changes(second), web) is free


REFERRED = {
    "a new field": (SIZE, True),
    "a new index": (index("item", "item_size", "size"), True),
    "another shape of a field": (alter("item", "label", char(30)), False),
    "the model renamed": (
        operation("RenameModel", old_name=Constant("Item"), new_name=Constant("Thing")),
        False,
    ),
    "the model made": (create("Item", {}, label=char()), False),
}


@pytest.mark.parametrize("name", REFERRED)
def test_which_operations_a_reference_to_the_model_depends_on(name: str) -> None:
    other, free = REFERRED[name]
    first = migration("shop.0003_a", "", other)
    second = migration("shop.0004_b", "", add("order", "item", foreign_key("shop.Item")))
    assert independent(migration_changes(first), migration_changes(second), ModelRelations()) is free


LATER = {
    "a new field": (add("item", "size", integer()), True),
    "a new field that may point at a row": (
        add("item", "order", foreign_key("shop.Order", default=Constant(1))),
        False,
    ),
    "a new model": (create("Order", {}, label=char()), True),
    "a new index": (index("item", "item_label", "label"), True),
    "a constraint": (unique("item", "one_label", "label"), False),
    "another shape": (alter("item", "base", char(null=TRUE)), False),
    "a model goes": (delete("Item"), False),
}


@pytest.mark.parametrize("name", LATER)
def test_what_came_after_a_data_operation_and_may_come_before_it(name: str) -> None:
    other, free = LATER[name]
    first, second = migration("shop.0003_a", "", some_code()), migration("shop.0004_b", "", other)
    assert independent(migration_changes(first), migration_changes(second), ModelRelations()) is free


def test_a_data_operation_reaches_models_by_way_of_relations_that_it_names() -> None:
    web = ModelRelations.of(
        [
            migration(
                "shop.0001_a", "", create("Client", {}, name=char()), create("Order", {}, label=char())
            ),
            migration(
                "shop.0002_b",
                "",
                add("order", "buyer", foreign_key("shop.Client", related_name=Constant("orders"))),
            ),
            migration(
                "shop.0003_c",
                "",
                operation("RenameModel", old_name=Constant("Order"), new_name=Constant("Sale")),
            ),
        ],
        {},
    )

    def reached(model: str, words: str) -> set[str]:
        return {str(key) for key in web.reached(Reach(frozenset({model}), frozenset(words.split()))) or ()}

    assert reached("shop.client", "name") == {"shop.client"}
    assert reached("shop.client", "orders") == {"shop.client", "shop.order", "shop.sale"}
    assert reached("shop.client", "delete") == {"shop.client", "shop.order", "shop.sale"}
    assert reached("shop.order", "buyer name") == {"shop.client", "shop.order", "shop.sale"}
    assert reached("shop.order", "label") == {"shop.order", "shop.sale"}


H = migration("shop.0003_h", "shop.0002_base", add("item", "h"))
K = migration("shop.0004_k", "shop.0003_h", add("item", "k"))
INDEX = migration("shop.0005_index", "shop.0004_k", index("item", "item_h", "h"))
FILL = migration("shop.0005_fill", "shop.0004_k", run_python("shop.item", words="h"))
Z = migration("shop.0003_z", "shop.0002_base", add("item", "z"))


def lost(given: Situation, *put: Migration) -> list[str]:
    return [str(each) for each in lost_ancestors(candidate(given, *put), BranchAncestors(given))]


def hung(which: Migration, after: str) -> Migration:
    return which.with_changes(dependencies=keys(after))


@pytest.mark.parametrize("last", [INDEX, FILL])
def test_a_plan_that_cuts_the_chain_of_the_patch_branch(last: Migration) -> None:
    given = situation(Z, patches=[patch(H, K, last)])
    (said,) = lost(given, H, hung(K, "shop.0002_base"), last)
    assert said.startswith(
        f"{last.key} would no longer run after shop.0003_h, as {last.key} does on release/2.4"
    )
    assert lost(given, H, K, last) == []


def test_a_migration_that_needs_nothing_of_what_it_loses() -> None:
    """The cut itself, and a data operation that names other fields."""
    given = situation(
        Z,
        patches=[
            patch(H, K, migration("shop.0005_fill", "shop.0004_k", run_python("shop.item", words="label")))
        ],
    )
    assert lost(given, H, hung(K, "shop.0002_base"), given.patches[0].migrations[-1]) == []


def test_a_plan_that_cuts_mainlines_chain() -> None:
    given = situation(H, K, INDEX, patches=[patch(Z)])
    (said,) = lost(given, Z, hung(K, "shop.0002_base"))
    assert said.startswith(
        "shop.0005_index would no longer run after shop.0003_h, as shop.0005_index does on main"
    )
    assert lost(given, Z, hung(K, "shop.0002_base"), hung(INDEX, "shop.0004_k shop.0003_h")) == []


def test_a_replacer_counts_for_what_it_replaces() -> None:
    given = situation(Z, patches=[patch(H, K, INDEX)])
    stitched = H.with_changes(key=keys("shop.0003_s")[0], replaces=keys("shop.0003_h"))
    assert lost(given, stitched, hung(K, "shop.0002_base"), hung(INDEX, "shop.0004_k shop.0003_s")) == []
    assert len(lost(given, stitched, hung(K, "shop.0002_base"), INDEX)) == 1


def test_what_the_result_does_no_longer_needs_no_order() -> None:
    given = situation(Z, patches=[patch(H, K, INDEX)])
    assert lost(given, H.with_changes(operations=()), hung(K, "shop.0002_base"), INDEX) == []


def test_a_migration_of_the_same_name_that_mainline_hung_elsewhere() -> None:
    """The release cleans up before it, mainline has not that clean-up."""
    clean, constraint = run_python("shop.item", words="label delete"), unique("item", "one_label", "label")
    ours = (
        migration("shop.0003_clean", "shop.0002_base", clean),
        migration("shop.0004_u", "shop.0003_clean", constraint),
    )
    given = situation(migration("shop.0004_u", "shop.0002_base", constraint), patches=[patch(*ours)])
    (said,) = lost(given, ours[0])
    assert "shop.0004_u would no longer run after shop.0003_clean" in said


def test_a_released_migration_that_the_patch_branch_hung_on_its_own() -> None:
    """Mainline's file stays, so it no longer runs after the clean-up. Near miss: what it runs after has nothing to do with it."""
    released = migration("shop.0003_u", "shop.0002_base", unique("item", "one_label", "label"))
    fork = changed(FORK, released)
    for first, count in (
        (run_python("shop.item", words="label delete"), 1),
        (create("Order", {}, label=char()), 0),
    ):
        own = migration("shop.0003_first", "shop.0002_base", first)
        branch = changed(fork, own, hung(released, "shop.0003_first"))
        release = Patch(Tree("release/2.4", "release/2.4", branch.migrations), fork, (own,))
        given = Situation((release,), Tree("main", "main", changed(fork, Z).migrations), ())
        said = lost(given, own)
        assert len(said) == count
        assert all(each.startswith("shop.0003_u would no longer run after shop.0003_first") for each in said)


def compared(given: Situation) -> Situation:
    """With what matching finds."""
    matches = (compare(sides(each, given.mainline), {}).matches for each in given.patches)
    return replace(given, matches=tuple(matches))


def broken(plan: Candidate, given: Situation) -> list[str]:
    return [str(each) for each in order_broken(plan, BranchAncestors(given))]


CLEAN = migration(
    "shop.0003_clean", "shop.0002_base", run_python("shop.item", words="label delete", name="clean")
)
UNIQUE = migration("shop.0004_u", "shop.0003_clean", unique("item", "one_label", "label"))
THEIRS = migration("shop.0004_theirs", "shop.0003_z", unique("item", "one_label", "label"))


def test_a_constraint_that_mainline_makes_before_the_clean_up_of_the_patch_branch() -> None:
    given = compared(situation(Z, THEIRS, patches=[patch(CLEAN, UNIQUE)]))
    (said,) = broken(candidate(given, CLEAN), given)
    assert said == (
        "RunPython of shop.0003_clean runs before AddConstraint of shop.0004_u on release/2.4, and the plan does not keep that order"
    )
    assert broken(candidate(given, CLEAN, hung(THEIRS, "shop.0003_z shop.0003_clean")), given) == []


def test_a_constraint_that_the_patch_branch_makes_before_mainlines_clean_up() -> None:
    ours = migration("shop.0004_u", "shop.0002_base", unique("item", "one_label", "label"))
    theirs = hung(THEIRS, "shop.0003_clean")
    given = compared(situation(CLEAN, theirs, patches=[patch(ours)]))
    stitched = ours.with_changes(key=keys("shop.0004_s")[0], replaces=keys("shop.0004_u"))
    emptied = theirs.with_changes(operations=(), dependencies=keys("shop.0003_clean shop.0004_s"))
    (said,) = broken(candidate(given, stitched, emptied), given)
    assert said.startswith(
        "RunPython of shop.0003_clean runs before AddConstraint of shop.0004_theirs on main"
    )
    assert broken(candidate(given, theirs), given) == []


def test_a_column_that_only_mainline_makes_after_the_data_operation_that_fills_it() -> None:
    ours = (H, migration("shop.0004_fill", "shop.0003_h", run_python("shop.item", words="h")))
    theirs = migration("shop.0004_h", "shop.0003_z", add("item", "h"))
    given = compared(situation(Z, theirs, patches=[patch(*ours)]))
    fill = hung(ours[1], "shop.0002_base")
    (said,) = broken(candidate(given, fill), given)
    assert said.startswith("RunPython of shop.0004_fill runs after AddField of shop.0003_h on release/2.4")
    assert broken(candidate(given, hung(fill, "shop.0004_h")), given) == []


def test_a_data_operation_on_another_model_needs_no_order() -> None:
    clean = migration("shop.0003_clean", "shop.0002_base", run_python("blog.post", words="title delete"))
    given = compared(situation(Z, THEIRS, patches=[patch(clean, UNIQUE)]))
    assert broken(candidate(given, clean), given) == []


def test_operations_of_one_migration() -> None:
    """Mainline cleans up and makes the constraint in one file; a plan takes the constraint before it."""
    both = migration("shop.0003_both", "shop.0002_base", *CLEAN.operations, *UNIQUE.operations)
    ours = migration("shop.0003_u", "shop.0002_base", *UNIQUE.operations)
    given = compared(situation(both, patches=[patch(ours)]))
    stitched = ours.with_changes(key=keys("shop.0003_s")[0], replaces=keys("shop.0003_u"))
    left = both.with_changes(operations=CLEAN.operations, dependencies=keys("shop.0002_base shop.0003_s"))
    assert len(broken(candidate(given, stitched, left), given)) == 1
    assert broken(candidate(given, both), given) == []


def test_a_change_that_mainline_makes_on_both_sides_of_its_data_operation() -> None:
    """The patch branch makes it once, so it is a match for both of mainline's (random seed 72505)."""
    first = migration("shop.0003_a", "shop.0002_base", alter("item", "label", char(help_text=Constant("a"))))
    fill = migration("shop.0004_fill", "shop.0003_a", run_python("shop.item", words="label"))
    again = migration("shop.0005_b", "shop.0004_fill", alter("item", "label", char(help_text=Constant("b"))))
    ours = migration("shop.0003_a", "shop.0002_base", alter("item", "label", char(help_text=Constant("c"))))
    given = compared(situation(first, fill, again, patches=[patch(ours, fill)]))
    assert broken(candidate(given), given) == []
    both = first.with_changes(operations=(*first.operations, *again.operations))
    assert len(broken(candidate(given, both, again.with_changes(operations=())), given)) == 1


def test_what_git_merged_does_mainlines_own_data_operation_too() -> None:
    """Both branches run it, and only mainline runs another one before (random seed 80117)."""
    mark = migration("shop.0003_mark", "shop.0002_base", run_python("shop.item", words="label", name="mark"))
    fill = migration("shop.0004_fill", "shop.0003_mark", run_python("shop.item", words="label"))
    ours = migration("shop.0003_h", "shop.0002_base", fill.operations[0])
    given = compared(situation(mark, fill, ours, patches=[patch(ours, merged=True)]))
    emptied = fill.with_changes(operations=(), dependencies=keys("shop.0003_mark shop.0003_h"))
    words = "RunPython of shop.0003_mark runs before RunPython of shop.0004_fill on main"
    assert any(words in str(each) for each in broken(candidate(given, emptied), given))
    above = ours.with_changes(dependencies=keys("shop.0003_mark"))
    assert broken(candidate(given, emptied, above), given) == []


def test_a_file_that_covers_a_migration_does_its_operations() -> None:
    """A bridge at the leaf makes the column that mainline's file of the same name lacks."""
    fill = migration("shop.0004_fill", "shop.0003_h", run_python("shop.item", words="h"))
    twin = migration("shop.0003_h", "shop.0002_base", add("item", "other"))
    given = compared(situation(twin, patches=[patch(H, fill)]))
    bridge = migration("shop.0005_bridge", "shop.0003_h", add("item", "h")).with_changes(
        provenance=("covers shop.0003_h of release/2.4 (commit 1)",)
    )
    assert len(broken(candidate(given, fill, bridge), given)) == 1
    assert broken(candidate(given, hung(fill, "shop.0003_h shop.0005_bridge"), bridge), given) == []


def test_options_that_a_new_file_at_the_leaf_brings_come_after_the_work_that_had_them() -> None:
    """Mainline's file of the same name lacks them, and the order of rows may be one of them (random seed 90622)."""
    options = Dictionary(((Constant("ordering"), Items("list", (Constant("label"),))),))
    ordered = operation("AlterModelOptions", name=Constant("item"), options=options)
    ours = migration("shop.0003_o", "shop.0002_base", ordered)
    fill = migration("shop.0004_fill", "shop.0003_o", run_python("shop.item", words="label"))
    given = compared(situation(ours.with_changes(operations=(SIZE,)), patches=[patch(ours, fill)]))
    combined = migration("shop.0005_options", "shop.0004_fill", ordered)
    (said,) = broken(candidate(given, fill, combined), given)
    assert "shop.0004_fill runs after AlterModelOptions of shop.0003_o on release/2.4" in said
    before = hung(combined, "shop.0003_o")
    assert broken(candidate(given, hung(fill, "shop.0003_o shop.0005_options"), before), given) == []
    elsewhere = migration("shop.0005_options", "shop.0004_fill", add("order", "paid"))
    assert broken(candidate(given, fill, elsewhere), given) == []


class TestWorkThatTheOtherBranchDidWithout:
    """The patch branch makes a column and then works on the data; mainline has the very same work and no such column before it. So the work cannot
    need the column, and the result may do it before."""

    FILL = run_python("shop.item", words="h")
    OURS = (H, migration("shop.0004_fill", "shop.0003_h", FILL))

    def said(self, *mainline: Migration, ours: tuple[Migration, ...] = OURS) -> list[str]:
        """Mainline's work stays where it is; the patch branch's column comes after it."""
        given = compared(situation(*mainline, patches=[patch(*ours)]))
        last = mainline[-1].key
        return broken(
            candidate(
                given, hung(ours[0], str(last)), hung(ours[1], str(ours[0].key)).with_changes(operations=())
            ),
            given,
        )

    def test_it_needs_no_order(self) -> None:
        assert self.said(migration("shop.0003_fill", "shop.0002_base", self.FILL)) == []

    def test_not_where_mainline_has_something_on_it_before_the_work(self) -> None:
        table = operation("AlterModelTable", name=Constant("item"), table=Constant("goods"))
        moved = migration("shop.0003_table", "shop.0002_base", table)
        (said,) = self.said(moved, migration("shop.0004_theirs", "shop.0003_table", self.FILL))
        assert "RunPython of shop.0004_fill runs after AddField of shop.0003_h on release/2.4" in said

    def test_what_mainline_makes_after_it_or_elsewhere_is_no_reason(self) -> None:
        fill = migration("shop.0003_fill", "shop.0002_base", self.FILL)
        assert (
            self.said(fill, migration("shop.0004_made", "shop.0003_fill", add("item", "h", integer()))) == []
        )
        other = migration("shop.0003_a", "shop.0002_base", add("item", "other"))
        assert self.said(other, hung(fill, "shop.0003_a")) == []

    def test_not_after_what_changes_something_that_was_there(self) -> None:
        wider = migration("shop.0003_h", "shop.0002_base", alter("item", "label", char(99)))
        fill = run_python("shop.item", words="label")
        ours = (wider, migration("shop.0004_fill", "shop.0003_h", fill))
        (said,) = self.said(migration("shop.0003_fill", "shop.0002_base", fill), ours=ours)
        assert "RunPython of shop.0004_fill runs after AlterField of shop.0003_h" in said

    def test_not_after_other_work_on_data(self) -> None:
        first = migration(
            "shop.0003_h", "shop.0002_base", run_python("shop.item", words="label", name="first")
        )
        fill = run_python("shop.item", words="label")
        ours = (first, migration("shop.0004_fill", "shop.0003_h", fill))
        said = self.said(migration("shop.0003_fill", "shop.0002_base", fill), ours=ours)
        assert "RunPython of shop.0004_fill runs after RunPython of shop.0003_h" in " ".join(said)


def trigger(table: str, func: str = "NEW.size_b = NEW.size; RETURN NEW;", **more: Value) -> Operation:
    """django-pgtrigger's AddTrigger, as it is read: a data operation."""
    values = {"func": Constant(func), "table": Constant(table)} | more
    compiled = Call(
        Reference("pgtrigger.compiler.UpsertTriggerSql"), (), tuple((name, values[name]) for name in values)
    )
    made = Call(
        Reference("pgtrigger.compiler.Trigger"), (), (("name", Constant("mirror")), ("sql", compiled))
    )
    call = Call(
        Reference("pgtrigger.migrations.AddTrigger"),
        (),
        (("model_name", Constant("item")), ("trigger", made)),
    )
    return operation("RunPython", code=call)


def trigger_gone(model: Value, name: str = "mirror") -> Operation:
    """django-pgtrigger's RemoveTrigger, as it is read."""
    kwargs = (("model_name", model), ("name", Constant(name)))
    return operation("RunPython", code=Call(Reference("pgtrigger.migrations.RemoveTrigger"), (), kwargs))


@pytest.mark.parametrize(
    ("step", "is_free"),
    [
        (trigger("shop_item"), True),
        (trigger_gone(Constant("item")), True),
        (trigger_gone(Constant("Order")), False),
        (trigger_gone(Reference("shop.models.NAME")), False),
        (trigger("shop_item", "UPDATE shop_order SET number = 1;"), False),
        (trigger("shop_item", when=Reference("shop.models.WHEN")), False),
        (trigger(""), False),
        (run_sql("UPDATE shop_item SET size = 1"), True),
        (run_sql("INSERT INTO shop_item SELECT number FROM shop_order"), False),
    ],
)
def test_a_trigger_reaches_what_its_statements_name(step: Operation, is_free: bool) -> None:
    item = create("Item", {}, label=char())
    order = create("Order", {}, number=char())
    altered = alter("order", "number", char(40))
    web = ModelRelations.of([migration("shop.0001_initial", "", item, order)], {})
    first, second = (migration_changes(migration("shop.0002_a", "", each)) for each in (step, altered))
    assert independent(first, second, web) is is_free
    assert independent(second, first, web) is is_free


@pytest.mark.parametrize("step", [trigger_gone(Constant("Item")), trigger("shop_item", "RETURN NULL;")])
def test_a_trigger_needs_the_model_that_it_names(step: Operation) -> None:
    """By its name in the migration's own app, in the historical state: Django looks it up there before any statement."""
    fork = tree(
        *FORK.migrations.values(), migration("shop.0003_note", "shop.0002_base", create("Note", label=char()))
    )
    theirs = migration("shop.0004_m", "shop.0003_note", step)
    for gone, planned in (("Note", True), ("Item", False)):
        ours = patch(migration("shop.0004_p", "shop.0003_note", delete(gone)), fork=fork)
        given = situation(fork.migrations[keys("shop.0003_note")[0]], theirs, patches=[ours])
        split = sides(ours, given.mainline)
        case = Case(given, (Side(ours, split, compare(split, {})),))
        outcome = plan(case, prove, beside=prove_beside)
        assert isinstance(outcome, Planned) is planned
        assert [each.code for each in DataAndRename().find(case)] == ([] if planned else ["SB209"])


@pytest.mark.parametrize(
    ("sql", "is_free"),
    [
        ("INSERT INTO shop_old (label) SELECT label FROM shop_item", True),
        ("INSERT INTO shop_old (label) VALUES ('x')", True),
        ("UPDATE shop_item SET label = 2 * 3; SELECT count(*) FROM shop_item", True),
        ("INSERT INTO shop_old SELECT label FROM shop_item", False),
        ('insert into "shop_item" values (1, 2)', False),
        ("CREATE TABLE copied AS SELECT i.* FROM shop_item i", False),
        ("INSERT INTO copied (label) SELECT * FROM shop_item", False),
    ],
)
def test_sql_that_uses_columns_without_naming_them(sql: str, is_free: bool) -> None:
    web = ModelRelations.of([migration("shop.0001_initial", "", create("Item", {}, label=char()))], {})
    first = migration_changes(migration("shop.0002_sql", "", run_sql(sql)))
    second = migration_changes(migration("shop.0003_gone", "", remove("item", "size")))
    assert independent(first, second, web) is is_free


def test_work_that_no_migration_of_the_result_does_need_not_come_before() -> None:
    """Whether work may be left out is another rule's matter (`data_runs`)."""
    first = migration("shop.0003_first", "shop.0002_base", run_sql("UPDATE shop_item SET base = 'a'"))
    second = migration("shop.0004_second", "shop.0003_first", run_sql("UPDATE shop_item SET base = 'b'"))
    given = situation(patches=[patch(first, second)])
    tree = given.patches[0].tree

    def one_before(*files: Migration) -> bool:
        result = Result(candidate(given, *files), given.mainline)
        (before,), (data,) = (tuple(_steps(each)) for each in (first, second))
        return BranchOperations(tree, frozenset(), result, {}).one_before(data, before)

    assert one_before(first, second)
    assert one_before(first.with_changes(operations=()), second)
    assert not one_before(first, second.with_changes(dependencies=keys("shop.0002_base")))


def test_a_migration_counts_under_the_name_that_the_plan_gives_it() -> None:
    given = situation(Z, H, patches=[patch(K)])
    again = H.with_changes(key=keys("shop.0007_h")[0])
    plan = replace(
        candidate(given, again, without="shop.0003_h"), edits=(WriteFile(again.key, again.path, H),)
    )
    assert Result(plan, given.mainline).standing(H.key) == (again.key,)
    assert Result(replace(plan, edits=()), given.mainline).standing(H.key) == ()


def test_a_squash_is_before_a_migration_where_all_that_it_replaces_is() -> None:
    given = situation(Z, patches=[patch(H)])
    squash = migration("shop.0009_squash", "shop.0002_base", replaces="shop.0003_h shop.0004_k")
    for last, expected in (("shop.0004_k", True), ("shop.0003_h", False)):
        above = migration("shop.0010_last", last)
        result = Result(candidate(given, H, K, squash, above), given.mainline)
        ancestors = frozenset(keys("shop.0003_h shop.0004_k" if expected else "shop.0003_h"))
        assert result.has_before(squash.key, above.key, ancestors) is expected


def test_what_a_migration_no_longer_contains_precedes_nothing_in_it() -> None:
    given = situation(Z, patches=[patch(H)])
    result = Result(candidate(given, H), given.mainline)
    (held,), (other,) = _steps(H), _steps(migration("shop.0008_o", "", add("item", "other")))
    assert _precedes(other, H.key, held, H.key, result)
    assert _precedes(held, H.key, other, H.key, result)
    assert not _precedes(held, H.key, held, H.key, result)


def test_work_that_another_branch_does_without_a_step_may_need_what_the_step_changes_besides() -> None:
    """A new column alone is nothing that the other branch's work can have used; a renamed field is."""
    fill = migration("shop.0005_fill", "shop.0002_base", run_python("shop.item", words="h"))
    given = situation(fill, patches=[patch(H, hung(fill, "shop.0003_h"))])
    branches = BranchAncestors(given)
    (data,), (new,) = _steps(fill), _steps(H)
    (renamed,) = _steps(migration("shop.0008_r", "", rename("item", "label", "h")))
    both = replace(new, changes=new.changes | renamed.changes)
    tree = given.patches[0].tree
    assert _ran_without(data, new, tree, branches)
    assert not _ran_without(data, both, tree, branches)
