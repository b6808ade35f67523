"""Replay recordings against the mock, each scenario under its own configuration."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.client import Answer, Client, ClientError
from mockserver.recording import Recording, Scenario, Step, difference
from mockserver.server import MockGateway

RELOAD = "/tyk/reload?block=true"
BASE = {
    "policies.policy_path": "${DIR}/policies",
    "app_path": "${DIR}/apps",
    "liveness_check.check_duration": 1_000_000_000,
    "enable_hashed_keys_listing": True,
}


@dataclass(frozen=True)
class Outcome:
    """One scenario's replay; `difference` is the first one, "" where all is identical."""

    scenario: str
    exchanges: int
    difference: str


def replay(recording: Recording, prefixes: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Replay the scenarios whose names begin with one of the prefixes; all when there is none."""
    for scenario in recording.scenarios:
        if not prefixes or scenario.name.startswith(prefixes):
            with tempfile.TemporaryDirectory(prefix="tyk-contract-") as folder:
                yield _replay(recording, scenario, Path(folder).resolve())


def _replay(recording: Recording, scenario: Scenario, folder: Path) -> Outcome:
    for name in ("policies", "apps"):
        (folder / name).mkdir()
    config = {key: _placed(value, folder) for key, value in {**BASE, **scenario.config}.items()}
    exchanges = sum("request" in step for step in scenario.steps)
    with (
        MockGateway(
            gateway=recording.gateway, secret=recording.secret, config=config, directory=folder
        ) as gateway,
        Client(gateway.url) as client,
    ):
        player = _Player(gateway, client, folder)
        player.client.send("GET", RELOAD, [player.secret])
        for step in scenario.steps:
            if found := player.play(step):
                return Outcome(scenario.name, exchanges, f"step {step['step']}: {found}")
    return Outcome(scenario.name, exchanges, "")


def _placed(value: Any, folder: Path) -> Any:
    return value.replace("${DIR}", str(folder)) if isinstance(value, str) else value


class _Player:
    """Plays steps on one gateway, and remembers what was captured."""

    def __init__(self, gateway: MockGateway, client: Client, folder: Path) -> None:
        self.client = client
        self.secret = ("X-Tyk-Authorization", gateway.secret)
        self._gateway = gateway
        self._folder = folder
        self._captured: dict[str, str] = {}

    def play(self, step: Step) -> str:
        """Do one step; return what differs from the recording."""
        if "request" in step:
            return self._exchange(step)
        if "write" in step:
            path = self._folder / step["write"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes.fromhex(step["hex"]) if "hex" in step else step["text"].encode())
        elif "remove" in step:
            path = self._folder / step["remove"]
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        elif "wait" in step:
            self._gateway.advance(step["wait"])
        elif (found := self._files(step["read"])) != step["files"]:
            return f"{step['read']}/ holds {_first_file(found, step['files'])}"
        return ""

    def _exchange(self, step: Step) -> str:
        request = step["request"]
        headers = [(name, self._filled(value)) for name, value in request["headers"]]
        body = None
        if "body_hex" in request:
            body = bytes.fromhex(request["body_hex"])
        elif "body" in request:
            body = self._filled(request["body"]).encode("utf-8", "surrogatepass")
        target = self._filled(request["target"])
        self.client.close()  # the recorder made a connection for each request
        try:
            answer = self.client.send(request["method"], target, headers, body, host="gateway.test")
        except ClientError as error:
            return difference(step, {"error": str(error)})
        for name, member in step.get("capture", {}).items():
            self._captured[name] = json.loads(answer.body).get(member, "")
        return difference(step, as_response(answer))

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda m: self._captured.get(m[1], m[0]), text)

    def _files(self, name: str) -> dict[str, str] | None:
        folder = self._folder / name
        if not folder.is_dir():
            return None
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(p.relative_to(folder)): p.read_text("utf-8", "replace") for p in files}


def as_response(answer: Answer) -> dict[str, Any]:
    """An answer in the form of a recording."""
    try:
        body = {"body": answer.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_hex": answer.body.hex()}
    return {"status": answer.status, "headers": [list(each) for each in answer.headers], **body}


def _first_file(found: dict[str, str] | None, recorded: dict[str, str] | None) -> str:
    found, recorded = found or {}, recorded or {}
    for name in sorted(found.keys() | recorded.keys()):
        if name not in recorded:
            return f"{name}, recorded is none of that name"
        if name not in found:
            return f"no {name}, which was recorded"
        if found[name] != recorded[name]:
            return f"{name} with another text"
    return "nothing that could be told apart"
