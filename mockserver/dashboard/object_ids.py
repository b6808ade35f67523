"""Database ids, as MongoDB makes them, and times, as documents of the database have them."""

from __future__ import annotations

import itertools
import re
import secrets
from datetime import UTC, datetime

_HEX = re.compile("[0-9a-f]{24}", re.IGNORECASE)
_PROCESS = secrets.token_hex(5)
_counter = itertools.count(secrets.randbelow(1 << 23))


def new_object_id(now: float) -> str:
    """A new database id: 24 hex digits of the time in seconds, a number of the process, and a counter."""
    return f"{int(now) & 0xFFFFFFFF:08x}{_PROCESS}{next(_counter) & 0xFFFFFF:06x}"


def is_object_id(text: str) -> bool:
    """True if a text has the form of a database id."""
    return _HEX.fullmatch(text) is not None


def rfc3339(now: float) -> str:
    """A time in RFC 3339 and UTC with up to three decimals, as exports of real Dashboards have it."""
    text = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text.rstrip("0").rstrip(".") + "Z" if "." in text else text + "Z"
