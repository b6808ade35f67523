"""/tyk/apis: definitions, written and loaded; and /tyk/org/keys."""

from __future__ import annotations

import json

from contract_tests.apis import api, call, definition, expect_passed
from contract_tests.batch import RELOAD, Steps, behaviour
from contract_tests.checks import Mismatch, expect_error, expect_written
from contract_tests.gateway import Gateway
from contract_tests.ownership import APIS, ORGANISATIONS
from contract_tests.sessions import KEYS

NOT_FOUND = "API not found"


@behaviour("apis-need-reload")
def test_a_written_api_is_served_after_a_reload(gateway: Gateway) -> Steps:
    """A definition that was written is neither read nor served before the gateway reloads."""
    made = api(gateway, use_keyless=True)
    expect_error(gateway.send("GET", f"{APIS}/{made.id}"), 404, NOT_FOUND)
    early = call(gateway, made)
    if early.status != 404:
        raise Mismatch("404 before the reload", str(early.status), early)
    yield RELOAD

    exchange = gateway.send("GET", f"{APIS}/{made.id}")
    found = exchange.json if isinstance(exchange.json, dict) else {}
    if (exchange.status, found.get("api_id")) != (200, made.id):
        raise Mismatch(f"200 with the definition of {made.id}", f"{exchange.status}", exchange)
    expect_passed(call(gateway, made))


@behaviour("api-changes-need-reload")
def test_a_changed_and_a_deleted_api_stay_until_a_reload(gateway: Gateway) -> Steps:
    """PUT and DELETE of an API show after a reload."""
    written = definition(gateway, use_keyless=True)
    made = api(gateway, **written)
    path = f"{APIS}/{made.id}"
    yield RELOAD

    expect_written(gateway.send("PUT", path, {**written, "name": "another"}), made.id, "modified")
    _expect_name(gateway, path, written["name"])
    yield RELOAD

    _expect_name(gateway, path, "another")
    expect_written(gateway.send("DELETE", path), made.id, "deleted")
    _expect_name(gateway, path, "another")
    yield RELOAD

    expect_error(gateway.send("GET", path), 404, NOT_FOUND)


def _expect_name(gateway: Gateway, path: str, name: str) -> None:
    exchange = gateway.send("GET", path)
    found = exchange.json if isinstance(exchange.json, dict) else {}
    if found.get("name") != name:
        raise Mismatch(f"a definition with the name {name!r}", repr(found.get("name")), exchange)


@behaviour("unloaded-api-is-404")
def test_an_api_that_is_not_loaded_is_not_found(gateway: Gateway) -> None:
    """GET, PUT and DELETE of an API that is not loaded answer 404, on file or not."""
    made = api(gateway)
    path = f"{APIS}/{made.id}"
    body = json.dumps({"api_id": made.id, "proxy": {"listen_path": f"/{made.id}/"}})
    for method in ("GET", "PUT", "DELETE"):
        expect_error(gateway.send(method, path, body if method == "PUT" else None), 404, NOT_FOUND)


@behaviour("broken-api-is-400")
def test_a_broken_definition_is_refused(gateway: Gateway) -> Steps:
    """A body that is no definition, or names another API than the path, answers 400."""
    made, other = api(gateway), gateway.new_id()
    yield RELOAD

    expect_error(gateway.send("POST", APIS, "{"), 400, "Request malformed")
    expect_error(gateway.send("POST", APIS, f'{{"api_id":"{other}","name":1}}'), 400, "Request malformed")
    told = "Request APIID does not match that in Definition! For Update operations these must match."
    expect_error(gateway.send("PUT", f"{APIS}/{made.id}", {"api_id": other}), 400, told)


@behaviour("mcp-members-need-an-mcp-proxy")
def test_rights_for_mcp_proxies_need_one(gateway: Gateway) -> Steps:
    """A policy with a member for MCP proxies in its right to another API is refused; an unknown API may be one."""
    made = api(gateway)
    yield RELOAD

    tools = {"mcp_access_rights": {"tools": {"allowed": ["search"]}}}
    policy = {"id": gateway.new_id(), "access_rights": {made.id: {**made.rights[made.id], **tools}}}
    told = "MCP fields can only be configured on MCP Proxies"
    refusal = f'{told}, API "{made.id}" is not an MCP Proxy'
    expect_error(gateway.post(policy), 400, refusal)
    session, name = {"access_rights": policy["access_rights"]}, gateway.new_id("-key")
    for method in ("POST", "PUT"):
        expect_error(gateway.send(method, f"{KEYS}/{name}", session), 400, refusal)
    gateway.create(access_rights={gateway.new_id(): tools})


@behaviour("organisation-sessions-are-kept")
def test_the_session_of_an_organisation_is_kept(gateway: Gateway) -> Steps:
    """POST and PUT write an organisation's session whole, GET reads it, DELETE forgets it."""
    made, name = api(gateway), gateway.new_id()
    path = f"{ORGANISATIONS}/{name}"
    yield RELOAD

    expect_error(gateway.send("GET", path), 404, "Org not found")
    session = {"org_id": made.org_id, "quota_max": 10, "rate": 5, "per": 1}
    expect_written(gateway.send("POST", path, session), name, "added")
    _expect_limits(gateway, path, (10, 5))
    expect_written(gateway.send("PUT", path, {"org_id": made.org_id, "quota_max": 20}), name, "modified")
    _expect_limits(gateway, path, (20, 0))
    listed = gateway.send("GET", ORGANISATIONS)
    if not isinstance(listed.json, dict) or name not in listed.json.get("keys", []):
        raise Mismatch(f"a list with {name}", listed.text[:200], listed)
    expect_error(gateway.send("POST", path, "{"), 400, "Request malformed")
    expect_written(gateway.send("DELETE", path), name, "deleted")
    expect_error(gateway.send("GET", path), 404, "Org not found")
    expect_error(gateway.send("DELETE", path), 400, "Failed to remove the key")


def _expect_limits(gateway: Gateway, path: str, limits: tuple[int, int]) -> None:
    exchange = gateway.send("GET", path)
    found = exchange.json if isinstance(exchange.json, dict) else {}
    if (found.get("quota_max", 0), found.get("rate", 0)) != limits:
        raise Mismatch(f"quota_max and rate {limits}", exchange.text[:200], exchange)
