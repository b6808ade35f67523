"""Which credentials an API asks for, whose session counts, and what the upstream sees of them."""

from __future__ import annotations

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    api,
    expect_passed,
    expect_path,
    expect_refused,
    expect_upstream_saw,
    key,
    policy,
)
from contract_tests.gateway.builders.clients import client, granted
from contract_tests.gateway.builders.jwts import JWTS, jwt_api, token, user
from contract_tests.gateway.client import Gateway

NO_SESSION = "Session state is missing or unset! Please make sure that auth headers are properly applied"


@behaviour("one-credential-is-the-identity")
def test_one_of_several_credentials_is_the_identity(gateway: Gateway) -> Steps:
    """All credentials that an API asks for must be right; the session of the one that it names counts."""
    places = {
        "authToken": {"auth_header_name": "X-Key"},
        "jwt": {"auth_header_name": "X-Jwt"},
        "oauth": {"auth_header_name": "X-Token"},
    }
    kinds = {
        "use_standard_auth": True, "use_oauth2": True, **JWTS, "auth_configs": places,
        "oauth_meta": {"allowed_access_types": ["client_credentials"]},
    }  # fmt: skip
    limits = {"auth_token": 5, "jwt_claim": 7, "oauth_key": 9}
    apis = {kind: api(gateway, base_identity_provided_by=kind, **kinds) for kind in limits}
    rights = {name: right for made in apis.values() for name, right in made.rights.items()}
    first = apis["auth_token"]
    policies = {
        kind: policy(gateway, first, access_rights=rights, quota_max=limit, quota_renewal_rate=3600)
        for kind, limit in limits.items()
    }
    yield RELOAD

    for kind, made in apis.items():
        name = client(gateway, made, policies["oauth_key"])["client_id"]
        sent = {
            "X-Key": key(gateway, made, policies["auth_token"]),
            "X-Jwt": token({"sub": user(gateway), "pol": policies["jwt_claim"]}),
            "X-Token": f"Bearer {granted(gateway, made, name)}",
        }
        path, limit = f"/{made.id}/a", limits[kind]
        expect_passed(gateway.send("GET", path, headers=list(sent.items())), limit, limit - 1)
        for left_out, status in (("X-Key", 401), ("X-Jwt", 400), ("X-Token", 400)):
            others = [(header, value) for header, value in sent.items() if header != left_out]
            expect_refused(gateway.send("GET", path, headers=others), status, NEEDS_KEY)


@behaviour("an-identity-is-needed")
def test_an_api_without_an_identity_lets_nobody_pass(gateway: Gateway) -> Steps:
    """Where the identity is to come from another credential than those asked for, nobody has one."""
    tokens = jwt_api(gateway, base_identity_provided_by="auth_token")
    keys = [api(gateway, base_identity_provided_by=kind) for kind in ("jwt_claim", "oauth_key")]
    gold = policy(gateway, tokens, access_rights={**tokens.rights, **keys[0].rights, **keys[1].rights})
    yield RELOAD

    own = key(gateway, tokens, gold)
    for made, sent in ((tokens, token({"sub": user(gateway), "pol": gold})), *((each, own) for each in keys)):
        exchange = gateway.send("GET", f"/{made.id}/a", headers=[("Authorization", sent)])
        expect_refused(exchange, 400, NO_SESSION)


@behaviour("credentials-may-be-stripped")
def test_credentials_may_be_kept_from_the_upstream(gateway: Gateway) -> Steps:
    """With strip_auth_data the upstream sees no credential, in a header, a parameter or a cookie; else it does."""
    placed = {"use_param": True, "param_name": "own", "use_cookie": True, "cookie_name": "own"}
    auth = {"auth_header_name": "X-Key", **placed}
    plain, strips = api(gateway, auth=auth), api(gateway, auth=auth, strip_auth_data=True)
    bare = api(gateway, auth={}, strip_auth_data=True)
    gold = policy(gateway, plain, access_rights={**plain.rights, **strips.rights, **bare.rights})
    yield RELOAD

    own = key(gateway, plain, gold)
    stripped = gateway.send("GET", f"/{bare.id}/a", headers=[("Authorization", own)])
    expect_upstream_saw(gateway, stripped, authorization=None)
    for made, header, cookie in ((plain, own, "a=1; own=x; b=2"), (strips, None, "a=1; b=2")):
        headers = [("X-Key", own), ("X-Other", "1")]
        shown = gateway.send("GET", f"/{made.id}/a", headers=headers)
        expect_upstream_saw(gateway, shown, x_key=header, x_other="1")
        baked = gateway.send("GET", f"/{made.id}/a", headers=[("Cookie", f"a=1; own={own}; b=2")])
        expect_upstream_saw(gateway, baked, cookie=cookie.replace("own=x", f"own={own}"))
        path = f"/{made.id}/a?x=1&own={own}&y=2"
        asked = gateway.send("GET", path)
        wanted = "/a?x=1&y=2" if header is None else f"/a?x=1&own={own}&y=2"
        expect_upstream_saw(gateway, asked, x_key=None)
        expect_path(gateway, asked, wanted)
