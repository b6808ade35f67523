"""JSON bodies of requests to the mock's own API."""

from __future__ import annotations

import json
from typing import Any

from flask import g, request

from mockserver.golang.json_size import TOO_MANY_VALUES, has_too_many_values
from mockserver.service.large_json import turn_of


def json_body() -> dict[str, Any]:
    """The JSON object in the body of the current request, which is read once.

    A large one is read in a turn, which lasts until `release_turn`.

    Raises:
        ValueError: the body is not a JSON object, or has more values than `MAX_VALUES`.
        Busy: it is large, and there was no turn in time.
    """
    if "json_body" not in g:
        data = request.get_data()
        turn = turn_of(data)
        turn.__enter__()
        g.turn = turn
        g.json_body = _read(data)
    body: dict[str, Any] = g.json_body
    return body


def release_turn(_: BaseException | None = None) -> None:
    """Let others read a large body, if the current request has read one."""
    turn = g.pop("turn", None)
    if turn is not None:
        g.pop("json_body", None)
        turn.__exit__(None, None, None)


def _read(data: bytes) -> dict[str, Any]:
    if has_too_many_values(data):
        raise ValueError(TOO_MANY_VALUES)
    try:
        body = json.loads(data, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply; give a JSON object") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"the body is not JSON: {error}; give a JSON object") from error
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
