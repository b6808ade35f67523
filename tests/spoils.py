"""Ways in which a server in front of a gateway is broken, each as a function that makes one."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from broken_servers import Answered, Asked, Forward, Spoil, Upstream, said

LIST, POLICY = "/tyk/policies", "/tyk/policies/"
JSON = "application/json"


def _is_json(answered: Answered) -> bool:
    return answered.header("Content-Type").startswith(JSON) and bool(answered.body)


def in_json(change: Callable[[Any], Any]) -> Spoil:
    """A proxy that changes the value of each JSON answer, and writes it as Go does."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        if not _is_json(answered):
            return answered
        return replace(answered, body=f"{_as_go(change(json.loads(answered.body)))}\n".encode())

    return spoil


def _as_go(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "replace").decode()


def in_answer(change: Callable[[Answered], Answered]) -> Spoil:
    """A proxy that changes each answer."""
    return lambda asked, forward: change(forward(asked))


def _objects(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(item) for item in value]
        return change(value) if isinstance(value, dict) else value

    return walk


def _numbers_as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers_as_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers_as_texts(item) for item in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_empty(item) for name, item in value.items() if item not in (None, "", [], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def adds_a_member() -> Spoil:
    """A proxy that adds a member to each object."""
    return in_json(_objects(lambda value: {**value, "requestId": "abc"}))


def numbers_as_texts() -> Spoil:
    """A proxy that writes numbers as texts."""
    return in_json(_numbers_as_texts)


def drops_empty_members() -> Spoil:
    """A proxy that leaves out members without a value."""
    return in_json(_without_empty)


def pretty() -> Spoil:
    """A proxy that formats JSON."""

    def change(answered: Answered) -> Answered:
        if not _is_json(answered):
            return answered
        return replace(answered, body=json.dumps(json.loads(answered.body), indent=2).encode())

    return in_answer(change)


def sorts_members() -> Spoil:
    """A proxy that sorts the members of objects."""

    def change(answered: Answered) -> Answered:
        if not _is_json(answered):
            return answered
        text = json.dumps(
            json.loads(answered.body), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return replace(answered, body=f"{text}\n".encode())

    return in_answer(change)


def gzips() -> Spoil:
    """A proxy that compresses whatever the client accepts."""
    return in_answer(
        lambda answered: replace(
            answered.with_header("Content-Encoding", "gzip"), body=gzip.compress(answered.body)
        )
    )


def html_errors() -> Spoil:
    """A proxy that answers errors with a page of its own."""
    page = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
    return in_answer(
        lambda answered: (
            said(answered.status, page.format(answered.status), "text/html")
            if answered.status >= 400
            else answered
        )
    )


def wrong_reasons() -> Spoil:
    """A server whose status lines have other texts than Go's."""
    return in_answer(lambda answered: replace(answered, reason="Whatever"))


def with_charset() -> Spoil:
    """A proxy that adds a charset to the content type."""
    return in_answer(
        lambda answered: (
            answered.with_header("Content-Type", f"{JSON}; charset=utf-8")
            if answered.header("Content-Type") == JSON
            else answered
        )
    )


def plain_text() -> Spoil:
    """A proxy that declares each body as plain text."""
    return in_answer(lambda answered: answered.with_header("Content-Type", "text/plain"))


def no_content_type() -> Spoil:
    """A proxy that drops the content type."""
    return in_answer(lambda answered: answered.with_header("Content-Type"))


def no_nosniff() -> Spoil:
    """A proxy that drops the header X-Content-Type-Options."""
    return in_answer(lambda answered: answered.with_header("X-Content-Type-Options"))


def created() -> Spoil:
    """A server that answers writes with 201."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        return (
            replace(answered, status=201) if asked.method == "POST" and answered.status == 200 else answered
        )

    return spoil


def unauthorised() -> Spoil:
    """A server that refuses a wrong secret with 401."""
    return in_answer(lambda answered: replace(answered, status=401) if answered.status == 403 else answered)


def dead(method: str, is_path: Callable[[str], bool], status: int = 503) -> Spoil:
    """A server with an operation that always answers an error."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method == method and is_path(asked.path):
            return said(status, '{"status":"error","message":"out of order"}\n')
        return forward(asked)

    return spoil


def dead_list() -> Spoil:
    """A server whose list of policies is always 503."""
    return dead("GET", lambda path: path == LIST)


def dead_delete() -> Spoil:
    """A server that never deletes a policy."""
    return dead("DELETE", lambda path: path.startswith(POLICY), 405)


def no_writes() -> Spoil:
    """A proxy that refuses each write."""
    return lambda asked, forward: (
        said(403, "<html>Forbidden by policy</html>", "text/html") if asked.is_write else forward(asked)
    )


def sometimes_502() -> Spoil:
    """A proxy that answers each seventh request with 502."""
    number = count(1)
    return lambda asked, forward: (
        said(502, "<html>Bad Gateway</html>", "text/html") if next(number) % 7 == 0 else forward(asked)
    )


def sometimes_closed() -> Spoil:
    """A proxy that closes the connection instead of each ninth answer to a write."""
    number = count(1)

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.is_write and next(number) % 9 == 0:
            raise ConnectionAbortedError
        return forward(asked)

    return spoil


def rate_limited() -> Spoil:
    """A proxy that lets 20 requests in a second pass."""
    times: list[float] = []

    def spoil(asked: Asked, forward: Forward) -> Answered:
        now = time.monotonic()
        times[:] = [at for at in times if now - at < 1]
        if len(times) >= 20:
            return said(429, '{"error":"too many requests"}')
        times.append(now)
        return forward(asked)

    return spoil


def stub() -> Spoil:
    """A server with canned answers."""

    def spoil(asked: Asked, _: Forward) -> Answered:
        if asked.path == "/hello":
            return said(200, '{"status":"pass","version":"5.12.0","description":"Tyk GW"}')
        if asked.path == LIST and asked.method == "GET":
            return said(200, "[]")
        if asked.is_write:
            return said(200, '{"key":"x","status":"ok","action":"added"}')
        return said(200, "{}" if asked.path.startswith(POLICY) else '{"status":"ok","message":""}')

    return spoil


def lost_writes(each: int = 5) -> Spoil:
    """A server that loses each fifth write of a policy."""
    number = count(1)

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method in ("POST", "PUT") and asked.path.startswith(LIST) and next(number) % each == 0:
            try:
                name = json.loads(asked.body).get("id") or asked.path.removeprefix(POLICY)
            except (ValueError, AttributeError):
                return forward(asked)
            action = "added" if asked.method == "POST" else "modified"
            return said(200, f'{{"key":"{name}","status":"ok","action":"{action}"}}\n')
        return forward(asked)

    return spoil


def lost_deletes() -> Spoil:
    """A server that says it deletes policies, and does not."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method == "DELETE" and asked.path.startswith(POLICY):
            name = asked.path.removeprefix(POLICY)
            return said(200, f'{{"key":"{name}","status":"ok","action":"deleted"}}\n')
        return forward(asked)

    return spoil


def no_reload() -> Spoil:
    """A server whose reload does nothing."""
    return lambda asked, forward: (
        said(200, '{"status":"ok","message":""}\n')
        if asked.path.startswith("/tyk/reload")
        else forward(asked)
    )


def cached(seconds: float = 2.0, *, shows_age: bool = False, by_secret: bool = True) -> Spoil:
    """A cache that answers reads with what it has kept for some seconds."""
    kept: dict[Any, tuple[float, Answered]] = {}
    lock = threading.Lock()

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method != "GET" or asked.path.startswith("/tyk/reload"):
            return forward(asked)
        secret = tuple(value for name, value in asked.headers if name.lower() == "x-tyk-authorization")
        key = (asked.target, secret if by_secret else ())
        now = time.monotonic()
        with lock:
            at, answered = kept.get(key, (0.0, None))
        if answered is not None and now - at < seconds:
            return answered.with_header("Age", str(int(now - at))) if shows_age else answered
        answered = forward(asked)
        if answered.status == 200:
            with lock:
                kept[key] = (now, answered)
        return answered

    return spoil


def cached_with_age() -> Spoil:
    """A cache that tells the age of its answers, and takes no notice of the secret."""
    return cached(30.0, shows_age=True, by_secret=False)


def lagging(seconds: float = 1.0) -> Spoil:
    """A read replica that shows what is loaded after some seconds: every other read goes to it."""
    number = count()
    old: dict[str, list[tuple[float, Answered]]] = {}
    lock = threading.Lock()
    loaded = [0.0]

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        now = time.monotonic()
        if asked.path.startswith("/tyk/reload"):
            loaded[0] = now
        if asked.method != "GET" or not asked.path.startswith(LIST) or answered.status not in (200, 404):
            return answered
        with lock:
            history = old.setdefault(
                asked.target, [(0.0, said(404, '{"status":"error","message":"Policy not found"}\n'))]
            )
            if asked.path == LIST and len(history) == 1:
                history[0] = (0.0, said(200, "[]\n"))
            if history[-1][1].body != answered.body:
                history.append((max(loaded[0], 0.0), answered))
            if next(number) % 2 == 0:
                return answered
            return [kept for at, kept in history if now - at >= seconds or at == 0.0][-1]

    return spoil


def no_secret(secret: str) -> Callable[[], Spoil]:
    """A server that asks for no secret."""

    def make() -> Spoil:
        def spoil(asked: Asked, forward: Forward) -> Answered:
            headers = [(n, v) for n, v in asked.headers if n.lower() != "x-tyk-authorization"]
            return forward(replace(asked, headers=(*headers, ("X-Tyk-Authorization", secret))))

        return spoil

    return make


def slow(seconds: float, operation: Callable[[Asked], bool] = lambda asked: True) -> Spoil:
    """A server that takes its time."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if operation(asked):
            time.sleep(seconds)
        return forward(asked)

    return spoil


def renames_headers() -> Spoil:
    """A proxy that gives the headers of limits other names."""
    return in_answer(
        lambda answered: replace(
            answered,
            headers=tuple(
                (n.replace("X-RateLimit", "RateLimit").replace("X-Ratelimit", "RateLimit"), v)
                for n, v in answered.headers
            ),
        )
    )


def upper_case_texts() -> Spoil:
    """A proxy that escapes all characters beyond ASCII, and those that HTML uses."""

    def change(answered: Answered) -> Answered:
        if not _is_json(answered):
            return answered
        return replace(
            answered, body=json.dumps(json.loads(answered.body), separators=(",", ":")).encode() + b"\n"
        )

    return in_answer(change)


def truncated_lists(length: int = 10) -> Spoil:
    """A proxy that shows a page of a list."""
    return in_json(lambda value: value[:length] if isinstance(value, list) else value)


def no_newline() -> Spoil:
    """A proxy that strips bodies."""
    return in_answer(lambda answered: replace(answered, body=answered.body.strip()))


def null_bodies() -> Spoil:
    """A server that wraps what it answers."""
    return in_json(lambda value: {"data": value})


def late(seconds: float = 1.5) -> Spoil:
    """A replica that all reads go to, and that shows what is loaded after some seconds."""
    history: dict[str, list[tuple[float, Answered]]] = {}
    lock = threading.Lock()

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        if asked.method != "GET" or not asked.path.startswith(LIST):
            return answered
        now = time.monotonic()
        absent = said(404, '{"status":"error","message":"Policy not found"}\n')
        with lock:
            known = history.setdefault(
                asked.target, [(0.0, said(200, "[]\n") if asked.path == LIST else absent)]
            )
            if known[-1][1].body != answered.body:
                known.append((now, answered))
            return [kept for at, kept in known if now - at >= seconds or at == 0.0][-1]

    return spoil


def other_words() -> Spoil:
    """A server with other words for what went well."""
    return in_json(
        _objects(lambda value: {n: "success" if (n, v) == ("status", "ok") else v for n, v in value.items()})
    )


def lost_updates() -> Spoil:
    """A server that says it changes policies, and does not."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method == "PUT" and asked.path.startswith(POLICY):
            name = asked.path.removeprefix(POLICY)
            return said(200, f'{{"key":"{name}","status":"ok","action":"modified"}}\n')
        return forward(asked)

    return spoil


def other_version(told: str) -> Callable[[], Spoil]:
    """A server that tells another version than its own."""
    return lambda: in_answer(
        lambda answered: replace(
            answered, body=answered.body.replace(b'"version":"5.12.0"', f'"version":"{told}"'.encode())
        )
    )


def internal_errors() -> Spoil:
    """A server that answers each error with 500."""
    return in_answer(
        lambda answered: replace(answered, status=500) if answered.status in (400, 404) else answered
    )


def lower_case_ids() -> Spoil:
    """A proxy that writes paths in lower case."""
    return lambda asked, forward: forward(replace(asked, target=asked.target.lower()))


def cut_bodies() -> Spoil:
    """A proxy that takes no more than 200 bytes of a body."""
    return lambda asked, forward: (
        said(413, "<html>Too large</html>", "text/html") if len(asked.body) > 200 else forward(asked)
    )


def divided(upstream: Upstream) -> Spoil:
    """A balancer that sends each second request to another gateway."""
    number = count()
    return lambda asked, forward: (
        upstream.forward(asked) if asked.path.startswith("/tyk") and next(number) % 2 else forward(asked)
    )
