"""`tyk-contract record`: a recording of our mock is that of a real gateway."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from serving import error_line, run_command

from mockserver import MockGateway
from mockserver.contract.spec_files import SpecError, spec_path
from mockserver.evidence.player import BASE, with_directory
from mockserver.evidence.recorder import SECRET, Recorder
from mockserver.evidence.recording import Recording, Scenario, Step, difference, read_recording
from mockserver.evidence.replay import replay
from mockserver.evidence.scenarios import load_scenarios
from mockserver.http.client import Client

pytestmark = pytest.mark.slow  # whole commands and servers

FAMILIES = ("auth", "routing", "policies", "json", "nested", "files", "source", "reload", "types")


def record_mock(release: str, family: str, folder: Path) -> Recording:
    """A recording of a mock of that release, which has the configuration that each scenario needs."""
    recording = Recording(release, SECRET, [])
    for name in ("policies", "apps"):
        (folder / name).mkdir(exist_ok=True)
    for scenario, needs in load_scenarios((f"{family}/",)):
        values = {**BASE, **scenario.config}
        config = {key: with_directory(value, str(folder)) for key, value in values.items()}
        with (
            MockGateway(gateway=release, secret="its own", config=config, directory=folder) as gateway,
            Client(gateway.url) as client,
        ):
            recorder = Recorder(client, "its own", folder, config, sleep=gateway.advance)
            assert recorder.skip_reason(scenario, needs) == ""
            scenario.steps = list(recorder.record(scenario))
            recording.scenarios.append(scenario)
    return recording


def step_difference(real: Step, recorded: Step) -> str:
    """The difference between a step of the real gateway and one of the mock; "" if there is none."""
    if "request" not in real:
        return "" if recorded == real else f"{recorded} is not {real}"
    if recorded["request"] != real["request"]:
        return f"{recorded['request']} is not {real['request']}"
    return difference(real, recorded["response"])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_recorded_mock_is_the_recorded_gateway(family: str, tmp_path: Path) -> None:
    """A recording of the mock has the steps of the real gateway's, with the files on disk."""
    recording = record_mock("5.12.0", family, tmp_path)
    by_name = {scenario.name: scenario for scenario in recording.scenarios}
    real = read_recording(spec_path("gateway/recordings/5.12.0.jsonl"))
    differences = {
        (scenario.name, number): step_difference(step, recorded)
        for scenario in real.scenarios
        if scenario.family == family
        for number, (step, recorded) in enumerate(
            zip(scenario.steps, by_name[scenario.name].steps, strict=True)
        )
    }
    assert differences
    assert {place: text for place, text in differences.items() if text} == {}


def test_recordings_have_the_scenarios_of_the_files() -> None:
    """The newest recording has each scenario of spec/gateway/scenarios with its configuration and its steps."""
    real = read_recording(spec_path("gateway/recordings/5.14.0.jsonl"))
    assert {scenario.name: (scenario.config, len(scenario.steps)) for scenario in real.scenarios} == {
        scenario.name: (scenario.config, len(scenario.steps)) for scenario, _ in load_scenarios()
    }


@pytest.mark.parametrize(
    ("scenario", "needs"), [pytest.param(*loaded, id=loaded[0].name) for loaded in load_scenarios()]
)
def test_a_scenario_that_touches_files_needs_the_directory(scenario: Scenario, needs: Any) -> None:
    """A scenario needs the gateway's directory if and only if one of its steps touches a file."""
    touches_files = any({"write", "remove", "read"} & step.keys() for step in scenario.steps)
    assert touches_files is ("directory" in needs)


@pytest.fixture(scope="module", name="recorded")
def _recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The process that recorded a mock without its directory, which had to be left empty, and its file."""
    path = tmp_path_factory.mktemp("recordings") / "mock.jsonl"
    flags = ["--out", path, "--scenarios", "policies/", "--scenarios", "source/"]
    with MockGateway(gateway="5.8", secret="its own secret") as gateway:
        process = run_command("record", gateway.url, "--secret", "its own secret", *flags)
        assert dict(gateway.policies) == {}
        assert gateway.policies.written == {}
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return process, path


def test_a_scenario_that_cannot_be_recorded_is_skipped(
    recorded: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """`record` prints the reason for each scenario that it skips."""
    process, _ = recorded
    directory = "needs the gateway's working directory; pass it with --directory"
    assert f"policies/life                    skipped: {directory}" in process.stdout
    source = "needs policies.policy_source = 'service'; its value is not known"
    assert f"source/service                   skipped: {source}" in process.stdout


def test_a_recording_is_replayed(recorded: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    """The mock answers as the recording of a mock says, which has the release and not the secret."""
    _, path = recorded
    assert "its own secret" not in path.read_text()
    recording = read_recording(path)
    assert (recording.service, recording.version) == ("gateway", "5.8.15")
    outcomes = list(replay(recording))
    assert len(outcomes) > 3
    assert [outcome for outcome in outcomes if outcome.difference] == []


def test_a_gateway_with_policies_is_not_recorded(tmp_path: Path) -> None:
    """`record` refuses a gateway that has policies, for it would remove them."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": "mine"})
        flags = ["--secret", "s", "--out", tmp_path / "x.jsonl", "--scenarios", "auth"]
        process = run_command("record", gateway.url, *flags)
        assert list(gateway.policies) == ["mine"]
    assert process.returncode == 2, process.stdout + process.stderr
    assert "record on an empty gateway" in process.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["http://127.0.0.1:1"], 3, "Connection refused"),
        (["http://127.0.0.1:1", "--scenarios", "nothing"], 2, "no scenario's name begins with nothing"),
        (["http://127.0.0.1:1", "--gateway", "9.9"], 3, "Connection refused"),
    ],
    ids=["unreachable", "unknown scenario", "unknown version, unreachable"],
)
def test_a_recording_that_cannot_begin_is_an_error(
    arguments: list[str], code: int, complaint: str, tmp_path: Path
) -> None:
    """`record` names an unreachable gateway or an unknown scenario in one line."""
    process = run_command("record", *arguments, "--out", tmp_path / "x.jsonl")
    assert complaint in error_line(process, code)


def test_a_scenario_with_an_unknown_key_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A scenario with an unknown key raises SpecError, which names scenario, step and key."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "x.yaml").write_text(json.dumps([{"name": "x/y", "about": "", "steps": [{"sent": "GET /"}]}]))
    monkeypatch.setattr("mockserver.evidence.scenarios.spec_path", lambda _: folder)
    with pytest.raises(SpecError, match="'x/y' step 0 has the unknown key 'sent'"):
        load_scenarios()


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--proxy", "http://127.0.0.1:1"], 3, "cannot be recorded: 127.0.0.1:1: Connection refused"),
        (["--proxy", "http://a/b"], 2, "the URL has the path /b; give http://a"),
        (["--proxy", "http://a", "http://b"], 2, "exclude each other"),
        ([], 2, "or --proxy URL"),
    ],
)
def test_a_proxy_that_cannot_begin_is_an_error(
    arguments: list[str], code: int, complaint: str, tmp_path: Path
) -> None:
    """`record` says in one line what keeps it from recording, and leaves no file."""
    process = run_command("record", *arguments, "--out", tmp_path / "live.jsonl")
    assert complaint in error_line(process, code)
    assert list(tmp_path.iterdir()) == []
