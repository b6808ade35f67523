"""Leftovers: the things that an earlier run left on a service, found by the names that runs give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from contract_tests.engine.exchange import json_of
from contract_tests.engine.names import is_shown, run_of
from contract_tests.engine.service import Service
from mockserver.http.client import Client, Header

ROUNDS = 2  # of deletions


@dataclass(frozen=True)
class Leftover:
    """A thing that an earlier run left: its kind ("policy"), its name, and the target that deletes it."""

    kind: str
    name: str
    target: str


def find(client: Client, service: Service, secret: str) -> list[Leftover]:
    """Reload, so that everything on file is listed; return all leftovers, in the order of their removal.

    Raises:
        ClientError: the service does not answer.
        ValueError: it does not list its resources.
    """
    credential = _credential(client, service, secret)
    _reload(client, service, credential)
    return list(dict.fromkeys(_listed(client, service, credential)))


def remove(client: Client, service: Service, secret: str, leftovers: Iterable[Leftover]) -> list[Leftover]:
    """Delete leftovers, reload, and return those that are still listed.

    What is still listed is deleted once more: a thing that another was made from is written again as that
    one is removed.

    Raises:
        ClientError, ValueError: as `find` does.
    """
    left, credential = list(leftovers), _credential(client, service, secret)
    for _ in range(ROUNDS):
        for leftover in left:
            client.send("DELETE", leftover.target, [credential])
        if left:
            _reload(client, service, credential)
            listed = set(_listed(client, service, credential))
            left = [leftover for leftover in left if leftover in listed]
    return left


def _credential(client: Client, service: Service, secret: str) -> Header:
    """The header with the secret, in the first form that the service accepts."""
    lines = [(service.auth_header, f"{scheme}{secret}") for scheme in service.auth_schemes]
    *others, last = lines
    return next((line for line in others if _lists(client, service, line)), last)


def _lists(client: Client, service: Service, credential: Header) -> bool:
    return client.send("GET", service.listing.prefix, [credential]).status == 200


def _reload(client: Client, service: Service, credential: Header) -> None:
    if service.reload_target:
        client.send("GET", service.reload_target, [credential])


def _listed(client: Client, service: Service, credential: Header) -> Iterator[Leftover]:
    """The listed things whose names a run gave, and no others.

    A thing with an id that the service chose must be shown under it too, for a list may be spoiled.
    """

    def get(target: str) -> Any:
        answer = client.send("GET", target, [credential])
        return json_of(answer.body.decode("utf-8", "replace")) if answer.status == 200 else None

    for resource in service.resources:
        for thing_id, name in resource.things(get):
            if run := run_of(name):
                target = resource.target(thing_id, run)
                if run_of(thing_id) or is_shown(resource.thing_in(get(target)), thing_id, name):
                    yield Leftover(resource.kind, name, target)
