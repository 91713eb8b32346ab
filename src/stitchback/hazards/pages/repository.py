"""Errors and remarks of the repository, its configuration and its working tree."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage
from stitchback.model.findings import Severity

PAGES: tuple[ErrorPage, ...] = (
    ErrorPage(
        "SB500",
        ("adapters.git_build", "adapters.git_process"),
        "git is not installed",
        """stitchback reads branches with git. Install git 2.32 or later, and check that it is on PATH.""",
    ),
    ErrorPage(
        "SB501",
        ("adapters.git_build", "adapters.git_process"),
        "git failed",
        """A git command ended with an error, or could not write its files. Git's own message is below.""",
    ),
    ErrorPage(
        "SB502",
        ("adapters.git", "adapters.git_process"),
        "no repository",
        """The folder is not a git repository, does not exist, or is a bare repository where a working
        tree is needed.

        Give the project's folder with `-C`. In a bare repository give mainline with `--onto` and a
        branch to write to with `--branch`. If the repository belongs to another user, git itself
        refuses: the message then contains git's own remedy.""",
    ),
    ErrorPage(
        "SB503",
        ("adapters.git", "adapters.git_objects", "adapters.git_refs"),
        "the clone lacks objects or history",
        """A shallow clone has no history, so the fork point cannot be found. A clone made with
        `--filter` lacks files. stitchback never fetches anything.

        Run `git fetch --unshallow`, or `git fetch --refetch --no-filter`. In GitHub Actions give
        actions/checkout `fetch-depth: 0`.""",
    ),
    ErrorPage(
        "SB504",
        ("adapters.git_refs",),
        "no such branch, tag or commit",
        """This repository has no ref of that name. stitchback never fetches: a branch that only the
        remote has is called `origin/NAME` after `git fetch`.""",
    ),
    ErrorPage(
        "SB505",
        ("adapters.git_refs", "adapters.git"),
        "branches without a common history",
        """The two refs have no commit in common, so there is no fork point. Usually one of them is a
        branch of another repository that was fetched into this one.""",
    ),
    ErrorPage(
        "SB506",
        ("adapters.git",),
        "several merge bases",
        """The branches were merged into each other in both directions, so git finds several merge
        bases. stitchback uses the newest as the fork point. A migration that an older one lacks
        counts as shared.""",
        Severity.WARNING,
    ),
    ErrorPage(
        "SB507",
        ("adapters.git",),
        "an ambiguous ref",
        """A branch and a tag (or a remote branch) have the same name. stitchback uses the one that git
        uses. Give `refs/heads/NAME` or `refs/tags/NAME` to choose.""",
        Severity.WARNING,
    ),
    ErrorPage(
        "SB508",
        ("adapters.git", "adapters.git_commit"),
        "the commit could not be made",
        """`--branch` names a branch that is checked out, that has moved since it was read, or whose
        name git does not accept; or git has no user.name and user.email. Nothing was written: the
        branch is unchanged.""",
    ),
    ErrorPage(
        "SB509",
        ("adapters.config", "api.packages"),
        "invalid configuration",
        """`[tool.stitchback]` in pyproject.toml contains an unknown key or a value of the wrong type,
        or the file is not valid TOML. The message names the place. stitchback does not ignore such
        a key, because a misspelt one would silently have no effect.""",
    ),
    ErrorPage(
        "SB510",
        ("adapters.git_worktree",),
        "a file of the working tree cannot be read",
        """Another program changed or removed the file while stitchback read it, or this user may not
        read it. Run the command again when that program is done.""",
    ),
    ErrorPage(
        "SB511",
        ("api.applying",),
        "mainline is not checked out",
        """`--onto` names a ref that is not checked out, so the plan cannot be written into the working
        tree. Check it out, or use `--branch NAME`: the plan is then committed to that branch, and
        the working tree stays unchanged.""",
    ),
    ErrorPage(
        "SB512",
        ("adapters.file_changes",),
        "a file with uncommitted changes",
        """`apply` does not overwrite uncommitted changes. Commit or stash them, or use `--branch
        NAME`, which leaves the working tree unchanged. Nothing was written.""",
    ),
    ErrorPage(
        "SB513",
        ("adapters.file_changes",),
        "a file changed while the plan was made",
        """The file in the working tree is not the one that stitchback read, so the proof may not hold
        for it. Nothing was written. Run the command again.""",
    ),
    ErrorPage(
        "SB514",
        ("adapters.file_changes",),
        "a file cannot be written",
        """This user may not write the folder or the file, or the disk is full. All files are
        unchanged: a plan is written completely or not at all.""",
    ),
    ErrorPage(
        "SB515",
        ("adapters.file_changes",),
        "a path that leads out of the working tree",
        """A folder of the path is a symbolic link to another place, or the path contains `..`. Nothing
        was written: a branch must not change files outside the repository.""",
    ),
    ErrorPage(
        "SB516",
        ("adapters.file_changes",),
        "another stitchback is writing",
        """Two processes would mix their files. Wait until the other one has ended, and run the command
        again.""",
    ),
    ErrorPage(
        "SB518",
        ("adapters.file_changes",),
        "an interrupted write that was not started here",
        """The folder `stitchback/journal` in the git directory contains a write that was interrupted.
        stitchback finishes such a write only in the repository, on the branch and on the commit
        where it was started, for plain paths in the working tree, and never through a symbolic
        link: the folder may be part of a copied repository. Nothing was written.

        Check what the folder contains. If you do not know it, remove it.""",
    ),
    ErrorPage(
        "SB519",
        ("adapters.file_changes",),
        "a write was interrupted",
        """An earlier `stitchback apply` was stopped between its files, so the working tree can be a
        mixture of old and new files. A command that only reads does not finish a write. Run
        `stitchback apply` again: it finishes that write first.""",
    ),
    ErrorPage(
        "SB517",
        ("adapters.new_files", "api.runbooks"),
        "a runbook or an undo script cannot be written",
        """The file or folder that `plan --out`, `repair --out` or `repair --undo` names cannot be
        created or written, or the file exists already with other content. `repair` overwrites no
        file, because it may be the undo script of another database. Nothing else was written: the
        tree and the databases are unchanged.

        Give another file or folder, or give this user the right to write there.""",
    ),
)
