"""API definitions in OpenAPI form that would break the mock's replies, its memory or its log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.gateway.oas import yaml_text
from mockserver.gateway.oas.references import References
from mockserver.gateway.oas.upstream import LONGEST_LIST
from mockserver.http.client import Client, ClientError
from mockserver.serving.mock_gateway import MockGateway

SOON = 10.0  # seconds for what takes many times as long if its time is the square of its length
PATH = "/tyk/apis/oas"
ODD: list[Any] = [None, True, 1, "x", "", [], {}, [None], [1], {"": None}, {"a": 1}, {"a": []}]
JSON = "application/json"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockGateway]:
    """A mock of the newest gateway."""
    with MockGateway() as gateway:
        yield gateway


@pytest.fixture
def client(mock: MockGateway) -> Iterator[Client]:
    """A client of a mock without APIs."""
    mock.reset()
    with Client(mock.url) as client:
        yield client


def definition(reply: dict[str, Any], responses: Any = None, **upstream: Any) -> dict[str, Any]:
    """A definition with a reply in place of its upstream's."""
    responses = {"200": {"description": ""}} if responses is None else responses
    return {
        "openapi": "3.0.3",
        "info": {"title": "odd", "version": "1"},
        "paths": {"/a": {"get": {"operationId": "a", "responses": responses}}},
        "x-tyk-api-gateway": {
            "info": {"id": "odd", "name": "odd", "state": {"active": True}},
            "upstream": {"url": "http://127.0.0.1:9/", **upstream},
            "server": {"listenPath": {"value": "/odd/", "strip": True}},
            "middleware": {"operations": {"a": {"mockResponse": {"enabled": True, **reply}}}},
        },
    }


def sent(mock: MockGateway, client: Client, method: str, path: str, document: Any) -> tuple[int, str]:
    """The status and the text of the answer to a request with the secret."""
    header = ("X-Tyk-Authorization", mock.secret)
    answer = client.send(method, path, [header], json.dumps(document).encode())
    return answer.status, answer.body.decode()


def loaded(mock: MockGateway, client: Client, document: dict[str, Any]) -> None:
    """Write a definition, and load it."""
    assert sent(mock, client, "POST", PATH, document)[0] == 200
    mock.reload()


EXAMPLES = {"fromOASExamples": {"enabled": True, "code": 200, "contentType": JSON}}
PLACES = [
    lambda odd: {"200": odd},
    lambda odd: {"200": {"content": odd}},
    lambda odd: {"200": {"headers": odd, "content": {JSON: {"example": 1}}}},
    lambda odd: {"200": {"headers": {"a": odd}, "content": {JSON: {"example": 1}}}},
    lambda odd: {"200": {"headers": {"a": {"schema": odd}}, "content": {JSON: {"example": 1}}}},
    lambda odd: {"200": {"content": {JSON: odd}}},
    lambda odd: {"200": {"content": {JSON: {"examples": odd}}}},
    lambda odd: {"200": {"content": {JSON: {"examples": {"a": odd}}}}},
    lambda odd: {"200": {"content": {JSON: {"schema": odd}}}},
    lambda odd: {"200": {"content": {JSON: {"schema": {"type": odd, "enum": odd}}}}},
    lambda odd: {"200": {"content": {JSON: {"schema": {"type": "object", "properties": odd}}}}},
    lambda odd: {"200": {"content": {JSON: {"schema": {"type": "array", "items": odd}}}}},
]


@pytest.mark.parametrize("place", PLACES)
def test_examples_of_odd_types_are_answered(mock: MockGateway, client: Client, place: Any) -> None:
    """An operation whose examples have any type in any place is answered by its reply or by a refusal of it."""
    for odd in ODD:
        document = definition(EXAMPLES, place(odd))
        if sent(mock, client, "POST", PATH, document)[0] == 200:
            mock.reload()
            text = client.send("GET", "/odd/a").body.decode()
            assert "the mock failed" not in text, (odd, text)


@pytest.mark.parametrize("text", ["9" * 5000, "-" + "9" * 5000, "+", "1e3", "99999999999999999999"])
def test_an_odd_code_of_an_example_is_refused(mock: MockGateway, client: Client, text: str) -> None:
    """A client that asks for the example of what is no number gets the gateway's refusal."""
    loaded(mock, client, definition(EXAMPLES))
    answer = client.send("GET", "/odd/a", [("X-Tyk-Accept-Example-Code", text)])
    assert "is not a valid integer value" in answer.body.decode()


def test_headers_of_a_definition_split_no_answer(mock: MockGateway, client: Client) -> None:
    """A reply of a definition has no header but those whose names it gives, whatever their values hold."""
    headers = [
        {"name": "X-A", "value": "a\r\nX-B: b\r\n\r\nHTTP/1.1 200 OK"},
        {"name": "X\r\nX-C", "value": "c"},
    ]
    loaded(mock, client, definition({"code": 200, "body": "hello", "headers": headers}))
    answer = client.send("GET", "/odd/a")
    assert answer.body == b"hello"
    assert answer.get("X-A") == "a  X-B: b    HTTP/1.1 200 OK"
    assert {"X-B", "X-C"}.isdisjoint(name for name, _ in answer.headers)


@pytest.mark.parametrize("code", [5, 99, 1000, -1, 2**62])
def test_a_code_that_is_no_status_ends_the_connection(mock: MockGateway, client: Client, code: int) -> None:
    """A reply with a code that is no status is not sent, as Go's server ends its connection."""
    loaded(mock, client, definition({"code": code, "body": "hello", "headers": []}))
    with pytest.raises(ClientError):
        client.send("GET", "/odd/a")


@pytest.mark.parametrize("weights", [[2**62], [1, LONGEST_LIST]])
def test_heavy_targets_are_refused(mock: MockGateway, client: Client, weights: list[int]) -> None:
    """Weights of targets whose classic list would fill the memory are refused, and not listed if not checked."""
    targets = [{"url": "http://127.0.0.1:9/", "weight": weight} for weight in weights]
    document = definition(
        {}, loadBalancing={"enabled": True, "skipUnavailableHosts": False, "targets": targets}
    )
    status, text = sent(mock, client, "POST", PATH, document)
    assert (status, "as often as its weight" in text) == (400, True)
    traced = {"oas": document, "request": {"method": "GET", "path": "/a"}}
    assert sent(mock, client, "POST", "/tyk/debug", traced)[0] == 200


@pytest.mark.parametrize(
    "change",
    [
        {"paths": {"/a": 1}}, {"paths": 1}, {"components": {"securitySchemes": [1]}}, {"security": [{"a": True}]},
        {"security": [{"a": [1]}]},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_traced_document_of_wrong_types_is_malformed(
    mock: MockGateway, client: Client, change: dict[str, Any]
) -> None:
    """What is no OpenAPI document cannot be traced, as it cannot be written."""
    document = {**definition({}), "openapi": "3.1.0", **change}
    traced = {"oas": document, "request": {"method": "GET", "path": "/a"}}
    assert sent(mock, client, "POST", "/tyk/debug", traced) == (
        400,
        '{"status":"error","message":"Request malformed"}\n',
    )
    assert sent(mock, client, "POST", PATH, document)[0] == 400


def test_triggers_without_values_are_passed_over(mock: MockGateway, client: Client) -> None:
    """A traced definition whose lists of rewrites have null in them is answered."""
    document = definition({})
    rewrite = {"enabled": True, "pattern": "a", "rewriteTo": "b", "triggers": [None, {"rules": [None]}]}
    document["x-tyk-api-gateway"]["middleware"]["operations"]["a"] = {"urlRewrite": rewrite}
    traced = {"oas": document, "request": {"method": "GET", "path": "/a"}}
    assert sent(mock, client, "POST", "/tyk/debug", traced)[0] == 200


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/tyk/debug", {"x-tyk-api-gateway": [1]}), (PATH, {"servers": [None]}), (PATH, {"tags": [None]}),
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_document_at_which_a_gateway_panics_has_no_answer(
    mock: MockGateway, client: Client, path: str, change: dict[str, Any]
) -> None:
    """A null server or tag of a document closes the connection, as on a gateway that panics."""
    document = {**definition({}), "openapi": "3.1.0", **change}
    traced = {"oas": document, "request": {"method": "GET", "path": "/a"}}
    with pytest.raises(ClientError):
        sent(mock, client, "POST", path, traced if path == "/tyk/debug" else document)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\nb: *a", "a: " + "[" * 200 + "]" * 200, "a: [" + "1," * 200_000 + "]", "a: .inf", "\x00",
        "a: !!python/object:os.system x", "? [1]\n: 2",
    ],
    ids=["alias", "deep", "long", "infinity", "zero byte", "tag", "list as name"],
)  # fmt: skip
def test_hostile_yaml_is_malformed(mock: MockGateway, client: Client, text: str) -> None:
    """YAML with aliases, many levels, over 256 KiB, or what JSON cannot have, is no document."""
    header = ("X-Tyk-Authorization", mock.secret)
    body = f"openapi: 3.0.3\ninfo: {{title: a, version: b}}\npaths: {{}}\n{text}\n"
    answer = client.send("POST", PATH, [header], body.encode())
    assert (answer.status, answer.body) == (400, b'{"status":"error","message":"request malformed"}\n')


def test_references_of_a_document_are_followed_once(mock: MockGateway, client: Client) -> None:
    """A chain of references that each schema doubles takes a time in proportion to its length."""
    schemas = {"s0": {"type": "string"}} | {
        f"s{n}": {
            "type": "object",
            "properties": {name: {"$ref": f"#/components/schemas/s{n - 1}"} for name in "ab"},
        }
        for n in range(1, 60)
    }
    document = {**definition({}), "components": {"schemas": schemas}}
    assert sent(mock, client, "POST", PATH, document)[0] == 200


@pytest.mark.parametrize("last", ["type", "circle"])
def test_long_chains_of_references_are_followed_soon(last: str) -> None:
    """Thousands of references, each to the next one, are followed within seconds, also if they are a circle."""
    schemas: dict[str, Any] = {f"s{n}": {"$ref": f"#/components/schemas/s{n + 1}"} for n in range(20_000)}
    schemas["s20000"] = {"type": "string"} if last == "type" else {"$ref": "#/components/schemas/s0"}
    start = time.monotonic()
    references = References({"components": {"schemas": schemas}})
    references.check()
    ends = [references.target("Schema", schema) for schema in schemas.values()]
    assert ends == [schemas["s20000"] if last == "type" else None] * len(schemas)
    assert time.monotonic() - start < SOON


def test_numbers_of_hours_and_minutes_are_texts() -> None:
    """A text such as 1:30 is no number of base 60, which a long one would take seconds to be read as."""
    start = time.monotonic()
    long = "1" + ":1" * 100_000
    assert yaml_text.read(f"a: 1:30\nb: 12\nc: 0x1f\nd: -0b1\ne: {long}\n".encode()) == {
        "a": "1:30", "b": 12, "c": 31, "d": -1, "e": long,
    }  # fmt: skip
    assert time.monotonic() - start < SOON
