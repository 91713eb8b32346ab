"""Pages of the codes that no hazard has: errors that end a command, and remarks about the repository.

`where` names the modules that say the code: one code means one thing, and a test holds it.
"""

from __future__ import annotations

from dataclasses import dataclass

from stitchback.model.findings import Severity


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`text`: paragraphs with an empty line between them. `severity` None: the error ends the command."""

    code: str
    where: tuple[str, ...]
    title: str
    text: str
    severity: Severity | None = None


ERROR_PAGES: tuple[ErrorPage, ...] = (
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
        "SB500",
        ("adapters.git_build", "adapters.git_process"),
        "git is not installed",
        """stitchback reads branches with git. Install git 2.32 or later, and see that it is on PATH.""",
    ),
    ErrorPage(
        "SB501",
        ("adapters.git_build", "adapters.git_process"),
        "git failed",
        """A git command ended with an error, or could not write where it was told to. What git said
        stands below the message.""",
    ),
    ErrorPage(
        "SB502",
        ("adapters.git", "adapters.git_process"),
        "no repository to work in",
        """The folder is no git repository, does not exist, or is a bare repository where a working
        tree is needed.

        Name the project's folder with `-C`. In a bare repository name mainline with `--onto` and a
        branch to write to with `--branch`. A repository that belongs to another user is refused by
        git itself: the message then holds git's own remedy.""",
    ),
    ErrorPage(
        "SB503",
        ("adapters.git", "adapters.git_objects", "adapters.git_refs"),
        "the clone lacks what is needed",
        """A shallow clone has no history, so the fork point cannot be known; a clone made with
        `--filter` lacks files. Nothing is fetched on your behalf.

        Run `git fetch --unshallow`, or `git fetch --refetch --no-filter`. In GitHub Actions give
        actions/checkout `fetch-depth: 0`.""",
    ),
    ErrorPage(
        "SB504",
        ("adapters.git_refs",),
        "no such branch, tag or commit",
        """The name is none of this repository's. Nothing is fetched: a branch that only the remote has
        is `origin/NAME`, once it was fetched.""",
    ),
    ErrorPage(
        "SB505",
        ("adapters.git_refs", "adapters.git"),
        "branches without common history",
        """The two have no commit in common, so there is no fork point. Usually one of the names means
        a branch of another repository that was fetched into this one.""",
    ),
    ErrorPage(
        "SB506",
        ("adapters.git",),
        "several merge bases",
        """The branches were merged into each other crosswise, so git knows several best common
        ancestors. The newest is taken for the fork point. A migration that an older one of them
        lacks counts as shared.""",
        Severity.WARNING,
    ),
    ErrorPage(
        "SB507",
        ("adapters.git",),
        "a name that several refs have",
        """A branch and a tag (or a remote branch) are called the same. The one that git takes is
        taken. Say `refs/heads/NAME` or `refs/tags/NAME` to be understood.""",
        Severity.WARNING,
    ),
    ErrorPage(
        "SB508",
        ("adapters.git", "adapters.git_commit"),
        "the commit could not be made",
        """`--branch` names a branch that is checked out somewhere, was moved meanwhile, or whose name
        git does not take; or git does not know who you are. Nothing was written: the branch is
        where it was.""",
    ),
    ErrorPage(
        "SB509",
        ("adapters.config", "api.packages"),
        "a configuration that cannot be understood",
        """`[tool.stitchback]` in pyproject.toml holds an unknown key or a value of the wrong type, or
        the file is no TOML. The message names the place. Nothing is guessed: a typing error would
        otherwise switch something off in silence.""",
    ),
    ErrorPage(
        "SB510",
        ("adapters.git_worktree",),
        "a file cannot be read from the working tree",
        """Another program changed or removed the file while it was read, or permissions forbid reading
        it. Run the command again once that is done.""",
    ),
    ErrorPage(
        "SB511",
        ("api.applying",),
        "no place to write to",
        """`--onto` names something that is not checked out, so the plan cannot go into the working
        tree. Check it out, or say `--branch NAME`: the plan is then committed to that branch, and
        the working tree stays as it is.""",
    ),
    ErrorPage(
        "SB512",
        ("adapters.files",),
        "a file with uncommitted changes",
        """`apply` does not write over changes that git does not have yet. Commit or stash them, or say
        `--branch NAME` to leave the working tree alone. Nothing was written.""",
    ),
    ErrorPage(
        "SB513",
        ("adapters.files",),
        "a file changed while the plan was made",
        """What was read is not what stands there now, so what was proved need not hold. Nothing was
        written. Run the command again.""",
    ),
    ErrorPage(
        "SB514",
        ("adapters.files",),
        "a file cannot be written",
        """The folder or the file may not be written, or the disk is full. All files are as they were:
        a plan is written whole or not at all.""",
    ),
    ErrorPage(
        "SB515",
        ("adapters.files",),
        "a path that leads out of the working tree",
        """A folder on the way is a link to somewhere else, or the path climbs out. Nothing was
        written: a branch must not reach what lies outside of the repository.""",
    ),
    ErrorPage(
        "SB516",
        ("adapters.files",),
        "another stitchback is writing",
        """Two of them would mix their files. Wait for the other one, and run the command again.""",
    ),
    ErrorPage(
        "SB517",
        ("api.fleets", "api.runbooks"),
        "the runbook cannot be written",
        """The folder that `plan --out` names cannot be made or written to. Nothing else was written: the tree is as it was.

        Name another folder, or give yourself the right to write there.""",
    ),
    ErrorPage(
        "SB520",
        ("adapters.project_process",),
        "the project's process ended",
        """The project's own code ran in a process of its own and took it down, or its settings could
        not be imported. What it printed last stands below the message. See whether the project's
        own `manage.py check` runs with this interpreter and these settings.""",
    ),
    ErrorPage(
        "SB521",
        ("adapters.project_settings",),
        "no settings module",
        """No manage.py near the root of the tree names a settings module. Say `--settings MODULE`, or
        set DJANGO_SETTINGS_MODULE.""",
    ),
    ErrorPage(
        "SB522",
        ("adapters.project_trees",),
        "a commit could not be laid out",
        """Git could not write the files of a commit to a folder for a trial run. Usually the disk is
        full.""",
    ),
    ErrorPage(
        "SB523",
        ("adapters.project_process",),
        "the interpreter cannot be run",
        """`--python` names something that is no Python, or that may not be run here.""",
    ),
    ErrorPage(
        "SB524",
        ("adapters.scratch_databases",),
        "no scratch database",
        """A trial run needs databases of its own: a user who may create databases on that server. It
        never runs against one that is there already.""",
    ),
    ErrorPage(
        "SB525",
        ("adapters.demo_fixture",),
        "the demo's repository is missing",
        """`stitchback demo` builds its repository from files of the package, and this installation
        lacks them. Install stitchback anew.""",
    ),
    ErrorPage(
        "SB526",
        ("api.replaying",),
        "no tag fits",
        """`verify --replay GLOB` makes databases of the releases whose tags fit the glob, and no tag does.
        A clone may lack the tags: `git fetch --tags`.""",
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
    ErrorPage(
        "SB544",
        ("rewriting.modules",),
        "a file that only Python 2 can read",
        """The plan would edit a file of Python 2, bring it over, or copy a function out of it. Such a file
        is read (SB103), but what was read is never written back: a program that turns code into
        other code might change what it does, and no Django of today can import the file as it is.

        Bring the file to Python 3 on its branch, in a commit of its own, and run the command again.""",
    ),
    ErrorPage(
        "SB601",
        ("adapters.urls",),
        "not a database URL",
        """Say `sqlite:////absolute/path`, `sqlite:///relative/path`, `postgresql://user@host/name` or
        `mysql://user@host/name`. Percent-encode what is not a letter, a digit or one of `-._~` in
        user, password and name. A password is never printed.""",
    ),
    ErrorPage(
        "SB602",
        ("adapters.connections",),
        "no database driver",
        """The driver of that engine is not installed: `pip install 'stitchback[postgres]'` or `pip
        install 'stitchback[mysql]'`.""",
    ),
    ErrorPage(
        "SB603",
        ("adapters.connections",),
        "the database cannot be reached",
        """There is no such file, nobody answers, or the login is refused. What the driver said stands
        in the message.""",
    ),
    ErrorPage(
        "SB604",
        ("adapters.connections", "adapters.databases"),
        "no permission to read the ledger",
        """The database answers, and does not let this user read `django_migrations`. Reading needs
        SELECT on that table, and USAGE on its schema in PostgreSQL.""",
    ),
    ErrorPage(
        "SB605",
        ("adapters.databases",),
        "an unknown engine",
        """The project's settings name a database engine of which stitchback does not know how it keeps
        its tables. Export the ledger to a file, and say `--ledger FILE`.""",
    ),
    ErrorPage(
        "SB606",
        ("adapters.ledgers",),
        "a ledger that cannot be read",
        """A ledger is CSV (`app,name[,applied]`), JSON, what `showmigrations --plan` prints, or the
        table as psql or mysql print it. The message names the line that is none of these.""",
    ),
    ErrorPage(
        "SB607",
        ("api.fleets", "api.repairing"),
        "no ledger, or two",
        """Say where the ledger is: `--database URL` for a live database, or `--ledger FILE`.""",
    ),
    ErrorPage(
        "SB608",
        ("api.repairing",),
        "for which engine?",
        """A ledger in a file does not tell which engine its database has, and SQL differs. Say
        `--vendor sqlite`, `postgresql`, `mysql` or `oracle`.""",
    ),
    ErrorPage(
        "SB609",
        ("adapters.fleet",),
        "a fleet that cannot be read",
        """A fleet is a file with one database URL a line, or all schemas of one PostgreSQL database that
        have a `django_migrations`. The message names the line, or what is missing.""",
    ),
    ErrorPage(
        "SB610",
        ("repair.sql",),
        "a name that the database cannot hold",
        """The migration's name is longer than the column of `django_migrations`, or holds what that
        engine cannot store. Rename the file before it is applied anywhere.""",
    ),
    ErrorPage(
        "SB611",
        ("adapters.databases",),
        "the repair was not made",
        """The ledger after the repair would not have been what was proved, or the table's engine
        cannot roll back. Nothing is changed.

        Usually somebody migrated at the same moment: read the ledger again and repeat.""",
    ),
    ErrorPage(
        "SB612",
        ("repair.deriving",),
        "no repair could be proved",
        """The ledger as it would be after the edits was taken through every rollout, and one of them
        fails. The message names the rollout, the step and what Django says; the hint names apps that
        this database has no row of, though they say that they run before a migration it has applied:
        a project template, say, which `exclude` in `[tool.stitchback]` leaves out.

        No SQL is printed that was not proved: a person has to look at the database, and at how its
        ledger came to be so.""",
    ),
    ErrorPage(
        "SB613",
        ("repair.deriving",),
        "the ledger alone does not tell",
        """Databases with these rows may have different schemas, and which repair is right depends on
        the schema. A ledger in a file is not enough.

        Give the database itself (`--database URL`): it is looked at, and nothing is written unless
        you say `--apply`.""",
    ),
    ErrorPage(
        "SB614",
        ("repair.deriving",),
        "ledger and schema contradict each other",
        """The rows say that migrations were applied whose tables or columns the database does not
        have, or the other way round, in a way that no edit of the rows sets right.

        A person has to find out what happened there: a restored backup, a table that was dropped by
        hand, a migration that was faked.""",
    ),
)
