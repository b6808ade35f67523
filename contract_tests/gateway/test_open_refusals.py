"""APIs in OpenAPI form that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.engine.checks import TWICE
from contract_tests.engine.declaration import behaviour
from contract_tests.gateway.builders.open_apis import EXTENSION, document, write
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import OPEN_APIS

NOT_FOUND = "API not found"
NEEDS_EXTENSION = "the payload should contain x-tyk-api-gateway"
NO_JSON = "invalid character 'o' looking for beginning of value"
OPERATION: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
NOTHING = {"$ref": "#/components/parameters/nothing"}
Change = Callable[[dict[str, Any]], object]
REFUSED: list[tuple[str, Change, str]] = [
    ("no info", lambda sent: sent[EXTENSION].pop("info"), "x-tyk-api-gateway: info is required"),
    ("no server", lambda sent: sent[EXTENSION].pop("server"), "x-tyk-api-gateway: server is required"),
    ("no state", lambda sent: sent[EXTENSION]["info"].pop("state"), "x-tyk-api-gateway.info: state is required"),
    (
        "blank name", lambda sent: sent[EXTENSION]["info"].update(name=" "),
        "x-tyk-api-gateway.info.name: Does not match pattern '\\S+'",
    ),
    (
        "wrong type", lambda sent: sent[EXTENSION]["server"]["authentication"].update(enabled="yes"),
        "x-tyk-api-gateway.server.authentication.enabled: Invalid type. Expected: boolean, given: string",
    ),
    (
        "no upstream", lambda sent: sent[EXTENSION]["upstream"].clear(),
        (
            "x-tyk-api-gateway.upstream: Must validate at least one schema (anyOf)\n"
            "x-tyk-api-gateway.upstream: url is required"
        ),
    ),
    ("unknown member", lambda sent: sent.update(nope=1), "(root): Additional property nope is not allowed"),
    ("path without slash", lambda sent: sent.update(paths={"a": {}}), "paths: Additional property a is not allowed"),
    ("other version", lambda sent: sent.update(openapi="2.0"), 'Schema not found for version "2.0"'),
    (
        "unknown member of an operation", lambda sent: sent.update(paths={"/a": {"get": {**OPERATION, "nope": 1}}}),
        "paths./a.get: Additional property nope is not allowed",
    ),
    (
        "reference to nothing", lambda sent: sent.update(paths={"/a": {"get": {**OPERATION, "parameters": [NOTHING]}}}),
        "request malformed",
    ),
    (
        "list of nothing", lambda sent: sent["components"].update(schemas={"A": {"type": "array"}}),
        "invalid components: schema \"A\": when schema type is 'array', schema 'items' must be non-null",
    ),
    (
        "unknown scheme", lambda sent: sent.update(security=[{"other": []}]),
        (
            "Missing required Security Scheme 'other' in Components.SecuritySchemes. "
            "For more information please visit https://swagger.io/specification/#security-requirement-object"
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"), [pytest.param(change, text, id=name) for name, change, text in REFUSED]
)
@behaviour("broken-open-apis-are-refused")
def test_a_broken_document_is_refused(gateway: Gateway, change: Change, message: str) -> None:
    """A document that breaks a rule of OpenAPI or of the gateway answers 400 with that rule."""
    sent = document(gateway)
    name = sent[EXTENSION]["info"]["id"]
    change(sent)
    expect_error(gateway.send("POST", f"{OPEN_APIS}?apiID={name}", sent), 400, message)


@behaviour("broken-open-apis-are-refused")
def test_a_body_that_is_no_document_is_refused(gateway: Gateway) -> None:
    """A body that is not JSON, a document without the gateway's part, and one for another API answer 400 or 404."""
    path, sent = f"{OPEN_APIS}/{gateway.new_id()}", document(gateway)
    plain = {name: value for name, value in sent.items() if name != EXTENSION}
    for method in ("PUT", "PATCH"):
        expect_error(gateway.send(method, path, "{"), 400, "request malformed")
        expect_error(gateway.send(method, path, sent), 404, NOT_FOUND)
    expect_error(gateway.send("POST", OPEN_APIS, "{"), 400, "request malformed")
    if "open-api-bodies-may-be-yaml" not in gateway.behaviours:
        text = f"openapi: 3.0.3\n{EXTENSION}: {json.dumps(sent[EXTENSION])}"
        expect_error(gateway.send("POST", f"{OPEN_APIS}?apiID={gateway.new_id()}", text), 400, NO_JSON)
    expect_error(gateway.send("PUT", path, plain), 400, NEEDS_EXTENSION)
    expect_error(gateway.send("PATCH", path, plain), 404, NOT_FOUND)
    expect_error(gateway.send("DELETE", path), 404, NOT_FOUND)


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("openapi", "openapi: Does not match pattern '^3\\.0\\.\\d(-.+)?$'"),
        ("info", "info: Invalid type. Expected: object, given: null"),
        ("paths", "paths: Invalid type. Expected: object, given: null"),
    ],
)
@behaviour("open-api-bodies-are-normalised")
def test_a_missing_member_counts_as_a_wrong_one(gateway: Gateway, member: str, message: str) -> None:
    """A document without one of its main members is refused for the value that the gateway puts there."""
    sent = document(gateway)
    del sent[member]
    expect_error(gateway.send("POST", OPEN_APIS, sent), 400, message)


@behaviour("open-api-bodies-may-be-yaml")
def test_a_document_may_be_yaml(gateway: Gateway) -> None:
    """A document in YAML is written, as one in JSON is."""
    sent = document(gateway)
    name = sent[EXTENSION]["info"]["id"]
    lines = "".join(f"{member}: {json.dumps(value)}\n" for member, value in sent.items())
    for text in (f"# An API\n{lines}", f"---\n{lines}"):
        expect_written(gateway.send("POST", f"{OPEN_APIS}?apiID={name}", text), name, "added")


@behaviour("open-api-3-1-is-taken")
def test_a_document_of_3_1_is_taken(gateway: Gateway) -> None:
    """A document of OpenAPI 3.1 is written."""
    for _ in TWICE:
        write(gateway, document(gateway) | {"openapi": "3.1.0"})


@behaviour("malformed-version-is-lower-case")
def test_a_version_that_is_none_is_refused_in_lower_case(gateway: Gateway) -> None:
    """A document whose version is a word answers 400 with a text in lower case."""
    for word in ("x", "three"):
        sent = document(gateway) | {"openapi": word}
        expect_error(gateway.send("POST", OPEN_APIS, sent), 400, f"malformed version: {word}")
