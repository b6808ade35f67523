"""APIs in OpenAPI form: signatures of requests, users in bodies, several key sets, and claims of one's own."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    TOLD_BY_NAME,
    call,
    expect_passed,
    expect_refused,
    needs_own_upstream,
    needs_plain_keys,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.jwts import key_set, new_user, note_user, signed_token, token
from contract_tests.gateway.builders.open_apis import (
    BASIC,
    EXTENSION,
    JWTS,
    document,
    jwt_settings,
    write,
)
from contract_tests.gateway.builders.signatures import REFUSED, loaded_signer, send_signed
from contract_tests.gateway.checks import expect_ok
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CACHES, OPEN_APIS

PLACE = {"enabled": True, "name": "Authorization"}
NOT_AUTHORISED = "Key not authorized"
REQUIRED = f"{NOT_AUTHORISED}: custom claim {{}} is required but not present in token"


@behaviour("open-apis-take-signatures")
def test_an_open_api_takes_signatures(gateway: Gateway) -> Steps:
    """A signed request passes by an allowed algorithm, and others answer 400."""
    section = {"enabled": True, "header": PLACE, "allowedAlgorithms": ["hmac-sha256"]}
    api = write(gateway, document(gateway, schemes={}, security=[], hmac=section))
    key = yield from loaded_signer(gateway, api)
    expect_passed(send_signed(gateway, api, key, algorithm="sha256"))
    expect_refused(send_signed(gateway, api, key, algorithm="sha1"), 400, REFUSED)
    expect_refused(send_signed(gateway, api, key, algorithm="sha256", shared="other"), 400, REFUSED)
    expect_refused(call(gateway, api, key), 400, REFUSED)


@behaviour("open-apis-find-users-in-bodies")
def test_an_open_api_finds_users_in_bodies(gateway: Gateway) -> Steps:
    """A name and a password that the expressions find in the body pass, and others do not."""
    extraction = {"enabled": True, "userRegexp": "<u>(.*)</u>", "passwordRegexp": "<p>(.*)</p>"}
    settings = {"users": {"enabled": True, "header": PLACE, "extractCredentialsFromBody": extraction}}
    api = write(gateway, document(gateway, schemes=BASIC, settings=settings))
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, TOLD_BY_NAME)
    user = write_key(gateway, api, gold, basic_auth_data={"password": "open sesame"})
    body = f"<u>{user}</u><p>open sesame</p>"
    expect_passed(gateway.send("POST", f"/{api.id}/a", body, headers=[]))
    for other, status, message in (
        (body.replace("open", "shut"), 401, "User not authorised"),
        (f"<u>{user}</u>", 400, "Body do not contain password"),
    ):
        expect_refused(gateway.send("POST", f"/{api.id}/a", other, headers=[]), status, message)


@behaviour("open-apis-have-several-key-sets")
def test_an_open_api_has_several_key_sets(gateway: Gateway) -> Steps:
    """A key counts in each of the sets, which are kept over reloads until the cache is emptied."""
    needs_own_upstream(gateway)
    names = [gateway.new_id(), gateway.new_id()]
    urls = [{"url": gateway.upstream.serve(name, key_set("another"))} for name in names]
    gateway.upstream.serve(names[1], key_set())
    basic = gateway.new_id()
    own = {"signingMethod": "rsa", "jwksURIs": urls, "defaultPolicies": [basic]}
    sent = document(gateway, schemes=JWTS, settings={"jwt": jwt_settings(**own)})
    api = write(gateway, sent)
    write_policy(gateway, api, id=basic)
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    expect_passed(call(gateway, api, credential))
    expect_refused(call(gateway, api, signed_token("RS256")), 403, NOT_AUTHORISED)
    expect_refused(call(gateway, api, credential[:-20] + "A" * 20), 403, NOT_AUTHORISED)
    gateway.upstream.serve(names[1], key_set("another"))
    yield RELOAD

    expect_passed(call(gateway, api, credential))
    expect_ok(gateway.send("DELETE", f"{CACHES}/jwks/{api.id}"), "cache invalidated")
    expect_refused(call(gateway, api, credential), 403, NOT_AUTHORISED)
    gateway.upstream.serve(names[0], key_set())
    expect_refused(call(gateway, api, credential), 403, NOT_AUTHORISED)
    sent[EXTENSION]["info"]["name"] = gateway.new_id()
    gateway.send("PUT", f"{OPEN_APIS}/{api.id}", sent)
    yield RELOAD

    expect_passed(call(gateway, api, credential))


@behaviour("open-apis-require-own-claims")
def test_an_open_api_requires_own_claims(gateway: Gateway) -> Steps:
    """A required claim must be there, an exact one equal, and one that contains have an allowed part."""
    basic = gateway.new_id()
    rules: dict[str, dict[str, Any]] = {
        "a.b": {"type": "required"},
        "team": {"type": "exact_match", "allowedValues": ["red", 5]},
        "role": {"type": "contains", "allowedValues": ["adm", 5]},
        "list": {"type": "contains", "allowedValues": ["x", 5]},
        "count": {"type": "contains", "allowedValues": [4, 5]},
        "loose": {"type": "exact_match", "allowedValues": ["x"], "nonBlocking": True},
        "free": {"type": "contains", "allowedValues": ["x"], "nonBlocking": True},
        "idle": {"type": "required", "nonBlocking": True},
    }
    own = jwt_settings(defaultPolicies=[basic], customClaimValidation=rules)
    api = write(gateway, document(gateway, schemes=JWTS, settings={"jwt": own}))
    write_policy(gateway, api, id=basic)
    yield RELOAD

    user = new_user(gateway)
    valid = {"sub": user, "a": {"b": ""}, "team": "red", "role": "admin", "list": [1, 5], "count": 5}
    expect_passed(call(gateway, api, token(valid)))
    expect_passed(call(gateway, api, token({**valid, "idle": None, "free": "y"})))
    expect_passed(call(gateway, api, token({**valid, "team": 5, "role": ["adm"], "loose": "y"})))
    for claims, message in (
        ({"a": {}}, "custom claim a.b is required but not present in token"),
        ({"a": {"b": None}}, "custom claim a.b expects a non nil value"),
        ({"team": "redder"}, "claim team value does not match any expected values"),
        ({"team": "5"}, "claim team value does not match any expected values"),
        ({"role": "Admin"}, "claim role value does not contain any expected values"),
        ({"role": ["admin"]}, "claim role value does not contain any expected values"),
        ({"count": 4}, "claim count value does not contain any expected values"),
        ({"list": []}, "claim list value does not contain any expected values"),
    ):
        expect_refused(call(gateway, api, token({**valid, **claims})), 401, f"{NOT_AUTHORISED}: {message}")
    rest = {name: value for name, value in valid.items() if name != "role"}
    expect_refused(call(gateway, api, token(rest)), 401, REQUIRED.format("role"))
