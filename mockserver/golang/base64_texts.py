"""Base64 as Go's encoding/base64 decodes it: line breaks are ignored, all else must be right."""

from __future__ import annotations

import base64
import re

_QUANTA = re.compile(r"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_URL_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def decode(text: str) -> bytes:
    """The bytes of a text in the standard encoding.

    Raises:
        ValueError: it is not in base64.
    """
    compact = re.sub(r"[\r\n]", "", text)
    if len(compact) % 4:
        raise ValueError("the length is no multiple of four")
    return base64.b64decode(compact, validate=True)


def decode_part(text: str) -> bytes:
    """The bytes of a text in the standard encoding up to where it is not in base64."""
    match = _QUANTA.match(re.sub(r"[\r\n]", "", text))
    return base64.b64decode(match[0]) if match else b""


def decode_url(text: str) -> bytes:
    """The bytes of a text in the encoding for URLs, without padding.

    Raises:
        ValueError: it is not in base64.
    """
    if not _URL_ALPHABET.fullmatch(text):
        raise ValueError("a character is not in the alphabet of base64 for URLs")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
