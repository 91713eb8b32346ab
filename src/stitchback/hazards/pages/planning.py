"""Errors of planning and of writing migrations."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage

PAGES: tuple[ErrorPage, ...] = (
    ErrorPage(
        "SB401",
        ("schema.problems",),
        "migrations of one branch do not fit each other",
        """An operation alters, renames or removes something that the migrations before it have not
        made, or makes what is there: with that branch checked out Django fails as well.

        The message names the migration and the operation. Usually a migration it builds on was
        removed, or hangs on another parent. Mend the branch, and run the command again.""",
    ),
    ErrorPage(
        "SB402",
        ("planning.plan",),
        "no such strategy",
        """`--strategy` (or `strategy` in `[tool.stitchback]`) takes one of the names that the hint
        lists. Leave it out to get the cheapest plan that can be proved; `plan` lists the others
        with their price.""",
    ),
    ErrorPage(
        "SB403",
        ("planning.plan",),
        "a patch migration without its parent",
        """The patch branch has a migration that depends on one which the branch lacks, and mainline
        has no migration of that name. Django cannot have run it there, so nothing tells where it
        belongs.

        Hang it on a parent that the patch branch has, on that branch, release that, and plan again.""",
    ),
    ErrorPage(
        "SB404",
        ("planning.plan",),
        "migration files that cannot be read",
        """A migration file that came since the fork point gives no migration (SB101), in an app that the
        plan is about. What it does is not known, so no plan can be proved.

        Mend the files on their branch, and plan again.""",
    ),
    ErrorPage(
        "SB405",
        ("planning.plan",),
        "an app was an installed package, and nobody says how far its migrations went",
        """The patch branch depends on migrations of an app that is not in its tree, an installed package,
        and mainline has that app in its own tree. The branch's databases have the package's tables and
        rows, and no file of the branch says which.

        Say it in pyproject.toml (`stitchback explain SB308`), and plan again.""",
    ),
    ErrorPage(
        "SB406",
        ("planning.plan",),
        "a migration that overrides methods of Django's",
        """The class Migration has its own `__init__`, `apply` or the like. It may do other things than its
        operations say, or belong to another app than its folder (an `__init__` that hands on another
        label: Django then records a row of that app). No plan can be proved over it.

        Write it plainly on its branch, operations only, in a migration of the app that they change,
        and plan again.""",
    ),
    ErrorPage(
        "SB407",
        ("engine.states",),
        "too many databases to be tried",
        """The branches have so many migrations in so many apps since they parted that the databases which may
        come of them cannot all be tried: it would take more memory than a machine should be asked for.
        Nothing is written that was not tried.

        Go by nearer steps: reconcile the branch with the release after it (`--onto`), commit that, then go
        on from there. Patch branches that are named together can be planned one after the other.""",
    ),
    ErrorPage(
        "SB409",
        ("planning.plan",),
        "a released migration was edited beyond repair",
        """Mainline has edited a migration of the fork point (SB213), and databases that have applied the old file
        cannot be brought to what the new one makes by one more migration: it renames, no longer makes or removes something,
        or a later migration of mainline builds on what those databases lack.

        Restore the file as it was released (`git checkout COMMIT -- FILE`), make the change in a new migration, and plan
        again. If every database has the change already, suppress SB213 for the file, with the reason: then the proof takes the
        file as mainline has it, and the report lists it.""",
    ),
    ErrorPage(
        "SB410",
        ("planning.plan",),
        "MIGRATION_MODULES cannot be read",
        """The settings say by MIGRATION_MODULES which folders hold the migrations, and what they say cannot be read without running
        them (SB104), or names what the tree lacks (SB106). The tree has folders with migrations that Django may read because of
        it, so nothing can be proved about the migrations that were read.

        Configure the folders in pyproject.toml, by app label, as the setting has them, and plan again:

            [tool.stitchback.migration_modules]
            shop = "shop.db_migrations\"""",
    ),
    ErrorPage(
        "SB411",
        ("planning.plan",),
        "a migration replaces itself",
        """`replaces` of a migration names the migration itself (SB105). Django 6 does not load such a tree, Django 5 runs nothing of the
        migration, so what its operations say is in no database.

        Take the migration's own name out of `replaces`, on the branch that has it, release that, and plan again.""",
    ),
    ErrorPage(
        "SB413",
        ("reporting.refusal_text", "rehearsal.process"),
        "the two judges disagree, or the second one did not finish",
        """A plan is proved only when two judges find no failure: the simulation (Django's loader and executor over
        operations that stitchback describes, for every database and every way to migrate it), and the
        rehearsal, in which Django's own operations and schema editor execute the plan on SQLite databases
        in memory. Here the simulation found nothing and the rehearsal failed. One of them is wrong, so the plan is refused; if another plan
        passes both, that one is offered, and the refused one is still reported.

        Usually the rehearsal is right: the message names the database, the migration and what Django or SQLite
        says. Try it by hand: `stitchback apply` is not possible for a refused plan, but the migration that is named
        can be read against it. Please report both views, with the output of `stitchback plan -v` and the migrations that
        it names: each such case is a rule that the simulation lacks, or an operation that the rehearsal builds wrongly.

        "did not finish": the process of the rehearsal was ended from outside (no memory, a signal). Nothing was proved
        and nothing was written. Run the command again, with more memory if that is short; `rehearsed_databases` in
        `[tool.stitchback]` of pyproject.toml lowers how many databases are tried.""",
    ),
    ErrorPage(
        "SB414",
        ("reporting.refusal_text",),
        "no time to rehearse the databases that a proof needs",
        """A plan is proved only when Django has executed it on a fresh install and on databases of the fork point, of the patch branches' tips
        and of mainline's (SB413). In a very large project Django needs longer for these than it is given: 60 seconds of the processor. Nothing was
        found against the plan, and nothing was proved, so nothing is written. Databases beyond these are rehearsed as far as
        `rehearsal_seconds` allows; they do not stop a plan, and the report says how many there were.

        Give it more time in pyproject.toml, and plan again:

            [tool.stitchback]
            rehearsal_most_seconds = 600""",
    ),
    ErrorPage(
        "SB530",
        ("api.comparing",),
        "a branch is to be merged into itself",
        """The patch and mainline are the same commit. Name the patch branch as the argument, and
        mainline with `--onto` (left out: what is checked out).""",
    ),
    ErrorPage(
        "SB531",
        ("api.schema",),
        "no such app",
        """`--app` names an app label that has no migrations at that ref. A label is what migrations
        call the app in their dependencies; it may differ from the folder's name.""",
    ),
    ErrorPage(
        "SB532",
        ("api.explaining",),
        "no such code",
        """`explain` knows the codes that findings and errors begin with: SB and three digits.""",
    ),
    ErrorPage(
        "SB533",
        ("api.comparing",),
        "no patch branch is named",
        """Without a branch `plan`, `apply` and `verify` take what git is merging, rebasing or
        cherry-picking into the working tree, and nothing of the kind is going on. Name the branch;
        `stitchback status` without a branch lists those that look like releases.""",
    ),
    ErrorPage(
        "SB534",
        ("api.other_side",),
        "the origin of the second leaf node is not known",
        """`resolve` looks for the other side in the merge, rebase or cherry-pick that is going on, in
        uncommitted files, in the merge commits of the branch that is checked out, and in the commits
        that added the leaf nodes. None of them brought one beside another: both leaf nodes may be as
        old as the repository. Name the branch instead: `stitchback plan BRANCH`.""",
    ),
    ErrorPage(
        "SB535",
        ("api.resolving",),
        "a rebase that brings more migrations later",
        """The rebase has stopped at a commit, and commits that are still to be replayed bring more
        migrations to an app with several leaf nodes. They depend on the files as they are now, so
        whatever is written here, each of them is one more leaf node.

        Settle the conflict for which git stopped, run `git rebase --continue` until it is done, then
        `stitchback resolve`: it finds the rebased chain without a merge commit too.""",
    ),
    ErrorPage(
        "SB540",
        ("rewriting.modules",),
        "a file that is not plain enough to be edited",
        """The plan changes a list of this migration, and the list (or the class) is computed: by a
        function, a condition, an assignment elsewhere. Nothing is written on a guess.

        Write it as a plain list in the class, in a commit of its own, and run the command again. Or
        choose another strategy, one that leaves the file alone.""",
    ),
    ErrorPage(
        "SB541",
        ("rewriting.names",),
        "a name that means something else in the file",
        """An operation that looks at the database has to be put into the file, and a name that it
        needs (`migrations`, `models`) is taken by something else there. Rename that, and run the
        command again.""",
    ),
    ErrorPage(
        "SB542",
        ("rewriting.expressions", "rewriting.names"),
        "something that cannot be written into another file",
        """A value or a function of the patch migration depends on what is defined around it, so it
        cannot be copied. Choose a strategy that brings the patch migration's own file, such as
        `--strategy rehome`.""",
    ),
    ErrorPage(
        "SB543",
        ("rewriting.comments",),
        "a name that no comment can hold",
        """The name of a branch or a migration has characters that would be lost or changed in a
        comment of a file, and the comment has to be read back. Rename the branch or the migration.""",
    ),
)
