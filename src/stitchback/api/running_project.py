"""The Django project that runs this process (`manage.py stitchback`), as far as it answers what the files of a ref leave open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from stitchback.adapters.urls import DatabaseUrl
from stitchback.errors import EnvironmentProblem
from stitchback.model.configuration import Configuration
from stitchback.model.migrations import Tree


@dataclass(frozen=True, slots=True)
class RunningProject:
    """`directory`: where its manage.py is. `folders`: label -> the folder that Django loads the app's migrations from. `settings`: names of
    Django settings -> plain values. `aliases`: those of DATABASES; `find_database` returns the address of one, `apps_elsewhere` the labels
    of the apps that have tables in another database than that one. `alias`: what the command reads, None where it reads no database of the project.
    """

    directory: str
    folders: Mapping[str, Path]
    settings: Mapping[str, object]
    aliases: tuple[str, ...]
    find_database: Callable[[str], DatabaseUrl] = field(repr=False)
    apps_elsewhere: Callable[[str], frozenset[str]] = field(repr=False)
    alias: str | None = None

    def within(self, directory: str) -> RunningProject:
        """The same for another folder."""
        return replace(self, directory=directory)

    def reading(self, alias: str) -> RunningProject:
        """The same for a command that reads the database of the alias."""
        return replace(self, alias=alias)

    def configured(self, configuration: Configuration) -> Configuration:
        """The configuration with the settings that it leaves open, and with what the routers keep out of the database that is read."""
        elsewhere = configuration.apps_in_other_databases
        if self.alias is not None:
            elsewhere = self.apps_elsewhere(self.alias) | (elsewhere or frozenset())
        settings = {**self.settings, **configuration.settings}
        return replace(configuration, settings=settings, apps_in_other_databases=elsewhere)

    def read_otherwise(self, tree: Tree, top: Path) -> dict[str, str]:
        """Folder of migrations, relative to `top` -> label, where Django loads an app's migrations from another folder, or under another
        label, than the files of the tree show. `tree`: what is checked out."""
        read = {((top / app.migrations).resolve(), label) for label, app in tree.apps.items()}
        root = top.resolve()
        return {
            folder.relative_to(root).as_posix(): label
            for label, folder in sorted(self.folders.items())
            if folder.is_relative_to(root) and (folder, label) not in read
        }


def address_of(database: str, running: RunningProject | None = None) -> DatabaseUrl:
    """The address that `--database` names: an alias of the running project's DATABASES, or a URL. Raises EnvironmentProblem (SB601)."""
    if running is not None and database in running.aliases:
        return running.find_database(database)
    if "://" in database or (running is None and not database.isidentifier()):
        return DatabaseUrl.parse(database)
    if running is None:
        message, hint = (
            "is not a database URL",
            "`manage.py stitchback` takes an alias of DATABASES; here, give a URL such as postgresql://USER@HOST/NAME.",
        )
    else:
        message, hint = (
            "is neither an alias of DATABASES nor a database URL",
            f"Aliases: {', '.join(running.aliases)}.",
        )
    raise EnvironmentProblem("SB601", f"{database} {message}", hint=hint)
