"""Replay recordings against the mock, each scenario under its own configuration."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mockserver.evidence.player import BASE, RELOAD, Player, as_response, files_below, placed
from mockserver.evidence.recording import Recording, Scenario, Step, difference
from mockserver.http.client import Client
from mockserver.http.echo_server import Echo
from mockserver.serving.mock_gateway import MockGateway


@dataclass(frozen=True)
class Outcome:
    """One scenario's replay; `difference` is the first one, "" where all is identical."""

    scenario: str
    exchanges: int
    difference: str


def replay(recording: Recording, prefixes: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Replay the scenarios whose names begin with one of the prefixes; all when there is none."""
    with Echo() as upstream:
        for scenario in recording.scenarios:
            if not prefixes or scenario.name.startswith(prefixes):
                with tempfile.TemporaryDirectory(prefix="tyk-contract-") as folder:
                    yield _replay(recording, scenario, Path(folder).resolve(), upstream.url)


def _replay(recording: Recording, scenario: Scenario, folder: Path, upstream: str) -> Outcome:
    for name in ("policies", "apps"):
        (folder / name).mkdir()
    config = {key: placed(value, str(folder)) for key, value in {**BASE, **scenario.config}.items()}
    exchanges = sum("request" in step for step in scenario.steps)
    with (
        MockGateway(
            gateway=recording.gateway, secret=recording.secret, config=config, directory=folder
        ) as gateway,
        Client(gateway.url) as client,
    ):
        client.send("GET", RELOAD, [("X-Tyk-Authorization", gateway.secret)])
        playing = Player(client, folder, gateway.secret, upstream)
        for step in scenario.steps:
            if found := _play(step, playing, gateway, folder):
                return Outcome(scenario.name, exchanges, f"step {step['step']}: {found}")
    return Outcome(scenario.name, exchanges, "")


def _play(step: Step, playing: Player, gateway: MockGateway, folder: Path) -> str:
    """Do one step; return what differs from the recording."""
    if "request" in step:
        answer = playing.send(step)
        return difference(step, {"error": "no answer"} if answer is None else as_response(answer))
    if "wait" in step:
        gateway.advance(step["wait"])
    elif "read" not in step:
        playing.change_files(step)
    elif (found := files_below(folder / step["read"])) != step["files"]:
        return f"{step['read']}/ holds {_first_file(found, step['files'])}"
    return ""


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
