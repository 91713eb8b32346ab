"""The Django app `stitchback` of INSTALLED_APPS: `manage.py stitchback` and the system checks. Django imports this at start-up; it imports nothing
of the package but the checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from stitchback.django_app import system_checks


class StitchbackConfig(AppConfig):  # type: ignore[misc]
    """It has no models."""

    name = "stitchback"
    verbose_name = "stitchback"

    def ready(self) -> None:
        checks.register(system_checks.check_graph, system_checks.TAG)
        checks.register(system_checks.check_databases, system_checks.TAG, checks.Tags.database)
