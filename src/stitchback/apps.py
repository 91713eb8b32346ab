"""Where Django looks for the configuration of the app `stitchback` in INSTALLED_APPS (`AppConfig.create`)."""

from stitchback.django_app.config import StitchbackConfig

__all__ = ["StitchbackConfig"]
