"""The clients of a deployment: one that writes policies, and those that look at what its gateways have."""

from __future__ import annotations

import hashlib
import http.client
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bench.deployment_parts import Part, ask
from bench.servers import KEY

POLICIES = "/api/portal/policies"
IDS = 8  # policies that are written
LOOK_SECONDS = 0.15  # between two looks at a gateway
NO_ANSWER = (OSError, http.client.HTTPException)


@dataclass
class Writer:
    """A client that creates, changes and deletes policies, whose members belong together.

    Attributes:
        possible: the numbers that each policy may have: of the last acknowledged write and, if a later one
            was not answered, of that too; None stands for no policy.
        written: the numbers of all writes of each policy that were sent.
        acknowledged: the number of acknowledged writes.
        unanswered: the number of writes of which nothing is known.
        faults: descriptions of wrong answers.
    """

    port: int
    rng: random.Random
    possible: dict[str, set[int | None]] = field(default_factory=dict)
    written: dict[str, set[int]] = field(default_factory=dict)
    acknowledged: int = 0
    unanswered: int = 0
    faults: list[str] = field(default_factory=list)
    number: int = 0

    def run(self, over: threading.Event) -> None:
        """Write until the end."""
        while not over.wait(self.rng.uniform(0, 0.1) if self.rng.random() < 0.95 else self.rng.uniform(0, 2)):
            policy = f"policy-{self.rng.randrange(IDS)}"
            possible = self.possible.setdefault(policy, {None})
            try:
                if len(possible) > 1:
                    self.possible[policy] = {self._read(policy)}
                else:
                    self._write(policy, next(iter(possible)))
            except NO_ANSWER:
                over.wait(0.1)

    def _write(self, policy: str, before: int | None) -> None:
        """Write a policy that has a number, or does not exist."""
        self.number += 1
        deletes = before is not None and self.rng.random() < 0.2
        number = None if deletes else self.number
        if number is not None:
            self.written.setdefault(policy, set()).add(number)
        self.possible[policy] = {before, number}
        self.unanswered += 1  # until its answer
        method = "DELETE" if deletes else "POST" if before is None else "PUT"
        target = POLICIES if before is None else f"{POLICIES}/{_object_id(policy)}"
        body = None if number is None else document_of(policy, number)
        status, answer = ask(self.port, method, target, body, key=KEY)
        if status == 200:
            self.possible[policy] = {number}
            self.acknowledged += 1
            self.unanswered -= 1
        elif status != 500:  # which is the answer if the Redis is away
            self.faults.append(f"{method} of {policy} was answered {status} {answer}")

    def _read(self, policy: str) -> int | None:
        """The number that a policy has on the Dashboard; None if there is none."""
        status, answer = ask(self.port, "GET", f"{POLICIES}/{_object_id(policy)}", key=KEY)
        if status == 404:
            return None
        if status != 200:
            raise OSError(f"the Dashboard answers {status}")
        return int(answer["rate"])


@dataclass
class Reader:
    """A client that looks at what a gateway has loaded.

    Attributes:
        looks: the number of looks that were answered.
        faults: the number of times that each fault was seen.
    """

    gateway: Part
    writer: Writer
    looks: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def run(self, over: threading.Event) -> None:
        """Look until the end."""
        while not over.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> dict[str, int] | None:
        """The numbers of the loaded policies, whose faults are noted; None if the gateway does not answer."""
        try:
            status, state = ask(self.gateway.port, "GET", "/_mock/state", seconds=5)
        except NO_ANSWER:
            return None
        if status != 200:  # its own Redis may be away
            return None
        self.looks += 1
        loaded = {str(policy["id"]): policy for policy in state["loaded"]}
        if len(loaded) != len(state["loaded"]):
            self.faults[f"{self.gateway.name} has a policy twice"] += 1
        return {policy: self._checked(policy, document) for policy, document in loaded.items()}

    def _checked(self, policy: str, document: dict[str, Any]) -> int:
        """The number of a policy."""
        number = int(document["rate"])
        expected = document_of(policy, number)
        if any(document[name] != value for name, value in expected.items()):
            self.faults[f"{self.gateway.name} serves {policy} torn: {str(document)[:300]}"] += 1
        elif number not in self.writer.written.get(policy, ()):
            self.faults[f"{self.gateway.name} serves {policy} with {number}, which was never written"] += 1
        return number

    def differences(self) -> list[str]:
        """How the loaded policies differ from what was acknowledged last."""
        loaded, possible = self.look(), self.writer.possible
        if loaded is None:
            return [f"{self.gateway.name} does not answer"]
        return [
            f"{self.gateway.name} has {policy} with {loaded.get(policy)}, not with "
            + " or ".join(map(str, sorted(possible.get(policy, {None}), key=str)))
            for policy in sorted({*possible, *loaded})
            if loaded.get(policy) not in possible.get(policy, {None})
        ]


def document_of(policy: str, number: int) -> dict[str, Any]:
    """A policy whose members all have the number of its write."""
    padding = "x" * (number * 37 % 2000)
    return {
        "_id": _object_id(policy),
        "id": policy,
        "name": f"{policy} {number} {padding}",
        "active": True,
        "rate": number,
        "per": 60,
        "quota_max": number,
        "meta_data": {"n": number},
        "tags": [str(number)] * 3,
    }


def _object_id(policy: str) -> str:
    return hashlib.sha256(policy.encode()).hexdigest()[:24]
