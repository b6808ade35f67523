"""Made-up names of keys, in place of ids that are secrets or of their hashes, which are weak.

The made-up name of a key is the same in each export with the same secret of the gateway, and nobody can tell
the id from it who has not that secret. An import writes the name into the metadata of the session too, for a
gateway that hashes keys lists them under other names.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

MARK = "tyk-contract-key"  # the member of a session's metadata that has the made-up name
_MADE_UP = re.compile("made-up-[0-9a-f]{24}")


class KeyNames:
    """The made-up names of one service; `salt` is known only to those who can read its keys."""

    def __init__(self, salt: str) -> None:
        self._salt = salt.encode("utf-8", "surrogateescape")

    def name(self, stored: str, session: dict[str, Any]) -> str:
        """The made-up name of a key: that of an earlier import, else a new one."""
        metadata = session.get("meta_data")
        marked = metadata.get(MARK) if isinstance(metadata, dict) else None
        for name in (marked, stored.removeprefix(str(session.get("org_id", "")))):
            if isinstance(name, str) and _MADE_UP.fullmatch(name):
                return name
        digest = hmac.new(self._salt, stored.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"made-up-{digest.hexdigest()[:24]}"


def marked(name: str, session: dict[str, Any]) -> dict[str, Any]:
    """A copy of a session with the name of its key in the metadata, if the name is made up."""
    if not _MADE_UP.fullmatch(name):
        return session
    metadata = session.get("meta_data")
    return {**session, "meta_data": {**(metadata if isinstance(metadata, dict) else {}), MARK: name}}


def unmarked(session: dict[str, Any]) -> dict[str, Any]:
    """A copy of a session without that name, and without metadata if there is no other."""
    metadata = session.get("meta_data")
    if not isinstance(metadata, dict):
        return session
    rest = {member: value for member, value in metadata.items() if member != MARK}
    others = {member: value for member, value in session.items() if member != "meta_data"}
    return {**others, "meta_data": rest} if rest else others
