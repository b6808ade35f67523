"""What a change of policies does to sessions, as values: keys, members that change, and outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mockserver.gateway.policy_merging import Document


class Outcome(StrEnum):
    """What becomes of a session; the first ones are the gravest."""

    ORPHANED = "orphaned"
    REFUSED = "refused"
    CHANGED = "changed"
    RESTORED = "restored"
    STILL_REFUSED = "still refused"
    UNCHANGED = "unchanged"


MEANINGS: Mapping[Outcome, str] = {
    Outcome.ORPHANED: "all their policies are gone; every request is refused",
    Outcome.REFUSED: "their policies can no longer be applied; every request is refused",
    Outcome.CHANGED: "limits, rights or other members change",
    Outcome.RESTORED: "were refused, and are accepted",
    Outcome.STILL_REFUSED: "were refused before, and stay so",
    Outcome.UNCHANGED: "keep what they have",
}
LOCKED_OUT = frozenset({Outcome.ORPHANED, Outcome.REFUSED})
AFFECTED = LOCKED_OUT | {Outcome.CHANGED, Outcome.RESTORED}


@dataclass(frozen=True)
class KeyName:
    """The name of a key.

    Attributes:
        id: the full id of the key, or its hash; "" for a session in a list without ids.
        is_hash: True if the id is the hash under which the gateway stores the key.
        place: the place in a list without ids, from 1.
    """

    id: str = field(repr=False)
    is_hash: bool = False
    place: int = 0

    def masked(self, org_id: str = "") -> str:
        """The name without a secret: a hash, a place, or the organisation and first characters of an id."""
        if self.is_hash or not self.id:
            return self.id or f"key {self.place}"
        org = org_id if org_id and self.id.startswith(org_id) else ""
        name = self.id.removeprefix(org)
        return f"{org}{name[: min(4, len(name) // 4)]}***"


@dataclass(frozen=True)
class Key:
    """A key and its session.

    Attributes:
        name: the name of the key.
        session: the session, by the codec of sessions.
        document: the session as it was read, with all its members.
    """

    name: KeyName
    session: Document = field(repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Unread:
    """A key whose session could not be read, and the reason."""

    name: KeyName
    reason: str


@dataclass(frozen=True)
class MemberChange:
    """One member of a session that changes.

    Attributes:
        path: the path of the member, as in "access_rights/orders/limit/rate"; that of a right, as in
            "access_rights/orders", if the session gains or loses it.
        before, after: the values as in JSON; None for a right that the session does not have.
        policy_before, policy_after: the policies that they come from; "" for the session itself.
    """

    path: str
    before: Any
    after: Any
    policy_before: str
    policy_after: str


@dataclass(frozen=True)
class SessionImpact:
    """What becomes of the session of one key.

    Attributes:
        key: the key.
        policies: the policies that the session names.
        outcome: the kind of impact.
        refusal: the gateway's reason to refuse the session afterwards; "" if it accepts it.
        changes: the members that change, in the order of a session.
        saved: the paths of values that came from a policy and stay as they were last saved with the key, for
            no policy decides them any more.
        session: the session afterwards.
    """

    key: Key
    policies: tuple[str, ...]
    outcome: Outcome
    refusal: str
    changes: tuple[MemberChange, ...]
    saved: tuple[str, ...]
    session: Document = field(repr=False)
