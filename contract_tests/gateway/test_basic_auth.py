"""Basic authentication: users with passwords, in the header or the body of a request."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    NEEDS_KEY,
    TOLD_BY_NAME,
    Api,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.clients import basic_auth
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

PASSWORD = {"password": "open sesame"}
UNAUTHORISED = "User not authorised"
MALFORMED = "Attempted access with malformed header, {} not in basic auth format"
BODY = {"extract_from_body": True, "body_user_regexp": "<u>(.*)</u>", "body_password_regexp": "<p>(.*)</p>"}


def _expect_asked(exchange: Exchange, api: Api, message: str) -> None:
    """Expect a 401 that asks for a name and a password."""
    expect_refused(exchange, 401, message)
    expected = f'Basic realm="{api.id}"'
    if exchange.header("WWW-Authenticate") != expected:
        raise Mismatch(f"WWW-Authenticate: {expected}", repr(exchange.header("WWW-Authenticate")), exchange)


@behaviour("users-have-passwords")
def test_a_user_passes_with_the_password(gateway: Gateway) -> Steps:
    """A key passes by its name and password, and any other name or password answers 401."""
    api = write_api(gateway, use_basic_auth=True)
    gold = write_policy(gateway, api, rate=900)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, TOLD_BY_NAME)
    user = write_key(gateway, api, gold, basic_auth_data=PASSWORD)
    for name in (user, user.removeprefix(api.org_id)):
        expect_passed(call(gateway, api, basic_auth(name, PASSWORD["password"])))
    expect_passed(call(gateway, api, basic_auth(user, PASSWORD["password"]).replace("Basic", "Any")))
    for name, password in ((user, "wrong"), (user, ""), (gateway.new_id(), PASSWORD["password"])):
        _expect_asked(call(gateway, api, basic_auth(name, password)), api, UNAUTHORISED)
    _expect_asked(call(gateway, api), api, NEEDS_KEY)


@behaviour("basic-auth-has-a-form")
def test_basic_authentication_has_a_form(gateway: Gateway) -> Steps:
    """A credential that is not two words, not in base64, or not a name and a password answers 400."""
    api = write_api(gateway, use_basic_auth=True)
    yield RELOAD

    for credential, message in (
        ("word", MALFORMED.format("header")),
        ("Basic a b", MALFORMED.format("header")),
        ("Basic ???", "Attempted access with malformed header, auth data not encoded correctly"),
        (basic_auth("name", "with:colon"), MALFORMED.format("values")),
        ("Basic bmFtZQ==", MALFORMED.format("values")),
    ):
        exchange = call(gateway, api, credential)
        expect_refused(exchange, 400, message)
        if exchange.header("WWW-Authenticate"):
            raise Mismatch("no WWW-Authenticate", shorten(exchange.header("WWW-Authenticate"), 80), exchange)


@behaviour("users-may-be-in-bodies")
def test_a_user_may_be_in_the_body(gateway: Gateway) -> Steps:
    """An API with extract_from_body finds name and password in the body if the header has none."""
    api = write_api(gateway, use_basic_auth=True, basic_auth=BODY)
    nameless, secretless = (
        write_api(gateway, use_basic_auth=True, basic_auth={**BODY, f"body_{name}_regexp": "<.>"})
        for name in ("user", "password")
    )
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, TOLD_BY_NAME)
    user = write_key(gateway, api, gold, basic_auth_data=PASSWORD)
    right = f"<u>{user}</u><p>{PASSWORD['password']}</p>"
    for body, status, message in (
        (f"<u>{user}</u>", 400, "Body do not contain password"),
        (f"<p>{PASSWORD['password']}</p>", 400, "Body do not contain username"),
        (f"<u>{user}</u><p>wrong</p>", 401, UNAUTHORISED),
    ):
        expect_refused(gateway.send("POST", f"/{api.id}/a", body.encode()), status, message)
    expect_passed(gateway.send("POST", f"/{api.id}/a", right.encode()))
    headers = [("Authorization", basic_auth(user, "wrong"))]
    expect_refused(gateway.send("POST", f"/{api.id}/a", right.encode(), headers=headers), 401, UNAUTHORISED)
    for target, name in ((nameless, "username"), (secretless, "password")):
        message = f"{name} should be inside regexp match group"
        expect_refused(gateway.send("POST", f"/{target.id}/a", right.encode()), 400, message)


@behaviour("users-in-bodies-need-expressions")
def test_an_api_without_expressions_for_users_takes_keys(gateway: Gateway) -> Steps:
    """An API with extract_from_body whose expressions are missing or broken takes keys, and no users."""
    bodies = [
        {"extract_from_body": True},
        *({**BODY, f"body_{part}_regexp": "("} for part in ("user", "password")),
    ]
    apis = [write_api(gateway, use_basic_auth=True, basic_auth=body) for body in bodies]
    gold = [write_policy(gateway, api) for api in apis]
    yield RELOAD

    for api, policy_id in zip(apis, gold, strict=True):
        key = write_key(gateway, api, policy_id)
        expect_refused(call(gateway, api), 401, NEEDS_KEY)
        expect_refused(call(gateway, api, basic_auth(key, "any")), 403, DISALLOWED)
        expect_passed(call(gateway, api, key))


@behaviour("passwords-stay-or-change")
def test_a_password_stays_or_changes(gateway: Gateway) -> Steps:
    """PUT without a password keeps that of a key, and PUT with another one changes it at once."""
    api = write_api(gateway, use_basic_auth=True)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, TOLD_BY_NAME)
    user = write_key(gateway, api, gold, basic_auth_data=PASSWORD)
    session = {"org_id": api.org_id, "apply_policies": [gold]}
    gateway.send("PUT", f"{KEYS}/{user}", session)
    expect_passed(call(gateway, api, basic_auth(user, PASSWORD["password"])))
    gateway.send("PUT", f"{KEYS}/{user}", {**session, "basic_auth_data": {"password": "another"}})
    expect_passed(call(gateway, api, basic_auth(user, "another")))
    expect_refused(call(gateway, api, basic_auth(user, PASSWORD["password"])), 401, UNAUTHORISED)


@behaviour("long-passwords-are-kept")
def test_a_long_password_passes(gateway: Gateway) -> Steps:
    """A password of over 72 bytes passes, and no other does that begins with the same 72 bytes."""
    api = write_api(gateway, use_basic_auth=True)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, TOLD_BY_NAME)
    long = "p" * 72
    for password in (f"{long}1", f"{long}{long}2"):
        user = write_key(gateway, api, gold, basic_auth_data={"password": password})
        expect_passed(call(gateway, api, basic_auth(user, password)))
        for other in (f"{password[:-1]}3", long, f"{password}3"):
            expect_refused(call(gateway, api, basic_auth(user, other)), 401, UNAUTHORISED)
