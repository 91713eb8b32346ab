"""Errors of planning and of writing migrations."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage

PAGES: tuple[ErrorPage, ...] = (
    ErrorPage(
        "SB401",
        ("schema.problems",),
        "the migrations of one branch do not fit together",
        """An operation alters, renames or removes something that no earlier migration created, or
        creates something that exists. With that branch checked out Django fails too.

        The message names the migration and the operation. Usually a migration that it builds on was
        removed, or the migration has the wrong dependency. Correct the branch, and run the command
        again.""",
    ),
    ErrorPage(
        "SB402",
        ("planning.plan",),
        "no such strategy",
        """`--strategy` (or `strategy` in `[tool.stitchback]`) takes one of the names in the hint, for all apps
        or with `APP=NAME` for one app that has migrations to reconcile.
        Without it, `plan` chooses the cheapest plan that can be proved, and lists the others with
        their price.""",
    ),
    ErrorPage(
        "SB403",
        ("planning.plan",),
        "a patch migration without its dependency",
        """The patch branch has a migration that depends on one that neither the branch nor mainline
        has. Django cannot have run it there, so stitchback cannot know where it belongs.

        On the patch branch, change the migration's dependencies to ones that the branch has,
        release that, and plan again.""",
    ),
    ErrorPage(
        "SB404",
        ("planning.plan",),
        "migration files that cannot be read",
        """A migration file since the fork point cannot be read (SB101), in an app that the plan
        affects. stitchback does not know what it does, so no plan can be proved.

        Correct the files on their branch, and plan again.""",
    ),
    ErrorPage(
        "SB405",
        ("planning.plan",),
        "an app was an installed package, and its applied migrations are not declared",
        """The patch branch depends on migrations of an app that is not in its tree but an installed
        package, and mainline has that app in its own tree. The branch's databases have the
        package's tables and rows, and no file of the branch contains which.

        Declare it in pyproject.toml (`stitchback explain SB308`), and plan again.""",
    ),
    ErrorPage(
        "SB406",
        ("planning.plan",),
        "a migration overrides methods of Django",
        """The class Migration has its own `__init__`, `apply` or another method of Django's class. It
        may do more than its operations, or belong to another app than its folder (an `__init__`
        that passes on another label makes Django record a row of that app). No plan that contains
        it can be proved.

        On its branch, write it with operations only, in a migration of the app that they change,
        and plan again.""",
    ),
    ErrorPage(
        "SB407",
        ("engine.states",),
        "too many databases to try",
        """The branches have so many migrations in so many apps since the fork point that trying all
        databases that can result would take too much memory. stitchback writes no plan that it has
        not tried.

        Reconcile in smaller steps: first with the next release after the branch (`--onto RELEASE`),
        commit that, then continue from there. If you gave several patch branches, plan them one
        after the other.""",
    ),
    ErrorPage(
        "SB409",
        ("planning.plan",),
        "a released migration was edited and cannot be bridged",
        """Mainline has edited a migration of the fork point (SB213), and one more migration cannot
        bring databases that have applied the old file to the new schema: the edited file renames
        something, or no longer creates or removes something, or a later migration of mainline
        builds on what those databases lack.

        Restore the released file (`git checkout COMMIT -- FILE`), make the change in a new
        migration, and plan again. If every database has the change already, suppress SB213 for the
        file, with the reason: the proof then uses the file as mainline has it, and the report lists
        it.""",
    ),
    ErrorPage(
        "SB410",
        ("planning.plan",),
        "MIGRATION_MODULES cannot be read",
        """The setting MIGRATION_MODULES chooses the folders with migrations. Its value cannot be read
        without running the settings (SB104), or names a module that the tree lacks (SB106). The
        tree has folders with migrations that Django may read because of it, so stitchback cannot
        know which migrations count.

        Configure the folders in pyproject.toml, by app label, with the setting's values, and plan
        again:

            [tool.stitchback.migration_modules]
            shop = "shop.db_migrations"
        """,
    ),
    ErrorPage(
        "SB411",
        ("planning.plan",),
        "a migration replaces itself",
        """`replaces` of a migration contains its own name (SB105). Django 6 does not load such a tree.
        Django 5 never runs the migration, so no database has what its operations create.

        Remove the migration's own name from `replaces`, on the branch that has it, release that,
        and plan again.""",
    ),
    ErrorPage(
        "SB413",
        ("reporting.refusal_text", "rehearsal.process"),
        "the two checks of a plan disagree, or the second one did not finish",
        """A plan is proved only when two independent checks find no failure. The *simulation* runs
        Django's loader and executor on simulated databases, for every kind of database and every
        way to migrate it. The *rehearsal* lets Django execute the plan with its own operations on
        SQLite databases in memory. Here the simulation found no failure and the rehearsal did. One
        of them is wrong, so stitchback refuses the plan. If another plan passes both, stitchback
        offers that one and still reports the refused one.

        Usually the rehearsal is right: the message names the database, the migration and the error
        of Django or SQLite. Read the migration that it names. Please report both results, with the
        output of `stitchback plan -v` and the migrations that it names: such a case is always a bug
        in stitchback.

        "did not finish" means that the rehearsal's process was ended from outside (no memory, a
        signal). Nothing was proved and nothing was written. Run the command again, with more
        memory, or let it try fewer databases:

            [tool.stitchback]
            rehearsed_databases = 10
        """,
    ),
    ErrorPage(
        "SB414",
        ("reporting.refusal_text",),
        "not enough time to rehearse the databases that a proof needs",
        """A plan is proved only when Django has executed it on a fresh install and on databases of the
        fork point, of the patch branches and of mainline (SB413). In a very large project Django
        needs more than the 60 seconds of processor time that it gets for these. stitchback found
        nothing wrong with the plan, but has not proved it, so it writes nothing. It rehearses
        further databases for as long as `rehearsal_seconds` allows; these do not block a plan, and
        the report contains their number.

        Allow more time in pyproject.toml, and plan again:

            [tool.stitchback]
            rehearsal_most_seconds = 600
        """,
    ),
    ErrorPage(
        "SB415",
        ("planning.plan",),
        "a shared migration is renamed on the patch branch",
        """The patch branch has a migration of the fork point under another name; mainline has it under
        its old name. A database that the branch created has the row of the new name, every other
        database the row of the old one. Django compares names only: it would run the migration again
        on one of the two.

        On the patch branch, give the file its old name (`git mv`), change the dependencies on it, and
        release that. On a database that has only the new name, first run
        `python manage.py migrate APP OLD_NAME --fake` with the code of that release. Then plan again.""",
    ),
    ErrorPage(
        "SB530",
        ("api.comparing",),
        "a branch cannot be merged into itself",
        """The patch branch and mainline are the same commit. Give the patch branch as the argument,
        and mainline with `--onto` (default: what is checked out).""",
    ),
    ErrorPage(
        "SB531",
        ("api.schema",),
        "no such app",
        """`--app` names an app label that has no migrations at that ref. The label is what migrations
        call the app in their dependencies; it can differ from the folder's name.""",
    ),
    ErrorPage(
        "SB532",
        ("api.explaining",),
        "no such code",
        """`explain` takes the code that a finding or an error starts with: SB and three digits.
        `stitchback explain` lists all of them.""",
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
        "a migration file that cannot be edited",
        """The plan changes a list of this migration, and code computes the list or the class: a
        function, a condition, an assignment elsewhere. stitchback writes nothing on a guess.

        Write the list plainly in the class, in a commit of its own, and run the command again. Or
        choose a strategy that does not edit the file (`--strategy NAME`).""",
    ),
    ErrorPage(
        "SB541",
        ("rewriting.names",),
        "a name has another meaning in the file",
        """stitchback has to write an operation that checks the database into the file, and the file
        uses a name that the operation needs (`migrations`, `models`) for something else. Rename
        that in the file, and run the command again.""",
    ),
    ErrorPage(
        "SB542",
        ("rewriting.expressions", "rewriting.names"),
        "a value that cannot be written into another file",
        """A value or a function of the patch migration depends on the code around it, so stitchback
        cannot copy it into another file. Choose a strategy that uses the patch migration's own
        file:

            stitchback plan PATCH --strategy rehome
        """,
    ),
    ErrorPage(
        "SB543",
        ("rewriting.comments",),
        "a name that cannot be written in a comment",
        """The name of a branch or a migration contains characters that a comment in a Python file
        would lose or change, and stitchback reads the comment again later. Rename the branch or the
        migration.""",
    ),
)
