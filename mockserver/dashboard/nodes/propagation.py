"""Propagation: which node was given, and which node has loaded, which policy of a Dashboard.

What a node was given is never taken as loaded: a gateway may refuse or lose it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.nodes.gateway_form import GatewayForm
from mockserver.dashboard.nodes.nodes import Delivery, PolicyName, digest_of, name_of

DELIVERED, CONFIRMED, UNKNOWN = "delivered", "confirmed", "unknown"  # the states of a placement
CURRENT, OLDER, DIFFERENT, ABSENT, BY_ID = "current", "older", "different", "absent", "by id"
LATEST = 253402300800.0  # seconds since the epoch; the year 10000, which has no date

_GIVEN = {
    CURRENT: "was given today's version",
    OLDER: "was given another version than today's",
    ABSENT: "was given a list without it",
    UNKNOWN: "nothing is known of it",
}
_LOADED = {
    CURRENT: "has today's version",
    DIFFERENT: "has another version",
    ABSENT: "does not have it",
    BY_ID: "has a version of it",
}


@dataclass(frozen=True)
class Placement:
    """A policy of the Dashboard, or one that it has no more, at one node.

    Attributes:
        org_id: the id of its organisation.
        policy_id: the id that keys refer to.
        node: the id of the node, or the URL of a gateway.
        given: what the last answer to the node had: `CURRENT`, `OLDER`, or `ABSENT` if the policy was not in
            it; `UNKNOWN` if no answer is known.
        given_digest: the digest of what it was given; "" for none.
        given_time: seconds since the epoch of that answer; 0 for none.
        loaded: what the node says to have: `CURRENT`, `DIFFERENT` or `ABSENT`; `BY_ID` if it tells the id
            alone; `UNKNOWN` if it was not asked.
        is_deleted: True if the Dashboard has no such policy any more.
    """

    org_id: str
    policy_id: str
    node: str
    given: str = UNKNOWN
    given_digest: str = ""
    given_time: float = 0.0
    loaded: str = UNKNOWN
    is_deleted: bool = False

    @property
    def state(self) -> str:
        """`CONFIRMED` if the node itself says what it has, else `DELIVERED` if it was given anything."""
        if self.loaded != UNKNOWN:
            return CONFIRMED
        return UNKNOWN if self.given == UNKNOWN else DELIVERED

    @property
    def is_right(self) -> bool:
        """True if nothing known speaks against it that the node has today's policy, or none if it is deleted.

        An id alone does not say which policy has it: then what was given must be today's too.
        """
        if self.is_deleted:
            return self.loaded == ABSENT
        if self.loaded in (UNKNOWN, BY_ID):
            return self.given == CURRENT
        return self.loaded == CURRENT

    @property
    def words(self) -> str:
        """The placement in words, without its policy and node."""
        if self.is_deleted:
            return "still has it" if self.loaded != UNKNOWN else "was given it before it was deleted"
        if self.loaded == BY_ID:
            return f"{_LOADED[BY_ID]}, {_GIVEN[self.given]}"
        return _GIVEN[self.given] if self.loaded == UNKNOWN else _LOADED[self.loaded]

    def as_dict(self) -> dict[str, Any]:
        """The placement as JSON."""
        return {**vars(self), "state": self.state, "is_right": self.is_right}

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> Placement:
        """The placement in a document of `as_dict`, which may come from another program.

        Raises:
            KeyError: a member is missing.
            TypeError: one has another type.
            ValueError: one has a value that is none of it.
        """
        texts = ("org_id", "policy_id", "node", "given", "given_digest", "loaded")
        checked = values_of(document, dict.fromkeys(texts, "") | {"is_deleted": False})
        if checked["given"] not in _GIVEN or checked["loaded"] not in (UNKNOWN, *_LOADED):
            raise ValueError("a placement is in an unknown state")
        return cls(**checked, given_time=time_of(document["given_time"]))


def values_of(document: Mapping[str, Any], examples: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a document that have examples, each of the type of its example.

    Raises:
        KeyError: one is missing.
        TypeError: one has another type.
    """
    values = {name: document[name] for name in examples}
    if any(type(values[name]) is not type(example) for name, example in examples.items()):
        raise TypeError("a member has another type")
    return values


def time_of(value: Any) -> float:
    """A time of a document, in seconds since the epoch.

    Raises:
        TypeError: it is no number.
        ValueError: it is not within the years that have names.
    """
    if type(value) not in (int, float):
        raise TypeError("a time is no number")
    if not 0 <= value < LATEST:
        raise ValueError("a time is out of range")
    return float(value)


@dataclass(frozen=True)
class Today:
    """The policies that a Dashboard has now.

    Attributes:
        documents: the policies as gateways are given them.
        organisations: the ids of the organisations that they are of; None for all.
    """

    documents: tuple[Mapping[str, Any], ...]
    organisations: frozenset[str] | None = None

    @cached_property
    def digests(self) -> dict[PolicyName, str]:
        """The digests of the documents."""
        return {name_of(document): digest_of(document) for document in self.documents}

    @cached_property
    def _in_forms(self) -> dict[GatewayVersion, dict[PolicyName, str]]:
        return {}

    def in_form(self, version: GatewayVersion) -> dict[PolicyName, str]:
        """The digests of the documents as a gateway of a version keeps them."""
        if version not in self._in_forms:
            self._in_forms[version] = GatewayForm(version).digests(self.documents)
        return self._in_forms[version]

    def covers(self, org_id: str) -> bool:
        """True if the policies of an organisation are among these."""
        return self.organisations is None or org_id in self.organisations


@dataclass(frozen=True)
class Loaded:
    """What a node says to have loaded.

    Attributes:
        documents: its policies; None if it tells their ids alone.
        version: its version, in whose form the documents are compared; None without documents.
        ids: the ids of its policies, if it tells them alone.
        is_partial: True if it loads a policy only when it needs it, so that none is missing.
    """

    documents: tuple[Mapping[str, Any], ...] | None = None
    version: GatewayVersion | None = None
    ids: frozenset[str] = frozenset()
    is_partial: bool = False


@dataclass(frozen=True)
class KnownNode:
    """All that is known of one node, or of a gateway that is asked directly.

    Attributes:
        id: its id, or the URL of the gateway.
        organisation: the organisation whose policies it takes; "" for all.
        delivered: what it was given last; None if nothing is known of it.
        loaded: what it says to have; None if it does not say.
    """

    id: str
    organisation: str = ""
    delivered: Mapping[PolicyName, Delivery] | None = None
    loaded: Loaded | None = None

    def takes(self, org_id: str) -> bool:
        """True if it takes the policies of an organisation."""
        return self.organisation in ("", org_id)

    def tells_all_of(self, org_id: str) -> bool:
        """True if it says of all policies of an organisation whether it has them."""
        return self.loaded is not None and not self.loaded.is_partial and self.takes(org_id)


def placements_of(node: KnownNode, today: Today) -> list[Placement]:
    """The placements of all policies at a node, sorted; those of deleted ones only where they may be left."""

    def is_asked_for(name: PolicyName) -> bool:
        return node.takes(name[0]) and today.covers(name[0])

    wanted = {name for name in today.digests if is_asked_for(name)}
    loaded = _loaded_of(node, today)
    names = wanted | {name for name in (*(node.delivered or ()), *loaded) if is_asked_for(name)}
    if node.loaded and node.loaded.is_partial:
        names &= set(loaded)
    absent = UNKNOWN if node.loaded is None else ABSENT
    placements = [
        Placement(
            name[0],
            name[1],
            node.id,
            *_given(node.delivered, name, today.digests.get(name)),
            loaded=loaded.get(name, absent),
            is_deleted=name not in wanted,
        )
        for name in sorted(names)
    ]
    return [p for p in placements if not (p.is_deleted and p.is_right)]


def _loaded_of(node: KnownNode, today: Today) -> dict[PolicyName, str]:
    """What a node says of each policy that it has."""
    if node.loaded is None:
        return {}
    documents, version = node.loaded.documents, node.loaded.version
    if documents is None or version is None:
        return {(node.organisation, policy_id): BY_ID for policy_id in node.loaded.ids}
    wanted = today.in_form(version)
    digests = GatewayForm(version).digests(documents)
    return {name: CURRENT if wanted.get(name) == digest else DIFFERENT for name, digest in digests.items()}


def _given(
    delivered: Mapping[PolicyName, Delivery] | None, name: PolicyName, digest: str | None
) -> tuple[str, str, float]:
    """What a node was given of a policy, its digest, and the time."""
    if delivered is None:
        return UNKNOWN, "", 0.0
    delivery = delivered.get(name)
    if delivery is None:
        return ABSENT, "", 0.0
    return CURRENT if delivery.digest == digest else OLDER, delivery.digest, delivery.time


def confirmed_by(node: str, placements: Iterable[Placement], gateway: Iterable[Placement]) -> list[Placement]:
    """The placements at a node, with what the gateway that the node is says to have loaded."""
    by_name = {(p.org_id, p.policy_id): p for p in placements}
    joined = []
    for told in gateway:
        before = by_name.pop((told.org_id, told.policy_id), None)
        joined.append(replace(before or told, node=node, loaded=told.loaded))
    left = [replace(p, loaded=ABSENT) for p in by_name.values()]
    return [p for p in (*joined, *left) if not (p.is_deleted and p.is_right)]


def have_converged(nodes: Collection[bool], placements: Iterable[Placement]) -> bool:
    """True if there are nodes, something is known of each, and each policy is right at each of them.

    `nodes` has True for each node of which something is known.
    """
    return bool(nodes) and all(nodes) and all(placement.is_right for placement in placements)
