"""The mock as a node of a Dashboard sends and answers what real gateways did: the recordings node-*.jsonl."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mockserver import MockGateway
from mockserver.contract.spec_files import spec_path, version_of
from mockserver.gateway.config import Config
from mockserver.http.client import ClientError
from mockserver.storage.backend import MemoryBackend
from tests.asking import send
from tests.dashboard_stand_in import DashboardStandIn

VERSIONS = ["5.8.15", "5.12.0", "5.14.0"]
NODE_SECRET = "recorded-node-secret"
SECRET = "recorded-secret"
STEP = 0.5  # seconds by which the clock advances at once
HANGS = 0.5  # seconds without an answer, for which the recorder waited longer
# A real gateway of this version ends this reload after ten seconds; the mock does not wait for them.
SKIPPED_WAITS = {("5.12.0", "node/gone-at-reload")}


def _recordings() -> Iterator[Any]:
    for version in VERSIONS:
        lines = spec_path(f"gateway/recordings/node-{version}.jsonl").read_text().splitlines()
        forms = json.loads(lines[0])["requests"]
        for line in lines[1:]:
            scenario = json.loads(line)
            name = scenario["scenario"]
            case = f"{version}-{name.partition('/')[2]}"
            marks = () if version == VERSIONS[-1] else pytest.mark.slow
            yield pytest.param(version, scenario, forms, id=case, marks=marks)


class Notifications(MemoryBackend):
    """A backend whose channel a test writes."""

    def __init__(self) -> None:
        super().__init__()
        self.receive: Callable[[bytes], None] = lambda _: None

    def listen(
        self,
        channel: str,
        callback: Callable[[bytes], None],
        closing: threading.Event,
        restored: Callable[[], None] = lambda: None,
    ) -> None:
        self.receive = callback


class Replay:
    """A scenario that is played to a mock, with a stand-in for its Dashboard."""

    def __init__(self, version: str, config: dict[str, Any], dashboard: DashboardStandIn) -> None:
        self._version = version
        self._dashboard = dashboard
        self._channel = Notifications()
        values = {
            "node_secret": NODE_SECRET, "secret": SECRET, "listen_port": 0, "use_db_app_configs": True,
            "policies.policy_source": "service", "policies.policy_connection_string": dashboard.url,
            "db_app_conf_options.connection_string": dashboard.url,
            "liveness_check.check_duration": 1_000_000_000, **config,
        }  # fmt: skip
        self._config = Config.of(values)[0]
        self.gateway: MockGateway | None = None

    def play(self, step: dict[str, Any]) -> dict[str, Any]:
        """What the mock sends and answers in a step, in the form of the recording."""
        played: dict[str, Any] = {}
        if "dashboard" in step:
            self._dashboard.set(step["dashboard"])
            return played
        if step.get("start"):
            version = version_of(self._version)
            self.gateway = MockGateway.of(version, self._config, backend=self._channel)
            self._settle()
        elif "notify" in step:
            self._channel.receive(self._notification(**step["notify"]))
        elif step.get("stop"):
            self.close()
        elif "request" in step:
            played["response"] = self._answer(**step["request"], hangs="within" in step)
        self._advance(step.get("seconds", 0))
        played["sent"], pings = self._dashboard.take()
        if "seconds" in step:
            played["pings"] = pings > 0
        return played

    def close(self) -> None:
        """Stop the mock."""
        if self.gateway is not None:
            self.gateway.close()
            self.gateway = None

    def _settle(self) -> None:
        assert self.gateway is not None
        source = self.gateway.gateway.source
        assert source is not None
        assert source.settle(10)

    def _advance(self, seconds: float) -> None:
        for _ in range(int(seconds / STEP)):
            assert self.gateway is not None
            self.gateway.advance(STEP)

    def _notification(self, command: str, payload: str, signature: str, algorithm: Any) -> bytes:
        payload = payload.replace("${PORT}", str(self._dashboard.port))
        digest = hashlib.sha256(f"{command}{payload}{NODE_SECRET}".encode()).hexdigest()
        signature = {"node secret": digest, "UPPER": digest.upper()}.get(signature, signature)
        message = {"command": command, "payload": payload, "signature": signature}
        return json.dumps(message if algorithm is None else {**message, "algorithm": algorithm}).encode()

    def _answer(self, method: str, target: str, body: str = "", *, hangs: bool) -> Any:
        assert self.gateway is not None
        headers = [("X-Tyk-Authorization", SECRET)]
        try:
            answer = send(
                self.gateway, method, target, headers, body.encode() or None, timeout=HANGS if hangs else 10
            )
        except ClientError:
            assert hangs
            return None
        return _shown(answer.status, answer.body)


def _shown(status: int, body: bytes) -> dict[str, Any]:
    """An answer in the form of the recording: lists sorted and shortened, without times."""
    try:
        document = json.loads(body)
    except ValueError:
        return {"status": status, "text": body.decode()}
    if isinstance(document, list) and document and "quota_max" in document[0]:
        shown = [{name: item[name] for name in ("id", "org_id", "name", "rate")} for item in document]
        document = sorted(shown, key=lambda item: (item["id"], item["org_id"], item["name"]))
    elif isinstance(document, list):
        document = sorted(({"api_id": item["api_id"]} for item in document), key=lambda item: item["api_id"])
    elif "api_id" in document:
        document = {"api_id": document["api_id"]}
    for component in document.get("details", {}).values() if isinstance(document, dict) else ():
        component["time"] = "<time>"
    return {"status": status, "body": document}


def _sent(requests: list[Any], forms: dict[str, Any]) -> list[Any]:
    """Requests with the headers of their form written out."""
    full = []
    for request in requests:
        if isinstance(request, str):
            method, path = request.split()
            request = {"method": method, "path": path, "headers": forms[request]}  # noqa: PLW2901
        full.append(request)
    return full


@pytest.mark.parametrize(("version", "scenario", "forms"), list(_recordings()))
def test_the_mock_acts_as_a_real_node(version: str, scenario: dict[str, Any], forms: dict[str, Any]) -> None:
    """The mock sends its Dashboard the recorded requests, header by header, and then answers as recorded."""
    with DashboardStandIn() as dashboard:
        replay = Replay(version, scenario.get("config", {}), dashboard)
        try:
            for number, step in enumerate(scenario["steps"]):
                played = replay.play(step)
                place = f"step {number}: {json.dumps(step)[:200]}"
                if "response" in step:
                    if step["response"] is None and (version, scenario["scenario"]) in SKIPPED_WAITS:
                        continue
                    assert played["response"] == step["response"], place
                if "sent" in step:
                    assert played["sent"] == _sent(step["sent"], forms), place
                if "pings" in step:
                    assert played["pings"] is step["pings"], place
        finally:
            replay.close()


def test_a_ping_has_the_headers_of_a_real_one() -> None:
    """A ping has the recorded headers in their order, in each version."""
    for version in VERSIONS:
        text = spec_path(f"gateway/recordings/node-{version}.jsonl").read_text()
        form = json.loads(text.splitlines()[0])["requests"]["GET /register/ping"]
        with DashboardStandIn() as dashboard:
            replay = Replay(version, {}, dashboard)
            replay.play({"start": True, "seconds": 3})
            replay.close()
            assert dashboard.last_ping["headers"] == form
