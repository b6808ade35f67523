"""Requests that are signed with the secret of a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Generator
from urllib.parse import quote_plus

from contract_tests.engine.declaration import RELOAD
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import Api, needs_plain_keys, write_key, write_policy
from contract_tests.gateway.client import Gateway

REFUSED = "Authorization field missing, malformed or invalid"
SHARED = "by both sides"
PAST = "Sat, 22 Nov 2025 10:00:00 GMT"
MAY_SIGN = {"hmac_enabled": True, "hmac_string": SHARED}
RSA_KEY = (  # its private key was thrown away
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwTrZDMm4NBfX74sqf2vvyThQlB1tk5Os/51uUMPLHQ5UKtILFosO4oHizHDof"
    "Qy+JW73zlgF2+AnbVeCqghN4OWsD2BnIfkNJ2UrL7lCxX+F5Ber5BF7vB3NQNy48zMJ0/2YA8D78Yl17IZMknwwuw96Rcgn+i5sP"
    "khX+I7tp7wIDAQAB"
)
RSA_SIGNATURE = (  # of the time PAST by that key
    "IKwIdYTkaKzlk24lVJ+jiSPKdJ4ajR0Eu2WSyn+TljpDrpzesVEAWX0epnAWRKRCH0IEQT6dMwLd3OptSqL6u5E1X68hCNoT2PNz"
    "g+whLpUOaemByzDF2k+9nWHO79HdRN0bD9FEeVa0vvVB6FuZe9rRaFk+CWjz8FXHOrLA+mg="
)
NAMED = "a key is named in a signature only where keys are not hashed"


def loaded_signer(gateway: Gateway, api: Api) -> Generator[object, None, str]:
    """Have an API loaded with a policy; return a new key that may sign requests to it.

    Raises:
        NotApplicable: the gateway hashes keys.
    """
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, NAMED)
    return write_key(gateway, api, gold, **MAY_SIGN)


def send_signed(
    gateway: Gateway,
    api: Api,
    key: str,
    *,
    date: str = PAST,
    shared: str = SHARED,
    algorithm: str = "sha1",
    signed: str = "date",
) -> Exchange:
    """Send a request with a signature of its path and its time, or of its time alone."""
    lines = {"(request-target)": f"(request-target): get /{api.id}/a", "date": f"date: {date}"}
    text = signature("\n".join(lines[name] for name in signed.split(" ")), shared, algorithm)
    credential = f'keyId="{key}",algorithm="hmac-{algorithm}",headers="{signed}",signature="{text}"'
    return send_credential(gateway, api, credential, [("Date", date)])


def signature(text: str, shared: str = SHARED, algorithm: str = "sha1") -> str:
    """The signature of a text with a secret."""
    digest = hmac.new(shared.encode(), text.encode(), getattr(hashlib, algorithm)).digest()
    return quote_plus(base64.b64encode(digest).decode())


def send_credential(gateway: Gateway, api: Api, credential: str, headers: list[tuple[str, str]]) -> Exchange:
    """Send a request with the credential of a signature."""
    return gateway.send(
        "GET", f"/{api.id}/a", headers=[*headers, ("Authorization", f"Signature {credential}")]
    )
