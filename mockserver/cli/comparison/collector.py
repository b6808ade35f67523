"""The differences of many exchanges, gathered by their causes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from contract_tests.engine.exchange import Exchange
from contract_tests.engine.schema_judge import operation_of
from mockserver.cli.comparison.answers import ABSENT, Divergence
from mockserver.cli.comparison.difference import Difference, audience_of
from mockserver.cli.comparison.script import Part
from mockserver.contract.openapi import Contract

_MAPS = {"access_rights", "oauth_keys", "graphql_access_rights"}  # members whose names are names of things
SHOWN = 4  # members by name
KINDS = ("answer", "status", "member", "header", "text")  # in the order of the result
_READING = {"GET", "HEAD", "OPTIONS"}
_Key = tuple[str, str, str, str]


@dataclass
class _Gathered:
    """One cause, and where it was seen first and how often."""

    divergence: Divergence
    subject: str
    example: str
    operations: dict[str, str] = field(default_factory=dict)  # the audience by the label
    pointers: dict[str, None] = field(default_factory=dict)
    count: int = 0
    followed: int = 0
    what: str = "members that are empty or left out"

    @property
    def title(self) -> str:
        """The subject, or the first of several members and their number."""
        if len(self.pointers) < 2:
            return next(iter(self.pointers), self.subject)
        names = ", ".join(list(self.pointers)[:SHOWN])
        more = f" and {len(self.pointers) - SHOWN} more" if len(self.pointers) > SHOWN else ""
        return f"{len(self.pointers)} {self.what}: {names}{more}"


class Collector:
    """Gathers differences. After a write with another status, those of its scenario are its consequences.

    Args:
        contract: the contract that names the operations.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._gathered: dict[_Key, _Gathered] = {}
        self._causes: dict[str, _Key] = {}  # by scenario: the first write with another status
        self.exchanges = 0

    def add(self, part: Part, step: int, exchange: Exchange, divergences: list[Divergence]) -> None:
        """Take the differences of one pair of exchanges; `exchange` is that of A."""
        self.exchanges += 1
        scenario = part.scenario.name
        if divergences and (cause := self._causes.get(scenario)):
            self._gathered[cause].followed += 1
            return
        label, path = self._operation(exchange, part)
        for divergence in divergences:
            pointer = _pointer(divergence.subject, part)
            key = _key(divergence, label, pointer)
            if key not in self._gathered:
                example = f"{scenario} step {step}: {exchange.curl}"
                self._gathered[key] = _Gathered(divergence, key[1], example)
            gathered = self._gathered[key]
            gathered.count += 1
            gathered.pointers |= {pointer: None} if divergence.kind == "member" else {}
            gathered.operations.setdefault(label, audience_of(path))
            if divergence.kind in ("status", "answer") and exchange.method not in _READING:
                self._causes[scenario] = key

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The differences by kind, the most frequent first."""

        def rank(one: _Gathered) -> tuple[int, int]:
            return KINDS.index(one.divergence.kind), -one.count

        return tuple(
            Difference(
                one.divergence.kind,
                one.title,
                one.divergence.a,
                one.divergence.b,
                tuple(one.operations),
                tuple(dict.fromkeys(one.operations.values())),
                one.count,
                one.example,
                one.followed,
                tuple(one.pointers) if len(one.pointers) > 1 else (),
            )
            for one in sorted(self._by_cause(), key=rank)
        )

    def _by_cause(self) -> list[_Gathered]:
        """What was gathered; members that differ in one exchange alone, and in the same one, are one."""
        causes: dict[str, _Gathered] = {}
        for number, one in enumerate(self._gathered.values()):
            is_alone = one.divergence.kind == "member" and one.count == 1
            key = one.example if is_alone else str(number)
            if key not in causes:
                causes[key] = one
                continue
            first = causes[key]
            causes[key] = replace(first, pointers=first.pointers | one.pointers, what="members of one answer")
        return list(causes.values())

    def _operation(self, exchange: Exchange, part: Part) -> tuple[str, str]:
        """The label and the path of the operation; of a request for none, its own without names."""
        if operation := operation_of(self._contract, exchange):
            return operation.label, operation.path
        path = part.neutral(exchange.target.partition("?")[0])
        return f"{exchange.method} {path}", path


def _pointer(text: str, part: Part) -> str:
    """A JSON pointer with * for names of things, and without the place in a list."""
    names = {*part.names, "*"}
    segments = text.removeprefix("/*").split("/")
    pairs = zip(["", *segments], segments, strict=False)
    return "/".join("*" if one in names or before in _MAPS else one for before, one in pairs) or "/"


def _key(divergence: Divergence, label: str, pointer: str) -> _Key:
    """What makes two differences one: kind and place, and which side has anything there.

    All members that one side leaves out where the other writes them empty are one.
    """
    sides = (str(divergence.a == ABSENT), str(divergence.b == ABSENT))
    if divergence.kind == "member":
        return ("member", "" if divergence.is_left_out else pointer, *sides)
    if divergence.kind == "header":
        return ("header", divergence.subject, *sides)
    if divergence.kind == "status":
        return ("status", label, divergence.a[:3], divergence.b[:3])
    return (divergence.kind, label, "", "")
