"""Trees without any migration: what was searched, and what may be missing."""

from __future__ import annotations

from collections.abc import Sequence

from stitchback.api.project import Project
from stitchback.errors import EnvironmentProblem
from stitchback.model.migrations import Tree, configuration_of

_HINT = (
    "Run the command in the Django project's folder, or give that with -C. If an app's migrations are in a folder that is not called migrations, "
    "configure it in pyproject.toml:"
)


def refuse_nothing_read(project: Project, trees: Sequence[Tree]) -> None:
    """Raises EnvironmentProblem (SB550) where no tree has a migration: nothing read is nothing proved."""
    if any(tree.migrations for tree in trees):
        return
    refs = list(dict.fromkeys(tree.ref for tree in trees))
    raise EnvironmentProblem(
        "SB550",
        f"no migrations were found on {_listed(refs)}",
        hint=_HINT,
        example=configuration_of(item for tree in trees for item in tree.unread_settings),
        evidence=tuple(_searched(project, trees)),
    )


def _searched(project: Project, trees: Sequence[Tree]) -> list[str]:
    lines = [_in_tree(project, tree) for tree in trees]
    lines += [f"{item.span} on {tree.ref}: {item.reason}" for tree in trees for item in tree.unread_settings]
    lines += [f"{item.span} on {tree.ref}: {item.reason}" for tree in trees for item in tree.unreadable]
    if project.configuration.exclude:
        lines.append(f"left out by the configuration: {', '.join(project.configuration.exclude)}")
    return list(dict.fromkeys(lines))


def _in_tree(project: Project, tree: Tree) -> str:
    python = sum(path.endswith(".py") for path in project.files(tree.commit))
    where = f"{project.repository.work_tree or project.repository.git_dir} at {tree.ref}"
    folders = sorted(app.migrations for app in tree.apps.values())
    found = f"; without migrations: {', '.join(folders)}" if folders else ""
    return f"searched {where}: {python} Python files, folders named migrations and those of MIGRATION_MODULES{found}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
