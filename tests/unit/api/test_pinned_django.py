"""Which requirement on Django the installed one does not fulfil."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from stitchback.api.pinned_django import Pin, other_django


@dataclass(frozen=True, slots=True)
class Text:
    content: bytes
    blob: str = ""

    def read(self) -> bytes:
        return self.content


def found(path: str, text: str, folder: str = "", installed: str = "5.2.19") -> Pin | None:
    return other_django({path: Text(text.encode())}, folder, installed)


@pytest.mark.parametrize(
    ("path", "text", "requirement"),
    [
        ("requirements.txt", "celery\nDjango==4.2.7  # LTS\n", "Django==4.2.7"),
        ("requirements/base.txt", "django>=4.2,<5.0", "django>=4.2,<5.0"),
        ("requirements-dev.in", "Django~=4.2.0 --hash=sha256:00", "Django~=4.2.0"),
        ("pyproject.toml", '[project]\ndependencies = ["Django[argon2]<5"]', "Django[argon2]<5"),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango = "^4.2.1"', "Django ^4.2.1"),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango = {version = "4.2.*"}', "Django 4.2.*"),
        ("Pipfile", '[packages]\nDjango = "==4.2"', "Django ==4.2"),
        ("uv.lock", '[[package]]\nname = "django"\nversion = "4.2.7"\nsource = {}\n', "Django ==4.2.7"),
        ("poetry.lock", '[[package]]\r\nname = "Django"\r\nversion = "4.2.7"\r\n', "Django ==4.2.7"),
        ("pylock.toml", '[[packages]]\nname = "django"\nversion = "4.2.7"\n', "Django ==4.2.7"),
        ("Pipfile.lock", '{"default": {"django": {"version": "==4.2.7"}}}', "Django ==4.2.7"),
    ],
)
def test_another_feature_release_is_found(path: str, text: str, requirement: str) -> None:
    assert found(path, text) == Pin(path, requirement)
    assert found(path, text, installed="4.2.30") is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "Django==5.2.3"),  # another patch release of the same feature release
        ("requirements.txt", "Django\ndjango-filter==4.2\n# Django==4.2"),
        ("requirements.txt", "Django==4.2 ; this is no requirement"),
        ("pyproject.toml", "[project\n"),
        ("Pipfile", '[packages]\nDjango = "*"'),
        ("uv.lock", '[[package]]\nname = "django-filter"\nversion = "4.2"\n'),
        ("uv.lock", '[[package]]\nname = "django"\nversion = "5.2.1"\n'),
        ("Pipfile.lock", '{"default": {"django-filter": {"version": "==4.2"}}, "develop": {}}'),
        ("Pipfile.lock", '{"default": []}'),
        ("Pipfile.lock", "[1"),
        ("other/requirements.txt", "Django==4.2"),  # neither the project's folder nor the top
        ("docs/guide/requirements.txt", "Django==4.2"),
    ],
)
def test_nothing_is_found(path: str, text: str) -> None:
    assert found(path, text) is None


def test_the_folder_of_the_project_is_searched() -> None:
    assert found("backend/requirements.txt", "Django==4.2", folder="backend") is not None
    assert found("requirements.txt", "Django==4.2", folder="backend") is not None
