"""JSON Web Tokens: refused tokens, the users that tokens name, and the sessions of these users."""

from __future__ import annotations

import time

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.jwts import (
    CERTIFICATE,
    PUBLIC_KEYS,
    encoded_source,
    expect_session,
    is_session_id,
    new_user,
    note_user,
    session_of,
    signed_token,
    token,
    write_jwt_api,
)
from contract_tests.gateway.client import Gateway

NOT_AUTHORISED = "Key not authorized"
BINARY = b"\xff\xfe\x00own"  # a secret that is not text
ODD = "it's \"q<a&b=c>\\"  # the name of a claim, which a refusal has as ESCAPED
ESCAPED = "it\\'s \\\"q\\u003Ca\\u0026b\\u003Dc\\u003E\\\\"


@behaviour("jwts-are-verified")
def test_a_token_must_be_signed_and_in_time(gateway: Gateway) -> Steps:
    """A missing, malformed, forged, expired or early token is refused, each with its own message."""
    api = write_jwt_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    claims = {"sub": new_user(gateway), "pol": gold}
    expect_refused(call(gateway, api), 400, NEEDS_KEY)
    expect_refused(call(gateway, api, "rubbish"), 403, "Key not authorized")
    expect_refused(call(gateway, api, token(claims, "another")), 403, "Key not authorized")
    expired = "Key not authorized: token has expired"
    expect_refused(call(gateway, api, token({**claims, "exp": 1})), 401, expired)
    early = "Key not authorized: token is not valid yet"
    expect_refused(call(gateway, api, token({**claims, "nbf": 9999999999})), 401, early)
    expect_passed(call(gateway, api, token({**claims, "exp": 4102444800, "nbf": 1})))


@behaviour("jwts-have-dates")
def test_the_dates_of_a_token_count(gateway: Gateway) -> Steps:
    """A token's date of 0 is ignored, a wrong date refuses the token, and an API may allow clock skew."""
    api = write_jwt_api(gateway)
    skews = {f"jwt_{name}_validation_skew": 3600 for name in ("expires_at", "issued_at", "not_before")}
    lenient = write_jwt_api(gateway, **skews)
    gold = write_policy(gateway, api, access_rights={**api.rights, **lenient.rights})
    yield RELOAD

    expired, future, early = "token has expired", "token used before issued", "token is not valid yet"
    now = int(time.time())
    for target, dates, expected in (
        (api, {"iat": 9999999999}, future),
        (api, {"exp": "never"}, expired),
        (api, {"nbf": True}, early),
        (api, {"exp": 1, "iat": 9999999999}, future),
        (api, {"exp": 1, "iat": 9999999999, "nbf": 9999999999}, early),
        (api, {"exp": now + 60, "iat": now + 60}, future),
        (lenient, {"exp": now - 7200}, expired),
        (lenient, {"iat": now + 7200}, future),
        (lenient, {"nbf": now + 7200}, early),
    ):
        exchange = call(gateway, target, token({"sub": new_user(gateway), "pol": gold, **dates}))
        expect_refused(exchange, 401, f"Key not authorized: {expected}")
    for target, dates in (
        (api, {"exp": 0, "nbf": 0, "iat": 0}),
        (api, {"iat": now - 60, "nbf": now - 60, "exp": now + 60}),
        (lenient, {"iat": now + 60, "nbf": now + 60, "exp": now + 60}),
    ):
        expect_passed(call(gateway, target, token({"sub": new_user(gateway), "pol": gold, **dates})))


@behaviour("jwts-are-signed-as-the-api-says")
def test_a_token_is_signed_as_the_api_says(gateway: Gateway) -> Steps:
    """A token signed by the API's method (HMAC, RSA or ECDSA) passes; any other method is refused."""
    api, policy_id = write_jwt_api(gateway), gateway.new_id()
    sources = {
        "rsa": ("rsa", PUBLIC_KEYS["rsa"]), "ecdsa": ("ecdsa", PUBLIC_KEYS["ecdsa"]),
        "cert": ("rsa", CERTIFICATE), "other": ("ecdsa", PUBLIC_KEYS["rsa"]),
        "binary": ("hmac", encoded_source(BINARY)), "broken": ("hmac", "b3du!"),
    }  # fmt: skip
    apis = {
        name: write_jwt_api(
            gateway, jwt_signing_method=method, jwt_source=key, jwt_default_policies=[policy_id]
        )
        for name, (method, key) in sources.items()
    }
    rights = {name: right for target in (api, *apis.values()) for name, right in target.rights.items()}
    write_policy(gateway, api, id=policy_id, access_rights=rights)
    yield RELOAD

    claims = {"sub": new_user(gateway), "pol": policy_id}
    expect_passed(call(gateway, apis["binary"], token(claims, BINARY)))
    expect_refused(call(gateway, apis["broken"], token(claims, "own")), 403, NOT_AUTHORISED)
    for algorithm in ("HS256", "HS384", "HS512"):
        expect_passed(call(gateway, api, token(claims, algorithm=algorithm)))
        expect_refused(call(gateway, api, token(claims, "another", algorithm)), 403, NOT_AUTHORISED)
    for algorithm, expected in (
        *(
            (name, f"{NOT_AUTHORISED}: Unexpected signing method")
            for name in ("RS256", "ES256", "PS256", "none")
        ),
        *((name, NOT_AUTHORISED) for name in ("HS1", "", "hs256")),
    ):
        expect_refused(call(gateway, api, token(claims, algorithm=algorithm)), 403, expected)
    note_user(gateway, "someone")
    for method, algorithm in (("rsa", "RS256"), ("rsa", "PS256"), ("cert", "RS256"), ("ecdsa", "ES256")):
        credential = signed_token(algorithm)
        expect_passed(call(gateway, apis[method], credential))
        forged = credential[:-20] + "A" * 20
        expect_refused(call(gateway, apis[method], forged), 403, NOT_AUTHORISED)
        unexpected = f"{NOT_AUTHORISED}: Unexpected signing method"
        expect_refused(call(gateway, apis[method], token(claims)), 403, unexpected)
    expect_refused(call(gateway, apis["other"], signed_token("ES256")), 403, NOT_AUTHORISED)


@behaviour("keys-sign-jwts")
def test_a_key_may_sign_tokens(gateway: Gateway) -> Steps:
    """A token for an API without a secret is verified by the secret of the key that its kid or sub names."""
    api = write_jwt_api(gateway, jwt_source="", jwt_identity_base_field="")
    kid_skipping = write_jwt_api(gateway, jwt_source="", jwt_identity_base_field="", jwt_skip_kid=True)
    rights = {**api.rights, **kid_skipping.rights}
    gold = write_policy(gateway, api, access_rights=rights, quota_max=5, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold, jwt_data={"secret": "own"})
    expect_passed(call(gateway, api, token({"sub": "x"}, "own", kid=key)), 5, 4)
    expect_passed(call(gateway, api, token({"sub": key}, "own")), 5, 3)
    expect_passed(call(gateway, kid_skipping, token({"sub": key}, "own", kid="x")), 5, 2)
    for target, credential in (
        (api, token({"sub": key}, kid=key)),
        (api, token({"sub": key}, "own", kid="x")),
        (api, token({}, "own")),
        (kid_skipping, token({"sub": "x"}, "own", kid=key)),
    ):
        expect_refused(call(gateway, target, credential), 403, NOT_AUTHORISED)
    gateway.delete(gold)
    yield RELOAD

    expect_refused(call(gateway, api, token({"sub": key}, "own")), 403, NOT_AUTHORISED)


@behaviour("jwts-name-a-user")
def test_a_token_names_its_user(gateway: Gateway) -> Steps:
    """Each user that a token names has limits of its own; a token without a user is refused."""
    api = write_jwt_api(gateway)
    slow = write_policy(gateway, api, rate=1, per=3600)
    yield RELOAD

    first, second = ({"sub": new_user(gateway), "pol": slow} for _ in range(2))
    expect_passed(call(gateway, api, token(first)))
    expect_refused(call(gateway, api, token(first)), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, api, token(second)))
    no_user = "no suitable claims for user ID were found"
    expect_refused(call(gateway, api, token({"pol": slow})), 403, no_user)


@behaviour("jwts-name-a-user-as-the-api-says")
def test_the_api_says_which_claim_names_the_user(gateway: Gateway) -> Steps:
    """A token's user is in the claim that the API names, or in `sub` if that is missing; "" is refused."""
    api = write_jwt_api(gateway, jwt_identity_base_field="mail")
    odd_claim = write_jwt_api(gateway, jwt_identity_base_field=ODD)
    other_header = write_jwt_api(gateway, auth={"auth_header_name": "X-Own"})
    slow = write_policy(gateway, api, rate=1, per=3600, access_rights={**api.rights, **other_header.rights})
    yield RELOAD

    first, second, sub = new_user(gateway), new_user(gateway), new_user(gateway)
    expect_passed(call(gateway, api, token({"mail": first, "sub": sub, "pol": slow})))
    expect_passed(call(gateway, api, token({"mail": second, "sub": sub, "pol": slow})))
    for used in ({"mail": first}, {"sub": second}, {"sub": first, "mail": True}):
        expect_refused(call(gateway, api, token({**used, "pol": slow})), 429, "Rate Limit Exceeded")
    wording = "claim, claim:" if "jwt-claims-may-nest" in gateway.behaviours else "field claim"
    for claims, expected in (
        ({"mail": "", "sub": sub}, f"found an empty user ID in predefined base {wording} mail"),
        ({"sub": ""}, "found an empty user ID in sub claim"),
        ({"mail": 1}, "no suitable claims for user ID were found"),
    ):
        expect_refused(call(gateway, api, token({**claims, "pol": slow})), 403, expected)
    expected = f"found an empty user ID in predefined base {wording} {ESCAPED}"
    expect_refused(call(gateway, odd_claim, token({ODD: "", "pol": slow})), 403, expected)
    header = ("X-Own", token({"sub": new_user(gateway), "pol": slow}))
    expect_passed(gateway.send("GET", f"/{other_header.id}/a", headers=[header]))


@behaviour("jwts-have-nested-claims")
def test_a_claim_may_be_nested(gateway: Gateway) -> Steps:
    """A dot in a claim's name leads to a nested claim, unless a claim of the token has the whole name."""
    api = write_jwt_api(gateway, jwt_identity_base_field="own.mail", jwt_policy_field_name="own.pol")
    slow, fast = write_policy(gateway, api, rate=1, per=3600), write_policy(gateway, api)
    yield RELOAD

    name, other = new_user(gateway), new_user(gateway)
    expect_passed(call(gateway, api, token({"own": {"mail": name, "pol": slow}})))
    limited = "Rate Limit Exceeded"
    for claims in (
        {"own.mail": name, "own": {"mail": other, "pol": slow}},
        {"own.mail": name, "own.pol": slow},
    ):
        expect_refused(call(gateway, api, token(claims)), 429, limited)
    expect_passed(call(gateway, api, token({"own": {"mail": other, "pol": slow}, "own.pol": fast})))
    expect_passed(call(gateway, api, token({"own.mail": "", "own": {"mail": other, "pol": fast}})))
    expect_passed(call(gateway, api, token({"own": {"mail": 5, "pol": fast}, "sub": other})))
    empty = "found an empty user ID in predefined base claim, claim: own.mail"
    for nested in ({"mail": ""}, {"mail": "", "pol": fast}):
        expect_refused(call(gateway, api, token({"own": nested, "sub": other})), 403, empty)


@behaviour("jwts-are-signed-as-the-api-says")
def test_a_token_is_signed_by_hmac_if_the_api_says_nothing(gateway: Gateway) -> Steps:
    """An API without a signing method takes tokens that are signed by HMAC, and no others."""
    api = write_jwt_api(gateway, jwt_signing_method="")
    gold = write_policy(gateway, api)
    yield RELOAD

    expect_passed(call(gateway, api, token({"sub": new_user(gateway), "pol": gold})))
    message = "Key not authorized: Unexpected signing method"
    expect_refused(call(gateway, api, signed_token("RS256")), 403, message)


@behaviour("jwts-leave-a-session")
def test_a_token_leaves_a_session(gateway: Gateway) -> Steps:
    """A token's user gets a session with the policy, the client and the latest expiry of its tokens."""
    api = write_jwt_api(gateway)
    unmapped = write_jwt_api(gateway, idp_client_id_mapping_disabled=True)
    rights = {**api.rights, **unmapped.rights}
    gold = write_policy(gateway, api, access_rights=rights, rate=77)
    brief = write_policy(gateway, api, access_rights=rights, key_expires_in=3600)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name, expiry = new_user(gateway), 4102444800
    for token_expiry, claims, session_expiry, client in (
        (expiry, {"client_id": "c1"}, expiry, "c1"),
        (expiry + 1, {"clientId": "c3", "cid": "c2", "client_id": "c1"}, expiry + 1, "c3"),
        (expiry + 2, {"clientId": "c3"}, expiry + 2, "c3"),
        (expiry, {"cid": "c2", "client_id": "c1"}, expiry + 2, "c2"),
        (expiry, {}, expiry + 2, ""),
    ):
        expect_passed(call(gateway, api, token({"sub": name, "pol": gold, "exp": token_expiry, **claims})))
        expect_session(
            gateway,
            api,
            name,
            alias=name,
            expires=session_expiry,
            oauth_client_id=client,
            apply_policies=[gold],
        )
    meta_data = session_of(gateway, api, name).document.get("meta_data") or {}
    if not is_session_id(str(meta_data.get("TykJWTSessionID")), name):
        raise Mismatch("meta_data with the TykJWTSessionID", repr(meta_data), session_of(gateway, api, name))
    expect_session(gateway, api, name, org_id=api.org_id, allowance=77, rate=77)
    brief_user = new_user(gateway)
    expect_passed(call(gateway, api, token({"sub": brief_user, "pol": brief})))
    brief_expiry = session_of(gateway, api, brief_user).document.get("expires", 0)
    if abs(brief_expiry - time.time() - 3600) > 60:
        raise Mismatch(
            "expires an hour from now, as the policy says", repr(brief_expiry), gateway.exchanges[-1]
        )
    unmapped_user = new_user(gateway)
    expect_passed(call(gateway, unmapped, token({"sub": unmapped_user, "pol": gold, "client_id": "c1"})))
    expect_session(gateway, api, unmapped_user, alias=unmapped_user, expires=0, oauth_client_id="")


@behaviour("keys-are-no-jwts")
def test_an_api_for_keys_takes_no_token(gateway: Gateway) -> Steps:
    """An API that requires keys takes a token for an unknown key."""
    api = write_api(gateway)
    yield RELOAD

    message = "Access to this API has been disallowed"
    expect_refused(call(gateway, api, token({"sub": "a"})), 403, message)
