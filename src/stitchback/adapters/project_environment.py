"""Which environment variables a project's own code gets: those that every program needs, and those that the user names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from stitchback.errors import EnvironmentProblem

# Where programs and libraries are, and how text and time are written. None of them holds a secret.
ALWAYS = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DJANGO_SETTINGS_MODULE",
    "DJANGO_CONFIGURATION",
    "GDAL_LIBRARY_PATH",
    "GEOS_LIBRARY_PATH",
    "SPATIALITE_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SYSTEMROOT",
    "PATHEXT",
    "COMSPEC",
)


def harmless_environment(patterns: Iterable[str] = ()) -> dict[str, str]:
    """The variables of this process that fit ALWAYS or one of the patterns (`fnmatch`)."""
    wanted = (*ALWAYS, *patterns)
    return {
        name: value for name, value in os.environ.items() if any(fnmatchcase(name, each) for each in wanted)
    }


def named_environment(given: Iterable[str], configured: Iterable[str] = ()) -> Mapping[str, str]:
    """What `--env NAME` and `--env NAME=VALUE` say, and the configured patterns. Raises EnvironmentProblem (SB527) for a NAME that is not
    set here."""
    found = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatchcase(name, each) for each in configured)
    }
    for text in given:
        name, has_value, value = text.partition("=")
        if not has_value and name not in os.environ:
            raise missing_variable(name)
        found[name] = value if has_value else os.environ[name]
    return found


def missing_variable(name: str, evidence: tuple[str, ...] = ()) -> EnvironmentProblem:
    """`name` is asked for by the project, or by `--env`."""
    if name in os.environ:
        message = (
            f"the project's settings need the environment variable {name}, which verify does not pass on"
        )
        hint = f'Pass it on with --env {name}, or with environment = ["{name}"] in [tool.stitchback].'
    else:
        message = f"the project's settings need the environment variable {name}, which is not set"
        hint = f"Set it and use --env {name}, or use --env {name}=VALUE; a test value is enough."
    return EnvironmentProblem("SB527", message, hint=hint, evidence=evidence)
