"""MCP proxies: APIs in OpenAPI form under paths of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.gateway.builders.apis import write_api
from contract_tests.gateway.builders.open_apis import EXTENSION, document, write
from contract_tests.gateway.builders.sessions import needs_store
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, MCPS, OPEN_APIS, POLICIES

NOT_FOUND, NO_PROXY = "API not found", "API is not an MCP Proxy"
OTHER_ID = "Request APIID does not match that in Definition! For Update operations these must match."
HTTP_RIGHTS = 'HTTP/REST and GraphQL fields cannot be configured on MCP Proxies, API "{}" is an MCP Proxy'
WRONG_TYPE = 'invalid MCP primitive type "spoon": must be one of tool, resource, prompt'
Change = Callable[[dict[str, Any]], object]
REFUSED: list[tuple[str, Change, str]] = [
    ("no extension", lambda sent: sent.pop(EXTENSION), "the payload should contain x-tyk-api-gateway"),
    ("no version", lambda sent: sent.pop("openapi"), "(root): openapi is required"),
    ("other version", lambda sent: sent.update(openapi="2.0"), 'schema not found for version "2.0"'),
    (
        "no upstream", lambda sent: sent[EXTENSION]["upstream"].clear(),
        (
            "x-tyk-api-gateway.upstream: Must validate at least one schema (anyOf)\n"
            "x-tyk-api-gateway.upstream: url is required"
        ),
    ),
]  # fmt: skip


@behaviour("mcp-proxies-are-kept")
def test_an_mcp_proxy_is_kept(gateway: Gateway) -> Steps:
    """An MCP proxy is read after the reload that follows its write, its update or its deletion."""
    sent = document(gateway)
    name = _write(gateway, sent)
    expect_error(gateway.send("GET", f"{MCPS}/{name}"), 404, NOT_FOUND)
    yield RELOAD

    _expect_title(gateway, name, name)
    changed = {**sent, "info": {"title": "changed", "version": "2"}}
    expect_written(gateway.send("PUT", f"{MCPS}/{name}", changed), name, "modified")
    expect_error(gateway.send("PUT", f"{MCPS}/{name}", document(gateway)), 400, OTHER_ID)
    expect_error(gateway.send("PUT", f"{MCPS}/{gateway.new_id()}", document(gateway)), 404, NOT_FOUND)
    _expect_title(gateway, name, name)
    yield RELOAD

    _expect_title(gateway, name, "changed")
    expect_written(gateway.send("DELETE", f"{MCPS}/{name}"), name, "deleted")
    _expect_title(gateway, name, "changed")
    yield RELOAD

    for method in ("GET", "DELETE"):
        expect_error(gateway.send(method, f"{MCPS}/{name}"), 404, NOT_FOUND)


@behaviour("mcp-proxies-keep-apart")
def test_mcp_proxies_and_apis_keep_apart(gateway: Gateway) -> Steps:
    """An MCP proxy is listed among MCP proxies alone, or on request, and no other API is one."""
    name = _write(gateway, document(gateway))
    classic, other = write_api(gateway).id, write(gateway, document(gateway)).id
    yield RELOAD

    for target, ids in (
        (MCPS, {name}),
        (APIS, {classic, other}),
        (f"{APIS}?include_types=mcp", {name, classic, other}),
        (OPEN_APIS, {other}),
    ):
        exchange = gateway.send("GET", target)
        if (listed := _ids(exchange) & {name, classic, other}) != ids:
            raise Mismatch(f"of the test's APIs {sorted(ids)}", str(sorted(listed)), exchange)
    for api_id in (classic, other):
        sent = document(gateway)
        sent[EXTENSION]["info"]["id"] = api_id
        expect_error(gateway.send("GET", f"{MCPS}/{api_id}"), 404, NO_PROXY)
        expect_error(gateway.send("PUT", f"{MCPS}/{api_id}", sent), 404, NO_PROXY)
        expect_error(gateway.send("DELETE", f"{MCPS}/{api_id}"), 404, NO_PROXY)


@behaviour("mcp-proxies-are-versions")
def test_an_mcp_proxy_is_a_version_of_another(gateway: Gateway) -> Steps:
    """An MCP proxy that is added as a version of another is among its versions, until it is deleted."""
    base = _write(gateway, document(gateway))
    yield RELOAD

    sent, none = document(gateway), gateway.new_id()
    name = str(sent[EXTENSION]["info"]["id"])
    for query, status, text in (
        (f"base_api_id={base}", 422, "The new version name is required"),
        (f"base_api_id={none}&new_version_name=v2", 400, f"{none} is not a valid Base API version"),
        (
            f"base_api_id={base}&new_version_name=v2", 400,
            f"you need to provide a version name for the new Base API: {base}",
        ),
    ):  # fmt: skip
        expect_error(gateway.send("POST", f"{MCPS}?{query}", sent), status, text)
    query = f"base_api_id={base}&new_version_name=v2&base_api_version_name=v1&set_default=true"
    expect_written(gateway.send("POST", f"{MCPS}?{query}", sent), name, "added")
    yield RELOAD

    exchange = gateway.send("GET", f"{MCPS}/{name}")
    if exchange.header("X-Tyk-Base-Api-Id") != base:
        raise Mismatch(f"X-Tyk-Base-Api-Id: {base}", exchange.header("X-Tyk-Base-Api-Id") or "none", exchange)
    _expect_versions(gateway, base, "v2", [{"name": "v2", "id": name}])
    expect_written(gateway.send("DELETE", f"{MCPS}/{name}"), name, "deleted")
    yield RELOAD

    _expect_versions(gateway, base, "v1", [])


def _expect_versions(gateway: Gateway, base: str, default: str, versions: list[dict[str, str]]) -> None:
    """Expect the default and the versions of an MCP proxy that is called v1."""
    exchange = gateway.send("GET", f"{MCPS}/{base}")
    part = exchange.document.get(EXTENSION, {}).get("info", {}).get("versioning", {})
    told = (part.get("name"), part.get("default"), part.get("versions") or [])
    if exchange.status != 200 or told != ("v1", default, versions):
        raise Mismatch(f"v1, {default} and the versions {versions}", shorten(str(part)), exchange)


@pytest.mark.parametrize(
    ("change", "message"), [pytest.param(change, text, id=name) for name, change, text in REFUSED]
)
@behaviour("broken-mcp-proxies-are-refused")
def test_a_broken_mcp_proxy_is_refused(gateway: Gateway, change: Change, message: str) -> None:
    """A document that breaks a rule of OpenAPI or of the gateway answers 400 with that rule."""
    sent = document(gateway)
    name = sent[EXTENSION]["info"]["id"]
    change(sent)
    expect_error(gateway.send("POST", f"{MCPS}?apiID={name}", sent), 400, message)


@behaviour("mcp-rights-fit-their-api")
def test_rights_fit_an_mcp_proxy(gateway: Gateway) -> Steps:
    """A policy for an MCP proxy may limit its primitives, of three types, and no HTTP paths or GraphQL types."""
    sent = document(gateway)
    name, org_id = _write(gateway, sent), sent[EXTENSION]["info"]["orgId"]
    yield RELOAD

    def send(**rights: Any) -> Exchange:
        right = {"api_id": name, "versions": ["Default"], **rights}
        policy = {"id": gateway.new_id(), "org_id": org_id, "access_rights": {name: right}}
        return gateway.send("POST", POLICIES, policy)

    limit = {"rate": 1, "per": 1}
    for kind in ("tool", "resource", "prompt"):
        exchange = send(mcp_primitives=[{"type": kind, "name": "a", "limit": limit}])
        if exchange.status != 200:
            raise Mismatch(f"200 for a primitive of the type {kind}", str(exchange.status), exchange)
    expect_error(send(mcp_primitives=[{"type": "spoon", "name": "a", "limit": limit}]), 400, WRONG_TYPE)
    for rights in (
        {"allowed_urls": [{"url": "/a", "methods": ["GET"]}]},
        {"endpoints": [{"path": "/a", "methods": [{"name": "GET", "limit": limit}]}]},
        {"disable_introspection": True},
    ):
        expect_error(send(**rights), 400, HTTP_RIGHTS.format(name))


def _write(gateway: Gateway, sent: dict[str, Any]) -> str:
    """Write an MCP proxy, and return its id."""
    needs_store(gateway)
    name = str(sent[EXTENSION]["info"]["id"])
    expect_written(gateway.send("POST", MCPS, sent), name, "added")
    return name


def _expect_title(gateway: Gateway, name: str, title: str) -> None:
    exchange = gateway.send("GET", f"{MCPS}/{name}")
    answer = json_of(exchange.text)
    info = answer.get("info") if isinstance(answer, dict) else None
    if exchange.status != 200 or not isinstance(info, dict) or info.get("title") != title:
        raise Mismatch(f"200 with the title {title}", f"{exchange.status} {shorten(exchange.text)}", exchange)


def _ids(exchange: Exchange) -> set[str]:
    """The ids of the APIs in a list, in whichever form they are."""
    items = json_of(exchange.text)
    if exchange.status != 200 or not isinstance(items, list):
        raise Mismatch("200 with an array", f"{exchange.status} {shorten(exchange.text)}", exchange)
    infos = [item.get(EXTENSION, {}).get("info", item) for item in items if isinstance(item, dict)]
    return {str(info.get("id") if "orgId" in info else info.get("api_id")) for info in infos}
