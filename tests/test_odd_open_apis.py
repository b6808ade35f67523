"""APIs in OpenAPI form with odd values in every place: each is answered, loaded and called without a fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.gateway.oas.definition import EXTENSION
from mockserver.http.client import Client, ClientError
from mockserver.serving.mock_gateway import MockGateway

PATH = "/tyk/apis/oas"
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Odd", "version": "1"},
    "paths": {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "a", "responses": {"200": {"description": "ok"}}},
        }
    },
    "components": {
        "securitySchemes": {
            "token": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        }
    },
    "security": [{"token": []}, {"jwt": []}],
    "servers": [{"url": "http://{host}.test/", "variables": {"host": {"default": "up"}}}],
    EXTENSION: {
        "info": {
            "id": "odd",
            "name": "Odd",
            "state": {"active": True},
            "versioning": {
                "enabled": True, "name": "v1", "default": "self", "location": "header", "key": "v",
                "versions": [{"name": "v2", "id": "other"}],
            },
        },
        "upstream": {"url": "http://127.0.0.1:9/", "rateLimit": {"enabled": True, "rate": 5, "per": "10s"}},
        "server": {
            "listenPath": {"value": "/odd/", "strip": True},
            "customDomain": {"enabled": True, "name": "api.test"},
            "authentication": {
                "enabled": True,
                "securityProcessingMode": "compliant",
                "security": [["token"]],
                "customKeyLifetime": {"enabled": True, "value": "10m"},
                "securitySchemes": {
                    "token": {"enabled": True, "header": {"enabled": True, "name": "X-Key"}},
                    "jwt": {
                        "enabled": True,
                        "source": "c2VjcmV0",
                        "signingMethod": "hmac",
                        "subjectClaims": ["sub"],
                        "scopes": {"claims": ["s"], "scopeToPolicyMapping": [{"scope": "a", "policyId": "b"}]},
                        "allowedIssuers": ["me"],
                    },
                },
            },
        },
        "middleware": {"global": {"skipQuota": True}, "operations": {"a": {"allow": {"enabled": True}}}},
    },
}  # fmt: skip
ODD: list[Any] = [None, True, 1, 1.5, "x", "", [], {}, [None], [1], [[]], {"": None}, {"a": 1}, {"a": []}]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name)
        yield from _places(item, (*path, name))


PLACES = list(_places(DOCUMENT))


def _with(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The document with another value at a place."""
    document = copy.deepcopy(DOCUMENT)
    holder: Any = document
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = value
    return document


@pytest.mark.parametrize(
    "release",
    [pytest.param("5.8", marks=pytest.mark.slow), pytest.param("5.12", marks=pytest.mark.slow), "5.14"],
)
def test_an_odd_document_is_answered(release: str) -> None:
    """A document with any value in any place is taken or refused, and never stops a reload, a read or a request."""
    with MockGateway(gateway=release) as gateway, Client(gateway.url) as client:
        secret = [("X-Tyk-Authorization", gateway.secret)]
        asked = [("GET", PATH), ("GET", f"{PATH}/odd"), ("GET", f"{PATH}/odd/export?mode=public")]
        for place in PLACES:
            for value in ODD:
                document = json.dumps(_with(place, value)).encode()
                try:
                    statuses = [client.send("POST", PATH, secret, document).status]
                except ClientError:  # a gateway panics
                    assert place == (EXTENSION,) or value == [None], (place, value)
                    continue
                if statuses == [200]:
                    gateway.reload()
                    statuses += [client.send(method, target, secret).status for method, target in asked]
                    statuses.append(
                        client.send("PATCH", f"{PATH}/odd?allowList=true", secret, document).status
                    )
                    statuses.append(client.send("GET", "/odd/a", [("X-Key", "k")]).status)
                assert max(statuses[:5]) < 500, (place, value, statuses)  # the last has no upstream


@pytest.mark.parametrize("member", ["info", "paths", "x-tyk-api-gateway"])
def test_a_deep_document_is_refused(member: str) -> None:
    """A document of thousands of levels is answered with 400."""
    document = json.dumps(_with((member,), {**DOCUMENT[member], "x-deep": "DEEP"}))
    deep = document.replace('"DEEP"', "[" * 5000 + "]" * 5000).encode()
    with MockGateway() as gateway, Client(gateway.url) as client:
        answer = client.send("POST", PATH, [("X-Tyk-Authorization", gateway.secret)], deep)
    assert answer.status == 400
