"""Providers of OpenID Connect: their discovery documents, keys and ID tokens."""

from __future__ import annotations

import base64
import json
from typing import Any

from contract_tests.gateway.builders.apis import needs_own_upstream
from contract_tests.gateway.builders.jwts import encoded_source, session_hash
from contract_tests.gateway.client import Gateway

CLIENT = "web"


class Issuer:
    """A provider whose documents the suite's upstream serves; it signs with keys of its own by ES256.

    Attributes:
        url: the URL of the provider, which is the claim `iss` of its tokens.
    """

    def __init__(self, gateway: Gateway) -> None:
        """Serve the discovery document and one key, "first".

        Raises:
            NotApplicable: the gateway cannot reach the suite's upstream.
        """
        needs_own_upstream(gateway)
        self._gateway = gateway
        self._name = gateway.new_id()
        self._keys: dict[str, Any] = {}
        self.url = gateway.upstream.url + self._name
        discovery = json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})
        gateway.upstream.serve(f"{self._name}/.well-known/openid-configuration", discovery.encode())
        self.serve_keys("first")

    def serve_keys(self, *names: str) -> None:
        """Serve the set of these keys from now on, in this order; new ones are made."""
        from jwt.algorithms import ECAlgorithm

        keys = [
            {**ECAlgorithm.to_jwk(self._key(name).public_key(), as_dict=True), "kid": name} for name in names
        ]
        self._gateway.upstream.serve(f"{self._name}/keys", json.dumps({"keys": keys}).encode())

    def token(self, user: str, *, key: str = "first", kid: str | None = None, **claims: Any) -> str:
        """The credential of a user of `CLIENT`, signed with a key; `kid` replaces the name of that key."""
        from jwt.algorithms import get_default_algorithms

        header = {"alg": "ES256", "typ": "JWT", "kid": key if kid is None else kid}
        body = {"iss": self.url, "aud": CLIENT, "sub": user, **claims}
        text = ".".join(_encoded(json.dumps(part).encode()) for part in (header, body))
        signature = get_default_algorithms()["ES256"].sign(text.encode(), self._key(key))
        return f"Bearer {text}.{_encoded(signature)}"

    def options(self, *, segregates: bool = False, **policies: str) -> dict[str, Any]:
        """The members of a definition whose clients have these policies."""
        clients = {encoded_source(client.encode()): policy for client, policy in policies.items()}
        providers = [{"issuer": self.url, "client_ids": clients}]
        return {
            "use_openid": True,
            "openid_options": {"providers": providers, "segregate_by_client": segregates},
        }

    def section(self, **policies: str) -> dict[str, Any]:
        """The section of an API in OpenAPI form whose clients have these policies."""
        mapping = [
            {"clientId": encoded_source(client.encode()), "policyId": policy}
            for client, policy in policies.items()
        ]
        providers = [{"issuer": self.url, "clientToPolicyMapping": mapping}]
        place = {"enabled": True, "name": "Authorization"}
        return {"enabled": True, "header": place, "providers": providers}

    def _key(self, name: str) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ec

        if name not in self._keys:
            self._keys[name] = ec.generate_private_key(ec.SECP256R1())
        return self._keys[name]


def session_name(user: str, client: str = "") -> str:
    """What follows the organisation in the id of the session of a user, or of a user of one client."""
    return (session_hash(client) if client else "") + session_hash(user)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
