"""No format of a report has a secret, however a hostile server writes what it was sent."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from serving import run_command

pytestmark = pytest.mark.slow  # whole commands and servers

SECRETS = {  # by what they are; none has a part of another
    "the secret": "gw/Qz7&marmot",
    "a secret header of the user": "hd+Wx9<otter>",
    "the password of the proxy": "px%Rv4=badger",
}
ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in URLs": lambda text: quote(text, safe=""),
    "in URLs twice": lambda text: quote(quote(text, safe=""), safe=""),
    "in HTML": escape,
    "as numbers of HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "in JSON": lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
    "in JSON twice": lambda text: "".join(f"\\\\u{ord(character):04x}" for character in text),
    "in hexadecimal digits": lambda text: text.encode().hex(),
    "in base64": lambda text: b64encode(text.encode()).decode(),
    "in base64 after another": lambda text: b64encode(f"x:{text}".encode()).decode(),
    "in upper case": str.upper,
}

KINDS = ("json", "xml", "yaml", "html", "md")


class _Echoing(BaseHTTPRequestHandler):
    """Answers any request, also one to a proxy, with all secrets in all encodings, in body and headers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        sent = [encoded(secret) for secret in SECRETS.values() for encoded in ENCODINGS.values()]
        echoes = json.dumps(sent)
        for encoded in (
            ENCODINGS["in JSON"],
            ENCODINGS["in JSON twice"],
        ):  # as escapes of the document itself
            echoes = echoes[:-1] + "".join(f', "{encoded(secret)}"' for secret in SECRETS.values()) + "]"
        body = f'{{"status":"ok","version":"5.12.0","description":"","details":{{}},"message":{echoes}}}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", " ".join(sent))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _echoing() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echoing) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module", name="texts")
def _texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run prints and reports, by its place."""
    folder: Path = tmp_path_factory.mktemp("reports")
    flags = [word for kind in KINDS for word in ("--report", folder / f"r.{kind}")]
    secret, header, password = SECRETS.values()
    with _echoing() as port:
        done = run_command(
            "verify", "http://gateway.invalid", "--read-only", "--header", f"X-Api-Key: {header}",
            "--http-proxy", f"http://someone:{quote(password, safe='')}@127.0.0.1:{port}", *flags,
            "--report", "github", TYK_GW_SECRET=secret, GITHUB_STEP_SUMMARY=str(folder / "summary"),
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    report = folder / "r.json"
    differing = json.loads(report.read_text("utf-8"))
    differing["verdicts"] = differing["verdicts"][1:]
    (folder / "other.json").write_text(json.dumps(differing))
    compared = run_command("compare", report, folder / "other.json")
    assert compared.returncode == 1, compared.stderr
    listed = run_command(
        "verify", "--list", "--header", f"X-Api-Key: {header}", "--failed", report, TYK_GW_SECRET=secret
    )
    assert listed.returncode == 0, listed.stderr
    return {
        "stdout": done.stdout,
        "stderr": done.stderr,
        "summary of a step": (folder / "summary").read_text("utf-8"),
        "compare": compared.stdout + compared.stderr,
        "list": listed.stdout + listed.stderr,
        **{kind: (folder / f"r.{kind}").read_text("utf-8") for kind in KINDS},
    }


@pytest.mark.parametrize("place", ["stdout", "stderr", "summary of a step", "compare", "list", *KINDS])
def test_no_secret_is_reported(texts: dict[str, str], place: str) -> None:
    """Neither the secret, nor a header of the user's, nor a proxy's password is told, in any encoding."""
    text = texts[place].lower()
    assert place in {"stderr", "compare", "list"} or "message" in text  # the answers are there
    shown = [
        f"{what} {how}"
        for what, secret in SECRETS.items()
        for how, encoded in ENCODINGS.items()
        for written in {encoded(secret), escape(encoded(secret)), json.dumps(encoded(secret))[1:-1]}
        if written.lower() in text
    ]
    assert shown == []
    for secret in SECRETS.values():
        assert secret[-5:].lower() not in text
