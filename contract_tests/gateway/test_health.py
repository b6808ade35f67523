"""GET /hello and GET /ready: no secret, and a verdict in the body."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import LAST, NotApplicable, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.client import Gateway
from mockserver.golang import json_writer


def expect_health(exchange: Exchange, description: str) -> None:
    """The answer is 200 and a health document with this description."""
    body = exchange.json
    wanted = f'200 with status, version and description "{description}"'
    if exchange.status != 200 or not isinstance(body, dict) or body.get("description") != description:
        raise Mismatch(wanted, f"{exchange.status} {shorten(exchange.text)}", exchange)
    members = [name for name in body if name != "details"]
    if members != ["status", "version", "description"]:
        raise Mismatch(wanted, shorten(repr(exchange.text)), exchange)
    expect(exchange, 200, json_writer.write(body) + "\n")


def is_time(part: dict[str, Any]) -> bool:
    """True if a part has the time of its check, to the second and with its zone."""
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", str(part.get("time"))))


@behaviour("hello-is-open", reads_only=True)
def test_hello_needs_no_secret(gateway: Gateway) -> None:
    """/hello answers 200 without the secret."""
    expect_health(gateway.send("GET", "/hello", headers=[]), "Tyk GW")


@behaviour("hello-is-open", reads_only=True)
def test_hello_takes_a_wrong_secret(gateway: Gateway) -> None:
    """/hello does not look at the secret."""
    expect_health(gateway.send("GET", "/hello", headers=[(gateway.auth.header, "wrong")]), "Tyk GW")


@behaviour("hello-tells-status", reads_only=True)
def test_hello_tells_how_its_parts_are(gateway: Gateway) -> None:
    """The status is that of the parts, none failing being a pass."""
    exchange = gateway.send("GET", "/hello", headers=[])
    body = exchange.document
    parts = body.get("details", {})
    if not isinstance(parts, dict) or not all(isinstance(part, dict) for part in parts.values()):
        raise Mismatch("details with an object for each part", shorten(exchange.text), exchange)
    if parts and parts.get("redis", {}).get("componentType") != "datastore":
        raise Mismatch("details of redis, a datastore", shorten(exchange.text), exchange)
    failing = [name for name, part in parts.items() if part.get("status") == "fail"]
    wanted = "pass" if not failing else "fail" if len(failing) == len(parts) else "warn"
    if body.get("status") != wanted:
        raise Mismatch(f'status "{wanted}"', shorten(exchange.text), exchange)
    for name, part in parts.items():
        if part.get("status") not in ("pass", "fail") or not part.get("componentType") or not is_time(part):
            wanted = "status pass or fail, a componentType and a time as RFC 3339 has it"
            raise Mismatch(f"{name} with {wanted}", shorten(json.dumps(part)), exchange)


@behaviour("ready-is-open", reads_only=True)
def test_ready_needs_no_secret(gateway: Gateway) -> None:
    """/ready answers 200 without the secret once policies and APIs were loaded."""
    if gateway.store.lacks_store():
        raise NotApplicable("the gateway says that it has no Redis")
    expect_health(gateway.send("GET", "/ready", headers=[]), "Tyk GW Ready")


@pytest.mark.parametrize("path", ["/hello", "/ready"])
@behaviour("probes-tell-one-version", reads_only=True)
def test_probes_tell_one_version(gateway: Gateway, path: str) -> None:
    """/hello and /ready tell the same version each time."""
    if path == "/ready" and gateway.store.lacks_store():
        return
    first = gateway.send("GET", "/hello", headers=[])
    second = gateway.send("GET", path, headers=[])
    versions = [e.document.get("version") for e in (first, second)]
    if not isinstance(versions[0], str) or versions[0] != versions[1]:
        raise Mismatch(f"version {versions[0]!r} again", f"version {versions[1]!r}", second)


@behaviour("probes-tell-one-version", reads_only=True, phase=LAST)
def test_all_probes_of_the_run_tell_one_version(gateway: Gateway) -> None:
    """All answers of the run have the version of the first one, whatever was reloaded."""
    gateway.send("GET", "/hello", headers=[])
    probes = [
        exchange
        for exchange in gateway.target.log
        if exchange.target in ("/hello", "/ready") and exchange.status == 200
    ]
    for exchange in probes:
        first, other = (probe.document.get("version") for probe in (probes[0], exchange))
        if first != other:
            gateway.exchanges.append(exchange)
            raise Mismatch(f"version {first!r} again", f"version {other!r}", exchange)
