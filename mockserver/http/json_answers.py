"""JSON in the answers of servers that are not trusted."""

from __future__ import annotations

import json
from typing import Any

from mockserver.golang.json_size import MAX_VALUES, has_too_many_values

UNREADABLE = object()  # of no type of JSON, for null is a document


def document_of(body: bytes, most: int = MAX_VALUES) -> Any:
    """The document of a body; `UNREADABLE` if it is no JSON, too deep, or has more values than `most`."""
    try:
        return UNREADABLE if has_too_many_values(body, most) else json.loads(body)
    except (ValueError, RecursionError):
        return UNREADABLE
