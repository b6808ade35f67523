"""Ways in which a Dashboard does not do what it says, each as a function that makes one."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import spoils
from broken_servers import Answered, Asked, Forward, Spoil, said
from spoils_of_state import merges

POLICIES = "/api/portal/policies"
MISSING = said(404, '{"Status":"Error","Message":"Not Found","Meta":null}\n')
EMPTY = said(200, '{"Data":[],"Pages":1}\n')


def _done(message: str) -> Answered:
    return said(200, json.dumps({"Status": "OK", "Message": message, "Meta": None}))


def _is_list(asked: Asked) -> bool:
    return asked.path in (POLICIES, f"{POLICIES}/search")


def _is_policy(asked: Asked) -> bool:
    return asked.path.startswith(f"{POLICIES}/") and not _is_list(asked)


def _given_id(asked: Asked) -> str:
    try:
        return str(json.loads(asked.body).get("_id") or "5fd203d01f1ad30001c0ffee")
    except (ValueError, AttributeError):
        return ""


def stub() -> Spoil:
    """A Dashboard with canned answers."""

    def spoil(asked: Asked, _: Forward) -> Answered:
        if asked.is_write:
            return _done("5fd203d01f1ad30001c0ffee" if asked.method == "POST" else "Data updated")
        return said(200, '{"Data":[],"Pages":0,"users":[],"apis":[],"name":"gold","rate":1}')

    return spoil


def keeps_nothing() -> Spoil:
    """A Dashboard that answers each write as done and does nothing."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if not asked.is_write or not asked.path.startswith(POLICIES):
            return forward(asked)
        answered = forward(asked) if not asked.header("Authorization") else None
        if answered is not None:
            return answered
        if asked.method == "POST":
            given = _given_id(asked)
            return _done(given) if given else forward(asked)
        return _done("Data updated" if asked.method == "PUT" else "Data deleted")

    return spoil


def no_key(key: str) -> Callable[[], Spoil]:
    """A Dashboard that takes any key."""
    return lambda: lambda asked, forward: forward(asked.with_header("Authorization", key))


def dead(method: str, is_path: Callable[[Asked], bool]) -> Spoil:
    """A Dashboard with an operation that is always 503."""
    return lambda asked, forward: (
        said(503, '{"Status":"Error","Message":"out of order","Meta":null}')
        if asked.method == method and is_path(asked)
        else forward(asked)
    )


def dead_search() -> Spoil:
    """A Dashboard whose search is always 503."""
    return dead("GET", lambda asked: asked.path == f"{POLICIES}/search")


def dead_update() -> Spoil:
    """A Dashboard that never updates a policy."""
    return dead("PUT", _is_policy)


def lost_writes(each: int = 4) -> Spoil:
    """A Dashboard that loses each fourth update."""
    number = count(1)
    return lambda asked, forward: (
        _done("Data updated")
        if asked.method == "PUT" and _is_policy(asked) and next(number) % each == 0
        else forward(asked)
    )


def lost_deletes() -> Spoil:
    """A Dashboard that says it deletes policies, and does not."""
    return lambda asked, forward: (
        _done("Data deleted") if asked.method == "DELETE" and _is_policy(asked) else forward(asked)
    )


def cached(seconds: float = 2.0) -> Spoil:
    """A cache that answers reads with what it has kept for some seconds."""
    kept: dict[tuple[str, str], tuple[float, Answered]] = {}
    lock = threading.Lock()

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method != "GET":
            return forward(asked)
        key, now = (asked.target, asked.header("Authorization")), time.monotonic()
        with lock:
            at, answered = kept.get(key, (0.0, None))
        if answered is not None and now - at < seconds:
            return answered
        answered = forward(asked)
        if answered.status == 200:
            with lock:
                kept[key] = (now, answered)
        return answered

    return spoil


def late(seconds: float = 1.0) -> Spoil:
    """A replica that all reads of policies go to, and that shows what was written after some seconds."""
    history: dict[str, list[tuple[float, Answered]]] = {}
    written: list[float] = [0.0]
    lock = threading.Lock()

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered, now = forward(asked), time.monotonic()
        if asked.is_write:
            written[0] = now
        if asked.method != "GET" or not asked.path.startswith(POLICIES) or answered.status not in (200, 404):
            return answered
        with lock:
            states = history.setdefault(asked.target, [(0.0, EMPTY if _is_list(asked) else MISSING)])
            if states[-1][1].body != answered.body:
                states.append((written[0], answered))
            return [state for at, state in states if now - at >= seconds or at == 0.0][-1]

    return spoil


def slow(seconds: float = 1.5) -> Spoil:
    """A Dashboard whose updates take longer than a client waits."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.method == "PUT" and _is_policy(asked):
            time.sleep(seconds)
        return forward(asked)

    return spoil


def bare_list() -> Spoil:
    """A Dashboard whose lists are arrays."""
    return spoils.in_json(
        lambda value: value["Data"] if isinstance(value, dict) and "Data" in value else value
    )


def repeats() -> Spoil:
    """A Dashboard whose lists have all things twice."""
    return spoils.in_json(
        lambda value: (
            {**value, "Data": value["Data"] * 2} if isinstance(value, dict) and "Data" in value else value
        )
    )


def one_page() -> Spoil:
    """A proxy that takes the number of the page out of queries."""
    return lambda asked, forward: forward(
        replace(asked, target=re.sub(r"(?<=[?&])p=[^&]*", "p=1", asked.target))
    )


def merging() -> Spoil:
    """A Dashboard that updates as if each PUT were a PATCH."""
    return merges


def no_rights() -> Spoil:
    """A Dashboard that shows policies without their rights."""
    return spoils.in_json(
        lambda value: (
            {**value, "access_rights": {}, "access_rights_array": []}
            if isinstance(value, dict) and "access_rights" in value
            else value
        )
    )


def login_page() -> Spoil:
    """A single sign-on that answers whatever the Dashboard refuses with its login page, and 200."""
    page = said(200, "<!doctype html><html><body><form>Log in</form></body></html>", "text/html")
    return spoils.in_answer(lambda answered: page if answered.status == 401 else answered)
