"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class StitchbackConfig(AppConfig):  # type: ignore[misc]
    """Registers the system checks; it has no models. Its name is this package's, so that Django finds the command here."""

    name = "stitchback.django_app"
    label = "stitchback"
    verbose_name = "stitchback"

    def ready(self) -> None:
        from stitchback.django_app import system_checks

        checks.register(system_checks.check_graph, system_checks.TAG)
        checks.register(system_checks.check_databases, system_checks.TAG, checks.Tags.database)
