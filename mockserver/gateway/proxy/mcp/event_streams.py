"""Event streams, whose events a gateway reads and may write anew (gateway/sse_event.go @v5.13.1)."""

from __future__ import annotations

import re
from collections.abc import Callable

CONTENT_TYPE = "text/event-stream"
MOST_LINES = 1_000_000  # of a stream, about; a line that ends in CR LF counts twice
TOO_MANY_LINES = f"this mock does not read a stream of over {MOST_LINES:,} lines"
_END = re.compile(r"\r\n\r\n|\r\n\n|\r\n\r|\n\r\n|\n\n|\r\r")  # of an event
_PIECE = 4096
_LINE_END = re.compile(r"\r\n|\n|\r")


def has_too_many_lines(text: str) -> bool:
    """True if a stream has more than `MOST_LINES` ends of lines."""
    return text.count("\n") + text.count("\r") > MOST_LINES


def rewritten(text: str, rewrite: Callable[[str], str | None]) -> str:
    """A stream with other data of its messages; those of which `rewrite` returns None stay as they are.

    An event without its end is lost behind others, if it arrives with one of them: the gateway reads
    `_PIECE` bytes at once (gateway/sse_tap.go:106 @v5.13.1).
    """
    result, position = [], 0
    for match in _END.finditer(text):
        event = text[position : match.end()]
        result.append(_rewritten_event(text[position : match.start()], rewrite) or event)
        position = match.end()
    is_lost = bool(result) and len(text) - position < _PIECE
    return "".join(result if is_lost else [*result, text[position:]])


def _rewritten_event(block: str, rewrite: Callable[[str], str | None]) -> str | None:
    """An event with other data; None if it stays as it is."""
    fields: dict[str, list[str]] = {}
    for line in _LINE_END.split(block):
        name, _, value = line.partition(":")
        if name:
            fields.setdefault(name, []).append(value.removeprefix(" "))
    kind = fields.get("event", [""])[-1]
    data = "\n".join(fields.get("data", []))
    new = rewrite(data) if kind in ("", "message") and data else None
    if new is None:
        return None
    identifiers = [value for value in fields.get("id", []) if "\0" not in value]
    retries = [int(value) for value in fields.get("retry", []) if re.fullmatch(r"\+?[0-9]{1,18}", value)]
    retry = str(retries[-1]) if retries and retries[-1] else ""
    parts = (("event", kind), ("data", new), ("id", "".join(identifiers[-1:])), ("retry", retry))
    return "".join(f"{name}: {value}\n" for name, value in parts if value) + "\n"
