"""`tyk-contract record`: our own mock, recorded, is what real gateways are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver import MockGateway
from mockserver.contract.spec_files import SpecError, spec_path
from mockserver.evidence.player import BASE, with_directory
from mockserver.evidence.recorder import SECRET, Recorder
from mockserver.evidence.recording import Recording, difference, read_recording
from mockserver.evidence.replay import replay
from mockserver.evidence.scenarios import load_scenarios
from mockserver.http.client import Client

FAMILIES = ("auth", "routing", "policies", "json", "nested", "files", "source", "reload", "types")


def recorded(release: str, family: str, folder: Path) -> Recording:
    """What a mock of that release answers, set up as each scenario asks."""
    made = Recording(release, SECRET, [])
    for name in ("policies", "apps"):
        (folder / name).mkdir(exist_ok=True)
    for scenario, needs in load_scenarios((f"{family}/",)):
        config = {k: with_directory(v, str(folder)) for k, v in {**BASE, **scenario.config}.items()}
        with (
            MockGateway(gateway=release, secret="its own", config=config, directory=folder) as gateway,
            Client(gateway.url) as client,
        ):
            recorder = Recorder(client, "its own", folder, config, sleep=gateway.advance)
            assert recorder.skip_reason(scenario, needs) == ""
            scenario.steps = list(recorder.record(scenario))
            made.scenarios.append(scenario)
    return made


@pytest.mark.parametrize("family", FAMILIES)
def test_the_mock_recorded_is_the_real_gateway(family: str, tmp_path: Path) -> None:
    """Every step of every scenario, files on disk included."""
    real = read_recording(spec_path("gateway/recordings/5.12.0.jsonl"))
    ours = {scenario.name: scenario for scenario in recorded("5.12.0", family, tmp_path).scenarios}
    for scenario in (each for each in real.scenarios if each.family == family):
        assert len(ours[scenario.name].steps) == len(scenario.steps)
        for theirs, mine in zip(scenario.steps, ours[scenario.name].steps, strict=True):
            if "request" in theirs:
                assert mine["request"] == theirs["request"]
                assert difference(theirs, mine["response"]) == ""
            else:
                assert mine == theirs


def test_scenarios_say_what_recordings_were_made_of() -> None:
    """All of them, with the same configurations."""
    real = read_recording(spec_path("gateway/recordings/5.12.0.jsonl"))
    ours = {scenario.name: scenario for scenario, _ in load_scenarios()}
    assert {s.name: (s.config, len(s.steps)) for s in real.scenarios} == {
        name: (s.config, len(s.steps)) for name, s in ours.items()
    }


def test_scenarios_say_what_they_need() -> None:
    """One that touches files needs the directory."""
    for scenario, needs in load_scenarios():
        touches = any({"write", "remove", "read"} & step.keys() for step in scenario.steps)
        assert touches is ("directory" in needs), scenario.name


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command, as a process."""
    command = [sys.executable, "-m", "mockserver", "record", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_recording_is_replayed(tmp_path: Path) -> None:
    """What cannot be recorded is skipped with its reason; the secret is not written; nothing is left."""
    out = tmp_path / "mock.jsonl"
    with MockGateway(gateway="5.8", secret="its own secret") as gateway:
        done = run(
            gateway.url,
            "--secret",
            "its own secret",
            "--out",
            out,
            "--scenarios",
            "policies/",
            "--scenarios",
            "source/",
        )
        left = dict(gateway.policies), gateway.policies.written
    assert (done.returncode, done.stderr, left) == (0, "", ({}, {}))
    assert (
        "policies/life                    skipped: needs the gateway's working directory; pass it with --directory"
        in done.stdout
    )
    assert (
        "source/service                   skipped: needs policies.policy_source = 'service'; its value is not known"
        in done.stdout
    )
    assert "its own secret" not in out.read_text()
    recording = read_recording(out)
    assert recording.gateway == "5.8.15"
    outcomes = list(replay(recording))
    assert len(outcomes) > 3
    assert [outcome for outcome in outcomes if outcome.difference] == []


def test_a_gateway_with_policies_is_not_recorded(tmp_path: Path) -> None:
    """For recording would remove them."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": "mine"})
        done = run(gateway.url, "--secret", "s", "--out", tmp_path / "x.jsonl", "--scenarios", "auth")
        assert list(gateway.policies) == ["mine"]
    assert (done.returncode, "record on an empty gateway" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["http://127.0.0.1:1"], 3, "Connection refused"),
        (["http://127.0.0.1:1", "--scenarios", "nothing"], 2, "no scenario's name begins with nothing"),
        (["http://127.0.0.1:1", "--gateway", "9.9"], 3, "Connection refused"),
    ],
)
def test_what_cannot_be_recorded_is_told(
    arguments: list[str], code: int, complaint: str, tmp_path: Path
) -> None:
    """In one line, with its exit code."""
    done = run(*arguments, "--out", tmp_path / "x.jsonl")
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert complaint in done.stderr


def test_a_scenario_with_an_unknown_key_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its name."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "x.yaml").write_text(json.dumps([{"name": "x/y", "about": "", "steps": [{"sent": "GET /"}]}]))
    monkeypatch.setattr("mockserver.evidence.scenarios.spec_path", lambda _: folder)
    with pytest.raises(SpecError, match="'x/y' step 0 has the unknown key 'sent'"):
        load_scenarios()
