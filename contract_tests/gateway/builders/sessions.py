"""Sessions as answers hold them; members that depend on a clock or on chance are passed over."""

from __future__ import annotations

import json
from typing import Any

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS
from mockserver.golang import json_reader, json_writer
from mockserver.golang.scalars import Problems

PREVIEW = f"{KEYS}/preview"
VOLATILE = ("date_created", "last_updated", "quota_renews")
RIGHTS = {"orders": {"api_id": "orders", "api_name": "Orders", "versions": ["v1"]}}
NEVER = "0001-01-01T00:00:00Z"


def write_policy(gateway: Gateway, **members: Any) -> str:
    """Write a policy of no organisation that grants one API unless it says otherwise; return its id."""
    created: str = gateway.create(**{"access_rights": RIGHTS, "rate": 10, "per": 60, **members})["id"]
    return created


def preview(gateway: Gateway, session: Any) -> Exchange:
    """POST /tyk/keys/preview."""
    return gateway.send("POST", PREVIEW, session)


def needs_store(gateway: Gateway) -> None:
    """Keys are kept in Redis.

    Raises:
        NotApplicable: the gateway has none.
    """
    if gateway.store.lacks_store():
        raise NotApplicable("the gateway says that it has no Redis, where keys are kept")


def expect_session(exchange: Exchange, gateway: Gateway, session: dict[str, Any]) -> None:
    """The answer is this session as a gateway of this version writes it, made now, tags in any order."""
    kind = gateway.contract.type_of("SessionState")
    if exchange.status != 200 or not isinstance(exchange.json, dict):
        raise Mismatch("200 with a session", f"{exchange.status} {shorten(exchange.text)}", exchange)
    answered = kind.decode(json_reader.read(exchange.text.encode())[0], kind.fresh(), Problems())
    wanted = kind.decode(json_reader.read(json.dumps(session).encode())[0], kind.fresh(), Problems())
    if answered["date_created"] == NEVER or not str(answered["last_updated"]).isdigit():
        actual = f"{answered['date_created']} and {answered['last_updated']!r}"
        raise Mismatch("date_created and last_updated of now", actual, exchange)
    wanted |= {name: answered[name] for name in VOLATILE}
    wanted["meta_data"] = wanted["meta_data"] or {}
    wanted["tags"] = wanted["tags"] or []
    if sorted(wanted["tags"]) == sorted(answered["tags"] or []):
        wanted["tags"] = answered["tags"]
    expect(exchange, 200, json_writer.write(kind.output(wanted)) + "\n", expected="200 with this session")


def as_session(gateway: Gateway, session: dict[str, Any]) -> str:
    """The text of a session in an answer, from the session that was sent."""
    kind = gateway.contract.type_of("SessionState")
    decoded = kind.decode(json_reader.read(json.dumps(session).encode())[0], kind.fresh(), Problems())
    return json_writer.write(kind.output(decoded)) + "\n"


def write_session(gateway: Gateway, name: str, session: Any, method: str = "POST") -> Exchange:
    """POST or PUT /tyk/keys/{name}."""
    return gateway.send(method, f"{KEYS}/{name}", session)


def needs_name(exchange: Exchange) -> None:
    """A key was written under the name that was asked for.

    Raises:
        NotApplicable: the gateway keeps keys under names of its own.
    """
    answer = exchange.document
    if exchange.status == 200 and ("key_hash" in answer or str(answer.get("key")).startswith("ey")):
        raise NotApplicable("the gateway hashes keys, so their names are its own")


def expect_key(exchange: Exchange, name: str, action: str) -> None:
    """The answer is that of a write.

    Raises:
        NotApplicable: the gateway keeps keys under names of its own.
    """
    needs_name(exchange)
    expect_written(exchange, name, action)
