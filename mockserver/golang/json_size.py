"""The number of values of a JSON text, which is known before they take memory, and the depth of values."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import Any

MAX_VALUES_OF_FILE = 5_000_000  # in a JSON file; ten thousand policies with all members have three million
MAX_VALUES = 1_000_000  # in a JSON text, about; a list of 20,000 policies has fewer
TOO_MANY_VALUES = f"the body has over {MAX_VALUES:,} JSON values; send fewer at once"

TOO_MANY_OF_UPSTREAM = f"this mock does not read an answer of over {MAX_VALUES:,} JSON values"


def has_too_many_values(text: str | bytes, most: int = MAX_VALUES) -> bool:
    """True if a JSON text would take too much memory as values; an empty array takes 30 times its text."""
    if len(text) <= most:
        return False
    marks: Iterable[Any] = "[{," if isinstance(text, str) else (b"[", b"{", b",")
    return sum(map(text.count, marks)) > most


def few_enough(data: bytes) -> bytes:
    """The content of a file that may be read as JSON.

    Raises:
        OSError: it has more values than `MAX_VALUES_OF_FILE`.
    """
    if has_too_many_values(data, MAX_VALUES_OF_FILE):
        raise OSError(errno.EFBIG, f"it has over {MAX_VALUES_OF_FILE:,} JSON values")
    return data


def is_deeper(value: Any, levels: int) -> bool:
    """True if dicts and lists are nested in each other over so many levels."""
    nodes = [value]
    for _ in range(levels + 1):
        nodes = [node for node in nodes if isinstance(node, (dict, list))]
        if not nodes:
            return False
        nodes = [child for node in nodes for child in (node.values() if isinstance(node, dict) else node)]
    return True
