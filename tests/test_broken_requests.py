"""A proxy that records live traffic forwards no request that breaks off."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hostile import hostile
from proxying import proxying


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: 9", b"whole"),
        (b"Content-Length: 9", b""),
        (b"Transfer-Encoding: chunked", b"5\r\nwhole\r\n"),
        (b"Transfer-Encoding: chunked", b"5\r\nwhole\r\n-1\r\n"),
        (b"Transfer-Encoding: chunked", b"5\r\nwhole\r\n0x1\r\na\r\n0\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"5\r\nwholeGET / HTTP/1.1\r\n\r\n"),
        (b"Transfer-Encoding: chunked", b"5\r\nwhole\r\n0\r\nX: y"),
    ],
)
def test_a_request_that_breaks_off_is_not_forwarded(tmp_path: Path, framing: bytes, body: bytes) -> None:
    """A request whose body broke off is refused: the server would take its beginning for all of it."""
    requests = list[bytes]()
    with (
        hostile(lambda peer: requests.append(peer.take())) as url,
        proxying(url, tmp_path / "l.jsonl") as proxy,
    ):
        port = int(proxy.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"POST /tyk/policies HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n%s" % (framing, body))
            client.shutdown(socket.SHUT_WR)
            answer = client.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"broke off within its body" in answer
        assert requests == proxy.steps == []
