"""Replies of the Dashboard: its envelope, and objects without one."""

from __future__ import annotations

from typing import Any

from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply


class Refusal(Exception):
    """A request that the Dashboard refuses, with the status and the message of the reply."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def refusal(message: str, status: int) -> type[Refusal]:
    """The class of a refusal that many places raise; an instance for all would keep each traceback."""

    class Kind(Refusal):
        def __init__(self) -> None:
            super().__init__(message, status)

    return Kind


def ok(message: str, meta: Any = None, **members: Any) -> Reply:
    """The envelope of a successful write; `members` stand behind Meta."""
    return json_reply({"Status": "OK", "Message": message, "Meta": meta, **members})


def error(message: str, status: int) -> Reply:
    """The envelope of an error."""
    return json_reply({"Status": "Error", "Message": message, "Meta": None}, status)


UNAUTHORISED = error("Not authorised", 401)
NOT_FOUND = error("Not Found", 404)
METHOD_NOT_ALLOWED = error("Method Not Allowed", 405)
WRONG_NODE_SECRET = error("Authorization failed (Secret incorrect)", 403)  # GW gateway/policy_test.go
