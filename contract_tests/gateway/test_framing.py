"""HTTP in every answer of the run: lengths of bodies, connections, headers."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from contract_tests.engine.checks import JSON, Mismatch
from contract_tests.engine.declaration import LAST, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.schema_judge import operation_of
from contract_tests.gateway.client import Gateway

HEADERS = {
    "content-type", "content-length", "transfer-encoding", "date", "location", "x-content-type-options",
    "connection", "x-tyk-base-api-id",
    *(f"x-mascot-{number:03}" for number in range(25)),  # on the first probe, but for hide_generator_header
}  # fmt: skip
ONCE = {"content-type", "content-length", "date", "location"}
STEADY_SECONDS = 2  # a longer run has answers with several dates
LOOKED_AT = 4000  # characters of an answer that are searched for white space
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?')


@behaviour("bodies-end-where-told", reads_only=True, phase=LAST)
def test_every_body_ends_where_its_length_says(gateway: Gateway) -> None:
    """A body has the length that its header declares, and no bytes follow it."""
    for exchange in gateway.target.log:
        if exchange.truncated:
            raise _mismatch(gateway, exchange, "a body of the declared length", exchange.failure)
        if exchange.answer and exchange.answer.trailing:
            actual = f"{exchange.answer.trailing!r} follows"
            raise _mismatch(gateway, exchange, "nothing after the body", actual)
    if gateway.target.unsolicited_bytes:
        raise Mismatch("nothing between two answers", f"{gateway.target.unsolicited_bytes!r}")


@behaviour("connections-are-kept", reads_only=True, phase=LAST)
def test_every_connection_is_kept(gateway: Gateway) -> None:
    """A connection stays open after every answer, refusals included, and serves the next request."""
    for exchange in _answered(gateway):
        if exchange.answer and not exchange.answer.keeps_alive:
            why = exchange.header("Connection") or "none, as in HTTP/1.0 or after a body without a length"
            actual = f"Connection: {why}, and the connection is closed"
            raise _mismatch(gateway, exchange, "a connection that stays open after the answer", actual)
    if gateway.target.dropped and not gateway.target.gone:
        first, count = gateway.target.dropped[0], len(gateway.target.dropped)
        actual = f"{count} connections closed instead, the first at {first}"
        raise Mismatch("an answer to each request on a kept connection", actual)


_WITHOUT_NEWLINE = ("listOpenApis", "getOpenApi")  # open-api-reads-have-no-newline has their end


@behaviour("no-server-header", reads_only=True, phase=LAST)
def test_no_answer_has_other_headers(gateway: Gateway) -> None:
    """An answer of the gateway itself has only the headers that gateways send."""
    for exchange in _answered(gateway):
        if exchange.target.startswith(f"/{gateway.ownership.run}"):
            continue
        names = [name.lower() for name, _ in exchange.answer.headers] if exchange.answer else []
        for name in names:
            if name == "content-disposition" and _is_file(exchange):
                continue
            if name not in HEADERS or (
                name == "x-content-type-options" and exchange.header("Content-Type") == JSON
            ):
                raise _mismatch(gateway, exchange, f"no header {name}", f"{name}: {exchange.header(name)}")
            if names.count(name) > 1 and name in ONCE:
                raise _mismatch(gateway, exchange, f"one {name}", f"{names.count(name)} of them")


@behaviour("answers-are-dated", reads_only=True, phase=LAST)
def test_every_answer_is_dated(gateway: Gateway) -> None:
    """An answer has a Date header in the form of HTTP."""
    first = {exchange.header("Date"): exchange for exchange in reversed(_answered(gateway))}
    for date, exchange in first.items():
        try:
            parsedate_to_datetime(date if date.endswith(" GMT") else "")
        except ValueError:
            raise _mismatch(gateway, exchange, "a Date", f"Date: {date or 'none'}") from None
    if len(first) == 1 and gateway.target.seconds > STEADY_SECONDS:
        actual = f"Date: {next(iter(first))} in all answers of {gateway.target.seconds:.0f} s"
        raise Mismatch("a Date of the current time", actual)


@behaviour("answers-are-compact-json", reads_only=True, phase=LAST)
def test_every_answer_is_compact_json(gateway: Gateway) -> None:
    """The answer of an operation is application/json in one line, without white space between tokens."""
    for exchange in gateway.target.log:
        operation = operation_of(gateway.contract, exchange) if exchange.answer else None
        if operation is None or _is_file(exchange):
            continue
        if exchange.header("Content-Type") != JSON:
            actual = f"Content-Type: {exchange.header('Content-Type') or 'none'}"
            raise _mismatch(gateway, exchange, f"Content-Type: {JSON}", actual)
        text = exchange.text
        ends_well = text.endswith("\n") or operation.id in _WITHOUT_NEWLINE
        if not ends_well or re.search(r"\s", _STRING.sub("", text.removesuffix("\n")[:LOOKED_AT])):
            raise _mismatch(
                gateway,
                exchange,
                "JSON in one line, without spaces, with a newline at the end",
                repr(gateway.auth.masked(text)[-400:]),
            )


def _is_file(exchange: Exchange) -> bool:
    """True if an answer is a file, as an export of APIs is."""
    return exchange.header("Content-Type") == "application/octet-stream"


def _answered(gateway: Gateway) -> list[Exchange]:
    """The exchanges with answers of the gateway; its HTTP server refuses some requests with a bare 400."""
    return [
        exchange
        for exchange in gateway.target.log
        if exchange.answer and exchange.answer.stored != b"400 Bad Request"
    ]


def _mismatch(gateway: Gateway, exchange: Exchange, expected: str, actual: str) -> Mismatch:
    gateway.exchanges.append(exchange)
    return Mismatch(expected, actual, exchange)
