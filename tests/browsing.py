"""Pages in a headless Chromium, for tests; without a Chromium they are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")  # of the command
DEADLINE = 30_000  # milliseconds that a step on a page may take
UNLABELLED = """() => [...document.querySelectorAll("input, textarea, select")]
    .filter((field) => !field.labels.length && !field.getAttribute("aria-label")).map((field) => field.outerHTML)"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine; skips the test if there is none."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pages are not tried"
    )
    command = next(filter(None, map(shutil.which, NAMES)), None)
    if command is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium): pages are not tried")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=command, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, url: str, **settings: Any) -> Iterator[Page]:
    """A page, in its own context with settings such as `color_scheme`.

    At the end it fails if the page wrote errors to the console, asked another server for anything, broke its
    content security policy, or has a field without a label.
    """
    context = browser.new_context(**settings)
    page = context.new_page()
    page.set_default_timeout(DEADLINE)
    origin = urljoin(url, "/")
    errors: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    response = page.goto(url)
    assert response is not None
    assert response.status == 200
    yield page
    assert page.evaluate(UNLABELLED) == []
    context.close()
    # Chromium tells on the console of each answer from 400 on, also of those that the page handles
    assert [text for text in errors if not text.startswith("Failed to load resource")] == []
    assert [address for address in asked if not address.startswith(origin)] == []
