"""Requests to an API: the keys that pass, and the policies and rights that decide."""

from __future__ import annotations

from contract_tests.engine.checks import JSON, Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    NEEDS_KEY,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS


@behaviour("traffic-needs-a-key")
def test_a_request_needs_a_key(gateway: Gateway) -> Steps:
    """A request without a key answers 401, and a request with an unknown key 403."""
    api = write_api(gateway)
    yield RELOAD

    expect_refused(call(gateway, api), 401, NEEDS_KEY)
    for unknown in (gateway.new_id(), "abc"):
        expect_refused(call(gateway, api, unknown), 403, DISALLOWED)


@behaviour("refusals-are-json-or-xml")
def test_a_refusal_is_json_or_xml(gateway: Gateway) -> Steps:
    """A refusal is XML if the request's Content-Type is, and JSON otherwise."""
    api = write_api(gateway)
    yield RELOAD

    xml = f'<?xml version = "1.0" encoding = "UTF-8"?>\n<error>{NEEDS_KEY}</error>\n'
    for content_type, expected in (
        ("application/xml", "application/xml"),
        ("text/xml; charset=utf-8", "text/xml"),
        ("application/json", JSON),
        ("text/plain", JSON),
        ("Application/XML", JSON),
    ):
        exchange = gateway.send("GET", f"/{api.id}/a", headers=[("Content-Type", content_type)])
        if expected == JSON:
            expect_refused(exchange, 401, NEEDS_KEY)
        elif exchange.text != xml:
            raise Mismatch(xml, shorten(exchange.text, 200), exchange)
        if exchange.header("Content-Type") != expected:
            raise Mismatch(f"Content-Type: {expected}", repr(exchange.header("Content-Type")), exchange)


@behaviour("traffic-passes-with-a-key")
def test_a_key_with_a_right_passes(gateway: Gateway) -> Steps:
    """A key whose policy grants the API passes, with or without Bearer before it."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key), -1, 0)
    expect_passed(call(gateway, api, f"Bearer {key}"))
    expect_passed(call(gateway, api, key, "deep/path?x=1", "POST"))


@behaviour("keys-are-sent-where-the-api-says")
def test_a_key_is_sent_where_the_api_says(gateway: Gateway) -> Steps:
    """A key passes in the header, the parameter or the cookie that the API names."""
    by_header = write_api(gateway, auth={"auth_header_name": "X-Own-Key"})
    by_parameter = write_api(
        gateway, auth={"auth_header_name": "Authorization", "use_param": True, "param_name": "own"}
    )
    by_cookie = write_api(
        gateway, auth={"auth_header_name": "Authorization", "use_cookie": True, "cookie_name": "own"}
    )
    unnamed = write_api(
        gateway, auth={"auth_header_name": "X-Own-Key", "use_param": True, "use_cookie": True}
    )
    without_header = write_api(gateway, auth={"disable_header": True, "use_param": True, "param_name": "own"})
    gold = {
        api.id: write_policy(gateway, api)
        for api in (by_header, by_parameter, by_cookie, without_header, unnamed)
    }
    yield RELOAD

    for api, path, header in (
        (by_header, "a", ("x-own-key", "{key}")),
        (by_header, "a", ("X-Own-Key", "Bearer {key}")),
        (by_parameter, "a?own={key}", None),
        (by_parameter, "a", ("Authorization", "{key}")),
        (by_cookie, "a", ("Cookie", "other=1; own={key}")),
        (by_cookie, "a", ("Cookie", 'a[]=1; own="; own="{key}"; own=2')),
        (without_header, "a?own={key}", None),
        (by_cookie, "a", ("Authorization", "{key}")),
        (unnamed, "a?X-Own-Key={key}", None),
        (unnamed, "a", ("Cookie", "X-Own-Key={key}")),
    ):
        key = write_key(gateway, api, gold[api.id])
        headers = [(header[0], header[1].replace("{key}", key))] if header else []
        expect_passed(gateway.send("GET", f"/{api.id}/{path.replace('{key}', key)}", headers=headers))
    expect_refused(
        call(gateway, by_header, write_key(gateway, by_header, gold[by_header.id])), 401, NEEDS_KEY
    )
    expect_refused(call(gateway, by_parameter, path="a?other=x"), 401, NEEDS_KEY)
    cookie = f'own=""; own={write_key(gateway, by_cookie, gold[by_cookie.id])}'
    expect_refused(gateway.send("GET", f"/{by_cookie.id}/a", headers=[("Cookie", cookie)]), 401, NEEDS_KEY)
    expect_refused(
        call(gateway, without_header, write_key(gateway, without_header, gold[without_header.id])),
        401,
        NEEDS_KEY,
    )


@behaviour("deleted-keys-do-not-pass")
def test_a_deleted_key_does_not_pass(gateway: Gateway) -> Steps:
    """A key that was deleted is refused at once."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key))
    gateway.send("DELETE", f"{KEYS}/{key}?org_id={api.org_id}")
    expect_refused(call(gateway, api, key), 403, DISALLOWED)


@behaviour("keyless-apis-ask-nothing")
def test_a_keyless_api_asks_for_nothing(gateway: Gateway) -> Steps:
    """An API with use_keyless lets every request pass, and answers with a quota of 0."""
    api = write_api(gateway, use_keyless=True)
    yield RELOAD

    for credential in ("", "anything"):
        exchange = call(gateway, api, credential)
        expect_passed(exchange, 0, 0)
        if exchange.header("X-RateLimit-Reset") != "0":
            raise Mismatch("X-RateLimit-Reset: 0", repr(exchange.header("X-RateLimit-Reset")), exchange)


@behaviour("traffic-needs-a-right")
def test_a_key_needs_a_right_to_the_api(gateway: Gateway) -> Steps:
    """A key with a right to another API answers 403."""
    api, other = write_api(gateway), write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    expect_refused(call(gateway, other, write_key(gateway, api, gold)), 403, DISALLOWED)


@behaviour("rights-are-by-path-and-method")
def test_a_right_may_be_for_some_paths_and_methods(gateway: Gateway) -> Steps:
    """A request that the paths and methods of an access right do not match answers 403."""
    api = write_api(gateway)
    rights = {api.id: {**api.rights[api.id], "allowed_urls": [{"url": "/open", "methods": ["GET"]}]}}
    gold = write_policy(gateway, api, access_rights=rights)
    yield RELOAD

    key, message = write_key(gateway, api, gold), "Access to this resource has been disallowed"
    expect_passed(call(gateway, api, key, "open"))
    expect_refused(call(gateway, api, key, "open", "POST"), 403, message)
    expect_refused(call(gateway, api, key, "closed"), 403, message)


@behaviour("rights-have-patterns")
def test_a_right_may_be_for_a_pattern_of_paths(gateway: Gateway) -> Steps:
    """An access right's path matches anywhere in the request's path, as an expression with {name} and *."""
    api = write_api(gateway)
    urls = [{"url": url, "methods": ["GET"]} for url in ("/a/{id}/b", "/c/*/d", "/e/*", "/[0-9]+$", "(")]
    gold = write_policy(gateway, api, access_rights={api.id: {**api.rights[api.id], "allowed_urls": urls}})
    yield RELOAD

    key, message = write_key(gateway, api, gold), "Access to this resource has been disallowed"
    for path in ("a/1/b", "x/a/1/b/y", "c/1/d", "e/1/x", "e/", "x/12"):
        expect_passed(call(gateway, api, key, path))
    for path in ("a/1/2/b", "a//b", "a/b", "c/1/2/d", "c/d", "e", "x/12a", ""):
        exchange = call(gateway, api, key, path)
        if exchange.status != 301:  # "a//b", unless paths are not cleaned
            expect_refused(exchange, 403, message)


@behaviour("rights-are-by-version")
def test_a_right_is_for_versions(gateway: Gateway) -> Steps:
    """An ungranted, unknown or missing version answers 403, each with its own message."""
    versions = {name: {"name": name, "use_extended_paths": True} for name in ("v1", "v2")}
    api = write_api(
        gateway,
        definition={"location": "url-param", "key": "version"},
        version_data={"not_versioned": False, "versions": versions},
    )
    gold = write_policy(gateway, api, access_rights={api.id: {**api.rights[api.id], "versions": ["v1"]}})
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key, "a?version=v1"))
    expect_refused(call(gateway, api, key, "a?version=v2"), 403, DISALLOWED)
    expect_refused(call(gateway, api, key, "a?version=v9"), 403, "This API version does not seem to exist")
    expect_refused(call(gateway, api, key), 403, "Version information not found")


@behaviour("inactive-keys-are-refused")
def test_an_inactive_key_is_refused(gateway: Gateway) -> Steps:
    """A key whose policy is_inactive answers 403; a key whose policy is not `active` passes."""
    api = write_api(gateway)
    inactive, draft = write_policy(gateway, api, is_inactive=True), write_policy(gateway, api, active=False)
    yield RELOAD

    expect_refused(
        call(gateway, api, write_key(gateway, api, inactive)), 403, "Key is inactive, please renew"
    )
    expect_passed(call(gateway, api, write_key(gateway, api, draft)))


@behaviour("expired-keys-are-refused")
def test_an_expired_key_is_refused(gateway: Gateway) -> Steps:
    """A key past its expiry answers 401; a key before its expiry passes."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    expect_refused(
        call(gateway, api, write_key(gateway, api, gold, expires=1)), 401, "Key has expired, please renew"
    )
    expect_passed(call(gateway, api, write_key(gateway, api, gold, expires=4102444800)))


@behaviour("orphaned-keys-do-not-pass")
def test_a_key_whose_policy_is_gone_does_not_pass(gateway: Gateway) -> Steps:
    """A key answers 403 from the reload after its policy's deletion until the policy is loaded again."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, gold)
    gateway.delete(gold)
    expect_passed(call(gateway, api, key))
    yield RELOAD

    expect_refused(call(gateway, api, key), 403, DISALLOWED)
    write_policy(gateway, api, id=gold)
    yield RELOAD

    expect_passed(call(gateway, api, key))


@behaviour("one-policy-left-is-enough")
def test_a_key_passes_while_one_policy_is_left(gateway: Gateway) -> Steps:
    """A key passes as long as one of its policies is loaded, and answers 403 without the last one."""
    api = write_api(gateway)
    first, second = write_policy(gateway, api), write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, first, second)
    gateway.delete(second)
    yield RELOAD

    expect_passed(call(gateway, api, key))
    gateway.delete(first)
    yield RELOAD

    expect_refused(call(gateway, api, key), 403, DISALLOWED)
