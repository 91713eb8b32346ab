"""One pair taken through `resolve`: git brings the patch branch into mainline's working tree in one of several ways, or mainline into the
patch branch's, `resolve` writes, git commits, and real Django judges the tree."""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import dataclass
from typing import Any

from branches import helpers, leaves
from django_trees import content
from populations import MAINLINE, MERGED, PATCHED
from trial import (
    BUG,
    MAIN,
    NOTHING,
    PATCH,
    REFUSED,
    USAGE,
    Outcome,
    Trial,
    codes_of,
    general,
    last_line,
    reasons_of,
)

from stitchback.adapters.git_build import hermetic_environment
from stitchback.api.project import Project
from stitchback.api.resolving import ResolveRequest, resolve
from stitchback.api.runbooks import write_out

WAYS = (
    "merge",
    "merge commit",
    "merge of mainline",
    "rebase",
    "rebase without ORIG_HEAD",
    "cherry-pick",
    "uncommitted",
)
PUSHED = ((MAIN, PATCH), (MAIN,), (PATCH,))
TOPIC = "topic"  # the patch branch where nothing shows that databases have it: its name is not a release's


@dataclass
class ResolveTrial(Trial):
    """`way`: how git brings the other side. `pushed`: the branches that a remote has."""

    way: str = ""
    pushed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        dice = random.Random(f"resolve {self.pair.seed}")
        self.way = dice.choice(WAYS)
        self.pushed = dice.choice(PUSHED)
        if not self.is_merged_with_two_leaves:
            self.populations = [each for each in self.populations if each.lineage != MERGED]

    @property
    def is_merged_with_two_leaves(self) -> bool:
        """Where a merge migration joins them already, the pair is taken as it was before git's merge."""
        tree = self.pair.checked_out
        return self.pair.is_merged and any(len(leaves(tree, app)) > 1 for app in self.pair.apps)

    def outcome(self) -> Outcome:
        self.bring()
        first = self.stitchback("resolve", "--dry-run", "--format", "json")
        (self.folder / "plan.json").write_text(first.out + first.err, encoding="utf-8")
        if first.code == BUG:
            return self.result("crash", crash=last_line(first.err))
        document: dict[str, Any] = json.loads(first.out)
        if first.code == USAGE or (first.code == REFUSED and "leaves" not in document):
            kind = "usage" if first.code == USAGE else "refused"
            return self.result(kind, reasons=(general(last_line(first.err)),))
        if document["plan"] is None:
            return self.result("nothing")
        plan = document["plan"]
        if first.code == REFUSED:
            return self.result("refused", reasons=tuple(reasons_of(plan)), codes=codes_of(plan))
        return self.written(document)

    def written(self, document: dict[str, Any]) -> Outcome:
        plan = document["plan"]
        with Project.open(self.folder / "repository") as project:
            found = resolve(project, ResolveRequest())
            assert found.report is not None
            write_out(found.report, self.folder / "out")
        done = self.stitchback("resolve", "--yes")
        if done.code == BUG:
            return self.result("crash", crash=f"resolve --yes: {last_line(done.err)}")
        if done.code != NOTHING:
            return self.result("crash", crash=f"resolve --yes exits {done.code}: {last_line(done.err)}")
        renumbered = {tuple(name.split(".", 1)) for name in document["renumbered"]}
        self.populations = [
            each for each in self.populations if not renumbered & set(content(each.database).ledger)
        ]
        problems, story = self.judged(plan)
        story = [f"{self.way}, pushed: {self.pushed}", *story]
        (self.folder / "story.txt").write_text("\n".join(story) + "\n", encoding="utf-8")
        again, crash = self.second_run()
        return self.result(
            "crash" if crash else "planned",
            strategies=tuple(sorted(set(plan["plan"]["strategies"].values()))),
            problems=tuple(str(problem) for problem in problems),
            again=again,
            crash=crash,
            codes=codes_of(plan),
            story=tuple(story),
        )

    def lineage(self, in_plan: str) -> str:
        if self.way == "merge of mainline" and not self.is_merged_with_two_leaves:
            return {MAINLINE: PATCHED, PATCHED: MAINLINE}.get(
                in_plan, in_plan
            )  # it is HEAD, and mainline is brought
        return in_plan

    # git

    def bring(self) -> None:
        """The working tree as somebody has it before `resolve`."""
        if self.pair.is_merged and not self.is_merged_with_two_leaves:
            self.git("reset", "--quiet", "--hard", "HEAD~1")
        patch = PATCH if PATCH in self.pushed else TOPIC
        if patch == TOPIC:
            self.git("branch", "--move", PATCH, TOPIC)
        for branch in self.pushed:
            name = patch if branch == PATCH else branch
            self.git("update-ref", f"refs/remotes/origin/{name}", name)
        if self.is_merged_with_two_leaves:
            return
        match self.way:
            case "merge" | "merge commit":
                self.attempt("merge", "--no-ff", "--no-commit", patch)
            case "merge of mainline":
                self.git("checkout", "--quiet", patch)
                self.attempt("merge", "--no-ff", "--no-commit", MAIN)
            case "cherry-pick":
                self.attempt("cherry-pick", patch)
            case "uncommitted":
                self.attempt("cherry-pick", "--no-commit", patch)
            case _:
                self.git("checkout", "--quiet", patch)
                self.attempt("rebase", MAIN)
        self.settle_helpers()
        if self.way == "merge commit" and not self.git("ls-files", "--unmerged"):
            self.git("commit", "--quiet", "--no-edit")
        if self.way == "rebase without ORIG_HEAD":
            self.attempt("update-ref", "-d", "ORIG_HEAD")

    def settle_helpers(self) -> None:
        """What a person does with conflicts in files that are no migrations: both sides' functions stay."""
        both = helpers({**self.pair.patch, **self.pair.mainline})
        for app, text in both.items():
            path = self.folder / "repository" / app / "steps.py"
            if self.git("ls-files", "--unmerged", "--", f"{app}/steps.py") or not path.exists():
                path.write_text(text, encoding="utf-8")
                self.git("add", f"{app}/steps.py")

    def second_run(self) -> tuple[str, str]:
        """Whether git commits with the command that `resolve` names, and a second `resolve` has nothing to do."""
        self.git("add", "--all")
        place = self.folder / "repository" / ".git"
        if (place / "rebase-merge").exists():
            self.git("rebase", "--continue")
        elif (place / "CHERRY_PICK_HEAD").exists():
            # Where the conflicts were settled as HEAD has them, nothing is left of the picked commit.
            self.git("cherry-pick", "--continue" if self.git("status", "--porcelain") else "--skip")
        elif (place / "MERGE_HEAD").exists():
            self.git("commit", "--quiet", "--no-edit")
        else:
            self.git("commit", "--quiet", "--allow-empty", "--message", "resolved")
        again = self.stitchback("resolve", "--yes")
        if again.code == BUG:
            return "", f"second resolve: {last_line(again.err)}"
        if again.code or not again.out.startswith("Nothing to resolve") or self.git("status", "--porcelain"):
            return f"a second resolve exits {again.code}: {again.out[:200]}{last_line(again.err)}", ""
        return "", ""

    def attempt(self, *arguments: str) -> None:
        """git, which may stop for a conflict."""
        repository = self.folder / "repository"
        environment = {**hermetic_environment(repository / ".git"), "GIT_EDITOR": "true"}
        subprocess.run(["git", *arguments], cwd=repository, env=environment, capture_output=True, check=False)
