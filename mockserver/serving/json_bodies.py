"""Bodies of requests to the mock's own API."""

from __future__ import annotations

import json
from typing import Any

from flask import request


def json_body() -> dict[str, Any]:
    """The JSON object of the present request.

    Raises:
        ValueError: the body is no JSON object.
    """
    body = json.loads(request.get_data(), parse_constant=_no_number)
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")
