"""A service of one resource is judged, reported and cleaned by the engine alone, for it is a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

from contract_tests.engine import leftovers
from contract_tests.report import verdicts
from contract_tests.report.verdicts import Status
from mockserver.http.client import Client

SECRET = "notes-secret"
OPENAPI = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
security: [{secret: []}]
paths:
  /notes:
    get:
      operationId: listNotes
      responses:
        "200": {description: all, content: {application/json: {schema: {$ref: "#/components/schemas/Notes"}}}}
    post:
      operationId: addNote
      responses:
        "200": {description: added, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
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

NOTE = Resource(
    "note", "/notes",
    ids_of=lambda write: [write.path or write.member("name")],
    listed=lambda get: [note["name"] for note in get("/notes") or ()],
)
NOTES = Service(
    name="notes", title="server of notes", folder=Path(__file__).parent, auth_header="X-Notes",
    resources=(NOTE,), probe="/ping", probe_members=frozenset({"version"}), listing=NOTE,
    refusal_members=frozenset({"error"}), clients=lambda run, judge: partial(ServiceClient, run, judge),
)
"""
CONFTEST = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).parent))

from notes_service import NOTES
from contract_tests.engine.suite_plugin import SuitePlugin

def pytest_configure(config):
    config.pluginmanager.register(SuitePlugin(NOTES))
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


class _Notes(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/ping":
            return self._send(200, {"version": "1.0.0"})
        if self.headers.get("X-Notes") != SECRET:
            return self._send(403, {"error": "no"})
        if self.command == "POST":
            server.names.append(json.loads(body)["name"])
            return self._send(200, json.loads(body))
        if self.command == "DELETE":
            server.names.remove(unquote(self.path.removeprefix("/notes/")))
            return self._send(200, {})
        hidden = server.hides_ours
        shown = [name for name in server.names if not (hidden and name.startswith("tyk-contract-"))]
        return self._send(200, [{"name": name} for name in shown])

    def _send(self, status: int, document: Any) -> None:
        content = (json.dumps(document, separators=(",", ":")) + "\n").encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _answer

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Notes)
        self.names = ["mine"]
        self.hides_ours = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture(name="server")
def _server() -> Iterator[_Server]:
    with _Server() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


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
    pytester: pytest.Pytester, folder: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> verdicts.Report:
    monkeypatch.setenv("TYK_GW_SECRET", SECRET)
    report = pytester.path / "report.json"
    pytester.runpytest_subprocess(
        folder, f"--gateway-url={server.url}", f"--contract-report={report}", "-p", "no:randomly"
    )
    return verdicts.from_json(report.read_text("utf-8"))


def test_a_second_service_is_judged(
    pytester: pytest.Pytester, folder: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
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
    assert server.names == ["mine"]


def test_a_faulty_second_service_fails(
    pytester: pytest.Pytester, folder: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure shows the service's own header in the line to paste, and hides its secret."""
    server.hides_ours = True
    report = _judged(pytester, folder, server, monkeypatch)
    (failure,) = report.of(Status.FAILED)
    assert failure.behaviour == "note-is-listed"
    assert 'curl -sS -i --path-as-is -X POST -H "X-Notes: $TYK_GW_SECRET"' in failure.curl[0]
    assert SECRET not in verdicts.as_json(report)
    assert server.names == ["mine"]


def test_leftovers_of_a_second_service_are_removed(
    folder: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What bears the prefix of a run goes, and the rest stays."""
    monkeypatch.syspath_prepend(folder)
    from notes_service import NOTES

    server.names += ["tyk-contract-0123abcd-1", "tyk-contract-of-mine"]
    with Client(server.url) as client:
        removal = leftovers.remove(client, NOTES, SECRET)
    assert [(leftover.kind, leftover.name) for leftover in removal.removed] == [
        ("note", "tyk-contract-0123abcd-1")
    ]
    assert removal.remaining == ()
    assert server.names == ["mine", "tyk-contract-of-mine"]
