"""Resources: the kinds of things that a service keeps, as rows of a table that safety and clean-up read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mockserver.contract.openapi import Contract

PREFIX = "tyk-contract-"
_RUN = re.compile(re.escape(PREFIX) + "[0-9a-f]{8}-")

Get = Callable[[str], Any]  # the JSON that a GET of a target is answered with; None if its status is not 200


@dataclass(frozen=True)
class Write:
    """A request that may change a resource.

    Attributes:
        method: POST, PUT or DELETE.
        path: the path below the resource's prefix, unescaped, without slashes at its ends.
        run: the prefix of the run's names.
    """

    method: str
    path: str
    body: bytes
    run: str
    contract: Contract

    def member(self, *names: str) -> str:
        """A text in the JSON body, by the names that lead to it; "" if it has none there."""
        try:
            node: Any = json.loads(self.body)
        except (ValueError, RecursionError):
            return ""
        for name in names:
            node = node.get(name) if isinstance(node, dict) else None
        return node if isinstance(node, str) else ""


def run_prefix(name: str) -> str:
    """The prefix of the run that a name is of; "" for the name of anybody else."""
    match = _RUN.match(name)
    return match[0] if match else ""


def quoted(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def _path_alone(write: Write) -> Iterable[str]:
    return [write.path]


def _nothing(_: object) -> tuple[()]:
    return ()


def _below_prefix(prefix: str, name: str, run: str) -> str:
    return f"{prefix}/{quoted(name)}"


@dataclass(frozen=True)
class Resource:
    """A kind of thing that a service keeps.

    Attributes:
        kind: its name in messages and reports: "policy".
        prefix: the beginning of its paths: "/tyk/policies".
        ids_of: the ids that a write may create, change or delete; each must be of the run.
        also_named: other names in a write that must be of the run: an API's listen path.
        refusal: the reason why a write is unsafe whatever its ids; "" if it is not.
        id_in_answer: reads the id that the service chose itself from a POST's answer and the run's prefix,
            "" if it chose none; None if the service never chooses ids.
        delete_target: the target of a DELETE, from the prefix of paths, the id and the run's prefix.
        listed: the ids that the service lists, whoever wrote them.
        run_of: the prefix of the run that an id is of; "" for an id of anybody else.
        loaded_by_reload: True if a write shows after a reload only. Such resources are removed last.
        group: beginning of the paths that a service offers together or not at all; "" for the prefix.
        is_optional: True if a service may lack the group as a whole.
        is_slow: True if `--quick` leaves out the tests of the group.
    """

    kind: str
    prefix: str
    ids_of: Callable[[Write], Iterable[str]] = _path_alone
    also_named: Callable[[Write], Iterable[str]] = _nothing
    refusal: Callable[[Write], str] = lambda _: ""
    id_in_answer: Callable[[Any, str], str] | None = None
    delete_target: Callable[[str, str, str], str] = _below_prefix
    listed: Callable[[Get], Iterable[str]] = _nothing
    run_of: Callable[[str], str] = run_prefix
    loaded_by_reload: bool = False
    group: str = ""
    is_optional: bool = True
    is_slow: bool = False

    @property
    def paths(self) -> str:
        """The beginning of the paths of its group."""
        return self.group or self.prefix

    def target(self, name: str, run: str) -> str:
        """The target of the DELETE that removes an id of a run."""
        return self.delete_target(self.prefix, name, run)
