"""Requests to a mock Dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mockserver import MockDashboard
from mockserver.dashboard.policy_forms import FormOf2017
from mockserver.http.client import Client

ADMIN = (("admin-auth", "mock-admin-secret"),)
RIGHT = {"api_id": "orders", "api_name": "Orders", "versions": ["Default"]}


def ask(
    dashboard: MockDashboard, method: str, target: str, body: Any = None, *headers: tuple[str, str]
) -> tuple[int, Any]:
    """The status and the document of an answer; the key is sent unless headers are given."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    with Client(dashboard.url) as client:
        answer = client.send(method, target, headers or [("Authorization", dashboard.key)], data)
    return answer.status, json.loads(answer.body)


def add(dashboard: MockDashboard, **members: Any) -> str:
    """Create a policy; its database id."""
    status, answer = ask(dashboard, "POST", "/api/portal/policies", {"name": "Gold", **members})
    assert status == 200, answer
    return str(answer["Message"])


def read(dashboard: MockDashboard, policy_id: str) -> dict[str, Any]:
    """A policy, which must exist."""
    status, policy = ask(dashboard, "GET", f"/api/portal/policies/{policy_id}")
    assert status == 200, policy
    assert isinstance(policy, dict)
    return policy


def names(dashboard: MockDashboard, query: str = "") -> list[str]:
    """The names of the policies in a list."""
    status, listing = ask(dashboard, "GET", f"/api/portal/policies{query}")
    assert status == 200, listing
    return [policy["name"] for policy in listing["Data"]]


class Step(NamedTuple):
    """One exchange of a conversation between a client and a Dashboard.

    Attributes:
        method: the method.
        target: the target; {name} stands for a value that an earlier step saved.
        body: the body, in which texts may have such names too.
        needs: what the client reads of the answer, by dotted path: a value, or a function that is true for it.
        saves: the names of values for later steps, by dotted path.
        status: the status.
        admin: True if the admin secret is sent instead of the key.
    """

    method: str
    target: str
    body: Any = None
    needs: Mapping[str, Any] = {}
    saves: Mapping[str, str] = {}
    status: int = 200
    admin: bool = False


def converse(dashboard: MockDashboard, steps: Sequence[Step], **known: Any) -> dict[str, Any]:
    """Play the client's part of a conversation; the values that it saved.

    No answer may violate the contract, unless it is in the form of 2017.
    """
    saved = {"key": dashboard.key, "org": dashboard.state.organisation, **known}
    for step in steps:
        headers = ADMIN if step.admin else (("Authorization", saved["key"]),)
        target, body = _filled(step.target, saved), _filled(step.body, saved)
        status, answer = ask(dashboard, step.method, target, body, *headers)
        assert status == step.status, (step.method, target, answer)
        for path, needed in step.needs.items():
            value = at(answer, path)
            fits = needed(value) if callable(needed) else value == _filled(needed, saved)
            assert fits, (step.method, target, path, value)
        saved |= {name: at(answer, path) for path, name in step.saves.items()}
    if not isinstance(dashboard.state.form, FormOf2017):
        assert not [entry.violations for entry in dashboard.journal if entry.violations]
    return saved


def at(document: Any, path: str) -> Any:
    """The value at a dotted path, in which a number is the index of a list; a missing one is a KeyError."""
    for name in path.split(".") if path else ():
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def _filled(value: Any, saved: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        return saved[whole[1]] if whole else re.sub(r"\{(\w+)\}", lambda m: str(saved[m[1]]), value)
    if isinstance(value, dict):
        return {_filled(name, saved): _filled(item, saved) for name, item in value.items()}
    return [_filled(item, saved) for item in value] if isinstance(value, list) else value
