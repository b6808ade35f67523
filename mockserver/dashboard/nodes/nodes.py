"""The nodes of a Dashboard: what each was given, and when it last came."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

KEPT_WARNINGS = 20  # of a node
MAX_NODES = 200  # that are remembered; beyond it the organisation with most loses the one away for longest
KEPT_PULLS = 10_000  # of all nodes together
SILENCE = 60.0  # seconds; a node that told regularly that it lives, and has not for so long, is gone
OVER_HTTP, OVER_MDCB = "http", "mdcb"

PolicyName: TypeAlias = tuple[str, str]  # the id of the organisation, and the id that keys refer to


def name_of(policy: Mapping[str, Any]) -> PolicyName:
    """The name of a policy; the id of one with an empty id is its database id (GW gateway/policy.go)."""
    return str(policy.get("org_id") or ""), str(policy.get("id") or policy.get("_id") or "")


@dataclass(frozen=True)
class Delivery:
    """A policy as a node was given it.

    Attributes:
        digest: the digest of the policy, see `digest_of`.
        time: seconds since the epoch of the answer.
    """

    digest: str
    time: float


@dataclass(frozen=True)
class Pull:
    """An answer with policies that a node was given.

    Attributes:
        node: the id of the node.
        organisation: the organisation whose policies they are; "" for all.
        change: the number of the last change that the answer included.
        time: seconds since the epoch.
    """

    node: str
    organisation: str
    change: int
    time: float


@dataclass
class Node:
    """A gateway that takes its policies from the Dashboard. `Nodes` alone changes it.

    Attributes:
        id: its id, which the Dashboard has chosen (over HTTP), or its own (over MDCB).
        protocol: `OVER_HTTP` or `OVER_MDCB`.
        hostname: the name of its machine, as it told; "" if it did not.
        session_id: the id of its process, as it told.
        organisation: the organisation it asks for; "" for all.
        group: the group of its data plane; "" for none.
        tags: the tags of a segmented node.
        version: its version, as it told; "" if it did not.
        came_first: seconds since the epoch of its first request.
        came_last: of its last request.
        nonce: the nonce that its last answer held; "" before the first.
        pings: True if it told at least once that it lives, which it then does regularly.
        delivered: the policies it was given last, by name; None before the first time.
        loaded: the ids of the policies that it says to have loaded; None if it does not say.
        change: the number of the last change that its last answer with policies included.
        warnings: warnings about what it was given, a line each, the newest at the end.
    """

    id: str
    protocol: str
    hostname: str = ""
    session_id: str = field(default="", repr=False)  # of a plane it stands for its login
    organisation: str = ""
    group: str = ""
    tags: tuple[str, ...] = ()
    version: str = ""
    came_first: float = 0.0
    came_last: float = 0.0
    nonce: str = field(default="", repr=False)
    pings: bool = False
    delivered: Mapping[PolicyName, Delivery] | None = None
    loaded: frozenset[str] | None = None
    change: int = 0
    warnings: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_WARNINGS))


class Nodes:
    """The nodes of a Dashboard by id. They are in memory: after a restart nodes register again.

    Attributes:
        pulls: the last answers with policies that nodes were given, the oldest first.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._nodes: dict[str, Node] = {}
        self.pulls: deque[Pull] = deque(maxlen=KEPT_PULLS)

    def add(self, node: Node) -> Node:
        """Add a node, or replace the one with its id; it comes now, and may take the place of another."""
        with self._lock:
            before = self._nodes.get(node.id)
            node.came_last = self._now()
            node.came_first = before.came_first if before else node.came_last
            self._nodes[node.id] = node
            if len(self._nodes) > MAX_NODES:
                others = [other for other in self._nodes.values() if other is not node]
                counts = Counter(other.organisation for other in others)
                del self._nodes[min(others, key=lambda o: (-counts[o.organisation], o.came_last)).id]
        return node

    def get(self, node_id: str) -> Node | None:
        """The node with an id; None if there is none."""
        return self._nodes.get(node_id)

    def all(self) -> list[Node]:
        """All nodes, those that came first at the start."""
        with self._lock:
            return sorted(self._nodes.values(), key=lambda node: node.came_first)

    def remove(self, node_id: str) -> Node | None:
        """Remove a node; returns it, or None if there was none."""
        with self._lock:
            return self._nodes.pop(node_id, None)

    def saw(self, node: Node, **told: Any) -> None:
        """Note that a node came, with attributes that it told."""
        with self._lock:
            node.came_last = self._now()
            for name, value in told.items():
                setattr(node, name, value)

    def deliver(self, node: Node, digests: Mapping[PolicyName, str], change: int) -> str:
        """Note that a node was given policies with these digests, as of a change.

        Returns a warning if the node drops all policies that it had; else "".
        """
        now = self._now()
        given = {name: Delivery(digest, now) for name, digest in digests.items()}
        with self._lock:
            dropped = len(node.delivered or ()) if not given else 0
            node.delivered, node.change, node.came_last = given, change, now
            self.pulls.append(Pull(node.id, node.organisation, change, now))
            if not dropped:
                return ""
            warning = f"node {node.id} was given no policies: a gateway then drops all {dropped} that it had"
            node.warnings.append(warning)
        return warning

    def is_gone(self, node: Node) -> bool:
        """True if a node that tells regularly that it lives has not done so for `SILENCE`."""
        tells = node.pings or node.protocol == OVER_MDCB
        return tells and self._now() - node.came_last > SILENCE

    def clear(self) -> None:
        """Forget all nodes, which then register again."""
        with self._lock:
            self._nodes.clear()
            self.pulls.clear()


def digests_of(policies: Iterable[Mapping[str, Any]]) -> dict[PolicyName, str]:
    """The digests of policies by their names; of two with one name the last counts."""
    return {name_of(policy): digest_of(policy) for policy in policies}


def digest_of(policy: Mapping[str, Any]) -> str:
    """The digest of a policy as JSON: 16 hex digits of SHA-256, the same for any order of members."""
    text = json.dumps(policy, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
