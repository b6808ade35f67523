"""Generators of bodies that are no policy, whatever the service: each must be refused, and change nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

WRONG: dict[str, tuple[Any, ...]] = {  # values of types that a member cannot have, by its name
    "id": (1, True, [], {}),
    "name": (1, True, [], {}),
    "rate": ("1", True, [], {}),
    "per": ("1", [], {}),
    "quota_max": ("1", 1.5, [], {}),
    "access_rights": ("a", 1, [1], {"a": 1}, {"a": {"versions": "v"}}, {"a": {"limit": 5}}),
    "tags": ("a", 1, {}, [1], [{}]),
    "active": (1, "true", [], {}),
    "partitions": (1, "a", [1], {"quota": 1}),
    "meta_data": ("a", 1, [1]),
}


def _policy(rng: random.Random) -> dict[str, Any]:
    return {
        "id": f"r{rng.randrange(99)}",
        "name": f"refused {rng.random()}",
        "rate": 1,
        "per": 1,
        "tags": ["a"],
    }


def wrong_member(rng: random.Random) -> bytes:
    """A policy with a member of a wrong type, at any place."""
    name = rng.choice(list(WRONG))
    members = list({**_policy(rng), name: rng.choice(WRONG[name])}.items())
    rng.shuffle(members)
    return json.dumps(dict(members)).encode()


def truncated(rng: random.Random) -> bytes:
    """A policy that ends early."""
    text = json.dumps(_policy(rng)).encode()
    return text[: rng.randrange(1, len(text) - 1)]


def no_object(rng: random.Random) -> bytes:
    """JSON that is no object, or no JSON at all."""
    texts = (
        b"[]",
        b"[{}]",
        b"1",
        b'"a"',
        b"true",
        b"-",
        b"{",
        b"}",
        b"{]",
        b"<a/>",
        b"{'id':'a'}",
        b'{"id":"a",}',
        b"\xff",
        b"nul",
        b"+1",
        b"",
    )
    return rng.choice(texts)


NO_POLICIES: tuple[Callable[[random.Random], bytes], ...] = (wrong_member, truncated, no_object)
