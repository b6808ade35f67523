"""Leftovers: the things that an earlier run left on a service, found by the prefix of the suite's names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contract_tests.engine.service import Service
from mockserver.http.client import Client


@dataclass(frozen=True)
class Leftover:
    """A thing that an earlier run left: its kind ("policy"), its name, and the target that deletes it."""

    kind: str
    name: str
    target: str


@dataclass(frozen=True)
class Removal:
    """The leftovers that were removed, and those that are still there."""

    removed: tuple[Leftover, ...]
    remaining: tuple[Leftover, ...]


def remove(client: Client, service: Service, secret: str) -> Removal:
    """Reload, so that everything on file is listed; delete all leftovers; reload.

    Raises:
        ClientError: the service does not answer.
        ValueError: it does not list its resources.
    """
    headers = [(service.auth_header, secret)]

    def reload() -> None:
        if service.reload_target:
            client.send("GET", service.reload_target, headers)

    reload()
    leftovers = list(_leftovers(client, service, secret))
    for leftover in leftovers:
        client.send("DELETE", leftover.target, headers)
    if leftovers:
        reload()
    remaining = tuple(_leftovers(client, service, secret))
    return Removal(tuple(leftover for leftover in leftovers if leftover not in remaining), remaining)


def _leftovers(client: Client, service: Service, secret: str) -> Iterator[Leftover]:
    """The leftovers in the order in which they can be removed."""

    def get(target: str) -> Any:
        answer = client.send("GET", target, [(service.auth_header, secret)])
        return json.loads(answer.body) if answer.status == 200 else None

    for resource in service.resources:
        for name in resource.listed(get):
            if run := resource.run_of(name):
                yield Leftover(resource.kind, name, resource.target(name, run))
