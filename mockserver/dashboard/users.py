"""The users of a Dashboard: their access keys and their permissions."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.dashboard.documents import object_at, text_of
from mockserver.dashboard.object_ids import new_object_id, rfc3339
from mockserver.dashboard.records import Document, Records
from mockserver.dashboard.replies import Refusal

ADMIN = {"IsAdmin": "admin"}
_ADMINS = ("admin", "true")  # values of IsAdmin: of clients, and of DOC user-permissions.mdx
_OTHER_NAMES = {"policies": "policy"}  # of sections, in DOC user-permissions.mdx
_READS = ("GET", "HEAD")
_TEXTS = ("first_name", "last_name", "group_id")


@dataclass(frozen=True)
class User:
    """A user of one organisation.

    Attributes:
        user_id: the database id.
        org_id: the id of the organisation whose objects the user sees.
        group_id: the id of the user's group; "" for none.
        permissions: "read", "write" or "deny" by section, such as "policies"; `IsAdmin: admin` overrides all.
    """

    user_id: str
    org_id: str
    permissions: Mapping[str, str]
    group_id: str = ""

    @property
    def is_admin(self) -> bool:
        """True if the user may do and see everything; a user without any permissions may."""
        return not self.permissions or self.permissions.get("IsAdmin") in _ADMINS

    def may(self, method: str, section: str) -> bool:
        """True if the permissions, which allow only what they name, allow a method in a section."""
        if not section or self.is_admin:
            return True
        other_name = _OTHER_NAMES.get(section, "")
        permission = self.permissions.get(section) or self.permissions.get(other_name, "deny")
        return permission == "write" or (permission == "read" and method in _READS)


def _user(document: Document) -> User:
    return User(
        document["id"], document["org_id"], document["user_permissions"], text_of(document, "group_id")
    )


def _is_key(document: Document, key: str) -> bool:
    sent = key.encode("utf-8", "surrogatepass")
    return bool(key) and hmac.compare_digest(document["access_key"].encode("utf-8", "surrogatepass"), sent)


class Users:
    """The users of all organisations, by database id.

    A user is a dict with the members that `GET /api/users/{userId}` returns.
    """

    def __init__(self, records: Records, now: Callable[[], float]) -> None:
        self._records = records
        self._now = now

    def with_key(self, key: str) -> User | None:
        """The user with an access key; None if there is none. Keys are compared in constant time."""
        return next((_user(document) for document in self._records if _is_key(document, key)), None)

    def has_key(self, user_id: str, key: str) -> bool:
        """True if this is the access key of the user with an id; compared in constant time."""
        user = self._records.get(user_id)
        return user is not None and _is_key(user, key)

    def all(self, org_id: str) -> list[Document]:
        """The users of an organisation, the oldest first."""
        return [user for user in self._records.all() if user["org_id"] == org_id]

    def get(self, user_id: str) -> Document | None:
        """A user of any organisation; None if there is none."""
        return self._records.get(user_id)

    def find(self, org_id: str, user_id: str) -> Document | None:
        """A user of an organisation; None if there is none."""
        user = self._records.get(user_id)
        return user if user and user["org_id"] == org_id else None

    def create(self, org_id: str, sent: Document, *, user_id: str = "", access_key: str = "") -> Document:
        """Store a new user with an access key; returns it.

        Raises:
            Refusal: the e-mail address is missing (400), or used in the organisation (403).
        """
        email = text_of(sent, "email_address").lower()
        if not email:
            raise Refusal("User object validation failed.", 400)
        if any(user["email_address"] == email for user in self.all(org_id)):
            raise Refusal("User email already exists for this Org", 403)
        now = self._now()
        user_id = user_id or new_object_id(now)
        kept = {"id": user_id, "access_key": access_key or secrets.token_hex(16), "created_at": rfc3339(now)}
        return self._store({"org_id": org_id, "email_address": email, **kept}, sent)

    def update(self, user: Document, sent: Document) -> Document:
        """Replace a user; the organisation, the access key and the time of creation stay."""
        email = text_of(sent, "email_address").lower() or user["email_address"]
        kept = {name: user[name] for name in ("id", "access_key", "created_at")}
        return self._store({"org_id": user["org_id"], "email_address": email, **kept}, sent)

    def renew_key(self, user: Document) -> Document:
        """Give a user a new access key; returns the user."""
        renewed = {**user, "access_key": secrets.token_hex(16)}
        self._records.add(user["id"], renewed)
        return renewed

    def delete(self, user: Document) -> None:
        """Remove a user."""
        self._records.remove(user["id"])

    def _store(self, kept: Document, sent: Document) -> Document:
        """Store a user: what the Dashboard sets, and the rest as it was sent."""
        permissions = {
            section: value
            for section, value in object_at(sent, "user_permissions").items()
            if isinstance(value, str)
        }
        user: dict[str, Any] = {
            "api_model": {},
            **{name: text_of(sent, name) for name in _TEXTS},
            "email_address": kept["email_address"],
            "org_id": kept["org_id"],
            "active": sent.get("active") is not False,
            "id": kept["id"],
            "access_key": kept["access_key"],
            "user_permissions": permissions,
            "created_at": kept["created_at"],
        }
        self._records.add(user["id"], user)
        return user
