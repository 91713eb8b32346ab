"""Errors of trying things with the project's own code."""

from __future__ import annotations

from stitchback.hazards.pages.error_page import ErrorPage

PAGES: tuple[ErrorPage, ...] = (
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
        ("api.release_lines",),
        "no tag fits",
        """`verify --replay GLOB` makes databases of the releases whose tags fit the glob, and no tag does.
        A clone may lack the tags: `git fetch --tags`.""",
    ),
    ErrorPage(
        "SB527",
        ("adapters.project_environment",),
        "an environment variable is missing",
        """`verify` runs the project's own code without the secrets of the caller's environment: it passes on
        PATH, HOME, the language, and what libraries are found by, and nothing else. The settings asked
        for a variable that is not there, or `--env` names one that is not set.

        Name what the settings need, with a value for tests where one will do:

            stitchback verify release/2.4 --env DATABASE_URL=sqlite:// --env SECRET_KEY=x

        or for every run, with the values of the caller's environment:

            [tool.stitchback]
            environment = ["SECRET_KEY", "APP_*"]""",
    ),
    ErrorPage(
        "SB550",
        ("api.nothing_read",),
        "no migrations were found",
        """None of the refs has a migration that stitchback could read, so there is nothing to compare and nothing to prove. The message
        lists what was searched.

        Usually the command runs in another folder than the Django project's (`-C DIR`), the migrations are in folders with another
        name (`[tool.stitchback.migration_modules]`, `apps`), or `exclude` leaves them out.""",
    ),
    ErrorPage(
        "SB551",
        ("api.project",),
        "two Django projects with an app of one label",
        """The repository has several Django projects (folders with a manage.py), and two of them have an app of the same label. Each has its
        own database, so stitchback reads one project at a time.

        Run the command in the project's folder, or name that: `stitchback -C FOLDER plan …`. A pyproject.toml with `[tool.stitchback]`
        in that folder configures it; its paths are relative to the folder.""",
    ),
)
