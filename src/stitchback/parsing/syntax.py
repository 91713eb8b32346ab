"""The tables by which a tree's Python is read."""

from __future__ import annotations

from stitchback.parsing.context import Syntax
from stitchback.parsing.expressions import EXPRESSIONS
from stitchback.parsing.imports import ANSWERS
from stitchback.parsing.statements import STATEMENTS

PYTHON = Syntax(EXPRESSIONS, STATEMENTS, ANSWERS)
