"""Times of HTTP headers as Go's `time.Parse` reads them with the layout `Mon, 02 Jan 2006 15:04:05 MST`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAYOUT = re.compile(
    r"([A-Za-z]{3}), +(\d{2}) +([A-Za-z]{3}) +(\d{4}) +(\d{1,2}):(\d{2}):(\d{2})([.,]\d+)? +(\S+)", re.ASCII
)
_ZONE = re.compile("UTC|GMT(?:[+-][0-9]{1,9})?|[+-][0-9]{1,9}|ChST|MeST|WITA|[A-Z]{3}|[A-Z]{3}T|[A-Z]{4}T")
_MOST_HOURS = 23


def parse(text: str) -> float | None:
    """The seconds since the epoch of a time; None if Go refuses it.

    Go knows no abbreviation but that of its own zone, here UTC: all others count as UTC, but for `GMT+3`.
    """
    match = _LAYOUT.fullmatch(text)
    if match is None or match[1].lower() not in _DAYS or match[3].lower() not in _MONTHS:
        return None
    zone = match[9]
    hours = int(re.sub("^[A-Za-z]+", "", zone) or 0) if _ZONE.fullmatch(zone) else _MOST_HOURS + 1
    if abs(hours) > _MOST_HOURS:
        return None
    year, day, month = int(match[4]), int(match[2]), _MONTHS.index(match[3].lower()) + 1
    try:
        moment = datetime(year, month, day, int(match[5]), int(match[6]), int(match[7]), tzinfo=UTC)
    except ValueError:
        return None
    fraction = float("0." + match[8][1:]) if match[8] else 0.0
    return moment.timestamp() + fraction - (hours * 3600 if zone.startswith("GMT") else 0)
