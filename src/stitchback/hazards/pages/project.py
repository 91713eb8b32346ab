"""Errors of running the project's own code."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage

PAGES: tuple[ErrorPage, ...] = (
    ErrorPage(
        "SB520",
        ("adapters.project_process",),
        "the project's process ended",
        """The project's own code ran in a process of its own and ended it, or its settings could not
        be imported. The last lines that it printed are below the message. Check that the project's
        own `manage.py check` runs with this interpreter and these settings.""",
    ),
    ErrorPage(
        "SB521",
        ("adapters.project_settings",),
        "no settings module",
        """No manage.py in the tree names a settings module. Give it with `--settings MODULE`, or set
        DJANGO_SETTINGS_MODULE.""",
    ),
    ErrorPage(
        "SB522",
        ("adapters.project_trees",),
        "a commit could not be exported",
        """Git could not write the files of a commit to a temporary folder. Usually the disk is full.""",
    ),
    ErrorPage(
        "SB523",
        ("adapters.project_process",),
        "the interpreter cannot be run",
        """`--python` names a file that is not a Python interpreter, or that this user may not run.""",
    ),
    ErrorPage(
        "SB524",
        ("adapters.scratch_databases",),
        "no temporary database",
        """`verify` needs a user that may create databases on that server. It never uses a database
        that exists already.""",
    ),
    ErrorPage(
        "SB525",
        ("adapters.demo_fixture",),
        "the demo's repository is missing",
        """`stitchback demo` builds its repository from files of the package, and this installation
        lacks them. Reinstall stitchback.""",
    ),
    ErrorPage(
        "SB526",
        ("api.release_lines",),
        "no tag matches",
        """`verify --replay GLOB` creates databases of the releases whose tags match the glob, and no
        tag does. The clone may lack the tags: run `git fetch --tags`.""",
    ),
    ErrorPage(
        "SB527",
        ("adapters.project_environment",),
        "an environment variable is missing",
        """`verify` runs the project's own code without the secrets of your environment: it passes on
        PATH, HOME, the locale, and the variables that locate libraries, and nothing else. The
        settings need a variable that is not passed on, or `--env` names one that is not set.

        Name the variables that the settings need; where a test value is enough, give it:

            stitchback verify release/2.4 --env DATABASE_URL=sqlite:// --env SECRET_KEY=x

        To pass variables of your environment on in every run, configure them:

            [tool.stitchback]
            environment = ["SECRET_KEY", "APP_*"]
        """,
    ),
    ErrorPage(
        "SB550",
        ("api.nothing_read",),
        "no migrations were found",
        """None of the refs has a migration that stitchback can read, so there is nothing to compare.
        The message lists what was searched.

        Usually the command runs in the wrong folder (give the Django project's folder with `-C
        DIR`), or the migrations are in folders with another name
        (`[tool.stitchback.migration_modules]`, `apps`), or `exclude` leaves them out.""",
    ),
    ErrorPage(
        "SB551",
        ("api.project",),
        "two Django projects have an app with the same label",
        """The repository has several Django projects (folders with a manage.py), and two of them have
        an app with the same label. Each project has its own database, so stitchback reads one
        project at a time.

        Run the command in the project's folder, or give the folder: `stitchback -C FOLDER plan
        PATCH`. A pyproject.toml with `[tool.stitchback]` in that folder configures it; its paths
        are relative to the folder.""",
    ),
)
