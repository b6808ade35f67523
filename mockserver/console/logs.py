"""The log of a command that runs a mock: lines for people, or JSON, on standard error.

A record may have fields beside its message: `LOG.error("policy not found", extra=fields(policy_id="gold"))`.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from mockserver.console.terminal import printable

LOG = logging.getLogger("tyk-contract")
FORMATS = ("text", "json")

Line = Callable[[float, str, str, Mapping[str, Any]], str]  # from time, level, message and fields


def fields(**values: Any) -> dict[str, Any]:
    """The `extra` of a record with these fields."""
    return {"fields": values}


def text_line(at: float, level: str, message: str, values: Mapping[str, Any]) -> str:
    """A line for people: `2026-11-27T12:00:00.123Z INFO message name=value`."""
    words = "".join([f" {name}={_quoted(str(value))}" for name, value in values.items()]) if values else ""
    return f"{_stamp(at)} {level.upper()} {printable(message)}{words}"


def json_line(at: float, level: str, message: str, values: Mapping[str, Any]) -> str:
    """A line in JSON, with the members time, level and message, and the fields; all of it in ASCII."""
    return json.dumps({"time": _stamp(at), "level": level.lower(), "message": message, **values}, default=str)


LINES: dict[str, Line] = {"text": text_line, "json": json_line}


def configure(name: str, level: int) -> None:
    """Write the log to standard error, in a format, from a level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(LINES[name]))
    LOG.handlers[:] = [handler]
    LOG.setLevel(level)
    LOG.propagate = False


class _Formatter(logging.Formatter):
    """A formatter of records with fields, in one line each."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; of an exception, its kind and text."""
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            message = f"{message}: {type(error).__name__}: {error}"
        return self._line(record.created, record.levelname, message, getattr(record, "fields", {}))


def _stamp(at: float) -> str:
    """A time as ISO 8601 in UTC, with milliseconds."""
    second = int(at)
    return f"{_second(second)}.{int((at - second) * 1000):03}Z"


@lru_cache(maxsize=1)  # most lines of a busy log share their second
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _quoted(text: str) -> str:
    """A value of a field, in quotes if it has anything but the usual characters of a name or path."""
    if text and text.isprintable() and not any(sign in text for sign in ' "='):
        return text
    return json.dumps(printable(text), ensure_ascii=False)
