"""The replay of recordings against the mock, each scenario under its own configuration."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mockserver.evidence.player import BASE, RELOAD, Player, as_response, files_below, with_directory
from mockserver.evidence.recording import Recording, Scenario, Step, difference
from mockserver.http.client import Client
from mockserver.http.echo_server import Echo
from mockserver.serving.mock_gateway import MockGateway


@dataclass(frozen=True)
class Outcome:
    """The result of one scenario's replay.

    Attributes:
        exchanges: the number of requests in the scenario.
        difference: the first difference in words; "" if all answers are identical.
    """

    scenario: str
    exchanges: int
    difference: str


def replay(recording: Recording, prefixes: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Replay the scenarios whose names begin with one of the prefixes, or all if there are no prefixes."""
    with Echo() as upstream:
        for scenario in recording.scenarios:
            if not prefixes or scenario.name.startswith(prefixes):
                with tempfile.TemporaryDirectory(prefix="tyk-contract-") as directory:
                    yield _replay(recording, scenario, Path(directory).resolve(), upstream.url)


def _replay(recording: Recording, scenario: Scenario, directory: Path, upstream: str) -> Outcome:
    for name in ("policies", "apps"):
        (directory / name).mkdir()
    config = {k: with_directory(v, str(directory)) for k, v in {**BASE, **scenario.config}.items()}
    exchanges = sum("request" in step for step in scenario.steps)
    with (
        MockGateway(
            gateway=recording.gateway, secret=recording.secret, config=config, directory=directory
        ) as gateway,
        Client(gateway.url) as client,
    ):
        client.send("GET", RELOAD, [("X-Tyk-Authorization", gateway.secret)])
        player = Player(client, directory, gateway.secret, upstream)
        for step in scenario.steps:
            if text := _play(step, player, gateway, directory):
                return Outcome(scenario.name, exchanges, f"step {step['step']}: {text}")
    return Outcome(scenario.name, exchanges, "")


def _play(step: Step, player: Player, gateway: MockGateway, directory: Path) -> str:
    """Execute one step; return the difference from the recording, "" if there is none."""
    if "request" in step:
        answer = player.send(step)
        return difference(step, {"error": "no answer"} if answer is None else as_response(answer))
    if "wait" in step:
        gateway.advance(step["wait"])
    elif "read" not in step:
        player.change_files(step)
    elif (files := files_below(directory / step["read"])) != step["files"]:
        return f"{step['read']}/ contains {_file_difference(files, step['files'])}"
    return ""


def _file_difference(actual: dict[str, str] | None, recorded: dict[str, str] | None) -> str:
    actual, recorded = actual or {}, recorded or {}
    for name in sorted(actual.keys() | recorded.keys()):
        if name not in recorded:
            return f"{name}, which was not recorded"
        if name not in actual:
            return f"no {name}, which was recorded"
        if actual[name] != recorded[name]:
            return f"{name} with another text than was recorded"
    return "no files, and only one of the mock and the recording has the directory"
