"""Texts without the secret in them, however it was written."""

from __future__ import annotations

import json
from functools import lru_cache
from urllib.parse import quote, quote_plus

SHORTEST = 4  # characters; a shorter secret stands in any text by chance


def hidden(text: str, secret: str, instead: str = "***") -> str:
    """The text with each form of the secret replaced: plain, in JSON, in a URL, as Python shows it."""
    for form in _forms(secret):
        text = text.replace(form, instead)
    return text


@lru_cache(maxsize=8)
def _forms(secret: str) -> tuple[str, ...]:
    """All ways to write it, the longest first."""
    if len(secret) < SHORTEST:
        return ()
    in_json = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    forms = {secret, quote(secret, safe=""), quote_plus(secret), *in_json}
    twice = {json.dumps(form)[1:-1] for form in in_json}
    shown = {form.replace("\\", "\\\\") for form in in_json}  # as Python shows a text
    return tuple(sorted(forms | twice | shown, key=len, reverse=True))
