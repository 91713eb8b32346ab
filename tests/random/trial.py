"""One pair taken all the way: git, `plan`, `apply`, real Django's verdict, a second `plan` and a second `apply`."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from branches import Key, Tree, helpers
from django_trees import DjangoTree, in_short
from judge import Judge, Problem
from pairs import Pair, random_pair
from populations import Population, Unsound, simulated_databases
from shapes import DoesNotFit

from stitchback.adapters.git_build import BuildCommit, build, hermetic_environment
from stitchback.cli.boundary import run

MEMORY = Path("/dev/shm")  # repositories are made here where it is there
ATTEMPTS = 50  # at a sound pair, for one seed
PATCH, MAIN = "release", "main"
NOTHING, PLANNED, USAGE, REFUSED, BUG = range(5)

SETTINGS = """\
SECRET_KEY = "a random pair has no secrets"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
INSTALLED_APPS = {apps!r}
"""
MANAGE = """\
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind`: planned, nothing, refused, usage, crash. `problems`: what real Django found wrong with an accepted plan. `again`: what a
    second run would change. `reasons`: why it was refused."""

    seed: int
    kind: str
    strategies: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    again: str = ""
    reasons: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    crash: str = ""
    discarded: int = 0
    populations: int = 0
    merged: bool = False
    story: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_unsafe(self) -> bool:
        return bool(self.problems)

    def as_json(self) -> dict[str, Any]:
        return {
            name: value for name, value in asdict(self).items() if name != "story" and value not in ((), "")
        }


@dataclass(frozen=True, slots=True)
class Command:
    code: int
    out: str
    err: str


def stitchback(folder: Path, *arguments: str) -> Command:
    """The command line, in this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["-C", str(folder), "--color", "never", *arguments])
    return Command(code, out.getvalue(), err.getvalue())


def sound_pair(seed: int) -> tuple[Pair, list[Population], int]:
    """The first sound pair of the seed, its databases, and how many were discarded before it."""
    for attempt in range(ATTEMPTS):
        try:
            pair = random_pair(seed, attempt)
            return pair, simulated_databases(pair), attempt
        except (DoesNotFit, Unsound):
            continue
    raise AssertionError(f"no sound pair for seed {seed}")


def files_of(pair: Pair, tree: Tree) -> dict[str, bytes]:
    files = {
        "manage.py": MANAGE,
        "project/__init__.py": "",
        "project/settings.py": SETTINGS.format(apps=list(pair.apps)),
    }
    for app in pair.apps:
        files |= {f"{app}/__init__.py": "", f"{app}/models.py": "", f"{app}/migrations/__init__.py": ""}
    files |= {migration.path: migration.text() for migration in tree.values()}
    files |= {f"{app}/steps.py": text for app, text in helpers(tree).items()}
    return {path: text.encode() for path, text in files.items()}


def commits_of(pair: Pair) -> Iterator[BuildCommit]:
    yield BuildCommit("fork", MAIN, files_of(pair, pair.fork), "fork point")
    yield BuildCommit("patch", PATCH, files_of(pair, pair.patch), "patch", start="fork")
    yield BuildCommit("main", MAIN, {**files_of(pair, pair.mainline), "main.txt": b""}, "mainline")
    if pair.is_merged:
        files = {**files_of(pair, pair.checked_out), "main.txt": b""}
        yield BuildCommit("merge", MAIN, files, "merge", merges=(PATCH,))


def try_seed(seed: int, keep: Path | None = None, *, resolve: bool = False) -> Outcome:
    """`keep`: a folder for the repository, what was planned, and the judge's story. `resolve`: that command instead of `plan` and `apply`."""
    gc.disable()
    pair, populations, discarded = sound_pair(seed)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        folder = keep or Path(place)
        os.environ["XDG_CACHE_HOME"] = str(
            Path(place) / "cache"
        )  # what is kept between commands is not the user's own
        build(list(commits_of(pair)), folder / "repository", checkout=MAIN)
        kind: type[Trial] = Trial
        if resolve:
            from resolve_trial import ResolveTrial

            kind = ResolveTrial
        return kind(pair, populations, folder, discarded).outcome()


@dataclass
class Trial:
    pair: Pair
    populations: list[Population]
    folder: Path
    discarded: int = 0

    def outcome(self) -> Outcome:
        first = self.stitchback("plan", PATCH, "--format", "json", "--out", str(self.folder / "out"))
        (self.folder / "plan.json").write_text(first.out + first.err, encoding="utf-8")
        if first.code == BUG:
            return self.result("crash", crash=last_line(first.err))
        if first.code == USAGE:
            return self.result("usage", reasons=(general(last_line(first.err)),))
        document = json.loads(first.out)
        if first.code == REFUSED:
            return self.result("refused", reasons=tuple(reasons_of(document)), codes=codes_of(document))
        return self.accepted(document)

    def accepted(self, document: Mapping[str, Any]) -> Outcome:
        applied = self.stitchback("apply", PATCH, "--yes")
        if applied.code == BUG:
            return self.result("crash", crash=f"apply: {last_line(applied.err)}")
        problems, story = self.judged(document)
        (self.folder / "story.txt").write_text("\n".join(story) + "\n", encoding="utf-8")
        again, crash = self.second_run()
        return self.result(
            "crash" if crash else "planned" if document["plan"]["files"] else "nothing",
            strategies=tuple(sorted(set(document["plan"]["strategies"].values()))),
            problems=tuple(str(problem) for problem in problems),
            again=again,
            crash=crash,
            codes=codes_of(document),
            story=tuple(story),
        )

    def judged(self, document: Mapping[str, Any]) -> tuple[list[Problem], list[str]]:
        """What real Django finds wrong with the working tree, and what it did with each population."""
        script = self.folder / "out" / "repair.sqlite.sql"
        try:
            tree = self.planned()
        except Exception as error:  # noqa: BLE001 - a file that cannot be imported is the outcome
            return [Problem("loading", "the planned tree", "import", in_short(error))], []
        sql = script.read_text(encoding="utf-8") if script.exists() else ""
        proof = document["plan"]["proof"] if document.get("plan") else {}
        left_out = tuple(each for each in proof.get("unserved", ()) if each.startswith(PATCH))
        finishing = frozenset(
            self.lineage(each["lineage"]) for each in proof.get("populations", ()) if each["finish_first"]
        )
        reported = frozenset(self.reported(document))
        judge = Judge(self.pair, self.populations, tree, sql, reported, left_out, finishing)
        return judge.problems(), judge.story

    def lineage(self, in_plan: str) -> str:
        """What the pair calls a lineage of the plan."""
        return in_plan

    def reported(self, document: Mapping[str, Any]) -> Iterator[int]:
        """Data operations whose migration a finding names that is an error: a person is stopped before the deploy."""
        findings = [*document["findings"], *document["status"]["findings"]]
        errors = [each["message"] for each in findings if each["severity"] == "error"]
        for tree in (self.pair.patch, self.pair.mainline):
            for (app, name), migration in tree.items():
                if any(re.search(rf"\b{app}\.{name}\b", message) for message in errors):
                    yield from (step.number for step in migration.steps)

    def second_run(self) -> tuple[str, str]:
        """What a second `plan` and `apply` would change, once the first has been committed; and whether they crash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "stitched")
        plan = self.stitchback("plan", PATCH, "--format", "json")
        apply = self.stitchback("apply", PATCH, "--yes")
        changed = self.git("status", "--porcelain").split("\n")
        for name, command in (("plan", plan), ("apply", apply)):
            if command.code == BUG:
                return "", f"second {name}: {last_line(command.err)}"
        if plan.code == REFUSED:
            return f"plan is refused: {'; '.join(reasons_of(json.loads(plan.out)))}", ""
        if plan.code == USAGE:
            return f"plan exits 2: {last_line(plan.err)}", ""
        files = [each["path"] for each in json.loads(plan.out)["plan"]["files"]]
        if files or any(changed):
            return f"changes {', '.join(files or changed)}", ""
        return "", ""

    def planned(self) -> DjangoTree:
        """The migrations of the working tree."""
        found: dict[Key, str] = {}
        helper: dict[str, str] = {}
        for app in self.pair.apps:
            for path in sorted((self.folder / "repository" / app / "migrations").glob("*.py")):
                if path.name != "__init__.py":
                    found[app, path.stem] = path.read_text(encoding="utf-8")
            steps = self.folder / "repository" / app / "steps.py"
            if steps.exists():
                helper[app] = steps.read_text(encoding="utf-8")
        return DjangoTree.of(found, helper)

    def stitchback(self, *arguments: str) -> Command:
        return stitchback(self.folder / "repository", *arguments)

    def git(self, *arguments: str) -> str:
        repository = self.folder / "repository"
        environment = {**hermetic_environment(repository / ".git"), "GIT_EDITOR": "true"}
        done = subprocess.run(
            ["git", *arguments], cwd=repository, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def result(self, kind: str, **more: Any) -> Outcome:
        return Outcome(
            self.pair.seed,
            kind,
            discarded=self.discarded,
            populations=len(self.populations),
            merged=self.pair.is_merged,
            **more,
        )


def reasons_of(document: Mapping[str, Any]) -> Iterator[str]:
    """Why nothing was planned: what no plan may go past, else how each candidate failed first."""
    seen: dict[str, None] = {}
    for match in document.get("blocking", ()):
        seen[f"{match['verdict']}: {general('; '.join(match['differences'][:1]))}"] = None
    if not seen:
        for refused in document.get("refused", ()):
            seen.update({general(failure["message"]): None for failure in refused["failures"][:1]})
    if not seen:
        seen["no strategy finds a place"] = None
    yield from seen


def codes_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    findings = [*document.get("findings", ()), *document.get("status", {}).get("findings", ())]
    return tuple(sorted({each["code"] for each in findings if each["severity"] != "note"}))


def general(message: str) -> str:
    """The message without the names in it, so that the same reasons are counted together."""
    text = " ".join(message.split())
    text = re.sub(r"\b(?:blog|crm|shop)\.\w+(?:\.\w+)*(?:\[\d+\])?", "…", text)
    text = re.sub(r"'[^']*'|\"[^\"]*\"|\b\d{4}_\w+|\b(?:ix|uq|ck|tbl)_\w+|\b\d+\b", "…", text)
    return re.sub(r"(?:…[\s,()]*(?:and )?)+…", "…", text)[:160]


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and "This is a bug" not in line]
    found = next((line for line in lines if line.startswith("error[")), None)
    return found or next((line for line in reversed(lines) if re.match(r"\w+(\.\w+)*(:|$)", line)), "")
