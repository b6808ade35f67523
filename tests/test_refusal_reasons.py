"""The reason of each refusal of a request to an API, which the journal tells and the answer does not."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from asking import call
from orders import GOLD, ORDERS, RIGHTS, get, key, serve

from mockserver import MockGateway
from mockserver.service.access_log import AccessLog

DISALLOWED = "Access to this API has been disallowed"
JWT = {
    "enable_jwt": True, "use_standard_auth": False, "jwt_signing_method": "hmac", "jwt_source": "c2VjcmV0",
    "jwt_identity_base_field": "sub", "jwt_policy_field_name": "pol",
}  # fmt: skip
OPENID = {
    "use_openid": True, "openid_options": {"providers": [{"issuer": "https://idp", "client_ids": {"d2Vi": "gold"}}]}
}  # fmt: skip
VERSIONED = {"not_versioned": False, "default_version": "v2", "versions": {"v2": {"name": "v2"}}}


def token(claims: str, algorithm: str = "HS256") -> str:
    """A token whose signature is wrong."""
    header = f'{{"alg": "{algorithm}"}}'
    return ".".join(
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in (header, claims, "wrong")
    )


@pytest.mark.parametrize(
    ("members", "credential", "reason"),
    [
        ({}, "unknown", f"{DISALLOWED}: there is no such key (key_hash 93ef00b7)"),
        ({}, "k", f"{DISALLOWED}: the key has fewer than 4 characters"),
        ({}, "", "Authorization field missing"),
        (JWT, "no.token", "Key not authorized: the token does not have three parts"),
        (JWT, token("{}", "XX"), "Key not authorized: the token has the unknown algorithm 'XX'"),
        (JWT, token("{}", "RS256"), "Key not authorized: Unexpected signing method: the token has 'RS256', the API 'hmac'"),
        (JWT, token("[]"), "Key not authorized: the header or the claims of the token are not a JSON object"),
        (JWT, token("{}"), "Key not authorized: the signature is not that of the API's key"),
        (OPENID, "x", "Key not authorised: there is no token with the scheme Bearer in the request"),
        (OPENID, f'Bearer {token("{}")}', "Key not authorised: no provider of the API has the issuer None"),
        (OPENID, f"""Bearer {token('{"iss": "https://idp", "sub": "a", "aud": "tv"}')}""", "Key not authorised: no client of https://idp has an id of ['tv']"),
        (OPENID, f"""Bearer {token('{"iss": "https://idp", "sub": "a", "aud": "web"}')}""", "Key not authorised: the keys of https://idp cannot be read: its host is not this machine, nor one of --upstream"),
        ({"use_basic_auth": True}, "Basic YW5uYTpi", "User not authorised: there is no such key (key_hash 60597137)"),
        ({"enable_signature_checking": True}, 'Signature keyId="none",algorithm="hmac-sha1"', "Authorization field missing, malformed or invalid: there is no such key (key_hash 2809ef18)"),
        ({"use_mutual_tls_auth": True}, "x", "TLS not enabled: the API asks for certificates of clients"),
        ({"version_data": VERSIONED | {"default_version": "v1"}}, "x", "This API version does not seem to exist: it is 'v1'"),
    ],
)  # fmt: skip
def test_a_refused_credential_has_its_reason(
    gateway: MockGateway, members: dict[str, Any], credential: str, reason: str
) -> None:
    """The journal says what is wrong with a credential that an answer refuses without a reason."""
    serve(gateway, **members)
    get(gateway, credential)
    entry = gateway.journal[-1]
    assert (entry.operation, entry.reason) == ("apiRequest", reason)
    assert entry.violations == []


@pytest.mark.parametrize(
    ("policy", "members", "reason"),
    [
        ({"access_rights": {"other": {"versions": ["Default"]}}}, {}, f"{DISALLOWED}: the key has no right to the API 'orders'"),
        ({}, {"version_data": VERSIONED}, f"{DISALLOWED}: the version is 'v2', and the key has a right to 'Default'"),
        ({"access_rights": {"orders": {**RIGHTS["orders"], "allowed_urls": [{"url": "/x", "methods": ["GET"]}]}}}, {}, "Access to this resource has been disallowed: no allowed URL of the key fits GET /orders/a"),
        ({"rate": 1, "per": 60}, {}, "Rate Limit Exceeded: 1 requests in 60 s"),
        ({"quota_max": 1, "quota_renewal_rate": 60}, {}, "Quota exceeded: 1 requests in 60 s"),
        ({"is_inactive": True}, {}, "Key is inactive, please renew"),
    ],
)  # fmt: skip
def test_a_refused_right_has_its_reason(
    gateway: MockGateway, policy: dict[str, Any], members: dict[str, Any], reason: str
) -> None:
    """The journal says which right or limit a key lacks."""
    serve(gateway, {**GOLD, **policy}, **members)
    name = key(gateway)
    for _ in range(2):
        get(gateway, name)
    assert gateway.journal[-1].reason == reason


def test_a_key_whose_policies_are_gone_has_its_reason(gateway: MockGateway) -> None:
    """The reason names the policy that is not loaded, and the hash of the key."""
    serve(gateway)
    name = key(gateway)
    call(gateway, "DELETE", "/tyk/policies/gold")
    gateway.reload()
    get(gateway, name)
    assert gateway.journal[-1].reason.startswith(f'{DISALLOWED}: policy not found: "gold" (key_hash ')


def test_an_answer_of_the_upstream_has_no_reason(gateway: MockGateway) -> None:
    """A request that the gateway lets pass has no reason, nor has one that a fault answers."""
    serve(gateway)
    name = key(gateway)
    get(gateway, name)
    assert gateway.journal[-1].reason == ""
    gateway.fault("apiRequest", status=403)
    get(gateway, name)
    assert gateway.journal[-1].reason == ""


def test_the_reason_masks_the_secret(gateway: MockGateway) -> None:
    """A secret in what a client sent is not in the reason, also if the reason is cut within it."""
    serve(gateway, **OPENID)
    secret = gateway.secret
    for length in (0, 930, 945):
        get(gateway, f'Bearer {token(f"""{{"iss": "{"x" * length}{secret}"}}""")}')
        reason = gateway.journal[-1].reason
        assert "no provider of the API has the issuer" in reason
        assert secret[:6] not in reason


def test_requests_to_an_api_are_an_operation(gateway: MockGateway) -> None:
    """Requests to APIs are counted as `apiRequest`, dropped ones too, by the name that faults have for them."""
    serve(gateway)
    gateway.fault("apiRequest", status=503)
    get(gateway, "a")
    get(gateway, key(gateway))
    failed, passed = gateway.assert_requested("apiRequest", times=2)
    assert (failed.status, passed.status) == (503, 200)
    assert call(gateway, "GET", "/_mock/journal?operation=apiRequest")[1][1]["api"] == ORDERS["api_id"]


def test_the_log_has_the_reason(gateway: MockGateway) -> None:
    """The access log has the reason of a refusal in the line of the request."""
    serve(gateway)
    stream = io.StringIO()
    gateway.mock.access_log = log = AccessLog(stream)
    get(gateway, "unknown")
    gateway.mock.access_log = None
    log.close()
    assert " 403 apiRequest " in stream.getvalue()
    assert stream.getvalue().endswith("there is no such key (key_hash 93ef00b7)\n")
