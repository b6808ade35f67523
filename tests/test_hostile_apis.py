"""Requests and upstreams that would take the mock's memory or time without bounds, or end in a failure of it."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from answering import OK, answering
from asking import call, send
from orders import RIGHTS, get, key, serve, told

import mockserver
from mockserver import MockGateway
from mockserver.gateway.certificates import _blocks
from mockserver.gateway.graphql import documents, resolution
from mockserver.gateway.graphql.judgement import judge
from mockserver.gateway.graphql.refusals import InvalidQuery
from mockserver.gateway.graphql.schemas import schema_of
from mockserver.gateway.oas import durations
from mockserver.gateway.path_expression import path_expression
from mockserver.gateway.proxy import batch
from mockserver.gateway.proxy.http_signatures import TOO_LONG
from mockserver.golang import base64_texts, json_errors, json_places, json_reader, quoted_texts, raw_json
from mockserver.golang.http_dates import parse
from mockserver.golang.json_size import MAX_VALUES, TOO_MANY_OF_UPSTREAM, TOO_MANY_VALUES
from mockserver.golang.quoted_texts import unquoted

MANY = b"[" + b"0," * MAX_VALUES + b"0]"  # values, which would take 100 times their text
SOON = 10.0  # seconds for what takes much longer if its time is the square of its length
SCHEMA = "type Query{a:A b:[A] s:String} type A{a:A b:[A] s:String}"
MOST_SECONDS = (1 << 63) // 10**9  # of an int64 of nanoseconds
GRAPHQL = {"enabled": True, "version": "2", "execution_mode": "proxyOnly", "schema": SCHEMA}


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway() as gateway:
        yield gateway


def test_no_module_holds_an_exception() -> None:
    """An exception that is raised again and again keeps each traceback with its request, so no module holds one."""
    names = [info.name for info in pkgutil.walk_packages(mockserver.__path__, "mockserver.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    held = [
        (m.__name__, name)
        for m in modules
        for name, value in vars(m).items()
        if isinstance(value, BaseException)
    ]
    assert held == []


@pytest.mark.parametrize(
    "members", [{"graphql": GRAPHQL}, {"enable_batch_request_support": True}], ids=["graphql", "batch"]
)
def test_a_body_of_too_many_values_is_not_read(gateway: MockGateway, members: dict[str, Any]) -> None:
    """A request to an API whose JSON the mock reads itself is refused if it has over a million values."""
    serve(gateway, use_keyless=True, **members)
    path = "/orders/tyk/batch/" if "graphql" not in members else "/orders/"
    answer = send(gateway, "POST", path, [], b'{"query":"{s}","variables":{"a":' + MANY + b"}}")
    assert (answer.status, TOO_MANY_VALUES.encode() in answer.body) == (413, True)


def test_an_upstream_of_too_many_values_is_not_read(gateway: MockGateway) -> None:
    """An answer with over a million values is not put into the shape of a query."""
    with answering({"/": OK + b'\r\n\r\n{"data":{"s":' + MANY + b"}}"}) as url:
        serve(
            gateway,
            use_keyless=True,
            graphql=GRAPHQL,
            proxy={"listen_path": "/orders/", "target_url": url, "strip_listen_path": True},
        )
        answer = send(gateway, "POST", "/orders/", [], b'{"query":"{s}"}')
    assert told(answer) == (500, TOO_MANY_OF_UPSTREAM)


def _resolved(query: str, data: str) -> str:
    schema = schema_of(SCHEMA)
    assert schema is not None
    request = judge(schema, json.dumps({"query": query}).encode())
    assert request.executed is not None
    return resolution.resolved(schema, request.executed, {}, f'{{"data":{data}}}'.encode())


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{b{" + " ".join(f"x{n}:s" for n in range(2_000)) + "}}", '{"b":[' + "{}," * 999 + "{}]}"),
        ("{b{" + "x" * 200_000 + ":s}}", '{"b":[' + "{}," * 999 + "{}]}"),
    ],
    ids=["fields", "names"],
)  # fmt: skip
def test_an_answer_of_graphql_has_bounds(query: str, data: str) -> None:
    """Items of an upstream times aliases of a query make no answer without bounds."""
    with pytest.raises(resolution.TooMuch):
        _resolved(query, data)


def test_nested_values_are_not_copied_at_each_level() -> None:
    """A long text that is nested deep takes no memory for each level around it."""
    text, levels = "x" * 1_000_000, 150
    tracemalloc.start()
    answer = _resolved("{a" + "{a" * 3 + "{s}" + "}" * 3 + "}", '{"a":' * levels + f'"{text}"' + "}" * levels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer == '{"data":{"a":{"a":{"a":{"a":{"s":null}}}}}}'
    assert peak < 30 * len(text)


def test_a_long_document_is_not_read() -> None:
    """A document of over a million characters is refused before its places are counted."""
    schema = schema_of(SCHEMA)
    assert schema is not None
    with pytest.raises(InvalidQuery) as refused:
        judge(schema, json.dumps({"query": "{s" + "\n" * documents.MOST_CHARACTERS + "!}"}).encode())
    assert refused.value.errors[0].message == documents.TOO_LONG


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN A-----\n" * 60_000, b"".join(b"-----BEGIN A%d-----\n" % n for n in range(60_000)),
        b"".join(b"-----BEGIN A%d-----\n" % n for n in range(60_000)) + b"-----END A-----", b"-----END " * 100_000,
    ],
    ids=["one type", "many types", "one end", "ends"],
)  # fmt: skip
def test_blocks_without_an_end_take_no_time(text: bytes) -> None:
    """A PEM file whose blocks have no end is searched once."""
    before = time.monotonic()
    assert list(_blocks(text)) == []
    assert time.monotonic() - before < SOON


def test_a_block_ends_with_the_next_end() -> None:
    """A block whose next end is of another type is none, and the one after it counts."""
    text = b"-----BEGIN A-----\n-----END B-----\n-----BEGIN C-----\nAAAA\n-----END C-----\n"
    assert list(_blocks(text)) == [("C", b"\0\0\0")]


def test_braces_of_a_path_take_no_time() -> None:
    """A pattern whose opening braces all come behind the last closing one is searched once."""
    pattern, before = "}" * 50_000 + "{" * 50_000, time.monotonic()
    assert path_expression(pattern, begins=False, ends=False) == pattern
    assert time.monotonic() - before < SOON
    assert path_expression("{}{a}{b{c}", begins=False, ends=False) == "{}{a}{b{c}"
    assert path_expression("/{a}/{b}{", begins=False, ends=False) == "/{a}/{b}{"
    assert path_expression("/{a}/}{", begins=False, ends=False) == "/([^/]+)/}{"


def test_a_signature_covers_no_more_than_a_head(gateway: MockGateway) -> None:
    """A signature that names the same long header again and again is refused."""
    serve(gateway, use_keyless=False, enable_signature_checking=True)
    name = key(gateway, hmac_enabled=True, hmac_string="x")
    signature = f'Signature keyId="{name}",algorithm="hmac-sha1",headers="{"x " * 2_000}",signature="a"'
    assert told(get(gateway, signature, "/orders/", ("X", "y" * 1_000))) == (431, TOO_LONG)


@pytest.mark.parametrize("escape", [r"\UFFFFFFFF", r"\U00110000", r"\ud800", r"\uDFFF\xff"])
def test_an_escape_of_no_character_is_refused(gateway: MockGateway, escape: str) -> None:
    """A quoted text with an escape of a surrogate, or beyond the last character, is malformed."""
    with pytest.raises(ValueError, match="no character"):
        unquoted(f'"{escape}"')
    serve(gateway, use_keyless=False, enable_signature_checking=True)
    assert get(gateway, f'Signature keyId="{escape}"', "/orders/").status == 400


def test_a_shared_name_of_limits_has_a_bound(gateway: MockGateway) -> None:
    """A pattern of rate limits that repeats long metadata is refused."""
    serve(gateway, use_keyless=False)
    metadata = {"rate_limit_pattern": "$tyk_meta.a " * 99, "a": "x" * 99}
    name = key(gateway, meta_data=metadata)
    assert told(get(gateway, name, "/orders/"))[0] == 500
    assert "8192 characters" in told(get(gateway, name, "/orders/"))[1]


@pytest.mark.parametrize(
    "session",
    [
        {"rate": 1e308, "per": 1}, {"rate": 1, "per": 1e308}, {"rate": 1, "per": 60, "throttle_interval": 1e-308, "throttle_retry_limit": 1 << 62},
        {"quota_max": 9, "quota_renewal_rate": (1 << 63) - 1}, {"quota_max": 9, "quota_renews": (1 << 63) - 1},
    ],
    ids=["rate", "per", "throttle", "renewal", "renews"],
)  # fmt: skip
def test_limits_of_any_size_are_counted(gateway: MockGateway, session: dict[str, Any]) -> None:
    """A session whose numbers are the largest passes or is limited, and is read afterwards."""
    serve(gateway, use_keyless=False)
    call(gateway, "POST", "/tyk/keys/mykey", {"access_rights": RIGHTS, "org_id": "acme", **session})
    assert [get(gateway, "acmemykey", "/orders/").status for _ in range(2)] in ([200, 200], [200, 429])
    assert call(gateway, "GET", "/tyk/keys/acmemykey")[0] == 200


@pytest.mark.parametrize("zone", ["GMT+" + "9" * 5_000, "9" * 5_000])
def test_a_zone_of_many_digits_is_no_time(zone: str) -> None:
    """A time whose zone has thousands of digits is refused."""
    assert parse(f"Sat, 28 Nov 2026 10:00:00 {zone}") is None


@pytest.mark.parametrize("text", ["9" * 5_000 + "s", "9" * 1_000_000, "9" * 19 + "h", f"{MOST_SECONDS + 1}s"])
def test_a_duration_beyond_go_is_none(text: str) -> None:
    """A duration that Go's type does not hold counts as none."""
    assert durations.seconds(text) == 0
    assert durations.seconds(f"{MOST_SECONDS}s") == MOST_SECONDS


@pytest.mark.parametrize(
    ("path", "told_of"),
    [("/\0", "invalid control character"), ("/漢 a", "GET /%E6%BC%A2%20a"), ("/\ud800", "GET /%EF%BF%BD")],
    ids=["control", "letters", "surrogate"],
)
def test_a_trace_takes_any_path(gateway: MockGateway, path: str, told_of: str) -> None:
    """A trace of any path is answered, and its request reaches the API."""
    spec = {"api_id": "t", "use_keyless": True, "proxy": {"listen_path": "/t/", "target_url": "http://x.test/", "strip_listen_path": True},
            "active": True, "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}}}  # fmt: skip
    _, answer = call(
        gateway, "POST", "/tyk/debug", {"spec": spec, "request": {"path": path, "method": "GET"}}
    )
    assert told_of in answer.get("response", answer["message"])


def test_a_trace_tells_a_status_without_a_phrase(gateway: MockGateway) -> None:
    """A trace of an upstream with an unknown status has it without a phrase."""
    with answering({"/x": b"HTTP/1.1 599 X\r\nContent-Length: 0\r\n\r\n"}) as url:
        spec = {"api_id": "t", "use_keyless": True, "proxy": {"listen_path": "/t/", "target_url": url, "strip_listen_path": True},
                "active": True, "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}}}  # fmt: skip
        _, answer = call(
            gateway, "POST", "/tyk/debug", {"spec": spec, "request": {"path": "/x", "method": "GET"}}
        )
    assert "HTTP/1.1 599 \r\n" in answer["response"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (json_reader._STRING, '"' + "\\n" * 400_000 + '"'), (json_places._TOKEN, '"' + "x" * 400_000 + '"'),
        (raw_json._TOKEN, '"' + "x" * 400_000 + '"'), (json_errors._PLAIN, "x" * 400_000),
        (quoted_texts._TOKEN, '"' + "x" * 400_000 + '"'), (base64_texts._QUANTA, "x" * 400_000),
    ],
    ids=["string", "place", "raw", "error", "quoted", "base64"],
)  # fmt: skip
def test_a_long_text_is_matched_without_a_stack(pattern: re.Pattern[str], text: str) -> None:
    """An expression that reads foreign texts needs no memory for each of their characters."""
    tracemalloc.start()
    assert pattern.match(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(text)


def test_a_trace_needs_no_part_of_the_gateway(gateway: MockGateway) -> None:
    """A trace of an OpenAPI document without the gateway's part is that of an API without a listen path."""
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}
    status, answer = call(gateway, "POST", "/tyk/debug", {"oas": document, "request": {"path": "/x"}})
    assert (status, answer["message"]) == (400, "error")
    assert "the listen path is empty" in answer["logs"]


def test_a_batch_has_bounds(gateway: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch whose answers are too long together is refused."""
    serve(gateway, use_keyless=True, enable_batch_request_support=True)
    body = json.dumps({"requests": [{"method": "GET", "relative_url": "x" * 100}] * 5}).encode()
    assert send(gateway, "POST", "/orders/tyk/batch/", [], body).status == 200
    monkeypatch.setattr(batch, "LONGEST", 400)
    answer = send(gateway, "POST", "/orders/tyk/batch/", [], body)
    assert (answer.status, batch.TOO_MUCH.encode() in answer.body) == (500, True)
