"""Ways in which a server on the way spoils requests and answers, each as a function that makes one."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import unquote

import spoils
from broken_servers import Answered, Asked, Forward, Spoil, said


def no_queries() -> Spoil:
    """A proxy that drops queries."""
    return lambda asked, forward: forward(replace(asked, target=asked.path))


def byte_order_mark() -> Spoil:
    """A proxy that puts a byte order mark before each body."""
    return spoils.in_answer(lambda answered: replace(answered, body=b"\xef\xbb\xbf" + answered.body))


def no_content() -> Spoil:
    """A server that answers writes with 204."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        is_done = asked.is_write and answered.status == 200
        return replace(answered, status=204, reason="No Content", body=b"") if is_done else answered

    return spoil


def decimal_points() -> Spoil:
    """A proxy that writes integers with a decimal point."""

    def pointed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: pointed(item) for name, item in value.items()}
        if isinstance(value, list):
            return [pointed(item) for item in value]
        return float(value) if type(value) is int and abs(value) < 2**53 else value

    def change(answered: Answered) -> Answered:
        if not answered.header("Content-Type").startswith("application/json") or not answered.body:
            return answered
        with suppress(RecursionError):
            text = json.dumps(pointed(json.loads(answered.body)), separators=(",", ":"), ensure_ascii=False)
            return replace(answered, body=f"{text}\n".encode())
        return answered

    return spoils.in_answer(change)


def wrapped() -> Spoil:
    """A proxy that puts each answer into an object."""
    return spoils.in_json(lambda value: {"data": value, "meta": {"took": 3}})


def untold_gzip() -> Spoil:
    """A proxy that compresses bodies and does not say so."""
    return spoils.in_answer(lambda answered: replace(answered, body=gzip.compress(answered.body)))


def large_bodies_refused(longest: int = 8192) -> Spoil:
    """A proxy that takes bodies of 8 kB."""
    page = said(413, "<html><title>413 Request Entity Too Large</title></html>", "text/html")
    return lambda asked, forward: page if len(asked.body) > longest else forward(asked)


def cut_requests(length: int = 512) -> Spoil:
    """A proxy that forwards the beginning of a body."""
    return lambda asked, forward: forward(replace(asked, body=asked.body[:length]))


def firewall() -> Spoil:
    """A firewall that blocks bodies with what looks like markup or a comment."""
    number = count(10**9)

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if re.search(rb"[<>']|--", asked.body):
            return said(403, f"<html>Request blocked. Support ID: {next(number)}</html>", "text/html")
        return forward(asked)

    return spoil


def errors_with_traces(each: int = 20) -> Spoil:
    """A server that answers each 20th request with 503 and an id of its own."""
    number = count(1)

    def spoil(asked: Asked, forward: Forward) -> Answered:
        n = next(number)
        return said(503, f'{{"error":"internal","trace":"{n:032x}"}}') if n % each == 0 else forward(asked)

    return spoil


def sign_on_for_writes() -> Spoil:
    """A single sign-on that sends writes to its login."""
    login = said(302, "").with_header("Location", "https://sso.example.com/login")
    return lambda asked, forward: login if asked.is_write else forward(asked)


def errors_as_text() -> Spoil:
    """A proxy that answers errors with a word of its own."""
    return spoils.in_answer(
        lambda answered: said(answered.status, "error", "text/plain") if answered.status >= 400 else answered
    )


def mixed(each: int = 15) -> Spoil:
    """A proxy that gives each 15th answer to the request after it."""
    number = count(1)
    lock = threading.Lock()
    last: list[Answered] = []

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        with lock:
            if next(number) % each == 0 and last:
                return last.pop()
            last[:] = [answered]
            return answered

    return spoil


def with_a_comment() -> Spoil:
    """A proxy that appends a comment to each body."""
    return spoils.in_answer(lambda answered: replace(answered, body=answered.body + b"<!-- cached -->"))


def writes_twice() -> Spoil:
    """A proxy that sends each write twice and answers as the second was answered."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        return forward(asked) if asked.is_write else answered

    return spoil


def deletes_at_second(path: str, done: Callable[[str], Answered]) -> Callable[[], Spoil]:
    """A server that says that it removes a thing, and does so at the second DELETE; things are below a path."""

    def make() -> Spoil:
        once: set[str] = set()

        def spoil(asked: Asked, forward: Forward) -> Answered:
            is_delete = asked.method == "DELETE" and asked.path.startswith(path)
            if is_delete and asked.path not in once and forward(replace(asked, method="GET")).status == 200:
                once.add(asked.path)
                return done(asked.path.removeprefix(path))
            return forward(asked)

        return spoil

    return make


def reload_forgets(path: str, missing: Answered) -> Spoil:
    """A server whose reload loads what was written since the last one, and nothing else."""
    written: set[str] = set()
    loaded: set[str] = set()

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        if answered.status != 200:
            return answered
        if asked.path.startswith("/tyk/reload"):
            loaded.clear()
            loaded.update(written)
            written.clear()
        elif asked.is_write and asked.path.startswith(path):
            written.add(json.loads(answered.body)["key"])
        elif asked.method == "GET" and (name := unquote(asked.path.removeprefix(path)).strip("/")):
            is_policy = asked.path.startswith(f"{path}/")
            return missing if is_policy and name not in loaded else answered
        return answered

    return spoil


def of_another_place(path: str, missing: Answered) -> Callable[[], Spoil]:
    """A server that shows no thing below a path, as one that loads them from another place."""

    def make() -> Spoil:
        def spoil(asked: Asked, forward: Forward) -> Answered:
            answered = forward(asked)
            is_read = asked.method == "GET" and answered.status == 200
            if is_read and asked.path == path:
                return replace(answered, body=b'[{"id":"gold","rate":10}]\n')
            return missing if is_read and asked.path.startswith(f"{path}/") else answered

        return spoil

    return make


CASES = {  # of both services: the server, the cause of the first finding, and words of it
    "a byte order mark": (byte_order_mark, "body-prefixed", r"the JSON of answers: '\ufeff'"),
    "a comment behind bodies": (with_a_comment, "body-suffixed", "behind the JSON of answers: '<!-- cached -->'"),
    "204 for 200": (no_content, "status", "Status 204 is answered where 200 is required"),
    "integers with a point": (decimal_points, "reformatted", "with a decimal point, as 5.0 for 5"),
    "wrapped answers": (wrapped, "wrapped", "an object with the members 'data', 'meta'"),
    "a compression that is not told": (untold_gzip, "compressed", "no header Content-Encoding tells of it"),
    "errors with traces": (errors_with_traces, "occasional-errors", "answered 503"),
    "a login for writes": (sign_on_for_writes, "dead-operation", "302: to https://sso.example.com/login"),
    "errors as text": (errors_as_text, "content-type", "Errors are answered as text/plain"),
    "writes twice": (writes_twice, "refused-but-done", "sent each one twice"),
}  # fmt: skip
