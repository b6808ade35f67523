"""JSON Web Tokens: the policies of a token's claims and scopes."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    definition,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.jwts import (
    JWTS,
    expect_session,
    new_user,
    session_of,
    token,
    write_jwt_api,
)
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS

MIXED = (
    "failed to create key: cannot apply multiple policies when some have per_api set and some are partitioned"
)
NO_POLICY = "key not authorized: no matching policy"


@behaviour("jwts-pick-a-policy")
def test_a_claim_picks_the_policy(gateway: Gateway) -> Steps:
    """A token's claim names the policy of its user; a token without a known policy is refused."""
    api = write_jwt_api(gateway)
    first, second = write_policy(gateway, api, quota_max=5), write_policy(gateway, api, quota_max=9)
    unlimited = [write_policy(gateway, api) for _ in range(2)]
    foreign = write_policy(gateway, api, org_id=f"{api.org_id}-other")
    yield RELOAD

    name = new_user(gateway)
    expect_passed(call(gateway, api, token({"sub": name, "pol": first})), 5, 4)
    expect_refused(call(gateway, api, token({"sub": name, "pol": foreign})), 403, NO_POLICY)
    expect_refused(call(gateway, api, token({"sub": new_user(gateway), "pol": foreign})), 403, NO_POLICY)
    expect_passed(call(gateway, api, "Bearer " + token({"sub": name, "pol": second})), 9, 7)
    needs_plain_keys(gateway, api, second)
    expect_session(gateway, api, name, apply_policies=[second], apply_policy_id="", quota_max=9)
    other = new_user(gateway)
    for policy_id in unlimited:
        expect_passed(call(gateway, api, token({"sub": other, "pol": policy_id})))
        expect_session(gateway, api, other, apply_policies=[policy_id])
    expect_refused(call(gateway, api, token({"sub": name, "pol": gateway.new_id()})), 403, NO_POLICY)
    for user in (new_user(gateway), name):
        expect_refused(call(gateway, api, token({"sub": user})), 403, f"{NO_POLICY} found")
    gateway.delete(first)
    yield RELOAD

    expect_refused(call(gateway, api, token({"sub": name, "pol": first})), 403, NO_POLICY)


@behaviour("jwts-with-policies-that-clash")
def test_policies_that_clash_are_refused(gateway: Gateway) -> Steps:
    """A token whose policies cannot be combined answers 500 for a new user and 403 for a known one."""
    per_api, partitioned = gateway.new_id(), gateway.new_id()
    scopes = {
        "jwt": {"scope_claim_name": "scope", "scope_to_policy": {"read": per_api, "write": partitioned}}
    }
    api, plain = (
        write_jwt_api(gateway, scopes=scopes, jwt_default_policies=[per_api, partitioned]),
        write_jwt_api(gateway, scopes=scopes),
    )
    write_policy(gateway, api, id=per_api, partitions={"per_api": True})
    write_policy(gateway, api, id=partitioned, partitions={"quota": True, "acl": True})
    gold = write_policy(gateway, api, access_rights={**api.rights, **plain.rights})
    yield RELOAD

    name = new_user(gateway)
    expect_passed(call(gateway, api, token({"sub": name, "pol": gold})))
    message = "key not authorized: could not apply"
    conflicting = token({"sub": name, "scope": "read write"})
    expect_refused(call(gateway, api, token({"sub": name})), 403, f"{message} new policy")
    expect_passed(call(gateway, api, token({"sub": name, "pol": gold})))
    expect_refused(call(gateway, api, conflicting), 403, f"{message} new policy")
    joined = token({"sub": name, "scope": "read write", "pol": gold})
    expect_refused(call(gateway, plain, joined), 403, f"{message} several policies")
    expect_refused(call(gateway, api, token({"sub": new_user(gateway)})), 500, MIXED)


@behaviour("jwts-have-the-policy-of-a-key")
def test_a_token_may_name_a_key(gateway: Gateway) -> Steps:
    """A token without a policy gets the first policy of the key that its client claim names."""
    api = write_jwt_api(gateway, jwt_policy_field_name="", jwt_client_base_field="azp")
    gold = write_policy(gateway, api, quota_max=6, quota_renewal_rate=3600)
    deleted = write_policy(gateway, api)
    yield RELOAD

    key, orphan = write_key(gateway, api, gold), write_key(gateway, api, deleted)
    for credential in (key, write_key(gateway, api, apply_policy_id=gold)):
        expect_passed(call(gateway, api, token({"sub": new_user(gateway), "azp": credential})), 6, 5)
    for claims in ({"azp": gateway.new_id()}, {"azp": 1}, {}):
        exchange = call(gateway, api, token({"sub": new_user(gateway), **claims}))
        expect_refused(exchange, 403, f"{NO_POLICY} found")
    gateway.delete(deleted)
    yield RELOAD

    exchange = call(gateway, api, token({"sub": new_user(gateway), "azp": orphan}))
    expect_refused(exchange, 403, f"{NO_POLICY} found")


@behaviour("jwts-have-default-policies")
def test_a_token_without_a_policy_gets_the_default_one(gateway: Gateway) -> Steps:
    """A token whose claim names no policy gets the first default policy of the API."""
    basic = gateway.new_id()
    api = write_jwt_api(gateway, jwt_default_policies=[basic])
    write_policy(gateway, api, id=basic, quota_max=7)
    gold = write_policy(gateway, api, quota_max=8)
    yield RELOAD

    expect_passed(call(gateway, api, token({"sub": new_user(gateway)})), 7, 6)
    expect_passed(call(gateway, api, token({"sub": new_user(gateway), "pol": gold})), 8, 7)


@behaviour("default-policies-give-way")
def test_default_policies_give_way(gateway: Gateway) -> Steps:
    """A token's policy replaces the default policies, which apply again to a token that names none."""
    basic, extra = gateway.new_id(), gateway.new_id()
    api = write_jwt_api(gateway, jwt_default_policies=[basic, extra])
    write_policy(gateway, api, id=basic, quota_max=8, quota_renewal_rate=3600)
    write_policy(gateway, api, id=extra, quota_max=9, quota_renewal_rate=3600)
    gold = write_policy(gateway, api, quota_max=20, quota_renewal_rate=3600)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name = new_user(gateway)
    for claims, limit, remaining in (
        ({}, 9, 8),
        ({"pol": gold}, 20, 18),
        ({}, 9, 6),
        ({"pol": basic}, 9, 5),
        ({"pol": gold}, 20, 15),
        ({"pol": basic}, 8, 2),
    ):
        expect_passed(call(gateway, api, token({"sub": name, **claims})), limit, remaining)


@behaviour("default-policies-may-change")
def test_default_policies_may_change(gateway: Gateway) -> Steps:
    """A user with default policies gets the new ones with the next token after the API changed."""
    basic, extra = gateway.new_id(), gateway.new_id()
    document = definition(gateway, **JWTS, jwt_default_policies=[basic])
    api = write_jwt_api(gateway, **document)
    write_policy(gateway, api, id=basic, quota_max=8, quota_renewal_rate=3600)
    write_policy(gateway, api, id=extra, quota_max=9, quota_renewal_rate=3600)
    yield RELOAD

    needs_plain_keys(gateway, api, basic)
    name = new_user(gateway)
    expect_passed(call(gateway, api, token({"sub": name})), 8, 7)
    new_document = {**document, "jwt_default_policies": [basic, extra]}
    gateway.send("PUT", f"{APIS}/{api.id}", new_document)
    yield RELOAD

    for remaining in (7, 6):
        expect_passed(call(gateway, api, token({"sub": name})), 9, remaining)
    gateway.send("PUT", f"{APIS}/{api.id}", document)
    yield RELOAD

    expect_passed(call(gateway, api, token({"sub": name})), 8, 4)


@behaviour("scopes-pick-policies")
def test_scopes_pick_policies(gateway: Gateway) -> Steps:
    """Each scope of a token, in a text or an array, stands for a policy; unknown scopes alone are refused."""
    reader, writer = gateway.new_id(), gateway.new_id()
    scopes = {"jwt": {"scope_claim_name": "scope", "scope_to_policy": {"read": reader, "write": writer}}}
    basic = gateway.new_id()
    api = write_jwt_api(gateway, scopes=scopes, jwt_default_policies=[basic])
    write_policy(gateway, api, id=basic, quota_max=1)
    write_policy(gateway, api, id=reader, quota_max=10)
    write_policy(gateway, api, id=writer, quota_max=20)
    yield RELOAD

    for scope, limit in (("read", 10), ("read write", 20), (["write"], 20), ("read unknown", 10)):
        expect_passed(call(gateway, api, token({"sub": new_user(gateway), "scope": scope})), limit, limit - 1)
    message = f"{NO_POLICY} found in scope claim"
    for scope in ("unknown", ["read write"]):
        exchange = call(gateway, api, token({"sub": new_user(gateway), "scope": scope}))
        expect_refused(exchange, 403, message)
    expect_passed(call(gateway, api, token({"sub": new_user(gateway)})), 1, 0)


@behaviour("scopes-change-the-session")
def test_scopes_change_the_session(gateway: Gateway) -> Steps:
    """A user's session has the policies of the last token's claim and scopes."""
    basic, scoped = gateway.new_id(), {name: gateway.new_id() for name in ("read", "write")}
    scopes = {"jwt": {"scope_claim_name": "scope", "scope_to_policy": scoped}}
    api = write_jwt_api(gateway, scopes=scopes)
    for policy_id in (basic, *scoped.values()):
        write_policy(gateway, api, id=policy_id)
    yield RELOAD

    needs_plain_keys(gateway, api, basic)
    name = new_user(gateway)
    for scope in ("read", "write", "write read", "read"):
        expect_passed(call(gateway, api, token({"sub": name, "pol": basic, "scope": scope})))
        _expect_policies(gateway, api, name, [basic, *(scoped[word] for word in scope.split())])


@behaviour("scopes-need-a-policy")
def test_scopes_need_a_policy(gateway: Gateway) -> Steps:
    """A new user's token with scopes is refused if neither a claim nor the API names a policy."""
    reader = gateway.new_id()
    scopes = {"jwt": {"scope_claim_name": "scope", "scope_to_policy": {"read": reader}}}
    api = write_jwt_api(gateway, scopes=scopes)
    write_policy(gateway, api, id=reader)
    yield RELOAD

    exchange = call(gateway, api, token({"sub": new_user(gateway), "scope": "read"}))
    expect_refused(exchange, 403, f"{NO_POLICY} found")


@behaviour("scopes-join-the-policy")
def test_scopes_join_the_policy_of_a_claim(gateway: Gateway) -> Steps:
    """The policies of a token's claim and of its scopes apply together; a token with neither is refused."""
    reader, writer = gateway.new_id(), gateway.new_id()
    scopes = {"jwt": {"scope_claim_name": "own.roles", "scope_to_policy": {"read": reader, "write": writer}}}
    api = write_jwt_api(gateway, scopes=scopes)
    plain = write_jwt_api(
        gateway, jwt_scope_claim_name="", jwt_scope_to_policy_mapping={"read": reader, "write": writer}
    )
    rights = {**api.rights, **plain.rights}
    for policy_id, limit in ((reader, 5), (writer, 9)):
        write_policy(
            gateway, api, id=policy_id, quota_max=limit, quota_renewal_rate=3600, access_rights=rights
        )
    gold = write_policy(gateway, api, quota_max=20, quota_renewal_rate=3600, access_rights=rights)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name = new_user(gateway)
    for claims, policies, limit, remaining in (
        ({"own": {"roles": "read write"}}, [reader, writer], 9, 8),
        ({"own": {"roles": ["read"]}}, [reader], 5, 3),
        ({"own": {"roles": [["write"], "read"]}}, [writer, reader], 9, 6),
        ({"own": {"roles": ["read"]}, "pol": gold}, [gold, reader], 20, 16),
        ({"pol": gold}, [gold, reader], 20, 15),
    ):
        expect_passed(call(gateway, api, token({"sub": name, **claims})), limit, remaining)
        _expect_policies(gateway, api, name, policies)
    expect_session(gateway, api, name, org_id=api.org_id, apply_policy_id="")
    no_scope = "key not authorized: no scope or policy in token"
    empty_claims: tuple[object, ...] = (None, 1, {"roles": []})
    for claim in empty_claims:
        expect_refused(call(gateway, api, token({"sub": name, "own": claim})), 403, no_scope)
    expect_refused(call(gateway, api, token({"sub": new_user(gateway)})), 403, f"{NO_POLICY} found")
    message = f"{NO_POLICY} found in scope claim"
    expect_refused(call(gateway, api, token({"sub": name, "own": {"roles": "x"}})), 403, message)
    other = new_user(gateway)
    expect_passed(call(gateway, plain, token({"sub": other, "scope": "write"})), 9, 8)
    expect_refused(call(gateway, plain, token({"sub": other, "own": {"roles": "read"}})), 403, no_scope)


@behaviour("scopes-join-the-policy")
def test_other_scopes_replace_the_policies(gateway: Gateway) -> Steps:
    """A user's session has the policies of the last token's scopes, though they are as many as before."""
    scoped = {name: gateway.new_id() for name in ("read", "write")}
    api = write_jwt_api(gateway, scopes={"jwt": {"scope_claim_name": "scope", "scope_to_policy": scoped}})
    for policy_id in scoped.values():
        write_policy(gateway, api, id=policy_id)
    yield RELOAD

    needs_plain_keys(gateway, api, scoped["read"])
    name = new_user(gateway)
    for scope in ("read", "write", "read"):
        expect_passed(call(gateway, api, token({"sub": name, "scope": scope})))
        _expect_policies(gateway, api, name, [scoped[scope]])


def _expect_policies(gateway: Gateway, api: Api, name: str, policies: list[str]) -> None:
    session = session_of(gateway, api, name)
    if sorted(session.document.get("apply_policies", ())) != sorted(policies):
        raise Mismatch(f"apply_policies {policies} in any order", shorten(session.text), session)
