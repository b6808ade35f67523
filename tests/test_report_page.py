"""The HTML report: what is on it, and how it works in a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import chromium, visit
from test_report import FAILED, REPORT

from contract_tests.report.html import as_html, bars, in_words
from contract_tests.report.verdicts import Report, Status

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SOURCED = replace(
    REPORT, verdicts=(*REPORT.verdicts[:1], replace(FAILED, source="gateway/api.go:1108 @v5.12.0"))
)


def test_the_picture_shows_each_status_by_its_share() -> None:
    """The picture has a part for each status that occurs, the worst first, as wide as its share."""
    passed = replace(FAILED, status=Status.PASSED)
    parts = bars(replace(REPORT, verdicts=(passed, FAILED, passed, passed)))
    assert [(part.status, part.x, part.width) for part in parts] == [
        (Status.FAILED, 0, 250), (Status.PASSED, 250, 750),
    ]  # fmt: skip


def test_a_report_without_verdicts_is_a_page() -> None:
    """A report of nothing has a page, with an empty picture."""
    assert "not judged" in as_html(replace(REPORT, verdicts=(), findings=()))


def test_the_date_is_in_words() -> None:
    """A date is told in words and in UTC."""
    assert in_words("2026-01-03T04:05:06+00:00") == "3 January 2026, 04:05 UTC"
    assert "1 January 2026, 00:00 UTC" in as_html(REPORT)


def test_a_source_is_a_link_to_the_public_line() -> None:
    """The source of a requirement links to the vendor's public line."""
    link = 'href="https://github.com/TykTechnologies/tyk/blob/v5.12.0/gateway/api.go#L1108"'
    assert link in as_html(SOURCED)


def test_findings_come_before_the_behaviours_and_passes_last() -> None:
    """Findings come first, then the table, then the behaviours, those that failed before those that passed."""
    text = as_html(REPORT)
    places = ["No id is needed.", "<table>", '<details class="item failed" id="id-required"', 'id="passes"']
    assert sorted(places, key=text.index) == places
    assert "full: all behaviours of the suite" in text


@contextmanager
def _served(report: Report, folder: Path) -> Iterator[str]:
    """The page of a report at a URL."""
    (folder / "r.html").write_text(as_html(report), "utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/r.html"
        server.shutdown()


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.slow
def test_the_page_is_filtered(browser: Browser, tmp_path: Path) -> None:
    """Passes are folded away until they are asked for by words, by a link, or by unfolding them."""
    with _served(REPORT, tmp_path) as url, visit(browser, url) as page:
        assert page.locator("#id-required").is_visible()
        assert not page.locator("#passes").is_visible()
        page.get_by_label("Filter by words").fill("it passes.")
        assert page.locator("#passes").is_visible()
        assert not page.locator("#id-required").is_visible()
        page.get_by_label("Filter by words").fill("")
        page.get_by_label("failed (1)").uncheck()
        assert not page.locator("#id-required").is_visible()


@pytest.mark.slow
def test_an_anchor_unfolds_its_behaviour(browser: Browser, tmp_path: Path) -> None:
    """The address of a behaviour shows it, also if it passed and is folded away."""
    with _served(REPORT, tmp_path) as url, visit(browser, f"{url}#passes") as page:
        assert page.get_by_text("It passes.").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """At the width of a phone nothing is cut off, and each box stands beside its label, in light and dark."""
    report = replace(REPORT, url="http://" + "x" * 300)
    settings = {"viewport": {"width": 390, "height": 800}, "color_scheme": scheme}
    with _served(report, tmp_path) as url, visit(browser, url, **settings) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        heights = page.locator("fieldset label").evaluate_all(
            "labels => labels.map(label => label.getClientRects().length)"
        )
        assert heights == [1] * len(Status)
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert back == {"light": "rgb(255, 255, 255)", "dark": "rgb(24, 24, 24)"}[scheme]
