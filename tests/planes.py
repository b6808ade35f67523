"""Gateways of data planes, as clients of a mock Dashboard's control plane."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dashboards import ADMIN, RIGHT, ask

from mockserver import MockDashboard
from mockserver.dashboard.nodes.nodes import OVER_MDCB, Node
from mockserver.golang.rpc.calls import DEFINITIONS, GROUP_KEYS, LOGIN, TYPES
from mockserver.golang.rpc.client import RpcClient
from mockserver.golang.rpc.gob_types import Named

WAIT = 10  # seconds
NODE = {
    "node_id": "solo-1", "node_version": "v5.14.0", "node_is_segmented": True, "tags": ["eu"],
    "stats": {"apis_count": 0, "policies_count": 0}, "host_details": {"Hostname": "edge"},
}  # fmt: skip


class Plane:
    """The calls of one gateway of a data plane."""

    def __init__(self, dashboard: MockDashboard, group: str = "eu", key: str = "", **node: Any) -> None:
        host, _, port = dashboard.mdcb_address.rpartition(":")
        self.client = RpcClient((host, int(port)), types=TYPES)
        self.org = dashboard.state.organisation
        self.group = group
        self._key = key or dashboard.key
        self._node = {**NODE, **node}

    def login(self, **node: Any) -> Plane:
        told = json.dumps({**self._node, **node}).encode()
        request = {"UserKey": self._key, "GroupID": self.group, "Node": told}
        assert self.client.call("LoginWithGroup", Named(LOGIN, request), WAIT) is True
        return self

    def call(self, name: str, argument: Any = None) -> Any:
        return self.client.call(name, argument, WAIT)

    def policies(self) -> list[dict[str, Any]]:
        listing: list[dict[str, Any]] = json.loads(self.call("GetPolicies", self.org))
        return listing

    def apis(self, *tags: str, openapi: bool = True) -> list[dict[str, Any]]:
        request = {"OrgId": self.org, "Tags": list(tags), "LoadOAS": openapi}
        listing: list[dict[str, Any]] = json.loads(
            self.call("GetApiDefinitions", Named(DEFINITIONS, request))
        )
        return listing

    def reloads(self) -> bool:
        return bool(self.call("CheckReload", self.org))

    def key_updates(self) -> list[str]:
        request = Named(GROUP_KEYS, {"OrgID": self.org, "GroupID": self.group})
        names: list[str] = self.call("GetGroupKeySpaceUpdate", request)
        return names


def planes_of(dashboard: MockDashboard) -> list[Node]:
    """The nodes of a Dashboard that came over MDCB; the gateway beside it is one over HTTP."""
    return [node for node in dashboard.state.nodes.all() if node.protocol == OVER_MDCB]


@contextmanager
def plane(dashboard: MockDashboard, group: str = "eu", key: str = "", **node: Any) -> Iterator[Plane]:
    """A gateway that is logged in."""
    gateway = Plane(dashboard, group, key, **node)
    with gateway.client:
        yield gateway.login()


def second_organisation(dashboard: MockDashboard) -> tuple[str, str]:
    """The id of another organisation, and the key of a user of it."""
    _, answer = ask(dashboard, "POST", "/admin/organisations/", {"owner_name": "Other"}, *ADMIN)
    org = answer["Meta"]
    user = {"org_id": org, "first_name": "a", "last_name": "b", "email_address": "o@example.com"}
    _, answer = ask(dashboard, "POST", "/admin/users", user, *ADMIN)
    return org, answer["Message"]


def create_key(dashboard: MockDashboard, **members: Any) -> dict[str, Any]:
    """A new key, as the Dashboard shows it."""
    status, answer = ask(dashboard, "POST", "/api/keys", {"access_rights": {"orders": RIGHT}, **members})
    assert status == 200, answer
    assert isinstance(answer, dict)
    return answer
