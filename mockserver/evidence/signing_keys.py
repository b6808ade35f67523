"""Keys that a scenario makes to sign tokens of its own issuer, whose address no recording can know."""

from __future__ import annotations

import base64
import json
from typing import Any

_ALGORITHM = "ES256"


class SigningKeys:
    """Keys on the curve P-256 by name; they are made anew for each run, and no recording has one."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def generate(self, name: str) -> str:
        """Make a key, and return its public half as a JSON Web Key with the name as its id."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from jwt.algorithms import ECAlgorithm

        self._keys[name] = key = ec.generate_private_key(ec.SECP256R1())
        return json.dumps({**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name})

    def sign(self, name: str, header: str, claims: str) -> str:
        """A JSON Web Token with these texts as header and claims, signed by ES256 whatever they say."""
        from jwt.algorithms import get_default_algorithms

        text = f"{_encoded(header.encode())}.{_encoded(claims.encode())}"
        signature = get_default_algorithms()[_ALGORITHM].sign(text.encode(), self._keys[name])
        return f"{text}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
