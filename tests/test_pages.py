"""The pages of a mock for a browser: what they show, what their forms do, and who is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from asking import call, send
from flask import Flask
from page_texts import page, post, text_of
from test_control_access import RESPONSE_HEADERS

from mockserver import MockDashboard, MockGateway, create_app
from mockserver.gateway.source import ReloadHangs
from mockserver.http.client import Client
from mockserver.service.pages import pages
from mockserver.serving.pages.blueprint import pages_blueprint
from mockserver.serving.pages.documents import documents
from mockserver.serving.pages.rendering import NAVIGATION, PREFIX

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e"
GOLD = {
    "id": "gold",
    "org_id": "acme",
    "rate": 5,
    "per": 1,
    "access_rights": {"orders": {"api_id": "orders", "versions": ["Default"]}},
}
ORDERS = {
    "api_id": "orders",
    "name": "Orders",
    "org_id": "acme",
    "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test"},
}


def seeded() -> MockGateway:
    """A gateway with a policy, an API and a key."""
    gateway = MockGateway()
    gateway.seed(policies=[GOLD], apis=[ORDERS], keys={"key": {"org_id": "acme", "apply_policies": ["gold"]}})
    return gateway


@pytest.mark.parametrize("service", ["gateway", "dashboard"])
def test_each_link_of_the_navigation_leads_to_a_page(service: str) -> None:
    """Each page has a title, the navigation with its own link marked, a main part, and a skip link."""
    with MockGateway() if service == "gateway" else MockDashboard() as mock:
        for link in NAVIGATION[service]:
            text = page(mock, link.path)
            assert text.count("<h1>") == text.count('<main id="content"') == 1
            if link.path != "/playground":  # it answers everyone, whom the others would refuse
                assert f'<a href="{link.path}" aria-current="page">{link.title}</a>' in text
                assert '<a class="skip" href="#content">' in text


@pytest.mark.parametrize(
    "path", ["/_mock/", f"{PREFIX}/journal", f"{PREFIX}/journal/7", f"{PREFIX}/nothing", "/_mock"]
)
def test_pages_are_confined(gateway: MockGateway, path: str) -> None:
    """A page has a policy that allows assets and forms of its own server alone, and is never stored or framed."""
    answer = send(gateway, "GET", path)
    headers = dict(answer.headers)
    for name, value in RESPONSE_HEADERS.items():
        if name != "Content-Security-Policy":
            assert headers[name] == value
    is_page = headers["Content-Type"] == "text/html; charset=utf-8" and answer.body
    expected = pages.POLICY if is_page else RESPONSE_HEADERS["Content-Security-Policy"]
    assert headers["Content-Security-Policy"] == expected
    assert not re.search(rb"<style|\bstyle=|\bon[a-z]+=|<script>|https?://", answer.body)


def test_the_short_address_leads_to_the_page(gateway: MockGateway) -> None:
    """/_mock leads to /_mock/, other machines' names are refused at both, and / stays the gateway's own 404."""
    answer = send(gateway, "GET", "/_mock")
    assert (answer.status, dict(answer.headers)["Location"]) == (302, "/_mock/")
    for path in ("/_mock", "/_mock/", f"{PREFIX}/journal"):
        with Client(gateway.url) as client:
            assert client.send("GET", path, host="rebound.example").status == 403
    assert send(gateway, "GET", "/").body == send(gateway, "GET", "/nothing").body
    assert [entry.path for entry in gateway.journal] == ["/", "/nothing"]


@pytest.mark.parametrize(
    "header",
    [
        ("Origin", "http://evil.test"),
        ("Origin", "null"),
        ("Referer", "http://evil.test/"),
        ("Sec-Fetch-Site", "cross-site"),
    ],
)
def test_forms_of_other_sites_are_refused(gateway: MockGateway, header: tuple[str, str]) -> None:
    """A form that a page of another site posts changes nothing; one of the mock's own page does."""
    gateway.fault("reload", status=503)
    for path in ("reset", "reload", "faults", "faults/clear", "clock", "journal/clear"):
        assert post(gateway, path, header, action="freeze", scenario="redis-down").status == 403
    assert [fault["operation"] for fault in gateway.mock.faults.as_list()] == ["reload"]
    assert post(gateway, "faults/clear", ("Origin", gateway.url)).status == 303
    assert gateway.mock.faults.as_list() == []


def test_policies_stand_side_by_side_with_their_difference() -> None:
    """The page of policies shows the members that differ, and a reload makes both sides equal."""
    with seeded() as gateway:
        call(gateway, "POST", "/tyk/policies", {**GOLD, "rate": 7})
        call(gateway, "POST", "/tyk/policies", {"id": "new"})
        text = text_of(page(gateway, f"{PREFIX}/policies"))
        assert "2 of 2 policies are not loaded as written" in text
        assert "member written loaded rate 7 5 Written and loaded" in text
        assert "gold it is written anew, and loaded as before: there was no reload since" in text
        assert "new it is written, and not loaded" in text
        both = text_of(page(gateway, f"{PREFIX}/policy?id=gold"))
        assert both.index('"rate": 7') < both.index("Loaded") < both.index('"rate": 5')
        assert dict(post(gateway, "reload").headers)["Location"] == f"{PREFIX}/policies"
        assert gateway.policies["gold"]["rate"] == 7
        assert "All policies are loaded as they are written" in page(gateway, f"{PREFIX}/policies")
        call(gateway, "DELETE", "/tyk/policies/gold")
        assert "gold it is deleted, and still loaded" in text_of(page(gateway, f"{PREFIX}/policies"))
        assert "no policy" in page(gateway, f"{PREFIX}/policy?id=none", 404)


def test_a_reload_that_never_ends_is_told(gateway: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload that a real gateway would never end is not waited for; the page tells why."""

    def hang() -> None:
        raise ReloadHangs("a nonce was refused")

    monkeypatch.setattr(gateway.gateway, "reload", hang)
    answer = post(gateway, "reload")
    assert answer.status == 500
    assert "would never end this reload: a nonce was refused" in answer.body.decode()


def test_a_key_is_explained() -> None:
    """The page of keys leads to the policy and the rule of each value, as `why` tells them."""
    with seeded() as gateway:
        text = page(gateway, f"{PREFIX}/keys")
        assert "acmekey" in text
        why = text_of(page(gateway, f"{PREFIX}/why?key=acmekey"))
        reasons = call(gateway, "POST", "/_mock/why", {"key": "acmekey"})[1]["reasons"]
        [rate] = [reason for reason in reasons if reason["path"] == "rate"]
        assert f"rate 5 {rate['origin']} {rate['rule']}" in why
        assert page(gateway, f"{PREFIX}/why?key=key&org_id=acme").count("gold") > 1
        assert "There is no key" in page(gateway, f"{PREFIX}/why?key=none", 404)
        assert "/orders/" in page(gateway, f"{PREFIX}/apis")


def test_hashed_keys_are_explained_by_their_hash() -> None:
    """With hash_keys the page lists hashes, and each leads to its explanation."""
    with MockGateway(config={"hash_keys": True}) as gateway:
        gateway.seed(
            policies=[GOLD], apis=[ORDERS], keys={"key": {"org_id": "acme", "apply_policies": ["gold"]}}
        )
        text = page(gateway, f"{PREFIX}/keys")
        assert "acmekey" not in text
        [link] = re.findall(rf'href="({PREFIX}/why\?key=[^"]+)"', text)
        assert "gold" in page(gateway, unescape(link))


def test_the_configuration_shows_no_secret() -> None:
    """The page of the configuration has each key with its variable, those that are set first, and no secret."""
    with MockGateway(secret="secret-of-a-test", config={"hash_keys": True}) as gateway:
        text = text_of(page(gateway, f"{PREFIX}/configuration"))
        assert 'secret TYK_GW_SECRET "***" no' in text
        assert text.index("hash_keys TYK_GW_HASHKEYS true no") < text.index("app_path")
        assert "secret-of-a-test" not in text


def test_the_overview_resets(gateway: MockGateway) -> None:
    """The button of the overview restores the initial state, as the mock's own API does."""
    gateway.policies.seed({"id": "gold"})
    assert "Policies loaded 1" in text_of(page(gateway, "/_mock/"))
    assert "The mock was reset" in post(gateway, "reset").body.decode()
    assert list(gateway.policies) == []


def test_files_that_a_reset_leaves_are_named(tmp_path: Path) -> None:
    """A reset names the files that others have changed; the overview shows what lint finds in files."""
    path = tmp_path / "gold.json"
    with MockGateway(policies=str(tmp_path)) as gateway:
        call(gateway, "POST", "/tyk/policies", {"id": "gold"})
        path.write_text('{"id": "gold", "raet": 1}')
        gateway.reload()
        assert "raet" in text_of(page(gateway, "/_mock/"))
        assert "gold.json" in post(gateway, "reset").body.decode()


def test_documents_are_shown_without_a_network(gateway: MockGateway) -> None:
    """The overview links each document of the project, whose text is shown as it is."""
    text = page(gateway, "/_mock/")
    for document in documents():
        assert f'href="{PREFIX}/docs/{document.name}">' in text
    assert "`redis-down`" in page(gateway, f"{PREFIX}/docs/faults")
    assert "There is no document" in page(gateway, f"{PREFIX}/docs/none", 404)


def test_what_others_have_sent_is_escaped() -> None:
    """Markup and control characters in ids, headers, targets, bodies and configuration are shown as text."""
    with MockGateway(config={"allow_unsafe_policy_ids": True, "app_path": ""}) as gateway:
        gateway.gateway.store.write(
            {**gateway.gateway.codec.decode(b"{}"), "id": HOSTILE.replace("/", "-"), "name": HOSTILE}
        )
        gateway.reload()
        gateway.seed(
            policies=[GOLD], apis=[{**ORDERS, "name": HOSTILE}],
            keys={HOSTILE: {"org_id": "acme", "alias": HOSTILE, "apply_policies": ["gold"]}},
        )  # fmt: skip
        call(gateway, "POST", "/tyk/policies", {"id": HOSTILE, HOSTILE: HOSTILE})
        send(gateway, "GET", "/<script>x", [("X-Own", "<script>alert(1)</script>")])
        gateway.fault("addPolicy", status=500, message=HOSTILE)
        key = urlencode({"key": f"acme{HOSTILE}"})
        paths = [
            "/_mock/", *(f"{PREFIX}/{name}" for name in ("policies", "keys", "apis", "journal", "journal/1", "journal/2")),
            f"{PREFIX}/faults", f"{PREFIX}/why?{key}", f"{PREFIX}/policy?{urlencode({'id': HOSTILE.replace('/', '-')})}",
            f"{PREFIX}/journal?{urlencode({'text': HOSTILE})}",
        ]  # fmt: skip
        for path in paths:
            text = page(gateway, path)
            assert not re.search(r"<script(?! src=\"/_mock/assets/)", text), path
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text), path
        assert "&lt;script&gt;" in page(gateway, f"{PREFIX}/policies")
        assert r"\x1b[2J\u202e" in page(gateway, f"{PREFIX}/policies")


def test_a_dashboard_shows_its_organisations(dashboard: MockDashboard) -> None:
    """The page of organisations has policies, users and APIs, but no access key."""
    dashboard.seed(policies=[{"name": "<b>Gold</b>", "rate": 5, "per": 1}], apis=[ORDERS])
    text = page(dashboard, f"{PREFIX}/organisations")
    assert "&lt;b&gt;Gold&lt;/b&gt;" in text
    assert "admin@example.com" in text
    assert "Orders" in text
    assert dashboard.key not in text


def test_a_dashboard_leads_to_the_gateway_beside() -> None:
    """The overview of a Dashboard links the pages of the gateway beside it."""
    with MockDashboard() as dashboard:
        assert dashboard.gateway is not None
        assert f'href="{dashboard.gateway.page}"' in page(dashboard, "/_mock/")


def test_other_servers_have_the_pages_too() -> None:
    """Under another WSGI server the pages answer, and forms of other sites are refused."""
    client = create_app().test_client()
    assert client.get("/_mock").headers["Location"] == "/_mock/"
    assert b"<h1>Mock gateway</h1>" in client.get("/_mock/").data
    assert client.post(f"{PREFIX}/reload", headers={"Origin": "http://evil.test"}).status_code == 403
    assert client.post(f"{PREFIX}/reload", headers={"Origin": "http://localhost"}).status_code == 303


def test_a_service_without_pages_of_its_own_has_the_common_ones(gateway: MockGateway) -> None:
    """Of any service a browser finds overview, journal, faults and clock."""
    app = Flask("notes")
    service = replace(gateway._service, name="notes")
    app.register_blueprint(pages_blueprint(SimpleNamespace(mock=gateway.mock, service=service)))
    for path in ("/_mock/", f"{PREFIX}/journal", f"{PREFIX}/faults", f"{PREFIX}/clock"):
        answer = app.test_client().get(path)
        assert (answer.status_code, b'aria-current="page"' in answer.data) == (200, True)
    assert app.test_client().get(f"{PREFIX}/configuration").status_code == 404
