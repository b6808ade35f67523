"""APIs in OpenAPI form: credentials, policies and rights of their requests."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    NEEDS_KEY,
    Api,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.clients import basic_auth
from contract_tests.gateway.builders.jwts import new_user, token
from contract_tests.gateway.builders.open_apis import (
    BASIC,
    EXTENSION,
    JWTS,
    document,
    jwt_settings,
    write,
)
from contract_tests.gateway.builders.signatures import MAY_SIGN, NAMED, REFUSED, send_signed
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import OPEN_APIS

NO_POLICY = "key not authorized: no matching policy found"
X_KEY = {"token": {"type": "apiKey", "in": "header", "name": "X-Key"}}


@behaviour("open-apis-take-keys")
def test_an_open_api_takes_keys(gateway: Gateway) -> Steps:
    """A key with a policy for an API in OpenAPI form passes where its rights say; a disabled API needs none."""
    api, other = write(gateway, document(gateway)), write(gateway, document(gateway))
    is_open = write(gateway, document(gateway, enabled=False))
    in_query = write(
        gateway, document(gateway, schemes={"q": {"type": "apiKey", "in": "query", "name": "k"}})
    )
    rights = {
        **api.rights,
        api.id: {**api.rights[api.id], "allowed_urls": [{"url": "/open", "methods": ["GET"]}]},
    }
    gold = write_policy(gateway, api, quota_max=7, access_rights=rights | in_query.rights)
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_refused(call(gateway, api), 401, NEEDS_KEY)
    expect_refused(call(gateway, api, gateway.new_id()), 403, DISALLOWED)
    expect_passed(call(gateway, api, key, "open"), 7, 6)
    expect_refused(call(gateway, api, key, "closed"), 403, "Access to this resource has been disallowed")
    expect_refused(call(gateway, other, key), 403, DISALLOWED)
    expect_passed(call(gateway, is_open))
    expect_passed(gateway.send("GET", f"/{in_query.id}/a?k={key}", headers=[]))
    expect_refused(call(gateway, in_query, key), 401, NEEDS_KEY)


@behaviour("open-apis-take-tokens")
def test_an_open_api_takes_tokens(gateway: Gateway) -> Steps:
    """A token has the policy of the claim policyFieldName, else the default ones, else those of its scopes."""
    by_claim = write(gateway, _with_tokens(gateway, policyFieldName="pol"))
    gold = write_policy(gateway, by_claim, quota_max=5)
    sent = _with_tokens(gateway)
    default = write_policy(gateway, _api(sent), quota_max=6)
    scoped = write_policy(gateway, _api(sent), quota_max=9)
    _settings(sent).update(
        defaultPolicies=[default],
        scopes={"claimName": "sco", "scopeToPolicyMapping": [{"scope": "read", "policyId": scoped}]},
    )
    by_scope = write(gateway, sent)
    yield RELOAD

    expect_refused(call(gateway, by_claim), 400, NEEDS_KEY)
    expect_passed(call(gateway, by_claim, token({"sub": new_user(gateway), "pol": gold})), 5, 4)
    expect_refused(call(gateway, by_claim, token({"sub": new_user(gateway)})), 403, NO_POLICY)
    wrong = token({"sub": new_user(gateway), "pol": gold}, "another secret")
    expect_refused(call(gateway, by_claim, wrong), 403, "Key not authorized")
    expect_passed(call(gateway, by_scope, token({"sub": new_user(gateway)})), 6, 5)
    expect_passed(call(gateway, by_scope, token({"sub": new_user(gateway), "sco": "read"})), 9, 8)


@behaviour("open-apis-name-several-claims")
def test_an_open_api_names_several_claims(gateway: Gateway) -> Steps:
    """The first of several claims with a value names the user, the policy or the scopes."""
    sent = _with_tokens(
        gateway,
        identityBaseField="",  # since 5.13 a read of any API would put it first
        subjectClaims=["uid", "sub"],
        policyFieldName="pol",
        basePolicyClaims=["pol", "plan"],
    )
    api = write(gateway, sent)
    gold = write_policy(gateway, api, quota_max=5)
    yield RELOAD

    user = new_user(gateway)
    expect_passed(call(gateway, api, token({"uid": user, "sub": new_user(gateway), "plan": gold})), 5, 4)
    expect_passed(call(gateway, api, token({"uid": user, "pol": gold})), 5, 3)
    expect_passed(call(gateway, api, token({"sub": user, "pol": gold})), 5, 2)
    empty = "found an empty user ID in predefined base claim, claim: uid"
    expect_refused(call(gateway, api, token({"uid": "", "pol": gold})), 403, empty)
    missing = "no suitable claims for user ID were found"
    expect_refused(call(gateway, api, token({"pol": gold})), 403, missing)


@behaviour("open-apis-name-several-claims")
def test_the_claim_sub_comes_after_those_for_users(gateway: Gateway) -> Steps:
    """The claim sub names the user if none of the claims that the API names for users is there."""
    sent = _with_tokens(gateway, identityBaseField="", subjectClaims=["uid", "mail"], policyFieldName="pol")
    api = write(gateway, sent)
    gold = write_policy(gateway, api, quota_max=5)
    yield RELOAD

    user = new_user(gateway)
    for remaining, name in ((4, "mail"), (3, "sub")):
        expect_passed(call(gateway, api, token({name: user, "pol": gold})), 5, remaining)


@behaviour("open-apis-name-several-claims")
def test_scopes_may_be_in_several_claims(gateway: Gateway) -> Steps:
    """The first listed claim that a token has holds its scopes, and the listed ones count beside another."""
    sent = _with_tokens(gateway)
    policies = [write_policy(gateway, _api(sent), quota_max=quota) for quota in (7, 9)]
    mapping = [
        {"scope": scope, "policyId": own} for scope, own in zip(("read", "write"), policies, strict=True)
    ]
    scopes = {"claimName": "sco", "claims": ["rights", "perms"], "scopeToPolicyMapping": mapping}
    _settings(sent).update(scopes=scopes)
    api = write(gateway, sent)
    yield RELOAD

    for claims, quota in (
        ({"perms": "read"}, 7),
        ({"rights": "write"}, 9),
        ({"perms": "read", "rights": "write"}, 9),
    ):
        expect_passed(call(gateway, api, token({"sub": new_user(gateway), **claims})), quota, quota - 1)


@behaviour("open-apis-require-claims")
def test_an_open_api_requires_claims(gateway: Gateway) -> Steps:
    """A token needs one of the issuers, audiences and subjects that an API allows, and an id if it says so."""
    user = new_user(gateway)
    sent = _with_tokens(
        gateway, policyFieldName="pol", allowedIssuers=["me"], allowedAudiences=["you"], allowedSubjects=[user],
        jtiValidation={"enabled": True},
    )  # fmt: skip
    api = write(gateway, sent)
    gold = write_policy(gateway, api)
    yield RELOAD

    claims: dict[str, Any] = {"sub": user, "pol": gold, "iss": "me", "aud": ["they", "you"], "jti": "1"}
    expect_passed(call(gateway, api, token(claims)))
    expect_passed(call(gateway, api, token({**claims, "aud": "you"})))
    other = new_user(gateway)
    for change, message in (
        ({"iss": 1}, "issuer claim must be a string"),
        ({"aud": 1}, "invalid audience claim format"),
        ({"aud": "they"}, "no matching audience found in token: [they]"),
        ({"iss": "other"}, "invalid issuer claim: other"),
        ({"iss": None}, "issuer claim is required but not present in token"),
        ({"aud": ["they"]}, "no matching audience found in token: [they]"),
        ({"aud": None}, "audience claim is required but not present in token"),
        ({"jti": None}, "JWT ID (jti) claim is required but not present in token"),
        ({"sub": other}, f"invalid subject value: {other}"),
    ):
        changed = {name: value for name, value in (claims | change).items() if value is not None}
        expect_refused(call(gateway, api, token(changed)), 401, f"Key not authorized: {message}")


@behaviour("open-api-claims-are-joined")
def test_lists_of_claims_begin_with_the_named_one(gateway: Gateway) -> Steps:
    """An API that names the claims of the user and the policy by themselves is read with lists of them."""
    api = write(gateway, _with_tokens(gateway, policyFieldName="pol", basePolicyClaims=["plan"]))
    yield RELOAD

    exchange = gateway.send("GET", f"{OPEN_APIS}/{api.id}")
    settings = _settings(exchange.document)
    claims = (settings.get("subjectClaims"), settings.get("basePolicyClaims"))
    expected = (["sub"], ["pol", "plan"])
    if claims != expected:
        raise Mismatch(f"claims {expected}", repr(claims), exchange)


@behaviour("open-apis-take-all-credentials")
def test_an_open_api_takes_all_credentials(gateway: Gateway) -> Steps:
    """A request needs all credentials of the first requirement; baseIdentityProvider says whose limits apply."""
    apis = {
        provider: write(gateway, _with_both(gateway, baseIdentityProvider=provider))
        for provider in ("auth_token", "jwt_claim")
    }
    rights = {name: right for api in apis.values() for name, right in api.rights.items()}
    of_key, of_token = (
        write_policy(gateway, apis["auth_token"], access_rights=rights, quota_max=quota) for quota in (5, 9)
    )
    yield RELOAD

    key = write_key(gateway, apis["auth_token"], of_key)
    for provider, quota in (("auth_token", 5), ("jwt_claim", 9)):
        api, jwt = apis[provider], token({"sub": new_user(gateway), "pol": of_token})
        headers = [("Authorization", jwt), ("X-Key", key)]
        path = f"/{api.id}/a"
        expect_passed(gateway.send("GET", path, headers=headers), quota, quota - 1)
        expect_refused(gateway.send("GET", path, headers=headers[:1]), 401, NEEDS_KEY)
        expect_refused(gateway.send("GET", path, headers=headers[1:]), 400, NEEDS_KEY)


@behaviour("open-apis-take-any-credential")
def test_an_open_api_takes_any_credential(gateway: Gateway) -> Steps:
    """With securityProcessingMode compliant a request needs the credentials of one of the requirements."""
    sent = _with_both(gateway, securityProcessingMode="compliant")
    sent["security"] = [{"token": []}, {"jwt": []}]
    api = write(gateway, sent)
    of_key, of_token = (write_policy(gateway, api, quota_max=quota) for quota in (5, 9))
    yield RELOAD

    key, jwt = write_key(gateway, api, of_key), token({"sub": new_user(gateway), "pol": of_token})
    path = f"/{api.id}/a"
    expect_passed(gateway.send("GET", path, headers=[("X-Key", key)]), 5, 4)
    expect_passed(gateway.send("GET", path, headers=[("Authorization", jwt)]), 9, 8)
    expect_refused(gateway.send("GET", path, headers=[("X-Key", gateway.new_id())]), 400, NEEDS_KEY)


@behaviour("open-apis-take-any-credential")
def test_an_open_api_takes_users_and_signatures(gateway: Gateway) -> Steps:
    """Passwords, and signatures, which OpenAPI does not know, may be among the credentials."""
    place = {"enabled": True, "name": "Authorization"}
    settings = {"token": {"enabled": True}, "users": {"enabled": True, "header": place}}
    own = {"enabled": True, "header": place}
    sent = document(
        gateway, schemes=X_KEY | BASIC, settings=settings, hmac=own, securityProcessingMode="compliant"
    )
    sent["security"] = [{"token": []}, {"users": []}]
    sent[EXTENSION]["server"]["authentication"]["security"] = [["hmac"]]
    api = write(gateway, sent)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, NAMED)
    user = write_key(gateway, api, gold, basic_auth_data={"password": "open sesame"})
    expect_passed(call(gateway, api, basic_auth(user, "open sesame")))
    expect_passed(send_signed(gateway, api, write_key(gateway, api, gold, **MAY_SIGN)))
    expect_refused(call(gateway, api, basic_auth(user, "shut")), 400, REFUSED)
    expect_refused(send_signed(gateway, api, user), 400, REFUSED)


def _with_tokens(gateway: Gateway, **members: Any) -> dict[str, Any]:
    """An API that takes the tokens of `token`, with these members in its settings."""
    return document(gateway, schemes=JWTS, settings={"jwt": jwt_settings(**members)})


def _with_both(gateway: Gateway, **authentication: Any) -> dict[str, Any]:
    """An API that takes keys in X-Key, and tokens."""
    settings = {"token": {"enabled": True}, "jwt": jwt_settings(policyFieldName="pol")}
    return document(gateway, schemes=X_KEY | JWTS, settings=settings, **authentication)


def _settings(sent: dict[str, Any]) -> dict[str, Any]:
    """The settings of tokens in an API; empty if it has none."""
    part: dict[str, Any] = sent.get(EXTENSION, {}).get("server", {}).get("authentication", {})
    settings: dict[str, Any] = part.get("securitySchemes", {}).get("jwt", {})
    return settings


def _api(sent: dict[str, Any]) -> Api:
    info = sent[EXTENSION]["info"]
    return Api(info["id"], info["orgId"])
