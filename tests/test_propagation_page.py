"""The routes of a mock Dashboard that show its nodes, and the page of propagation."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from browsing import chromium, visit
from dashboards import add, ask
from placements import plane
from test_nodes import Gateway

from mockserver import MockDashboard
from mockserver.dashboard.nodes import history
from mockserver.http.client import Client


def test_nodes_and_planes_are_listed(dashboard: MockDashboard) -> None:
    """/_mock/nodes has all nodes with what they were given, /_mock/planes those over MDCB, and no secret."""
    add(dashboard, id="gold")
    gateway = Gateway(dashboard).register()
    gateway.pull()
    plane(dashboard, "gold")
    nodes = ask(dashboard, "GET", "/_mock/nodes")[1]
    assert [(node["id"], node["protocol"]) for node in nodes] == [
        (gateway.node_id, "http"), ("plane", "mdcb")
    ]  # fmt: skip
    assert [policy["id"] for policy in nodes[0]["delivered"]] == ["gold"]
    assert ask(dashboard, "GET", "/_mock/planes")[1] == nodes[1:]
    assert gateway.nonce not in str(nodes)


def page(dashboard: MockDashboard, headers: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The headers and the text of /_mock/propagation."""
    with Client(dashboard.url) as client:
        answer = client.send("GET", "/_mock/propagation", list(headers.items()))
    assert answer.status == 200
    return dict(answer.headers), answer.body.decode()


def test_a_browser_is_given_a_page(dashboard: MockDashboard) -> None:
    """A client that accepts HTML is given a page, escaped, with the assets of its server alone; others JSON."""
    add(dashboard, id="gold")
    plane(dashboard, "<b>")
    headers, text = page(dashboard, {"Accept": "text/html,*/*;q=0.8"})
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "style-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Not all nodes have today" in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        assert page(dashboard, accept)[0]["Content-Type"] == "application/json"


def test_data_planes_are_listed_as_by_mdcb(dashboard: MockDashboard) -> None:
    """GET /dataplanes needs the admin secret, and lists the planes of each organisation with what they have."""
    add(dashboard, id="gold")
    plane(dashboard, "gold")
    for wrong in ("", "wrong"):
        status, answer = ask(dashboard, "GET", "/dataplanes", None, ("X-Tyk-Authorization", wrong))
        assert (status, list(answer)) == (401, ["error"])
    secret = ("X-Tyk-Authorization", "mock-admin-secret")
    (listed,) = ask(dashboard, "GET", "/dataplanes", None, secret)[1][dashboard.state.organisation]
    assert (listed["node_id"], listed["group_id"]) == ("plane", "eu")
    assert listed["stats"] == {"policies_count": 1, "loaded_policies": [{"policy_id": "gold"}]}
    assert ask(dashboard, "GET", "/dataplanes?node_id=other", None, secret)[1] == {}


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False])
def test_the_page_is_readable_on_a_telephone(dashboard: MockDashboard, *, javascript: bool) -> None:
    """At 390 pixels nothing stands beside the page, which asks no other server and needs no script."""
    add(dashboard, id="a-policy-with-a-very-long-id-" + "x" * 60)
    Gateway(dashboard).register().pull()
    plane(dashboard, "lost")
    viewport = {"width": 390, "height": 800}
    with (
        chromium() as browser,
        visit(
            browser,
            f"{dashboard.url}/_mock/propagation",
            viewport=viewport,
            java_script_enabled=javascript,
        ) as opened,
    ):
        assert "Not all nodes have today" in opened.inner_text("#verdict")
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_noted_as_confirmed_is_bounded(
    dashboard: MockDashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of confirmations under many names the oldest are forgotten, and one under a long name is refused."""
    monkeypatch.setattr(history, "MOST_NOTES", 3)
    add(dashboard, id="gold")
    [policy] = ask(dashboard, "GET", "/_mock/propagation")[1]["policies"]
    for number in range(5):
        told = {"node": str(number), "policies": [policy]}
        assert ask(dashboard, "POST", "/_mock/confirmations", told)[1]["noted"] == 1
    [change] = ask(dashboard, "GET", "/_mock/changes")[1]
    assert [event["node"] for event in change["events"] if event["event"] == "confirmed"] == ["2", "3", "4"]
    status, answer = ask(dashboard, "POST", "/_mock/confirmations", {"node": "n" * 257, "policies": []})
    assert (status, "at most 256 characters" in answer["message"]) == (400, True)
