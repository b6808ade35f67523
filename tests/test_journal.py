"""The journal keeps the latest requests within a budget of bytes, and shows the secret in no place."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace

import pytest
from asking import call, send, talk
from orders import ORDERS, serve

from mockserver import MockGateway
from mockserver.http.echo_server import Echo
from mockserver.http.messages import Reply, Request, parse_head
from mockserver.service.journal import MAX_BYTES, MAX_ENTRIES, SMALL, Journal
from mockserver.service.journal_entry import Entry
from mockserver.service.journal_parts import MAX_PART, ProxiedReply, ProxiedRequest
from mockserver.service.reached import Reached

SECRET = "s3cret"
LONG = 3 * MAX_PART


def _request(target: str = "/x", headers: str = "", body: bytes = b"") -> Request:
    return Request(parse_head(f"POST {target} HTTP/1.1\r\nHost: a{headers}".encode("latin-1")), body)


def _noted(request: Request, reply: Reply | None = None, secret: str = SECRET) -> Entry:
    journal = Journal()
    journal.note(0.0, request, reply or Reply(b"{}"), Reached(), (secret,))
    return journal[0]


def _proxied(**sent: object) -> ProxiedReply:
    upstream = ProxiedRequest("POST", "/", {}, b"")._replace(**sent)  # type: ignore[arg-type]
    return ProxiedReply(b"{}", api="orders", upstream=upstream)


HEADERS = "".join(f"\r\nX-{number}: 1" for number in range(2_000))
LARGE = {
    "target": (_request("/" + "x" * LONG), Reply(b"")),
    "escaped target": (_request("/" + "%F0%9F%98%80" * (LONG // 12)), Reply(b"")),
    "query": (_request("/?" + "x" * LONG), Reply(b"")),
    "header": (_request(headers="\r\nX: " + "x" * LONG), Reply(b"")),
    "headers": (_request(headers=HEADERS), Reply(b"")),
    "method": (Request(parse_head(b"M" * LONG + b" / HTTP/1.1\r\nHost: a")), Reply(b"")),
    "body": (_request(body=b"\xff" * LONG), Reply(b"")),
    "response": (_request(), Reply(b"x" * LONG)),
    "response headers": (_request(), replace(_proxied(), headers=(("X", "x" * LONG), ("Y", "1")))),
    "redirect": (_request("/" + "x" * LONG), Reply(b"", 301, (("Location", "/" + "x" * LONG),))),
    "upstream target": (_request(), _proxied(target="/" + "x" * LONG)),
    "upstream headers": (_request(), _proxied(headers={f"x-{number}": "1" for number in range(2_000)})),
    "upstream header": (_request(), _proxied(headers={"x": "x" * LONG})),
    "upstream method": (_request(), _proxied(method="M" * LONG)),
    "upstream body": (_request(), _proxied(body=b"\xff" * LONG)),
}


def _held(value: object, seen: set[int]) -> int:
    """The bytes of a value and of all that it holds."""
    if id(value) in seen:
        return 0
    seen.add(id(value))
    parts: list[object] = list(value) if isinstance(value, tuple) else []
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    if hasattr(value, "__dict__") and not isinstance(value, type):
        parts += vars(value).values()
    return sys.getsizeof(value) + sum(_held(part, seen) for part in parts)


@pytest.mark.parametrize(("request_", "reply"), LARGE.values(), ids=LARGE)
def test_an_entry_is_bounded_in_memory(request_: Request, reply: Reply) -> None:
    """An entry keeps a bounded part of whatever is long in a request or reply, and counts what it keeps."""
    entry = _noted(request_, reply)
    held = _held((entry.request, entry.reply), set())
    assert held < 6 * MAX_PART
    assert held <= entry.size + 4096
    assert len(json.dumps(entry.as_dict())) < 7 * MAX_PART
    assert entry.is_complete is False


@pytest.mark.parametrize(("request_", "reply"), LARGE.values(), ids=LARGE)
def test_the_whole_journal_is_bounded_in_memory(request_: Request, reply: Reply) -> None:
    """The oldest entries make room for new ones when the budget is used up, and are counted."""
    room, size = 2 << 20, _noted(request_, reply).size
    journal = Journal(MAX_ENTRIES * SMALL + room)
    for number in range(100):
        journal.note(float(number), request_, reply, Reached(), (SECRET,))
        assert sum(entry.size for entry in journal) <= room
    assert [entry.time for entry in journal] == [float(number) for number in range(journal.dropped, 100)]
    assert len(journal) >= min(room * 7 // 8 // size, 100)


@pytest.mark.parametrize("longer", [-2, 2])
def test_entries_of_any_size_fill_the_journal_within_its_budget(longer: int) -> None:
    """Entries that are just small or just not small keep the budget together with long ones."""
    journal = Journal()
    small = _request(body=b"x" * (SMALL - _request().head.size - 2 + longer))
    for number in range(3 * MAX_ENTRIES):
        journal.note(float(number), small, Reply(b"{}"), Reached(), (SECRET,))
        if number % 3 == 0:
            journal.note(float(number), _request(body=b"x" * LONG), Reply(b"{}"), Reached(), (SECRET,))
    assert sum(entry.size for entry in journal) <= MAX_BYTES
    assert journal.dropped + len(journal) == 4 * MAX_ENTRIES
    assert [entry.time for entry in journal] == sorted(entry.time for entry in journal)


def test_a_full_journal_counts_what_it_dropped(gateway: MockGateway) -> None:
    """The journal says how many entries it has dropped since it was cleared, also over HTTP."""
    for number in range(MAX_ENTRIES + 7):
        gateway.journal.note(float(number), _request(), Reply(b""), Reached(), (SECRET,))
    answer = send(gateway, "GET", "/_mock/journal")
    assert (gateway.journal.dropped, dict(answer.headers)["X-Journal-Dropped"]) == (7, "7")
    assert len(json.loads(answer.body)) == MAX_ENTRIES
    call(gateway, "DELETE", "/_mock/journal")
    assert dict(send(gateway, "GET", "/_mock/journal").headers)["X-Journal-Dropped"] == "0"


def test_many_threads_keep_the_budget() -> None:
    """Entries of several threads are all counted, so that the budget holds and a cleared journal has all of it."""
    journal, request = Journal(), _request(body=b"x" * MAX_PART)

    def note() -> None:
        for _ in range(200):
            journal.note(0.0, request, Reply(b""), Reached(), (SECRET,))
            journal.note(0.0, _request(), Reply(b""), Reached(), (SECRET,))

    threads = [threading.Thread(target=note) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(journal) + journal.dropped == 8 * 200 * 2
    assert sum(entry.size for entry in journal) <= MAX_BYTES
    journal.clear()
    assert (journal.dropped, len(journal)) == (0, 0)


@pytest.mark.parametrize("length", [0, 1, MAX_PART - 1, MAX_PART, MAX_PART + 1])
def test_a_part_of_the_usual_length_is_whole(length: int) -> None:
    """A body, a response and a target of up to 64 KiB are kept and shown as they are."""
    text = "x" * length
    entry = _noted(_request(f"/{text}"[: max(length, 1)], body=text.encode()), Reply(text.encode()))
    assert entry.is_complete
    assert entry.body == text.encode()
    assert (entry.as_dict()["body"], entry.as_dict()["response"]) == (text, text)
    assert len(entry.target) == max(length, 1)


def test_a_header_that_does_not_fit_is_left_out() -> None:
    """An entry keeps as many whole headers as fit, and the others around a long one."""
    headers = "\r\nA: 1\r\nB: " + "x" * LONG + "\r\nC: 2"
    assert _noted(_request(headers=headers)).headers == (("Host", "a"), ("A", "1"), ("C", "2"))


PLACES = {  # where the client of an API puts the secret: method, target, headers, body
    "other header": ("GET", "/orders/a", [("X-Foo", SECRET)], b""),
    "name of a header": ("GET", "/orders/a", [(f"X-{SECRET}", "1")], b""),
    "body": ("POST", "/orders/a", [], f'{{"a":"{SECRET}"}}'.encode()),
    "query": ("GET", f"/orders/a?k={SECRET}", [], b""),
    "path": ("GET", f"/orders/{SECRET}/a", [], b""),
    "method": (SECRET, "/orders/a", [], b""),
    "proxy credential": ("GET", "/orders/a", [("Proxy-Authorization", "Basic QUJD")], b""),
}


@pytest.mark.parametrize(("method", "target", "headers", "body"), PLACES.values(), ids=PLACES)
def test_the_upstream_request_hides_the_secret(
    gateway: MockGateway, method: str, target: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    """The journal hides the secret in the request to the upstream and in its answer, wherever it stands."""
    with Echo(shows_headers=True) as upstream:
        proxy = {**ORDERS["proxy"], "target_url": upstream.url}  # type: ignore[dict-item]
        serve(gateway, proxy=proxy, use_keyless=True)
        assert send(gateway, method, target, headers, body or None).status == 200
    entry = gateway.journal[-1]
    assert entry.upstream is not None
    shown = [repr(entry), *map(str, (entry.upstream, entry.headers, entry.target, entry.path, entry.body))]
    shown.append(send(gateway, "GET", "/_mock/journal").body.decode())
    for text in shown:
        assert SECRET not in text
        assert "QUJD" not in text


@pytest.mark.parametrize("shown", range(1, len(SECRET)))
@pytest.mark.parametrize("part", ["body", "response", "target", "upstream body", "upstream target"])
def test_a_cut_shows_no_beginning_of_the_secret(part: str, shown: int) -> None:
    """A part that is cut within the secret shows none of it, however many secrets stand before."""
    for secrets in (0, 1000):
        text = SECRET * secrets
        text += "-" * (MAX_PART - len(text) - shown) + SECRET + "-" * LONG
        request, reply = _request(), Reply(b"")
        if part == "body":
            request = _request(body=text.encode())
        elif part == "response":
            reply = Reply(text.encode())
        elif part == "target":
            request = _request("/" + text[1:] if not secrets else "/" + text)
        elif part == "upstream body":
            reply = _proxied(body=text.encode())
        else:
            reply = _proxied(target=text)
        entry = json.dumps(_noted(request, reply).as_dict())
        assert "s3" not in entry.replace("***", "")
        assert len(entry) > MAX_PART - 10 * len(SECRET) * secrets


def test_a_request_in_pieces_is_noted_as_one_in_a_packet(gateway: MockGateway) -> None:
    """An entry has the body, the empty values and the odd names of a request, whether its head is cached or not."""
    head = b"GET /tyk/policies/a HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nX_Odd: 1\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
    for _ in range(2):
        talk(gateway, head + b"abc")
    first, second = gateway.journal
    assert first.body == second.body == b"abc"
    assert first.headers == second.headers == (
        ("Host", "x"), ("X-Empty", ""), ("X_Odd", "1"), ("Connection", "close"), ("Content-Length", "3"),
    )  # fmt: skip


def test_a_long_body_is_cut_in_the_journal(gateway: MockGateway) -> None:
    """The journal keeps 64 KiB of a body, and validates no body that it has cut."""
    body = json.dumps({"id": "gold", "name": "x" * 70_000}).encode()
    send(gateway, "POST", "/tyk/policies", [("X-Tyk-Authorization", gateway.secret)], body)
    (entry,) = gateway.journal
    assert entry.body == body[: 64 << 10]
    assert entry.violations == ["a request or reply with more than 65536 bytes in a part is not validated"]
