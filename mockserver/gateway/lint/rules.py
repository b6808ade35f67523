"""Rules: what a finding is about, how bad it is, what a gateway does, and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any

from mockserver.contract.spec_files import SpecError, load_yaml, spec_path


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
    effects: tuple[Effect, ...]
    is_fixed: bool = False

    def effect(self, kind: Kind, behaviours: Iterable[str]) -> Effect:
        """The effect in a kind of file and a version with these behaviours."""
        for effect in self.effects:
            if (not effect.kinds or kind in effect.kinds) and (
                not effect.behaviour or effect.behaviour in behaviours
            ):
                return effect
        raise LookupError(f"rule {self.id} has no effect in a file of the kind {kind}")


@cache
def load() -> dict[str, Rule]:
    """The rules of spec/gateway/lint.yaml by id.

    Raises:
        SpecError: a row has a wrong form.
    """
    path = spec_path("gateway") / "lint.yaml"
    rules = {}
    for row in load_yaml(path):
        try:
            rule = _rule(row)
        except (KeyError, TypeError, ValueError) as error:
            raise SpecError(f"{path}: {row}: {error}; correct the row") from error
        rules[rule.id] = rule
    return rules


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        row["id"],
        Level[row["level"].upper()],
        row["about"],
        row["remedy"],
        tuple(_effect(effect) for effect in row["effects"]),
        is_fixed=row.get("fixed", False),
    )


def _effect(row: dict[str, Any]) -> Effect:
    return Effect(
        row["text"],
        tuple(map(Kind, row.get("kinds", ()))),
        row.get("behaviour", ""),
        Level[row["level"].upper()] if "level" in row else None,
        row.get("source", ""),
    )
