"""The Python API: every public name is on its page with an example, typed and with a docstring, and so is every attribute that is promised."""

from __future__ import annotations

import inspect
import re
import types
import typing
from pathlib import Path

import pytest

from stitchback import api

PAGE = (Path(__file__).parents[3] / "docs" / "python-api.md").read_text(encoding="utf-8")
HEADINGS = {
    name for line in re.findall(r"^##+ (.*`.*)$", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)
}
EXAMPLES = "\n".join(re.findall(r"```pycon\n(.*?)```", PAGE, re.DOTALL))
ROWS = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
FUNCTIONS = sorted(name for name in api.__all__ if inspect.isfunction(getattr(api, name)))


def test_every_name_has_its_heading() -> None:
    assert set(api.__all__) == HEADINGS


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_has_an_example(name: str) -> None:
    assert f"api.{name}" in EXAMPLES


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_has_a_docstring(name: str) -> None:
    assert (getattr(api, name).__doc__ or "").strip()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_typed(name: str) -> None:
    function = getattr(api, name)
    assert not isinstance(function, types.ModuleType)
    signature = inspect.signature(function)
    assert signature.return_annotation is not signature.empty
    assert [each for each in signature.parameters.values() if each.annotation is each.empty] == []


def returned(name: str) -> type | None:
    """The class that the function returns, if it is one of the package; of a tuple of them, their class."""
    found = typing.get_type_hints(getattr(api, name))["return"]
    for each in (found, *typing.get_args(found)):
        if isinstance(each, type) and each.__module__.startswith("stitchback"):
            return each
    return None


def test_every_result_is_in_the_table() -> None:
    results: dict[str, set[str]] = {}
    for name in FUNCTIONS:
        kind = returned(name)
        if kind is not None:
            results.setdefault(kind.__name__, set()).add(name)
    assert {kind: set(re.findall(r"`(\w+)`", names)) for kind, names, _ in ROWS} == {
        kind: names for kind, names in results.items() if kind != "Tenant"
    }


@pytest.mark.parametrize(("kind", "names", "attributes"), ROWS, ids=[row[0] for row in ROWS])
def test_every_attribute_that_is_promised_is_there(kind: str, names: str, attributes: str) -> None:
    found = returned(re.findall(r"`(\w+)`", names)[0])
    assert found is not None
    assert [each for each in re.findall(r"`(\w+)`", attributes) if not hasattr(found, each)] == []


def test_a_submodule_does_not_take_the_name_of_a_function() -> None:
    """`import stitchback.api.x` sets the package's attribute x."""
    folder = Path(api.__file__).parent
    modules = {path.stem for path in folder.iterdir()}
    assert modules.isdisjoint(api.__all__)
