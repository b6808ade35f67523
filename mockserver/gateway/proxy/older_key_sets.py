"""Key sets that a gateway's present reader does not take, as its older one reads them.

Their keys are certificates or public keys in PEM, where a JSON Web Key Set has certificates in DER.
Source: gateway/mw_jwt.go:139 @v5.12.0; recordings jwks/older-reader and jwks/older-reader-of-several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mockserver.gateway.proxy.jwt_tokens import public_key
from mockserver.gateway.proxy.request_context import Rejected
from mockserver.golang import json_reader
from mockserver.golang.base64_texts import decode
from mockserver.golang.scalars import ANY, Problems

MOST_KEYS = 1000
_TEXTS = ("alg", "kty", "use", "n", "e", "kid", "x5t")


@dataclass(frozen=True)
class OlderKey:
    """A key as it is written: id, type, and the first of its certificates; "" for what is not there."""

    id: str
    type: str
    certificate: str


def parse(text: bytes) -> list[OlderKey]:
    """The keys of a set; more may follow it.

    Raises:
        ValueError: the text is no set of keys, a member has a wrong type, or there are over `MOST_KEYS` keys.
    """
    node, _ = json_reader.read(text)
    value = ANY.decode(node, None, Problems())
    keys = (value.get("keys") if isinstance(value, dict) else None) or []
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise ValueError(f"its keys are not an array of up to {MOST_KEYS}")
    if not all(key is None or isinstance(key, dict) for key in keys):
        raise ValueError("a key is not an object")
    return [_older_key(key or {}) for key in keys]


def _older_key(key: dict[str, Any]) -> OlderKey:
    certificates = key.get("x5c") or []
    texts = [key.get(name) for name in _TEXTS]
    if not isinstance(certificates, list) or not all(map(_is_text, [*texts, *certificates])):
        raise ValueError("a member of a key has a wrong type")
    return OlderKey(key.get("kid") or "", key.get("kty") or "", [*certificates, ""][0] or "")


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not isinstance(value, json_reader.Number))


def find(keys: list[OlderKey], key_id: str, kind: str) -> Any:
    """The first key with an id and a type, which is in any case of letters; None if it cannot be used."""
    key = next((key for key in keys if key.id == key_id and key.type.lower() == kind.lower()), None)
    try:
        text = decode(key.certificate) if key else b""
        return public_key(text) if b"-----" in text else None
    except (ValueError, Rejected):
        return None
