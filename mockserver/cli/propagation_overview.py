"""What `tyk-contract propagation` knows of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.dashboard.nodes.propagation import (
    CONFIRMED,
    Placement,
    Today,
    have_converged,
    time_of,
    values_of,
)


@dataclass(frozen=True)
class ShownNode:
    """A node, or a gateway that is no known node.

    Attributes:
        id: its id, or the URL of the gateway.
        hostname: the name of its machine; "" if it is not known.
        organisation: the organisation whose policies it takes; "" for all.
        is_known: True if it is known what it was given or has.
        is_gone: True if it does not come any more.
        came_last: seconds since the epoch of its last request; 0 if it is not known.
        error: the reason why it could not be asked; "" if it was, or was not to be.
        is_asked: True if this command has asked it for its policies, and it told.
    """

    id: str
    hostname: str = ""
    organisation: str = ""
    is_known: bool = False
    is_gone: bool = False
    came_last: float = 0.0
    error: str = ""
    is_asked: bool = False

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> ShownNode:
        """The node in an answer of a mock.

        Raises:
            KeyError: a member is missing.
            TypeError: one has another type.
        """
        texts = ("id", "hostname", "organisation")
        checked = values_of(document, dict.fromkeys(texts, "") | {"is_known": False, "is_gone": False})
        return cls(**checked, came_last=time_of(document["came_last"]))


@dataclass(frozen=True)
class Overview:
    """What is known of a deployment.

    Attributes:
        note: how the policies of the Dashboard were read.
        is_of_mock: True if the Dashboard is a mock.
        today: its policies; without documents if no gateway is asked.
        count: the number of its policies.
    """

    note: str
    today: Today
    count: int
    nodes: tuple[ShownNode, ...] = ()
    placements: tuple[Placement, ...] = ()
    is_of_mock: bool = False

    @property
    def has_converged(self) -> bool:
        """True if all nodes that are not gone have today's policies, as far as is known."""
        return have_converged([node.is_known for node in self.nodes if not node.is_gone], self.placements)

    @property
    def unconfirmed(self) -> int:
        """The number of placements that no node has confirmed."""
        return sum(placement.state != CONFIRMED for placement in self.placements)
