"""Credentials: those that an API asks for, the session that counts, and the ones that the upstream sees."""

from __future__ import annotations

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    NEEDS_KEY,
    expect_passed,
    expect_path,
    expect_refused,
    expect_upstream_saw,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.clients import get_token, write_client
from contract_tests.gateway.builders.jwts import JWTS, new_user, token, write_jwt_api
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
    apis = {kind: write_api(gateway, base_identity_provided_by=kind, **kinds) for kind in limits}
    rights = {name: right for api in apis.values() for name, right in api.rights.items()}
    first = apis["auth_token"]
    policies = {
        kind: write_policy(gateway, first, access_rights=rights, quota_max=limit, quota_renewal_rate=3600)
        for kind, limit in limits.items()
    }
    yield RELOAD

    for kind, api in apis.items():
        name = write_client(gateway, api, policies["oauth_key"])["client_id"]
        sent = {
            "X-Key": write_key(gateway, api, policies["auth_token"]),
            "X-Jwt": token({"sub": new_user(gateway), "pol": policies["jwt_claim"]}),
            "X-Token": f"Bearer {get_token(gateway, api, name)}",
        }
        path, limit = f"/{api.id}/a", limits[kind]
        expect_passed(gateway.send("GET", path, headers=list(sent.items())), limit, limit - 1)
        for left_out, status in (("X-Key", 401), ("X-Jwt", 400), ("X-Token", 400)):
            others = [(header, value) for header, value in sent.items() if header != left_out]
            expect_refused(gateway.send("GET", path, headers=others), status, NEEDS_KEY)


@behaviour("an-identity-is-needed")
def test_an_api_without_an_identity_lets_nobody_pass(gateway: Gateway) -> Steps:
    """An API whose identity is to come from a credential that it does not ask for lets no request pass."""
    tokens = write_jwt_api(gateway, base_identity_provided_by="auth_token")
    keys = [write_api(gateway, base_identity_provided_by=kind) for kind in ("jwt_claim", "oauth_key")]
    gold = write_policy(gateway, tokens, access_rights={**tokens.rights, **keys[0].rights, **keys[1].rights})
    yield RELOAD

    key = write_key(gateway, tokens, gold)
    for api, sent in (
        (tokens, token({"sub": new_user(gateway), "pol": gold})),
        *((other, key) for other in keys),
    ):
        exchange = gateway.send("GET", f"/{api.id}/a", headers=[("Authorization", sent)])
        expect_refused(exchange, 400, NO_SESSION)


@behaviour("credentials-may-be-stripped")
def test_credentials_may_be_kept_from_the_upstream(gateway: Gateway) -> Steps:
    """With strip_auth_data the upstream sees no credential, in a header, a parameter or a cookie; else it does."""
    placed = {"use_param": True, "param_name": "own", "use_cookie": True, "cookie_name": "own"}
    auth = {"auth_header_name": "X-Key", **placed}
    plain, strips = write_api(gateway, auth=auth), write_api(gateway, auth=auth, strip_auth_data=True)
    bare = write_api(gateway, auth={}, strip_auth_data=True)
    gold = write_policy(gateway, plain, access_rights={**plain.rights, **strips.rights, **bare.rights})
    yield RELOAD

    key = write_key(gateway, plain, gold)
    stripped = gateway.send("GET", f"/{bare.id}/a", headers=[("Authorization", key)])
    expect_upstream_saw(gateway, stripped, authorization=None)
    for api, header, cookie in ((plain, key, "a=1; own=x; b=2"), (strips, None, "a=1; b=2")):
        headers = [("X-Key", key), ("X-Other", "1")]
        shown = gateway.send("GET", f"/{api.id}/a", headers=headers)
        expect_upstream_saw(gateway, shown, x_key=header, x_other="1")
        baked = gateway.send("GET", f"/{api.id}/a", headers=[("Cookie", f"a=1; own={key}; b=2")])
        expect_upstream_saw(gateway, baked, cookie=cookie.replace("own=x", f"own={key}"))
        path = f"/{api.id}/a?x=1&own={key}&y=2"
        asked = gateway.send("GET", path)
        wanted = "/a?x=1&y=2" if header is None else f"/a?x=1&own={key}&y=2"
        expect_upstream_saw(gateway, asked, x_key=None)
        expect_path(gateway, asked, wanted)
