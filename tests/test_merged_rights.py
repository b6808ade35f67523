"""Access rights of several policies are merged in a time in proportion to their length, and as before."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from mockserver.gateway import policy_merging

MANY = 20_000
SOON = 10.0  # seconds for what takes minutes if its time is the square of its length
Rights = list[dict[str, Any]]


def types(prefix: str, count: int) -> Rights:
    """The types of a policy, each with a field of its own."""
    return [{"name": f"{prefix}{number}", "fields": [prefix]} for number in range(count)]


def fields(prefix: str, count: int) -> Rights:
    """The rights to fields of a policy."""
    return [
        {"type_name": f"{prefix}{number}", "field_name": "f", "limits": {"max_query_depth": number}}
        for number in range(count)
    ]


@pytest.mark.parametrize("prefix", ["a", "b"], ids=["equal", "different"])
def test_long_lists_are_merged_soon(prefix: str) -> None:
    """Thousands of versions, URLs, types and fields of two policies are merged within seconds."""
    names = [[f"{part}{number}" for number in range(MANY)] for part in ("a", prefix)]
    urls = [[{"url": name, "methods": ["GET"]} for name in part] for part in names]
    start = time.monotonic()
    union = policy_merging.union(*names)
    assert union == list(dict.fromkeys([*names[0], *names[1]]))
    assert len(policy_merging._merged_urls(*urls) or ()) == len(union)
    assert len(policy_merging._merged_types(types("a", MANY), types(prefix, MANY)) or ()) == len(union)
    assert len(policy_merging._merged_fields(fields("a", MANY), fields(prefix, MANY)) or ()) == len(union)
    assert time.monotonic() - start < SOON


def test_the_first_list_is_changed_until_something_is_new() -> None:
    """What the lists have alike is changed in the list of the first policy; from a new name on, in a copy."""
    for make, merge, member, value in (
        (types, policy_merging._merged_types, "fields", ["a", "b"]),
        (fields, policy_merging._merged_fields, "limits", {"max_query_depth": 9}),
    ):
        first = make("a", 3)
        old = copy.deepcopy(first)
        changed = [
            {**right, member: {"max_query_depth": 9} if member == "limits" else ["b"]} for right in old
        ]
        merged = merge(first, [changed[0], *make("b", 1), changed[1], *make("b", 1)])
        assert merged is not None
        assert first == [{**old[0], member: value}, *old[1:]]
        assert merged[:3] == [{**old[0], member: value}, {**old[1], member: value}, old[2]]
        assert len(merged) == 4
