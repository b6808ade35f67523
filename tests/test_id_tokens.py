"""ID tokens and claims that no recording has; each is as the source of the gateway says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from orders import get, serve, told

from mockserver import MockGateway
from mockserver.evidence.signing_keys import SigningKeys
from mockserver.gateway.proxy import custom_claims
from mockserver.gateway.proxy.request_context import Rejected
from mockserver.golang.base64_texts import decode_part
from mockserver.http.echo_server import Echo
from mockserver.http.messages import Reply

REFUSED = (401, "Key not authorised")
PASSES = (200, "")
HEADER = '{"alg": "ES256", "kid": "k"}'


@dataclass
class Issuer:
    """An issuer on this machine, and the keys that it signs with."""

    gateway: MockGateway
    upstream: Echo
    keys: SigningKeys

    def answer(self, claims: dict[str, Any], header: str = HEADER) -> tuple[int, str]:
        """What a token of these claims is answered with."""
        members = {"iss": self.upstream.url, "aud": "web", "sub": "ann", **claims}
        token = self.keys.sign("k", header, json.dumps(members))
        return told(get(self.gateway, f"Bearer {token}"))

    def serve_keys(self, text: str) -> None:
        """Serve this set of keys from now on."""
        self.upstream.answers["/keys"] = Reply(text.encode())


@pytest.fixture(name="issuer")
def _issuer() -> Iterator[Issuer]:
    """An API whose provider signs for the client "web", named with a fault in its base64."""
    with Echo() as upstream, MockGateway() as gateway:
        keys = SigningKeys()
        document = json.dumps({"jwks_uri": f"{upstream.url}keys"})
        upstream.answers["/.well-known/openid-configuration"] = Reply(document.encode())
        issuer = Issuer(gateway, upstream, keys)
        issuer.serve_keys(f'{{"keys": [{keys.generate("k")}]}}')
        provider = {"issuer": upstream.url, "client_ids": {"d2Vi!": "gold"}}
        google = {"issuer": "https://accounts.google.com", "client_ids": {"d2Vi": "gold"}}
        serve(gateway, use_openid=True, openid_options={"providers": [provider, google]})
        yield issuer


def test_a_client_id_counts_up_to_its_fault(issuer: Issuer) -> None:
    """A client id that is not in base64 is the text before the fault."""
    assert issuer.answer({}) == PASSES


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": ["a"]}, {"iss": {}}, {"iss": None}, {"aud": [{}]}, {"aud": {"web": 1}}, {"aud": None},
        {"sub": ["ann"]}, {"iss": "accounts.google.com"},
    ],
    ids=str,
)  # fmt: skip
def test_claims_of_wrong_types_are_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    """A token whose claims have wrong types, or whose issuer the mock may not reach, answers 401."""
    assert issuer.answer(claims) == REFUSED


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"keys": null}', '{"keys": [{}]}', '{"keys": [{"kty": "EC", "kid": "k"}]}'],
)
def test_a_bad_key_set_is_refused(issuer: Issuer, text: str) -> None:
    """A set of keys that cannot be read answers 401, and another one is fetched for the next token."""
    good = issuer.upstream.answers["/keys"]
    issuer.serve_keys(text)
    assert issuer.answer({}) == REFUSED
    issuer.upstream.answers["/keys"] = good
    assert issuer.answer({}) == PASSES


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("d2Vi", b"web"), ("d2Vi!", b"web"), ("d2V", b""), ("d2Vid2", b"web"), ("YQ==d2Vi", b"a"),
        ("d2\nVi", b"web"), ("", b""), ("!", b""),
    ],
)  # fmt: skip
def test_base64_is_decoded_up_to_a_fault(text: str, data: bytes) -> None:
    """Base64 is decoded up to the four characters that have a fault, as Go does."""
    assert decode_part(text) == data


@pytest.mark.parametrize("path", ["a.*", "a.#", "a|b", "a[0]", "a..b"])
def test_a_path_of_another_kind_is_told(path: str) -> None:
    """A claim whose path is more than names and positions is answered with 501, which names it."""
    with pytest.raises(Rejected, match="customClaimValidation") as error:
        custom_claims.problem({}, {path: {"type": "required", "allowedValues": None, "nonBlocking": False}})
    assert error.value.status == 501


@pytest.mark.parametrize("path", ["@this", "a.", "", "a-b", "a b"])
def test_a_path_that_is_no_json_path_is_refused(path: str) -> None:
    """A claim whose path is no JSONPath is refused, whatever the token has."""
    rule = {"type": "required", "allowedValues": None, "nonBlocking": True}
    assert custom_claims.problem({}, {path: rule}) == f"invalid claim path: {path}"


def test_deep_values_are_not_equal() -> None:
    """A claim that is deeper than a definition can be equals none of its values."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    rule = {"type": "exact_match", "allowedValues": [[[]]], "nonBlocking": False}
    assert custom_claims.problem({"a": deep}, {"a": rule}).startswith("claim a value does not match")
