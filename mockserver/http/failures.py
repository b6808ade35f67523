"""Failures of the mock itself: one line in the log and an answer of 500, whatever part of it failed."""

from __future__ import annotations

import json
import logging
import traceback

from mockserver.http.messages import Reply

LOG = logging.getLogger("tyk-contract")
LONGEST = 200  # characters of what failed


def log_failure(what: str, error: BaseException) -> None:
    """Log one line: what failed, the kind of the error and its place.

    The text of the error is left out, for it may contain a secret of the request.
    """
    places = traceback.extract_tb(error.__traceback__)
    place = f" in {places[-1].filename}, line {places[-1].lineno}" if places else ""
    printable = ascii(what)[1:-1]  # a request may have control characters for the terminal
    LOG.error("%s failed: %s%s", printable[:LONGEST], type(error).__name__, place)


def describe(error: BaseException) -> str:
    """The message of the answer to a request that failed."""
    return f"the mock failed: {type(error).__name__}"


def error_reply(message: str, status: int = 500) -> Reply:
    """An answer of the server itself, in the JSON of the mock's errors."""
    return Reply(json.dumps({"status": "error", "message": message}).encode() + b"\n", status)
