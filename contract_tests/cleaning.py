"""Remove what an earlier run left on a gateway: policies whose ids bear the suite's prefix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

from contract_tests.exchange import SECRET_HEADER
from contract_tests.ownership import POLICIES, ours
from contract_tests.target import RELOAD
from mockserver.client import Client


@dataclass(frozen=True)
class Cleaned:
    """The ids that were removed, and those that could not be."""

    removed: tuple[str, ...]
    left: tuple[str, ...]


def leftovers(client: Client, secret: str) -> list[str]:
    """The loaded policies that an earlier run wrote.

    Raises:
        ClientError: the gateway does not answer.
        ValueError: its list is none.
    """
    answer = client.send("GET", POLICIES, [(SECRET_HEADER, secret)])
    listed = json.loads(answer.body)
    if answer.status != 200 or not isinstance(listed, list):
        raise ValueError(f"GET {POLICIES} answers {answer.status}; is the secret right?")
    return sorted(ours(listed))


def clean(client: Client, secret: str) -> Cleaned:
    """Reload, so that all that is on file shows; delete what bears the prefix; reload.

    Raises:
        ClientError: the gateway does not answer.
    """
    headers = [(SECRET_HEADER, secret)]
    client.send("GET", RELOAD, headers)
    found = leftovers(client, secret)
    for policy_id in found:
        client.send("DELETE", f"{POLICIES}/{quote(policy_id, safe='')}", headers)
    if found:
        client.send("GET", RELOAD, headers)
    left = leftovers(client, secret)
    return Cleaned(tuple(each for each in found if each not in left), tuple(left))
