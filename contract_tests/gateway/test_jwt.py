"""JSON Web Tokens: refused tokens, the users that they name, and the sessions that they leave."""

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
BINARY = b"\xff\xfe\x00own"  # a secret that is no text
ODD = "it's \"q<a&b=c>\\"  # the name of a claim, and how a refusal has it
ESCAPED = "it\\'s \\\"q\\u003Ca\\u0026b\\u003Dc\\u003E\\\\"


@behaviour("jwts-are-verified")
def test_a_token_must_be_signed_and_in_time(gateway: Gateway) -> Steps:
    """A token that is missing, no token, signed by another secret, over, or too early is refused, each in its words."""
    api = write_jwt_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    claims = {"sub": new_user(gateway), "pol": gold}
    expect_refused(call(gateway, api), 400, NEEDS_KEY)
    expect_refused(call(gateway, api, "rubbish"), 403, "Key not authorized")
    expect_refused(call(gateway, api, token(claims, "another")), 403, "Key not authorized")
    over = "Key not authorized: token has expired"
    expect_refused(call(gateway, api, token({**claims, "exp": 1})), 401, over)
    early = "Key not authorized: token is not valid yet"
    expect_refused(call(gateway, api, token({**claims, "nbf": 9999999999})), 401, early)
    expect_passed(call(gateway, api, token({**claims, "exp": 4102444800, "nbf": 1})))


@behaviour("jwts-have-dates")
def test_the_dates_of_a_token_count(gateway: Gateway) -> Steps:
    """A date of 0 is none, one that is no number is wrong; of several wrong ones the last is told; an API may give leeway."""
    api = write_jwt_api(gateway)
    skews = {f"jwt_{name}_validation_skew": 3600 for name in ("expires_at", "issued_at", "not_before")}
    lenient = write_jwt_api(gateway, **skews)
    gold = write_policy(gateway, api, access_rights={**api.rights, **lenient.rights})
    yield RELOAD

    over, soon, early = "token has expired", "token used before issued", "token is not valid yet"
    now = int(time.time())
    for asked, dates, expected in (
        (api, {"iat": 9999999999}, soon),
        (api, {"exp": "never"}, over),
        (api, {"nbf": True}, early),
        (api, {"exp": 1, "iat": 9999999999}, soon),
        (api, {"exp": 1, "iat": 9999999999, "nbf": 9999999999}, early),
        (api, {"exp": now + 60, "iat": now + 60}, soon),
        (lenient, {"exp": now - 7200}, over),
        (lenient, {"iat": now + 7200}, soon),
        (lenient, {"nbf": now + 7200}, early),
    ):
        refused = call(gateway, asked, token({"sub": new_user(gateway), "pol": gold, **dates}))
        expect_refused(refused, 401, f"Key not authorized: {expected}")
    for asked, dates in (
        (api, {"exp": 0, "nbf": 0, "iat": 0}),
        (api, {"iat": now - 60, "nbf": now - 60, "exp": now + 60}),
        (lenient, {"iat": now + 60, "nbf": now + 60, "exp": now + 60}),
    ):
        expect_passed(call(gateway, asked, token({"sub": new_user(gateway), "pol": gold, **dates})))


@behaviour("jwts-are-signed-as-the-api-says")
def test_a_token_is_signed_as_the_api_says(gateway: Gateway) -> Steps:
    """A token is signed by HMAC of any length, RSA or ECDSA, as the API says; any other method is refused."""
    api, basic = write_jwt_api(gateway), gateway.new_id()
    sources = {
        "rsa": ("rsa", PUBLIC_KEYS["rsa"]), "ecdsa": ("ecdsa", PUBLIC_KEYS["ecdsa"]),
        "cert": ("rsa", CERTIFICATE), "other": ("ecdsa", PUBLIC_KEYS["rsa"]),
        "binary": ("hmac", encoded_source(BINARY)), "broken": ("hmac", "b3du!"),
    }  # fmt: skip
    keyed = {
        name: write_jwt_api(gateway, jwt_signing_method=method, jwt_source=key, jwt_default_policies=[basic])
        for name, (method, key) in sources.items()
    }
    rights = {name: right for one in (api, *keyed.values()) for name, right in one.rights.items()}
    write_policy(gateway, api, id=basic, access_rights=rights)
    yield RELOAD

    claims = {"sub": new_user(gateway), "pol": basic}
    expect_passed(call(gateway, keyed["binary"], token(claims, BINARY)))
    expect_refused(call(gateway, keyed["broken"], token(claims, "own")), 403, NOT_AUTHORISED)
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
        expect_passed(call(gateway, keyed[method], credential))
        wrong = credential[:-20] + "A" * 20
        expect_refused(call(gateway, keyed[method], wrong), 403, NOT_AUTHORISED)
        unexpected = f"{NOT_AUTHORISED}: Unexpected signing method"
        expect_refused(call(gateway, keyed[method], token(claims)), 403, unexpected)
    expect_refused(call(gateway, keyed["other"], signed_token("ES256")), 403, NOT_AUTHORISED)


@behaviour("keys-sign-jwts")
def test_a_key_may_sign_tokens(gateway: Gateway) -> Steps:
    """Where the API has no secret, that of the key counts which kid names, or sub; its limits are the token's."""
    api = write_jwt_api(gateway, jwt_source="", jwt_identity_base_field="")
    skips = write_jwt_api(gateway, jwt_source="", jwt_identity_base_field="", jwt_skip_kid=True)
    rights = {**api.rights, **skips.rights}
    gold = write_policy(gateway, api, access_rights=rights, quota_max=5, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold, jwt_data={"secret": "own"})
    expect_passed(call(gateway, api, token({"sub": "x"}, "own", kid=key)), 5, 4)
    expect_passed(call(gateway, api, token({"sub": key}, "own")), 5, 3)
    expect_passed(call(gateway, skips, token({"sub": key}, "own", kid="x")), 5, 2)
    for asked, wrong in (
        (api, token({"sub": key}, kid=key)),
        (api, token({"sub": key}, "own", kid="x")),
        (api, token({}, "own")),
        (skips, token({"sub": "x"}, "own", kid=key)),
    ):
        expect_refused(call(gateway, asked, wrong), 403, NOT_AUTHORISED)
    gateway.delete(gold)
    yield RELOAD

    expect_refused(call(gateway, api, token({"sub": key}, "own")), 403, NOT_AUTHORISED)


@behaviour("jwts-name-a-user")
def test_a_token_names_its_user(gateway: Gateway) -> Steps:
    """Each user has limits of its own; a token that names none is refused."""
    api = write_jwt_api(gateway)
    slow = write_policy(gateway, api, rate=1, per=3600)
    yield RELOAD

    first, second = ({"sub": new_user(gateway), "pol": slow} for _ in range(2))
    expect_passed(call(gateway, api, token(first)))
    expect_refused(call(gateway, api, token(first)), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, api, token(second)))
    nobody = "no suitable claims for user ID were found"
    expect_refused(call(gateway, api, token({"pol": slow})), 403, nobody)


@behaviour("jwts-name-a-user-as-the-api-says")
def test_the_api_says_which_claim_names_the_user(gateway: Gateway) -> Steps:
    """The claim that the API names, or `sub` where that is missing; one that is empty is refused."""
    api = write_jwt_api(gateway, jwt_identity_base_field="mail")
    odd = write_jwt_api(gateway, jwt_identity_base_field=ODD)
    placed = write_jwt_api(gateway, auth={"auth_header_name": "X-Own"})
    slow = write_policy(gateway, api, rate=1, per=3600, access_rights={**api.rights, **placed.rights})
    yield RELOAD

    first, second, sub = new_user(gateway), new_user(gateway), new_user(gateway)
    expect_passed(call(gateway, api, token({"mail": first, "sub": sub, "pol": slow})))
    expect_passed(call(gateway, api, token({"mail": second, "sub": sub, "pol": slow})))
    for named in ({"mail": first}, {"sub": second}, {"sub": first, "mail": True}):
        expect_refused(call(gateway, api, token({**named, "pol": slow})), 429, "Rate Limit Exceeded")
    place = "claim, claim:" if "jwt-claims-may-nest" in gateway.behaviours else "field claim"
    for claims, expected in (
        ({"mail": "", "sub": sub}, f"found an empty user ID in predefined base {place} mail"),
        ({"sub": ""}, "found an empty user ID in sub claim"),
        ({"mail": 1}, "no suitable claims for user ID were found"),
    ):
        expect_refused(call(gateway, api, token({**claims, "pol": slow})), 403, expected)
    expected = f"found an empty user ID in predefined base {place} {ESCAPED}"
    expect_refused(call(gateway, odd, token({ODD: "", "pol": slow})), 403, expected)
    sent = ("X-Own", token({"sub": new_user(gateway), "pol": slow}))
    expect_passed(gateway.send("GET", f"/{placed.id}/a", headers=[sent]))


@behaviour("jwts-have-nested-claims")
def test_a_claim_may_be_nested(gateway: Gateway) -> Steps:
    """A dot in a claim's name leads into another; one that has the dot in its own name comes first."""
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
    empty = "found an empty user ID in predefined base claim, claim: own.mail"
    for nested in ({"mail": ""}, {"mail": "", "pol": fast}):
        expect_refused(call(gateway, api, token({"own": nested, "sub": other})), 403, empty)


@behaviour("jwts-leave-a-session")
def test_a_token_leaves_a_session(gateway: Gateway) -> Steps:
    """A user's session is a key, with the token's end, its client, and the policy; it lasts as long as the last token."""
    api = write_jwt_api(gateway)
    unmapped = write_jwt_api(gateway, idp_client_id_mapping_disabled=True)
    rights = {**api.rights, **unmapped.rights}
    gold = write_policy(gateway, api, access_rights=rights, rate=77)
    brief = write_policy(gateway, api, access_rights=rights, key_expires_in=3600)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name, later = new_user(gateway), 4102444800
    for ends, claims, wanted, client in (
        (later, {"client_id": "c1"}, later, "c1"),
        (later + 1, {"clientId": "c3", "cid": "c2", "client_id": "c1"}, later + 1, "c3"),
        (later + 2, {"clientId": "c3"}, later + 2, "c3"),
        (later, {"cid": "c2", "client_id": "c1"}, later + 2, "c2"),
        (later, {}, later + 2, ""),
    ):
        expect_passed(call(gateway, api, token({"sub": name, "pol": gold, "exp": ends, **claims})))
        expect_session(
            gateway, api, name, alias=name, expires=wanted, oauth_client_id=client, apply_policies=[gold]
        )
    meta_data = session_of(gateway, api, name).document.get("meta_data") or {}
    if not is_session_id(str(meta_data.get("TykJWTSessionID")), name):
        raise Mismatch("meta_data with the TykJWTSessionID", repr(meta_data), session_of(gateway, api, name))
    expect_session(gateway, api, name, org_id=api.org_id, allowance=77, rate=77)
    passing = new_user(gateway)
    expect_passed(call(gateway, api, token({"sub": passing, "pol": brief})))
    ends = session_of(gateway, api, passing).document.get("expires", 0)
    if abs(ends - time.time() - 3600) > 60:
        raise Mismatch("expires an hour from now, as the policy says", repr(ends), gateway.exchanges[-1])
    other = new_user(gateway)
    expect_passed(call(gateway, unmapped, token({"sub": other, "pol": gold, "client_id": "c1"})))
    expect_session(gateway, api, other, alias=other, expires=0, oauth_client_id="")


@behaviour("keys-are-no-jwts")
def test_an_api_for_keys_takes_no_token(gateway: Gateway) -> Steps:
    """An API that asks for keys takes a token for a key, which is not there."""
    api = write_api(gateway)
    yield RELOAD

    message = "Access to this API has been disallowed"
    expect_refused(call(gateway, api, token({"sub": "a"})), 403, message)
