"""The owners of an API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Owners:
    """The ids of the users, and of the groups of users, that own an API; without owners everybody sees it."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any], users: str, groups: str) -> Owners:
        """The owners that two members of a document name; what is no list of texts names none."""
        return cls(_texts(document.get(users)), _texts(document.get(groups)))

    def include(self, user_id: str, group_id: str) -> bool:
        """True if a user is an owner, or its group, which is "" for a user without one."""
        return user_id in self.users or (bool(group_id) and group_id in self.groups)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
