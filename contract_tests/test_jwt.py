"""JSON Web Tokens: which policy a token's claims and scopes pick, and when it is refused."""

from __future__ import annotations

from contract_tests.apis import (
    NEEDS_KEY,
    api,
    call,
    expect_passed,
    expect_refused,
    jwt_api,
    policy,
    token,
    user,
)
from contract_tests.batch import RELOAD, Steps, behaviour
from contract_tests.gateway import Gateway

NO_POLICY = "key not authorized: no matching policy"


@behaviour("jwts-are-verified")
def test_a_token_must_be_signed_and_in_time(gateway: Gateway) -> Steps:
    """A token that is missing, no token, signed by another secret, over, or too early is refused, each in its words."""
    made = jwt_api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    claims = {"sub": user(gateway), "pol": gold}
    expect_refused(call(gateway, made), 400, NEEDS_KEY)
    expect_refused(call(gateway, made, "rubbish"), 403, "Key not authorized")
    expect_refused(call(gateway, made, token(claims, "another")), 403, "Key not authorized")
    over = "Key not authorized: token has expired"
    expect_refused(call(gateway, made, token({**claims, "exp": 1})), 401, over)
    early = "Key not authorized: token is not valid yet"
    expect_refused(call(gateway, made, token({**claims, "nbf": 9999999999})), 401, early)
    expect_passed(call(gateway, made, token({**claims, "exp": 4102444800, "nbf": 1})))


@behaviour("jwts-pick-a-policy")
def test_a_claim_picks_the_policy(gateway: Gateway) -> Steps:
    """The claim names the policy, and may name another next time; one that is gone is refused."""
    made = jwt_api(gateway)
    one, two = policy(gateway, made, quota_max=5), policy(gateway, made, quota_max=9)
    yield RELOAD

    name = user(gateway)
    expect_passed(call(gateway, made, token({"sub": name, "pol": one})), 5, 4)
    expect_passed(call(gateway, made, "Bearer " + token({"sub": name, "pol": two})), 9, 7)
    expect_refused(call(gateway, made, token({"sub": name, "pol": gateway.new_id()})), 403, NO_POLICY)
    expect_refused(call(gateway, made, token({"sub": user(gateway)})), 403, f"{NO_POLICY} found")
    gateway.delete(one)
    yield RELOAD

    expect_refused(call(gateway, made, token({"sub": name, "pol": one})), 403, NO_POLICY)


@behaviour("jwts-name-a-user")
def test_a_token_names_its_user(gateway: Gateway) -> Steps:
    """Each user has limits of its own; a token that names none is refused."""
    made = jwt_api(gateway)
    slow = policy(gateway, made, rate=1, per=3600)
    yield RELOAD

    first, second = ({"sub": user(gateway), "pol": slow} for _ in range(2))
    expect_passed(call(gateway, made, token(first)))
    expect_refused(call(gateway, made, token(first)), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, made, token(second)))
    nobody = "no suitable claims for user ID were found"
    expect_refused(call(gateway, made, token({"pol": slow})), 403, nobody)


@behaviour("jwts-have-default-policies")
def test_a_token_without_a_policy_gets_the_default_one(gateway: Gateway) -> Steps:
    """Where the claim names no policy the first default policy counts."""
    basic = gateway.new_id()
    made = jwt_api(gateway, jwt_default_policies=[basic])
    policy(gateway, made, id=basic, quota_max=7)
    gold = policy(gateway, made, quota_max=8)
    yield RELOAD

    expect_passed(call(gateway, made, token({"sub": user(gateway)})), 7, 6)
    expect_passed(call(gateway, made, token({"sub": user(gateway), "pol": gold})), 8, 7)


@behaviour("scopes-pick-policies")
def test_scopes_pick_policies(gateway: Gateway) -> Steps:
    """Each scope stands for a policy, in a text or an array; unknown ones for none, and none is refused."""
    reader, writer = gateway.new_id(), gateway.new_id()
    scopes = {"jwt": {"scope_claim_name": "scope", "scope_to_policy": {"read": reader, "write": writer}}}
    basic = gateway.new_id()
    made = jwt_api(gateway, scopes=scopes, jwt_default_policies=[basic])
    policy(gateway, made, id=basic, quota_max=1)
    policy(gateway, made, id=reader, quota_max=10)
    policy(gateway, made, id=writer, quota_max=20)
    yield RELOAD

    for scope, limit in (("read", 10), ("read write", 20), (["write"], 20), ("read unknown", 10)):
        expect_passed(call(gateway, made, token({"sub": user(gateway), "scope": scope})), limit, limit - 1)
    told = f"{NO_POLICY} found in scope claim"
    expect_refused(call(gateway, made, token({"sub": user(gateway), "scope": "unknown"})), 403, told)
    expect_passed(call(gateway, made, token({"sub": user(gateway)})), 1, 0)


@behaviour("keys-are-no-jwts")
def test_an_api_for_keys_takes_no_token(gateway: Gateway) -> Steps:
    """An API that asks for keys takes a token for a key, which is not there."""
    made = api(gateway)
    yield RELOAD

    told = "Access to this API has been disallowed"
    expect_refused(call(gateway, made, token({"sub": "a"})), 403, told)
