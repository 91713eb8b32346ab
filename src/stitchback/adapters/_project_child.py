"""Run by path with a project's own interpreter, the working directory being the project: answers the commands of `projects`.

Only Django need be importable there. The package beside this file is loaded under a name of its own, and the folder of
this file is taken off `sys.path`, so that no module of a project can be mistaken for one of ours, nor the other way round.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

PACKAGE = "_stitchback_in_project"


SHARED = ("session_statements",)  # modules of `stitchback.model` that import nothing of the package


def load_package() -> ModuleType:
    """The package, with the modules of `stitchback.model` that it shares."""
    folder = Path(__file__).resolve().parent / "in_project"
    package = _load(PACKAGE, folder / "__init__.py", [str(folder)])
    for name in SHARED:
        _load(f"{PACKAGE}.{name}", folder.parents[1] / "model" / f"{name}.py")
    return package


def _load(name: str, path: Path, folders: list[str] | None = None) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, str(path), submodule_search_locations=folders)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # as `python manage.py` has it
    load_package()
    importlib.import_module(PACKAGE + ".protocol").serve()
