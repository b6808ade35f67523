"""Ways in which a server does not do what it says, each as a function that makes one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import quote

from broken_servers import Answered, Asked, Forward, Spoil, Upstream, said

LIST, POLICY = "/tyk/policies", "/tyk/policies/"
JSON = "application/json"


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
    return lambda: lambda asked, forward: forward(asked.with_header("X-Tyk-Authorization", secret))


def open_writes(secret: str) -> Callable[[], Spoil]:
    """A server that asks for the secret at reads alone."""
    return lambda: (
        lambda asked, forward: forward(
            asked.with_header("X-Tyk-Authorization", secret) if asked.is_write else asked
        )
    )


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


def lost_updates() -> Spoil:
    """A server that says it changes policies, and does not."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method == "PUT" and asked.path.startswith(POLICY):
            name = asked.path.removeprefix(POLICY)
            return said(200, f'{{"key":"{name}","status":"ok","action":"modified"}}\n')
        return forward(asked)

    return spoil


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


def merges(asked: Asked, forward: Forward) -> Answered:
    """A server that merges the body of a PUT into what is there."""
    if asked.method == "PUT":
        before = forward(Asked("GET", asked.target, asked.headers, b""))
        with suppress(ValueError, TypeError):
            merged = {**json.loads(before.body), **json.loads(asked.body)}
            if before.status == 200:
                return forward(replace(asked, body=json.dumps(merged).encode()))
    return forward(asked)


def merging() -> Spoil:
    """A server that updates as if each PUT were a PATCH."""
    return merges


def restarting(each: int = 120) -> Spoil:
    """A server that forgets its policies at each 120th request."""
    number = count(1)
    written: list[Asked] = []

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        if asked.method == "POST" and asked.path == LIST and answered.status == 200:
            name = json.loads(answered.body)["key"]
            written.append(Asked("DELETE", POLICY + quote(name, safe=""), asked.headers, b""))
        if next(number) % each == 0:
            gone, written[:] = list(written), []
            for delete in gone:
                forward(delete)
            for delete in gone[:1]:
                forward(Asked("GET", "/tyk/reload?block=true", delete.headers, b""))
        return answered

    return spoil


def ids_of_its_own() -> Spoil:
    """A server that gives each policy an id of its own."""
    number = count(1)

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method == "POST" and asked.path == LIST:
            with suppress(ValueError, TypeError):
                policy = {**json.loads(asked.body), "id": f"pol{next(number):013x}"}
                asked = replace(asked, body=json.dumps(policy).encode())
        return forward(asked)

    return spoil
