"""Database ids, as MongoDB makes them."""

from __future__ import annotations

import itertools
import re
import secrets

_HEX = re.compile("[0-9a-f]{24}", re.IGNORECASE)
_PROCESS = secrets.token_hex(5)
_counter = itertools.count(secrets.randbelow(1 << 23))


def new_object_id(now: float) -> str:
    """A new database id: 24 hex digits of the time in seconds, a number of the process, and a counter."""
    return f"{int(now) & 0xFFFFFFFF:08x}{_PROCESS}{next(_counter) & 0xFFFFFF:06x}"


def is_object_id(text: str) -> bool:
    """True if a text has the form of a database id."""
    return _HEX.fullmatch(text) is not None
