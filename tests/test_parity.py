"""Parity: the mock answers as the recorded real gateways did, byte for byte."""

from __future__ import annotations

import copy
import json
import re
from functools import lru_cache
from pathlib import Path

import pytest

from mockserver.contract.spec_files import known_versions, spec_path
from mockserver.evidence.recording import Recording, RecordingError, Scenario, difference, read_recording
from mockserver.evidence.replay import replay

RELEASES = [str(release) for release in known_versions().values()]
QUICK = {RELEASES[0], RELEASES[-1]}  # what differs lies between them; the others are in `make test-all`


def _path(release: str) -> Path:
    return spec_path(f"gateway/recordings/{release}.jsonl")


@lru_cache(1)
def _recording(release: str) -> Recording:
    return read_recording(_path(release))


def _families(release: str) -> list[str]:
    """The families of scenarios in a recording, by the beginnings of its lines."""
    names = re.findall(r'^\{"scenario": ?"([^"/]+)/', _path(release).read_text("utf-8"), re.MULTILINE)
    return list(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("release", "family"),
    [
        pytest.param(release, family, marks=() if release in QUICK else pytest.mark.slow)
        for release in RELEASES
        for family in _families(release)
    ],
)
def test_every_exchange_is_identical(release: str, family: str) -> None:
    """The mock gives the recorded status, headers, body and files in every scenario of a family."""
    outcomes = list(replay(_recording(release), (f"{family}/",)))
    assert outcomes
    assert [outcome for outcome in outcomes if outcome.difference] == []


def test_a_difference_names_its_step() -> None:
    """The replay of a recording that was changed names the step and both statuses."""
    recording = _recording("5.12.0")
    scenario = next(candidate for candidate in recording.scenarios if candidate.name == "policies/life")
    changed = copy.deepcopy(scenario)
    changed.steps[1]["response"]["status"] = 410
    outcome = next(replay(Recording(recording.version, recording.secret, [changed])))
    assert outcome.difference == "step 1: status 404, recorded 410"


def test_a_file_left_on_disk_counts() -> None:
    """A recorded file that the mock does not write is a difference."""
    recording = _recording("5.12.0")
    steps = [{"step": 0, "read": "policies", "files": {"ghost.json": ""}}]
    scenario = Scenario("x/y", "", {}, steps)
    outcome = next(replay(Recording(recording.version, recording.secret, [scenario])))
    assert "no ghost.json" in outcome.difference


def _step(body: str, **marks: object) -> dict[str, object]:
    headers = [["Content-Type", "application/json"], ["Content-Length", str(len(body))]]
    return {"response": {"status": 200, "headers": headers, "body": body}, **marks}


@pytest.mark.parametrize(
    ("recorded", "answered", "marks"),
    [
        ('[{"a":1},{"b":2}]', '[{"b":2},{"a":1}]', {"unordered": True}),
        ('{"keys":["a","b"]}', '{"keys":["b","a"]}', {"unordered": True}),
        ('{"time":"1","a":1}', '{"time":"22","a":1}', {"volatile": ["/time"]}),
        ('{"x":{"time":"1"}}', '{"x":{"time":"22"}}', {"volatile": ["**/time"]}),
        ("anything", "else", {"volatile": ["*"]}),
        ('{"tags":["a","b"],"t":1}', '{"tags":["b","a"],"t":2}', {"volatile": ["/t"]}),
    ],
    ids=[
        "order of an array",
        "order of keys",
        "member",
        "nested member",
        "body",
        "order beside a volatile member",
    ],
)
def test_marked_values_and_orders_may_differ(recorded: str, answered: str, marks: dict[str, object]) -> None:
    """Values that are marked volatile, and arrays that are marked unordered, may differ."""
    assert difference(_step(recorded, **marks), _step(answered)["response"]) == ""


@pytest.mark.parametrize(
    ("recorded", "answered", "marks"),
    [
        ('{"a":1}', '{"a":1.0}', {}),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', {}),
        ('{"t":"1","a":1}', '{"t":"2","a":1.0}', {"volatile": ["/t"]}),
        ('{"t":"1"}', "{}", {"volatile": ["/t"]}),
        ('[{"a":1,"b":2}]', '[{"b":2,"a":1}]', {"unordered": True}),
        ('[{"a":1}]\n', '[{"a":1}]', {"unordered": True}),
    ],
    ids=[
        "text of a number",
        "order of members",
        "text beside a volatile member",
        "volatile member missing",
        "order within an element",
        "final newline",
    ],
)
def test_anything_else_is_a_difference(recorded: str, answered: str, marks: dict[str, object]) -> None:
    """Texts of numbers, orders of members, missing volatile members and final newlines are differences."""
    assert difference(_step(recorded, **marks), _step(answered)["response"]) != ""


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"gateway":"5.12.0"}\n', '{"gateway":"5.12.0","secret":"s"}\n{"step":0}'],
    ids=["empty", "no JSON", "no secret", "step without a scenario"],
)
def test_a_broken_recording_is_an_error(text: str, tmp_path: Path) -> None:
    """A file that is no recording raises RecordingError, which names the file."""
    path = tmp_path / "some.jsonl"
    path.write_text(text)
    with pytest.raises(RecordingError, match=r"some\.jsonl"):
        read_recording(path)


def test_a_line_separator_in_a_body_ends_no_line(tmp_path: Path) -> None:
    """A recording is split at newlines alone, and not at the character U+2028."""
    head = json.dumps({"gateway": "5.12.0", "secret": "s"})
    scenario = json.dumps({"scenario": "a/b", "about": "\u2028"}, ensure_ascii=False)
    path = tmp_path / "r.jsonl"
    path.write_text(f"{head}\n{scenario}\n", "utf-8")
    assert read_recording(path).scenarios[0].about == "\u2028"
