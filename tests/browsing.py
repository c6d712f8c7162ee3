"""The system's chromium for tests: pages of one address, which must not reach any other and must not fail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = os.environ.get("CALLWRIGHT_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-dev-shm-usage",
]
PATIENCE_MS = 20_000

needs_chromium = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="chromium is not installed")

OpenPage = Callable[..., "Page"]
"""``open_page(path, **options)``: a page in a browser context of its own."""


@contextmanager
def pages(address: str) -> Iterator[OpenPage]:
    """Opens pages in one browser; a request to any other host, and any script error, fails the test."""
    from playwright.sync_api import sync_playwright

    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)

        def new_page(path: str, **options: Any) -> Page:
            page = browser.new_context(base_url=address, **options).new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("request", lambda r: None if r.url.startswith(address) else troubles.append(r.url))
            page.goto(path)
            return page

        yield new_page
        browser.close()
    assert troubles == []


def shoot(page: Page, name: str) -> None:
    """A picture for people, where CALLWRIGHT_SCREENSHOTS names a folder."""
    if folder := os.environ.get("CALLWRIGHT_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
