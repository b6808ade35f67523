"""The deployment of a Dashboard: its nodes and the gateways of its process, and what each of them has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.dashboard.nodes.history import CONFIRMED as NOTED_AS_CONFIRMED
from mockserver.dashboard.nodes.history import History
from mockserver.dashboard.nodes.nodes import Node, Nodes, PolicyName, name_of
from mockserver.dashboard.nodes.propagation import (
    CONFIRMED,
    KnownNode,
    Loaded,
    Placement,
    Today,
    have_converged,
    placements_of,
)

BESIDE = "beside"  # the protocol of a gateway of the same process that is no node


@dataclass(frozen=True)
class GatewayBeside:
    """A gateway of the same process.

    Attributes:
        url: its URL.
        loaded: returns what it has loaded.
        node_id: returns its id as a node; "" if it is none.
    """

    url: str
    loaded: Callable[[], Loaded]
    node_id: Callable[[], str]


@dataclass(frozen=True)
class Report:
    """What a deployment has at one time.

    Attributes:
        nodes: the nodes, each as JSON: what is known of it, without what it was given.
        placements: the placements of all policies at all nodes that are not gone.
        policies: the policies of the Dashboard, each as JSON.
    """

    nodes: Sequence[Mapping[str, Any]]
    placements: Sequence[Placement]
    policies: Sequence[Mapping[str, Any]]

    @property
    def has_converged(self) -> bool:
        """True if all nodes that are not gone have today's policies, as far as is known."""
        return have_converged(
            [node["is_known"] for node in self.nodes if not node["is_gone"]], self.placements
        )

    @property
    def is_confirmed(self) -> bool:
        """True if each node has said itself what it has."""
        return all(placement.state == CONFIRMED for placement in self.placements)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "converged": self.has_converged,
            "confirmed": self.is_confirmed,
            "policies": list(self.policies),
            "nodes": list(self.nodes),
            "placements": [placement.as_dict() for placement in self.placements],
        }


class Deployment:
    """The deployment of a Dashboard.

    Attributes:
        beside: the gateways of the same process, which are asked for what they have loaded.
    """

    def __init__(
        self,
        nodes: Nodes,
        history: History,
        policies: Callable[[], list[dict[str, Any]]],
    ) -> None:
        self._nodes = nodes
        self._history = history
        self._policies = policies
        self.beside: list[GatewayBeside] = []

    def nodes(self, protocol: str = "") -> list[dict[str, Any]]:
        """The nodes as JSON, with what each was given; with a protocol only those."""
        return [
            {**self._described(node), "delivered": _delivered(node)}
            for node in self._nodes.all()
            if protocol in ("", node.protocol)
        ]

    def report(self, *, with_documents: bool = False) -> Report:
        """What each node has now; what is confirmed for the first time is noted in the history."""
        beside = {gateway.node_id() or gateway.url: gateway for gateway in self.beside}
        described, known = [], []
        for node in self._nodes.all():
            gateway = beside.pop(node.id, None)
            loaded = gateway.loaded() if gateway else _loaded_ids(node)
            described.append(self._described(node))
            if not self._nodes.is_gone(node):
                known.append(KnownNode(node.id, node.organisation, node.delivered, loaded))
        for name, gateway in beside.items():
            loaded = gateway.loaded()
            of_gateway = self._described(Node(name, BESIDE, version=str(loaded.version)))
            described.append({**of_gateway, "is_known": True})
            known.append(KnownNode(name, loaded=loaded))
        today = Today(
            tuple(self._policies())
        )  # after the nodes, else what they are given meanwhile is foreign
        placements = [placement for node in known for placement in placements_of(node, today)]
        self._note_confirmed(known, placements)
        policies = [_described_policy(document, today) for document in today.documents]
        if with_documents:
            policies = [
                {**policy, "document": document}
                for policy, document in zip(policies, today.documents, strict=True)
            ]
        return Report(described, placements, policies)

    def confirm(self, node: str, digests: Mapping[PolicyName, str]) -> int:
        """Note that a node has policies with these digests, as somebody has read from it.

        Returns the number of those that are today's and have changed since the start.
        """
        today, newest = Today(tuple(self._policies())).digests, self._history.newest()
        changes = [
            newest[name] for name, digest in digests.items() if name in newest and today.get(name) == digest
        ]
        self._history.note(NOTED_AS_CONFIRMED, changes, node)
        return len(changes)

    def _described(self, node: Node) -> dict[str, Any]:
        loaded = None if node.loaded is None else sorted(node.loaded)
        return {
            "id": node.id,
            "protocol": node.protocol,
            "hostname": node.hostname,
            "organisation": node.organisation,
            "group": node.group,
            "tags": list(node.tags),
            "version": node.version,
            "came_first": node.came_first,
            "came_last": node.came_last,
            "change": node.change,
            "loaded": loaded,
            "warnings": list(node.warnings),
            "is_known": node.delivered is not None or loaded is not None,
            "is_gone": self._nodes.is_gone(node),
        }

    def _note_confirmed(self, known: list[KnownNode], placements: list[Placement]) -> None:
        """Note the newest change of each policy as confirmed by the nodes that have it."""
        newest = self._history.newest()
        told = [p for p in placements if (p.org_id, p.policy_id) in newest and p.state == CONFIRMED]
        right = {(p.org_id, p.policy_id, p.node) for p in told if p.is_right}
        left = {(p.org_id, p.policy_id, p.node) for p in told if p.is_deleted}
        for name, change in newest.items():
            for node in known:
                is_gone = change.action == "deleted" and node.tells_all_of(name[0])
                if (*name, node.id) in right or (is_gone and (*name, node.id) not in left):
                    self._history.note(NOTED_AS_CONFIRMED, [change], node.id)


def _loaded_ids(node: Node) -> Loaded | None:
    return None if node.loaded is None else Loaded(ids=node.loaded)


def _delivered(node: Node) -> list[dict[str, Any]] | None:
    if node.delivered is None:
        return None
    return [
        {"org_id": org_id, "id": policy_id, "digest": delivery.digest, "time": delivery.time}
        for (org_id, policy_id), delivery in node.delivered.items()
    ]


def _described_policy(document: Mapping[str, Any], today: Today) -> dict[str, Any]:
    org_id, policy_id = name = name_of(document)
    return {
        "org_id": org_id,
        "id": policy_id,
        "name": document.get("name"),
        "digest": today.digests[name],
    }
