"""A proxy that records live traffic passes on no broken or hostile answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from answering import OK, answering
from hostile import CHUNKED, HEAD, Peer, dripping, flooding, hostile
from proxying import proxying, talk

from mockserver.http.received_body import Bounds

SHORT = Bounds(seconds=2, longest=1 << 20)

BROKEN = {
    "nothing": b"",
    "no HTTP": b"nonsense\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a length that is none": HEAD + b"Content-Length: +3\r\n\r\nabc",
    "another encoding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two encodings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a short body": HEAD + b"Content-Length: 9\r\n\r\nabc",
    "chunks that end": CHUNKED + b"9\r\nabc",
    "no last chunk": CHUNKED + b"3\r\nabc\r\n",
    "a chunk that is none": CHUNKED + b"x\r\nabc\r\n0\r\n\r\n",
    "a head that ends": HEAD + b"Content-",
    "a header without a colon": HEAD + b"nonsense\r\nContent-Length: 0\r\n\r\n",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nmore",
    "a status under 100": b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
    "a status over 599": b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
    "a long body": HEAD + b"Content-Length: %d\r\n\r\n" % (2 << 20) + bytes(2 << 20),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_a_bad_gateway(answer: bytes, tmp_path: Path) -> None:
    """An answer that is broken, cut or framed in two ways is a 502 in JSON, which has nothing of it."""

    def converse(peer: Peer) -> None:
        peer.take()
        peer.say(answer)

    with hostile(converse) as url, proxying(url, tmp_path / "live.jsonl", bounds=SHORT) as proxy:
        received = talk(proxy, b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        assert json.loads(body)["message"].startswith("no answer from 127.0.0.1:")
        assert b"abc" not in received
        assert (dict(proxy.traffic.counts), proxy.steps) == ({"unanswered": 1}, [])
    assert proxy.log.getvalue().count("\n") == 1
    assert "GET /hello 502 - " in proxy.log.getvalue()


def test_a_second_answer_is_not_read_as_one(tmp_path: Path) -> None:
    """What a server sends behind its answer reaches no client, so that no answer is one to another request."""
    smuggled = HEAD + b"Content-Length: 0\r\n\r\n" + HEAD + b"Content-Length: 4\r\n\r\nevil"
    both = HEAD + b"Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEAD + b"\r\nevil"
    answers = {"/a": smuggled, "/b": both, "/c": OK + b"Content-Length: 1\r\n\r\nc"}
    end = b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with answering(answers) as url, proxying(url, tmp_path / "live.jsonl") as proxy:
        answer = talk(proxy, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n" + end)
    assert b"evil" not in answer
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.endswith(b"\r\n\r\nc")


@pytest.mark.parametrize(
    ("conversation", "status"),
    [
        (flooding(HEAD, b"A: b\r\n"), 502),
        (flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), 502),
        (flooding(HEAD + b"\r\n", b"x" * 100), 502),
        (dripping(HEAD, b"A: b\r\n"), 504),
        (dripping(CHUNKED, b"1\r\na\r\n"), 504),
    ],
    ids=["endless head", "endless interim answers", "endless body", "slow head", "slow body"],
)
def test_an_endless_answer_ends(conversation: object, status: int, tmp_path: Path) -> None:
    """An answer without an end, fast or slow, is over at a limit of bytes or of time."""
    with hostile(conversation) as url, proxying(url, tmp_path / "live.jsonl", bounds=SHORT) as proxy:  # type: ignore[arg-type]
        answer = talk(proxy, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_violations_that_quote_a_body_are_cut(tmp_path: Path) -> None:
    """A line of a violation has a thousand characters, however long the body is that it quotes."""
    body = b"[" + b"{}," * 10_000 + b"{}]"
    answer = OK + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with answering({"/tyk/reload": answer}) as url, proxying(url, tmp_path / "live.jsonl") as proxy:
        talk(proxy, b"GET /tyk/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        (violation,) = json.loads(proxy.text.splitlines()[-1])["reply_violations"]
    assert violation.endswith("characters)")
    assert len(violation) < 1100
