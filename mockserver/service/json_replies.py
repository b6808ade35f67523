"""Replies of JSON, as Go's encoder writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mockserver.golang import json_writer
from mockserver.http.messages import Reply


def json_bytes(text: bytes, status: int = 200) -> Reply:
    """A reply of encoded JSON, to which Go's encoder appends a newline."""
    return Reply(text + b"\n", status)


def json_text(text: str, status: int = 200) -> Reply:
    """A reply of JSON text."""
    return json_bytes(text.encode(), status)


def message_of(body: bytes) -> str:
    """The message in an answer that is an error; "" if it has none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, Mapping):
        return ""
    messages = (answer.get(name) for name in ("message", "Message", "error"))
    return next((text for text in messages if isinstance(text, str)), "")


def json_reply(value: Any, status: int = 200) -> Reply:
    """A reply of a value, encoded as JSON."""
    return json_text(json_writer.write(value), status)
