"""Rules: what a finding is about, how bad it is, what a gateway does, and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """How bad a finding is.

    Attributes:
        NOTE: a gateway does what is written, but a reader may think otherwise.
        WARNING: a gateway takes the file, and silently does something else.
        ERROR: a gateway refuses or skips a document or a member, or the sessions that use it.
    """

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The name in messages: "warning"."""
        return self.name.lower()


class Kind(StrEnum):
    """The kind of a file."""

    POLICY = "policy"  # one policy, in a directory of policies
    RECORD = "record"  # all policies in one file, by id
    SESSION = "session"  # a key's session, or sessions by key, or a list of them
    API = "api"
    CONF = "conf"  # tyk.conf
    DASHBOARD_CONF = "dashboard-conf"  # tyk_analytics.conf


@dataclass(frozen=True)
class Effect:
    """What a gateway does.

    Attributes:
        text: the effect in words, with fields of `str.format`.
        kinds: the kinds of files that it is the effect in; all if empty.
        behaviour: the id of the behaviour that a version must have for it; "" for none.
        level: the level then, if it is another than that of the rule.
        source: the evidence.
    """

    text: str
    kinds: tuple[Kind, ...] = ()
    behaviour: str = ""
    level: Level | None = None
    source: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: the name in messages, such as "wrong-type".
        about: what is found, for the table of all rules.
        remedy: the next step, with fields of `str.format`.
        effects: the first that fits the kind of file and the version is told.
        is_fixed: True if --fix makes the change.
    """

    id: str
    level: Level
    about: str
    remedy: str
    effects: tuple[Effect, ...] = field(default=())
    is_fixed: bool = False

    def effect(self, kind: Kind, behaviours: Iterable[str]) -> Effect:
        """The effect in a kind of file and a version with these behaviours."""
        for effect in self.effects:
            if (not effect.kinds or kind in effect.kinds) and (
                not effect.behaviour or effect.behaviour in behaviours
            ):
                return effect
        raise LookupError(f"rule {self.id} has no effect in a file of the kind {kind}")
