"""The calls of real gateways as data planes get the same answers again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dashboards import ask
from planes import WAIT, create_key

from mockserver import MockDashboard
from mockserver.dashboard.dashboard import SPEC
from mockserver.golang.rpc.calls import TYPES
from mockserver.golang.rpc.client import RpcClient
from mockserver.golang.rpc.errors import CallRefused
from mockserver.golang.rpc.gob_types import Named

RECORDINGS = sorted((SPEC / "recordings").glob("mdcb-*.jsonl"))
POLICY = {"name": "Gold", "rate": 100, "per": 60, "quota_max": -1, "active": True}


class World:
    """What the recorded gateways met: an API, a policy and a key, and what was done to them at each step."""

    def __init__(self, dashboard: MockDashboard, api: dict[str, Any]) -> None:
        self._dashboard = dashboard
        object_id = self._asked("POST", "/api/apis", {"api_definition": api})["ID"]
        api_id = self._asked("GET", f"/api/apis/{object_id}")["api_definition"]["api_id"]
        right = {"api_id": api_id, "api_name": "orders", "versions": ["Default"]}
        self._policy = {**POLICY, "access_rights": {api_id: right}}
        policy_id = self._asked("POST", "/api/portal/policies", self._policy)["Message"]
        self._session = {"apply_policies": [policy_id], "access_rights": {}}
        self._key = create_key(dashboard, **self._session)["key_id"]
        self._policy_path = f"/api/portal/policies/{policy_id}"
        self.names = {
            "${NAME}": self._key, "${KEY}": dashboard.key, "${ORG}": dashboard.state.organisation,
            "${POLICY}": policy_id, "${API}": api_id, "${API_OBJECT}": object_id,
        }  # fmt: skip
        self._steps: dict[str, Callable[[], Any]] = {
            "a policy changes": lambda: self._asked("PUT", self._policy_path, {**self._policy, "rate": 7}),
            "a key changes": lambda: self._asked(
                "PUT", self._key_path, {**self._session, "alias": "renamed"}
            ),
            "a key is removed": lambda: self._asked("DELETE", self._key_path),
        }

    @property
    def _key_path(self) -> str:
        return f"/api/keys/{self._key}"

    def begin(self, step: str) -> None:
        """Do what was done at the begin of a step."""
        if step in self._steps:
            self._steps[step]()

    def _asked(self, method: str, target: str, body: Any = None) -> Any:
        status, answer = ask(self._dashboard, method, target, body)
        assert status == 200, answer
        return answer


def _api(row: dict[str, Any]) -> dict[str, Any]:
    """The definition of the API in a recorded answer, without what the Dashboard gave it."""
    [api] = row["answer"]["json"]
    definition: dict[str, Any] = api["api_definition"]
    return {name: value for name, value in definition.items() if name not in {"id", "api_id", "org_id"}}


def _argument(recorded: Any) -> Any:
    """An argument as it was sent: a text, or a struct by its name; the node in a login is JSON."""
    if not isinstance(recorded, dict):
        return recorded
    [(name, members)] = recorded.items()
    if "Node" in members:
        members = {**members, "Node": json.dumps(members["Node"]).encode()}
    return Named(name, members)


def _form(value: Any) -> Any:
    """A value without what each run has of its own: texts and numbers in objects."""
    if isinstance(value, dict):
        return {name: _form(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_form(item) for item in value]
    return type(value)


def _answer(client: RpcClient, call: str, argument: Any) -> dict[str, Any]:
    try:
        return {"answer": client.call(call, argument, WAIT)}
    except CallRefused as refusal:
        return {"error": str(refusal)}


def test_three_versions_were_recorded() -> None:
    """Each recording names the version of its gateway."""
    assert [json.loads(path.read_text().splitlines()[0])["gateway"] for path in RECORDINGS] == [
        "5.12.0", "5.14.0", "5.8.15",
    ]  # fmt: skip


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_the_calls_of_a_real_gateway_are_answered(mdcb: MockDashboard, path: Path) -> None:
    """Each recorded call of a real gateway, at each step of its life, gets an answer of the recorded form."""
    text = path.read_text()
    rows = [json.loads(line) for line in text.splitlines()[1:]]
    world = World(mdcb, next(_api(row) for row in rows if row["call"] == "GetApiDefinitions"))
    for name, value in world.names.items():
        text = text.replace(name, value)
    host, _, port = mdcb.mdcb_address.rpartition(":")
    address = (host, int(port))
    step = ""
    with RpcClient(address, types=TYPES) as client, RpcClient(address, types=TYPES) as stranger:
        for row in map(json.loads, text.splitlines()[1:]):
            if row["step"] != step:
                step = row["step"]
                world.begin(step)
            is_known = row.get("error") != "Access Denied"
            answer = _answer(client if is_known else stranger, row["call"], _argument(row["argument"]))
            if isinstance(recorded := row.get("answer"), dict):
                recorded, answer = _form(recorded["json"]), {"answer": _form(json.loads(answer["answer"]))}
            expected = {"error": row["error"]} if "error" in row else {"answer": recorded}
            assert answer == expected, (step, row["call"])
