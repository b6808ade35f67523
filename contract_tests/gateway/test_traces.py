"""Requests to a definition that comes with them."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import NEEDS_KEY, definition
from contract_tests.gateway.builders.open_apis import document
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, TRACE

OK, REFUSED = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 401 Unauthorized\r\n"
REQUEST, RESPONSE = "====== Request ======\n", "\n====== Response ======\n"


@behaviour("requests-are-traced")
def test_a_request_is_traced(gateway: Gateway) -> None:
    """A trace tells the request and its answer, by the upstream or the gateway, and keeps no definition."""
    open_api = definition(gateway, use_keyless=True)
    request = _request("/a", headers={"X-One": ["1"]})
    exchange = gateway.send("POST", TRACE, {"request": request, "spec": open_api})
    sent, answer = _traced(exchange)
    if not sent.startswith("GET ") or "X-One: 1\r\n" not in sent:
        raise Mismatch("the request with its header X-One", shorten(sent), exchange)
    is_ours = not gateway.options.upstream
    if is_ours and not (answer.startswith(OK) and "/a" in answer):
        raise Mismatch("200 of the upstream for /a", shorten(answer), exchange)
    closed = definition(gateway)
    exchange = gateway.send("POST", TRACE, {"request": _request("/a"), "spec": closed})
    _, answer = _traced(exchange)
    if not answer.startswith(REFUSED) or NEEDS_KEY not in answer:
        raise Mismatch(f"401 with {NEEDS_KEY!r}", shorten(answer), exchange)
    expect_error(gateway.send("GET", f"{APIS}/{open_api['api_id']}"), 404, "API not found")
    for spec in (None, open_api):  # the one in OpenAPI form is preferred
        body = {"request": _request("/a"), "oas": document(gateway), "spec": spec}
        exchange = gateway.send("POST", TRACE, body)
        _, answer = _traced(exchange)
        if not answer.startswith(REFUSED) or NEEDS_KEY not in answer:
            raise Mismatch(f"401 with {NEEDS_KEY!r}", shorten(answer), exchange)


@behaviour("broken-traces-are-refused")
def test_a_broken_trace_is_refused(gateway: Gateway) -> None:
    """A trace without definition or request, or with one that cannot be, is refused with the reason."""
    spec, request = definition(gateway, use_keyless=True), _request("/a")
    for body, message in (
        ("[]", "Request malformed"),
        ("{}", "Spec field is missing"),
        ({"request": request}, "Spec field is missing"),
        ({"spec": spec}, "Request field is missing"),
    ):
        expect_error(gateway.send("POST", TRACE, body), 400, message)
    for broken, message in (
        (_request("%zz"), 'invalid URL escape "%zz"'),
        (_request("/a", "G T"), 'net/http: invalid method "G T"'),
    ):
        exchange = gateway.send("POST", TRACE, {"request": broken, "spec": spec})
        expect_error(exchange, 500, f"Unexpected failure: {message}")
    unloadable = {**spec, "proxy": {"listen_path": "", "target_url": spec["proxy"]["target_url"]}}
    exchange = gateway.send("POST", TRACE, {"request": request, "spec": unloadable})
    answer = exchange.document
    if (exchange.status, answer.get("message"), answer.get("response")) != (400, "error", ""):
        raise Mismatch("400 with the message error", shorten(exchange.text), exchange)


def _request(path: str, method: str = "GET", **members: Any) -> dict[str, Any]:
    return {"method": method, "path": path, **members}


def _traced(exchange: Exchange) -> tuple[str, str]:
    """The request and the response in the answer to a trace."""
    answer = exchange.document
    text = str(answer.get("response"))
    sent, mark, received = text.removeprefix(REQUEST).partition(RESPONSE)
    if (exchange.status, answer.get("message")) != (200, "ok") or not mark or not text.startswith(REQUEST):
        raise Mismatch("200 with a request and a response", f"{exchange.status} {shorten(text)}", exchange)
    return sent, received
