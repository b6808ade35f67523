"""Remove what an earlier run left on a gateway: all whose names bear the suite's prefix."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contract_tests.engine.exchange import SECRET_HEADER
from contract_tests.engine.ownership import APIS, CLIENTS, KEYS, ORGANISATIONS, POLICIES, PREFIX, ours
from contract_tests.engine.target import RELOAD
from mockserver.http.client import Client

_RUN = re.compile(re.escape(PREFIX) + "[0-9a-f]{8}-")
_NAMED_BY_GATEWAY = base64.b64encode(f'{{"org":"{PREFIX}'.encode()).decode()  # how such a key's id begins


@dataclass(frozen=True)
class Leftover:
    """What a run left: "policy", "API", "client", "key" or "organisation", its name, and what deletes it."""

    kind: str
    name: str
    target: str


@dataclass(frozen=True)
class Cleaned:
    """What was removed, and what could not be."""

    removed: tuple[Leftover, ...]
    left: tuple[Leftover, ...]


def clean(client: Client, secret: str) -> Cleaned:
    """Reload, so that all that is on file shows; delete what bears the prefix; reload.

    Raises:
        ClientError: the gateway does not answer.
        ValueError: its list of policies is none.
    """
    headers = [(SECRET_HEADER, secret)]
    client.send("GET", RELOAD, headers)
    found = list(_leftovers(client, secret))
    for each in found:
        client.send("DELETE", each.target, headers)
    if found:
        client.send("GET", RELOAD, headers)
    left = list(_leftovers(client, secret))
    return Cleaned(tuple(each for each in found if each not in left), tuple(left))


def _leftovers(client: Client, secret: str) -> Iterator[Leftover]:
    """In the order in which they can be removed: clients need their API."""

    def listed(target: str) -> Any:
        answer = client.send("GET", target, [(SECRET_HEADER, secret)])
        return json.loads(answer.body) if answer.status == 200 else None

    yield from _apis(listed)
    yield from _sessions(listed)
    policies = listed(POLICIES)
    if not isinstance(policies, list):
        raise ValueError(f"GET {POLICIES} answers with no list; is the secret right?")
    for name in ours(policies):
        yield Leftover("policy", name, f"{POLICIES}/{_quoted(name)}")


def _apis(listed: Callable[[str], Any]) -> Iterator[Leftover]:
    for api in _texts(listed(APIS), "api_id"):
        if _RUN.match(api):
            for name in _texts(listed(f"{CLIENTS}/{_quoted(api)}"), "client_id"):
                yield Leftover("client", name, f"{CLIENTS}/{_quoted(api)}/{_quoted(name)}")
            yield Leftover("API", api, f"{APIS}/{_quoted(api)}")


def _sessions(listed: Callable[[str], Any]) -> Iterator[Leftover]:
    for beginning in (PREFIX, _NAMED_BY_GATEWAY):
        for name in _names(listed(f"{KEYS}?filter={beginning}")):
            if run := _run_of(name):
                yield Leftover("key", name, f"{KEYS}/{_quoted(name)}?org_id={run}")
    for name in _names(listed(ORGANISATIONS)):
        if _RUN.match(name):
            yield Leftover("organisation", name, f"{ORGANISATIONS}/{_quoted(name)}")


def _run_of(key: str) -> str:
    """The organisation of a run's key, which is called as the run; "" for any other key."""
    if key.startswith(_NAMED_BY_GATEWAY):
        padded = key + "=" * (-len(key) % 4)
        key = base64.urlsafe_b64decode(padded).decode("utf-8", "replace").removeprefix('{"org":"')
    found = _RUN.match(key)
    return found[0] if found else ""


def _texts(listed: Any, member: str) -> list[str]:
    items = listed if isinstance(listed, list) else []
    return [str(item[member]) for item in items if isinstance(item, dict) and member in item]


def _names(listed: Any) -> list[str]:
    keys = listed.get("keys") if isinstance(listed, dict) else None
    return [str(key) for key in keys or ()]


def _quoted(name: str) -> str:
    return quote(name, safe="")
