"""Expectations of a test about the requests in a journal, and what differs if they are not met."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mockserver.console.terminal import printable
from mockserver.service.journal_entry import Entry

SHOWN = 10  # requests in a message
ANYTHING = object()  # instead of a body: any body will do


@dataclass(frozen=True)
class Expectation:
    """A request that a test expects.

    Attributes:
        operation: the id of the operation that it is for.
        times: how often it is expected; None for at least once.
        json: the members that its body has, among others; a list has exactly the given elements.
        policy_id: the policy that it is for; None for any.
        status: the status of the answer, 0 for a closed connection; None for any.
    """

    operation: str
    times: int | None = None
    json: Any = ANYTHING
    policy_id: str | None = None
    status: int | None = None

    def check(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries of such requests.

        Raises:
            AssertionError: there are more or fewer; the message shows the requests that come near.
        """
        __tracebackhide__ = True
        entries = list(entries)
        of_operation = [entry for entry in entries if entry.operation == self.operation]
        matches = [entry for entry in of_operation if not self.differences(entry)]
        if len(matches) == self.times or (self.times is None and matches):
            return matches
        near = [entry for entry in of_operation if entry not in matches]
        raise AssertionError("\n".join(map(printable, self._message(matches, near, entries))))

    def differences(self, entry: Entry) -> list[str]:
        """The differences between a request of the operation and the expected one; empty if it matches."""
        lines = []
        if self.policy_id not in (None, entry.policy_id):
            lines.append(f"the policy is {entry.policy_id!r}, not {self.policy_id!r}")
        if self.status not in (None, entry.status):
            lines.append(f"the status is {entry.status}, not {self.status}")
        if self.json is not ANYTHING:
            try:
                lines += _differences(self.json, entry.json, "")
            except ValueError as error:
                lines.append(f"the body is not valid JSON: {error}")
        return lines

    def _message(self, matches: list[Entry], near: list[Entry], entries: list[Entry]) -> Iterator[str]:
        expected = "at least once" if self.times is None else _times(self.times)
        yield f"{self}: expected {expected}, but requested {_times(len(matches))}"
        for entry in matches[-SHOWN:]:
            yield f"  request: {entry!r}"
        for entry in near[-SHOWN:]:
            yield f"  near: {entry!r}"
            yield from (f"    {line}" for line in self.differences(entry))
        if not matches and not near:
            noun = "request" if len(entries) == 1 else "requests"
            yield f"  the journal has {len(entries)} other {noun}" + (":" if entries else "")
            yield from (f"    {entry!r}" for entry in entries[-SHOWN:])

    def __str__(self) -> str:
        parts = [f"policy {self.policy_id!r}"] if self.policy_id is not None else []
        parts += [f"status {self.status}"] if self.status is not None else []
        parts += [f"body {json_module.dumps(self.json)}"] if self.json is not ANYTHING else []
        return " with ".join([self.operation, ", ".join(parts)] if parts else [self.operation])


def check_violations(entries: Iterable[Entry]) -> None:
    """Check that no request and no reply violates the specification.

    Raises:
        AssertionError: some do; the message has a line for each.
    """
    __tracebackhide__ = True
    lines = [f"  {entry!r}: {violation}" for entry in entries for violation in entry.violations]
    if lines:
        lines = ["requests or replies violate the specification:", *map(printable, lines)]
        raise AssertionError("\n".join(lines))


def _differences(expected: Any, actual: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            if name in actual:
                yield from _differences(value, actual[name], f"{path}/{name}")
            else:
                yield f"{path}/{name} is missing, not {json_module.dumps(value)}"
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, value in enumerate(expected):
            yield from _differences(value, actual[index], f"{path}/{index}")
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield f"{path or '/'} is {json_module.dumps(actual)}, not {json_module.dumps(expected)}"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
