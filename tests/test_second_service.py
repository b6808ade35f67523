"""A second service is served, judged, reported, mutated and cleaned without a change to a module of the product."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml  # noqa: F401  pytester forgets modules that a test imports first, and this one stands no second import
from serving import LEAN

from contract_tests.engine import leftovers
from contract_tests.report import verdicts
from contract_tests.report.json import as_json, from_json
from contract_tests.report.verdicts import Status
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.http.client import Client
from mockserver.http.messages import Reply, Request
from mockserver.mutation import answer_mutants, answer_patches
from mockserver.service.mock import Mock
from mockserver.service.registry import Call, Handlers, check
from mockserver.service.service import Service
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.service_server import ServiceServer, listen

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "notes-secret"
OPENAPI = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
security: [{secret: []}]
paths:
  /ping:
    get:
      operationId: ping
      security: []
      responses: {"200": {description: alive}}
  /notes:
    get:
      operationId: listNotes
      responses:
        "200": {description: all, content: {application/json: {schema: {$ref: "#/components/schemas/Notes"}}}}
    post:
      operationId: addNote
      responses:
        "200": {description: added, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
  /notes/{name}:
    delete:
      operationId: deleteNote
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: deleted}}
components:
  securitySchemes: {secret: {type: apiKey, in: header, name: X-Notes}}
  schemas:
    Notes: {type: array, items: {$ref: "#/components/schemas/Note"}}
    Note: {type: object, required: [name], properties: {name: {type: string}}}
"""
BEHAVIOURS = """
default: "1.0.0"
versions: {"1.0": "1.0.0"}
behaviours:
  - {id: note-is-listed, level: core, operation: addNote, statement: A note is listed., source: "notes.py:1"}
  - {id: notes-conform, level: core, operation: all, statement: Answers conform., source: "notes.py:2"}
  - {id: notes-later, level: core, operation: addNote, statement: Later., source: "notes.py:3", since: "2.0"}
"""
SERVICE = """
from functools import partial
from pathlib import Path

from contract_tests.engine.client import ServiceClient
from contract_tests.engine.resources import Resource
from contract_tests.engine.service import Service
from contract_tests.engine.suite import Suite

NOTE = Resource(
    "note", "/notes",
    named_by=("name",), ids_of=lambda write: write.texts("name"),
    listed=lambda get: [note["name"] for note in get("/notes") or ()],
)
NOTES = Service(
    name="notes", title="server of notes", folder=Path(__file__).parent, auth_header="X-Notes",
    resources=(NOTE,), probe="/ping", probe_members=frozenset({"version"}), listing=NOTE,
    refusal_members=frozenset({"error"}),
)
NOTES_SUITE = Suite(NOTES, clients=lambda run, judge: partial(ServiceClient, run, judge))
"""
CONFTEST = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).parent))

from notes_service import NOTES_SUITE
from contract_tests.engine.suite_plugin import SuitePlugin

def pytest_configure(config):
    config.pluginmanager.register(SuitePlugin(NOTES_SUITE))
"""
TESTS = '''
from contract_tests.engine.checks import Mismatch, expect_json
from contract_tests.engine.declaration import LAST, behaviour

@behaviour("note-is-listed")
def test_a_note_is_listed(notes):
    """A note that was added stands in the list."""
    name = notes.new_id()
    expect_json(notes.send("POST", "/notes", {"name": name}), 200, {"name": name})
    listing = notes.send("GET", "/notes")
    if {"name": name} not in listing.json:
        raise Mismatch(f"a list with {name}", listing.text, listing)

@behaviour("notes-conform", reads_only=True, phase=LAST)
def test_answers_conform(notes):
    """Every answer of the run conforms to the contract."""
    notes.judge.read(notes.target.log)
    for operation, exchange, message in notes.judge.findings():
        raise Mismatch(f"an answer as {operation.label} declares", message, exchange)

@behaviour("notes-later")
def test_later(notes):
    """A later version has more."""
'''


class Notes:
    """The state of the service: the names of its notes."""

    storage_is_shared = False

    def __init__(self) -> None:
        self.names = ["mine"]
        self.hides_ours = False

    def reset(self) -> None:
        self.names = ["mine"]


handles = Handlers("notes").handles


def _json(document: Any, status: int = 200) -> Reply:
    return Reply((json.dumps(document, separators=(",", ":")) + "\n").encode(), status)


@handles("ping")
def ping(call: Call[Notes]) -> Reply:
    return _json({"version": "1.0.0"})


@handles("listNotes")
def list_notes(call: Call[Notes]) -> Reply:
    names = [
        name for name in call.state.names if not (call.state.hides_ours and name.startswith("tyk-contract-"))
    ]
    return _json([{"name": name} for name in names])


@handles("addNote")
def add_note(call: Call[Notes]) -> Reply:
    note = json.loads(call.body)
    call.state.names.append(note["name"])
    return _json(note)


@handles("deleteNote")
def delete_note(call: Call[Notes]) -> Reply:
    call.state.names.remove(call.params["name"])
    return _json({})


def _guard(request: Request) -> Reply | str:
    is_open = request.url.path == "/ping" or request.header("x-notes") == SECRET
    return request.url.path if is_open else _json({"error": "no"}, 403)


class Server(NamedTuple):
    """A running mock of the service."""

    url: str
    notes: Notes
    mock: Mock


@pytest.fixture(name="server")
def _server(folder: Path) -> Iterator[Server]:
    mock, notes = Mock(), Notes()
    contract = Contract.load(GatewayVersion(1, 0, 0), folder)
    check("notes", contract)
    service = Service(
        name="notes", contract=contract, state=notes, guard=_guard, secrets=(SECRET,),
        error=lambda message, status: _json({"error": message}, status),
        not_found=lambda _: _json({"error": "not found"}, 404),
        not_allowed=lambda _: _json({"error": "not allowed"}, 405),
    )  # fmt: skip
    server = ServiceServer(mock, service, listen("127.0.0.1", 0))
    yield Server(server.url, notes, mock)
    server.close()


@pytest.fixture(name="folder")
def _folder(pytester: pytest.Pytester) -> Path:
    folder = pytester.mkdir("notes")
    files = {
        "openapi.yaml": OPENAPI, "behaviours.yaml": BEHAVIOURS, "notes_service.py": SERVICE,
        "conftest.py": CONFTEST, "test_notes.py": TESTS,
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def _judged(
    pytester: pytest.Pytester, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> verdicts.Report:
    monkeypatch.setenv("TYK_GW_SECRET", SECRET)
    report = pytester.path / "report.json"
    pytester.runpytest_subprocess(folder, f"--gateway-url={server.url}", f"--contract-report={report}", *LEAN)
    return from_json(report.read_text("utf-8"))


def test_a_second_service_is_judged(
    pytester: pytest.Pytester, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row has its verdict, the report names the service, and nothing of the run is left."""
    report = _judged(pytester, folder, server, monkeypatch)
    assert report.service == "notes"
    assert {verdict.service for verdict in report.verdicts} == {"notes"}
    assert {verdict.behaviour: verdict.status for verdict in report.verdicts} == {
        "note-is-listed": Status.PASSED,
        "notes-conform": Status.PASSED,
        "notes-later": Status.NOT_APPLICABLE,
    }
    assert "notes 1.0.0 (/ping says 1.0.0)" in verdicts.as_terminal(report)
    assert server.notes.names == ["mine"]


def test_a_faulty_second_service_fails(
    pytester: pytest.Pytester, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure shows the service's own header in the line to paste, and hides its secret."""
    server.notes.hides_ours = True
    report = _judged(pytester, folder, server, monkeypatch)
    (failure,) = report.of(Status.FAILED)
    assert failure.behaviour == "note-is-listed"
    assert "-X POST" in failure.curl[0]
    assert "-H 'X-Notes: '\"$TYK_GW_SECRET\"" in failure.curl[0]
    assert SECRET not in as_json(report)
    assert server.notes.names == ["mine"]


def test_leftovers_of_a_second_service_are_removed(
    folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What bears the prefix of a run goes, and the rest stays."""
    monkeypatch.syspath_prepend(folder)
    from notes_service import NOTES

    server.notes.names += ["tyk-contract-0123abcd-1", "tyk-contract-of-mine"]
    with Client(server.url) as client:
        found = leftovers.find(client, NOTES, SECRET)
        assert leftovers.remove(client, NOTES, SECRET, found) == []
    assert [(leftover.kind, leftover.name) for leftover in found] == [("note", "tyk-contract-0123abcd-1")]
    assert server.notes.names == ["mine", "tyk-contract-of-mine"]


def test_a_second_service_has_the_mocks_own_api(server: Server) -> None:
    """Faults, the journal and a reset are there for each service."""
    with Client(server.url) as client:
        secret = [("X-Notes", SECRET)]
        client.send("POST", "/_mock/faults", (), b'{"operation": "addNote", "status": 503}')
        refused = client.send("POST", "/notes", secret, b'{"name": "x"}')
        client.send("POST", "/notes", secret, b'{"name": "x"}')
        journal = json.loads(client.send("GET", "/_mock/journal?operation=addNote").body)
        client.send("POST", "/_mock/reset")
    assert refused.status == 503
    assert json.loads(refused.body) == {"error": "Fault asked for by the test"}
    assert [entry["status"] for entry in journal] == [503, 200]
    assert server.notes.names == ["mine"]


MUTANTS = ["listNotes 200: the body cut", "addNote 200: another status", "addNote 200: a member renamed"]


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_a_second_service_is_noticed(
    name: str, pytester: pytest.Pytester, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutants are generated of the service's own contract, and its suite notices them."""
    contract = Contract.load(GatewayVersion(1, 0, 0), folder)
    (mutant,) = (mutant for mutant in answer_mutants.answers(contract, "notes") if mutant.id == name)
    monkeypatch.setattr(Dispatcher, "_reply", Dispatcher._reply)  # so that it is put back
    assert mutant.patch is not None
    answer_patches.install(mutant.patch, "notes")
    report = _judged(pytester, folder, server, monkeypatch)
    assert report.of(Status.FAILED)
