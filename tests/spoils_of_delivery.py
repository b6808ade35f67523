"""Ways in which what stands before a gateway spoils requests and answers, each as a function that makes one."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import spoils
from broken_servers import Answered, Asked, Forward, Spoil, said

LIST = "/tyk/policies"
RELOAD = "/tyk/reload"
SECRET_HEADER = "X-Tyk-Authorization"


def broken_gzip() -> Spoil:
    """A proxy that declares bodies as compressed and sends them as they are."""
    return spoils.in_answer(lambda answered: answered.with_header("Content-Encoding", "gzip"))


def in_camel_case() -> Spoil:
    """A proxy that writes the names of members in camel case."""

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if isinstance(value, dict):
            return {
                re.sub(r"(?<=[a-z])_([a-z])", lambda m: m[1].upper(), name): renamed(item)
                for name, item in value.items()
            }
        return value

    return spoils.in_json(renamed)


def login_page() -> Spoil:
    """A single sign-on that answers whatever the gateway refuses with its login page, and 200."""
    page = said(200, "<!doctype html><html><body><form>Log in</form></body></html>", "text/html")
    return spoils.in_answer(lambda answered: page if answered.status == 403 else answered)


def lower_case_paths() -> Spoil:
    """A proxy that folds paths to lower case."""
    return lambda asked, forward: forward(
        replace(asked, target=asked.path.lower() + asked.target.removeprefix(asked.path))
    )


def folded_ids() -> Spoil:
    """A gateway that keeps ids in lower case, and takes them in any."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        body = re.sub(rb'"id" ?: ?"[^"\\]*"', lambda match: match[0].lower(), asked.body)
        target = asked.path.lower() if asked.path.startswith(f"{LIST}/") else asked.path
        return forward(replace(asked, target=target + asked.target.removeprefix(asked.path), body=body))

    return spoil


def loads_at_once() -> Spoil:
    """A gateway that loads each write at once."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        if asked.is_write and asked.path.startswith(LIST) and answered.status == 200:
            kept = tuple((n, v) for n, v in asked.headers if n.lower() in {"host", SECRET_HEADER.lower()})
            forward(Asked("GET", f"{RELOAD}?block=true", kept, b""))
        return answered

    return spoil


def reloads_late(seconds: float = 3.0) -> Spoil:
    """A gateway that answers a reload at once and carries it out some seconds later."""
    ok = said(200, '{"status":"ok","message":""}\n')

    def reload(asked: Asked, forward: Forward) -> None:
        with suppress(OSError):  # the run is over, and the gateway gone
            forward(asked)

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.path == RELOAD and asked.header(SECRET_HEADER):
            timer = threading.Timer(seconds, reload, [asked, forward])
            timer.daemon = True
            timer.start()
            return ok
        return forward(asked)

    return spoil


def drops_connections(each: int = 15) -> Spoil:
    """A proxy that closes the connection instead of answering each fifteenth request."""
    number = count(1)

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if next(number) % each == 0:
            raise ConnectionAbortedError
        return forward(asked)

    return spoil


def strips_bodies_of_errors() -> Spoil:
    """A proxy that answers errors without their bodies."""
    return spoils.in_answer(
        lambda answered: replace(answered, body=b"") if answered.status >= 400 else answered
    )


def of_list(change: Callable[[Any], Any], path: str = LIST) -> Callable[[], Spoil]:
    """A server that changes the answers of its list."""

    def make() -> Spoil:
        changed = spoils.in_json(lambda value: change(value) if isinstance(value, list) else value)
        return lambda asked, forward: (
            changed(asked, forward) if asked.method == "GET" and asked.path == path else forward(asked)
        )

    return make


def list_in_pages(policies: list[Any]) -> dict[str, Any]:
    """A list as an object that has it in pages."""
    return {"policies": policies[:10], "page": 1, "pages": -(-len(policies) // 10)}


def cached_list(seconds: float = 3.0) -> Spoil:
    """A server whose list is that of some seconds ago; all else is as it is."""
    kept: dict[tuple[tuple[str, str], ...], tuple[float, Answered]] = {}

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method != "GET" or asked.path != LIST:
            return forward(asked)
        at, answered = kept.get(asked.headers, (-seconds, None))
        if answered is None or time.monotonic() - at >= seconds:
            answered = forward(asked)
            kept[asked.headers] = (time.monotonic(), answered)
        return answered

    return spoil


def no_head() -> Spoil:
    """A server without the method HEAD."""
    return lambda asked, forward: said(405, "") if asked.method == "HEAD" else forward(asked)


def hides_from_strangers() -> Spoil:
    """A server that answers requests without the right secret as if nothing were there."""
    missing = said(404, '{"status":"error","message":"Not found"}\n')
    return spoils.in_answer(lambda answered: missing if answered.status == 403 else answered)


def control_alone() -> Spoil:
    """A proxy that lets the paths of the control API through, and no others."""
    return lambda asked, forward: (
        forward(asked)
        if asked.path.startswith(("/tyk/", "/hello", "/ready"))
        else said(404, "Not Found", "text/plain")
    )
