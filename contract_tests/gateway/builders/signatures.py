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
    text = "\n".join(lines[name] for name in signed.split(" "))
    digest = hmac.new(shared.encode(), text.encode(), getattr(hashlib, algorithm)).digest()
    signature = quote_plus(base64.b64encode(digest).decode())
    credential = f'keyId="{key}",algorithm="hmac-{algorithm}",headers="{signed}",signature="{signature}"'
    headers = [("Date", date), ("Authorization", f"Signature {credential}")]
    return gateway.send("GET", f"/{api.id}/a", headers=headers)
