"""Generators of hostile requests to APIs of every kind: GraphQL, MCP, tokens, signatures, certificates, documents.

Each case writes what it needs, reloads, and asks, over one connection. `PORT` stands for the port of the
hostile upstream (`bench.hostile_upstream`), which has five digits.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from bench.hostile_requests import MEMBERS, ODD_TEXTS, PATTERNS, URLS, encoded, value
from bench.odd_requests import Pieces, Targets, request

PORT = "PPPPP"
UPSTREAM = f"http://127.0.0.1:{PORT}/"
JSON_TYPE = "Content-Type: application/json"
RELOAD = request("GET", "/tyk/reload?block=true")
SCHEMA = "type Query{a(x:Int y:[I]):A b:[A!]! s:String u:U} type A{a:A b:[A] s:String i:Int!} union U=A input I{i:I s:String!}"
DAMAGES = 3  # bytes of a certificate that are changed, at most


def _api(rng: random.Random, api_id: str, **members: Any) -> bytes:
    """The request that writes an API at a path of its name."""
    document = {
        "api_id": api_id, "name": api_id, "active": True, "use_keyless": rng.random() < 0.8,
        "proxy": {"listen_path": f"/{api_id}/", "target_url": UPSTREAM, "strip_listen_path": True},
        "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
        **members,
    }  # fmt: skip
    if rng.random() < 0.2:
        document[rng.choice((*MEMBERS, "auth_configs", "graphql", "openid_options"))] = value(rng)
    return request("POST", "/tyk/apis", encoded(document))


def _key(rng: random.Random, api_id: str, **members: Any) -> bytes:
    """The request that writes the key `hostilekey` with a right to an API."""
    right = {"api_id": api_id, "versions": ["Default"]}
    if rng.random() < 0.3:
        right[rng.choice(("mcp_access_rights", "restricted_types", "allowed_urls", "endpoints", "limit"))] = (
            value(rng)
        )
    session = {"rate": 1000, "per": 1, "access_rights": {api_id: right}, **members}
    return request("POST", "/tyk/keys/hostilekey", encoded(session))


def _ask(method: str, target: str, body: bytes = b"", *headers: str) -> bytes:
    """A request of a client, who has no secret of a service."""
    lines = (
        f"{method} {target} HTTP/1.1",
        "Host: localhost",
        *headers,
        f"Content-Length: {len(body)}",
        "",
        "",
    )
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def _damaged(rng: random.Random, text: bytes) -> bytes:
    """A text that is cut, doubled, or has other bytes at some places; often as it is."""
    data, kind = bytearray(text), rng.randrange(6)
    if kind == 0:
        return bytes(data[: rng.randrange(len(data) + 1)])
    if kind == 1:
        return bytes(data) * 2
    if kind == 2 and data:
        for _ in range(rng.randrange(1, DAMAGES + 1)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


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
    body = _damaged(rng, encoded(document if rng.random() < 0.95 else [document] * size))
    settings = {
        "enabled": True, "execution_mode": rng.choice(("proxyOnly", "proxyOnly", "proxyOnly", "executionEngine")),
        "version": rng.choice(("2", "2", "1", "")), "schema": rng.choice((SCHEMA, SCHEMA, SCHEMA, rng.choice(ODD_TEXTS), "type Query{a:" + "[" * size)),
    }  # fmt: skip
    written = [
        _api(rng, "graph", graphql=settings),
        _key(rng, "graph", max_query_depth=rng.choice((-1, 0, 3))),
    ]
    asked = _ask("POST", "/graph/", body, JSON_TYPE, "Authorization: hostilekey")
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
    written = [request("POST", "/tyk/mcps", encoded(definition), JSON_TYPE), _key(rng, "mcp")]
    asked = _ask(
        "POST",
        "/mcp/",
        _damaged(rng, body),
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
    body = _damaged(rng, encoded(document))
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
        _ask("GET", "/open/x"),
        request(
            "GET", f"/tyk/apis/oas{rng.choice(('', '/open', '/export', '/open/export', '/open?mode=public'))}"
        ),
    )
    return [b"".join((request(method, f"/tyk/apis/oas{path}{query}", body, JSON_TYPE), RELOAD, *asked))]


@cache
def _certificates() -> tuple[bytes, bytes]:
    """A certificate and its private key in DER form; the same in a run, for no case depends on them."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.derive_private_key(7, ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "hostile"), x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")]
    )
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 7, start, start + datetime.timedelta(36_500)
    )
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("hostile.test")]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    der = serialization.Encoding.DER
    private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(der), private


def certificates(rng: random.Random, _: Targets) -> Pieces:
    """PEM files with damaged, many, mixed or unended blocks, and requests that read and delete them."""

    def block(kind: bytes, content: bytes) -> bytes:
        return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (kind, base64.encodebytes(content), kind)

    size = rng.choice((1, 20, 2_000, 20_000))
    certificate, private = (_damaged(rng, part) for part in _certificates())
    parts = (
        block(b"CERTIFICATE", certificate), block(b"PRIVATE KEY", private), block(b"PUBLIC KEY", certificate), block(b"EC PRIVATE KEY", private),
        block(b"CERTIFICATE", certificate) * min(size, 200), b"-----BEGIN A-----\n" * size, b"-----END CERTIFICATE-----\n", b"x" * size,
        b"".join(b"-----BEGIN A%d-----\n" % n for n in range(size)), rng.randbytes(size), b"-----BEGIN " + b"-" * size,
    )  # fmt: skip
    body = _damaged(rng, b"".join(rng.choices(parts, k=rng.randrange(1, 4))))
    name = rng.choice(("a", "a," * size, "0" * 64, "%2e%2e%2f", "%00"))
    reads = (
        request("GET", "/tyk/certs?mode=detailed&org_id="),
        request("GET", f"/tyk/certs/{name[:50_000]}"),
        request("DELETE", f"/tyk/certs/{name[:99]}"),
    )
    return [
        request("POST", f"/tyk/certs{rng.choice(('', '?org_id=o', '?org_id=%00'))}", body) + b"".join(reads)
    ]


def tokens(rng: random.Random, _: Targets) -> Pieces:
    """A token of a provider or by a key set, both of which the hostile upstream has."""

    def part(document: Any) -> str:
        return base64.urlsafe_b64encode(encoded(document)).decode().rstrip("=")

    issuer = f"http://127.0.0.1:{PORT}/{rng.randrange(99)}"
    header = {
        "alg": rng.choice(("RS256", "ES256", "HS256", "none", "EdDSA", value(rng))),
        "kid": rng.choice(("k", "", value(rng))),
    }
    claims = {
        "iss": issuer,
        "aud": rng.choice(("client", ["client"], value(rng))),
        "sub": rng.choice(("user", value(rng))),
    }
    claims |= {
        rng.choice(("exp", "iat", "nbf", "scope", "azp", *MEMBERS)): value(rng)
        for _ in range(rng.randrange(3))
    }
    signature = rng.randbytes(rng.choice((0, 64, 256, 2_000)))
    token = f"{part(header)}.{part(claims)}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"[
        :60_000
    ]
    if rng.random() < 0.5:
        options = {
            "providers": [{"issuer": issuer, "client_ids": {base64.b64encode(b"client").decode(): "p"}}]
        }
        api = {"use_openid": True, "openid_options": options}
    else:
        source = rng.choice((issuer, base64.b64encode(issuer.encode()).decode(), rng.choice(URLS)))
        urls = [
            {
                "url": rng.choice((issuer, rng.choice(URLS))),
                "cache_timeout": rng.choice(("5s", "9" * 30 + "h")),
            }
            for _ in range(3)
        ]
        method = rng.choice(("rsa", "ecdsa", "hmac"))
        api = {
            "enable_jwt": True,
            "jwt_signing_method": method,
            "jwt_source": source,
            "jwt_identity_base_field": "sub",
        }
        api |= {"jwt_jwks_uris": urls} if rng.random() < 0.5 else {}
    if PORT in str(api.get("jwt_source", "")) or "use_openid" in api or "jwt_jwks_uris" in api:
        api["use_keyless"] = False
    asked = _ask("GET", "/tokens/x", b"", f"Authorization: Bearer {token}")
    return [_api(rng, "tokens", **api) + RELOAD + asked]


def signatures(rng: random.Random, _: Targets) -> Pieces:
    """A signature in a header, of a key that exists: odd pairs, quotes, escapes, or the same header many times."""
    size = rng.choice((1, 100, 10_000))
    names = rng.choice(("date", "(request-target) date x", "x " * size, rng.choice(ODD_TEXTS[:9])))
    escape = rng.choice(("", "\\U00110000", "\\ud800", "\\xff", "\\400", "\\", '\\"' * 99))
    pairs = [
        f'keyId="hostilekey{escape}"',
        f'algorithm="{rng.choice(("hmac-sha256", "rsa-sha256", "none", ""))}"',
        f'headers="{names}"',
        f'signature="{"%zz" * size}"',
    ]
    text = ",".join(rng.sample(pairs, rng.randrange(1, 5))) + rng.choice(
        ("", "/*" * size, "`", "=" * size, ',"')
    )
    header = "".join(c for c in text if c.isprintable() and ord(c) < 256)[:200_000]
    date = rng.choice(
        (
            "Sat, 28 Nov 2026 10:00:00 GMT",
            "Sat, 28 Nov 2026 10:00:00 GMT+" + "9" * size,
            "Sat, 28 Nov 0000 10:00:00 UTC",
            "x",
        )
    )
    session = {
        "hmac_enabled": True,
        "hmac_string": "x",
        "enable_http_signature_validation": rng.random() < 0.5,
        "rsa_certificate_id": rng.choice(("", "00", "zz")),
    }
    asked = _ask(
        "GET", "/signed/x", b"", f"Authorization: Signature {header}", f"Date: {date}", f"X: {'y' * size}"
    )
    api = _api(rng, "signed", use_keyless=False, enable_signature_checking=True)
    return [b"".join((api, _key(rng, "signed", **session), RELOAD, asked))]


def upgrades(rng: random.Random, _: Targets) -> Pieces:
    """A request for another protocol, whose data follow at once."""
    api = rng.choice(
        (
            _api(rng, "up"),
            _api(
                rng,
                "up",
                graphql={"enabled": True, "version": "2", "execution_mode": "proxyOnly", "schema": SCHEMA},
            ),
        )
    )
    headers = (
        rng.choice(("Connection: upgrade", "Connection: Upgrade, keep-alive", "Connection: close, Upgrade")),
        f"Upgrade: {rng.choice(('websocket', 'h2c', 'websocket, h2c', 'TLS/1.0', '', 'x' * 9_000))}",
        f"Sec-WebSocket-Protocol: {rng.choice(('graphql-ws', 'graphql-transport-ws', 'x' * 999))}", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {rng.choice(('dGhlIHNhbXBsZSBub25jZQ==', '', 'x'))}", "HTTP2-Settings: AAMAAABkAAQAAP__",
    )  # fmt: skip
    frames = rng.choice(
        (
            b"",
            b"\x81\x85\0\0\0\0hello",
            b"\x81\xff" + b"\xff" * 12,
            rng.randbytes(300),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        )
    )
    return [api + RELOAD + _ask("GET", "/up/x", b"", *headers) + frames]


def forms(rng: random.Random, _: Targets) -> Pieces:
    """A form to the token endpoints of an API with OAuth: many, odd, doubled or badly escaped fields."""
    size = rng.choice((1, 100, 20_000))
    fields = ("grant_type=client_credentials", "client_id=a", "client_secret=%zz", "%", "&" * size, "a=" + "+" * size, "grant_type=" + "%00" * 9,
              "code=" + "x" * size, "=&=", "redirect_uri=" + "http%3A%2F%2F" * 9, ";a=b;", "scope=" + "%f0%9f%92%a5" * size, "refresh_token=é")  # fmt: skip
    body = "&".join(rng.choices(fields, k=rng.choice((1, 3, 9)))).encode()
    kind = rng.choice(
        (
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
            "a/b; charset=\xff",
            "",
        )
    )
    path = rng.choice(
        (
            "/oauth/token/",
            "/oauth/authorize/",
            "/oauth/revoke",
            "/tyk/oauth/authorize-client/",
            "/oauth/revoke_all",
        )
    )
    api = _api(
        rng, "forms", use_oauth2=True, use_keyless=False, oauth_meta={"allowed_access_types": value(rng)}
    )
    return [
        api
        + RELOAD
        + _ask("POST", f"/forms{path}", _damaged(rng, body), f"Content-Type: {kind}".replace("\xff", "y"))
    ]


def batches(rng: random.Random, _: Targets) -> Pieces:
    """A batch of requests, or a request to a definition that comes with it (`/tyk/debug`), with odd members."""
    unit = {
        "method": rng.choice(("GET", "POST", "", "G T", value(rng))), "headers": rng.choice(({"a": "b"}, {"a\r\nb": "c\r\nd"}, value(rng))),
        "relative_url": rng.choice(("x", "tyk/batch/", "../../tyk/keys", "?%zz", "//a", "é", rng.choice(ODD_TEXTS), value(rng))),
        "path": rng.choice(("/x", "\0", "漢", "%zz", "a b", rng.choice(ODD_TEXTS))), "body": rng.choice(("", "{}", rng.choice(ODD_TEXTS))),
    }  # fmt: skip
    if rng.random() < 0.5:
        body = {"requests": [unit] * rng.choice((1, 3, 100)), "suppress_parallel_execution": value(rng)}
        asked = _ask("POST", "/batch/tyk/batch/", _damaged(rng, encoded(body)))
        return [_api(rng, "batch", enable_batch_request_support=True, use_keyless=True) + RELOAD + asked]
    spec = {
        "api_id": "traced", "name": "traced", "active": True, "use_keyless": True, "proxy": {"listen_path": "/t/", "target_url": UPSTREAM},
        "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}}, rng.choice(MEMBERS): value(rng),
    }  # fmt: skip
    traced = {
        "request": {**unit, "headers": rng.choice(({"a": ["b"]}, value(rng)))},
        rng.choice(("spec", "spec", "oas")): spec,
    }
    return [request("POST", "/tyk/debug", _damaged(rng, encoded(traced)))]


def path_lists(rng: random.Random, _: Targets) -> Pieces:
    """Lists of paths, rights and names of limits with odd patterns, and requests that are held against them."""
    size = rng.choice((1, 50, 5_000))
    pattern = rng.choice((*PATTERNS, "}" * size + "{" * size, "{a}" * size, "/*" * size, "(a|aa)+" * 9 + "$"))
    lists = {
        name: [{"path": pattern, "method": "GET"}]
        for name in ("ignored", "black_list", "white_list")
        if rng.random() < 0.5
    }
    versions = {
        "Default": {
            "name": "Default",
            "use_extended_paths": True,
            "extended_paths": lists,
            "ignore_endpoint_case": rng.random() < 0.5,
        }
    }
    api = _api(rng, "lists", version_data={"not_versioned": True, "versions": versions})
    name = rng.choice(
        ("$tyk_meta.a", "$tyk_meta.a" * size, "$tyk_meta.", "$secret_env.X", rng.choice(ODD_TEXTS))
    )
    limits = {
        "rate": rng.choice((1, 1e308)),
        "per": rng.choice((1, 1e308, 1e-308)),
        "quota_max": 1,
        "quota_renewal_rate": rng.choice((60, 2**63 - 1)),
    }
    session = _key(
        rng,
        "lists",
        meta_data={"rate_limit_pattern": name, "a": rng.choice(("x" * size, value(rng)))},
        **limits,
    )
    path = rng.choice(("x", "a" * 5_000, "}{" * 99, "%7B%7D", "a/" * 500))
    asked = _ask("GET", f"/lists/{path}", b"", "Authorization: hostilekey")
    return [b"".join((api, session, RELOAD, asked, asked))]


KINDS: dict[Callable[[random.Random, Targets], Pieces], int] = {  # of a gateway, with their relative frequencies
    graphql_traffic: 14, mcp_traffic: 14, open_api: 12, certificates: 8, tokens: 10, signatures: 8, upgrades: 4, forms: 6, batches: 8, path_lists: 8,
}  # fmt: skip
