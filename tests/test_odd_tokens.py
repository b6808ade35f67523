"""Tokens and key sets that break a careless reader; a gateway 5.14.0 answered each case as these tests expect."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from answering import OK, answering
from asking import send, talk
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm
from orders import GOLD, get, serve, told

from mockserver import MockGateway
from mockserver.gateway.proxy import key_sets
from mockserver.golang.scalars import to_int64
from mockserver.http.received_body import Bounds

SECRET = "a-secret-for-tokens"
NOT_AUTHORISED = (403, "Key not authorized")
EXPIRED = (401, "Key not authorized: token has expired")
PASSES = (200, "")
DEEP = b"[" * 60_000 + b"]" * 60_000


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _token(claims: bytes, head: bytes = b'{"alg":"HS256","kid":"k"}') -> str:
    text = f"{_encoded(head)}.{_encoded(claims)}"
    return f"{text}.{_encoded(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())}"


def _claims(**members: str) -> bytes:
    texts = {"sub": '"ann"', "pol": '"gold"', **members}
    return ("{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}").encode()


def _jwt_api(source: str) -> dict[str, Any]:
    encoded = base64.b64encode(source.encode()).decode()
    return {
        "enable_jwt": True, "jwt_source": encoded, "jwt_signing_method": "hmac", "jwt_identity_base_field": "sub",
        "jwt_policy_field_name": "pol",
    }  # fmt: skip


@pytest.fixture(scope="module", name="tokens")
def _tokens() -> Iterator[MockGateway]:
    """A mock with an API that takes tokens."""
    with MockGateway() as gateway:
        serve(
            gateway,
            **_jwt_api(SECRET),
            scopes={"jwt": {"scope_claim_name": "scope", "scope_to_policy": {"g": "gold"}}},
        )
        yield gateway


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        pytest.param(_token(b"{}", b'{"alg":"HS256","x":' + DEEP + b"}"), NOT_AUTHORISED, id="deep head"),
        pytest.param(_token(b'{"sub":"a","x":' + DEEP + b"}"), NOT_AUTHORISED, id="deep claims"),
        pytest.param(_token(_claims(exp="1e999")), NOT_AUTHORISED, id="exp 1e999"),
        pytest.param(_token(_claims(exp="-1e999")), NOT_AUTHORISED, id="exp -1e999"),
        pytest.param(_token(_claims(exp="NaN")), NOT_AUTHORISED, id="exp NaN"),
        pytest.param(_token(_claims(x="Infinity")), NOT_AUTHORISED, id="a claim Infinity"),
        pytest.param(_token(_claims(x="9" * 5000)), NOT_AUTHORISED, id="a claim of 5000 digits"),
        pytest.param(_token(_claims(exp="1e300")), EXPIRED, id="exp 1e300"),
        pytest.param(_token(_claims(exp="-1e300")), EXPIRED, id="exp -1e300"),
        pytest.param(_token(_claims(exp="9223372036854775807")), EXPIRED, id="exp of the largest int64"),
        pytest.param(_token(_claims(exp="1e19")), EXPIRED, id="exp 1e19"),
        pytest.param(_token(_claims(exp="0.5")), EXPIRED, id="exp 0.5"),
        pytest.param(_token(_claims(exp="true")), EXPIRED, id="exp true"),
        pytest.param(_token(_claims(exp="99999999999")), PASSES, id="exp far ahead"),
        pytest.param(_token(_claims(exp="1.5e10")), PASSES, id="exp 1.5e10"),
        pytest.param(_token(_claims(iat="1e300", nbf="1e300")), PASSES, id="iat and nbf 1e300"),
        pytest.param(_token(_claims(sub=r'"\ud800"')), PASSES, id="sub is half a surrogate pair"),
        pytest.param(_token(b'{"sub":"a\xff","pol":"gold"}'), PASSES, id="sub is not UTF-8"),
        pytest.param(_token(_claims() + b" x"), PASSES, id="more after the claims"),
        pytest.param(_token(_claims(), b'{"alg":"HS256"} x'), NOT_AUTHORISED, id="more after the head"),
        pytest.param(_token(b"null"), (403, "no suitable claims for user ID were found"), id="claims null"),
        pytest.param(_token(b"[]"), NOT_AUTHORISED, id="claims []"),
        pytest.param(_token(b"{}", b"[]"), NOT_AUTHORISED, id="head []"),
        pytest.param("a.b.\u00e9", NOT_AUTHORISED, id="not base64"),
    ],
)  # fmt: skip
def test_an_odd_token_is_answered(tokens: MockGateway, token: str, answer: tuple[int, str]) -> None:
    """A token has the same answer twice, for the first one leaves no session that cannot be read."""
    assert [told(get(tokens, token)) for _ in range(2)] == [answer, answer]
    assert told(get(tokens, _token(_claims()))) == PASSES


def test_scopes_may_nest_deep(tokens: MockGateway) -> None:
    """The scopes of a token are found in arrays of any depth that JSON may have."""
    scope = "[" * 9000 + '"g"' + "]" * 9000
    assert told(get(tokens, _token(_claims(sub='"deep"', scope=scope)))) == PASSES


@pytest.mark.parametrize("value", ["5", "1e300", "[]", "null", "true"])
def test_a_client_id_that_is_no_string_closes_the_connection(tokens: MockGateway, value: str) -> None:
    """At a claim client_id that is not a string a gateway panics, so that its client gets no answer."""
    request = (
        f"GET /orders/a HTTP/1.1\r\nHost: x\r\nAuthorization: {_token(_claims(client_id=value))}\r\n\r\n"
    )
    assert talk(tokens, request.encode()) == b""


@pytest.mark.parametrize("source", ["\u00e9", "not base64", "a", "http://[::1", "https://127.0.0.1:99999/"])
def test_an_odd_source_of_keys_refuses_tokens(gateway: MockGateway, source: str) -> None:
    """A jwt_source that is neither base64 nor a URL with a key set has no key."""
    serve(gateway, **_jwt_api("") | {"jwt_source": source})
    assert told(get(gateway, _token(_claims()))) == NOT_AUTHORISED


@pytest.mark.parametrize(
    ("value", "converted"),
    [
        (1.9, 1),
        (-1.9, -1),
        (2.0**63, -(2**63)),
        (-(2.0**63), -(2**63)),
        (1e300, -(2**63)),
        (float("nan"), -(2**63)),
        (2.0**62, 2**62),
    ],
)
def test_a_float_becomes_an_integer_as_in_go(value: float, converted: int) -> None:
    """Go on amd64 converts a float64 outside the range, and NaN, to the lowest int64."""
    assert to_int64(value) == converted


KEY = {"kty": "oct", "kid": "k", "k": _encoded(SECRET.encode())}


def _set(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


_PUBLIC = json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048).public_key()))
KEY_SETS = {  # documents and whether the key k is found
    "one key": (_set(KEY), True),
    "an encryption key beside": (_set({**_PUBLIC, "alg": "RSA-OAEP", "use": "enc", "kid": "e"}, KEY), True),
    "an array": (b"[1]", False),
    "a string": (b'"x"', False),
    "a number": (b"5", False),
    "null": (b"null", False),
    "empty": (b"", False),
    "deep": (b"[" * 60_000, False),
    "deep keys": (b'{"keys":' + DEEP + b"}", False),
    "keys null": (b'{"keys":null}', False),
    "keys of a number": (b'{"keys":5}', False),
    "a key of a number": (_set(1, KEY), False),
    "an unknown kty": (_set({"kty": "foo", "kid": "x"}, KEY), False),
    "a malformed key": (_set({"kty": "RSA", "kid": "x", "n": "!!", "e": "AQAB"}, KEY), False),
    "members of wrong types": (_set({"kty": "RSA", "kid": "x", "n": 5, "e": []}, KEY), False),
    "a curve that does not exist": (_set({"kty": "EC", "kid": "x", "crv": [], "x": "", "y": ""}, KEY), False),
    "a kid of a number": (_set({**KEY, "kid": 5}), False),
    "other case": (json.dumps({"KEYS": [KEY]}).encode(), False),
    "more after the set": (_set(KEY) + b"junk", False),
    "another key of that id first": (_set({**KEY, "k": _encoded(b"other")}, KEY), False),
    "over 1000 keys": (_set(*[{**KEY, "kid": str(number)} for number in range(1000)], KEY), False),
    "a private key that takes long": (_set({"kty": "RSA", "kid": "x", "n": "_" * 9999, "e": "AQAB", "d": "_" * 9999}, KEY), True),
}  # fmt: skip


@pytest.fixture(scope="module", name="key_sets_url")
def _key_sets_url() -> Iterator[str]:
    """The URL of a server of the KEY_SETS, of redirects, and of sets without end."""
    stopped = threading.Event()

    def drip(file: Any) -> None:
        file.write(OK + b"\r\n")
        while not stopped.wait(0.02):
            file.write(b" ")

    answers: dict[str, Any] = {
        f"/{name.replace(' ', '_')}": OK + b"\r\n" + text for name, (text, _) in KEY_SETS.items()
    }
    answers["/moved"] = b"HTTP/1.1 302 Found\r\nLocation: /one_key\r\nContent-Length: 0\r\n\r\n"
    answers["/around"] = b"HTTP/1.1 302 Found\r\nLocation: /around\r\nContent-Length: 0\r\n\r\n"
    answers["/away"] = (
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n"
    )
    answers["/long"] = OK + b"\r\n" + b" " * (2 << 20) + _set(KEY)
    answers["/endless"] = drip
    with answering(answers) as url:
        yield url
        stopped.set()


@pytest.mark.parametrize("name", KEY_SETS)
def test_a_key_set_is_read_as_go_reads_it(gateway: MockGateway, key_sets_url: str, name: str) -> None:
    """A key set of a wrong shape, or with one key that is malformed, has no key."""
    serve(gateway, **_jwt_api(key_sets_url + name.replace(" ", "_")))
    expected = PASSES if KEY_SETS[name][1] else NOT_AUTHORISED
    assert [told(get(gateway, _token(_claims()))) for _ in range(2)] == [expected, expected]


@pytest.mark.parametrize(
    ("path", "is_found"), [("moved", True), ("around", False), ("away", False), ("long", False)]
)
def test_a_key_set_may_be_elsewhere_on_an_allowed_host(
    gateway: MockGateway, key_sets_url: str, path: str, is_found: bool
) -> None:
    """Redirects are followed up to ten times and to allowed hosts only, and a set has at most one MiB."""
    serve(gateway, **_jwt_api(key_sets_url + path))
    assert told(get(gateway, _token(_claims()))) == (PASSES if is_found else NOT_AUTHORISED)


def test_the_fetch_of_a_key_set_has_a_deadline(
    gateway: MockGateway, key_sets_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key set that arrives byte after byte is given up at the deadline of the whole exchange."""
    monkeypatch.setattr(key_sets, "BOUNDS", Bounds(0.2, 1 << 20))
    serve(gateway, **_jwt_api(key_sets_url + "endless"))
    assert told(get(gateway, _token(_claims()))) == NOT_AUTHORISED


def test_an_odd_basic_credential_is_refused(gateway: MockGateway) -> None:
    """A credential of an OAuth client that is not base64 is an invalid request."""
    serve(gateway, GOLD, use_oauth2=True, oauth_meta={"allowed_access_types": ["client_credentials"]})
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", "Basic \u00e9")]
    answer = send(gateway, "POST", "/orders/oauth/token", headers, b"grant_type=client_credentials")
    assert (answer.status, json.loads(answer.body)["error"]) == (403, "invalid_request")


def test_a_secret_may_have_any_bytes() -> None:
    """A secret that is not UTF-8 is compared as its bytes."""
    with MockGateway(secret="\udcff\udcfe12345") as gateway:
        header = ("X-Tyk-Authorization", b"\xff\xfe12345".decode("latin-1"))
        assert send(gateway, "GET", "/tyk/apis", [header]).status == 200
        assert send(gateway, "GET", "/tyk/apis", [("X-Tyk-Authorization", "x")]).status == 403
        assert send(gateway, "GET", "/_mock/journal").status == 200


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from([1e300, -1e300, 2**63, "gold", "ann", "k"]), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip
CLAIMS = ("sub", "pol", "exp", "iat", "nbf", "scope", "client_id", "cid", "clientId", "iss", "aud")
BOUNDED = settings(
    max_examples=150, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@BOUNDED
@given(
    st.dictionaries(st.sampled_from(CLAIMS), VALUES, max_size=6),
    st.dictionaries(st.sampled_from(("alg", "kid", "typ", "crit")), VALUES, max_size=3),
    st.sampled_from(["", "x", "\xff", "}"]),
)
def test_no_token_makes_the_mock_fail(
    tokens: MockGateway, claims: dict[str, Any], head: dict[str, Any], end: str
) -> None:
    """Whatever a token has, the answer is one of a gateway."""
    texts = json.dumps(claims).encode() + end.encode("latin-1"), json.dumps({"alg": "HS256", **head}).encode()
    request = (
        f"GET /orders/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {_token(*texts)}\r\n\r\n"
    )
    assert b"the mock failed" not in talk(tokens, request.encode())


@BOUNDED
@given(
    st.one_of(
        VALUES,
        st.fixed_dictionaries({
            "keys": st.lists(
                st.dictionaries(
                    st.sampled_from(("kty", "kid", "k", "n", "e", "x", "y", "crv", "d", "alg", "use", "x5c")),
                    st.one_of(VALUES, st.sampled_from(["RSA", "EC", "OKP", "oct", "P-256", "Ed25519", "AQAB"])),
                ),
                max_size=3,
            )
        }),
    )
)  # fmt: skip
def test_no_key_set_makes_the_mock_fail(document: Any) -> None:
    """A document is a set of keys or refused as one; nothing else happens."""
    with contextlib.suppress(key_sets.BadKeySet):
        assert isinstance(key_sets.parse(json.dumps(document).encode()), dict)
