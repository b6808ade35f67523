"""The five members of a policy that are not stored, but derived on reading (PRO, table tyk_policies)."""

from __future__ import annotations

from functools import cache

from mockserver.dashboard import authentication
from mockserver.dashboard.apis import Apis
from mockserver.dashboard.policy_states import state_of
from mockserver.dashboard.records import Document

NEVER_STORED = ("state", "access_rights_array")
_FROM_APIS = ("auth_type", "auth_types", "graphql_enabled")  # stored as sent, for as long as no API is known


class DerivedMembers:
    """The derivation for the policies of one answer; policies that name the same APIs share what it finds."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis
        self._from_apis = cache(self._look_up)

    def whole(self, stored: Document) -> Document:
        """A stored policy with its derived members."""
        from_apis = self._members(stored)
        return {
            "auth_type": from_apis["auth_type"],
            "auth_types": from_apis["auth_types"],
            "state": state_of(stored),
            "access_rights_array": list(stored["access_rights"].values()),
            "graphql_enabled": from_apis["graphql_enabled"],
            **{name: value for name, value in stored.items() if name not in _FROM_APIS},
        }

    def auth_type(self, stored: Document) -> str:
        """The auth_type of a stored policy."""
        return str(self._members(stored)["auth_type"])

    def _members(self, stored: Document) -> Document:
        """The members that depend on APIs.

        While no API is known, they are as they were sent, so that an export comes back whole without APIs.
        """
        is_known, members = self._from_apis(tuple(stored["access_rights"]))
        return members if is_known or not stored["auth_type"] else stored

    def _look_up(self, api_ids: tuple[str, ...]) -> tuple[bool, Document]:
        """The members for these APIs, and True if one of them is known."""
        apis = [api for api_id in api_ids if (api := self._apis.of_api_id(api_id))]
        auth_type, auth_types = authentication.combined(api.authentication for api in apis)
        is_graphql = any(api.is_graphql for api in apis)
        members = {"auth_type": auth_type, "auth_types": auth_types, "graphql_enabled": is_graphql}
        return bool(apis), members
