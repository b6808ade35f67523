"""POST /tyk/keys/preview: the types and the renewals of access rights of several policies."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import ORDERS
from contract_tests.gateway.builders.sessions import expect_session, preview, write_policy
from contract_tests.gateway.client import Gateway


@behaviour("types-are-joined")
def test_types_are_joined(gateway: Gateway) -> Steps:
    """A session of two policies has each restricted and allowed type once, with the fields of both."""
    first: list[dict[str, Any]] = [{"name": "Q", "fields": ["x", "y"]}]
    second = [{"name": "Q", "fields": ["y", "z"]}, {"name": "R", "fields": ["w"]}]
    ids = [
        write_policy(
            gateway,
            access_rights={ORDERS: {"versions": ["v1"], "restricted_types": types, "allowed_types": types}},
        )
        for types in (first, second)
    ]
    yield RELOAD

    for order, last in ((ids, "z"), (ids[::-1], "x")):
        exchange = preview(gateway, {"apply_policies": order})
        fields = ["x", "y", "z"] if last == "z" else ["y", "z", "x"]
        joined = [{"name": "Q", "fields": fields}, second[1]]
        right = exchange.object_at("access_rights", ORDERS)
        for member in ("restricted_types", "allowed_types"):
            if right.get(member) != joined:
                raise Mismatch(f"{member} {joined}", str(right.get(member)), exchange)


@behaviour("partitions-leave-the-quota")
def test_a_right_has_the_quota_of_its_session(gateway: Gateway) -> Steps:
    """An access right of a policy without the partition of quotas has the session's quota and renewal."""
    access = write_policy(gateway, partitions={"acl": True})
    yield RELOAD

    session = {"quota_max": 9, "quota_renewal_rate": 60, "quota_renews": 123, "rate": 3, "per": 4}
    ids = {"apply_policies": [access]}
    expected = {ORDERS: {"versions": ["v1"], "limit": session}}
    expect_session(
        preview(gateway, {**ids, **session}), gateway, {**ids, **session, "access_rights": expected}
    )


@behaviour("smoothing-goes-with-the-rate")
def test_the_smoothing_of_the_faster_rate_counts(gateway: Gateway) -> Steps:
    """A session and its rights have the smoothing of the policy whose rate they have, with or without rights."""
    slow, fast = ({"enabled": True, "threshold": n, "trigger": 0.5, "step": 1, "delay": 1} for n in (3, 5))
    ids = [
        write_policy(gateway, rate=rate, per=60, smoothing=smoothing)
        for rate, smoothing in ((10, slow), (20, fast))
    ]
    bare = write_policy(gateway, rate=20, per=60, smoothing=fast, access_rights={})
    yield RELOAD

    for order in (ids, ids[::-1], [bare]):
        exchange = preview(gateway, {"apply_policies": order})
        right = (exchange.document.get("access_rights") or {}).get(ORDERS, {})
        for holder in (exchange.document, *([right.get("limit", {})] if right else [])):
            if holder.get("smoothing") != fast:
                raise Mismatch(f"smoothing {fast}", repr(holder.get("smoothing")), exchange)
