"""The playground of a mock Dashboard runs queries, shows the schema, and asks nothing of other servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browsing import chromium, visit
from graphql_client import created

from mockserver import MockDashboard, MockGateway
from mockserver.http.client import Answer, Client
from mockserver.service.pages import pages

pytestmark = pytest.mark.slow  # whole commands and servers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def read(mock: MockDashboard | MockGateway, path: str) -> Answer:
    """The answer to GET without a key."""
    with Client(mock.url) as client:
        return client.send("GET", path)


def shown(page: Page, name: str, pattern: str) -> str:
    """The text of an element, when it fits a pattern."""
    page.wait_for_function(
        "([id, pattern]) => new RegExp(pattern).test(document.getElementById(id).textContent)",
        arg=[name, pattern],
    )
    return page.inner_text(f"#{name}")


@pytest.mark.parametrize("path", ["/playground", "/playground/"])
def test_the_page_needs_no_key_and_says_whose_the_schema_is(dashboard: MockDashboard, path: str) -> None:
    """The page is read without a key, and says that the schema is the mock's own."""
    answer = read(dashboard, path)
    assert (answer.status, dict(answer.headers)["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "The vendor publishes none" in answer.body.decode()
    assert [(entry.operation, entry.violations) for entry in dashboard.journal] == [("playground", [])]


def test_the_page_and_its_assets_are_confined(dashboard: MockDashboard) -> None:
    """The page, its script and its style have the content security policy, and the page names nothing else."""
    page = read(dashboard, "/playground")
    addresses = re.findall(r'(?:src|href|action)="([^"#]+)"', page.body.decode())
    assert addresses == [f"{pages.ASSETS_PREFIX}pages.css", f"{pages.ASSETS_PREFIX}playground.js"]
    assert not re.search(r"<style|\bstyle=|\bon[a-z]+=|<script>", page.body.decode())
    for answer in (page, *(read(dashboard, address) for address in addresses)):
        headers = dict(answer.headers)
        assert answer.status == 200
        assert headers["Content-Security-Policy"] == pages.POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["", "none.js", "../pages.py", "..%2fpages.py", "../templates/base.html", "base.html", "%00"]
)
def test_only_assets_are_handed_out(dashboard: MockDashboard, name: str) -> None:
    """A name that is no script and no style sheet of the mock is not found."""
    assert read(dashboard, pages.ASSETS_PREFIX + name).status == 404


def test_a_gateway_has_the_assets_too() -> None:
    """The route of assets belongs to every mock, so that each may have pages."""
    with MockGateway() as gateway:
        answer = read(gateway, f"{pages.ASSETS_PREFIX}pages.css")
        assert (answer.status, dict(answer.headers)["Content-Type"]) == (200, "text/css; charset=utf-8")


def test_assets_are_for_everyone_and_the_mocks_own_api_is_not(dashboard: MockDashboard) -> None:
    """A page under another name of the machine has its assets, where the rest of /_mock/ is refused."""
    with Client(dashboard.url) as client:
        for path, status in (
            (f"{pages.ASSETS_PREFIX}pages.css", 200),
            ("/_mock/journal", 403),
            (f"{pages.ASSETS_PREFIX}../journal", 404),
        ):
            assert client.send("GET", path, host="dashboard.example").status == status


def test_values_of_a_page_are_escaped() -> None:
    """Markup in a value of a template is shown as text."""
    assert b"&lt;script&gt;" in pages.page("playground.html", version="<script>").body


def test_a_query_runs_by_keyboard(dashboard: MockDashboard, browser: Browser) -> None:
    """Ctrl+Enter runs the query with the key and the variables, and 64-bit numbers keep their digits."""
    created(dashboard, name="Gold", quota_max=2**63 - 1)
    with visit(browser, f"{dashboard.url}/playground") as page:
        page.get_by_label("Access key of a user").fill(dashboard.key)
        page.get_by_label("Query", exact=True).fill(
            "query ($p: Int!) { policies(p: $p) { Data { name quota_max } } }"
        )
        page.get_by_label("Variables, in JSON").fill('{"p": -1}')
        page.keyboard.press("Control+Enter")
        assert "200 in" in shown(page, "status", "^200")
        assert '"name": "Gold"' in page.inner_text("#response")
        assert '"quota_max": 9223372036854775807' in page.inner_text("#response")


def test_the_page_asks_for_the_key(dashboard: MockDashboard, browser: Browser) -> None:
    """Without a key, and with a wrong one, the page says what to do, and puts the cursor there."""
    with visit(browser, f"{dashboard.url}/playground") as page:
        page.get_by_role("button", name="Run").click()
        assert "Give the access key of a user." in shown(page, "status", "^401")
        assert page.evaluate("document.activeElement.id") == "key"
        page.keyboard.type("wrong")
        page.get_by_role("button", name="Load the schema").click()
        assert shown(page, "schema-status", "wrong") == "The access key is wrong; give another one."


def test_headers_may_bear_the_key(dashboard: MockDashboard, browser: Browser) -> None:
    """A typed header is sent, and may carry the key; a line that is no header is named."""
    with visit(browser, f"{dashboard.url}/playground") as page:
        page.get_by_label("Other headers, one a line").fill(
            f"Authorization: Bearer {dashboard.key}\nX-Test: 1"
        )
        page.get_by_role("button", name="Run").click()
        shown(page, "status", "^200")
        assert ("x-test", "1") in dashboard.journal[-1].headers
        page.get_by_label("Other headers, one a line").fill("no header")
        page.get_by_role("button", name="Run").click()
        assert "write Name: value" in shown(page, "status", "no header")
        page.get_by_label("Other headers, one a line").fill("")
        page.get_by_label("Variables, in JSON").fill("{")
        page.get_by_role("button", name="Run").click()
        assert "not valid JSON" in shown(page, "status", "variables")


def test_one_of_several_operations_runs(dashboard: MockDashboard, browser: Browser) -> None:
    """The field for the operation chooses it; a mutation changes the Dashboard."""
    with visit(browser, f"{dashboard.url}/playground") as page:
        page.get_by_label("Access key of a user").fill(dashboard.key)
        page.get_by_label("Query", exact=True).fill(
            'query A { __typename } mutation B { createPolicy(policy: {name: "<b>Gold</b>"}) { name } }'
        )
        page.get_by_label("Variables, in JSON").fill("")
        page.get_by_label("Operation, if the query has several").fill("B")
        page.get_by_role("button", name="Run").click()
        shown(page, "status", "^200")
        assert "<b>Gold</b>" in page.inner_text("#response")
        assert [policy["name"] for policy in dashboard.policies.values()] == ["<b>Gold</b>"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_schema_is_shown_from_introspection(
    dashboard: MockDashboard, browser: Browser, scheme: str
) -> None:
    """The page lists the types with their members and descriptions, readable in light and dark."""
    with visit(browser, f"{dashboard.url}/playground", color_scheme=scheme) as page:
        page.get_by_label("Access key of a user").fill(dashboard.key)
        page.get_by_role("button", name="Load the schema").click()
        assert "The vendor publishes none" in shown(page, "schema-status", "types")
        schema = page.inner_text("#schema")
        assert "policy(id: ID!): Policy" in schema
        assert "It is no patch." in schema
        page.get_by_text("PolicyInput (input_object)").click()
        assert "access_rights: [AccessRightEntryInput!]" in page.inner_text("#schema")
        colours = page.evaluate(
            "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.getElementById('query')))"
        )
        assert contrast(*colours) > 7


def test_a_switched_off_introspection_is_said(browser: Browser) -> None:
    """Without introspection the page says so in place of the schema, and still runs queries."""
    with (
        MockDashboard(introspection=False) as dashboard,
        visit(browser, f"{dashboard.url}/playground") as page,
    ):
        page.get_by_label("Access key of a user").fill(dashboard.key)
        page.get_by_role("button", name="Load the schema").click()
        assert "introspection" in shown(page, "schema-status", "introspection").lower()
        page.get_by_role("button", name="Run").click()
        shown(page, "status", "^200")


def contrast(*colours: str) -> float:
    """The contrast ratio of two colours of CSS by WCAG 2."""
    lightness = []
    for colour in colours:
        channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
        lightness.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lightness) + 0.05) / (min(lightness) + 0.05)
