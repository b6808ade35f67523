"""Generators of the requests of a hostile client: to one mock, from a seed, in the forms that attack it."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable
from typing import Any, Self

from bench import odd_requests
from bench.odd_requests import CREDENTIALS, TARGETS, Pieces, Targets, request

POLICIES = {"gateway": "/tyk/policies", "dashboard": "/api/portal/policies"}
APIS = {"gateway": "/tyk/apis", "dashboard": "/api/apis"}
LISTEN_PATH = "/hostile/"  # of the API that the generated definitions write and the traffic asks
API_ID = "hostile"
ODD_TEXTS = (
    "", " ", "\0", "\x1b]0;PWNED\x07", "\x9b2J", "\u202egnp", "\u2028", "\ufeff", "\ud800", "é", "💥", "\r\nX: y", "../../etc/passwd",
    "%2e%2e%2f", "..\\..", "$(touch PWNED)", "`touch PWNED`", "'; DROP TABLE policies; --", "{{7*7}}", "${jndi:ldap://a}",
    "<script>alert(1)</script>", "__proto__", "a" * 300, "x" * 70_000, "con", "-rf", "*", "?", "a/b", ".", "..", "null",
)  # fmt: skip
ODD_NUMBERS = (
    "0", "-0", "-1", "1e400", "-1e400", "1e-400", "9" * 400, "0." + "0" * 400 + "1", "9223372036854775808", "1.5", "1E+2",
    "18446744073709551616", "-9223372036854775809", "4294967296", "NaN", "Infinity", "01", "0x10", "1_000",
)  # fmt: skip
MEMBERS = (
    "id", "_id", "ID", "name", "org_id", "rate", "per", "quota_max", "quota_renewal_rate", "access_rights", "tags", "meta_data",
    "partitions", "active", "is_inactive", "key_expires_in", "last_updated", "hmac_enabled", "apply_policies", "expires", "state",
    "api_id", "versions", "allowed_urls", "limit", "date_created", "access_rights_array", "api_definition", "proxy", "listen_path",
    "policies", "advance", "operation", "status", "delay", "times", "message", "session", "email_address", "user_permissions", "Data",
)  # fmt: skip
PATTERNS = (
    "(a+)+$", "(a|a)*b", "(x+x+)+y", "[", "(", "*", "a{1,1000}{1,1000}", "(?P<n>a)(?P=n)", "\\1", "{id:(}", "{id:.*}{id:.*}", "{",
    "{}", "{:}", "(?i)A", "\\pL", "(?s).", "^/x$", "/{a}/{b}/{c}", "|", "((((((((((a))))))))))", "a{99999}", "\\Q(\\E", "[[:alpha:]]",
)  # fmt: skip
URLS = (
    "", "/", "http://", "http://[", "http://[::1", "http://a:b@c/", "http://127.0.0.1:1/", "http://127.0.0.1:99999/", "file:///etc/passwd",
    "http://169.254.169.254/latest/", "gopher://a/", "http://a\r\nX: y/", "//a", "http://\u2100/", "http://127.0.0.1:1/%zz?%zz#%zz",
    "h2c://127.0.0.1:1/", "tcp://127.0.0.1:1", "ws://127.0.0.1:1/", "http://0x7f000001:1/", "http://localhost:1/$(id)/{x}",
)  # fmt: skip


class Number(int):
    """A number that is written as its text, for JSON has numbers that Python cannot write."""

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, 0)
        self.text = text
        return self

    text: str

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__


def value(rng: random.Random, depth: int = 0) -> Any:
    """A random JSON value: odd texts and numbers, wrong types, objects of known members."""
    kind = rng.randrange(9 if depth < 4 else 5)
    if kind == 0:
        return rng.choice((None, True, False))
    if kind <= 2:
        return rng.choice(ODD_TEXTS)
    if kind <= 4:
        return Number(rng.choice(ODD_NUMBERS))
    if kind <= 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice((*MEMBERS, *ODD_TEXTS)): value(rng, depth + 1) for _ in range(rng.randrange(6))}


def encoded(document: Any) -> bytes:
    """A document as JSON; odd numbers and lone surrogates stand as they are."""
    numbers: list[str] = []

    def marked(node: Any) -> Any:
        if isinstance(node, Number):
            numbers.append(node.text)
            return f"\x01{len(numbers) - 1}\x01"
        if isinstance(node, dict):
            return {key: marked(child) for key, child in node.items()}
        return [marked(child) for child in node] if isinstance(node, list) else node

    text = json.dumps(marked(document))
    return re.sub(r'"\\u0001(\d+)\\u0001"', lambda match: numbers[int(match[1])], text).encode()


def odd_json(rng: random.Random, targets: Targets) -> Pieces:
    """A write with a random JSON document, to any path."""
    document = {rng.choice(MEMBERS): value(rng) for _ in range(rng.randrange(1, 8))}
    body = encoded(document if rng.random() < 0.9 else value(rng))
    return [request(rng.choice(("POST", "PUT", "PATCH", "DELETE")), rng.choice(targets), body)]


def odd_policy(rng: random.Random, targets: Targets) -> Pieces:
    """A write of a policy that is valid but for some members."""
    right = {
        "api_id": "a",
        "versions": ["Default"],
        "limit": {"rate": 1},
        "allowed_urls": [{"url": "/", "methods": ["GET"]}],
    }
    policy = {
        "id": f"p{rng.randrange(9)}",
        "name": f"n{rng.random()}",
        "rate": 1,
        "per": 1,
        "access_rights": {"a": right},
    }
    for _ in range(rng.randrange(1, 3)):
        rng.choice((policy, right))[rng.choice(MEMBERS)] = value(rng)
    target = targets[0] if rng.random() < 0.6 else f"{targets[0]}/p{rng.randrange(9)}"
    return [request("POST" if target == targets[0] else "PUT", target, encoded(policy))]


def odd_names(rng: random.Random, targets: Targets) -> Pieces:
    """A request whose path or query has an odd name, raw or encoded."""
    name = rng.choice(ODD_TEXTS).encode("utf-8", "surrogatepass")
    text = name.decode("latin-1") if rng.random() < 0.3 else "".join(f"%{byte:02x}" for byte in name[:9_000])
    target = f"{rng.choice(targets).partition('?')[0]}{rng.choice(('/', '?q=', '?p=', '?filter=', '?api_id=', '?sort=', '?org_id='))}{text}"
    line = f"{rng.choice(('GET', 'PUT', 'DELETE', 'POST'))} {target} HTTP/1.1\r\n".encode("latin-1")
    return [line + request("", "", b"{}").partition(b"\r\n")[2]]


def pipeline(rng: random.Random, targets: Targets) -> Pieces:
    """Many requests in one piece or in torn ones, valid and odd, of which the last may be cut."""
    kinds = (odd_json, odd_policy, odd_names, traffic)
    data = b"".join(
        request("GET", rng.choice(targets))
        if rng.random() < 0.5
        else b"".join(rng.choice(kinds)(rng, targets))
        for _ in range(rng.choice((2, 5, 20, 100)))
    )
    data = data[: rng.randrange(1, len(data))] if rng.random() < 0.3 else data
    cut = rng.randrange(len(data))
    return [data[:cut], data[cut:]] if rng.random() < 0.2 else [data]


def definition(rng: random.Random, targets: Targets) -> Pieces:
    """Write an API with odd patterns, paths and targets, reload, and send a request to it."""
    path = {"path": rng.choice(PATTERNS), "method": "GET"}
    api: dict[str, Any] = {
        "api_id": API_ID, "name": API_ID, "active": True, "use_keyless": rng.random() < 0.7,
        "proxy": {
            "listen_path": rng.choice((LISTEN_PATH, LISTEN_PATH, f"{LISTEN_PATH}{rng.choice(PATTERNS)}", rng.choice(ODD_TEXTS))),
            "target_url": rng.choice(URLS), "strip_listen_path": True,
        },
        "version_data": {
            "not_versioned": True,
            "versions": {"Default": {"name": "Default", "use_extended_paths": True, "extended_paths": {
                rng.choice(("white_list", "black_list", "ignored", "url_rewrites", "track_endpoints", "mock_response")): [
                    {**path, "match_pattern": rng.choice(PATTERNS), "rewrite_to": rng.choice(URLS)}
                ]}}},
        },
    }  # fmt: skip
    if rng.random() < 0.4:
        api |= {
            "enable_jwt": True,
            "jwt_signing_method": rng.choice(("hmac", "rsa", "", "none")),
            "jwt_source": rng.choice(URLS),
        }
    if rng.random() < 0.5:
        api[rng.choice((*MEMBERS, "auth", "use_oauth2", "auth_configs", "jwt_policy_field_name"))] = value(
            rng
        )
    is_gateway = targets is TARGETS["gateway"]
    body = encoded(api if is_gateway else {"api_definition": api})
    written = request("POST", APIS["gateway" if is_gateway else "dashboard"], body)
    return [written + request("GET", "/tyk/reload?block=true") + b"".join(traffic(rng, targets))]


def traffic(rng: random.Random, _: Targets) -> Pieces:
    """A request to the API of the definitions, with a JWT or another credential, none of them valid."""
    parts = [
        encoded(
            {
                "alg": rng.choice(("HS256", "none", "RS256", "ES256", "", "HS999")),
                "kid": value(rng),
                "typ": "JWT",
            }
        )
    ]
    parts += [encoded(value(rng)), rng.randbytes(rng.choice((0, 20, 64)))]
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    token = rng.choice(
        (
            token,
            token[: rng.randrange(len(token) + 1)],
            token + ".x",
            "....",
            "a" * 5_000,
            rng.choice(ODD_TEXTS),
        )
    )
    credential = "".join(
        character for character in token if character.isprintable() and ord(character) < 256
    )[:60_000]
    scheme = rng.choice(("Bearer ", "", "Basic ", "bearer  "))
    path = f"{LISTEN_PATH}{rng.choice(('', 'a', 'a' * 40, 'x' * 60 + '!', '%2e%2e/', '?a=%zz', '/' * 50))}"
    lines = (f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: {scheme}{credential}", "", "")
    return ["\r\n".join(lines).encode("latin-1", "replace")]


def control(rng: random.Random, _: Targets) -> Pieces:
    """A request to the mock's own API, with an odd host, origin, method or body; it may set no lasting fault."""
    hosts = ("evil.example", "127.0.0.1.evil.example", "localhost", "localhost.", "[::1]", "[::1", "127.0.0.1:99999", "a@localhost",
             "0x7f.1", "", "localhost, evil", "\xff", "LOCALHOST", "[::ffff:127.0.0.1]", "169.254.169.254", "localhost:0:0")  # fmt: skip
    origins = (
        "null",
        "http://evil.example",
        "http://localhost",
        "http://[::1",
        "file://",
        "http://127.0.0.1.evil.example",
        "",
        "\xff",
    )
    path = rng.choice(
        (
            "clock",
            "seed",
            "state",
            "why",
            "journal",
            "journal?operation=x",
            "reset",
            "faults?",
            "",
            "..",
            "%2e",
            "x" * 2000,
        )
    )
    body = encoded(
        rng.choice(({"advance": value(rng)}, {"policies": value(rng)}, {"session": value(rng)}, value(rng)))
    )
    if path.startswith("faults"):
        body = encoded({"operation": value(rng), "times": 0, rng.choice(MEMBERS): value(rng)})
    lines = [
        f"{rng.choice(('GET', 'POST', 'DELETE', 'PUT', 'OPTIONS'))} /_mock/{path} HTTP/1.1",
        f"Host: {rng.choice(('localhost', rng.choice(hosts)))}",
    ]
    lines += [
        f"{name}: {rng.choice(origins)}"
        for name in ("Origin", "Referer", "Sec-Fetch-Site")
        if rng.random() < 0.3
    ]
    lines += [
        rng.choice(("Content-Type: application/json", "Content-Type: text/plain", "X: y")),
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return ["\r\n".join(lines).encode("latin-1") + body]


def graphql(rng: random.Random, _: Targets) -> Pieces:
    """A GraphQL request: deep, wide, cyclic or broken; a mock without GraphQL refuses it."""
    size = rng.choice((1, 10, 1_000, 20_000))
    query = rng.choice((
        "{" * size + "a" + "}" * size, "{" + "policies{name} " * size + "}", "query{...F} fragment F on Query{...F}", "{__schema{types{name}}}",
        "{" + " ".join(f"a{n}:policies{{name}}" for n in range(size)) + "}", "query($a:[" + "[" * size + "Int", rng.choice(ODD_TEXTS),
        'mutation{deletePolicy(id:"a"){id}}', "{policies(" + "a:{" * size + "}", '"""' * size, "#" * size, "subscription{a}",
    ))  # fmt: skip
    document: dict[str, Any] = {"query": query, "variables": value(rng), "operationName": value(rng)}
    body = encoded(document) if rng.random() < 0.9 else query.encode("utf-8", "surrogatepass")
    return [request(rng.choice(("POST", "POST", "GET")), "/graphql", body, "Content-Type: application/json")]


def unknown_client(rng: random.Random, targets: Targets) -> Pieces:
    """A valid request whose credentials are missing, wrong, doubled or odd."""
    data = request(rng.choice(("GET", "POST", "DELETE")), rng.choice(targets), b"{}")
    for line in CREDENTIALS:
        name = line.partition(":")[0]
        values = (
            "",
            f"{name}: ",
            f"{name}: {'x' * 9_000}",
            f"{name}: \xff",
            f"{line}\r\n{name}: other",
            f" {line}",
        )
        data = data.replace(line.encode(), rng.choice(values).encode("latin-1"))
    return [data]


KINDS: dict[Callable[[random.Random, Targets], Pieces], int] = {  # with their relative frequencies
    odd_json: 14, odd_policy: 14, odd_names: 12, pipeline: 5, definition: 8, traffic: 5, control: 10, graphql: 4, unknown_client: 4,
    **{kind: max(1, frequency // 3) for kind, frequency in odd_requests.KINDS.items()},
}  # fmt: skip
