"""POST /tyk/keys/preview: the session that policies result in."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import BILLS, ORDERS
from contract_tests.gateway.builders.sessions import expect_session, preview, write_policy
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway


def right(**members: Any) -> dict[str, Any]:
    """A right to `ORDERS` as a session has it."""
    return {ORDERS: {"versions": ["v1"], **members}}


@behaviour("policy-gives-limits-and-rights")
def test_a_policy_gives_its_limits_and_rights(gateway: Gateway) -> Steps:
    """A session has the limits and access rights of its policy in place of its own."""
    quota = {"quota_max": 100, "quota_renewal_rate": 3600}
    gold = write_policy(gateway, **quota, tags=["paid"], meta_data={"plan": "gold"}, is_inactive=True)
    yield RELOAD

    exchange = preview(
        gateway, {"apply_policies": [gold], "rate": 1000, "per": 1, "tags": ["own"], "alias": "a"}
    )
    limits = {"rate": 10, "per": 60, **quota}
    expect_session(exchange, gateway, {
        "apply_policies": [gold], "alias": "a", "tags": ["paid", "own"], "meta_data": {"plan": "gold"},
        "is_inactive": True, **limits, "access_rights": right(limit=limits),
    })  # fmt: skip


@behaviour("policy-gives-limits-and-rights")
def test_a_policy_may_be_named_alone(gateway: Gateway) -> Steps:
    """The policy of apply_policy_id is applied if apply_policies is empty."""
    gold, silver = write_policy(gateway, rate=10), write_policy(gateway, rate=5)
    yield RELOAD

    limits = {"rate": 10, "per": 60}
    session = {"apply_policy_id": gold, **limits, "access_rights": right(limit=limits)}
    expect_session(preview(gateway, {"apply_policy_id": gold}), gateway, session)
    policies = {"apply_policy_id": silver, "apply_policies": [gold]}
    expect_session(preview(gateway, policies), gateway, {**session, **policies})


@behaviour("better-limit-wins")
def test_of_several_policies_the_better_limits_win(gateway: Gateway) -> Steps:
    """A session of two policies has the better value of each limit, in any order of the policies."""
    first = write_policy(
        gateway,
        rate=10,
        per=60,
        quota_max=100,
        quota_renewal_rate=60,
        max_query_depth=3,
        throttle_retry_limit=2,
    )
    second = write_policy(
        gateway, rate=5, per=10, quota_max=-1, quota_renewal_rate=30, max_query_depth=2, throttle_interval=1.5
    )
    yield RELOAD

    limits = {
        "rate": 5, "per": 10, "quota_max": -1, "quota_renewal_rate": 60, "max_query_depth": 3,
    }  # fmt: skip
    throttle = {"throttle_interval": 1.5, "throttle_retry_limit": 2}
    for order in ([first, second], [second, first]):
        session = {
            "apply_policies": order,
            **limits,
            **throttle,
            "access_rights": right(limit={**limits, **throttle}),
        }
        expect_session(preview(gateway, {"apply_policies": order}), gateway, session)


@behaviour("rights-are-joined")
def test_rights_of_several_policies_are_joined(gateway: Gateway) -> Steps:
    """A session of two policies has the versions, URLs and methods of both, each once."""
    urls = [{"url": "/a", "methods": ["GET"]}, {"url": "/b", "methods": ["GET"]}]
    other_urls = [{"url": "/b", "methods": ["PUT", "GET"]}, {"url": "/c", "methods": ["POST"]}]
    first = write_policy(gateway, access_rights={ORDERS: {"versions": ["v1", "v2"], "allowed_urls": urls}})
    second = write_policy(
        gateway,
        access_rights={
            ORDERS: {"versions": ["v2", "v3"], "allowed_urls": other_urls, "disable_introspection": True}
        },
    )
    yield RELOAD

    limits = {"rate": 10, "per": 60}
    joined_urls = [*urls[:1], {"url": "/b", "methods": ["GET", "PUT"]}, other_urls[1]]
    rights = right(
        versions=["v1", "v2", "v3"], allowed_urls=joined_urls, limit=limits, disable_introspection=True
    )
    session = {"apply_policies": [first, second], **limits, "access_rights": rights}
    expect_session(preview(gateway, {"apply_policies": [first, second]}), gateway, session)


@behaviour("apis-keep-their-limits")
def test_policies_for_several_apis_keep_their_limits(gateway: Gateway) -> Steps:
    """Each API of a session has its policy's limits and allowance scope, the session the better limits."""
    first = write_policy(gateway, rate=10, per=60, quota_max=50)
    second = write_policy(gateway, rate=5, per=60, quota_max=70, access_rights={BILLS: {"versions": ["v1"]}})
    yield RELOAD

    rights = {
        BILLS: {
            "versions": ["v1"],
            "limit": {"rate": 5, "per": 60, "quota_max": 70},
            "allowance_scope": second,
        },
        ORDERS: {
            "versions": ["v1"],
            "limit": {"rate": 10, "per": 60, "quota_max": 50},
            "allowance_scope": first,
        },
    }
    session = {
        "apply_policies": [first, second],
        "rate": 10,
        "per": 60,
        "quota_max": 70,
        "access_rights": rights,
    }
    limits = {"rate": 1000, "per": 1, "quota_max": 9999, "max_query_depth": 9}
    expect_session(preview(gateway, {"apply_policies": [first, second], **limits}), gateway, session)


@behaviour("partitions-decide-their-part")
def test_a_partitioned_policy_decides_its_part_alone(gateway: Gateway) -> Steps:
    """A partitioned policy sets the access rights, the rate or the quota, and no other limit."""
    access = write_policy(gateway, rate=99, partitions={"acl": True})
    rate = write_policy(gateway, rate=5, per=10, access_rights={}, partitions={"rate_limit": True})
    quota = write_policy(
        gateway, quota_max=70, quota_renewal_rate=60, access_rights={}, partitions={"quota": True}
    )
    yield RELOAD

    limits = {"rate": 5, "per": 10, "quota_max": 70, "quota_renewal_rate": 60, "max_query_depth": 4}
    ids = [access, rate, quota]
    session = {"apply_policies": ids, **limits, "access_rights": right(limit=limits)}
    expect_session(preview(gateway, {"apply_policies": ids, "max_query_depth": 4}), gateway, session)


@behaviour("per-api-is-taken-whole")
def test_a_per_api_policy_gives_each_api_its_own_limit(gateway: Gateway) -> Steps:
    """A per_api policy gives each API the limit of its access right, or else the policy's own."""
    rights = {ORDERS: {"api_id": ORDERS, "limit": {"rate": 1, "per": 2}}, BILLS: {"api_name": "Bills"}}
    gold = write_policy(
        gateway, rate=10, per=60, quota_max=7, access_rights=rights, partitions={"per_api": True}
    )
    yield RELOAD

    expect_session(preview(gateway, {"apply_policies": [gold]}), gateway, {
        "apply_policies": [gold],
        "access_rights": {
            BILLS: {"api_name": "Bills", "limit": {"rate": 10, "per": 60, "quota_max": 7}, "allowance_scope": gold},
            ORDERS: {"api_id": ORDERS, "limit": {"rate": 1, "per": 2}, "allowance_scope": ORDERS},
        },
    })  # fmt: skip


@behaviour("endpoints-are-joined")
def test_limits_of_endpoints_are_joined(gateway: Gateway) -> Steps:
    """A session of two policies has the higher rate of each endpoint and method, sorted by method."""

    def endpoints(*methods: tuple[str, int]) -> list[Any]:
        limits = [{"name": name, "limit": {"rate": rate, "per": 60}} for name, rate in methods]
        return [{"path": "/e", "methods": limits}]

    first = write_policy(
        gateway,
        access_rights={ORDERS: {"versions": ["v1"], "endpoints": endpoints(("PUT", 3), ("GET", 1))}},
    )
    second = write_policy(
        gateway,
        access_rights={ORDERS: {"versions": ["v1"], "endpoints": endpoints(("GET", 2), ("PUT", 2))}},
    )
    yield RELOAD

    limits = {"rate": 10, "per": 60}
    rights = right(limit=limits, endpoints=endpoints(("GET", 2), ("PUT", 3)))
    session = {"apply_policies": [first, second], **limits, "access_rights": rights}
    expect_session(preview(gateway, {"apply_policies": [first, second]}), gateway, session)


@behaviour("missing-policies-are-passed-over")
def test_of_several_policies_a_missing_one_is_passed_over(gateway: Gateway) -> Steps:
    """A session with one missing policy gets the others."""
    gold, missing = write_policy(gateway), gateway.new_id()
    yield RELOAD

    limits = {"rate": 10, "per": 60}
    for order in ([gold, missing], [missing, gold]):
        session = {"apply_policies": order, **limits, "access_rights": right(limit=limits)}
        expect_session(preview(gateway, {"apply_policies": order}), gateway, session)


@pytest.mark.parametrize("others", [0, 1])
@behaviour("preview-tells-no-error", reads_only=True)
def test_a_preview_with_no_policy_to_be_found_is_answered(gateway: Gateway, others: int) -> None:
    """A session whose policies are all missing is answered as it was sent."""
    session = {
        "apply_policies": [gateway.new_id() for _ in range(1 + others)],
        "rate": 3,
        "per": 4,
        "alias": "kept",
    }

    expect_session(preview(gateway, session), gateway, session)


@behaviour("foreign-policies-are-missing")
def test_a_policy_of_another_organisation_is_not_found(gateway: Gateway) -> Steps:
    """A policy of another organisation is not applied to a session."""
    gold = write_policy(gateway, org_id=gateway.new_id("-org"))
    yield RELOAD

    session = {"apply_policies": [gold], "alias": "kept"}
    expect_session(preview(gateway, session), gateway, session)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '{"rate":"x"}',
        '{"date_created":""}',
        '{"date_created":"2020-13-01T00:00:00Z"}',
        '{"date_created":"2020-01-01 00:00:00Z"}',
        '{"last_updated":5}',
    ],
)
@behaviour("broken-preview-is-500", reads_only=True)
def test_a_broken_preview_is_refused(gateway: Gateway, body: str) -> None:
    """A body that is not a session answers 500, not 400."""
    expect_error(preview(gateway, body), 500, "Unmarshalling failed")


@behaviour("own-limits-get-a-scope")
def test_limits_without_policies_get_a_scope(gateway: Gateway) -> None:
    """An access right with a limit, in a session without policies, gets its API as the allowance scope."""
    limit = {"rate": 5, "per": 10, "quota_max": 7}
    rights: dict[str, Any] = {ORDERS: {"versions": ["v1"], "limit": limit}, BILLS: {"versions": ["v1"]}}
    scoped = {**rights, ORDERS: {**rights[ORDERS], "allowance_scope": ORDERS}}
    expect_session(preview(gateway, {"access_rights": rights}), gateway, {"access_rights": scoped})


@behaviour("renewals-are-kept")
def test_the_renewal_of_a_right_is_kept(gateway: Gateway) -> Steps:
    """The renewal of the quota in a session's access right is kept when a policy is applied."""
    gold = write_policy(gateway, quota_max=100, quota_renewal_rate=60)
    yield RELOAD

    session_limits = {"rate": 1, "per": 1, "quota_max": 5, "quota_renews": 123}
    exchange = preview(gateway, {"apply_policies": [gold], "access_rights": right(limit=session_limits)})
    limits = {"rate": 10, "per": 60, "quota_max": 100, "quota_renewal_rate": 60}
    expect_session(exchange, gateway, {
        "apply_policies": [gold], **limits, "access_rights": right(limit={**limits, "quota_renews": 123}),
    })  # fmt: skip


@behaviour("rights-are-joined")
def test_rights_to_fields_are_joined(gateway: Gateway) -> Steps:
    """A session of two policies has the fields of both, and the greater query depth of a shared field."""

    def field(name: str, depth: int) -> dict[str, Any]:
        return {"type_name": "T", "field_name": name, "limits": {"max_query_depth": depth}}

    first = write_policy(gateway, access_rights=right(field_access_rights=[field("x", 2), field("y", 9)]))
    second = write_policy(gateway, access_rights=right(field_access_rights=[field("x", 4), field("z", 1)]))
    yield RELOAD

    fields = [field("x", 4), field("y", 9), field("z", 1)]
    exchange = preview(gateway, {"apply_policies": [first, second]})
    rights = exchange.document.get("access_rights")
    orders = rights.get(ORDERS) if isinstance(rights, dict) else None
    actual = orders.get("field_access_rights") if isinstance(orders, dict) else None
    if actual != fields:
        raise Mismatch(str(fields), str(actual), exchange)
