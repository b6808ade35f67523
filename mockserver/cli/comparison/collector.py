"""The differences of many exchanges, gathered by their causes."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract_tests.engine.exchange import Exchange
from contract_tests.engine.schema_judge import operation_of
from mockserver.cli.comparison.answers import ABSENT, Divergence
from mockserver.cli.comparison.difference import Difference, audience_of
from mockserver.cli.comparison.script import Part
from mockserver.contract.openapi import Contract

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
    count: int = 0
    followed: int = 0


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
            key = _key(divergence, label, part)
            if key not in self._gathered:
                example = f"{scenario} step {step}: {exchange.curl}"
                self._gathered[key] = _Gathered(divergence, key[1], example)
            gathered = self._gathered[key]
            gathered.count += 1
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
                one.subject,
                one.divergence.a,
                one.divergence.b,
                tuple(one.operations),
                tuple(dict.fromkeys(one.operations.values())),
                one.count,
                one.example,
                one.followed,
            )
            for one in sorted(self._gathered.values(), key=rank)
        )

    def _operation(self, exchange: Exchange, part: Part) -> tuple[str, str]:
        """The label and the path of the operation; of a request for none, its own without names."""
        if operation := operation_of(self._contract, exchange):
            return operation.label, operation.path
        path = part.neutral(exchange.target.partition("?")[0])
        return f"{exchange.method} {path}", path


def _key(divergence: Divergence, label: str, part: Part) -> _Key:
    """What makes two differences one: kind and place, and which side has anything there."""
    sides = (str(divergence.a == ABSENT), str(divergence.b == ABSENT))
    if divergence.kind == "member":
        segments = divergence.subject.removeprefix("/*").split("/")
        names = {*part.names, "*"}
        return (
            "member",
            "/".join("*" if segment in names else segment for segment in segments) or "/",
            *sides,
        )
    if divergence.kind == "header":
        return ("header", divergence.subject, *sides)
    if divergence.kind == "status":
        return ("status", label, divergence.a[:3], divergence.b[:3])
    return (divergence.kind, label, "", "")
