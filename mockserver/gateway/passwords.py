"""Passwords of keys: how they are stored, and whether one matches (gateway/api.go:461 @v5.12.0).

A gateway stores hashes by bcrypt, and never shows them. The mock stores another salted hash under that name,
for bcrypt is made to be slow, and no client can tell the two apart. Only `POST /tyk/keys/create` keeps the
hash that a client has made; of these, hashes by bcrypt are the ones that the mock cannot check.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from mockserver.gateway import key_ids
from mockserver.gateway.policy_merging import Document
from mockserver.golang.urls import as_bytes

BCRYPT = "bcrypt"
MOST_BYTES = 72  # of a password that bcrypt hashes; a gateway keeps a longer one as it is
_OWN, _ROUNDS = "mock", 1000


class ForeignHash(Exception):
    """The stored password is a hash by bcrypt that a client has made, which the mock cannot check."""


def stored(password: str, algorithm: str) -> Document:
    """A password as a session holds it, hashed by `basic_auth_hash_key_function`."""
    if algorithm in key_ids.HASHES:
        return {"password": key_ids.HASHES[algorithm](as_bytes(password)), "hash_type": algorithm}
    if len(as_bytes(password)) > MOST_BYTES:
        return {"password": password, "hash_type": ""}
    return {"password": _hashed(password, secrets.token_hex(8)), "hash_type": BCRYPT}


def matches(data: Document, password: str) -> bool:
    """True if a password is the one of a session's `basic_auth_data`.

    Raises:
        ForeignHash: the session has a hash that cannot be checked.
    """
    text, kind = data["password"], data["hash_type"]
    if kind == "":
        return _is_equal(text, password)
    if kind in key_ids.HASHES:
        return _is_equal(text, key_ids.HASHES[kind](as_bytes(password)))
    name, _, rest = text.partition("$")
    if name == _OWN:
        return _is_equal(text, _hashed(password, rest.partition("$")[0]))
    if text.startswith("$2"):
        raise ForeignHash
    return False


def _hashed(password: str, salt: str) -> str:
    """The mock's own hash of a password; like bcrypt it ignores what follows the longest that it takes."""
    digest = hashlib.pbkdf2_hmac("sha256", as_bytes(password)[:MOST_BYTES], salt.encode(), _ROUNDS)
    return f"{_OWN}${salt}${digest.hex()}"


def _is_equal(first: str, second: str) -> bool:
    return hmac.compare_digest(as_bytes(first), as_bytes(second))
