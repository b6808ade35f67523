"""Signatures of requests, by secrets or by RSA (gateway/mw_http_signature_validation.go @v5.12.0)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote_plus

from mockserver.gateway.proxy.request_context import Rejected, RequestContext, look_up
from mockserver.golang import base64_texts, urls
from mockserver.golang.http_dates import parse
from mockserver.golang.quoted_texts import tokens, unquoted
from mockserver.http.limits import MAX_HEAD

DIGESTS = {"hmac-sha256": hashlib.sha256, "hmac-sha384": hashlib.sha384, "hmac-sha512": hashlib.sha512}
_HEXADECIMAL = re.compile("(?:[0-9a-fA-F]{2})*+")
_FIELDS = {"keyid", "algorithm", "headers", "signature"}
TOO_LONG = f"this mock makes and verifies no signature over more than {MAX_HEAD >> 20} MiB of headers"
_REFUSED = partial(Rejected, "Authorization field missing, malformed or invalid", 400)


@dataclass(frozen=True)
class _Signature:
    """A signature and what it says of itself; `headers` are the names of the signed headers in order."""

    key: str
    algorithm: str
    headers: tuple[str, ...]
    text: str


def check_signature(context: RequestContext) -> None:
    """Check that a key that may sign has signed the request, and take its session.

    Raises:
        Rejected: the signature is missing, malformed, wrong or not of now, or the key may not sign.
    """
    signature = _sent(context.credential("hmac"))
    allowed = context.api.fields["hmac_allowed_algorithms"] or [signature.algorithm]
    if signature.algorithm not in allowed:
        raise _REFUSED(f"the API does not allow the algorithm {signature.algorithm!r}")
    key = look_up(context, signature.key)
    if not key.is_valid or key.session is None:
        raise _REFUSED(key.problem)
    session = key.session
    if signature.algorithm.startswith("rsa"):
        if not (session["rsa_certificate_id"] and session["enable_http_signature_validation"]):
            raise _REFUSED("the key has no RSA certificate, or may not sign")
        is_signed = _is_signed_by(context, signature, session["rsa_certificate_id"])
    else:
        is_enabled = session["hmac_enabled"] or session["enable_http_signature_validation"]
        if not (session["hmac_string"] and is_enabled):
            raise _REFUSED("the key has no secret to sign with, or may not sign")
        is_signed = _is_signed(context, signature, session["hmac_string"])
    if not is_signed:
        raise _REFUSED("the signature is not that of the key for this request")
    if not _is_of_now(context):
        raise _REFUSED("the date of the request is missing, or too far from now")
    context.take(key, "hmac_key", signature.key)


def _sent(credential: str) -> _Signature:
    """The signature in a header: pairs of names and values, divided by commas (:305 and :345)."""
    if not credential:
        raise _REFUSED("there is no signature in the request")
    text = credential.removeprefix("Signature").removeprefix("signature").strip()
    fields = {}
    for name, value in _pairs(text).items():
        try:
            fields[name.lower()] = unquoted(value) if value.startswith('"') else value
        except ValueError as error:
            raise _REFUSED(f"the value of {name!r} is not in quotes as it should be") from error
    if unknown := fields.keys() - _FIELDS:
        raise _REFUSED(f"the signature has unknown parts: {', '.join(sorted(unknown))}")
    headers = tuple(fields.get("headers", "date").split(" "))
    return _Signature(
        fields.get("keyid", ""), fields.get("algorithm", ""), headers, fields.get("signature", "")
    )


def _pairs(text: str) -> dict[str, str]:
    pairs, name, is_value = {}, "", False
    for token in tokens(text):
        if token in ("=", ","):
            is_value = token == "="
        elif is_value:
            pairs[name], is_value = token, False
        else:
            name, is_value = token, True
    return pairs


def _is_signed_by(context: RequestContext, signature: _Signature, name: str) -> bool:
    """True if the RSA key that is stored under a name, which must be hexadecimal, has signed (:475).

    In some versions the name may be the PEM of the key (certs/manager.go:851 @v5.14.0).

    Raises:
        Rejected: there is no such key, or it is of another kind.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

    takes_pem = "requests-may-be-signed-by-rsa" in context.gateway.behaviours
    data = context.gateway.certificates.public_key(name) if _HEXADECIMAL.fullmatch(name) else None
    try:
        is_pem = takes_pem and "-----BEGIN " in name
        key = load_pem_public_key(name.encode()) if is_pem else load_der_public_key(data or b"")
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Rejected("Certificate not found", 500) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise Rejected("Certificate doesn't contain RSA Public key", 500)
    text = urls.as_bytes(signed_text(context, signature.headers, context.url.path))
    for sent in (signature.text, _with_upper_escapes(signature.text)):
        with contextlib.suppress(ValueError, InvalidSignature):
            key.verify(base64_texts.decode(sent), text, padding.PKCS1v15(), hashes.SHA256())
            return True
    return False


def signed_text(context: RequestContext, headers: Sequence[str], target: str) -> str:
    """The text that is signed: a line for each header (:393); `target` is the path of the request.

    Raises:
        Rejected: it is longer than any head, for the same header is named again and again.
    """
    lines, size = [], 0
    for name in headers:
        lines.append(_signed_line(context, name, target))
        size += len(lines[-1])
        if size > MAX_HEAD:
            raise Rejected(TOO_LONG, 431)
    return "\n".join(lines)


def _with_upper_escapes(text: str) -> str:
    return re.sub("%[a-f0-9][a-f0-9]", lambda escape: escape[0].upper(), text)


def _is_signed(context: RequestContext, signature: _Signature, secret: str) -> bool:
    """True if the text of a signature is that of the secret; escapes may be in lower case (:170)."""
    text = signed_text(context, signature.headers, context.url.path)
    expected = signature_of(text, secret, signature.algorithm)
    upper = _with_upper_escapes(signature.text)
    return any(
        hmac.compare_digest(urls.as_bytes(sent), expected.encode()) for sent in (signature.text, upper)
    )


def signature_of(text: str, secret: str, algorithm: str) -> str:
    """The signature of a text by a secret; unknown algorithms are HMAC with SHA-1."""
    digest = DIGESTS.get(algorithm, hashlib.sha1)
    digest_bytes = hmac.new(urls.as_bytes(secret), urls.as_bytes(text), digest).digest()
    return quote_plus(base64.b64encode(digest_bytes).decode())


def _signed_line(context: RequestContext, header: str, target: str) -> str:
    name = header.lower().strip()
    if name == "(request-target)":
        return f"(request-target): {context.method.lower()} {target}"
    if name == "date":
        name, value = _date(context)
    else:
        value = "" if name == "host" else context.header(name)  # Go keeps Host outside of the headers
    return f"{name}: {value.strip()}"


def _date(context: RequestContext) -> tuple[str, str]:
    """The name and the value of the header with the time of the request; empty if there is none."""
    for name in ("x-aux-date", "date"):
        if value := context.header(name):
            return name, value
    return "", ""


def _is_of_now(context: RequestContext) -> bool:
    """True if the request has a time, and the clock differs from it by no more than the API allows (:255)."""
    moment = parse(_date(context)[1])
    if moment is None:
        return False
    skew: float = context.api.fields["hmac_allowed_clock_skew"]  # milliseconds
    return skew <= 0 or int(abs(context.gateway.now() - moment) * 1000) <= skew
