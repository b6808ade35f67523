"""Commands to paste: a shell takes each text in them as it is, and curl sends the request again."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockserver.console import shell
from mockserver.console.shell import Expansion, Piece
from mockserver.http import curl
from mockserver.http.auth import Auth
from mockserver.http.client import Client, Header

SECRET = "s3cr3t $(touch x)`touch y`\"'\\ !%"
AUTH = Auth("X-Tyk-Authorization", SECRET)
VARIABLES = {**os.environ, "TYK_GW_SECRET": SECRET, "LC_ALL": "C.UTF-8"}
EXPANSIONS = {Expansion("$TYK_GW_SECRET"): SECRET, Expansion("${TYK_GW_SECRET%?}"): SECRET[:-1]}
ODD = ["$(touch x)", "`touch x`", "\n", "\n\n", "'", '"', "\\", "%s", "%", "@", "*", "~", "!!", "-n", "#", ";", "=ls",
       "\x1b]0;x\x07", "\x7f", "\x85", "\u202e", "\u2028", "\ud800", "é", "\U0001f600", " ", "\t", "$TYK_GW_SECRET"]  # fmt: skip
texts = st.lists(st.sampled_from(ODD) | st.text(), max_size=6).map("".join)
anything = st.binary() | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
arguments = anything.map(lambda data: data.replace(b"\0", b""))
expansions = st.sampled_from(list(EXPANSIONS))
SHELLS = [pytest.param(name, id=name) for name in ("sh", "bash", "zsh") if shutil.which(name)]
CURL = """curl() { printf '%s\\0' "$#" "$@"; for a; do [ "$a" != @- ] || cat; done; }
"""  # it prints the number of its arguments, the arguments, and its input if it reads it


def _run(program: str, script: str, folder: Path | None = None) -> bytes:
    done = subprocess.run(
        [program, "-c", script], capture_output=True, env=VARIABLES, cwd=folder, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def _filled(pieces: list[Piece]) -> bytes:
    return b"".join(EXPANSIONS[p].encode() if isinstance(p, Expansion) else p for p in pieces)


@pytest.mark.parametrize("program", SHELLS)
@settings(max_examples=15, deadline=None)
@given(words=st.lists(st.lists(arguments | expansions, max_size=4), min_size=20, max_size=40))
@example(words=[[text.encode("utf-8", "surrogatepass")] for text in ODD])
@example(
    words=[
        [bytes(range(1, 256))],
        [],
        [b""],
        [b"-"],
        [b"-\x01"],
        [b"\x01'"],
        [b"a\n", Expansion("$TYK_GW_SECRET"), b"\n"],
    ]
)
def test_a_word_is_taken_as_it_is(program: str, words: list[list[Piece]]) -> None:
    """Each shell takes the bytes of a word as they are, and fills in the secret; the word is printable."""
    quoted = [shell.word(pieces) for pieces in words]
    assert [word for word in quoted if not word.isprintable()] == []
    output = _run(program, f"{shell.line_break()} printf '%s\\0' {' '.join(quoted)}")
    assert output == b"".join(_filled(pieces) + b"\0" for pieces in words)


@pytest.mark.parametrize("program", SHELLS)
@settings(max_examples=15, deadline=None)
@given(inputs=st.lists(st.lists(anything | expansions, max_size=4), min_size=20, max_size=40))
@example(inputs=[[bytes(range(256))], [b"\n\n"], [b"-n"], [], [b"\\000%d'"]])
def test_an_input_is_printed_as_it_is(program: str, inputs: list[list[Piece]]) -> None:
    """The printf of each shell prints all bytes, null bytes included, and fills in the secret."""
    commands = [shell.printf(pieces) for pieces in inputs]
    assert [command for command in commands if not command.isprintable()] == []
    assert _run(program, "\n".join(commands)) == b"".join(map(_filled, inputs))


def test_a_null_byte_is_no_argument() -> None:
    """A word with a null byte is refused, for no program can get it as an argument."""
    with pytest.raises(ValueError, match="null byte"):
        shell.word([b"a\0b"])


@pytest.mark.parametrize("program", SHELLS)
@settings(max_examples=25, deadline=None)
@given(token=texts, body=st.none() | anything, path=texts)
@example(token=f"{SECRET}$(touch x)", body=b"@/etc/passwd", path="")
@example(token=f"`touch x`{SECRET[:-1]}", body=f'{{"key":"{SECRET}"}}\n'.encode(), path=f"?key={SECRET}")
@example(token="a\0b", body=b"\0\xff", path="\0")
def test_nothing_that_a_server_sent_is_live(
    program: str, tmp_path_factory: pytest.TempPathFactory, token: str, body: bytes | None, path: str
) -> None:
    """A command has header, body and target as they were, in one printable line, and creates no file."""
    folder = tmp_path_factory.getbasetemp()
    headers = ((AUTH.header, SECRET), ("Authorization", f"Bearer {token}"))
    line = curl.command(AUTH, "http://g:80", "POST", f"/{path}", headers, body)
    assert line.isprintable()
    before = set(folder.iterdir())
    count, _, rest = _run(program, CURL + line, folder).partition(b"\0")
    *words, sent = rest.split(b"\0", int(count))
    assert set(folder.iterdir()) == before
    assert f"{AUTH.header}: {SECRET}".encode() in words
    assert ("\0" in token) is (f"Authorization: Bearer {token}".encode("latin-1", "replace") not in words)
    if body is not None:
        assert (sent if b"@-" in words else words[words.index(b"--data-raw") + 1]) == body
    target = f"/{path}".encode("utf-8", "surrogatepass")
    assert ("\0" in path) is not bool({target, b"http://g:80" + target} & set(words))


def _received(send: Callable[[str], object]) -> list[bytes]:
    """The request that comes to a server, whose URL is given: request line, sorted headers, body."""
    parts = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            while not _is_whole(b"".join(parts)):
                parts.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        thread = Thread(target=serve)
        thread.start()
        send(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join(20)
    head, _, body = re.sub(rb"127.0.0.1:\d+", b"HOST", b"".join(parts)).partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    return [
        line,
        *sorted(header.rstrip(b" ") for header in headers),
        body,
    ]  # curl ends an empty one with its colon


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(end) and len(body) >= int(length[1] if length else 0)


OWN = (AUTH.header, SECRET)
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize(
    ("method", "target", "headers", "body"),
    [
        pytest.param("GET", "/tyk/policies", [OWN], None, id="get"),
        pytest.param("GET", "/tyk/policies", [OWN], b"{}", id="get with a body"),
        pytest.param("POST", "/tyk/policies", [OWN], b'{"id":"a","name":"\xc3\xa9 $HOME"}\n', id="json"),
        pytest.param("POST", "/x", [OWN, FORM], b"a=b&c=%20", id="form"),
        pytest.param("POST", "/x", [OWN], b"@/etc/hostname", id="at sign"),
        pytest.param("POST", "/x", [OWN], bytes(range(256)) + b"\n\n", id="all bytes"),
        pytest.param("POST", "/x", [OWN], b"", id="empty body"),
        pytest.param("POST", "/x", [OWN], None, id="no body"),
        pytest.param("POST", "/x", [OWN], b"x" * 3000, id="long body"),
        pytest.param("PUT", "/x", [], f"secret={SECRET}".encode(), id="secret in a body"),
        pytest.param("brew", "/a/../b//c/./%2e%2E/{d,e}[1-3]", [OWN], None, id="glob and dots"),
        pytest.param("GET", "//x/?a=1#b", [OWN], None, id="fragment"),
        pytest.param("GET", "/x?", [OWN], None, id="empty query"),
        pytest.param("OPTIONS", "*", [OWN], None, id="asterisk"),
        pytest.param("GET", "http://other/x", [OWN], None, id="absolute"),
        pytest.param("HEAD", "/x", [OWN], None, id="head"),
        pytest.param("HEAD", "/x", [OWN], b"{}", id="head with a body"),
        pytest.param("GET", "/x", [OWN, ("X-A", "  $(id)`id`\\ \x01\xe9\t"), ("X-B", ""), ("X-A", "twice")], None, id="headers"),
        pytest.param("GET", "/x", [("Authorization", f"Bearer $(touch x){SECRET[:-1]}"), ("User-Agent", "a b"), ("Accept", "x")], None, id="own headers"),
    ],
)  # fmt: skip
def test_curl_sends_the_request_again(
    method: str, target: str, headers: list[Header], body: bytes | None
) -> None:
    """The bytes that curl sends are those that the suite has sent, but for the order of the headers."""

    def by_client(url: str) -> None:
        with Client(url) as client:
            client.send(method, target, headers, body)

    def by_curl(url: str) -> None:
        line = curl.command(AUTH, url, method, target, headers, body)
        assert SECRET not in line
        _run("sh", f"unset http_proxy HTTP_PROXY; {line}")

    assert _received(by_curl) == _received(by_client)


@pytest.mark.parametrize(
    ("headers", "target", "body", "note"),
    [
        pytest.param([("@x", "y")], "/", None, "# 'without the header '\"'\"'@x: y'\"'\"', for curl would take it", id="file"),
        pytest.param([("X", "a\0b")], "/", None, "an argument cannot hold a null byte'", id="null byte"),
        pytest.param([], "/\0", None, "# 'without the target", id="target"),
        pytest.param([], "/", b"x" * 5000, "# 'with the first 4000 of the 5000 bytes of the body'", id="long body"),
    ],
)  # fmt: skip
def test_a_note_names_what_is_left_out(
    headers: list[Header], target: str, body: bytes | None, note: str
) -> None:
    """What a command cannot hold is left out of it, and named in a comment."""
    assert note in curl.command(AUTH, "http://g", "GET", target, headers, body)


def test_a_body_is_cut_after_a_secret() -> None:
    """A secret that reaches over the end of a cut body is masked as a whole."""
    line = curl.command(AUTH, "http://g", "GET", "/", [], b"x" * 3996 + SECRET.encode() + b"y" * 1000)
    assert SECRET[:4] not in line
    assert "y" not in line.partition("#")[0].partition("TYK")[2]


def test_a_secret_in_another_form_is_in_no_command() -> None:
    """A secret that a request has encoded is replaced by words, also in a body."""
    encoded = b64encode(f":{SECRET}".encode()).decode()
    line = curl.command(
        AUTH,
        "http://g",
        "GET",
        f"/?k={quote(SECRET)}",
        [("Authorization", f"Basic {encoded}")],
        encoded.encode(),
    )
    assert encoded not in line
    assert quote(SECRET) not in line
    assert line.count("TYK_GW_SECRET in another form") == 3
