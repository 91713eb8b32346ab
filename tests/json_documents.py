"""What `--format json` prints, held against the JSON Schema of the package: every document of every test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jsonschema import Draft202012Validator

from stitchback.cli.boundary import wants_json

SCHEMA = "document-1.schema.json"


@cache
def validator() -> Draft202012Validator:
    schema = json.loads(files("stitchback.reporting").joinpath(SCHEMA).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(arguments: Sequence[str], exit_code: int, printed: str) -> None:
    """Does nothing where the arguments do not ask for JSON. Of the error, the part that is about the document's own kind."""
    if not wants_json(list(arguments)):
        return
    document = json.loads(printed)
    kind = kind_of(arguments, document)
    part = validator().evolve(schema={"$ref": f"#/$defs/{kind}", "$defs": validator().schema["$defs"]})
    errors = [f"{error.json_path}: {error.message[:300]}" for error in part.iter_errors(document)]
    assert not errors, f"{kind}: {errors[:3]}"
    if kind == "error_report":
        assert document["exit"] == exit_code


def kind_of(arguments: Sequence[str], document: dict[str, object]) -> str:
    """By the command, and what is in the document where a command has several."""
    if "error" in document:
        return "error_report"
    if "pages" in document:
        return "explain_list"
    name = next(word for word in arguments if word in COMMANDS)
    if name == "verify" and "--rolling" in arguments:
        return "verify_rolling_report"
    several = {
        ("status", "branches"): "status_branches_report",
        ("schema", "differences"): "schema_difference_report",
        ("inspect", "groups"): "inspect_fleet_report",
        ("repair", "groups"): "repair_fleet_report",
        ("apply", "status"): "plan_report",
        ("verify", "status"): "plan_report",
        ("squash", "candidates"): "squash_candidates_report",
        ("squash", "tree"): "squash_stitch_report",
        ("squash", "squashes"): "squash_finish_report",
    }
    return next(
        (kind for (command, key), kind in several.items() if command == name and key in document),
        f"{name}_report",
    )


COMMANDS = (
    "status",
    "plan",
    "apply",
    "resolve",
    "check",
    "verify",
    "inspect",
    "repair",
    "schema",
    "graph",
    "squash",
    "backport",
    "explain",
)
