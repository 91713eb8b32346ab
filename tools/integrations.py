"""`python -m tools.integrations`: action.yml and the GitLab snippet against their schemas, the action's steps, and the hooks by pre-commit itself.

Each in a new virtual environment and a sample repository. Needs an index of packages (pip's own configuration).
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import yaml

from tools.action import ACTION, ROOT, SUMMARY, run_action
from tools.wheel import python, run

PACKAGES = ("check-jsonschema", "pre-commit")
HOOKS = ROOT / ".pre-commit-hooks.yaml"
GITLAB = ROOT / "docs" / "ci.md"


def check_schemas(tool: Path, folder: Path) -> None:
    """The schemas are those of https://www.schemastore.org, as check-jsonschema brings them along."""
    check = tool.with_name("check-jsonschema")
    run([check, "--builtin-schema", "vendor.github-actions", ACTION], folder)
    run([tool.with_name("pre-commit"), "validate-manifest", HOOKS], folder)
    for number, text in enumerate(snippets(GITLAB, "gitlab")):
        file = folder / f"gitlab{number}.yml"
        file.write_text(text)
        run([check, "--builtin-schema", "vendor.gitlab-ci", file], folder)


def snippets(page: Path, mark: str) -> list[str]:
    """The YAML blocks of a page that begin with a comment of that name."""
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    found = [block for block in blocks if block.startswith(f"# .{mark}")]
    assert found, f"{page.name} has no block for {mark}"
    return found


def sample(program: Path, folder: Path) -> Path:
    """The repository of the demo, as it is before the plan."""
    run([program, "demo", "--keep", "kept"], folder)
    repository = folder / "kept" / "shop"
    run(["git", "checkout", "--quiet", "."], repository)
    run(["git", "clean", "--quiet", "--force"], repository)
    return repository


def run_hooks(tool: Path, repository: Path) -> None:
    """pre-commit installs the checkout's last commit, and runs each hook."""
    program = tool.with_name("pre-commit")
    run(["git", "config", "user.name", "x"], repository)
    run(["git", "config", "user.email", "x@example.org"], repository)
    passed = run([program, "try-repo", ROOT, "stitchback-check", "--all-files"], repository, codes=(0, 1))
    print(passed)
    revision = run(["git", "rev-parse", "HEAD"], ROOT).strip()
    hooks = [
        {"id": "stitchback-plan", "args": ["release/2.4"]},
        {"id": "stitchback-status", "args": ["release/2.4"]},
        {"id": "stitchback-check", "args": ["--base", "main"]},
    ]
    configuration = {"repos": [{"repo": str(ROOT), "rev": revision, "hooks": hooks}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(configuration))
    run(["git", "add", ".pre-commit-config.yaml"], repository)
    for hook, code in (("stitchback-plan", 1), ("stitchback-status", 1), ("stitchback-check", 0)):
        print(run([program, "run", hook, "--all-files"], repository, codes=(code,)))


def run_steps(tool: Path, repository: Path, folder: Path) -> None:
    """All steps of the action, the installation too."""
    environment = {
        **os.environ,
        "PATH": f"{tool.parent}:{os.environ['PATH']}",
        SUMMARY: str(folder / "summary.md"),
    }
    environment.pop("PYTHONPATH", None)
    names = []
    for step in run_action(repository, {"patches": "release/2.4", "django": "~=5.2.0"}, environment):
        print(step.name, step.code, step.out, sep="\n")
        names.append((step.name, step.code))
    assert names == [("Install stitchback", 0), ("Findings", 0), ("Plan", 1)], names


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stitchback_integrations_") as name:
        folder = Path(name)
        tool = python(folder / "tools", *PACKAGES, ROOT)
        check_schemas(tool, folder)
        repository = sample(tool.with_name("stitchback"), folder)
        run_steps(tool, repository, folder)
        run_hooks(tool, repository)
    print("schemas, action and hooks are good")


if __name__ == "__main__":
    sys.exit(main())
