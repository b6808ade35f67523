"""Ids of keys, built from an organisation and a name, and the names under which keys are stored.

Source: internal/crypto/token.go and hash.go, gateway/auth_manager.go:229 @v5.12.0; recordings keys/hash-*.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import uuid
from collections.abc import Callable

from mockserver.golang.urls import as_bytes

_JSON_IN_BASE64 = "ey"
_OBJECT_ID_LENGTH = 24
_DEFAULT = "murmur64"
_WORD = 0xFFFFFFFF


def _murmur64(data: bytes) -> str:
    return _murmur128(data)[:16]


def _murmur128(data: bytes) -> str:
    import mmh3

    first, second = mmh3.hash64(data, 0, signed=False)
    return f"{first:016x}{second:016x}"


def _murmur32(data: bytes) -> str:
    """MurmurHash3 of the complete four-byte blocks, without tail and finalisation.

    The gateway's library returns this intermediate state as the bytes of the hash, so that a key of less than
    four bytes is stored as 00000000 (recordings keys/hashed, keys/hash-murmur32).
    """
    state = 0
    for start in range(0, len(data) // 4 * 4, 4):
        block = int.from_bytes(data[start : start + 4], "little") * 0xCC9E2D51 & _WORD
        state ^= _rotated(block, 15) * 0x1B873593 & _WORD
        state = (_rotated(state, 13) * 5 + 0xE6546B64) & _WORD
    return f"{state:08x}"


def _rotated(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _WORD


HASHES: dict[str, Callable[[bytes], str]] = {
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "murmur32": _murmur32,
    "murmur64": _murmur64,
    "murmur128": _murmur128,
}


def murmur64(text: str) -> str:
    """The first 64 bits of the 128-bit MurmurHash3 of a text, as 16 hexadecimal digits."""
    return _murmur64(as_bytes(text))


def make(org_id: str, name: str, algorithm: str) -> str:
    """The full id of a key; an empty name is replaced by a random one. `algorithm` is hash_key_function."""
    name = name.removeprefix(org_id) or uuid.uuid4().hex
    if not algorithm:
        return org_id + name
    supported = algorithm if algorithm in HASHES else _DEFAULT
    token = f'{{"org":"{org_id}","id":"{name}","h":"{supported}"}}'
    return base64.b64encode(as_bytes(token)).decode()


def organisation_of(key: str) -> str:
    """The organisation in the id of a key; "" if the id has none."""
    if (token := _token(key)) is not None and isinstance(token.get("org"), str):
        return str(token["org"])
    start = key[:_OBJECT_ID_LENGTH]
    if len(key) > _OBJECT_ID_LENGTH and re.fullmatch("[0-9a-fA-F]{24}", start):
        return start
    return ""


def token_id(key: str) -> str:
    """The name in the id of a key that encodes a JSON object; "" if it encodes none."""
    token = _token(key) or {}
    return str(token["id"]) if isinstance(token.get("id"), str) else ""


def storage_name(key: str, *, hashed: bool) -> str:
    """The name under which a key is stored: its hash if keys are hashed, else the key itself."""
    if not hashed:
        return key
    token = _token(key) or {}
    algorithm = token.get("h")
    return HASHES.get(algorithm if isinstance(algorithm, str) else "", HASHES["murmur32"])(as_bytes(key))


def storage_names(org_id: str, name: str) -> set[str]:
    """All names under which gateways store the key with a name, whatever they are configured to."""
    keys = {name, *(make(org_id, name, algorithm) for algorithm in ("", *HASHES))} if name else set()
    return keys | {make_hash(as_bytes(key)) for key in keys for make_hash in HASHES.values()}


def _token(key: str) -> dict[str, object] | None:
    """The JSON object that the id of a key encodes in base64; None if it encodes none."""
    if not key.startswith(_JSON_IN_BASE64):
        return None
    try:
        token = json.loads(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return token if isinstance(token, dict) else None
