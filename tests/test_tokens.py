"""JSON Web Tokens and OAuth 2.0 tokens in requests to the mock's APIs."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from asking import call, send
from cryptography.hazmat.primitives.asymmetric import rsa
from orders import GOLD, get, key, serve, told

from mockserver import MockGateway
from mockserver.gateway.proxy import fetching, key_sets
from mockserver.golang.absolute_urls import AbsoluteUrl
from mockserver.http.answer_heads import AnswerHead
from mockserver.http.received_body import Bounds
from mockserver.http.transport import Received


def _jwt_api(source: str, **members: Any) -> dict[str, Any]:
    encoded = base64.b64encode(source.encode()).decode()
    return {"enable_jwt": True, "jwt_source": encoded, "jwt_policy_field_name": "pol", **members}


def test_a_key_may_come_from_a_jwks(gateway: MockGateway) -> None:
    """The gateway fetches a JWKS, takes the key of the token's kid, and caches the JWKS for 240 seconds."""
    private = rsa.generate_private_key(65537, 2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    body = json.dumps({"keys": [{**public, "kid": "k1", "alg": "RS256"}]}).encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks"
        serve(gateway, **_jwt_api(url, jwt_signing_method="rsa", jwt_skip_kid=True))
        listener.settimeout(10)
        first = jwt.encode({"sub": "ann", "pol": "gold"}, private, "RS256", {"kid": "k1"})
        with _answering(listener, body):
            assert get(gateway, first).status == 200
        second = jwt.encode({"sub": "ann", "pol": "gold"}, private, "RS256", {"kid": "k2"})
        assert told(get(gateway, second)) == (403, "Key not authorized")
        gateway.advance(239)
        assert get(gateway, first).status == 200
        gateway.advance(2)
        with _answering(listener, body.replace(b'"k1"', b'"k2"')):
            assert told(get(gateway, first)) == (403, "Key not authorized")
        assert get(gateway, second).status == 200


def test_redirects_to_a_key_set_share_its_deadline(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each redirect to a key set, for either reader of it, has what those before it left of the time for all."""
    seconds: list[float] = []

    def redirecting(_: object, target: AbsoluteUrl, __: object, bounds: Bounds) -> Received:
        seconds.append(bounds.seconds)
        return Received(AnswerHead(302, (("Location", f"http://{target.authority}/"),), 0), b"", True)

    monkeypatch.setattr(fetching, "send", redirecting)
    serve(gateway, **_jwt_api("http://127.0.0.1:1/"))
    token = jwt.encode({"sub": "ann"}, "s" * 32, "HS256", {"kid": "k"})
    assert told(get(gateway, token)) == (403, "Key not authorized")
    assert len(seconds) == 2 * fetching.MOST_REDIRECTS
    assert key_sets.BOUNDS.seconds >= seconds[0] > seconds[-1]


@contextlib.contextmanager
def _answering(listener: socket.socket, body: bytes) -> Iterator[None]:
    """Answer one connection with a body, in a thread that has ended after the block."""

    def answer() -> None:
        connection, _ = listener.accept()
        connection.settimeout(10)
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


def test_a_token_may_be_signed_with_the_secret_of_its_key(gateway: MockGateway) -> None:
    """Without a source of keys, the gateway checks a token by the secret of the key that its kid names."""
    serve(gateway, enable_jwt=True)
    secret = "the-secret-of-this-one-key-is-long"
    key_id = key(gateway, jwt_data={"secret": secret})
    token = jwt.encode({"sub": "x"}, secret, "HS256", {"kid": key_id})
    assert get(gateway, token).status == 200
    forged = jwt.encode({}, "x" * 32, "HS256", {"kid": key_id})
    assert told(get(gateway, forged)) == (403, "Key not authorized")


@pytest.mark.parametrize(("version", "status"), [("5.8", 403), ("5.12", 200)])
def test_the_policy_claim_may_be_nested_in_later_versions(version: str, status: int) -> None:
    """A claim name with dots leads to a nested claim in 5.12, and to none in 5.8."""
    with MockGateway(gateway=version) as gateway:
        serve(gateway, **_jwt_api("s" * 32, jwt_policy_field_name="p.id"))
        token = jwt.encode({"sub": "ann", "p": {"id": "gold"}}, "s" * 32, "HS256")
        assert get(gateway, token).status == status


def test_a_client_loses_its_tokens_with_its_policy(gateway: MockGateway) -> None:
    """A client loses its tokens with its policy and by revoke_all, and a rotated secret counts at once."""
    meta = {"allowed_access_types": ["client_credentials"]}
    serve(gateway, GOLD, {**GOLD, "id": "silver"}, use_oauth2=True, oauth_meta=meta)
    client = {"client_id": "cl", "secret": "s", "policy_id": "gold", "redirect_uri": "http://c.test"}
    call(gateway, "POST", "/tyk/oauth/clients/create", {**client, "api_id": "orders"})

    def token(secret: str) -> str:
        headers = [("Content-Type", "application/json"), ("Authorization", _basic("cl", secret))]
        answer = send(
            gateway,
            "POST",
            "/orders/oauth/token",
            headers,
            b'{"grant_type":"client_credentials","scope":"a"}',
        )
        response = json.loads(answer.body)
        assert answer.status != 200 or list(response) == ["access_token", "expires_in", "scope", "token_type"]
        return f"Bearer {response.get('access_token')}"

    first = token("s")
    assert get(gateway, first).status == 200
    call(gateway, "PUT", "/tyk/oauth/clients/orders/cl", {**client, "policy_id": "silver"})
    assert get(gateway, first).status == 403
    secret = call(gateway, "PUT", "/tyk/oauth/clients/orders/cl/rotate")[1]["secret"]
    assert get(gateway, token("s")).status == 403
    second = token(secret)
    assert get(gateway, second).status == 200
    form = f"client_id=cl&client_secret={secret}".encode()
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Tyk-Authorization", "s3cret")]
    assert send(gateway, "POST", "/tyk/oauth/revoke_all", headers, form).status == 200
    assert get(gateway, second).status == 403
    assert call(gateway, "GET", "/tyk/oauth/clients/orders/cl/tokens") == (200, [])


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
