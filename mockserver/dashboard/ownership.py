"""Ownership: which APIs, and by them which policies, a user sees who is no admin.

Source: DOC platform-management/api-ownership.mdx; RN:219-228.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from mockserver.dashboard.apis import NO_OWNERS, Api, Apis
from mockserver.dashboard.config import Config
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import refusal
from mockserver.dashboard.users import User

NOT_OWNED = refusal("Not authorised", 401)  # the resource exists, and others own it (RN:228)


class Ownership:
    """The rules of ownership. Without `enable_ownership` everybody sees everything."""

    def __init__(self, apis: Apis, config: Config, behaviours: frozenset[str]) -> None:
        self._apis = apis
        self._is_enabled = config.enable_ownership
        self._behaviours = behaviours

    def shows_api(self, user: User, api: Api) -> bool:
        """True if the user sees an API: it has no owners, or the user or its group is one."""
        if not self._is_enabled or user.is_admin or api.owners == NO_OWNERS:
            return True
        return api.owners.include(user.user_id, user.group_id)

    def policies_shown_to(self, user: User) -> Callable[[Document], bool]:
        """A function that is true for the policies that a user sees: those that grant an API that it sees."""
        if not self._is_enabled or user.is_admin:
            return lambda _: True
        shows = cache(lambda api_id: self._shows_api_id(user, api_id))
        shows_others = "policy-of-no-api-is-shown" in self._behaviours and user.may("GET", "policies")

        def is_shown(policy: Document) -> bool:
            known = [shown for api_id in policy["access_rights"] if (shown := shows(api_id)) is not None]
            return any(known) if known else shows_others

        return is_shown

    def check_deletion(self, user: User, policy: Document) -> None:
        """Let a user delete what it sees, and policies none of whose APIs exist (RN:1277, 2868).

        Raises:
            Refusal: the user may not.
        """
        if self.policies_shown_to(user)(policy):
            return
        has_apis = any(self._apis.of_api_id(api_id) for api_id in policy["access_rights"])
        if has_apis or "policy-of-no-api-is-deleted" not in self._behaviours:
            raise NOT_OWNED

    def _shows_api_id(self, user: User, api_id: str) -> bool | None:
        """True if the user sees the API with an id; None if there is none."""
        api = self._apis.of_api_id(api_id)
        return None if api is None else self.shows_api(user, api)
