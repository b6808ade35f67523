"""Requests to an API: the keys that may pass, how often, and the policies that decide it."""

from __future__ import annotations

from contract_tests.engine.checks import JSON, Mismatch
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
    """Without a key 401, with one that is not there 403, both with their texts."""
    api = write_api(gateway)
    yield RELOAD

    expect_refused(call(gateway, api), 401, NEEDS_KEY)
    for unknown in (gateway.new_id(), "abc"):
        expect_refused(call(gateway, api, unknown), 403, DISALLOWED)


@behaviour("refusals-are-json-or-xml")
def test_a_refusal_is_json_or_xml(gateway: Gateway) -> Steps:
    """A refusal has the form of the request's Content-Type; it is JSON if that is neither JSON nor XML."""
    api = write_api(gateway)
    yield RELOAD

    xml = f'<?xml version = "1.0" encoding = "UTF-8"?>\n<error>{NEEDS_KEY}</error>\n'
    for sent, expected in (
        ("application/xml", "application/xml"),
        ("text/xml; charset=utf-8", "text/xml"),
        ("application/json", JSON),
        ("text/plain", JSON),
        ("Application/XML", JSON),
    ):
        exchange = gateway.send("GET", f"/{api.id}/a", headers=[("Content-Type", sent)])
        if expected == JSON:
            expect_refused(exchange, 401, NEEDS_KEY)
        elif exchange.text != xml:
            raise Mismatch(xml, exchange.text[:200], exchange)
        if exchange.header("Content-Type") != expected:
            raise Mismatch(f"Content-Type: {expected}", repr(exchange.header("Content-Type")), exchange)


@behaviour("traffic-passes-with-a-key")
def test_a_key_with_a_right_passes(gateway: Gateway) -> Steps:
    """A key whose policy grants the API passes, with Bearer before it too."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key), -1, 0)
    expect_passed(call(gateway, api, f"Bearer {key}"))
    expect_passed(call(gateway, api, key, "deep/path?x=1", "POST"))


@behaviour("keys-are-sent-where-the-api-says")
def test_a_key_is_sent_where_the_api_says(gateway: Gateway) -> Steps:
    """A key is sent in a header of another name, in a parameter or in a cookie, as the API says."""
    named = write_api(gateway, auth={"auth_header_name": "X-Own-Key"})
    asked = write_api(
        gateway, auth={"auth_header_name": "Authorization", "use_param": True, "param_name": "own"}
    )
    baked = write_api(
        gateway, auth={"auth_header_name": "Authorization", "use_cookie": True, "cookie_name": "own"}
    )
    unheard = write_api(gateway, auth={"disable_header": True, "use_param": True, "param_name": "own"})
    gold = {api.id: write_policy(gateway, api) for api in (named, asked, baked, unheard)}
    yield RELOAD

    for api, path, header in (
        (named, "a", ("x-own-key", "{key}")),
        (named, "a", ("X-Own-Key", "Bearer {key}")),
        (asked, "a?own={key}", None),
        (asked, "a", ("Authorization", "{key}")),
        (baked, "a", ("Cookie", "other=1; own={key}")),
        (baked, "a", ("Cookie", 'a[]=1; own="; own="{key}"; own=2')),
        (unheard, "a?own={key}", None),
        (baked, "a", ("Authorization", "{key}")),
    ):
        key = write_key(gateway, api, gold[api.id])
        headers = [(header[0], header[1].replace("{key}", key))] if header else []
        expect_passed(gateway.send("GET", f"/{api.id}/{path.replace('{key}', key)}", headers=headers))
    expect_refused(call(gateway, named, write_key(gateway, named, gold[named.id])), 401, NEEDS_KEY)
    expect_refused(call(gateway, asked, path="a?other=x"), 401, NEEDS_KEY)
    cookie = f'own=""; own={write_key(gateway, baked, gold[baked.id])}'
    expect_refused(gateway.send("GET", f"/{baked.id}/a", headers=[("Cookie", cookie)]), 401, NEEDS_KEY)
    expect_refused(call(gateway, unheard, write_key(gateway, unheard, gold[unheard.id])), 401, NEEDS_KEY)


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
    """A key with a right to another API is refused."""
    api, other = write_api(gateway), write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    expect_refused(call(gateway, other, write_key(gateway, api, gold)), 403, DISALLOWED)


@behaviour("rights-are-by-path-and-method")
def test_a_right_may_be_for_some_paths_and_methods(gateway: Gateway) -> Steps:
    """Where a right names paths, other paths and methods are refused."""
    api = write_api(gateway)
    rights = {api.id: {**api.rights[api.id], "allowed_urls": [{"url": "/open", "methods": ["GET"]}]}}
    gold = write_policy(gateway, api, access_rights=rights)
    yield RELOAD

    key, refused = write_key(gateway, api, gold), "Access to this resource has been disallowed"
    expect_passed(call(gateway, api, key, "open"))
    expect_refused(call(gateway, api, key, "open", "POST"), 403, refused)
    expect_refused(call(gateway, api, key, "closed"), 403, refused)


@behaviour("rights-have-patterns")
def test_a_right_may_be_for_a_pattern_of_paths(gateway: Gateway) -> Steps:
    """Names in braces and stars stand for parts of a path, and a right is found anywhere in it."""
    api = write_api(gateway)
    urls = [{"url": url, "methods": ["GET"]} for url in ("/a/{id}/b", "/c/*/d", "/e/*", "/[0-9]+$", "(")]
    gold = write_policy(gateway, api, access_rights={api.id: {**api.rights[api.id], "allowed_urls": urls}})
    yield RELOAD

    key, refused = write_key(gateway, api, gold), "Access to this resource has been disallowed"
    for path in ("a/1/b", "x/a/1/b/y", "c/1/d", "e/1/x", "e/", "x/12"):
        expect_passed(call(gateway, api, key, path))
    for path in ("a/1/2/b", "a//b", "a/b", "c/1/2/d", "c/d", "e", "x/12a", ""):
        exchange = call(gateway, api, key, path)
        if exchange.status != 301:  # "a//b", unless paths are not cleaned
            expect_refused(exchange, 403, refused)


@behaviour("rights-are-by-version")
def test_a_right_is_for_versions(gateway: Gateway) -> Steps:
    """A version that a right does not name, that is not there, or is missing, answers 403 each with its text."""
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
    """A key whose policy is_inactive answers 403; a policy that is not `active` lets pass."""
    api = write_api(gateway)
    off, draft = write_policy(gateway, api, is_inactive=True), write_policy(gateway, api, active=False)
    yield RELOAD

    expect_refused(call(gateway, api, write_key(gateway, api, off)), 403, "Key is inactive, please renew")
    expect_passed(call(gateway, api, write_key(gateway, api, draft)))


@behaviour("expired-keys-are-refused")
def test_an_expired_key_is_refused(gateway: Gateway) -> Steps:
    """A key past its time answers 401; one that has time left passes."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    expect_refused(
        call(gateway, api, write_key(gateway, api, gold, expires=1)), 401, "Key has expired, please renew"
    )
    expect_passed(call(gateway, api, write_key(gateway, api, gold, expires=4102444800)))


@behaviour("orphaned-keys-do-not-pass")
def test_a_key_whose_policy_is_gone_does_not_pass(gateway: Gateway) -> Steps:
    """A deleted policy counts until a reload; then its key is refused, until the policy is back."""
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
    """A key passes as long as one of its policies is left; without the last it is refused."""
    api = write_api(gateway)
    one, two = write_policy(gateway, api), write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, one, two)
    gateway.delete(two)
    yield RELOAD

    expect_passed(call(gateway, api, key))
    gateway.delete(one)
    yield RELOAD

    expect_refused(call(gateway, api, key), 403, DISALLOWED)
