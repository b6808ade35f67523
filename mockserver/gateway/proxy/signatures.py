"""Signatures of keys: hashes of key, shared secret and time (gateway/mw_auth_key.go:281 @v5.12.0)."""

from __future__ import annotations

import hashlib
import hmac
import re

from mockserver.gateway import key_ids
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang import urls

MOST_SKEW = 3600  # seconds of allowed_clock_skew that the mock tries; a gateway has no bound
_HASHES = {"MasherySHA256": hashlib.sha256, "MasheryMD5": hashlib.md5}


def check_signature(context: RequestContext, key: str, org_id: str) -> None:
    """Check the signature that an API may require, of the key with or without its organisation.

    Raises:
        Rejected: the signature is missing or wrong, or the API names no algorithm that exists.
    """
    places = (context.api.fields["auth_configs"] or {}).get("authToken") or context.api.fields["auth"]
    if not places["validate_signature"]:
        return
    settings: Document = places["signature"]
    if settings["algorithm"] not in _HASHES:
        raise Rejected("internal server error", 500)
    sent, secret = _sent(context, settings), settings["secret"]
    names = {key, key_ids.token_id(key), key.removeprefix(org_id)} - {""}
    if not (sent and secret and any(_is_signed(context, settings, name, sent) for name in names)):
        message = settings["error_message"] or "Request signature verification failed"
        raise Rejected(message, settings["error_code"] or 401)


def _sent(context: RequestContext, settings: Document) -> bytes:
    """The signature of the request, from its parameter or else its header; empty if it is not hexadecimal."""
    text = context.header(settings["header"])
    if settings["use_param"] or settings["param_name"]:
        text = context.parameter(settings["param_name"] or settings["header"]) or text
    return bytes.fromhex(text) if re.fullmatch("(?:[0-9a-fA-F]{2})++", text) else b""


def _is_signed(context: RequestContext, settings: Document, name: str, sent: bytes) -> bool:
    """True if a signature is the hash of a name, the secret and a second that the clock may show."""
    now, skew = int(context.gateway.now()), min(settings["allowed_clock_skew"], MOST_SKEW)
    prefix, algorithm = urls.as_bytes(f"{name}{settings['secret']}"), _HASHES[settings["algorithm"]]
    hashes = (algorithm(b"%s%d" % (prefix, second)).digest() for second in range(now - skew, now + skew + 1))
    return any(hmac.compare_digest(digest, sent) for digest in hashes)
