"""OpenID Connect: ID tokens of providers."""

from __future__ import annotations

import time
from typing import Any

from contract_tests.engine.checks import TWICE, Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.issuers import CLIENT, Issuer, session_name
from contract_tests.gateway.builders.jwts import (
    expect_members,
    expect_session,
    is_session_id,
    new_user,
    session_of,
)
from contract_tests.gateway.builders.open_apis import document, write
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

REFUSED = "Key not authorised"
NO_POLICY = "Key not authorized: no matching policy"
NOT_APPLICABLE = "Key not authorized: could not apply new policy"


@behaviour("id-tokens-have-policies")
def test_an_id_token_has_a_policy(gateway: Gateway) -> Steps:
    """An ID token has the policy of the client that it is for, and a client without one is refused."""
    issuer, gold, silver = Issuer(gateway), gateway.new_id(), gateway.new_id()
    missing = gateway.new_id()
    api = write_api(gateway, **issuer.options(web=gold, app=silver, lost=missing, bare=""))
    places = {"authToken": {"auth_header_name": "X-Key"}, "oidc": {"auth_header_name": "Authorization"}}
    both = {"use_standard_auth": True, "auth_configs": places, "base_identity_provided_by": "oidc_user"}
    beside = write_api(gateway, **issuer.options(web=gold), **both)
    rights = {**api.rights, **beside.rights}
    write_policy(gateway, api, id=gold, quota_max=100, access_rights=rights)
    write_policy(gateway, api, id=silver, quota_max=7, access_rights=rights)
    yield RELOAD

    ann, bob = new_user(gateway), new_user(gateway)
    expect_passed(call(gateway, api, issuer.token(ann)), 100, 99)
    expect_passed(call(gateway, api, issuer.token(ann, aud=["x", "app", "web"])), 7, 5)
    expect_passed(call(gateway, api, issuer.token(ann)), 100, 97)
    audiences: tuple[Any, ...] = ("other", "bare", [], None, [5, "web"], ["", "web"])
    for audience in audiences:
        expect_refused(call(gateway, api, issuer.token(ann, aud=audience)), 401, REFUSED)
    expect_refused(call(gateway, beside, issuer.token(ann)), 401, NEEDS_KEY)
    headers = [("X-Key", write_key(gateway, beside, silver)), ("Authorization", issuer.token(ann))]
    expect_passed(gateway.send("GET", f"/{beside.id}/a", headers=headers), 100, 96)
    expect_refused(call(gateway, api, issuer.token(bob, aud="lost")), 403, NO_POLICY)
    expect_refused(call(gateway, api, issuer.token(ann, aud="lost")), 403, NOT_APPLICABLE)


@behaviour("id-tokens-are-verified")
def test_an_id_token_is_verified(gateway: Gateway) -> Steps:
    """An ID token needs a key of its provider, dates of now, a user, and the scheme Bearer."""
    issuer, other, gold = Issuer(gateway), Issuer(gateway), gateway.new_id()
    api = write_api(gateway, **issuer.options(web=gold))
    write_policy(gateway, api, id=gold)
    yield RELOAD

    ann, now = new_user(gateway), int(time.time())
    day = 24 * 3600
    for _ in TWICE:
        expect_passed(call(gateway, api, issuer.token(ann)))
        expect_passed(call(gateway, api, issuer.token(ann, kid="")))
        expect_passed(call(gateway, api, issuer.token(ann, exp=now + day, nbf=now - day, iat=now - day)))
        for credential in (
            "",
            issuer.token(ann).removeprefix("Bearer "),
            issuer.token(ann).replace("Bearer", "bearer"),
            issuer.token(ann, key="second", kid="first"),
            issuer.token(ann, key="second"),
            other.token(ann),
            issuer.token(ann, iss=5),
            issuer.token(""),
            issuer.token(ann, exp=now - day),
            issuer.token(ann, nbf=now + day),
            issuer.token(ann, iat=now + day),
        ):
            expect_refused(call(gateway, api, credential), 401, REFUSED)


@behaviour("id-tokens-leave-a-session")
def test_an_id_token_leaves_a_session(gateway: Gateway) -> Steps:
    """The session of a user is a key with its client in alias and meta_data, or one for each client."""
    issuer, gold, silver = Issuer(gateway), gateway.new_id(), gateway.new_id()
    api = write_api(gateway, **issuer.options(web=gold, app=silver))
    apart = write_api(gateway, **issuer.options(segregates=True, web=gold, app=silver))
    rights = {**api.rights, **apart.rights}
    for policy_id in (gold, silver):
        write_policy(gateway, api, id=policy_id, access_rights=rights)
    yield RELOAD

    ann, bob = new_user(gateway), new_user(gateway)
    for client in (CLIENT, "app"):
        gateway.note_key(gateway.ownership.run + session_name(bob, client))
    for client, policy_id in ((CLIENT, gold), ("app", silver)):
        expect_passed(call(gateway, api, issuer.token(ann, aud=client)))
        expect_session(gateway, api, ann, alias=f"{CLIENT}:{ann}", apply_policies=[policy_id])
    exchange = session_of(gateway, api, ann)
    origin = exchange.document.get("meta_data") or {}
    if origin.get("ClientID") != CLIENT or not is_session_id(str(origin.get("TykJWTSessionID")), ann):
        raise Mismatch(
            f"meta_data with the client {CLIENT} and the key of the session", repr(origin), exchange
        )
    for client, policy_id in ((CLIENT, gold), ("app", silver)):
        expect_passed(call(gateway, apart, issuer.token(bob, aud=client)))
        exchange = gateway.send("GET", f"{KEYS}/{session_name(bob, client)}?org_id={api.org_id}")
        expect_members(exchange, alias=f"{client}:{bob}", apply_policies=[policy_id])


@behaviour("id-tokens-have-scopes")
def test_an_id_token_has_scopes(gateway: Gateway) -> Steps:
    """The scopes of an ID token choose its policies where the API maps scopes to them."""
    issuer, gold, silver = Issuer(gateway), gateway.new_id(), gateway.new_id()
    mapping = {"scope_claim_name": "perms", "scope_to_policy": {"read": gold, "write": silver}}
    api = write_api(gateway, **issuer.options(web=""), scopes={"oidc": mapping})
    unnamed = write_api(
        gateway, **issuer.options(web=""), scopes={"oidc": {"scope_to_policy": {"read": gold}}}
    )
    rights = {**api.rights, **unnamed.rights}
    write_policy(gateway, api, id=gold, quota_max=100, access_rights=rights)
    write_policy(gateway, api, id=silver, quota_max=7, access_rights=rights)
    yield RELOAD

    ann, bob = new_user(gateway), new_user(gateway)
    expect_passed(call(gateway, api, issuer.token(ann, perms="write")), 7, 6)
    expect_passed(call(gateway, api, issuer.token(ann, perms=["x", "read"])), 100, 98)
    expect_passed(call(gateway, api, issuer.token(bob, perms="x read")), 100, 99)
    expect_passed(call(gateway, unnamed, issuer.token(bob, scope="read")), 100, 98)


@behaviour("keys-of-providers-are-kept")
def test_keys_of_a_provider_are_kept(gateway: Gateway) -> Steps:
    """The keys of a provider are kept until a token does not fit them, or the API is changed."""
    issuer, gold = Issuer(gateway), gateway.new_id()
    api = write_api(gateway, **issuer.options(web=gold))
    write_policy(gateway, api, id=gold)
    yield RELOAD

    ann = new_user(gateway)
    old, new = (issuer.token(ann, key=key) for key in ("first", "second"))
    expect_passed(call(gateway, api, old))
    issuer.serve_keys("second")
    expect_passed(call(gateway, api, old))
    yield RELOAD

    expect_passed(call(gateway, api, old))
    expect_passed(call(gateway, api, new))
    expect_refused(call(gateway, api, old), 401, REFUSED)
    issuer.serve_keys("third", "second")
    third = issuer.token(ann, key="third", kid="")
    expect_passed(call(gateway, api, third))
    expect_passed(call(gateway, api, new))
    expect_refused(call(gateway, api, issuer.token(ann, key="second", kid="third")), 401, REFUSED)


@behaviour("open-apis-take-id-tokens")
def test_an_open_api_takes_id_tokens(gateway: Gateway) -> Steps:
    """An API in OpenAPI form has providers in its section oidc."""
    issuer, gold, silver = Issuer(gateway), gateway.new_id(), gateway.new_id()
    sent = document(gateway, schemes={}, security=[], oidc=issuer.section(web=gold, app=silver))
    api = write(gateway, sent)
    write_policy(gateway, api, id=gold, quota_max=100)
    write_policy(gateway, api, id=silver, quota_max=7)
    yield RELOAD

    ann = new_user(gateway)
    expect_passed(call(gateway, api, issuer.token(ann)), 100, 99)
    expect_passed(call(gateway, api, issuer.token(ann, aud="app")), 7, 5)
    expect_refused(call(gateway, api, issuer.token(ann, aud="x")), 401, REFUSED)
    expect_refused(call(gateway, api), 401, REFUSED)
