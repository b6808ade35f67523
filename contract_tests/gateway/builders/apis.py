"""APIs that a test writes, requests to them, and checks of their answers."""

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
FORBIDDEN = "Requested endpoint is forbidden"

TOLD_BY_NAME = "a name is told only where keys are not hashed"
PASSES_FOR_SECONDS = "with hash_keys a gateway accepts a removed key for some seconds, as it has it in memory"


@dataclass(frozen=True)
class Api:
    """An API that a test writes; the gateway serves it after the next reload."""

    id: str
    org_id: str

    @property
    def rights(self) -> dict[str, Any]:
        """Access rights of a policy to the whole API."""
        return {self.id: {"api_id": self.id, "api_name": self.id, "versions": ["Default"]}}


def definition(gateway: Gateway, **members: Any) -> dict[str, Any]:
    """The definition of an API that requires a key, in the run's organisation; `members` replace defaults.

    Raises:
        NotApplicable: the gateway can reach no upstream.
    """
    named = gateway.options.upstream.removesuffix("/")
    target = f"{named}/" if named else gateway.upstream.url
    if not target:
        raise NotApplicable("the gateway cannot reach an upstream of ours; name one with --upstream")
    name = gateway.new_id()
    return {
        "name": name, "api_id": name, "org_id": gateway.ownership.run, "active": True, "use_keyless": False,
        "auth": {"auth_header_name": "Authorization"},
        "version_data": version_data(),
        "proxy": {"listen_path": f"/{name}/", "target_url": target, "strip_listen_path": True},
        **members,
    }  # fmt: skip


def version_data(**members: Any) -> dict[str, Any]:
    """The version data of an unversioned API, whose only version has these members."""
    default = {"name": "Default", "use_extended_paths": True, **members}
    return {"not_versioned": True, "versions": {"Default": default}}


def write_api(gateway: Gateway, **members: Any) -> Api:
    """Write an API.

    Raises:
        NotApplicable: the gateway has no Redis, or loads its APIs from a Dashboard.
    """
    needs_store(gateway)
    document = definition(gateway, **members)
    exchange = gateway.send("POST", APIS, document)
    if exchange.status == 500 and "Dashboard" in exchange.text:
        raise NotApplicable("the gateway loads its APIs from a Dashboard")
    expect(exchange, 200, f'{{"key":"{document["api_id"]}","status":"ok","action":"added"}}\n')
    return Api(document["api_id"], document["org_id"])


def write_open_api(
    gateway: Gateway, path: str = "", proxy: Mapping[str, Any] = MappingProxyType({}), **members: Any
) -> Api:
    """Write an API without authentication whose target is a path of its upstream."""
    document = definition(gateway, use_keyless=True, **members)
    default_proxy = document["proxy"]
    return write_api(
        gateway,
        **{**document, "proxy": {**default_proxy, "target_url": default_proxy["target_url"] + path, **proxy}},
    )


def needs_own_upstream(gateway: Gateway) -> None:
    """Require the suite's own upstream, which records requests and serves prepared answers.

    Raises:
        NotApplicable: the user named another upstream, or the gateway cannot reach the suite's.
    """
    if gateway.options.upstream or not gateway.upstream.url:
        raise NotApplicable("the gateway cannot reach an upstream of ours")


def write_policy(gateway: Gateway, api: Api, **members: Any) -> str:
    """Write a policy that grants an API, in the API's organisation unless `members` differ; return its id."""
    defaults = {"rate": 1000, "per": 60, "quota_max": -1, "org_id": api.org_id, "access_rights": api.rights}
    policy_id: str = gateway.create(**{**defaults, **members})["id"]
    return policy_id


def write_key(gateway: Gateway, api: Api, *policies: str, **members: Any) -> str:
    """Write a key with these policies; return its full id."""
    return str(_write_named_key(gateway, api, *policies, **members)["key"])


def needs_plain_keys(gateway: Gateway, api: Api, policy_id: str, reason: str = PASSES_FOR_SECONDS) -> None:
    """Require a gateway that does not hash keys, for the reason given.

    Raises:
        NotApplicable: the gateway hashes keys.
    """
    if "key_hash" in _write_named_key(gateway, api, policy_id):
        raise NotApplicable(reason)


def _write_named_key(gateway: Gateway, api: Api, *policies: str, **members: Any) -> dict[str, Any]:
    session = {"org_id": api.org_id, "apply_policies": list(policies), **members}
    name = gateway.new_id() + secrets.token_hex(8)  # the default hash ignores the last bytes
    exchange = gateway.send("POST", f"{KEYS}/{name}", session)
    answer = exchange.document
    if exchange.status != 200 or "key" not in answer:
        raise Mismatch("200, the key is written", f"{exchange.status} {shorten(exchange.text)}", exchange)
    return answer


def call(gateway: Gateway, api: Api, credential: str = "", path: str = "a", method: str = "GET") -> Exchange:
    """Send a request to an API, without the gateway's secret."""
    headers = [("Authorization", credential)] if credential else []
    return gateway.send(method, f"/{api.id}/{path}", headers=headers)


def expect_passed(exchange: Exchange, limit: int | None = None, remaining: int | None = None) -> None:
    """Expect the upstream's answer with the headers of a quota, which have these values if given."""
    headers = (exchange.header("X-RateLimit-Limit"), exchange.header("X-RateLimit-Remaining"))
    if not all(headers):
        raise Mismatch("the upstream's answer, with X-RateLimit headers", _shown(exchange), exchange)
    expected = (
        headers[0] if limit is None else str(limit),
        headers[1] if remaining is None else str(remaining),
    )
    if headers != expected:
        raise Mismatch(f"limit and remaining {expected}", f"limit and remaining {headers}", exchange)


def expect_left(gateway: Gateway, api: Api, key: str, remaining: int) -> None:
    """Expect this remaining quota of a key, or of its right to the API."""
    exchange = gateway.send("GET", f"{KEYS}/{key}?org_id={api.org_id}")
    answer = exchange.document
    limit = exchange.object_at("access_rights", api.id, "limit")
    for holder in (answer, limit):
        if holder.get("quota_max") and holder.get("quota_remaining", 0) != remaining:
            raise Mismatch(f"quota_remaining {remaining}", repr(holder.get("quota_remaining")), exchange)


def expect_refused(exchange: Exchange, status: int, message: str) -> None:
    """Expect an error of the gateway itself, in its form for requests to APIs."""
    if (exchange.status, exchange.text) != (status, f'{{\n    "error": "{message}"\n}}'):
        raise Mismatch(f"{status} with the error {message!r}", _shown(exchange), exchange)


def expect_upstream_saw(gateway: Gateway, exchange: Exchange, **headers: str | None) -> None:
    """Expect that the upstream received these headers, and none whose value here is None.

    Each `_` in a name stands for `-`.
    """
    expect_passed(exchange)
    seen = exchange.object_at("headers")
    for name, value in headers.items() if not gateway.options.upstream else ():
        header = seen.get(name.replace("_", "-"))
        if header != value:
            expectation = "without" if value is None else f"{value!r} as"
            raise Mismatch(
                f"the upstream receives {expectation} {name.replace('_', '-')}", repr(header), exchange
            )


def expect_path(gateway: Gateway, exchange: Exchange, path: str) -> None:
    """Expect that the upstream received the request with this path."""
    expect_passed(exchange)
    if not gateway.options.upstream and exchange.document.get("path") != path:
        raise Mismatch(f"the upstream receives the path {path}", shorten(exchange.text), exchange)


def expect_method(gateway: Gateway, exchange: Exchange, method: str) -> None:
    """Expect that the upstream received the request with this method."""
    expect_passed(exchange)
    if not gateway.options.upstream and exchange.document.get("method") != method:
        raise Mismatch(f"the upstream receives the method {method}", shorten(exchange.text), exchange)


def _shown(exchange: Exchange) -> str:
    return f"{exchange.status} {shorten(exchange.text)}"
