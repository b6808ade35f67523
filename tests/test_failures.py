"""What happens if a part of the mock itself fails: an answer of 500 in JSON and one line in the log, no traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
from asking import call, limited, talk, wait_until
from serving import serving

from mockserver import MockGateway
from mockserver.cli import serve
from mockserver.http.client import Client
from mockserver.http.echo_server import Echo
from mockserver.service.journal import Journal
from mockserver.serving.wsgi_app import CANNOT_DROP, create_app

FAILED = {"status": "error", "message": "the mock failed: ZeroDivisionError"}
HELLO = b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def fail(*_: object, **__: object) -> NoReturn:
    """Fail with a message that no log may have."""
    raise ZeroDivisionError("s3cret")


def only_line(caplog: pytest.LogCaptureFixture) -> str:
    """The one line of the log, which has no traceback and not the message of the error."""
    (line,) = caplog.text.splitlines()
    assert "s3cret" not in line
    assert "ZeroDivisionError in " in line
    return line


def test_the_journal_may_fail(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure outside of all handlers is answered by the server."""
    monkeypatch.setattr(Journal, "note", fail)
    assert call(gateway, "GET", "/tyk/policies") == (500, FAILED)
    only_line(caplog)


def test_the_control_api_may_fail(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure of the mock's own API is answered like one of the gateway's."""
    monkeypatch.setattr(gateway.mock.faults, "as_list", fail)
    assert call(gateway, "GET", "/_mock/faults") == (500, FAILED)
    only_line(caplog)


def test_a_misspelt_path_of_the_mock_is_corrected(gateway: MockGateway) -> None:
    """A path under /_mock/ that is nothing is answered with the nearest one, and with where all are listed."""
    answer = gateway.client.get("/_mock/journl")
    message = "the mock has nothing at '/_mock/journl'; did you mean '/_mock/journal'?"
    expected = f"{message}; /_mock/openapi.json lists its paths"
    assert (answer.status_code, answer.json()["message"]) == (404, expected)


def test_a_status_of_flask_is_no_failure(gateway: MockGateway, caplog: pytest.LogCaptureFixture) -> None:
    """A path or a method that the mock's own API does not have is answered as ever."""
    with Client(gateway.url) as client:
        assert client.send("GET", "/_mock/nothing").status == 404
        assert client.send("PATCH", "/_mock/faults").status == 405
    assert not caplog.records


def test_the_check_of_a_head_may_fail(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure while a request is still being read is answered, and ends the connection."""
    monkeypatch.setattr(gateway._server._server, "refuses", fail)
    with limited(gateway, undecided_body=10):
        answer = talk(gateway, b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + bytes(50))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert json.loads(body) == FAILED
    only_line(caplog)


def test_failures_of_many_requests_sent_at_once_are_all_answered(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many requests that fail is answered, in their order."""
    monkeypatch.setattr(Journal, "note", fail)
    answers = talk(gateway, b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" * 1999 + HELLO)
    assert answers.count(b"HTTP/1.1 500 Internal Server Error\r\n") == 2000


def test_a_log_line_has_no_control_characters(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The path of a failed request is printable in the log, is cut there, and hides the secret."""
    dispatcher = gateway._server.dispatcher
    monkeypatch.setattr(dispatcher, "_route", fail)
    talk(gateway, b"GET /%1b%5b2J%0a/s3cret/" + b"x" * 1000 + HELLO.removeprefix(b"GET /hello"))
    line = only_line(caplog)
    assert "GET /\\x1b[2J\\n/***/xxx" in line
    assert len(line) < 500


def test_a_view_of_flask_may_fail(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A failure under any WSGI server is answered in JSON too."""
    client = create_app().test_client()
    monkeypatch.setattr(Journal, "note", fail)
    answer = client.get("/hello")
    assert (answer.status_code, answer.json) == (500, FAILED)
    only_line(caplog)


def test_faults_under_a_wsgi_server(caplog: pytest.LogCaptureFixture) -> None:
    """A fault delays the answer of a WSGI server; a connection that it cannot drop is answered 500."""
    client = create_app().test_client()
    steps = [{"status": 503, "delay": 0.01}, {"drop": True, "delay": 0.01}, {"truncate": 1, "delay": 0.01}]
    client.post("/_mock/faults", json={"operation": "getHello", "sequence": steps})
    assert client.get("/hello").status_code == 503
    for _ in range(2):
        answer = client.get("/hello")
        assert (answer.status_code, answer.json) == (500, {"status": "error", "message": CANNOT_DROP})
    assert not caplog.records


def test_an_echo_may_fail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A failure of an echo server is answered like one of the mock, with no traceback."""
    with Echo() as echo, Client(echo.url.rstrip("/")) as client:
        monkeypatch.setattr(echo, "answers", None)
        answer = client.send("GET", "/x")
    assert (answer.status, json.loads(answer.body)["message"]) == (500, "the mock failed: TypeError")
    assert len(caplog.text.splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_a_mock_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the end of the mock takes too long after a signal, the process ends with the code of a failure."""
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    monkeypatch.setattr(serve, "STOP_SECONDS", 0.01)
    serve.stop_in_time(lambda: None)
    wait_until(lambda: ends == [serve.STOP_FAILED])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit the descriptors of another process")
def test_a_mock_without_descriptors_serves_on() -> None:
    """If no more descriptors are left, idle connections make room, and one line on stderr says so."""
    import resource

    with serving("--quiet", stderr=subprocess.PIPE) as served, ExitStack() as stack:
        pid = served.process.pid
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir())) + 20
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
        host, port = served.url.removeprefix("http://").split(":")
        for _ in range(60):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
        assert served.send("GET", "/hello", "").status == 200
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) == 0
        assert served.process.stderr is not None
        (line,) = served.process.stderr.read().splitlines()
    assert " WARNING no connection can be accepted: Too many open files;" in line
