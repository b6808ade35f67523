"""The provider of the portal: the policies, APIs and keys of one organisation of the Dashboard.

A real portal is a client of the Dashboard, with the key of a user (DOC portal/api-provider.mdx).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from mockserver.contract.codecs import Codec, Malformed
from mockserver.dashboard.apis import Api, Apis
from mockserver.dashboard.documents import member_at, object_at
from mockserver.dashboard.keys import Keys
from mockserver.dashboard.policies import Policies
from mockserver.dashboard.portal.bodies import PortalError
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal
from mockserver.dashboard.users import User

_MCP_MEMBERS = ("json_rpc_methods", "json_rpc_methods_access_rights", "mcp_primitives", "mcp_access_rights")


@dataclass(frozen=True)
class Provider:
    """One organisation of the Dashboard.

    Attributes:
        user: the user as which the portal asks, an admin.
        keys: the keys at the gateway.
        codec: the codec of policies.
        now: tells the time in seconds since the epoch.
        lock: the lock that whoever changes products or plans holds.
    """

    user: User
    policies: Policies
    apis: Apis
    keys: Keys
    codec: Codec
    now: Callable[[], float]
    lock: Callable[[], AbstractContextManager[Any]]

    @property
    def org_id(self) -> str:
        """The id of the organisation."""
        return self.user.org_id

    def all(self) -> list[Document]:
        """The policies, the oldest first."""
        return self.policies.all(self.org_id)

    def policy(self, object_id: str) -> Document | None:
        """The policy with a database id; None if there is none."""
        stored = self.policies.records.get(object_id)
        if stored is None or stored["org_id"] != self.org_id:
            return None
        return self.policies.whole(stored)

    def create(self, members: Mapping[str, Any]) -> str:
        """Create a policy, and deliver it to the gateway; returns its database id.

        Raises:
            PortalError: the Dashboard refuses it.
        """
        try:
            policy = self.policies.create(self.org_id, self._decoded(members))
        except Refusal as refusal:
            raise _refused(members["name"], refusal) from refusal
        self.keys.deliver(self.org_id, [self.session_id(policy)])
        object_id: str = policy["_id"]
        return object_id

    def change(self, before: Document, members: Mapping[str, Any]) -> None:
        """Change some members of a policy, and deliver it.

        Raises:
            PortalError: the Dashboard refuses it.
        """
        decoded = self._decoded(members)
        changed = {name: decoded[name] for name in members}
        listed = None if "access_rights" in members else before["access_rights_array"]
        try:
            policy = self.policies.update(
                self.user, before["_id"], {**before, "access_rights_array": listed, **changed}
            )
        except Refusal as refusal:
            raise _refused(members.get("name", before["name"]), refusal) from refusal
        self.keys.deliver(self.org_id, [self.session_id(policy)])

    def delete(self, policy: Document) -> None:
        """Delete a policy, and let the gateway drop it; one that is gone already is left."""
        name = self.session_id(policy)
        try:
            self.policies.delete(self.user, policy["_id"])
        except Refusal as refusal:
            if refusal.status != 404:
                raise _refused(policy["name"], refusal) from refusal
        self.keys.deliver(self.org_id, [name])

    def rights(self, api_ids: Iterable[str]) -> Document:
        """The access rights to APIs, which must have one way of authentication (DOC api-products.mdx:319).

        Raises:
            PortalError: an API is unknown or an MCP proxy, or two have different ways of authentication.
        """
        apis = [self._api(api_id) for api_id in dict.fromkeys(api_ids)]
        for api in apis[1:]:
            if set(api.authentication) != set(apis[0].authentication):
                raise PortalError(
                    f"the APIs {apis[0].api_id!r} ({_ways(apis[0])}) and {api.api_id!r} ({_ways(api)}) "
                    "differ in authentication; make a product of each"
                )
        return {api.api_id: _right(api) for api in apis}

    def session_id(self, policy: Document) -> str:
        """The id by which sessions name a policy: its own, or its database id where only that counts."""
        name: str = policy["id"]
        return name if name and self.policies.with_id(self.org_id, name) else str(policy["_id"])

    def grants_mcp(self, policy: Document) -> bool:
        """True for a policy that grants an MCP proxy, or has members that only such rights have."""
        for api_id, right in policy["access_rights"].items():
            api = self.apis.of_api_id(api_id)
            if (api and _is_mcp(api)) or any(_is_set(right.get(name)) for name in _MCP_MEMBERS):
                return True
        return False

    def _api(self, api_id: str) -> Api:
        api = self.apis.of_api_id(api_id)
        if api is None or api.org_id != self.org_id:
            raise PortalError(
                f"there is no API {api_id!r}; GET /api/apis lists them, POST /api/apis adds one"
            )
        if _is_mcp(api):
            raise PortalError(f"the API {api_id!r} is an MCP proxy, which a portal does not offer")
        return api

    def _decoded(self, members: Mapping[str, Any]) -> Document:
        try:
            return self.codec.decode(json.dumps(members).encode())
        except Malformed as error:
            raise PortalError(f"the Dashboard has no such policy: {error}") from error


def _refused(name: str, refusal: Refusal) -> PortalError:
    return PortalError(f"the Dashboard refuses the policy {name!r}: {refusal.message}", refusal.status)


def _right(api: Api) -> Document:
    """The access right to all versions of an API; "Default" is that of one without versions (DEMO)."""
    is_versioned = not member_at(api.definition, "version_data.not_versioned")
    versions = list(object_at(api.definition, "version_data.versions")) if is_versioned else []
    return {"api_id": api.api_id, "api_name": api.name, "versions": versions or ["Default"]}


def _is_mcp(api: Api) -> bool:
    """Source: apidef/api_definitions.go:1543 @v5.14.0."""
    return api.definition.get("application_protocol") == "mcp"


def _is_set(value: Any) -> bool:
    """True for a value with anything in it, at any depth."""
    if isinstance(value, dict):
        return any(map(_is_set, value.values()))
    return bool(value)


def _ways(api: Api) -> str:
    return ", ".join(api.authentication) or "none named"
