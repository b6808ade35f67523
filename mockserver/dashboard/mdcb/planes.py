"""The data planes that are logged in, and the nodes that they say they have."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.dashboard.nodes.admission import LONGEST
from mockserver.dashboard.nodes.nodes import OVER_MDCB, Node, Nodes
from mockserver.dashboard.users import Users
from mockserver.golang.rpc.connection import Caller
from mockserver.golang.rpc.errors import CallRefused

UNGROUPED = "ungrouped"  # the group of a gateway whose configuration names none (GW config)
LARGEST_NODE = 4 << 20  # bytes of what a gateway tells of itself; more is ignored
MOST_TAGS = 100
MOST_LOADED = 20_000  # policies; of a gateway that tells more it is not known which it has
DENIED = "Access Denied"  # after which a gateway logs in again (GW gateway/rpc_storage_handler.go)


@dataclass(frozen=True)
class Plane:
    """A gateway that is logged in.

    Attributes:
        organisation: that of the user whose key it has.
        group: the group of its data plane.
        node: itself in the table of nodes.
        user_id: the id of that user.
        key: the access key.
        has_older: True at its first login on new connections if it has loaded something already: from a
            backup, or before it was cut off.
    """

    organisation: str
    group: str
    node: Node
    has_older: bool
    user_id: str
    key: str = field(repr=False)


class Planes:
    """The gateways that are logged in, by the id of their connections."""

    def __init__(self, users: Users, nodes: Nodes) -> None:
        self._users = users
        self._nodes = nodes
        self._lock = threading.Lock()
        self._planes: dict[str, Plane] = {}
        self._stopping: set[str] = set()

    def login(self, caller: Caller, key: str, group: str = "", node: bytes = b"") -> Plane | None:
        """Log a gateway in by the key of a user; None if no user has it.

        A gateway logs in on one of its connections; their common id admits the others, and is not shown.

        Raises:
            CallRefused: it has no connection id, by which others would be logged in with it.
        """
        if not caller.connection_id:
            raise CallRefused("the connection has no id; a gateway gives each of its processes one")
        user = self._users.with_key(key)
        if user is None:
            return None
        told, group = _told(node), group[:LONGEST]
        entry = self._entry(told, caller, user.org_id)
        stats = _object(told.get("stats"))
        has_loaded = any(stats.get(count) for count in ("apis_count", "policies_count"))
        with self._lock:
            is_first = caller.connection_id not in self._planes
            plane = Plane(user.org_id, group or UNGROUPED, entry, is_first and has_loaded, user.user_id, key)
            self._planes[caller.connection_id] = plane
        self._note(plane, caller, told)
        return plane

    def of(self, caller: Caller) -> Plane:
        """The gateway of a caller, which is noted as seen.

        Raises:
            CallRefused: it is not logged in, or its user was removed or has another key now.
        """
        plane = self._planes.get(caller.connection_id)
        if plane is None or not self._users.has_key(plane.user_id, plane.key):
            raise CallRefused(DENIED)
        self._nodes.saw(plane.node)
        return plane

    def group_of(self, caller: Caller, argument: Any) -> str:
        """The group of a caller, or that which it logs in with; "" if it has none yet."""
        plane = self._planes.get(caller.connection_id)
        if plane is not None:
            return plane.group
        group = argument.get("GroupID") if isinstance(argument, dict) else None
        return group if isinstance(group, str) else ""

    def logout(self, caller: Caller) -> None:
        """Forget the node of a gateway that stops.

        It goes on calling while it stops, and logs in again if it is refused (recordings mdcb-*).
        """
        plane = self.of(caller)
        with self._lock:
            self._stopping.add(caller.connection_id)
        self._nodes.remove(plane.node.id)

    def leave(self, connection_id: str) -> None:
        """Forget a gateway without connections; its node stays unless it stops, for it may come again."""
        with self._lock:
            plane = self._planes.pop(connection_id, None)
            is_stopping = connection_id in self._stopping
            self._stopping.discard(connection_id)
        if plane is not None and is_stopping:
            self._nodes.remove(plane.node.id)

    def clear(self) -> None:
        """Forget all gateways, which then log in again."""
        with self._lock:
            self._planes.clear()

    def knows(self, connection_id: str) -> bool:
        """True if a gateway with this connection id is logged in."""
        return connection_id in self._planes

    def _entry(self, told: Mapping[str, Any], caller: Caller, org_id: str) -> Node:
        """The node of a gateway.

        Its id is the one that it tells, or the digest of its connection id if it tells none, or tells that of
        another organisation's node or of one over HTTP.
        """
        digest = hashlib.sha256(f"{org_id} {caller.connection_id}".encode()).hexdigest()[:32]
        for node_id in (_text(told.get("node_id")), digest):
            entry = self._nodes.get(node_id)
            if entry and (entry.protocol, entry.organisation) == (OVER_MDCB, org_id):
                return entry
            if entry is None and node_id:
                break
        return self._nodes.add(Node(node_id, OVER_MDCB, organisation=org_id))

    def _note(self, plane: Plane, caller: Caller, told: Mapping[str, Any]) -> None:
        """Note what a gateway tells of itself."""
        tags = told.get("tags") if told.get("node_is_segmented") else ()
        self._nodes.saw(
            plane.node,
            hostname=_text(_object(told.get("host_details")).get("Hostname")),
            session_id=caller.connection_id,
            group=plane.group,
            tags=tuple(map(_text, tags[:MOST_TAGS])) if isinstance(tags, list) else (),
            version=_text(told.get("node_version")),
            loaded=_loaded(_object(told.get("stats"))),
        )


def _loaded(stats: Mapping[str, Any]) -> frozenset[str] | None:
    """The ids of loaded policies; None if a gateway tells too many, or just a number, as before 5.12.0."""
    policies = stats.get("loaded_policies")
    if isinstance(policies, list) and len(policies) <= MOST_LOADED:
        return frozenset(_text(_object(policy).get("policy_id")) for policy in policies)
    return frozenset() if stats.get("policies_count") == 0 else None


def _told(node: bytes) -> Mapping[str, Any]:
    """The JSON of a node; empty if it is none, or too large."""
    if len(node) > LARGEST_NODE:
        return {}
    try:
        return _object(json.loads(node))
    except (ValueError, RecursionError):
        return {}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A text, cut; empty if it is none."""
    return value[:LONGEST] if isinstance(value, str) else ""
