"""Generators of hostile documents for APIs: GraphQL queries, messages for MCP proxies, definitions in OpenAPI form."""

from __future__ import annotations

import random
from typing import Any

from bench.hostile_pieces import (
    JSON_TYPE,
    RELOAD,
    SCHEMA,
    UPSTREAM,
    api_of,
    asking,
    damaged,
    key_of,
)
from bench.hostile_requests import ODD_TEXTS, URLS, encoded, value
from bench.odd_requests import Pieces, Targets, request


def graphql_traffic(rng: random.Random, _: Targets) -> Pieces:
    """A query to an API with GraphQL: deep, wide, cyclic, aliased, with odd variables, or no query."""
    size = rng.choice((1, 3, 30, 300, 3_000))
    query = rng.choice((
        "{a{" * size + "s" + "}}" * size, "{" + " ".join(f"x{n}:s" for n in range(size)) + "}",
        "{s " + " ".join(f"x{n}:__schema{{types{{name fields{{name type{{ofType{{name}}}}}}}}}}" for n in range(size)) + "}",
        "{...F} fragment F on Query{a{s} ...F}", "{...F0}" + "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(size)) + f"fragment F{size} on Query{{s}}",
        "query($x:Int $y:[I]){a(x:$x y:$y){s}}", "{a(x:" + "9" * size + "){s}}", "{a(y:[" + "{i:" * size + "{}" + "}" * size + "]){s}}",
        "{u{...on A{s b{__typename i}} __typename}}", "{b" + "{b" * size + "{s}" + "}" * size + "}", "subscription{s}", "mutation{s}",
        '{s(a:"""' + '\\"""' * size + '""")}', "{s" + "\n" * size + "!}", "{s @skip(if:$x) @include(if:" + rng.choice(("1", "true", "$y")) + ")}",
        "query A{s} query B{s}", "#" * size, "{" * size, rng.choice(ODD_TEXTS), "query($a:" + "[" * size + "Int" + "]" * size + "){s}",
    ))  # fmt: skip
    document: Any = {
        "query": query,
        "variables": rng.choice((value(rng), {"x": value(rng), "y": value(rng)})),
    }
    document |= {"operationName": rng.choice(("", "A", value(rng)))} if rng.random() < 0.4 else {}
    body = damaged(rng, encoded(document if rng.random() < 0.95 else [document] * size))
    settings = {
        "enabled": True, "execution_mode": rng.choice(("proxyOnly", "proxyOnly", "proxyOnly", "executionEngine")),
        "version": rng.choice(("2", "2", "1", "")), "schema": rng.choice((SCHEMA, SCHEMA, SCHEMA, rng.choice(ODD_TEXTS), "type Query{a:" + "[" * size)),
    }  # fmt: skip
    written = [
        api_of(rng, "graph", graphql=settings),
        key_of(rng, "graph", max_query_depth=rng.choice((-1, 0, 3))),
    ]
    asked = asking("POST", "/graph/", body, JSON_TYPE, "Authorization: hostilekey")
    return [b"".join((*written, RELOAD, asked))]


def _message(rng: random.Random) -> Any:
    """A message of JSON-RPC."""
    size = rng.choice((1, 100, 9_000, 20_000))
    name = rng.choice(("tool", "x" * size, "..", "a/*", "(", rng.choice(ODD_TEXTS)))
    method = rng.choice(
        (
            "tools/list",
            "tools/call",
            "resources/read",
            "prompts/get",
            "initialize",
            "m" * size,
            "",
            rng.choice(ODD_TEXTS),
        )
    )
    params = rng.choice(({"name": name, "uri": name}, value(rng), [name]))
    return {
        "jsonrpc": rng.choice(("2.0", "2.0", "2.0", "1.0", 2)),
        "id": value(rng),
        "method": method,
        "params": params,
    }


def mcp_traffic(rng: random.Random, _: Targets) -> Pieces:
    """A message to an MCP proxy, whose definition may have odd rules: deep, doubled, in a batch, or none."""
    tools = {
        rng.choice(("tool", "*", "(", "a/*", *ODD_TEXTS[:12])): {
            rng.choice(("allow", "block", "ignoreAuthentication")): {"enabled": True},
            "rateLimit": {
                "enabled": True,
                "rate": value(rng),
                "per": rng.choice(("5s", "9" * 30 + "h", value(rng))),
            },
        }
        for _ in range(rng.randrange(4))
    }
    definition = {**_document(rng, "mcp"), "paths": {}}
    definition["x-tyk-api-gateway"]["middleware"] = {
        rng.choice(("mcpTools", "mcpResources", "operations")): tools
    }
    size = rng.choice((1, 100, 9_000))
    body = rng.choice((
        encoded(_message(rng)), encoded(_message(rng)), encoded(_message(rng)), encoded([_message(rng) for _ in range(rng.choice((0, 1, 50)))]),
        b'{"jsonrpc":"2.0","method":"x","id":' + b"[" * size + b"]" * size + b"}", b'{"jsonrpc":"2.0","jsonrpc":"1","method":"x","method":"y"}',
    ))  # fmt: skip
    written = [request("POST", "/tyk/mcps", encoded(definition), JSON_TYPE), key_of(rng, "mcp")]
    asked = asking(
        "POST",
        "/mcp/",
        damaged(rng, body),
        JSON_TYPE,
        "Authorization: hostilekey",
        "Accept: text/event-stream",
    )
    return [b"".join((*written, RELOAD, asked, asked if rng.random() < 0.3 else b""))]


def _document(rng: random.Random, api_id: str) -> dict[str, Any]:
    """The definition of an API in OpenAPI form."""
    return {
        "openapi": rng.choice(("3.0.3", "3.0.3", "3.0.3", "3.1.0", value(rng))), "info": {"title": "hostile", "version": "1"},
        "paths": {rng.choice(("/x", "/{a}", "/{" * 9, *ODD_TEXTS[:9])): {"get": {"operationId": "x", "responses": {"200": {"description": ""}}}}},
        "x-tyk-api-gateway": {
            "info": {"id": api_id, "name": api_id, "state": {"active": True}}, "upstream": {"url": UPSTREAM},
            "server": {"listenPath": {"value": f"/{api_id}/", "strip": True}},
        },
    }  # fmt: skip


def open_api(rng: random.Random, _: Targets) -> Pieces:
    """An API in OpenAPI form with references in circles, odd or huge members, and a request to it."""
    size = rng.choice((1, 100, 900))
    document, part = _document(rng, "open"), {}
    extra: dict[str, Any] = {
        "components": {"schemas": {"a": {"$ref": "#/components/schemas/a"}, "b": {"$ref": rng.choice(URLS)}}},
        "servers": [{"url": rng.choice((*URLS, "{a}/{b}", "{" * size)), "variables": value(rng)} for _ in range(rng.randrange(3))],
        "security": rng.choice(([{"a": []}], [{}], value(rng))), "tags": value(rng), "x-" + "a" * size: value(rng),
    }  # fmt: skip
    for name in rng.sample(sorted(extra), rng.randrange(3)):
        document[name] = extra[name]
    part = document["x-tyk-api-gateway"]
    place = rng.choice((document, document["info"], part, part["info"], part["server"], part["upstream"]))
    names = (
        *place,
        "rateLimit",
        "middleware",
        "authentication",
        "customDomain",
        "versioning",
        "eventHandlers",
        "gatewayTags",
        "certificates",
    )
    if rng.random() < 0.7:
        place[rng.choice(names)] = rng.choice(
            (value(rng), {"enabled": True, "rate": 1, "per": "9" * 400 + "s"})
        )
    body = damaged(rng, encoded(document))
    if rng.random() < 0.1:
        body = body[:-1] + b',"x-deep":' + b'{"a":' * size + b"1" + b"}" * (size + 1)
    query = rng.choice(
        (
            "",
            "?authentication=true",
            "?allowList=true&mockResponse=true",
            "?upstreamURL=%zz",
            "?base_api_id=open&new_version_name=v2",
            "?patch=x",
        )
    )
    method, path = rng.choice((("POST", ""), ("POST", "/import"), ("PUT", "/open"), ("PATCH", "/open")))
    asked = (
        asking("GET", "/open/x"),
        request(
            "GET", f"/tyk/apis/oas{rng.choice(('', '/open', '/export', '/open/export', '/open?mode=public'))}"
        ),
    )
    return [b"".join((request(method, f"/tyk/apis/oas{path}{query}", body, JSON_TYPE), RELOAD, *asked))]
