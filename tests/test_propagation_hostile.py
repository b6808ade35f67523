"""`tyk-contract propagation` with a Dashboard or a gateway that answers what it should not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from dashboards import add
from placements import Command

from mockserver import MockDashboard
from mockserver.cli import json_service

NODE = {"id": "n", "hostname": "h", "organisation": "", "is_known": True, "is_gone": False, "came_last": 0}
PLACEMENT = {
    "org_id": "o", "policy_id": "p", "node": "n", "given": "current", "given_digest": "", "given_time": 0.0,
    "loaded": "unknown", "is_deleted": False,
}  # fmt: skip
DEEP = b"[" * 100_000 + b"]" * 100_000


def report(node: dict[str, Any] | None = None, document: object = None, **placement: Any) -> bytes:
    """A report of a mock Dashboard with members of a node and of a placement as given."""
    members = {
        "nodes": [{**NODE, **(node or {})}],
        "placements": [{**PLACEMENT, **placement}],
        "policies": [{"document": document or {"id": "p", "org_id": "o"}}],
    }
    return json.dumps(members).encode()


@contextmanager
def answering(body: bytes, status: int = 200, **headers: str) -> Iterator[str]:
    """The URL of a server that gives one answer to all requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(name="command")
def _command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("TYK_GW_SECRET", "s3cret")
    monkeypatch.delenv("TYK_DASHBOARD_KEY", raising=False)
    return Command(capsys)


@pytest.mark.parametrize(
    "body",
    [
        report({"hostname": 5}), report({"id": ["x"]}), report({"is_known": 1}), report({"came_last": "x"}),
        report({"is_gone": True, "came_last": 1e300}), report({"came_last": float("nan")}), report(document=5),
        report(policy_id=["x"]), report(given="z"), report(loaded="z"), report(loaded=[]),
        report(given="older", given_time=1e300), report(given_time=True),
    ],
)  # fmt: skip
def test_a_report_of_another_form_is_an_error(command: Command, body: bytes) -> None:
    """A report with a member of another type, or a time or state that is none, is refused in one line."""
    with answering(body) as url, answering(b"[]") as gateway:
        ended = command(url, "--gateway", gateway)
    assert ended.code == 2
    assert ended.err == (
        "tyk-contract: GET /_mock/propagation answers in an unknown form: use one version of both\n"
    )


@pytest.mark.parametrize(
    "body", [b"<html>", DEEP, b"[" + b"[]," * 100 + b"[]]"], ids=["html", "deep", "many"]
)
def test_what_is_no_list_of_policies_confirms_nothing(
    dashboard: MockDashboard, command: Command, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway whose answer is no JSON, too deep, or has too many values, has confirmed nothing."""
    monkeypatch.setattr(json_service, "MOST_VALUES", 60)
    with answering(body) as gateway:
        ended = command(dashboard.url, "--gateway", gateway)
    assert ended.code == 1
    assert "without a list of policies" in ended.out


def test_a_current_policy_that_the_dashboard_lacks_is_not_told_of(command: Command) -> None:
    """A report that names a policy as loaded which it does not have ends the command no other way."""
    with answering(report(loaded="current", policy_id="other")) as url, answering(b"[]") as gateway:
        ended = command(url, "--gateway", gateway)
    assert (ended.code, ended.err) == (1, "")


def test_texts_of_others_have_no_effect_on_a_terminal(command: Command) -> None:
    """Control characters and line breaks of hosts, policies and organisations are printed as escapes."""
    body = report(
        {"hostname": "\x1b[31mh"},
        given="older",
        policy_id="\x1b]0;x\x07\nnext: all is well",
        org_id="\u202eo",
    )
    with answering(body) as url:
        ended = command(url)
    assert ended.code == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.out)
    assert "\nnext: all is well" not in ended.out


def test_no_redirect_is_followed(dashboard: MockDashboard, command: Command) -> None:
    """A gateway that answers with a redirect is not followed to another server."""
    add(dashboard, id="gold")
    with answering(b"", 302, Location=f"{dashboard.url}/tyk/policies") as gateway:
        ended = command(dashboard.url, "--gateway", gateway)
    assert "GET /tyk/policies answers 302" in ended.out
    assert "/tyk/policies" not in [entry.request.url.path for entry in dashboard.journal]
