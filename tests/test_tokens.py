"""JSON Web Tokens and OAuth 2.0 tokens at the mock's APIs."""

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


def _jwt_api(source: str, **members: Any) -> dict[str, Any]:

    encoded = base64.b64encode(source.encode()).decode()
    return {"enable_jwt": True, "jwt_source": encoded, "jwt_policy_field_name": "pol", **members}


def test_a_key_may_come_from_a_jwks(gateway: MockGateway) -> None:
    """At a URL on this machine, by the token's kid; what was fetched counts for four minutes."""
    private = rsa.generate_private_key(65537, 2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    body = json.dumps({"keys": [{**public, "kid": "k1", "alg": "RS256"}]}).encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks"
        serve(gateway, **_jwt_api(url, jwt_signing_method="rsa", jwt_skip_kid=True))
        listener.settimeout(10)
        own = jwt.encode({"sub": "ann", "pol": "gold"}, private, "RS256", {"kid": "k1"})
        with _answering(listener, body):
            assert get(gateway, own).status == 200
        other = jwt.encode({"sub": "ann", "pol": "gold"}, private, "RS256", {"kid": "k2"})
        assert told(get(gateway, other)) == (403, "Key not authorized")
        gateway.advance(239)
        assert get(gateway, own).status == 200
        gateway.advance(2)
        with _answering(listener, body.replace(b'"k1"', b'"k2"')):
            assert told(get(gateway, own)) == (403, "Key not authorized")
        assert get(gateway, other).status == 200


def _answering(listener: socket.socket, body: bytes) -> Any:
    """Answer one connection with a body, in a thread."""

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    @contextlib.contextmanager
    def run() -> Iterator[None]:
        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()

    return run()


def test_a_token_may_be_signed_by_the_secret_of_its_key(gateway: MockGateway) -> None:
    """Where the definition has no source: the token names the key in its kid."""
    serve(gateway, enable_jwt=True)
    own = key(gateway, jwt_data={"secret": "the-secret-of-this-one-key-is-long"})
    token = jwt.encode({"sub": "x"}, "the-secret-of-this-one-key-is-long", "HS256", {"kid": own})
    assert get(gateway, token).status == 200
    assert told(get(gateway, jwt.encode({}, "x" * 32, "HS256", {"kid": own}))) == (403, "Key not authorized")


@pytest.mark.parametrize(("version", "outcome"), [("5.8", 403), ("5.12", 200)])
def test_claims_may_nest_in_later_versions(version: str, outcome: int) -> None:
    """The policy's claim, where its name has dots."""
    with MockGateway(gateway=version) as gateway:
        serve(gateway, **_jwt_api("s" * 32, jwt_policy_field_name="p.id"))
        token = jwt.encode({"sub": "ann", "p": {"id": "gold"}}, "s" * 32, "HS256")
        assert get(gateway, token).status == outcome


def test_a_client_loses_its_tokens_with_its_policy(gateway: MockGateway) -> None:
    """And all of them by revoke_all; a rotated secret counts at once."""
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
        found = json.loads(answer.body)
        assert answer.status != 200 or list(found) == ["access_token", "expires_in", "scope", "token_type"]
        return f"Bearer {found.get('access_token')}"

    first = token("s")
    assert get(gateway, first).status == 200
    call(gateway, "PUT", "/tyk/oauth/clients/orders/cl", {**client, "policy_id": "silver"})
    assert get(gateway, first).status == 403
    secret = call(gateway, "PUT", "/tyk/oauth/clients/orders/cl/rotate")[1]["secret"]
    assert (get(gateway, token("s")).status, get(gateway, second := token(secret)).status) == (403, 200)
    form = f"client_id=cl&client_secret={secret}".encode()
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Tyk-Authorization", "s3cret")]
    assert send(gateway, "POST", "/tyk/oauth/revoke_all", headers, form).status == 200
    assert get(gateway, second).status == 403
    assert call(gateway, "GET", "/tyk/oauth/clients/orders/cl/tokens") == (200, [])


def _basic(name: str, secret: str) -> str:

    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
