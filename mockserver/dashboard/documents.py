"""Documents that are stored as they are sent: JSON objects with any members."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from mockserver.dashboard.records import MAX_LEVELS, Document
from mockserver.dashboard.replies import Refusal
from mockserver.golang.json_size import is_deeper


def parse(body: bytes, refusal: Refusal | type[Refusal]) -> Document:
    """The JSON object in a body; Go too refuses a number that no float64 holds.

    Raises:
        Refusal: the given one, if the body is anything else, or deeper than a store takes.
    """
    try:
        document = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise refusal from None
    if not isinstance(document, dict) or is_deeper(document, MAX_LEVELS):
        raise refusal
    return document


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is beyond the range of a float64")
    return number


def text_of(document: Mapping[str, Any], member: str) -> str:
    """The text of a member; "" if it is missing or anything else."""
    value: Any = document.get(member)
    return value if isinstance(value, str) else ""


def object_at(document: Mapping[str, Any], path: str) -> Document:
    """The object at a dotted path; an empty one if there is none."""
    node = member_at(document, path)
    return node if isinstance(node, dict) else {}


def member_at(document: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    node: Any = document
    for name in path.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    return node
