"""The data planes that are logged in, and the nodes that they say they have."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.dashboard.nodes.admission import LONGEST
from mockserver.dashboard.nodes.nodes import OVER_MDCB, Node, Nodes
from mockserver.dashboard.users import Users
from mockserver.golang.rpc.errors import CallRefused
from mockserver.golang.rpc.server import Caller

UNGROUPED = "ungrouped"  # the group of a gateway whose configuration names none (GW config)
LARGEST_NODE = 4 << 20  # bytes of what a gateway tells of itself; more is ignored
MOST_TAGS = 100
DENIED = "Access Denied"  # after which a gateway logs in again (GW gateway/rpc_storage_handler.go)


@dataclass(frozen=True)
class Plane:
    """A gateway that is logged in.

    Attributes:
        organisation: that of the user whose key it has.
        group: the group of its data plane.
        node: itself in the table of nodes.
        has_older: True at its first login on new connections if it has loaded something already: from a
            backup, or before it was cut off.
    """

    organisation: str
    group: str
    node: Node
    has_older: bool


class Planes:
    """The gateways that are logged in, by the id of their connections."""

    def __init__(self, users: Users, nodes: Nodes) -> None:
        self._users = users
        self._nodes = nodes
        self._lock = threading.Lock()
        self._planes: dict[str, Plane] = {}
        self._stopping: set[str] = set()

    def login(self, caller: Caller, key: str, group: str = "", node: bytes = b"") -> Plane | None:
        """Log a gateway in by the key of a user; None if no user has it."""
        user = self._users.with_key(key)
        if user is None:
            return None
        told, group = _told(node), group[:LONGEST]
        node_id = _text(told.get("node_id")) or caller.connection_id
        entry = self._nodes.get(node_id)
        if entry is None or entry.protocol != OVER_MDCB or entry.organisation != user.org_id:
            entry = self._nodes.add(Node(node_id, OVER_MDCB, organisation=user.org_id))
        stats = _object(told.get("stats"))
        has_loaded = any(stats.get(count) for count in ("apis_count", "policies_count"))
        with self._lock:
            is_first = caller.connection_id not in self._planes
            plane = Plane(user.org_id, group or UNGROUPED, entry, has_older=is_first and has_loaded)
            self._planes[caller.connection_id] = plane
        self._note(plane, caller, told)
        return plane

    def of(self, caller: Caller) -> Plane:
        """The gateway of a caller, which is noted as seen.

        Raises:
            CallRefused: it is not logged in, or its user was removed.
        """
        plane = self._planes.get(caller.connection_id)
        if plane is None:
            raise CallRefused(DENIED)
        self._nodes.saw(plane.node)
        return plane

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
    """The ids of loaded policies; None where a gateway tells only their number, as before 5.12.0."""
    policies = stats.get("loaded_policies")
    if isinstance(policies, list):
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
