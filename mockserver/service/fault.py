"""A fault: what becomes of one answer, and which requests it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

from mockserver.contract.openapi import Operation
from mockserver.golang.urls import parameters
from mockserver.http.messages import JSON, DropConnection, FaultyReply, Reply, Request

LONGEST_DELAY = 3600  # seconds
DROPPED = Reply(b"", 0, ())  # what stands for an answer where the connection ends without one

Rewrite = Callable[[Any], Any]  # from the listing in an answer to the one that is sent instead
Pairs = tuple[tuple[str, str | None], ...]  # names and values; None for any value

_POLICY = re.compile(r"/policies/\{(\w+)\}")
_KEY = re.compile(r"/keys/(?:policy/)?\{(\w+)\}")


@dataclass(frozen=True)
class Fault:
    """What becomes of one answer. Without any member set the answer stays as it is.

    Attributes:
        status: the status of the answer instead; 0 leaves the answer unchanged.
        message: the message of that answer, in the format of the service.
        body: the body of the answer instead of that message; None for none.
        headers: headers of that answer; without `status` and `body`, added to the service's own.
        delay: seconds by which the answer is sent later.
        spread: seconds by which the delay may be longer, at random.
        slow: the bytes per second at which the body is sent; 0 for all at once.
        truncate: the bytes of the body after which the connection is closed; None for the whole body.
        ends: "drop", "reset" or "hang" if the connection ends without an answer; else "".
        carry_out: True if the request is carried out although its answer is another one, or none.
        scenario: the name of its scenario; "" for none.
        rewrite: what becomes of the listing in the answer; None if it is not touched.
    """

    status: int = 0
    message: str = "Fault asked for by the test"
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    spread: float = 0.0
    slow: float = 0.0
    truncate: int | None = None
    ends: str = ""
    carry_out: bool = False
    scenario: str = ""
    rewrite: Rewrite | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """The effects in words, as in "status 503, delay 2"; the name alone for a scenario."""
        if self.scenario:
            return self.scenario
        values = {"status": self.status, "delay": self.delay, "slow": self.slow}
        words = [f"{name} {value:g}" for name, value in values.items() if value]
        words += ["body"] * (self.body is not None) + ["headers"] * bool(self.headers)
        words += [f"truncate {self.truncate}"] if self.truncate is not None else []
        return ", ".join(words + [self.ends] * bool(self.ends)) or "nothing"

    @property
    def drop(self) -> bool:
        """True if the connection ends without an answer."""
        return bool(self.ends)

    @property
    def replaces(self) -> bool:
        """True if the client gets another answer than that of the service, or none."""
        return bool(self.status or self.body is not None or self.ends)

    @property
    def changes_answer(self) -> bool:
        """True if the client gets another answer than without the fault, or none."""
        is_changed = self.headers or self.truncate is not None or self.rewrite is not None
        return bool(self.replaces or is_changed)

    def as_dict(self) -> dict[str, Any]:
        """The effects that are set, and the scenario, as JSON."""
        values = {
            "scenario": self.scenario,
            "status": self.status,
            "delay": self.delay,
            "slow": self.slow,
            "ends": self.ends,
        }
        effects: dict[str, Any] = {name: value for name, value in values.items() if value}
        if self.status and self.body is None:
            effects["message"] = self.message
        return effects | ({"truncate": self.truncate} if self.truncate is not None else {})

    @property
    def does_nothing(self) -> bool:
        """True if the answer stays as it is, and is sent at once."""
        return replace(self, message="", carry_out=False, scenario="") == Fault(message="")

    def drawn(self, random: Random) -> Fault:
        """The fault with its delay, if that is a random one."""
        return replace(self, delay=self.delay + random.random() * self.spread) if self.spread else self

    def answer(self, own: Reply, error: Callable[[str, int], Reply]) -> Reply:
        """The answer, given that of the service itself; `error` makes one from a message and a status."""
        if self.ends:
            return DROPPED
        if not self.status and self.body is None:
            return replace(own, headers=(*own.headers, *self.headers)) if self.headers else own
        status = self.status or 200
        if self.body is None:
            reply = error(self.message, status)
        else:
            reply = Reply(self.body, status, (("Content-Type", JSON),))
        given = {name.lower() for name, _ in self.headers}
        kept = (pair for pair in reply.headers if pair[0].lower() not in given)
        return replace(reply, headers=(*kept, *self.headers))

    def sent(self, reply: Reply) -> Reply:
        """The answer with what becomes of it on its way.

        Raises:
            DropConnection: the connection ends without an answer.
        """
        if self.ends:
            delay = LONGEST_DELAY if self.ends == "hang" else self.delay
            raise DropConnection(delay, reset=self.ends == "reset")
        delay = reply.delay + self.delay
        if not self.slow and self.truncate is None:
            return replace(reply, delay=delay)
        return FaultyReply(
            reply.body, reply.status, reply.headers, delay=delay, slow=self.slow, truncate=self.truncate
        )


@dataclass(frozen=True)
class FaultedReply(Reply):
    """An answer to which a fault of a part of the request belongs."""

    fault: Fault = field(default=Fault(), kw_only=True)


def delay_of(faults: Iterable[Fault]) -> float:
    """The seconds by which faults together delay an answer."""
    return sum(fault.delay for fault in faults)


class FaultDrop(DropConnection):
    """A connection that a fault ends without an answer, within a handler."""

    def __init__(self, delay: float, fault: Fault) -> None:
        super().__init__(delay)
        self.fault = fault


class Received(NamedTuple):
    """A request that faults may be for.

    Attributes:
        request: the request.
        operation: the operation that it reached; None for no operation.
        params: the values of the path's parameters, by name.
    """

    request: Request
    operation: Operation | None = None
    params: Mapping[str, str] = {}

    @property
    def policy_ids(self) -> tuple[str, ...]:
        """The id of the policy in the path, else those in the body of a policy; empty for no policy."""
        path = self.operation.path if self.operation else ""
        if match := _POLICY.search(path):
            return (self.params[match[1]],)
        if not path.endswith("/policies"):
            return ()
        try:
            policy = json.loads(self.request.body)
        except (ValueError, RecursionError):
            return ()
        ids = (policy.get("id"), policy.get("_id")) if isinstance(policy, dict) else ()
        return tuple(text for text in ids if isinstance(text, str))

    @property
    def key(self) -> str:
        """The key in the path, else that in the header Authorization; "" for no key."""
        match = _KEY.search(self.operation.path) if self.operation else None
        if match:
            return self.params[match[1]]
        value = self.request.header("authorization")
        return value[7:] if value[:7].lower() == "bearer " else value


@dataclass(frozen=True)
class Selector:
    """The requests that a fault is for: those that have all that is given.

    Attributes:
        operations: the ids of operations; None for every request, also one that reaches no operation.
        method: the method; "" for any.
        policy: the id of the policy in the path or in the body; "" for any.
        key: the key in the path or in the header Authorization; "" for any.
        headers: headers, with names in lower case.
        query: query parameters.
    """

    operations: frozenset[str] | None = None
    method: str = ""
    policy: str = ""
    key: str = ""
    headers: Pairs = ()
    query: Pairs = ()

    @property
    def weight(self) -> int:
        """The number of things that a request must have; the more, the more special is the fault."""
        texts = (self.method, self.policy, self.key)
        return (self.operations is not None) + sum(map(bool, texts)) + len(self.headers) + len(self.query)

    def matches(self, operation: str, received: Received | None) -> bool:
        """True if a request is among them; None is a call within a request, known by its operation alone."""
        if self.operations is not None and operation not in self.operations:
            return False
        if received is None:
            return self.operations is not None and self.weight == 1
        request = received.request
        return (
            self.method in ("", request.method)
            and (not self.policy or self.policy in received.policy_ids)
            and (not self.key or self.key == received.key)
            and _has(self.headers, request.head.first_values)
            and (not self.query or _has(self.query, dict(reversed([*parameters(request.url.query)]))))
        )


def _has(wanted: Pairs, values: Mapping[str, str]) -> bool:
    """True if a mapping has all of the names, with the values that are given."""
    return all(name in values and value in (None, values[name]) for name, value in wanted)


class Part(NamedTuple):
    """A part of a fault: some requests, and what becomes of the answers to them, one after the other."""

    selector: Selector
    steps: tuple[Fault, ...]


@dataclass(frozen=True)
class Scenario:
    """A failure with a name.

    Attributes:
        parts: what fails, and how; of several parts the most special one counts.
        effect: what a real gateway, or its client, then does, as a sentence.
        times: the number of requests that it applies to, unless another is given; 0 for all.
    """

    parts: tuple[Part, ...]
    effect: str
    times: int = 1

    @classmethod
    def of(cls, operations: tuple[str, ...], effect: str, fault: Fault) -> Scenario:
        """A scenario in which all of its operations fail in one way."""
        return cls((Part(Selector(frozenset(operations)), (fault,)),), effect)

    @property
    def operations(self) -> frozenset[str]:
        """The ids of the operations that fail."""
        return frozenset().union(*(part.selector.operations or () for part in self.parts))
