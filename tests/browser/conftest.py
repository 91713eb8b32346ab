"""Chromium without a window, driven by Selenium; from the distribution's packages, never downloaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from commands import Commands

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DESKTOP = (1280, 1000)


@dataclass(frozen=True, slots=True)
class Browser:
    driver: Any  # selenium.webdriver.Chrome

    def open(self, file: Path, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> None:
        """The page, with an empty log."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        self.driver.set_window_size(*size)
        self.driver.get("about:blank")
        self.errors(), self.requests()
        self.driver.get(file.as_uri())

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(
            f"const host = document.getElementById('graph'); {script}", *arguments
        )

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        found: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])].filter((each) => each.checkVisibility()).map((each) => each.textContent)",
            selector,
        )
        return found

    def errors(self) -> list[str]:
        """What the console has, since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for, since the last call."""
        entries = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return [
            entry["params"]["request"]["url"]
            for entry in entries
            if entry["method"] == "Network.requestWillBeSent"
        ]

    def click_migration(self, name: str) -> None:
        """With the mouse, in the middle of its node."""
        place = self.run(
            "const node = host.graph.nodes().filter((each) => each.data('label') === arguments[0])[0];"
            "const canvas = host.querySelector('.canvas'); canvas.scrollIntoView({block: 'center'});"
            "const box = canvas.getBoundingClientRect(), at = node.renderedPosition();"
            "return [Math.round(box.x + at.x), Math.round(box.y + at.y)]",
            name,
        )
        from selenium.webdriver.common.actions.action_builder import ActionBuilder

        action = ActionBuilder(self.driver)
        action.pointer_action.move_to_location(*place)
        action.pointer_action.click()
        action.perform()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
    from selenium.webdriver.chrome.service import Service

    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a page into a file."""

    def written(html: str) -> Path:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8", newline="\n")
        return file

    return written
