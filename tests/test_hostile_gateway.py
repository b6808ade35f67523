"""A gateway whose answers attack the terminal, the reports and the shell of the one who judges it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from serving import COMMAND, QUIET, error_line, run_command, serving

from contract_tests.report import verdicts
from contract_tests.report.json import from_json

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "Sup3r-cobalt"
ODD = "\x1b]0;PWNED\x07\x9b2J\u202e\u2028\n conforms: 0 failed\r$(touch PWNED)`touch PWNED`"
MEMBERS = {"status": "ok", "version": "5.12.0", "message": f"{ODD}LONE", "access_token": ODD}
BODY = json.dumps(MEMBERS, ensure_ascii=False).replace("LONE", "\\ud800").encode()


class _Hostile(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        sent = self.headers.get("X-Tyk-Authorization", "")
        escaped = "".join(f"\\u{ord(character):04x}" for character in sent)
        body = BODY.replace(b'"ok"', f'"{escaped}"'.encode())
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Odd", "\x1b]0;PWNED\x07")
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _hostile() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_hostile_gateway_gets_a_verdict(tmp_path: Path) -> None:
    """A gateway with escape sequences, surrogates and encoded secrets in its answers gets whole, printable reports."""
    reports = {kind: tmp_path / f"r.{kind}" for kind in ("json", "xml", "yaml", "html")}
    flags = [word for path in reports.values() for word in ("--report", path)]
    with _hostile() as url:
        done = run_command(
            "verify", url, "--read-only", "--write-baseline", tmp_path / "b.yaml", *flags,
            TYK_GW_SECRET=SECRET, PYTHONIOENCODING="utf-8:strict",
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    texts = {kind: path.read_text("utf-8") for kind, path in reports.items()}
    report = from_json(texts["json"])
    assert len(report.of(verdicts.Status.FAILED)) > 20
    ElementTree.fromstring(texts["xml"])
    assert len(yaml.safe_load(texts["yaml"])["behaviours"]) == len(report.verdicts)
    assert yaml.safe_load((tmp_path / "b.yaml").read_text("utf-8"))["accepted"]
    for text in (done.stdout, done.stderr, *texts.values()):
        assert all(line.isprintable() for line in text.splitlines())
        assert "cobalt" not in text.lower()
        assert not re.search(r"\\+u0053\\+u0075", text)
    assert r"\x9b2J\u202e\u2028" in done.stdout
    assert not any(line.startswith(" conforms") for line in done.stdout.splitlines())


@contextmanager
def _raw(answer: bytes) -> Iterator[str]:
    """A server that answers each connection with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # it is closed
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


LISTED = json.dumps([{"id": f"tyk-contract-0123abcd-{ODD}{SECRET}"}]).encode()
ANSWERS = {
    "status line": b"\x1b]0;PWNED\x07 Sup3r-cobalt\r\n\r\n",
    "content type": b"HTTP/1.1 200 OK\r\nContent-Type: \x1b]0;PWNED\x07Sup3r-cobalt\r\nContent-Length: 2\r\n\r\n{}",
    "version": b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"status":"","version":"\x1b\\u001b\\u202e\\ud800 Sup3r-cobalt","description":"","details":{}}'
    + b" " * 9,
    "leftovers": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(LISTED) + LISTED,
}


@pytest.mark.parametrize(
    "command", [["verify"], ["clean"], ["record", "--out", "r.jsonl"]], ids=lambda c: c[0]
)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_hostile_answer_is_named_with_escapes(tmp_path: Path, command: list[str], answer: bytes) -> None:
    """What a command says of a server that is no gateway is printable, and has no secret that the server echoes."""
    with _raw(answer) as url:
        done = run_command(command[0], url, *command[1:], folder=tmp_path, TYK_GW_SECRET=SECRET)
    assert done.returncode != 0
    for text in (done.stdout, done.stderr):
        assert all(line.isprintable() for line in text.split("\n"))
        assert "cobalt" not in text
        assert "Traceback" not in text
    assert done.stderr.count("\n") <= 1


def test_odd_file_names_do_not_stop_the_mock(tmp_path: Path) -> None:
    """`serve` and `why` name faulty files with escapes, though names are no UTF-8 and the output is strict."""
    for name in (b"\xff\x1b[2J.json", b"a\nTyk Gateway.json"):
        (Path(tmp_path) / name.decode("utf-8", "surrogateescape")).write_text('{"id":"a","rate":"x"}')
    for encoding in ("ascii:strict", "utf-8:strict"):
        with serving("--policies", tmp_path, PYTHONIOENCODING=encoding) as served:
            for line, name in zip(
                served.lines, ("a\\nTyk Gateway.json", "\\udcff\\x1b[2J.json"), strict=False
            ):
                assert line.startswith(f"{tmp_path}/{name}:1:18: error: policy a, rate: ")


def test_why_shows_odd_names_with_escapes(tmp_path: Path) -> None:
    """`why` prints odd ids and members with escapes, and its JSON stays JSON."""
    odd = "\x1b[2J\n\u202e"
    (tmp_path / "p.json").write_text(json.dumps({"id": odd, "rate": 5, "per": 1, "meta_data": {odd: odd}}))
    session = json.dumps({"apply_policies": [odd], "meta_data": {"mine" + odd: odd}})
    for kind in ("text", "mermaid", "json"):
        done = run_command(
            "why",
            "--policies",
            tmp_path,
            "--session",
            "-",
            "--format",
            kind,
            stdin=session,
            PYTHONIOENCODING="ascii:strict",
        )
        assert done.returncode in (0, 1), done.stderr
        assert all(line.isprintable() for line in done.stdout.split("\n"))
        assert "x1b[2J" in done.stdout or "u001b[2J" in done.stdout
    assert odd in json.loads(done.stdout)["reasons"][0]["origin"] or odd in done.stdout.encode().decode(
        "unicode_escape"
    )


def test_parity_shows_a_hostile_recording_with_escapes(tmp_path: Path) -> None:
    """`parity` prints names and differences of a recording with escapes."""
    request = {"method": "GET", "target": "/hello", "headers": []}
    lines = [
        {"gateway": "5.12.0", "secret": "s", "recorded": "2027-01-01"},
        {"scenario": ODD, "about": "", "config": {}},
        {
            "step": 0,
            "request": request,
            "response": {"status": 200, "headers": [["Content-Type", ODD]], "body": ODD},
        },
    ]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = subprocess.run(
        [*COMMAND, "parity", str(tmp_path / "r.jsonl")],
        capture_output=True,
        env=QUIET,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"\\x1b]0;PWNED" in done.stdout


def test_a_log_of_the_mock_is_printable(tmp_path: Path) -> None:
    """A message of an error names foreign text with escapes, and is one line."""
    (tmp_path / "tyk.conf").write_text('{"listen_port": "\\u001b[2J\\n"}')
    line = error_line(run_command("serve", "--conf", tmp_path / "tyk.conf"))
    assert line.rstrip("\n").isprintable()
