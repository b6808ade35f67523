"""Masking of a secret in texts, in all encodings of it."""

from __future__ import annotations

import json
from functools import lru_cache
from urllib.parse import quote, quote_plus

SHORTEST = 4  # characters; a shorter secret would occur in many texts by chance


def hidden(text: str, secret: str, instead: str = "***") -> str:
    """The text with the secret replaced in each of its forms: plain, in JSON, in a URL, in a Python repr."""
    for form in _forms(secret):
        text = text.replace(form, instead)
    return text


@lru_cache(maxsize=8)
def _forms(secret: str) -> tuple[str, ...]:
    """The encoded forms of a secret, the longest first; none for a secret that is too short."""
    if len(secret) < SHORTEST:
        return ()
    in_json = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    forms = {secret, quote(secret, safe=""), quote_plus(secret), *in_json}
    in_nested_json = {json.dumps(form)[1:-1] for form in in_json}
    in_repr = {form.replace("\\", "\\\\") for form in in_json}  # in a Python repr
    return tuple(sorted(forms | in_nested_json | in_repr, key=len, reverse=True))
