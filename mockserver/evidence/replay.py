"""The replay of recordings against the mock, each scenario under its own configuration."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mockserver.evidence.dashboard_run import STANDING, variables_of, without_others
from mockserver.evidence.player import BASE, RELOAD, Player, files_below, with_directory
from mockserver.evidence.recording import Recording, Scenario, Step, difference
from mockserver.evidence.stand_ins import StandIns
from mockserver.http.client import Answer, Client
from mockserver.http.echo_server import Echo
from mockserver.serving.mock_dashboard import MockDashboard
from mockserver.serving.mock_gateway import MockGateway

PATIENCE = 60.0  # seconds for an answer of the mock, however busy the machine is


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


@dataclass(frozen=True)
class Stage:
    """A mock in the initial state of a scenario.

    Attributes:
        player: the player of the steps.
        directory: the mock's working directory.
        advance: advances the mock's clock by a number of seconds.
        own: an answer without what a recording leaves out of it.
    """

    player: Player
    directory: Path
    advance: Callable[[float], None]
    own: Callable[[Answer], Answer] = lambda answer: answer


def replay(recording: Recording, prefixes: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Replay the scenarios whose names begin with one of the prefixes, or all if there are no prefixes."""
    for scenario in recording.scenarios:
        if not prefixes or scenario.name.startswith(prefixes):
            with STAGES[recording.service](recording, scenario) as stage:
                yield _replay(scenario, stage)


@contextmanager
def _gateway(recording: Recording, scenario: Scenario) -> Iterator[Stage]:
    """A mock gateway with an empty directory and an upstream."""
    with Echo() as upstream, tempfile.TemporaryDirectory(prefix="tyk-contract-") as name:
        directory = Path(name).resolve()
        for folder in ("policies", "apps"):
            (directory / folder).mkdir()
        config = {k: with_directory(v, str(directory)) for k, v in {**BASE, **scenario.config}.items()}
        with (
            MockGateway(
                gateway=recording.version, secret=recording.secret, config=config, directory=directory
            ) as gateway,
            Client(gateway.url, PATIENCE) as client,
        ):
            client.send("GET", RELOAD, [("X-Tyk-Authorization", gateway.secret)])
            variables = {"SECRET": gateway.secret, "UPSTREAM": upstream.url}
            player = Player(client, variables, directory, upstream=upstream)
            yield Stage(player, directory, gateway.advance)


@contextmanager
def _dashboard(recording: Recording, scenario: Scenario) -> Iterator[Stage]:
    """A mock Dashboard whose organisation, key and names are those of the recording."""
    with (
        MockDashboard(
            dashboard=recording.version,
            key=recording.secret,
            organisation=STANDING["ORG"],
            config=scenario.config,
            with_gateway=False,
        ) as dashboard,
        Client(dashboard.url, PATIENCE) as client,
    ):
        admin_secret = dashboard.state.config.admin_secret
        variables = variables_of(STANDING, key=dashboard.key, admin_secret=admin_secret)
        player = Player(client, variables, host=None, stand_ins=StandIns(), uncaptured=variables["NONE"])
        yield Stage(
            player, Path(), dashboard.advance, lambda answer: without_others(answer, variables["RUN"])[0]
        )


STAGES: dict[str, Callable[[Recording, Scenario], AbstractContextManager[Stage]]] = {
    "gateway": _gateway,
    "dashboard": _dashboard,
}


def _replay(scenario: Scenario, stage: Stage) -> Outcome:
    exchanges = sum("request" in step for step in scenario.steps)
    for step in scenario.steps:
        if text := _play(step, stage):
            return Outcome(scenario.name, exchanges, f"step {step['step']}: {text}")
    return Outcome(scenario.name, exchanges, "")


def _play(step: Step, stage: Stage) -> str:
    """Execute one step; return the difference from the recording, "" if there is none."""
    if "request" in step:
        answer = stage.player.send(step)
        return difference(step, stage.player.response(answer and stage.own(answer)))
    if "wait" in step:
        stage.advance(step["wait"])
    elif "read" not in step:
        stage.player.prepare(step)
    elif (files := files_below(stage.directory / step["read"])) != step["files"]:
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
