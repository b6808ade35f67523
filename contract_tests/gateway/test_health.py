"""GET /hello and GET /ready: probes without the secret, with a status in the body."""

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
    """Expect 200 and a health document with this description."""
    body = exchange.json
    expected = f'200 with status, version and description "{description}"'
    if exchange.status != 200 or not isinstance(body, dict) or body.get("description") != description:
        raise Mismatch(expected, f"{exchange.status} {shorten(exchange.text)}", exchange)
    members = [name for name in body if name != "details"]
    if members != ["status", "version", "description"]:
        raise Mismatch(expected, shorten(repr(exchange.text)), exchange)
    expect(exchange, 200, json_writer.write(body) + "\n")


def is_time(component: dict[str, Any]) -> bool:
    """True if a component has the time of its check as RFC 3339 has it, in seconds and with a zone."""
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", str(component.get("time"))))


@behaviour("hello-is-open", reads_only=True)
def test_hello_needs_no_secret(gateway: Gateway) -> None:
    """/hello without the secret answers 200."""
    expect_health(gateway.send("GET", "/hello", headers=[]), "Tyk GW")


@behaviour("hello-is-open", reads_only=True)
def test_hello_takes_a_wrong_secret(gateway: Gateway) -> None:
    """/hello with a wrong secret answers 200."""
    expect_health(gateway.send("GET", "/hello", headers=[(gateway.auth.header, "wrong")]), "Tyk GW")


@behaviour("hello-tells-status", reads_only=True)
def test_hello_tells_how_its_parts_are(gateway: Gateway) -> None:
    """The status of /hello is `pass`, `warn` or `fail` if none, some or all of its components fail."""
    exchange = gateway.send("GET", "/hello", headers=[])
    body = exchange.document
    components = body.get("details", {})
    if not isinstance(components, dict) or not all(
        isinstance(component, dict) for component in components.values()
    ):
        raise Mismatch("details with an object for each component", shorten(exchange.text), exchange)
    if components and components.get("redis", {}).get("componentType") != "datastore":
        raise Mismatch("details of redis, a datastore", shorten(exchange.text), exchange)
    failing = [name for name, component in components.items() if component.get("status") == "fail"]
    status = "pass" if not failing else "fail" if len(failing) == len(components) else "warn"
    if body.get("status") != status:
        raise Mismatch(f'status "{status}"', shorten(exchange.text), exchange)
    for name, component in components.items():
        if (
            component.get("status") not in ("pass", "fail")
            or not component.get("componentType")
            or not is_time(component)
        ):
            members = "status pass or fail, a componentType and a time as RFC 3339 has it"
            raise Mismatch(f"{name} with {members}", shorten(json.dumps(component)), exchange)


@behaviour("ready-is-open", reads_only=True)
def test_ready_needs_no_secret(gateway: Gateway) -> None:
    """/ready without the secret answers 200 once policies and APIs are loaded."""
    if gateway.store.lacks_store():
        raise NotApplicable("the gateway reports that it has no Redis")
    expect_health(gateway.send("GET", "/ready", headers=[]), "Tyk GW Ready")


@pytest.mark.parametrize("path", ["/hello", "/ready"])
@behaviour("probes-tell-one-version", reads_only=True)
def test_probes_tell_one_version(gateway: Gateway, path: str) -> None:
    """/hello and /ready answer the same version each time."""
    if path == "/ready" and gateway.store.lacks_store():
        return
    first = gateway.send("GET", "/hello", headers=[])
    second = gateway.send("GET", path, headers=[])
    versions = [exchange.document.get("version") for exchange in (first, second)]
    if not isinstance(versions[0], str) or versions[0] != versions[1]:
        raise Mismatch(f"version {versions[0]!r} again", f"version {versions[1]!r}", second)


@behaviour("probes-tell-one-version", reads_only=True, phase=LAST)
def test_all_probes_of_the_run_tell_one_version(gateway: Gateway) -> None:
    """All probes of the run answer the same version, before and after reloads."""
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
