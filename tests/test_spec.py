"""The files under spec/ agree with each other and with the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import behaviours, member_tables, spec_files
from mockserver.contract.behaviours import Behaviour
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import SpecError, known_versions, select_version, unknown_x_keys
from mockserver.contract.versions import GatewayVersion, Span
from mockserver.evidence.recording import read_recording
from mockserver.service.registry import HANDLERS

LINES = list(known_versions())
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("line", LINES)
def test_every_operation_has_a_handler(line: str) -> None:
    """Each operation of a version has a handler, and each handler an operation of some version."""
    contract = Contract.load(select_version(line))
    registered = {operation_id for service, operation_id in HANDLERS if service == "gateway"}
    assert set(contract.operations) <= registered == contract.declared


def _media(contract: Contract) -> Iterator[tuple[str, dict[str, Any]]]:
    """The media type objects of each operation's request body and answers, with the operation's id."""
    for operation in contract.operations.values():
        definition = contract.definition(operation)
        bodies = [definition.get("requestBody", {}), *definition["responses"].values()]
        for body in map(contract.resolve, bodies):
            for media in body.get("content", {}).values():
                yield operation.id, media


@pytest.mark.parametrize("line", LINES)
def test_every_example_fits_its_schema(line: str) -> None:
    """Each request body and answer of a version has examples, and each is valid by its schema."""
    contract = Contract.load(select_version(line))
    count = 0
    for operation_id, media in _media(contract):
        examples = [example["value"] for example in media.get("examples", {}).values()]
        examples += [media["example"]] if "example" in media else []
        assert examples, operation_id
        for example in examples:
            body = json.dumps(example).encode()
            assert contract._body_violations(operation_id, media["schema"], body) == []
        count += len(examples)
    assert count > 20


@pytest.mark.parametrize("line", LINES)
def test_every_schema_has_a_valid_example(line: str) -> None:
    """Each schema has an example, which is valid as the body of a request."""
    contract = Contract.load(select_version(line))
    violations = {
        name: contract._body_violations(
            name, {"$ref": f"#/components/schemas/{name}Sent"}, json.dumps(schema["example"]).encode()
        )
        for name, schema in contract.raw["components"]["schemas"].items()
    }
    assert violations == {name: [] for name in violations}


def test_versions_change_the_shape() -> None:
    """A contract leaves out operations and members that x-since and x-until exclude."""
    old = Contract.load(GatewayVersion(5, 8, 2))
    assert "getReady" not in old.operations
    before, after = (
        set(Contract.load(select_version(line)).raw["components"]["schemas"]["Policy"]["properties"])
        for line in ("5.12", "5.13")
    )
    assert after - before == {"post_expiry_action", "post_expiry_grace_period"}


def test_an_unknown_x_key_is_reported() -> None:
    """The path of a key that begins with x- and that nothing reads is reported."""
    assert unknown_x_keys({"a": [{"x-sinc": "5.12"}]}) == ["/a/0/x-sinc"]


@pytest.mark.parametrize("text", ["5.12", "5.12.0", "v5.12", "5.8.7"])
def test_a_version_is_selected(text: str) -> None:
    """A version is selected by its release line, or by its release."""
    assert str(select_version(text)).startswith(text.removeprefix("v"))


@pytest.mark.parametrize("text", ["6", "5", "5.99", "five", "", "5.12.0-rc1", "4.1"])
def test_an_unknown_version_is_refused(text: str) -> None:
    """An unknown version raises SpecError, which names it."""
    with pytest.raises(SpecError, match=re.escape(repr(text))):
        select_version(text)


def test_a_span_begins_and_ends() -> None:
    """A span contains the version of `since`, and not that of `until`."""
    span = Span.parse("5.11", "5.13")
    versions = map(GatewayVersion.parse, ("5.10.9", "5.11", "5.12.9", "5.13"))
    assert [str(version) for version in versions if version in span] == ["5.11.0", "5.12.9"]


def test_a_behaviour_may_have_a_gap() -> None:
    """The behaviour id-required holds from 5.8.8 and from 5.11, and not in 5.9 and 5.10."""
    row = behaviours.load()["id-required"]
    versions = ("5.8.7", "5.8.8", "5.9.0", "5.10.9", "5.11.0")
    holds = [version for version in versions if row.holds_for(GatewayVersion.parse(version))]
    assert holds == ["5.8.8", "5.11.0"]


def test_an_unknown_behaviour_cannot_be_switched_off() -> None:
    """An unknown id in `without` raises SpecError, so that a misspelt one is noticed."""
    with pytest.raises(SpecError, match="no-such-row"):
        behaviours.load().of(GatewayVersion(5, 12), frozenset({"no-such-row"}))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"id": "x"}, "lacks"),
        (
            {"id": "x", "level": "core", "statement": "s", "source": "s", "operation": "o", "sinse": 1},
            "sinse",
        ),
        ({"id": "x", "level": "must", "statement": "s", "source": "s", "operation": "o"}, "level"),
    ],
    ids=["missing members", "unknown member", "unknown level"],
)
def test_a_broken_row_is_an_error(
    row: dict[str, object], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row with an unknown or a missing member raises SpecError, which names the member."""
    monkeypatch.setattr(behaviours, "behaviours_table", lambda folder: {"behaviours": [row]})
    with pytest.raises(SpecError, match=complaint):
        behaviours.load.__wrapped__()


def test_two_rows_of_one_id_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of one id raise SpecError."""
    table = spec_files.behaviours_table()
    twice = {"behaviours": [table["behaviours"][0]] * 2}
    monkeypatch.setattr(behaviours, "behaviours_table", lambda folder: twice)
    with pytest.raises(SpecError, match="two rows"):
        behaviours.load.__wrapped__()


@pytest.mark.parametrize("service", ["gateway", "dashboard"])
def test_every_row_has_a_test_and_every_test_a_row(service: str) -> None:
    """Each behaviour that recordings alone do not hold has a contract test, and each such test a behaviour."""
    text = "".join(path.read_text() for path in (ROOT / "contract_tests" / service).rglob("test_*.py"))
    tested = set(re.findall(r'@behaviour\(\s*"([a-z0-9-]+)"', text))
    rows = behaviours.load(spec_files.spec_path(service))
    assert tested - rows.keys() == set()
    assert {row.id for row in rows.values() if row.has_test} - tested == set()


def test_settings_of_behaviours_are_keys_of_the_configuration() -> None:
    """Each setting that a behaviour needs is a key of tyk.conf, with a value of its type."""
    kinds = member_tables.load(member_tables.CONFIG_KEYS).kinds
    names = {bool: "boolean", int: "integer", str: "string", list: "array", float: "number"}
    for row in behaviours.load().values():
        for name, value in row.configuration:
            assert kinds[name] == names[type(value)]


@pytest.mark.parametrize("row", behaviours.load().values(), ids=lambda row: row.id)
def test_every_recorded_source_is_in_the_recording(row: Behaviour) -> None:
    """Each scenario and step that a behaviour's source names is in the recording of 5.12.0 or, if that has none, of 5.14.0."""
    for name, step in re.findall(r"recording ([a-z]+/[a-z0-9_-]+)(?: steps? (\d+))?", row.source):
        assert int(step or 0) < recorded_steps()[name]


@cache
def recorded_steps() -> dict[str, int]:
    """The number of steps of each scenario in the recordings of 5.14.0 and, before that, of 5.12.0."""
    recordings = [
        read_recording(spec_files.spec_path(f"gateway/recordings/{release}.jsonl"))
        for release in ("5.14.0", "5.12.0")
    ]
    return {
        scenario.name: len(scenario.steps) for recording in recordings for scenario in recording.scenarios
    }


@pytest.mark.parametrize("folder", ["mockserver", "contract_tests"])
def test_no_version_stands_in_the_code(folder: str) -> None:
    """No code names a version of the gateway, for a version is data in spec/."""
    beside_code = re.compile(r"@v5[0-9.]+|\"\"\".*?\"\"\"|#[^\n]*|help=\"[^\"]*\"", re.DOTALL)
    paths = (ROOT / folder).rglob("*.py")
    code = {str(path): beside_code.sub("", path.read_text()) for path in paths}
    assert [path for path, text in code.items() if re.search(r"[\"'(]5\.(8|9|1\d)", text)] == []
