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


def few_enough(data: bytes, most: int | None = None) -> bytes:
    """The content of a file that may be read as JSON.

    Raises:
        OSError: it has more values than `most`, by default `MAX_VALUES_OF_FILE`.
    """
    most = MAX_VALUES_OF_FILE if most is None else most
    if has_too_many_values(data, most):
        raise OSError(errno.EFBIG, f"it has over {most:,} JSON values")
    return data


def few_enough_for_one(data: bytes) -> bytes:
    """The content of a file of one policy or API, as `few_enough`, with as many values as a request."""
    return few_enough(data, MAX_VALUES)


def is_deeper(value: Any, levels: int) -> bool:
    """True if dicts and lists are nested in each other over so many levels."""
    nodes = [value]
    for _ in range(levels + 1):
        nodes = [node for node in nodes if isinstance(node, (dict, list))]
        if not nodes:
            return False
        nodes = [child for node in nodes for child in (node.values() if isinstance(node, dict) else node)]
    return True


def is_larger(value: Any, most: int) -> bool:
    """True if dicts and lists have more values than that, each counted as often as it stands in them."""
    nodes, count = [value], 0
    while nodes:
        node = nodes.pop()
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        count += len(children)
        if count > most:
            return True
        nodes.extend(children)
    return False
