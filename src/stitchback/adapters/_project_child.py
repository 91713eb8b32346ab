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


def load_package() -> ModuleType:
    folder = Path(__file__).resolve().parent / "in_project"
    spec = importlib.util.spec_from_file_location(
        PACKAGE, str(folder / "__init__.py"), submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    return package


if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # as `python manage.py` has it
    load_package()
    importlib.import_module(PACKAGE + ".serving").serve()
