"""APIs with several kinds of credentials: the identity and the credentials that reach the upstream."""

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
    """An API requires all its kinds of credentials, and applies the session of the kind that it names."""
    auth_configs = {
        "authToken": {"auth_header_name": "X-Key"},
        "jwt": {"auth_header_name": "X-Jwt"},
        "oauth": {"auth_header_name": "X-Token"},
    }
    members = {
        "use_standard_auth": True, "use_oauth2": True, **JWTS, "auth_configs": auth_configs,
        "oauth_meta": {"allowed_access_types": ["client_credentials"]},
    }  # fmt: skip
    limits = {"auth_token": 5, "jwt_claim": 7, "oauth_key": 9}
    apis = {kind: write_api(gateway, base_identity_provided_by=kind, **members) for kind in limits}
    rights = {name: right for api in apis.values() for name, right in api.rights.items()}
    key_api = apis["auth_token"]
    policies = {
        kind: write_policy(gateway, key_api, access_rights=rights, quota_max=limit, quota_renewal_rate=3600)
        for kind, limit in limits.items()
    }
    yield RELOAD

    for kind, api in apis.items():
        name = write_client(gateway, api, policies["oauth_key"])["client_id"]
        credentials = {
            "X-Key": write_key(gateway, api, policies["auth_token"]),
            "X-Jwt": token({"sub": new_user(gateway), "pol": policies["jwt_claim"]}),
            "X-Token": f"Bearer {get_token(gateway, api, name)}",
        }
        path, limit = f"/{api.id}/a", limits[kind]
        expect_passed(gateway.send("GET", path, headers=list(credentials.items())), limit, limit - 1)
        for omitted, status in (("X-Key", 401), ("X-Jwt", 400), ("X-Token", 400)):
            headers = [(header, value) for header, value in credentials.items() if header != omitted]
            expect_refused(gateway.send("GET", path, headers=headers), status, NEEDS_KEY)


@behaviour("an-identity-is-needed")
def test_an_api_without_an_identity_lets_nobody_pass(gateway: Gateway) -> Steps:
    """An API whose identity is of a kind of credential that it does not accept refuses every request."""
    token_api = write_jwt_api(gateway, base_identity_provided_by="auth_token")
    key_apis = [write_api(gateway, base_identity_provided_by=kind) for kind in ("jwt_claim", "oauth_key")]
    gold = write_policy(
        gateway, token_api, access_rights={**token_api.rights, **key_apis[0].rights, **key_apis[1].rights}
    )
    yield RELOAD

    key = write_key(gateway, token_api, gold)
    for api, credential in (
        (token_api, token({"sub": new_user(gateway), "pol": gold})),
        *((key_api, key) for key_api in key_apis),
    ):
        exchange = gateway.send("GET", f"/{api.id}/a", headers=[("Authorization", credential)])
        expect_refused(exchange, 400, NO_SESSION)


@behaviour("credentials-may-be-stripped")
def test_credentials_may_be_kept_from_the_upstream(gateway: Gateway) -> Steps:
    """An API with strip_auth_data removes the credential from header, parameter and cookie; others do not."""
    places = {"use_param": True, "param_name": "own", "use_cookie": True, "cookie_name": "own"}
    auth = {"auth_header_name": "X-Key", **places}
    keeping, stripping = write_api(gateway, auth=auth), write_api(gateway, auth=auth, strip_auth_data=True)
    unnamed = write_api(gateway, auth={}, strip_auth_data=True)
    gold = write_policy(
        gateway, keeping, access_rights={**keeping.rights, **stripping.rights, **unnamed.rights}
    )
    yield RELOAD

    key = write_key(gateway, keeping, gold)
    exchange = gateway.send("GET", f"/{unnamed.id}/a", headers=[("Authorization", key)])
    expect_upstream_saw(gateway, exchange, authorization=None)
    for api, header, cookie in ((keeping, key, "a=1; own=x; b=2"), (stripping, None, "a=1; b=2")):
        headers = [("X-Key", key), ("X-Other", "1")]
        by_header = gateway.send("GET", f"/{api.id}/a", headers=headers)
        expect_upstream_saw(gateway, by_header, x_key=header, x_other="1")
        by_cookie = gateway.send("GET", f"/{api.id}/a", headers=[("Cookie", f"a=1; own={key}; b=2")])
        expect_upstream_saw(gateway, by_cookie, cookie=cookie.replace("own=x", f"own={key}"))
        path = f"/{api.id}/a?x=1&own={key}&y=2"
        by_parameter = gateway.send("GET", path)
        upstream_path = "/a?x=1&y=2" if header is None else f"/a?x=1&own={key}&y=2"
        expect_upstream_saw(gateway, by_parameter, x_key=None)
        expect_path(gateway, by_parameter, upstream_path)
