"""The runbook: the steps before, during and after the deploy of a proved plan, in Markdown."""

from stitchback.runbook.render import render_runbook
from stitchback.runbook.values import FakeAdvice, RunbookSql

__all__ = ["FakeAdvice", "RunbookSql", "render_runbook"]
