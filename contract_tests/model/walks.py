"""Walks: sequences of writes, reloads and reads, taken side by side so that they share reloads.

A failing walk is shrunk here for the same reason. Hypothesis tries one shorter walk after the other, and
each reload of a real gateway takes a second; here all candidates of a round share their reloads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.checks import listed
from contract_tests.gateway.client import Gateway
from contract_tests.model.policies import Model

POLICIES = 3  # of a walk
RELOAD = "RELOAD"


@dataclass(frozen=True)
class Step:
    """One request of a walk: its verb, the number of its policy, and the members that it sends as JSON."""

    verb: str
    policy: int = 0
    members: str = ""


Walk = tuple[Step, ...]
Lists = dict[Any, dict[str, dict[str, Any]]]  # by answer: between two reloads all walks get the same list


@dataclass
class WalkOutcome:
    """The outcome of a walk: its exchanges, the number of steps taken, and the mismatch if there is one."""

    exchanges: list[Exchange] = field(default_factory=list)
    taken: int = 0
    mismatch: Mismatch | None = None


class ParallelWalks:
    """Walks that are taken side by side, so that they share their reloads."""

    def __init__(self, gateway: Gateway, walks: Iterable[Walk]) -> None:
        self.outcomes = {walk: WalkOutcome() for walk in walks}
        self._lists: Lists = {}
        self._steps = [
            (_steps(gateway, walk, outcome, self._lists), outcome) for walk, outcome in self.outcomes.items()
        ]

    def advance(self) -> bool:
        """Take all walks up to their next reload; return True if any needs one."""
        self._steps = [(steps, outcome) for steps, outcome in self._steps if next(steps, "") == RELOAD]
        self._lists.clear()
        return bool(self._steps)

    def reloaded(self, exchange: Exchange) -> None:
        """Add the reload to the exchanges of the walks that needed it."""
        for _, outcome in self._steps:
            outcome.exchanges.append(exchange)


def take(gateway: Gateway, walks: Iterable[Walk]) -> dict[Walk, WalkOutcome]:
    """Take walks to their end, with reloads for these walks client."""
    parallel = ParallelWalks(gateway, walks)
    while parallel.advance():
        parallel.reloaded(gateway.target.reload())
    return parallel.outcomes


def shrunk(gateway: Gateway, walk: Walk, outcome: WalkOutcome) -> WalkOutcome:
    """The outcome of the shortest failing walk that four rounds find.

    A round costs as many reloads as one walk, because its walks share them.
    """
    walk = walk[: outcome.taken + 1]
    outcomes = {walk: outcome}

    def shortest(candidates: Iterable[Walk]) -> Walk:
        outcomes.update(take(gateway, dict.fromkeys(walk for walk in candidates if walk not in outcomes)))
        failed = [walk for walk in outcomes if outcomes[walk].mismatch]
        best = min(failed, key=lambda walk: (len(walk), sum(len(step.members) for step in walk)))
        cut = best[: outcomes[best].taken + 1]
        outcomes[cut] = outcomes[best]
        return cut

    walk = shortest(_parts(walk))
    without = [walk[:i] + walk[i + 1 :] for i in range(len(walk))]
    shortest(without)
    needless = [i for i, shorter in enumerate(without) if outcomes[shorter].mismatch]
    walk = shortest(_without_some(walk, needless))
    return outcomes[
        shortest([*_with_fewer_members(walk), *(walk[:i] + walk[i + 1 :] for i in range(len(walk)))])
    ]


def _parts(walk: Walk) -> Iterator[Walk]:
    """Walks with the steps of one policy client, and walks without a half, a quarter or an eighth."""
    for policy in range(POLICIES):
        policy_steps = tuple(step for step in walk if step.policy == policy or step.verb in (RELOAD, "LIST"))
        yield policy_steps
        yield tuple(step for step in policy_steps if step.verb not in ("GET", "LIST"))
    for divisor in (2, 4, 8):
        size = max(1, len(walk) // divisor)
        for start in range(0, len(walk), size):
            yield walk[:start] + walk[start + size :]


def _without_some(walk: Walk, needless: list[int]) -> Iterator[Walk]:
    """Walks without the first or the last of the needless steps, in any number."""
    for count in range(1, len(needless) + 1):
        for omitted in (needless[:count], needless[-count:]):
            shorter = tuple(step for i, step in enumerate(walk) if i not in omitted)
            yield shorter
            yield _bare(shorter)


def _with_fewer_members(walk: Walk) -> Iterator[Walk]:
    """The walk with no members in its writes, and walks with one member in one write."""
    bare = _bare(walk)
    yield bare
    for i, step in enumerate(walk):
        for name, value in json.loads(step.members or "{}").items():
            yield (*bare[:i], replace(step, members=json.dumps({name: value})), *bare[i + 1 :])


def _bare(walk: Walk) -> Walk:
    return tuple(replace(step, members="{}") if step.members else step for step in walk)


def _steps(gateway: Gateway, walk: Walk, outcome: WalkOutcome, lists: Lists) -> Iterator[str]:
    """Take a walk and read all its policies at its end, on the gateway and on the model.

    Each item is `RELOAD`, a request for a reload.
    """
    client = gateway.sibling()
    client.exchanges = outcome.exchanges
    model = Model(gateway.codec, gateway.behaviours)
    ids = [gateway.new_id(f"-walk{i}") for i in range(POLICIES)]
    try:
        for step in walk:
            if step.verb == RELOAD:
                yield RELOAD
                model.reload()
            else:
                _take(client, model, step, ids, lists)
            outcome.taken += 1
        for step in (*(Step("GET", policy) for policy in range(POLICIES)), Step("LIST")):
            _take(client, model, step, ids, lists)
    except Mismatch as mismatch:
        outcome.mismatch = mismatch


def _take(gateway: Gateway, model: Model, step: Step, ids: list[str], lists: Lists) -> None:
    policy_id = ids[step.policy]
    if step.verb == "LIST":
        _compare(gateway, model, ids, lists)
    elif step.verb == "GET":
        expect(gateway.get(policy_id), *model.get(policy_id))
    elif step.verb == "DELETE":
        expect(gateway.delete(policy_id), *model.delete(policy_id))
    else:
        body = json.dumps({"id": policy_id, **json.loads(step.members)}).encode()
        if step.verb == "POST":
            expect(gateway.post(body), *model.post(body))
        else:
            expect(gateway.put(policy_id, body), *model.put(policy_id, body))


def _compare(gateway: Gateway, model: Model, ids: list[str], lists: Lists) -> None:
    """Check that the list has the loaded policies of a walk and no other policy of it."""
    exchange = gateway.list()
    key = exchange.status, exchange.header("Content-Type"), exchange.answer and exchange.answer.stored
    policies = lists.get(key) or lists.setdefault(key, listed(exchange))
    for policy_id in ids:
        if policy_id not in model.loaded:
            if policy_id in policies:
                raise Mismatch(f"a list without {policy_id}", "a list with it", exchange)
            continue
        expected: Any = json.loads(model.get(policy_id)[1])
        if policies.get(policy_id) != expected:
            actual = shorten(json.dumps(policies.get(policy_id, "no such item")))
            raise Mismatch(f"a list with {shorten(json.dumps(expected))}", actual, exchange)
