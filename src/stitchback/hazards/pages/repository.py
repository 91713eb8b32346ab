"""Errors and remarks of the repository, its configuration and its working tree."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage
from stitchback.model.findings import Severity

PAGES: tuple[ErrorPage, ...] = (
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
        ("adapters.file_changes",),
        "a file with uncommitted changes",
        """`apply` does not write over changes that git does not have yet. Commit or stash them, or say
        `--branch NAME` to leave the working tree alone. Nothing was written.""",
    ),
    ErrorPage(
        "SB513",
        ("adapters.file_changes",),
        "a file changed while the plan was made",
        """What was read is not what stands there now, so what was proved need not hold. Nothing was
        written. Run the command again.""",
    ),
    ErrorPage(
        "SB514",
        ("adapters.file_changes",),
        "a file cannot be written",
        """The folder or the file may not be written, or the disk is full. All files are as they were:
        a plan is written whole or not at all.""",
    ),
    ErrorPage(
        "SB515",
        ("adapters.file_changes",),
        "a path that leads out of the working tree",
        """A folder on the way is a link to somewhere else, or the path climbs out. Nothing was
        written: a branch must not reach what lies outside of the repository.""",
    ),
    ErrorPage(
        "SB516",
        ("adapters.file_changes",),
        "another stitchback is writing",
        """Two of them would mix their files. Wait for the other one, and run the command again.""",
    ),
    ErrorPage(
        "SB518",
        ("adapters.file_changes",),
        "an interrupted write that was not begun here",
        """Below the git directory, in `stitchback/journal`, lies a write that was interrupted. stitchback finishes
        such a write only in the repository, on the branch and on the commit where it began, for plain paths below the working
        tree, and never through a symbolic link: the folder may have come with a copy of a repository. Nothing was written.

        Look into the folder. If you do not know it, remove it.""",
    ),
    ErrorPage(
        "SB519",
        ("adapters.file_changes",),
        "a write was interrupted",
        """An earlier `stitchback apply` was stopped between its files, so the working tree may be neither the old one nor
        the new one. A command that only reads does not finish a write. Run `stitchback apply` again: it finishes that
        write first.""",
    ),
    ErrorPage(
        "SB517",
        ("adapters.new_files", "api.runbooks"),
        "a file of the runbook or an undo script cannot be written",
        """What `plan --out`, `repair --out` or `repair --undo` names cannot be made or written to, or is a file that is there already with
        other content: `repair` writes over no file, since the undo script of another database may be in it. Nothing else was written: the
        tree and the databases are as they were.

        Name another file or folder, or give yourself the right to write there.""",
    ),
)
