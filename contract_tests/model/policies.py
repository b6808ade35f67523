"""A model of the policy API: the answers of a gateway in a given state; the mock shares none of its rules."""

from __future__ import annotations

import re
from typing import Any

from mockserver.contract.codecs import Codec, Malformed

Policy = dict[str, Any]
Expected = tuple[int, str]

_NAME_BYTES = 250  # of an id: with ".json" the file's name has 255


def _error(status: int, message: str) -> Expected:
    return status, '{"status":"error","message":"' + message + '"}\n'


class Model:
    """The expected policies of one run, written and loaded.

    The model covers ids that name a file in the policy directory itself.
    """

    def __init__(self, codec: Codec, behaviours: frozenset[str]) -> None:
        self.written: dict[str, Policy] = {}
        self.loaded: dict[str, Policy] = {}
        self._codec = codec
        self._behaviours = behaviours

    def post(self, body: bytes) -> Expected:
        """The expected answer to a POST, which writes the policy to the model."""
        return self._write(body, None)

    def put(self, path_id: str, body: bytes) -> Expected:
        """The expected answer to a PUT, which writes the policy to the model."""
        return self._write(body, path_id)

    def delete(self, policy_id: str) -> Expected:
        """The expected answer to a DELETE, which removes the written policy from the model."""
        if self.written.pop(policy_id, None) is None:
            return _error(500, "Delete failed")
        return 200, self._changed(policy_id, "deleted")

    def get(self, policy_id: str) -> Expected:
        """The expected answer to a GET of one policy."""
        if policy_id not in self.loaded:
            return _error(404, "Policy not found")
        return 200, self._codec.encode(self.loaded[policy_id]) + "\n"

    def reload(self) -> None:
        """Load the written policies."""
        self.loaded = dict(self.written)

    def _write(self, body: bytes, path_id: str | None) -> Expected:
        try:
            policy = self._codec.decode(body)
        except Malformed:
            return _error(400, "Request malformed")
        body_id = policy["id"]
        if "id-characters" in self._behaviours and re.search(r"[^a-zA-Z0-9.\-_~]", body_id):
            allowed = "Allowed characters: a-z, A-Z, 0-9, ., _, -, ~"
            return _error(400, f"Invalid Policy ID: {allowed}")
        if path_id is not None and body_id != path_id:
            mismatch = "Request ID does not match that in policy!"
            return _error(400, f"{mismatch} For Update operations these must match.")
        policy["id"] = body_id or policy["_id"]
        if not policy["id"]:
            return _error(400, "Unable to create policy without id.")
        if not is_file_name(policy["id"]):
            return _error(500, "Failed to create file!")
        self.written[policy["id"]] = policy
        return 200, self._changed(policy["id"], "added" if path_id is None else "modified")

    def _changed(self, key: str, action: str) -> str:
        from mockserver.golang.json_writer import quote

        return f'{{"key":{quote(key)},"status":"ok","action":"{action}"}}\n'


def is_file_name(policy_id: str) -> bool:
    """True if an id names a file in the policy directory itself."""
    return not ("/" in policy_id or "\0" in policy_id or len(policy_id.encode()) > _NAME_BYTES)
