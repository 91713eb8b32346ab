"""What all tests share: golden files, updated by a flag."""

from __future__ import annotations

import os
import tempfile
from fractions import Fraction

import pytest
from golden_files import Golden
from hypothesis import HealthCheck, settings
from long_tests import LONG, is_in_share, is_long

# How long an example takes says something about the machine, not about the law.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        type=Fraction,
        default=Fraction(1),
        metavar="SHARE",
        help=f"The share of the tests in {', '.join(LONG)} that runs, such as 1/20: the same ones each time with one Django.",
    )
    parser.addoption(
        "--update-goldens",
        action="store_true",
        help="Write the golden files anew (never in CI), then look at the diff.",
    )


def pytest_configure(config: pytest.Config) -> None:
    cache = tempfile.TemporaryDirectory(prefix="stitchback-tests-cache-")
    config.add_cleanup(cache.cleanup)
    os.environ["XDG_CACHE_HOME"] = cache.name  # what is kept between commands is not the user's own
    if config.getoption("--update-goldens") and os.environ.get("CI"):
        raise pytest.UsageError("golden files are not updated by CI")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(bool(request.config.getoption("--update-goldens")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    share: Fraction = config.getoption("--long")
    left_out = [item for item in items if is_long(item.path) and not is_in_share(item.nodeid, share)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
