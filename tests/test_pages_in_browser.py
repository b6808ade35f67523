"""The pages of a mock in a browser: by keyboard, on a telephone, in light and dark, and for a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from asking import call
from browsing import chromium, visit
from test_playground import contrast

from mockserver import MockDashboard, MockGateway
from mockserver.serving.pages.rendering import NAVIGATION, PREFIX

pytestmark = pytest.mark.slow  # whole commands and servers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG = "a-policy-with-a-very-long-id-" + "x" * 100
FAULTS_OF_STRUCTURE = """() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const named = (node) => node.getAttribute("aria-label") || document.getElementById(node.getAttribute("aria-labelledby"));
    const levels = all("h1, h2, h3").map((heading) => Number(heading.tagName[1]));
    const ids = all("[id]").map((node) => node.id);
    return [
        ...(document.documentElement.lang ? [] : ["no language"]),
        ...["h1", "main", "nav"].filter((name) => all(name).length !== 1).map((name) => `not one ${name}`),
        ...levels.filter((level, i) => i && level > levels[i - 1] + 1).map((level) => `h${level} skips a level`),
        ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `two elements are called ${id}`),
        ...all("table").filter((table) => !table.caption).map(() => "a table without a caption"),
        ...all("th").filter((cell) => !cell.scope).map((cell) => `a heading without a scope: ${cell.textContent}`),
        ...all("section, nav, [role=region]").filter((node) => !named(node)).map((node) => `no name: ${node.outerHTML.slice(0, 80)}`),
        ...all("button, a").filter((node) => !node.textContent.trim()).map(() => "a link or a button without a text"),
        ...all("pre").filter((node) => node.tabIndex !== 0).map(() => "a scrolling text that the keyboard does not reach"),
    ];
}"""


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def press(page: Page, role: str, name: str, key: str) -> None:
    """Reach an element by the Tab key, from the top of the page, and press a key."""
    page.evaluate("document.activeElement.blur()")
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            break
    else:
        pytest.fail(f"the keyboard does not reach {name}")
    assert wanted.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press(key)


def test_a_reload_by_keyboard(gateway: MockGateway, browser: Browser) -> None:
    """The reload button is reached and pressed by keyboard, and the policy stands on both sides after it."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold", "rate": 5})
    with visit(browser, gateway.page) as page:
        press(page, "link", "Policies", "Enter")
        page.wait_for_url(f"**{PREFIX}/policies")
        assert "1 of 1 policies is not loaded as written" in page.inner_text("#verdict")
        press(page, "button", "Reload", "Enter")
        page.get_by_text("All policies are loaded as they are written.").wait_for()
        assert gateway.policies["gold"]["rate"] == 5
        press(page, "link", "gold", "Enter")
        page.wait_for_url("**/policy?id=gold")
        for side in page.locator("pre").all_inner_texts():
            assert '"id": "gold"' in side


def test_the_skip_link_leads_past_the_navigation(gateway: MockGateway, browser: Browser) -> None:
    """The first stop of the keyboard is a link that becomes visible, and leads to the content."""
    with visit(browser, gateway.page) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert page.get_by_text("Skip to the content").evaluate("node => node.getBoundingClientRect().x") >= 0
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'content'")


def test_a_fault_is_set_and_cleared(gateway: MockGateway, browser: Browser) -> None:
    """A scenario and a fault are set by their forms, and all are cleared by a button."""
    with visit(browser, f"{gateway.url}{PREFIX}/faults") as page:
        page.get_by_label("Scenario", exact=True).select_option("redis-down")
        page.get_by_role("button", name="Set the scenario").click()
        page.get_by_role("cell", name="scenario redis-down").wait_for()
        assert call(gateway, "GET", "/ready")[0] == 503
        page.get_by_label("Operation", exact=True).select_option("addPolicy")
        page.get_by_label("Status", exact=True).fill("503")
        page.get_by_role("button", name="Set the fault").click()
        page.get_by_role("cell", name="addPolicy").wait_for()
        page.get_by_label("Status", exact=True).fill("x")
        page.get_by_role("button", name="Set the fault").click()
        assert "give a number" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("Status", exact=True).input_value() == "x"
        page.get_by_role("button", name="Clear all faults").click()
        page.get_by_text("None is set.").wait_for()
        assert gateway.mock.faults.as_list() == []


def test_the_journal_is_live(gateway: MockGateway, browser: Browser) -> None:
    """New requests that fit the filter appear and are announced; the focus stays, and a pause holds them back."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    with visit(browser, f"{gateway.url}{PREFIX}/journal") as page:
        page.get_by_label("Operation", exact=True).select_option("addPolicy")
        page.get_by_role("button", name="Filter").click()
        page.wait_for_url("**operation=addPolicy*")
        link = page.get_by_role("link", name="POST /tyk/policies")
        link.focus()
        call(gateway, "GET", "/tyk/policies")
        call(gateway, "POST", "/tyk/policies", {"id": "silver", "raet": 1})
        page.get_by_text("warning: raet: an unknown member").wait_for()
        assert "new request" in page.get_by_role("status").inner_text()
        assert link.count() == 2
        assert page.evaluate("document.activeElement.getAttribute('href')") == f"{PREFIX}/journal/1"
        live = page.get_by_role("button", name="Live")
        live.click()
        assert live.get_attribute("aria-pressed") == "false"
        page.get_by_role("button", name="Clear").click()
        page.get_by_text("There was no request yet.").wait_for()


def test_one_request_is_shown(gateway: MockGateway, browser: Browser) -> None:
    """A row of the journal leads to the request with its warnings and the command to send it again."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold", "raet": 1})
    with visit(browser, f"{gateway.url}{PREFIX}/journal") as page:
        press(page, "link", "POST /tyk/policies", "Enter")
        page.wait_for_url("**/journal/1")
        assert "raet: an unknown member" in page.inner_text("main")
        assert '"$TYK_GW_SECRET"' in page.inner_text("#curl")


def test_the_clock_is_set(gateway: MockGateway, browser: Browser) -> None:
    """The clock is frozen at a time, and advanced from there."""
    with visit(browser, f"{gateway.url}{PREFIX}/clock") as page:
        page.get_by_label("At, in UTC").fill("2030-01-31 12:00:00")
        page.get_by_role("button", name="Freeze").click()
        page.get_by_text("it is frozen").wait_for()
        page.get_by_role("button", name="Advance").click()
        page.get_by_text("2030-01-31 12:01:00 UTC").wait_for()


def filled(service: str) -> MockGateway | MockDashboard:
    """A mock with long names, a fault, and requests that violate the specification."""
    if service == "dashboard":
        dashboard = MockDashboard()
        dashboard.seed(policies=[{"name": LONG}], apis=[{"api_id": "x" * 100, "name": LONG}])
        return dashboard
    gateway = MockGateway()
    gateway.seed(
        policies=[{"id": LONG, "rate": 1}], apis=[{"api_id": LONG, "proxy": {"listen_path": f"/{LONG}/"}}]
    )
    call(gateway, "POST", "/tyk/policies", {"id": LONG, "rate": 2, LONG: LONG})
    gateway.fault(policy=LONG, status=500, message=LONG)
    call(gateway, "GET", f"/tyk/policies/{LONG}")
    return gateway


@pytest.mark.parametrize("service", ["gateway", "dashboard"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_every_page_is_readable(service: str, width: int, scheme: str, browser: Browser) -> None:
    """No page scrolls sideways, is badly structured for a screen reader, or has texts that are hard to read."""
    with filled(service) as mock:
        paths = [link.path for link in NAVIGATION[service] if link.path != "/playground"]
        if service == "gateway":
            paths += [f"{PREFIX}/journal/2", f"{PREFIX}/policy?id={LONG}", f"{PREFIX}/docs/faults"]
        for path in paths:
            settings = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
            with visit(browser, mock.url + path, **settings) as page:
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                assert page.evaluate(FAULTS_OF_STRUCTURE) == [], path
                for selector in ("a", ".hint", "th"):
                    for node in page.locator(f"main {selector}, nav {selector}").all()[:3]:
                        colour = node.evaluate("node => getComputedStyle(node).color")
                        assert (
                            contrast(colour, page.evaluate("getComputedStyle(document.body).backgroundColor"))
                            >= 4.5
                        )


def test_the_pages_work_without_script(gateway: MockGateway, browser: Browser) -> None:
    """Without JavaScript forms and links work, and the button of the live journal is not shown."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    with visit(browser, f"{gateway.url}{PREFIX}/journal", java_script_enabled=False) as page:
        assert page.get_by_role("button", name="Live").count() == 0
        page.get_by_role("link", name="Policies", exact=True).click()
        page.get_by_role("button", name="Reload").click()
        page.get_by_text("All policies are loaded as they are written.").wait_for()
