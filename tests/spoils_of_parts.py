"""Ways in which a part of a service is wrong: long answers, keys, queries, times, and what an update writes."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count

import spoils
from broken_servers import Answered, Asked, Forward, Spoil, Upstream

POLICY, KEYS = "/tyk/policies/", "/tyk/keys"
LONG = 1024  # bytes of a body from which on it is compressed


def long_gzip() -> Spoil:
    """A proxy that compresses long answers alone."""
    return spoils.in_answer(
        lambda answered: (
            replace(answered, body=gzip.compress(answered.body)).with_header("Content-Encoding", "gzip")
            if len(answered.body) > LONG
            else answered
        )
    )


def no_authorization() -> Spoil:
    """A proxy that does not forward the header Authorization."""
    return lambda asked, forward: forward(
        replace(asked, headers=tuple(h for h in asked.headers if h[0].lower() != "authorization"))
    )


def keys_elsewhere(other: Upstream) -> Spoil:
    """A proxy that sends requests about keys to another gateway, which has the same policies and APIs."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        if asked.path.startswith(KEYS):
            return other.forward(asked)
        if asked.is_write or asked.path.startswith("/tyk/reload"):
            other.forward(asked)
        return forward(asked)

    return spoil


def cached_without_queries() -> Spoil:
    """A cache that drops all at each write, and takes requests for one if only their queries differ."""
    kept: dict[tuple[str, ...], Answered] = {}
    lock = threading.Lock()

    def spoil(asked: Asked, forward: Forward) -> Answered:
        is_read = asked.method == "GET" and asked.path.startswith("/tyk/")
        if not is_read or asked.path.startswith("/tyk/reload"):
            answered = forward(asked)
            with lock:
                kept.clear()
            return answered
        key = (asked.path, asked.header("X-Tyk-Authorization"))
        with lock:
            if key not in kept:
                kept[key] = forward(asked)
            return kept[key]

    return spoil


def updates_without(member: str) -> Callable[[], Spoil]:
    """A gateway that does not write a member at an update of a policy."""

    def make() -> Spoil:
        def spoil(asked: Asked, forward: Forward) -> Answered:
            if asked.method == "PUT" and asked.path.startswith(POLICY):
                with suppress(ValueError):  # a body that is to be refused
                    policy = json.loads(asked.body)
                    if isinstance(policy, dict) and policy.pop(member, None) is not None:
                        return forward(replace(asked, body=json.dumps(policy).encode()))
            return forward(asked)

        return spoil

    return make


def local_times() -> Spoil:
    """A server that answers times in UTC as those of a zone two hours before it."""
    time = re.compile(rb'"(\d{4}-\d\d-\d\dT)([01]\d|2[01])(:\d\d:\d\d(?:\.\d+)?)Z"')
    return spoils.in_answer(
        lambda answered: replace(
            answered,
            body=time.sub(lambda m: b'"%b%02d%b+02:00"' % (m[1], int(m[2]) + 2, m[3]), answered.body),
        )
    )


def other_ids_at_updates(path: str, missing: Answered) -> Callable[[], Spoil]:
    """A server that gives a thing below a path another database id at each update."""

    def make() -> Spoil:
        first: dict[str, str] = {}  # the id that the server knows, by the one that it has got last
        numbers = count(1)

        def spoil(asked: Asked, forward: Forward) -> Answered:
            name = asked.path.removeprefix(path)
            if name in first.values():
                return missing
            known = {new.encode(): old.encode() for new, old in list(first.items())}
            target, body = asked.target.encode(), asked.body
            for new, old in known.items():
                target, body = target.replace(new, old), body.replace(new, old)
            answered = forward(replace(asked, target=target.decode(), body=body))
            if asked.method == "PUT" and asked.path.startswith(path) and answered.status == 200:
                old_id = first.pop(name, name)
                first[f"{0xABC000 + next(numbers):024x}"] = old_id
            body = answered.body
            for new_id, old_id in list(first.items()):
                body = body.replace(old_id.encode(), new_id.encode())
            return replace(answered, body=body)

        return spoil

    return make


CASES = {  # of a gateway: the server, the cause of the first finding, and words of it
    "long answers compressed": (long_gzip, "compressed", "Content-Encoding: gzip"),
    "no Authorization": (no_authorization, "no-credentials", "without their header Authorization"),
    "a cache without queries": (cached_without_queries, "queries-dropped", "as with a cache"),
    "updates that lose tags": (updates_without("tags"), "member-retyped", "'tags' is null, not a list"),
    "updates that lose the rate": (updates_without("rate"), "value-fixed", "each after an update"),
    "local times": (local_times, "text-changed", "in another time zone than UTC"),
}  # fmt: skip
