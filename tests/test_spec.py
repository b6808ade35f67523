"""The files under spec/ hold together."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mockserver.contract import behaviours, spec_files
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import SpecError, known_versions, select_version, unknown_x_keys
from mockserver.contract.versions import GatewayVersion, Span
from mockserver.evidence.recording import read_recording
from mockserver.service.registry import HANDLERS

LINES = list(known_versions())
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("line", LINES)
def test_every_operation_has_a_handler(line: str) -> None:
    """And every handler an operation."""
    contract = Contract.load(select_version(line))
    registered = {operation_id for service, operation_id in HANDLERS if service == "gateway"}
    assert set(contract.operations) <= registered == contract.declared


@pytest.mark.parametrize("line", LINES)
def test_every_example_fits_its_schema(line: str) -> None:
    """Examples of request bodies and of answers, as the document of that version has them."""
    contract = Contract.load(select_version(line))
    checked = 0
    for operation in contract.operations.values():
        bodies = [contract.resolve(operation.definition.get("requestBody", {}))]
        responses = operation.definition["responses"].values()
        for holder in [*bodies, *map(contract.resolve, responses)]:
            for media in holder.get("content", {}).values():
                examples = [e["value"] for e in media.get("examples", {}).values()]
                examples += [media["example"]] if "example" in media else []
                assert examples or not holder
                for example in examples:
                    body = json.dumps(example).encode()
                    assert contract._body_violations("example", media["schema"], body) == []
                    checked += 1
    assert checked > 20


@pytest.mark.parametrize("line", LINES)
def test_every_schema_has_an_example_that_it_takes(line: str) -> None:
    """A reader sees what a schema is for."""
    contract = Contract.load(select_version(line))
    for name, schema in contract.raw["components"]["schemas"].items():
        body = json.dumps(schema["example"]).encode()
        sent = {"$ref": f"#/components/schemas/{name}Sent"}
        assert contract._body_violations(name, sent, body) == []


def test_versions_change_the_shape() -> None:
    """x-since and x-until are honoured."""
    old = Contract.load(GatewayVersion(5, 8, 2))
    assert "getReady" not in old.operations
    members = [
        list(Contract.load(select_version(line)).raw["components"]["schemas"]["Policy"]["properties"])
        for line in ("5.12", "5.13")
    ]
    assert set(members[1]) - set(members[0]) == {"post_expiry_action", "post_expiry_grace_period"}


def test_an_unknown_x_key_is_found() -> None:
    """A misspelt key must not be passed over in silence."""
    assert unknown_x_keys({"a": [{"x-sinc": "5.12"}]}) == ["/a/0/x-sinc"]


@pytest.mark.parametrize("text", ["5.12", "5.12.0", "v5.12", "5.8.7"])
def test_a_version_is_taken(text: str) -> None:
    """By its line, or by its release."""
    assert str(select_version(text)).startswith(text.removeprefix("v"))


@pytest.mark.parametrize("text", ["6", "5", "5.99", "five", "", "5.12.0-rc1", "4.1"])
def test_an_unknown_version_is_refused(text: str) -> None:
    """The message names it."""
    with pytest.raises(SpecError, match=re.escape(repr(text))):
        select_version(text)


def test_a_span_begins_and_ends() -> None:
    """`since` is in it, `until` is not."""
    span = Span.parse("5.11", "5.13")
    inside = [str(v) for v in map(GatewayVersion.parse, ("5.10.9", "5.11", "5.12.9", "5.13")) if v in span]
    assert inside == ["5.11.0", "5.12.9"]


def test_a_behaviour_may_have_a_gap() -> None:
    """`id-required` came with 5.8.8 and 5.11, not with 5.9 and 5.10."""
    row = behaviours.load()["id-required"]
    held = [
        v for v in ("5.8.7", "5.8.8", "5.9.0", "5.10.9", "5.11.0") if row.holds_for(GatewayVersion.parse(v))
    ]
    assert held == ["5.8.8", "5.11.0"]


def test_an_unknown_behaviour_cannot_be_switched_off() -> None:
    """A typing error must not make a faulty gateway look sound."""
    with pytest.raises(SpecError, match="no-such-row"):
        behaviours.load().of(GatewayVersion(5, 12), frozenset({"no-such-row"}))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"id": "x"}, "lacks"),
        (
            {
                "id": "x",
                "level": "core",
                "statement": "s",
                "source": "s",
                "operation": "o",
                "sinse": 1,
            },
            "sinse",
        ),
        ({"id": "x", "level": "must", "statement": "s", "source": "s", "operation": "o"}, "level"),
    ],
)
def test_a_broken_row_is_named(
    row: dict[str, object], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown or missing key ends the start."""
    monkeypatch.setattr(behaviours, "behaviours_table", lambda folder: {"behaviours": [row]})
    with pytest.raises(SpecError, match=complaint):
        behaviours.load.__wrapped__()


def test_a_row_cannot_stand_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are unique."""
    table = spec_files.behaviours_table()
    twice = {"behaviours": [table["behaviours"][0]] * 2}
    monkeypatch.setattr(behaviours, "behaviours_table", lambda folder: twice)
    with pytest.raises(SpecError, match="two rows"):
        behaviours.load.__wrapped__()


def test_every_row_has_a_test_and_every_test_a_row() -> None:
    """Rows of level setup are held by recordings instead."""
    text = "".join(path.read_text() for path in (ROOT / "contract_tests").rglob("test_*.py"))
    tested = set(re.findall(r'@behaviour\(\s*"([a-z0-9-]+)"', text))
    rows = behaviours.load()
    assert tested - rows.keys() == set()
    assert {name for name, row in rows.items() if row.level != "setup"} - tested == set()


def test_every_source_that_names_a_recording_is_in_it() -> None:
    """A claim's evidence can be looked up."""
    recording = read_recording(spec_files.spec_path("gateway/recordings/5.12.0.jsonl"))
    steps = {scenario.name: len(scenario.steps) for scenario in recording.scenarios}
    for row in behaviours.load().values():
        for name, first in re.findall(r"recording ([a-z]+/[a-z0-9_-]+)(?: steps? (\d+))?", row.source):
            assert name in steps, row.id
            assert int(first or 0) < steps[name], row.id


def test_no_version_stands_in_the_code() -> None:
    """A version is data in spec/, never a branch."""
    for folder in ("mockserver", "contract_tests"):
        for path in (ROOT / folder).rglob("*.py"):
            code = re.sub(
                r"@v5[0-9.]+|\"\"\".*?\"\"\"|#.*|help=\"[^\"]*\"",
                "",
                path.read_text(),
                flags=re.DOTALL,
            )
            assert not re.search(r"[\"'(]5\.(8|9|1\d)", code), path
