"""Rate limits of endpoints: the requests that an endpoint matches, its precedence and its bucket."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway


def endpoint(path: str, **rates: float) -> dict[str, Any]:
    """An endpoint whose methods have these rates per hour."""
    return {
        "path": path,
        "methods": [{"name": name, "limit": {"rate": rate, "per": 3600}} for name, rate in rates.items()],
    }


def write_limited_policy(gateway: Gateway, api: Api, *endpoints: dict[str, Any], **members: Any) -> str:
    """Write a policy with rate limits for endpoints of an API; return its id."""
    right = {**api.rights[api.id], "endpoints": list(endpoints)}
    return write_policy(gateway, api, access_rights={api.id: right}, **members)


def expect_rate_limited(gateway: Gateway, api: Api, key: str, path: str, method: str = "GET") -> None:
    """Expect 429, because the rate of the path is used up."""
    expect_refused(call(gateway, api, key, path, method), 429, "Rate Limit Exceeded")


@behaviour("endpoints-share-rates")
def test_endpoints_of_similar_names_share_a_rate(gateway: Gateway) -> Steps:
    """`GET:/x` and `GET:/y` share the bucket of the one requested first; `POST:/y` and other keys have their own."""
    api = write_api(gateway)
    gold = write_limited_policy(gateway, api, endpoint("/x", GET=2), endpoint("/y", GET=1000, POST=1))
    yield RELOAD

    key, other = write_key(gateway, api, gold), write_key(gateway, api, gold)
    for path in ("x", "y"):
        expect_passed(call(gateway, api, key, path))
    for path in ("x", "y"):
        expect_rate_limited(gateway, api, key, path)
    expect_passed(call(gateway, api, key, "y", "POST"))
    expect_passed(call(gateway, api, key, "z"))
    for path in ("y", "y", "x"):
        expect_passed(call(gateway, api, other, path))


@behaviour("endpoints-share-rates")
def test_up_to_three_bytes_at_the_end_of_a_name_are_ignored(gateway: Gateway) -> Steps:
    """`GET:/ab` and `GET:/cd`, which end with three bytes beyond a block of four, share a bucket."""
    api = write_api(gateway)
    gold = write_limited_policy(gateway, api, endpoint("/ab", GET=2), endpoint("/cd", GET=1000))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path in ("ab", "cd"):
        expect_passed(call(gateway, api, key, path))
    for path in ("ab", "cd"):
        expect_rate_limited(gateway, api, key, path)


@behaviour("endpoints-share-rates")
def test_endpoints_of_other_names_have_rates_of_their_own(gateway: Gateway) -> Steps:
    """`GET:/one/aaaa` and `GET:/one/bbbb` differ in a whole block of four bytes and have separate buckets."""
    api = write_api(gateway)
    gold = write_limited_policy(gateway, api, endpoint("/one/aaaa", GET=1), endpoint("/one/bbbb", GET=1))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path in ("one/aaaa", "one/bbbb"):
        expect_passed(call(gateway, api, key, path))
    for path in ("one/aaaa", "one/bbbb"):
        expect_rate_limited(gateway, api, key, path)


@behaviour("endpoint-paths-are-expressions")
def test_the_path_of_an_endpoint_is_an_expression(gateway: Gateway) -> Steps:
    """An endpoint's `{name}` matches one segment and `/*` any rest; an invalid expression matches nothing."""
    api = write_api(gateway)
    gold = write_limited_policy(
        gateway, api,
        endpoint("/users/{id}/orders", GET=1), endpoint("/files/*", GET=1), endpoint("/odd/(", GET=1),
        endpoint("/digits/[0-9]+$", GET=1),
    )  # fmt: skip
    yield RELOAD

    key = write_key(gateway, api, gold)
    for first, second in (
        ("users/1/orders", "users/22/orders"),
        ("files/a", "files/b/c"),
        ("digits/1", "digits/23"),
    ):
        expect_passed(call(gateway, api, key, first))
        expect_rate_limited(gateway, api, key, second)
    for unlimited in ("users/1/2/orders", "digits/none", "odd/", "odd/("):
        for _ in range(2):
            expect_passed(call(gateway, api, key, unlimited))


@behaviour("path-matches-are-remembered")
def test_a_match_is_remembered_for_another_path(gateway: Gateway) -> Steps:
    """After /a was matched against /b/a, the expression /a/b matches the path /a, whose joined texts are the same."""
    api, name = write_api(gateway), gateway.new_id()
    first, second = f"{name}a", f"{name}b"
    gold = write_limited_policy(
        gateway, api, endpoint(f"/{first}/{second}", GET=1), endpoint(f"/{first}", GET=1000)
    )
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key, f"{second}/{first}"))
    expect_passed(call(gateway, api, key, first))
    expect_rate_limited(gateway, api, key, first)


@behaviour("first-endpoint-counts")
def test_of_several_endpoints_the_first_counts(gateway: Gateway) -> Steps:
    """A request that matches two endpoints counts for the first one in the access right."""
    api = write_api(gateway)
    gold = write_limited_policy(
        gateway, api, endpoint("/things/{id}", GET=2), endpoint("/things/special", GET=1, POST=1)
    )
    yield RELOAD

    key = write_key(gateway, api, gold)
    for _ in range(2):
        expect_passed(call(gateway, api, key, "things/special"))
    expect_rate_limited(gateway, api, key, "things/other")
    expect_passed(call(gateway, api, key, "things/special", "POST"))
    expect_rate_limited(gateway, api, key, "things/special", "POST")


@behaviour("endpoint-rates-replace-others")
def test_the_rate_of_an_endpoint_counts_instead_of_the_others(gateway: Gateway) -> Steps:
    """An endpoint's rate replaces the key's, lower or higher; its requests count for the quota."""
    api = write_api(gateway)
    gold = write_limited_policy(
        gateway, api, endpoint("/fast/one", GET=1000), endpoint("/free", GET=0, POST=-1),
        rate=1, per=3600, quota_max=6, quota_renewal_rate=3600,
    )  # fmt: skip
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key, "other"), 6, 5)
    expect_rate_limited(gateway, api, key, "other")
    for remaining in (4, 3):
        expect_passed(call(gateway, api, key, "fast/one"), 6, remaining)
    for method, remaining in (("GET", 2), ("GET", 1), ("POST", 0)):
        expect_passed(call(gateway, api, key, "free", method), 6, remaining)
    expect_refused(call(gateway, api, key, "free", "POST"), 403, "Quota exceeded")


@behaviour("endpoint-rates-replace-others")
def test_the_rate_of_an_endpoint_counts_instead_of_its_api(gateway: Gateway) -> Steps:
    """An endpoint's rate replaces the rate of its API under per_api."""
    api = write_api(gateway)
    right = {
        **api.rights[api.id],
        "limit": {"rate": 1, "per": 3600},
        "endpoints": [endpoint("/fast/one", GET=2)],
    }
    gold = write_policy(gateway, api, access_rights={api.id: right}, partitions={"per_api": True})
    yield RELOAD

    key = write_key(gateway, api, gold)
    for _ in range(2):
        expect_passed(call(gateway, api, key, "fast/one"))
    expect_rate_limited(gateway, api, key, "fast/one")
    expect_passed(call(gateway, api, key, "other"))
    expect_rate_limited(gateway, api, key, "other")
