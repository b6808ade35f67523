"""JSON Web Tokens: the limits that the session of a new user begins with."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_policy,
)
from contract_tests.gateway.builders.jwts import expect_session, new_user, session_hash, token, write_jwt_api
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS


@behaviour("jwts-begin-with-their-policy")
def test_a_session_begins_with_all_limits_of_its_policy(gateway: Gateway) -> Steps:
    """A new user's session has the limits of its policy, also those that the policy does not decide."""
    api = write_jwt_api(gateway)
    limits: dict[str, Any] = {
        "rate": 77, "per": 13, "throttle_interval": 2, "throttle_retry_limit": 3, "max_query_depth": 4,
        "quota_max": 55, "quota_renewal_rate": 3600,
    }  # fmt: skip
    flags = {"hmac_enabled": True, "enable_http_signature_validation": True, "tags": ["gold"]}
    access = write_policy(gateway, api, **limits, **flags, partitions={"acl": True})
    yield RELOAD

    needs_plain_keys(gateway, api, access)
    user = new_user(gateway)
    expect_passed(call(gateway, api, token({"sub": user, "pol": access})))
    expect_session(gateway, api, user, **limits, **flags, allowance=77, apply_policies=[access])


@behaviour("jwts-with-policies-that-clash")
def test_a_policy_without_rights_cannot_be_applied(gateway: Gateway) -> Steps:
    """A token of a new user whose policy has no access rights answers 500."""
    api = write_jwt_api(gateway)
    bare = write_policy(gateway, api, access_rights={})
    yield RELOAD

    message = "failed to create key: key has no valid policies to be applied"
    expect_refused(call(gateway, api, token({"sub": new_user(gateway), "pol": bare})), 500, message)


@behaviour("jwts-pick-a-policy")
def test_a_user_whose_session_has_no_policy_is_refused(gateway: Gateway) -> Steps:
    """A token of a user whose session was written without a policy is refused, although it names one."""
    api = write_jwt_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    user = new_user(gateway)
    session = {"org_id": api.org_id, "access_rights": api.rights}
    gateway.send("POST", f"{KEYS}/{api.org_id}{session_hash(user)}", session)
    message = "key not authorized: no matching policy found"
    expect_refused(call(gateway, api, token({"sub": user, "pol": gold})), 403, message)
