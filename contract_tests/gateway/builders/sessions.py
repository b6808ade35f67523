"""Sessions in answers; members that depend on the clock or on chance are not compared."""

from __future__ import annotations

import json
from typing import Any

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.samples import ORDERS
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS
from mockserver.golang import json_reader, json_writer
from mockserver.golang.scalars import Problems

PREVIEW = f"{KEYS}/preview"
VOLATILE = ("date_created", "last_updated", "quota_renews")
RIGHTS = {ORDERS: {"api_id": ORDERS, "api_name": "Orders", "versions": ["v1"]}}
NEVER = "0001-01-01T00:00:00Z"


def write_policy(gateway: Gateway, **members: Any) -> str:
    """Write a policy without organisation that grants one API, unless `members` differ; return its id."""
    policy_id: str = gateway.create(**{"access_rights": RIGHTS, "rate": 10, "per": 60, **members})["id"]
    return policy_id


def preview(gateway: Gateway, session: Any) -> Exchange:
    """Send POST /tyk/keys/preview."""
    return gateway.send("POST", PREVIEW, session)


def needs_store(gateway: Gateway) -> None:
    """Require a gateway with Redis, where keys are stored.

    Raises:
        NotApplicable: the gateway has none.
    """
    if gateway.store.lacks_store():
        raise NotApplicable("the gateway reports that it has no Redis, which stores keys")


def expect_session(exchange: Exchange, gateway: Gateway, session: dict[str, Any]) -> None:
    """Expect this session, created now, as a gateway of this version encodes it, with tags in any order."""
    if exchange.status != 200 or not isinstance(exchange.json, dict):
        raise Mismatch("200 with a session", f"{exchange.status} {shorten(exchange.text)}", exchange)
    answered, document = _decoded(gateway, exchange.text), _decoded(gateway, json.dumps(session))
    if answered["date_created"] == NEVER or not str(answered["last_updated"]).isdigit():
        actual = f"{answered['date_created']} and {answered['last_updated']!r}"
        raise Mismatch("date_created and last_updated of now", actual, exchange)
    document |= {name: answered[name] for name in VOLATILE}
    document["meta_data"] = document["meta_data"] or {}
    document["tags"] = document["tags"] or []
    if sorted(document["tags"]) == sorted(answered["tags"] or []):
        document["tags"] = answered["tags"]
    expect(exchange, 200, _encoded(gateway, document), expected="200 with this session")


def as_session(gateway: Gateway, session: dict[str, Any]) -> str:
    """The text of a session in an answer, for the session of a request."""
    return _encoded(gateway, _decoded(gateway, json.dumps(session)))


def _decoded(gateway: Gateway, text: str) -> dict[str, Any]:
    session_type = gateway.contract.type_of("SessionState")
    session: dict[str, Any] = session_type.decode(
        json_reader.read(text.encode())[0], session_type.fresh(), Problems()
    )
    return session


def _encoded(gateway: Gateway, session: dict[str, Any]) -> str:
    return json_writer.write(gateway.contract.type_of("SessionState").output(session)) + "\n"


def write_session(gateway: Gateway, name: str, session: Any, method: str = "POST") -> Exchange:
    """Send POST or PUT /tyk/keys/{name}."""
    return gateway.send(method, f"{KEYS}/{name}", session)


def needs_name(exchange: Exchange) -> None:
    """Require that a key was written under the requested name.

    Raises:
        NotApplicable: the gateway chooses the names of keys.
    """
    answer = exchange.document
    if exchange.status == 200 and ("key_hash" in answer or str(answer.get("key")).startswith("ey")):
        raise NotApplicable("the gateway hashes keys and so chooses their names")


def expect_key(exchange: Exchange, name: str, action: str) -> None:
    """Expect the answer to a successful write of a key.

    Raises:
        NotApplicable: the gateway chooses the names of keys.
    """
    needs_name(exchange)
    expect_written(exchange, name, action)
