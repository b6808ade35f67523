"""The form of a fault: its fields, and the members that they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mockserver.service.fault_members import FaultError

TEXTS = ("scenario", "operation", "method", "policy", "key", "message", "body")
NUMBERS = ("status", "delay", "times")  # in JSON, as in the mock's own API
ENDS = ("drop", "reset", "hang")
END, OTHERS = "end", "others"  # the fields for a connection that ends, and for further members in JSON


def members_of(form: Mapping[str, str]) -> dict[str, Any]:
    """The members of the fault that a form describes; an empty field is none.

    Raises:
        FaultError: a field has no number, or no JSON object.
    """
    given = {name: value.strip() for name, value in form.items() if value.strip()}
    members: dict[str, Any] = {name: given[name] for name in TEXTS if name in given}
    for name in NUMBERS:
        if name in given:
            members[name] = _json(given[name], f"{name} cannot be {given[name]!r}; give a number")
    if given.get(END) in ENDS:
        members[given[END]] = True
    if OTHERS in given:
        problem = 'further members must be a JSON object, such as {"probability": 0.1}'
        others = _json(given[OTHERS], problem)
        if not isinstance(others, dict):
            raise FaultError(problem)
        members |= others
    return members


def _json(text: str, problem: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FaultError(problem) from error
