"""Names: one class, one name; and no module that is called by a metaphor."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "stitchback"
BANNED = frozenset(
    [
        "anew",
        "course",
        "courses",
        "deed",
        "doings",
        "footing",
        "forgo",
        "hand",
        "hands",
        "hang",
        "hangs",
        "hung",
        "hole",
        "inhabitant",
        "loosen",
        "residue",
        "scene",
        "spot",
        "thing",
        "things",
        "tells",
        "togethers",
        "told",
        "torn",
        "treat",
        "trouble",
        "troubles",
        "unserved",
        "wish",
        "world",
        "worlds",
    ]
)
TESTS = Path(__file__).parents[1]
MODULES = sorted(SOURCE.rglob("*.py"))


def names() -> list[tuple[str, str]]:
    """(module, name) of each class, function and annotated field of the package."""
    found: list[tuple[str, str]] = []
    for path in MODULES:
        module = path.relative_to(SOURCE).as_posix()
        found.append((module, path.stem))
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found.append((module, node.name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.append((module, node.target.id))
    return found


def words_of(name: str) -> set[str]:
    """`"HandedOver"` and `"handed_over"` -> `{"handed", "over"}`."""
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))


def test_no_two_classes_share_a_name() -> None:
    classes = Counter(
        node.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in classes.items() if count > 1] == []


def test_no_name_is_a_banned_metaphor() -> None:
    assert [(module, name) for module, name in names() if words_of(name) & BANNED] == []


def test_words_of_a_name() -> None:
    assert words_of("HandedOver") == words_of("handed_over") == {"handed", "over"}


def test_no_two_test_files_share_a_name() -> None:
    """pytest cannot import both: it stops with "import file mismatch" once one of them is compiled."""
    files = Counter(path.name for path in TESTS.rglob("test_*.py"))
    assert [name for name, count in files.items() if count > 1] == []


def test_the_mutation_run_names_tests_and_packages_that_exist() -> None:
    found = ast.parse((ROOT / "benchmarks/mutants/__main__.py").read_text(encoding="utf-8"))
    texts = {
        node.value
        for node in ast.walk(found)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = {text for text in texts if text.startswith("tests/") and text.endswith(".py")}
    assert named
    assert [text for text in sorted(named) if not (ROOT / text).exists()] == []
