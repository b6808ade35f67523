"""APIs that a test writes for itself, requests to them, and checks of their answers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.sessions import needs_store
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, KEYS

NEEDS_KEY = "Authorization field missing"
DISALLOWED = "Access to this API has been disallowed"


@dataclass(frozen=True)
class Api:
    """An API of the run; it is served after the next reload."""

    id: str
    org_id: str

    @property
    def rights(self) -> dict[str, Any]:
        """A policy's right to all of it."""
        return {self.id: {"api_id": self.id, "api_name": self.id, "versions": ["Default"]}}


def definition(gateway: Gateway, **members: Any) -> dict[str, Any]:
    """An API of the run's own organisation that asks for a key, unless members say otherwise.

    Raises:
        NotApplicable: nothing is known that it could stand before.
    """
    target = gateway.options.upstream or gateway.upstream.url
    if not target:
        raise NotApplicable("the gateway cannot reach an upstream of ours; name one with --upstream")
    name, default = gateway.new_id(), {"name": "Default", "use_extended_paths": True}
    return {
        "name": name, "api_id": name, "org_id": gateway.ownership.run, "active": True, "use_keyless": False,
        "auth": {"auth_header_name": "Authorization"},
        "version_data": {"not_versioned": True, "versions": {"Default": default}},
        "proxy": {"listen_path": f"/{name}/", "target_url": target, "strip_listen_path": True},
        **members,
    }  # fmt: skip


def write_api(gateway: Gateway, **members: Any) -> Api:
    """Write an API.

    Raises:
        NotApplicable: the gateway keeps no keys, or takes its APIs from elsewhere.
    """
    needs_store(gateway)
    written = definition(gateway, **members)
    exchange = gateway.send("POST", APIS, written)
    if exchange.status == 500 and "Dashboard" in exchange.text:
        raise NotApplicable("the gateway takes its APIs from the Dashboard")
    expect(exchange, 200, f'{{"key":"{written["api_id"]}","status":"ok","action":"added"}}\n')
    return Api(written["api_id"], written["org_id"])


def write_open_api(
    gateway: Gateway, path: str = "", proxy: Mapping[str, Any] = MappingProxyType({}), **members: Any
) -> Api:
    """Write an API that asks for no key, before a path of its upstream."""
    written = definition(gateway, use_keyless=True, **members)
    default_proxy = written["proxy"]
    return write_api(
        gateway,
        **{**written, "proxy": {**default_proxy, "target_url": default_proxy["target_url"] + path, **proxy}},
    )


def needs_own_upstream(gateway: Gateway) -> None:
    """Require the suite's own upstream, which shows the requests that reach it and can be given answers.

    Raises:
        NotApplicable: another one is named, or the gateway is elsewhere.
    """
    if gateway.options.upstream or not gateway.upstream.url:
        raise NotApplicable("the gateway cannot reach an upstream of ours")


def write_policy(gateway: Gateway, api: Api, **members: Any) -> str:
    """Write a policy of the API's organisation that grants it, unless members differ; return its id."""
    whole = {"rate": 1000, "per": 60, "quota_max": -1, "org_id": api.org_id, "access_rights": api.rights}
    created: str = gateway.create(**{**whole, **members})["id"]
    return created


def write_key(gateway: Gateway, api: Api, *policies: str, **members: Any) -> str:
    """Write a key with these policies, and return its full id."""
    return str(_write_named_key(gateway, api, *policies, **members)["key"])


def needs_plain_keys(gateway: Gateway, api: Api, granted: str) -> None:
    """A key that is gone does not pass at once where keys are hashed, for the gateway still has it in memory.

    Raises:
        NotApplicable: the gateway hashes keys.
    """
    if "key_hash" in _write_named_key(gateway, api, granted):
        raise NotApplicable("with hash_keys a gateway takes a key for some seconds after it is gone")


def _write_named_key(gateway: Gateway, api: Api, *policies: str, **members: Any) -> dict[str, Any]:
    session = {"org_id": api.org_id, "apply_policies": list(policies), **members}
    name = gateway.new_id() + secrets.token_hex(8)  # the default hash passes over the last bytes
    exchange = gateway.send("POST", f"{KEYS}/{name}", session)
    answer = exchange.document
    if exchange.status != 200 or "key" not in answer:
        raise Mismatch("200, the key is written", f"{exchange.status} {shorten(exchange.text)}", exchange)
    return answer


def call(gateway: Gateway, api: Api, credential: str = "", path: str = "a", method: str = "GET") -> Exchange:
    """A request to an API, without the gateway's own secret."""
    headers = [("Authorization", credential)] if credential else []
    return gateway.send(method, f"/{api.id}/{path}", headers=headers)


def expect_passed(exchange: Exchange, limit: int | None = None, remaining: int | None = None) -> None:
    """The request was let through: the answer has the headers of the quota, with these values if given."""
    headers = (exchange.header("X-RateLimit-Limit"), exchange.header("X-RateLimit-Remaining"))
    if not all(headers):
        raise Mismatch("the upstream's answer, with X-RateLimit headers", _shown(exchange), exchange)
    wanted = (
        headers[0] if limit is None else str(limit),
        headers[1] if remaining is None else str(remaining),
    )
    if headers != wanted:
        raise Mismatch(f"limit and remaining {wanted}", f"limit and remaining {headers}", exchange)


def expect_left(gateway: Gateway, api: Api, key: str, left: int) -> None:
    """The remaining quota of a key, or of its right to the API, is this."""
    exchange = gateway.send("GET", f"{KEYS}/{key}?org_id={api.org_id}")
    answer = exchange.document
    limit = answer.get("access_rights", {}).get(api.id, {}).get("limit") or {}
    for holder in (answer, limit):
        if holder.get("quota_max") and holder.get("quota_remaining", 0) != left:
            raise Mismatch(f"quota_remaining {left}", repr(holder.get("quota_remaining")), exchange)


def expect_refused(exchange: Exchange, status: int, message: str) -> None:
    """The gateway itself answered, in its form of an error."""
    if (exchange.status, exchange.text) != (status, f'{{\n    "error": "{message}"\n}}'):
        raise Mismatch(f"{status} with the error {message!r}", _shown(exchange), exchange)


def expect_upstream_saw(gateway: Gateway, exchange: Exchange, **headers: str | None) -> None:
    """Our upstream saw these headers, and none whose value is None here; `_` in a name stands for `-`."""
    expect_passed(exchange)
    seen = exchange.document.get("headers", {})
    for name, value in headers.items() if not gateway.options.upstream else ():
        header = seen.get(name.replace("_", "-"))
        if header != value:
            expectation = "without" if value is None else f"{value!r} as"
            raise Mismatch(
                f"the upstream sees {expectation} {name.replace('_', '-')}", repr(header), exchange
            )


def expect_path(gateway: Gateway, exchange: Exchange, path: str) -> None:
    """The request reached our upstream with this path."""
    expect_passed(exchange)
    if not gateway.options.upstream and exchange.document.get("path") != path:
        raise Mismatch(f"the upstream is asked for {path}", shorten(exchange.text), exchange)


def _shown(exchange: Exchange) -> str:
    return f"{exchange.status} {shorten(exchange.text)}"
