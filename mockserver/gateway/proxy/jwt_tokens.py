"""JSON Web Tokens: their parts, signatures and dates (gateway/mw_jwt.go @v5.12.0)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import Rejected
from mockserver.golang import json_reader
from mockserver.golang.base64_texts import decode_url
from mockserver.golang.scalars import ANY, Problems, to_int64

NOT_AUTHORISED = partial(Rejected, "Key not authorized", 403)
UNEXPECTED_METHOD = partial(Rejected, "Key not authorized: Unexpected signing method", 403)


class NotSigned(Rejected):
    """The key of a token did not make its signature."""

    def __init__(self) -> None:
        super().__init__("Key not authorized", 403, "the signature is not that of the API's key")


class Malformed(Rejected):
    """The text is no token; `words` are those of Go's parser for it."""

    def __init__(self, cause: str, words: str) -> None:
        super().__init__("Key not authorized", 403, cause)
        self.words = words


FindKey = Callable[[dict[str, Any], dict[str, Any]], Any]  # from header and claims
_FAMILIES = {"rsa": ("RS", "PS"), "ecdsa": ("ES",)}  # prefixes of algorithms; any other method is HMAC
_BASE64 = re.compile("[A-Za-z0-9_-]*")
_ALGORITHM = re.compile("(?:HS|RS|PS|ES)(?:256|384|512)|EdDSA|none")
_DATE_CLAIMS = (  # claim, True if it must lie ahead, message, option with the leeway in seconds
    ("exp", True, "token has expired", "jwt_expires_at_validation_skew"),
    ("iat", False, "token used before issued", "jwt_issued_at_validation_skew"),
    ("nbf", False, "token is not valid yet", "jwt_not_before_validation_skew"),
)


@dataclass(frozen=True)
class Token:
    """The header and claims of a token."""

    header: dict[str, Any]
    claims: dict[str, Any]


def verify(text: str, definition: Document, find_key: FindKey) -> Token:
    """Parse a token and verify its signature by the method that the API names.

    Raises:
        Rejected: the text is not a token, or is signed by another method or with another key.
    """
    method = definition["jwt_signing_method"]

    def key_of(header: dict[str, Any], claims: dict[str, Any]) -> Any:
        if not header["alg"].startswith(_FAMILIES.get(method, ("HS",))):
            raise UNEXPECTED_METHOD(f"the token has {header['alg']!r}, the API {method!r}")
        return find_key(header, claims)

    return verify_any(text, key_of)


def verify_any(text: str, find_key: FindKey) -> Token:
    """Parse a token and verify its signature by any method that fits the key.

    Raises:
        NotSigned: the token is signed with another key.
        Rejected: the text is not a token.
    """
    parts = text.split(".")
    if len(parts) != 3:
        raise Malformed("the token does not have three parts", "token contains an invalid number of segments")
    header, claims = _json_object(parts[0], whole=True), _json_object(parts[1], whole=False)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or not _ALGORITHM.fullmatch(algorithm):
        raise NOT_AUTHORISED(f"the token has the unknown algorithm {algorithm!r}")
    key = find_key(header, claims)
    if not _is_signed(algorithm, f"{parts[0]}.{parts[1]}".encode(), _base64_bytes(parts[2]), key):
        raise NotSigned
    return Token(header, claims)


def check_dates(token: Token, definition: Document, now: int) -> None:
    """Check the dates of a token; a date that is not a number fails.

    Raises:
        Rejected: a check failed; the message is that of the last one.
    """
    failure = ""
    for claim, is_ahead, message, skew in _DATE_CLAIMS:
        if claim not in token.claims:
            continue
        value, leeway = token.claims[claim], definition[skew]
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            fits = False
        elif is_ahead:
            fits = value == 0 or now - leeway < to_int64(value)
        else:
            fits = value == 0 or now + leeway >= to_int64(value)
        failure = failure if fits else message
    if failure:
        raise Rejected(f"Key not authorized: {failure}", 401)


def public_key(data: bytes) -> Any:
    """The public key in a PEM or DER file of a key or a certificate.

    Raises:
        Rejected: the data is neither.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    is_pem = b"-----BEGIN" in data
    readers: tuple[Callable[[bytes], Any], ...] = (
        serialization.load_pem_public_key if is_pem else serialization.load_der_public_key,
        lambda certificate: (x509.load_pem_x509_certificate if is_pem else x509.load_der_x509_certificate)(
            certificate
        ).public_key(),
    )
    for reader in readers:
        try:
            return reader(data)
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise NOT_AUTHORISED("the key of the API is not a public key or certificate")


def _is_signed(algorithm: str, text: bytes, signature: bytes, key: Any) -> bool:
    """True if the key made the signature; False for a key of another kind."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from jwt.algorithms import get_default_algorithms

    try:
        return bool(get_default_algorithms()[algorithm].verify(text, key, signature))
    except (TypeError, ValueError, AttributeError, UnsupportedAlgorithm):
        return False


def _json_object(part: str, *, whole: bool) -> dict[str, Any]:
    """The object in a part of a token; more may follow it unless `whole` (golang-jwt 4.5, parser.go)."""
    try:
        node, rest = json_reader.read(_base64_bytes(part))
    except json_reader.JSONSyntaxError as error:
        raise Malformed("the header or the claims of the token are not a JSON object", str(error)) from error
    problems = Problems()
    value = ANY.decode(node, None, problems)
    if value is None:
        value = {}
    if problems.notes or not isinstance(value, dict) or (whole and rest.strip(json_reader.WHITE_SPACE)):
        raise Malformed("the header or the claims of the token are not a JSON object", "it is not one object")
    return value


def _base64_bytes(part: str) -> bytes:
    try:
        return decode_url(part)
    except ValueError as error:
        valid = _BASE64.match(part)
        end = len(valid[0]) if valid and len(valid[0]) < len(part) else len(part) // 4 * 4
        raise Malformed(
            "a part of the token is not in base64url", f"illegal base64 data at input byte {end}"
        ) from error
