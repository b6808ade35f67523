"""The users of a Dashboard: their access keys and their permissions."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.dashboard.records import Document, Records

ADMIN = {"IsAdmin": "admin"}
_READS = ("GET", "HEAD")


@dataclass(frozen=True)
class User:
    """A user of one organisation.

    Attributes:
        org_id: the id of the organisation whose objects the user sees.
        permissions: "read", "write" or "deny" by section, such as "policies"; `IsAdmin: admin` overrides all.
    """

    user_id: str
    org_id: str
    permissions: Mapping[str, str]

    def may(self, method: str, section: str) -> bool:
        """True if the permissions allow a request of a method to a section.

        A user without any permissions, and one without an entry for the section, may do everything.
        """
        if not section or not self.permissions or self.permissions.get("IsAdmin") == "admin":
            return True
        permission = self.permissions.get(section, "write")
        return permission == "write" or (permission == "read" and method in _READS)


class Users:
    """The users of all organisations, by database id.

    A user is a dict with at least `id`, `org_id`, `access_key` and `user_permissions`.
    """

    def __init__(self, records: Records) -> None:
        self.records = records

    def with_key(self, key: str) -> User | None:
        """The user with an access key; None if there is none. Keys are compared in constant time."""
        sent = key.encode("utf-8", "surrogateescape")
        for document in self.records:
            if key and hmac.compare_digest(document["access_key"].encode(), sent):
                return _user(document)
        return None


def _user(document: Document) -> User:
    permissions: Any = document.get("user_permissions") or {}
    return User(document["id"], document["org_id"], permissions)
