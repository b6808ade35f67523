"""What `tyk-contract verify` refuses to judge, and how it says so."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from serving import verify

from mockserver import MockGateway

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "verify-secret"


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


class _Page(BaseHTTPRequestHandler):
    body = b"<html>It works!</html>"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (_Page.body, "It works!"),
        ('{"status":"pass"}'.encode("utf-16"), 'in UTF-16 that says "{"status":"pass"}"'),
    ],
    ids=["page", "UTF-16"],
)
def test_what_is_no_gateway_is_told(body: bytes, told: str) -> None:
    """A server that is no gateway gives one line with what it says, and exit code 3."""
    page = type("Page", (_Page,), {"body": body})
    with ThreadingHTTPServer(("127.0.0.1", 0), page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = verify(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "is not a Tyk gateway: GET /hello answers 200" in done.stderr
    assert told in done.stderr


def test_a_port_where_nobody_listens_is_told() -> None:
    """A port where nobody listens gives one line and exit code 3."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    done = verify(f"http://127.0.0.1:{port}")
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Connection refused; is a gateway running there?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--gateway", "9.9"], "'9.9' is not supported"),
        ([""], "the URL is empty"),
        (["ftp://host"], "'ftp://host' is not the URL of a gateway"),
        (
            ["--report", "verdict.pdf"],
            "use one of .json, .yaml, .xml, .html, .md, github, or --report-format",
        ),
        (["--report", "/no/such/r.json"], "the directory does not exist"),
        (["http://user:password@host"], "has a user or a password"),  # pragma: allowlist secret
        (["http://host?x=1"], "is not the URL of a gateway"),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], complaint: str) -> None:
    """A wrong argument gives one line and exit code 2."""
    done = verify(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert complaint in done.stderr


def test_a_refused_secret_is_told(gateway: MockGateway) -> None:
    """A refused secret gives one line that names the variable for it, and exit code 2."""
    done = verify(gateway.url, TYK_GW_SECRET="wrong")
    assert done.returncode == 2, done.stderr
    assert "refuses the secret" in done.stderr
    assert "wrong" not in done.stderr


@pytest.mark.parametrize("secret", ["top-secret\r", "top-secret\n", "top\x00secret"])
def test_a_secret_that_no_header_can_hold_is_told(gateway: MockGateway, secret: str) -> None:
    """A secret that no header can hold gives exit code 2, and is not shown."""
    done = (
        verify(gateway.url, "--secret", secret)
        if "\x00" not in secret
        else verify(gateway.url, "--secret", "a\x7f")
    )
    assert done.returncode == 2, done.stderr
    assert "control character" in done.stderr
    assert "top-secret" not in done.stderr


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = {"status": "ok", "version": "5.12.0", "message": self.headers.get("X-Tyk-Authorization", "")}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        pass


def test_a_secret_that_is_echoed_is_in_no_report(tmp_path: Path) -> None:
    """A secret that the server echoes is in no report and not in the terminal, however JSON and URLs write it."""
    secret = 'Sup"er&Hidden é/1'
    reports = [tmp_path / f"r.{kind}" for kind in ("json", "xml", "yaml", "html")]
    flags = [word for path in reports for word in ("--report", path)]
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = verify(url, "--read-only", *flags, TYK_GW_SECRET=secret)
        server.shutdown()
    assert done.returncode == 1
    for text in (done.stdout, done.stderr, *(path.read_text() for path in reports)):
        assert "Hidden" not in text
        assert "er&amp;" not in text


def test_a_version_that_means_nothing_is_asked_for(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version of a self-built gateway gives exit code 2 and the option to name another."""
    monkeypatch.setattr(gateway.gateway, "version", "v5.5.0-dev")
    done = verify(gateway.url, TYK_GW_SECRET=SECRET)
    assert done.returncode == 2, done.stderr
    assert "select one with --gateway" in done.stderr
    assert verify(gateway.url, "--gateway", "5.12", "--quick", TYK_GW_SECRET=SECRET).returncode == 0
