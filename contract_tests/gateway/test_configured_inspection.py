"""What a gateway tells of itself under settings of its own: its configuration, and the traces of requests."""

from __future__ import annotations

import json
import re

from contract_tests.engine.checks import TWICE, Mismatch, expect, expect_json, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    call,
    expect_passed,
    expect_refused,
    needs_own_upstream,
    write_api,
    write_open_api,
)
from contract_tests.gateway.client import Gateway
from mockserver.http.client import Header

REFUSED = "Attempted administrative access with invalid or missing key!"
HIDDEN = "*REDACTED*"
CONFIG, ENV = "/config", "/env"
HEADER = "X-Tyk-Trace-Id"
TRACE = "0af7651916cd43dd8448eb211c80319c"
HOST = "control_api_hostname"


def _get(gateway: Gateway, target: str, *, with_secret: bool = True) -> Exchange:
    """GET a page at the Host that the settings want."""
    host = gateway.setting(HOST, "") or gateway.setting("hostname", "")
    headers = [("Host", host)] if host else []
    headers += [gateway.target.auth.line] if with_secret else []
    return gateway.send("GET", target, headers=headers)


@behaviour("configurations-may-be-told", reads_only=True)
def test_the_configuration_is_told(gateway: Gateway) -> None:
    """The configuration is told as the file has it, whole and by key or variable, to who has the secret, and secrets are hidden."""
    for page in (CONFIG, ENV):
        expect_json(_get(gateway, page, with_secret=False), 403, {"status": "error", "message": REFUSED})
    whole, variables = _get(gateway, CONFIG), _get(gateway, ENV)
    for name, value in {**_settings(gateway), "secret": HIDDEN}.items():
        variable = "TYK_GW_" + name.replace("_", "").replace(".", "_").upper()
        text = value if isinstance(value, str) else json.dumps(value)
        expected = {"config_field": name, "env": variable, "value": text, "obfuscated": name == "secret"}
        for target in (f"{CONFIG}?field={name}", f"{ENV}?env={variable}"):
            expect_json(_get(gateway, target), 200, expected)
        *groups, last = name.split(".")
        if whole.object_at(*groups).get(last) != value:
            raise Mismatch(f"{name}: {text}", shorten(whole.text, 600), whole)
        if f"{variable}={text}" not in (variables.json or []):
            raise Mismatch(f"a list with {variable}={text}", shorten(variables.text, 600), variables)
    expect(_get(gateway, f"{CONFIG}?field=none"), 404, '{"error":"field not found"}\n')
    expect(_get(gateway, f"{ENV}?env=NONE"), 404, '{"error":"environment variable not found"}\n')


def _settings(gateway: Gateway) -> dict[str, bool | int | str]:
    """The settings of the run that are no lists and not the zero value, for which there may be a default."""
    values = gateway.run.configuration.values if gateway.run.configuration else {}
    return {name: value for name, value in values.items() if value and isinstance(value, bool | int | str)}


@behaviour("answers-may-name-their-trace")
def test_an_answer_names_its_trace(gateway: Gateway) -> Steps:
    """Each answer of an API names a trace of its own, or that of the request, and the upstream gets the same."""
    needs_own_upstream(gateway)
    api, keyed = write_open_api(gateway), write_api(gateway)
    yield RELOAD

    traces = set()
    for _ in TWICE:
        exchange = call(gateway, api)
        expect_passed(exchange)
        traces.add(_expect_trace(exchange, _parent_at_upstream(exchange)))
        refused = call(gateway, keyed)
        expect_refused(refused, 401, NEEDS_KEY)
        traces.add(_expect_trace(refused))
    if len(traces) != 2 * len(TWICE):
        raise Mismatch("another trace for each request", ", ".join(traces))
    parent: Header = ("Traceparent", f"00-{TRACE}-b7ad6b7169203331-01")
    exchange = gateway.send("GET", f"/{api.id}/a", headers=[parent])
    _expect_trace(exchange, TRACE)
    if (
        _parent_at_upstream(exchange) != TRACE
        or exchange.object_at("headers").get("traceparent") == parent[1]
    ):
        raise Mismatch(
            f"the upstream receives the trace {TRACE} with another span", shorten(exchange.text), exchange
        )
    probe = gateway.send("GET", gateway.run.service.probe, headers=[])
    if probe.header(HEADER):
        raise Mismatch(f"a probe without {HEADER}", probe.header(HEADER), probe)


def _expect_trace(exchange: Exchange, trace: str = "") -> str:
    """Expect a trace in the answer, and that one if it is given; return it."""
    value = exchange.header(HEADER)
    if not re.fullmatch("[0-9a-f]{32}", value) or trace not in ("", value):
        raise Mismatch(f"{HEADER} with {trace or '32 hexadecimal digits'}", value or "none", exchange)
    return value


def _parent_at_upstream(exchange: Exchange) -> str:
    """The trace in the Traceparent that the upstream received; "" if it received none."""
    parent = str(exchange.object_at("headers").get("traceparent", ""))
    found = re.fullmatch("00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", parent)
    return found.group(1) if found else ""
