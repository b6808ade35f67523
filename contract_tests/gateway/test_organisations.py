"""/tyk/org/keys: sessions of organisations."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import TWICE, Mismatch, expect, shorten
from contract_tests.engine.declaration import FIRST, RELOAD, STARTED, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.apis import write_api
from contract_tests.gateway.builders.sessions import as_session, needs_store
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, ORGANISATIONS

NOT_FOUND, MALFORMED = "Org not found", "Request malformed"


@behaviour("organisation-sessions-are-kept")
def test_the_session_of_an_organisation_is_kept(gateway: Gateway) -> Steps:
    """An organisation's session is written by POST and PUT, read by GET, whatever orgID says, and removed by DELETE."""
    api, name = write_api(gateway), gateway.new_id()
    path = f"{ORGANISATIONS}/{name}"
    yield RELOAD

    for _ in TWICE:
        expect_error(gateway.send("GET", path), 404, NOT_FOUND)
        for method, action, session in (
            ("POST", "added", {"org_id": api.org_id, "quota_max": 10, "rate": 5, "per": 1}),
            ("PUT", "modified", {"org_id": api.org_id, "quota_max": 20}),
        ):
            expect_written(gateway.send(method, path, session), name, action)
            for query in ("", "?orgID=none-of-that-name"):
                _expect_session(gateway, path + query, session)
        for query, is_listed in (("", True), (f"?filter={name[:-1]}", True), (f"?filter={name}x", False)):
            listing = gateway.send("GET", f"{ORGANISATIONS}{query}")
            if (name in listing.document.get("keys", [])) is not is_listed:
                expected = f"a list with {name}" if is_listed else f"a list without {name}"
                raise Mismatch(expected, shorten(listing.text), listing)
        for method in ("POST", "PUT"):
            expect_error(gateway.send(method, path, "{"), 400, MALFORMED)
        expect_written(gateway.send("DELETE", path), name, "deleted")
        expect_error(gateway.send("GET", path), 404, NOT_FOUND)
        expect_error(gateway.send("DELETE", path), 400, "Failed to remove the key")


def _expect_session(gateway: Gateway, path: str, session: dict[str, Any]) -> None:
    """Expect this session, changed a moment ago, as a gateway of this version encodes it."""
    exchange = gateway.send("GET", path)
    answer = exchange.document
    if not str(answer.get("last_updated")).isdigit():
        raise Mismatch("last_updated in seconds", repr(answer.get("last_updated")), exchange)
    text = as_session(gateway, {**session, "last_updated": answer["last_updated"]})
    expect(exchange, 200, text, expected="200 with this session")


@behaviour("organisation-quotas-are-reset")
def test_the_quota_of_an_organisation_is_reset(gateway: Gateway) -> Steps:
    """A write with reset_quota=1 starts the period of an organisation's quota; other writes do not."""
    api, name = write_api(gateway), gateway.new_id()
    path = f"{ORGANISATIONS}/{name}"
    yield RELOAD

    session = {"org_id": api.org_id, "quota_max": 10, "quota_renewal_rate": 3600, "quota_renews": 7}
    for method, query, is_reset in (
        ("POST", "?reset_quota=1", True),
        ("PUT", "?reset_quota=0", False),
        ("PUT", "?reset_quota=1", True),
        ("PUT", "", False),
    ):
        gateway.send(method, path + query, session)
        exchange = gateway.send("GET", path)
        answer = exchange.document
        renews, updated = answer.get("quota_renews"), str(answer.get("last_updated"))
        if not isinstance(renews, int) or not updated.isdigit():
            raise Mismatch("quota_renews and last_updated in seconds", shorten(exchange.text), exchange)
        if is_reset and abs(renews - int(updated) - 3600) > 1:
            raise Mismatch("quota_renews an hour after last_updated", f"{renews - int(updated)} s", exchange)
        if not is_reset and renews != 7:
            raise Mismatch("quota_renews 7, as sent", repr(renews), exchange)


@behaviour("organisations-may-need-an-api", phase=FIRST)
def test_no_organisation_is_written_without_an_api(gateway: Gateway) -> Steps:
    """An organisation's session is refused while no API is loaded, and written then."""
    needs_store(gateway)
    name = gateway.new_id()
    exchanges = [gateway.send(method, f"{ORGANISATIONS}/{name}", {}) for method in ("POST", "PUT")]
    if gateway.send("GET", APIS).text != "[]\n":
        raise NotApplicable("the gateway has APIs")
    for exchange in exchanges:
        expect_error(exchange, 404, "No such organisation found in Active API list")
    yield STARTED

    write_api(gateway)
    yield RELOAD

    expect_written(gateway.send("POST", f"{ORGANISATIONS}/{name}", {}), name, "added")


@behaviour("organisations-need-an-api", phase=FIRST)
def test_no_organisation_is_found_without_an_api(gateway: Gateway) -> None:
    """An organisation's session is neither listed, read nor removed while no API is loaded."""
    needs_store(gateway)
    path = f"{ORGANISATIONS}/{gateway.new_id()}"
    expect_written(gateway.send("POST", path, {}), path.rpartition("/")[2], "added")
    exchanges = [
        (gateway.send(method, target), expected)
        for method, target, expected in (
            ("GET", ORGANISATIONS, "ORG not found"), ("GET", path, NOT_FOUND), ("DELETE", path, NOT_FOUND)
        )
        for _ in TWICE
    ]  # fmt: skip
    if gateway.send("GET", APIS).text != "[]\n":
        raise NotApplicable("the gateway has APIs")
    for exchange, expected in exchanges:
        expect_error(exchange, 404, expected)
