"""The short way of hot requests, the fast reader and the fast writer do as the long ones."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mockserver.contract.spec_files import default_version
from mockserver.gateway.config import Config
from mockserver.gateway.gateway import Gateway
from mockserver.golang import json_reader, json_writer
from mockserver.http.messages import parse_head, response_bytes
from mockserver.http.server import WireServer
from mockserver.serving.mock_gateway import listen
from mockserver.serving.shortway import ShortWay
from mockserver.serving.wsgi_app import create_app

SECRET = "mock-secret"
BODY = {"id": "gold", "rate": 5, "per": 1.5, "access_rights": {"a": {"versions": ["v1"]}}}
SESSION = {"apply_policies": ["gold"], "rate": 2}

targets = st.sampled_from(
    ["/tyk/policies", "/tyk/policies/gold", "/tyk/policies/none", "/tyk/policies/g%6fld", "/tyk/policies/.",
     "/tyk/policies/a..b", "/tyk/policies/gold/", "/tyk/policies?x=1", "/tyk/keys/preview", "/tyk/keys/named", "/hello",
     "/tyk/reload?block=true", "//tyk/policies", "/tyk/policies/" + "x" * 300]
)  # fmt: skip
methods = st.sampled_from(["GET", "GET", "PUT", "POST", "DELETE", "PATCH", "get"])
bodies = st.sampled_from(
    [json.dumps(body).encode() for body in (BODY, {**BODY, "rate": 7}, {"id": "x"}, SESSION, [], {"id": "\u00e9<"})]
    + [b"", b"{", b'{"id":"gold"} more', b'{"id":"\\u0067old"}', b'{"ID":"gold","id":"gold","rate":1e400}']
)  # fmt: skip
headers = st.lists(
    st.sampled_from(
        [("X-Tyk-Authorization", SECRET), ("x-tyk-authorization", SECRET), ("X-Tyk-Authorization", "wrong"),
         ("Connection", "close"), ("Connection", "keep-alive"), ("Expect", "100-continue"), ("Accept", "*/*")]
    ),
    max_size=3,
)  # fmt: skip
secret_first = headers.map(lambda found: [("X-Tyk-Authorization", SECRET), *found])


class _Mock:
    """A gateway whose requests are given as bytes, without any connection."""

    def __init__(self) -> None:
        self.gateway = Gateway(default_version(), Config())
        self.gateway.clock.now = lambda: 1_800_000_000.0  # type: ignore[method-assign]  # so that two can be compared
        self.short_way = ShortWay(self.gateway)
        with listen("127.0.0.1", 0) as listener:
            self._server = WireServer(create_app(self.gateway), listener)

    def long(self, data: bytes) -> bytes:
        known, _, body = data.partition(b"\r\n\r\n")
        head = parse_head(known)
        status, sent, content = self._server.call(head, body, ("127.0.0.1", 1))
        return response_bytes(head, status, sent, content, close=not head.keeps_alive)

    def either(self, data: bytes) -> bytes:
        return self.short_way.answer(data) or self.long(data)

    def last(self) -> dict[str, Any]:
        entry = self.gateway.journal[-1].as_dict()
        return {name: value for name, value in entry.items() if name != "time"}


def _bytes(method: str, target: str, sent: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *(f"{n}: {v}" for n, v in sent)]
    lines += [f"Content-Length: {len(body)}"] if body or method != "GET" else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _undated(answer: bytes) -> bytes:
    return re.sub(rb"Date: [^\r]*", b"Date", answer)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(methods, targets, secret_first | headers, bodies), min_size=1, max_size=12))
def test_the_short_way_leads_where_the_long_one_does(requests: list[Any]) -> None:
    """The same bytes are answered, the same is written, and the journals say the same."""
    short, long = _Mock(), _Mock()
    for request in requests:
        data = _bytes(*request)
        assert _undated(short.either(data)) == _undated(long.long(data))
        assert short.last() == long.last()
    assert short.gateway.store.written() == long.gateway.store.written()


def test_hot_requests_take_the_short_way() -> None:
    """Or the test above would hold nothing."""
    mock = _Mock()
    for method, target, body in (
        ("POST", "/tyk/policies", json.dumps(BODY).encode()),
        ("PUT", "/tyk/policies/gold", json.dumps(BODY).encode()),
        ("GET", "/tyk/policies/gold", b""),
        ("GET", "/tyk/policies", b""),
        ("POST", "/tyk/keys/preview", json.dumps(SESSION).encode()),
        ("DELETE", "/tyk/policies/gold", b""),
    ):
        assert mock.short_way.answer(_bytes(method, target, [("X-Tyk-Authorization", SECRET)], body))


def test_what_is_not_at_ease_takes_the_long_way() -> None:
    """A fault that is set, a reload that is due, a request that is not whole."""
    mock = _Mock()
    data = _bytes("GET", "/tyk/policies", [("X-Tyk-Authorization", SECRET)], b"")
    assert mock.short_way.answer(data[:-1]) is None
    assert mock.short_way.answer(data + data) is None
    mock.gateway.faults.add({"operation": "*", "status": 503, "times": 0}, set())
    assert mock.short_way.answer(data) is None
    mock.gateway.faults.clear()
    mock.gateway.queue_reload()
    assert mock.short_way.answer(data)
    mock.gateway.clock.advance(mock.gateway.config.reload_seconds)
    assert mock.short_way.answer(data) is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TEXTS = ANYTHING.map(
    lambda value: json.dumps(value, ensure_ascii=False, allow_nan=True).encode("utf-8", "replace")
)
BROKEN = st.text(st.sampled_from('{}[]:,"\\ 019-.eE+tfnNaI\n\u00e9'), max_size=20).map(str.encode)


def _exact(data: bytes) -> Any:
    text = data.decode("utf-8", "go-json")
    try:
        node, end = json_reader._value(text)
    except json_reader.JSONSyntaxError as error:
        return str(error)
    return _typed(node), text[end:]


def _read(data: bytes) -> Any:
    try:
        node, rest = json_reader.read(data)
    except json_reader.JSONSyntaxError as error:
        return str(error)
    return _typed(node), rest


def _typed(node: Any) -> Any:
    if isinstance(node, json_reader.Object):
        return ["object", *((str(name), _typed(value)) for name, value in node)]
    if isinstance(node, list):
        return ["array", *map(_typed, node)]
    return type(node).__name__, node


@settings(max_examples=300, deadline=None)
@given(TEXTS | BROKEN.map(lambda text: b"{" + text) | BROKEN)
@example(b'{"a":01}')
@example(b'{"a":1,"a":2} {')
@example(b'{"a":NaN}')
@example(b"{" + b'"a":{' * 300 + b"}" * 301)
def test_the_fast_reader_reads_as_the_exact_one(data: bytes) -> None:
    """The same nodes of the same types, the same rest, or the same refusal."""
    assert _read(data) == _exact(data)


@settings(max_examples=300, deadline=None)
@given(ANYTHING, st.sampled_from(["", "  "]))
def test_the_fast_writer_writes_as_the_deep_one(value: Any, indent: str) -> None:
    """The same text, with and without indent."""
    assert json_writer.write(value, indent) == json_writer._written_deep(value, indent)
