"""Generators of the answers of a hostile server: each spoils an honest answer, from a seed.

An answer is a list of parts, and what the server does after them: "keep" or "close" the connection, "hold" it
in silence, "drip" the last part slowly for ever, or "flood" it.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.hostile_requests import ODD_TEXTS, encoded, value

FOREIGN_HEX = "7c0a57acdeadbeefdeadbeef"  # a database id that no run made
FOREIGN_ID = "66fa1a2bdeadbeefcafe0001"  # another one, which no scenario of a recording has
MARKS = ("victim", FOREIGN_HEX, FOREIGN_ID)  # each foreign name has one as a part, however it is encoded
NAMING = {
    "key", "access_token", "client_id", "code", "api_id", "id", "_id", "org_id", "keys", "Message", "Data", "Meta", "key_id",
    "refresh_token", "policy_id", "apis", "ID", "listen_path",
}  # fmt: skip
MAX_BODY = 33 << 20  # bytes of the longest body, beyond what a client of the suite takes


@dataclass(frozen=True)
class Answer:
    """An answer before it is written: its status line, its headers as lines, and its body."""

    status: bytes
    headers: tuple[bytes, ...]
    body: bytes
    end: str = "keep"

    @classmethod
    def parse(cls, data: bytes) -> Answer:
        """The answer in the bytes of a whole honest one, with a length."""
        head, _, body = data.partition(b"\r\n\r\n")
        status, *headers = head.split(b"\r\n")
        if any(line.lower().startswith(b"transfer-encoding") for line in headers):
            body = b"".join(re.findall(rb"(?s)[0-9a-f]+\r\n(.+?)\r\n(?=[0-9a-f]+\r\n)", body))
        dropped = (b"content-length", b"connection", b"transfer-encoding")
        return cls(status, tuple(line for line in headers if not line.lower().startswith(dropped)), body)

    def parts(self, *, is_head: bool = False) -> list[bytes]:
        """The bytes of the answer, with the length of its body."""
        lines = [self.status, *self.headers, b"Content-Length: %d" % len(self.body), b"", b""]
        return [b"\r\n".join(lines) + (b"" if is_head else self.body)]


Spoiled = tuple[list[bytes], str]  # parts, and what follows


def foreign_names(run: str) -> list[str]:
    """Names of others, and names that look like a run's until a server decodes or cleans them."""
    documents = (
        '{"org":"victimorg","id":"victim","h":"murmur64"}', f'{{"org":"victimorg","org":"{run}","id":"1","h":"murmur64"}}',
        f'{{"org":"{run}","ORG":"victimorg","id":"1"}}', f'{{"org":"{run}/../victimorg","id":"1"}}', f'{{"id":"victim","org":["{run}"]}}',
    )  # fmt: skip
    return [
        "victim-key", "victimorgvictim-key", FOREIGN_HEX, FOREIGN_ID, f"victim/{run}1", f"{run.upper()}victim", f" {run}victim",
        f"{run}1/../victim-key", f"{run}1/../../keys/victim-key", f"{run}/..%2fvictim-key", f"{run}1%2f..%2Fvictim-key",
        f"{run}1%252f%252e%252e%252fvictim-key", f"{run}1/..;/victim-key", f"{run}1\\..\\victim-key", f"{run}1/.. /victim-key",
        f"../{run}1/../victim-key", f"{run}1/..\0/victim", *(base64.b64encode(document.encode()).decode() for document in documents),
    ]  # fmt: skip


def split_names(run: str) -> list[str]:
    """Names of a run that stand for others where a server splits them, or of another run.

    A run that such a name is answered to must not use it; `clean` may, for a run may have given it.
    """
    return [
        f"{run}1?org_id=victimorg", f"{run}1&token=victim-key", f"{run}1;token=victim-key", f"{run}1#victim-key",
        f"{run}1 HTTP/1.1\r\nX: victim-key", f"{run}1\0victim-key", f"{run}1\n/victim", "tyk-contract-00000000-victim",
    ]  # fmt: skip


def names(rng: random.Random, answer: Answer, run: str) -> Spoiled:
    """Names of others where the answer names things."""
    return _renamed(rng, answer, foreign_names(run))


def chosen_names(rng: random.Random, answer: Answer, run: str) -> Spoiled:
    """Names that the service cannot have chosen for the run, where the answer names things."""
    return _renamed(rng, answer, split_names(run))


def _renamed(rng: random.Random, answer: Answer, foreign: list[str]) -> Spoiled:

    def renamed(node: Any, name: str = "") -> Any:
        if isinstance(node, dict):
            return {key: renamed(child, key) for key, child in node.items()}
        if isinstance(node, list):
            extra = [rng.choice(foreign)] if name in NAMING and rng.random() < 0.5 else []
            return extra + [renamed(child, name) for child in node]
        return rng.choice(foreign) if name in NAMING and rng.random() < 0.5 else node

    try:
        document = renamed(json.loads(answer.body))
    except (ValueError, RecursionError):
        return answer.parts(), "keep"
    if isinstance(document, list) and rng.random() < 0.3:
        document += [{"id": name, "_id": name, "api_id": name, "client_id": name} for name in foreign]
    return replace(answer, body=json.dumps(document).encode()).parts(), "keep"


def members(rng: random.Random, answer: Answer, _: str) -> Spoiled:
    """Members of the JSON replaced, dropped or added, by values of odd types."""

    def bent(node: Any) -> Any:
        if rng.random() < 0.15:
            return value(rng)
        if isinstance(node, dict):
            extra = {rng.choice(ODD_TEXTS): value(rng)} if rng.random() < 0.2 else {}
            return extra | {key: bent(child) for key, child in node.items() if rng.random() < 0.9}
        return [bent(child) for child in node] if isinstance(node, list) else node

    try:
        document = bent(json.loads(answer.body))
    except (ValueError, RecursionError):
        document = value(rng)
    return replace(answer, body=encoded(document)).parts(), "keep"


def bodies(rng: random.Random, answer: Answer, _: str) -> Spoiled:
    """Another body: deep, long, broken, empty, or no text."""
    size = rng.choice((1, 100, 3_000, 100_000))
    body = rng.choice((
        b"[" * size, b"[" * size + b"]" * size, b'{"a":' * size + b"1" + b"}" * size, b'"' + b"x" * size * 10 + b'"', b"", b"null", b"{}", b"[]",
        b"0", b'""', b"[null]", b"[[]]", b"[{}]", b'{"id":null}', rng.randbytes(size), b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"9" * size,
        answer.body[: rng.randrange(len(answer.body) + 1)], answer.body * 2, b"\x1b]0;PWNED\x07\x9b2J" * 9, b"<html>", b"{'a':1}",
        rng.choice(ODD_TEXTS).encode("utf-8", "surrogatepass"), b'"\\ud800"', b'{"status":"error","message":"\\u0000\\ud800\\u202e"}',
        b'{"a":1,"a":2}', b"[" + b"1e999," * size + b"1]",
    ))  # fmt: skip
    return replace(answer, body=body).parts(), "keep"


def lists(rng: random.Random, answer: Answer, run: str) -> Spoiled:
    """A list that is much longer than the honest one, with names of a run, of others, or of nobody."""
    size = rng.choice((100, 2_000, 20_000))
    name = rng.choice((f"{run}%d", "victim-%d", f"{run}%d/../victim", "%d"))
    items = [{"id": name % n, "_id": name % n, "api_id": name % n} for n in range(size)]
    document = rng.choice(
        (items, {"keys": [name % n for n in range(size)]}, {"Data": items, "Pages": size}, [size] * size)
    )
    if rng.random() < 0.02:
        return replace(answer, body=b"[" + b" " * MAX_BODY + b"]").parts(), "keep"
    return replace(answer, body=json.dumps(document).encode()).parts(), "keep"


def statuses(rng: random.Random, answer: Answer, _: str) -> Spoiled:
    """Another status line."""
    codes = ("100", "101", "200", "201", "204", "205", "206", "301", "304", "400", "401", "403", "404", "405", "418", "429", "500", "503", "599",
             "000", "099", "600", "999", "1000", "2 0", "-1", "20", "2e2", "")  # fmt: skip
    version = rng.choice(
        (b"HTTP/1.1",) * 6 + (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"ICY", b"http/1.1", b"", b"HTTP/1.1 ")
    )
    reason = rng.choice((b" OK", b"", b" ", b" \x1b[2J\xff", b" " + b"x" * 70_000))
    return replace(answer, status=b"%s %s%s" % (version, rng.choice(codes).encode(), reason)).parts(), "keep"


def headers(rng: random.Random, answer: Answer, _: str) -> Spoiled:
    """Odd headers: foreign content types, many, long, doubled, folded, with control characters or without a colon."""
    added = rng.choice((
        (b"Content-Type: \x1b]0;PWNED\x07",), (b"Content-Type: text/html",), (b"Content-Type: application/json; charset=utf-7",), (b"no colon",),
        tuple(b"X-%d: y" % n for n in range(rng.choice((90, 300, 5_000)))), (b"X: " + b"y" * rng.choice((60_000, 70_000, 2_000_000)),),
        (b" folded: x",), (b"X\0Y: z\0",), (b"X: \xff\xfe",), (b": x",), (b"Content-Encoding: gzip",), (b"Connection: close",), (b"X: a\rb",),
        (b"Date: never",), (b"Connection: upgrade", b"Upgrade: h2c"), (b"Set-Cookie: a=b",), (b"Keep-Alive: timeout=0",), (b"X: a\nY: b",),
    ))  # fmt: skip
    return replace(answer, headers=(*added, *answer.headers) if rng.random() < 0.7 else added).parts(), "keep"


def framing(rng: random.Random, answer: Answer, _: str) -> Spoiled:
    """A body that is framed wrongly, unusually or not at all."""
    start, body = b"\r\n".join((answer.status, *answer.headers, b"")), answer.body
    chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    wrong = rng.choice(
        (
            b"-1",
            b"1e3",
            b"0x10",
            b"9" * 30,
            b"+2",
            b"2, 3",
            b"",
            b"2\r\nContent-Length: 3",
            b"%d" % (len(body) + 9),
            b"0",
            b"1",
        )
    )
    interim = rng.choice(
        (
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
            b"HTTP/1.1 102 \r\n\r\n",
        )
    )
    whole = answer.parts()[0]
    chunked = start + b"Transfer-Encoding: chunked\r\n\r\n"
    parts = rng.choice((
        [start + b"Content-Length: " + wrong + b"\r\n\r\n" + body], [start + b"\r\n" + body], [chunked + chunk + b"0\r\n\r\n"],
        [chunked + chunk], [chunked + b"zz\r\n" + body], [chunked + b"ffffffffffffffff\r\n" + body], [chunked + b"-1\r\n"], [chunked + b"0" * 70_000],
        [chunked + chunk + b"0\r\n" + b"X: y\r\n" * rng.choice((1, 500, 20_000)) + b"\r\n"], [chunked + chunk + b"0;" + b"x" * 70_000 + b"\r\n\r\n"],
        [chunked + b"".join(b"1\r\n%c\r\n" % byte for byte in body[:2_000]) + b"0\r\n\r\n"], [interim * rng.choice((1, 3, 60, 3_000)), whole],
        [whole + rng.choice((b"x", b"HTTP/1.1 200 OK\r\n\r\n", b"\r\n\r\n"))], [whole[: rng.randrange(len(whole))]], [b""], [body],
        [whole.replace(b"\r\n", b"\n", 3)], [b"\r\n\r\n" + whole], [rng.randbytes(rng.choice((1, 100, 70_000)))], [b"\x16\x03\x01\x02\x00"],
        [start + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n"], [b"x" * 200_000], [b"HTTP/1.1 200 OK\r\n" * 200],
        [whole[n : n + 40] for n in range(0, min(len(whole), 2_000), 40)] + [whole[2_000:]],
        [start + b"Transfer-Encoding: gzip\r\n\r\n" + body], [start + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk],
    ))  # fmt: skip
    return parts, "keep" if rng.random() < 0.1 else "close"  # of which the first may make a client wait


def redirects(rng: random.Random, answer: Answer, _: str) -> Spoiled:
    """A redirect, to an address of others or in a circle."""
    status = rng.choice(
        (
            b"301 Moved Permanently",
            b"302 Found",
            b"303 See Other",
            b"307 Temporary",
            b"308 Permanent",
            b"300 Choices",
        )
    )
    target = rng.choice(
        (
            b"ELSEWHERE",
            b"ELSEWHERE/tyk/policies/victim-key",
            b"/",
            b"",
            b"//victim/",
            b"file:///etc/passwd",
            b"/tyk/keys/victim-key",
        )
    )
    spoiled = replace(answer, status=b"HTTP/1.1 " + status, headers=(b"Location: " + target, *answer.headers))
    return spoiled.parts(), "keep"


def stalls(rng: random.Random, answer: Answer, _: str) -> Spoiled:
    """An answer that never ends: silence, or bytes for ever, slowly or fast, at any place of it."""
    start = b"\r\n".join((answer.status, *answer.headers, b""))
    chunked = start + b"Transfer-Encoding: chunked\r\n\r\n"
    return rng.choice((
        ([b""], "hold"), ([start], "hold"), ([answer.parts()[0][:-1]], "hold"), ([chunked + b"5\r\nab"], "hold"),
        ([b"", b"H"], "drip"), ([start, b"X: y\r\n"], "drip"), ([start + b"Content-Length: 99999\r\n\r\n", b" "], "drip"),
        ([chunked, b"1\r\n \r\n"], "drip"), ([chunked + b"0\r\n", b"X: y\r\n"], "drip"), ([b"", b"HTTP/1.1 100 Continue\r\n\r\n"], "drip"),
        ([start + b"\r\n", b" "], "drip"), ([start + b"\r\n", b" " * 65536], "flood"), ([chunked, b"10000\r\n" + b" " * 65536 + b"\r\n"], "flood"),
        ([start, b"X: y\r\n" * 1_000], "flood"), ([b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000], "flood"), ([b"", b"x" * 65536], "flood"),
    ))  # fmt: skip


Spoiler = Callable[[random.Random, Answer, str], Spoiled]
KINDS: dict[Spoiler, int] = {  # with their relative frequencies
    names: 100, chosen_names: 40, members: 90, bodies: 40, lists: 15, statuses: 30, headers: 30, framing: 50, redirects: 20, stalls: 1,
}  # fmt: skip
