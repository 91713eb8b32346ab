"""Repositories whose release branch means harm, or is broken in a way that must not break the reader.

Each has the branches `release/1.0`, where the harm is, and `main`, which is well and checked out: the shop of the fixture
`zero-touch`. Besides the hostile file the release has an ordinary hotfix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import fixture_repos

from hostile import contents
from hostile.grafting import FILE, SUBMODULE, SYMLINK, graft
from stitchback.adapters import fixture_case
from stitchback.adapters.git_build import BuildCommit, build

RELEASE = "release/1.0"
MARKER = "executed"  # the file beside the repository that code of the branch would make
MIGRATIONS = "shop/migrations"


def marker_of(repository: Path) -> Path:
    """The file that is there once anything of the branch has run."""
    return repository.parent / MARKER


def build_module_level_code(destination: Path) -> Path:
    """Code that runs on import, in every place where Python would run it."""
    code = contents.code_everywhere(marker_of(destination))
    return _repository(destination, code)


def build_class_by_exec(destination: Path) -> Path:
    """A Migration class that only exec, type() or a call would give."""
    return _repository(destination, contents.computed_classes(marker_of(destination), MIGRATIONS))


def build_quoted_names(destination: Path) -> Path:
    """Names with quotes, newlines, escape sequences and what looks like SQL or a shell: each the parent of the next."""
    names = contents.ODD_NAMES
    parents = ("0003_item_colour", *names)
    return _repository(
        destination,
        {
            f"{MIGRATIONS}/{name}.py": contents.migration(
                ("shop", parent), contents.add_field(f"odd{number}")
            )
            for number, (parent, name) in enumerate(zip(parents, names, strict=False))
        },
    )


def build_escaping_names(destination: Path) -> Path:
    """`../` in `replaces` and `run_before`."""
    return _repository(destination, {f"{MIGRATIONS}/0004_escape.py": contents.ESCAPING_MIGRATION})


def build_escaping_paths(destination: Path) -> Path:
    """`../` in the very entries of git's trees: files that a checkout would refuse to write."""
    _repository(destination, {})
    harmless = contents.migration(contents.HOTFIX, contents.add_field("escaped"))
    outside = contents.migration(None, contents.create_model("Outside"))
    graft(
        destination,
        RELEASE,
        (f"{MIGRATIONS} -> ../../../escaped_by_name.py", FILE, harmless),
        (f"{MIGRATIONS}/.. -> escaped_by_folder.py", FILE, harmless),
        ("../../outside/migrations -> __init__.py", FILE, b""),
        ("../../outside/migrations -> 0001_initial.py", FILE, outside),
        (".git/hooks/migrations -> __init__.py", FILE, b""),
        (".git/hooks/migrations -> 0001_initial.py", FILE, outside),
        (".git/hooks -> post-checkout", FILE, b"#!/bin/sh\n"),
    )
    return destination


def build_hostile_labels(destination: Path) -> Path:
    """Apps whose AppConfig says a label with quotes, newlines or `../`."""
    files = {}
    for number, label in enumerate(contents.ODD_LABELS):
        folder = f"odd{number}"
        files[f"{folder}/__init__.py"] = b""
        files[f"{folder}/migrations/__init__.py"] = b""
        files[f"{folder}/apps.py"] = contents.app_config(folder, label)
        files[f"{folder}/migrations/0001_initial.py"] = contents.migration(None, contents.create_model("Odd"))
    return _repository(destination, files)


def build_huge_file(destination: Path) -> Path:
    """A migration of 50 MB."""
    return _repository(destination, {f"{MIGRATIONS}/0004_huge.py": contents.huge(50_000_000)})


def build_deep_nesting(destination: Path) -> Path:
    """Code nested 10,000 deep, in each way that Python's grammar nests."""
    files = {f"{MIGRATIONS}/0004_{name}.py": source for name, source in contents.nested(10_000).items()}
    return _repository(destination, files)


def build_expensive_expressions(destination: Path) -> Path:
    """A few short lines that would compute for years, or fill any memory."""
    files = {f"{MIGRATIONS}/0004_{name}.py": source for name, source in contents.expensive().items()}
    return _repository(destination, files)


def build_syntax_error(destination: Path) -> Path:
    """A migration that is no Python."""
    broken = contents.migration(contents.HOTFIX, contents.add_field("broken")).replace(
        b"operations = [", b"operations = [["
    )
    return _repository(destination, {f"{MIGRATIONS}/0004_broken.py": broken})  # fmt: skip


def build_python_2(destination: Path) -> Path:
    """A migration that was Python once."""
    old = contents.migration(contents.HOTFIX, contents.add_field("old")) + b"\nprint 'done'\n"
    return _repository(destination, {f"{MIGRATIONS}/0004_old.py": old})


def build_not_text(destination: Path) -> Path:
    """Bytes that are no text: NUL, no UTF-8, a cookie that names no encoding, UTF-16."""
    files = {f"{MIGRATIONS}/0004_{name}.py": source for name, source in contents.not_text().items()}
    return _repository(destination, files)


def build_missing_dependency(destination: Path) -> Path:
    """Migrations that hang on one of their app, on one of an app, and on paths, that nobody has."""
    return _repository(
        destination, {f"{MIGRATIONS}/{name}.py": source for name, source in contents.homeless().items()}
    )


def build_cycle(destination: Path) -> Path:
    """Three migrations that depend on one another, one on itself, and two that replace one another."""
    return _repository(
        destination, {f"{MIGRATIONS}/{name}.py": source for name, source in contents.cycle().items()}
    )


def build_conflict_markers(destination: Path) -> Path:
    """A merge that was committed with its conflicts in it."""
    return _repository(destination, {f"{MIGRATIONS}/0004_conflict.py": contents.CONFLICT})


def build_symlink_outside(destination: Path) -> Path:
    """Links for a migration, for a migrations folder and for an app, to places outside, and a submodule for an app."""
    _repository(destination, {})
    secret = destination.parent / "secret.py"
    secret.write_bytes(contents.migration(contents.HOTFIX, contents.add_field("secret_of_this_machine")))
    graft(
        destination,
        RELEASE,
        (f"{MIGRATIONS} -> 0004_link.py", SYMLINK, str(secret).encode()),
        (f"{MIGRATIONS} -> 0005_relative.py", SYMLINK, b"../../../secret.py"),
        (f"{MIGRATIONS} -> 0006_itself.py", SYMLINK, b"0006_itself.py"),
        (f"{MIGRATIONS} -> 0007_endless.py", SYMLINK, b"/dev/zero"),
        ("linked -> __init__.py", FILE, b""),
        ("linked -> migrations", SYMLINK, b"../../.."),
        ("apps -> module", SUBMODULE, b"1" * 40),
    )
    return destination


@dataclass(frozen=True, slots=True)
class Hostile:
    """`place`: the path that a finding must name, where the reader cannot but see that something is wrong."""

    build: Callable[[Path], Path]
    place: str | None = None

    @property
    def name(self) -> str:
        return self.build.__name__.removeprefix("build_")


HOSTILES = (
    Hostile(build_module_level_code),
    Hostile(build_class_by_exec, f"{MIGRATIONS}/0004_by_exec.py"),
    Hostile(build_quoted_names),
    Hostile(build_escaping_names),
    Hostile(build_escaping_paths),
    Hostile(build_hostile_labels),
    Hostile(build_huge_file, f"{MIGRATIONS}/0004_huge.py"),
    Hostile(build_deep_nesting, f"{MIGRATIONS}/0004_lists.py"),
    Hostile(build_expensive_expressions, f"{MIGRATIONS}/0004_power.py"),
    Hostile(build_syntax_error, f"{MIGRATIONS}/0004_broken.py"),
    Hostile(build_python_2, f"{MIGRATIONS}/0004_old.py"),
    Hostile(build_not_text, f"{MIGRATIONS}/0004_no_utf8.py"),
    Hostile(build_missing_dependency, f"{MIGRATIONS}/0004_lost.py"),
    Hostile(build_cycle, f"{MIGRATIONS}/0004_first.py"),
    Hostile(build_conflict_markers, f"{MIGRATIONS}/0004_conflict.py"),
    Hostile(build_symlink_outside, f"{MIGRATIONS}/0004_link.py"),
)


def _repository(destination: Path, hostile: Mapping[str, bytes]) -> Path:
    """The shop with these files on top of the release's ordinary hotfix."""
    case = fixture_repos.REPOSITORIES / "zero-touch"
    base = {**fixture_case.files_under(fixture_repos.SKELETON), **fixture_case.files_under(case / "base")}
    release = {**base, **fixture_case.files_under(case / "hotfix"), **hostile}
    commits = (
        BuildCommit("fork", "main", base, "Release 1.0 is cut", tags=("v1.0",)),
        BuildCommit("hostile", RELEASE, release, "Hotfix", start="fork"),
        BuildCommit(
            "feature", "main", {**base, **fixture_case.files_under(case / "mainline")}, "Work for 1.1"
        ),
    )
    build(commits, destination, checkout="main")
    return destination
