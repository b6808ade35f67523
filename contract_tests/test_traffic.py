"""Requests to an API: who may pass, how often, and what a key's policies have to do with it."""

from __future__ import annotations

from contract_tests.apis import (
    DISALLOWED,
    NEEDS_KEY,
    api,
    call,
    expect_left,
    expect_passed,
    expect_refused,
    key,
    needs_plain_keys,
    policy,
)
from contract_tests.batch import RELOAD, Steps, behaviour
from contract_tests.checks import Mismatch
from contract_tests.gateway import Gateway
from contract_tests.sessions import KEYS


@behaviour("traffic-needs-a-key")
def test_a_request_needs_a_key(gateway: Gateway) -> Steps:
    """Without a key 401, with one that is not there 403, both with their texts."""
    made = api(gateway)
    yield RELOAD

    expect_refused(call(gateway, made), 401, NEEDS_KEY)
    expect_refused(call(gateway, made, gateway.new_id()), 403, DISALLOWED)


@behaviour("traffic-passes-with-a-key")
def test_a_key_with_a_right_passes(gateway: Gateway) -> Steps:
    """A key whose policy grants the API passes, with Bearer before it too."""
    made = api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    own = key(gateway, made, gold)
    expect_passed(call(gateway, made, own), -1, 0)
    expect_passed(call(gateway, made, f"Bearer {own}"))
    expect_passed(call(gateway, made, own, "deep/path?x=1", "POST"))


@behaviour("keys-are-sent-where-the-api-says")
def test_a_key_is_sent_where_the_api_says(gateway: Gateway) -> Steps:
    """In a header of another name, in a parameter or in a cookie; the header then is none of them."""
    named = api(gateway, auth={"auth_header_name": "X-Own-Key"})
    asked = api(gateway, auth={"auth_header_name": "Authorization", "use_param": True, "param_name": "own"})
    baked = api(gateway, auth={"auth_header_name": "Authorization", "use_cookie": True, "cookie_name": "own"})
    gold = {made.id: policy(gateway, made) for made in (named, asked, baked)}
    yield RELOAD

    for made, path, header in (
        (named, "a", ("x-own-key", "{key}")),
        (named, "a", ("X-Own-Key", "Bearer {key}")),
        (asked, "a?own={key}", None),
        (asked, "a", ("Authorization", "{key}")),
        (baked, "a", ("Cookie", "other=1; own={key}")),
        (baked, "a", ("Authorization", "{key}")),
    ):
        own = key(gateway, made, gold[made.id])
        headers = [(header[0], header[1].replace("{key}", own))] if header else []
        expect_passed(gateway.send("GET", f"/{made.id}/{path.replace('{key}', own)}", headers=headers))
    expect_refused(call(gateway, named, key(gateway, named, gold[named.id])), 401, NEEDS_KEY)
    expect_refused(call(gateway, asked, path="a?other=x"), 401, NEEDS_KEY)


@behaviour("deleted-keys-do-not-pass")
def test_a_deleted_key_does_not_pass(gateway: Gateway) -> Steps:
    """A key that was deleted is refused at once."""
    made = api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    needs_plain_keys(gateway, made, gold)
    own = key(gateway, made, gold)
    expect_passed(call(gateway, made, own))
    gateway.send("DELETE", f"{KEYS}/{own}?org_id={made.org_id}")
    expect_refused(call(gateway, made, own), 403, DISALLOWED)


@behaviour("keyless-apis-ask-nothing")
def test_a_keyless_api_asks_for_nothing(gateway: Gateway) -> Steps:
    """An API with use_keyless lets every request pass, and tells a quota of 0."""
    made = api(gateway, use_keyless=True)
    yield RELOAD

    expect_passed(call(gateway, made), 0, 0)
    expect_passed(call(gateway, made, "anything"), 0, 0)


@behaviour("traffic-needs-a-right")
def test_a_key_needs_a_right_to_the_api(gateway: Gateway) -> Steps:
    """A key with a right to another API is refused."""
    made, other = api(gateway), api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    expect_refused(call(gateway, other, key(gateway, made, gold)), 403, DISALLOWED)


@behaviour("rights-are-by-path-and-method")
def test_a_right_may_be_for_some_paths_and_methods(gateway: Gateway) -> Steps:
    """Where a right names paths, other paths and methods are refused."""
    made = api(gateway)
    rights = {made.id: {**made.rights[made.id], "allowed_urls": [{"url": "/open", "methods": ["GET"]}]}}
    gold = policy(gateway, made, access_rights=rights)
    yield RELOAD

    own, refused = key(gateway, made, gold), "Access to this resource has been disallowed"
    expect_passed(call(gateway, made, own, "open"))
    expect_refused(call(gateway, made, own, "open", "POST"), 403, refused)
    expect_refused(call(gateway, made, own, "closed"), 403, refused)


@behaviour("rights-are-by-version")
def test_a_right_is_for_versions(gateway: Gateway) -> Steps:
    """A version that a right does not name, that is not there, or is missing, answers 403 each with its text."""
    versions = {name: {"name": name, "use_extended_paths": True} for name in ("v1", "v2")}
    made = api(
        gateway,
        definition={"location": "url-param", "key": "version"},
        version_data={"not_versioned": False, "versions": versions},
    )
    gold = policy(gateway, made, access_rights={made.id: {**made.rights[made.id], "versions": ["v1"]}})
    yield RELOAD

    own = key(gateway, made, gold)
    expect_passed(call(gateway, made, own, "a?version=v1"))
    expect_refused(call(gateway, made, own, "a?version=v2"), 403, DISALLOWED)
    expect_refused(call(gateway, made, own, "a?version=v9"), 403, "This API version does not seem to exist")
    expect_refused(call(gateway, made, own), 403, "Version information not found")


@behaviour("inactive-keys-are-refused")
def test_an_inactive_key_is_refused(gateway: Gateway) -> Steps:
    """A key whose policy is_inactive answers 403; a policy that is not `active` lets pass."""
    made = api(gateway)
    off, draft = policy(gateway, made, is_inactive=True), policy(gateway, made, active=False)
    yield RELOAD

    expect_refused(call(gateway, made, key(gateway, made, off)), 403, "Key is inactive, please renew")
    expect_passed(call(gateway, made, key(gateway, made, draft)))


@behaviour("expired-keys-are-refused")
def test_an_expired_key_is_refused(gateway: Gateway) -> Steps:
    """A key past its time answers 401; one that has time left passes."""
    made = api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    expect_refused(
        call(gateway, made, key(gateway, made, gold, expires=1)), 401, "Key has expired, please renew"
    )
    expect_passed(call(gateway, made, key(gateway, made, gold, expires=4102444800)))


@behaviour("rate-limits-hold")
def test_a_rate_limit_is_held(gateway: Gateway) -> Steps:
    """Requests over the rate answer 429; another key has a rate of its own."""
    made = api(gateway)
    slow = policy(gateway, made, rate=3, per=3600)
    yield RELOAD

    own, other = key(gateway, made, slow), key(gateway, made, slow)
    for _ in range(3):
        expect_passed(call(gateway, made, own))
    for _ in range(2):
        expect_refused(call(gateway, made, own), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, made, other))


@behaviour("quotas-hold")
def test_a_quota_is_held(gateway: Gateway) -> Steps:
    """The answers count a quota down, and over it answer 403; the key tells what is left."""
    made = api(gateway)
    few = policy(gateway, made, quota_max=3, quota_renewal_rate=3600)
    yield RELOAD

    own = key(gateway, made, few)
    for left in (2, 1):
        expect_passed(call(gateway, made, own), 3, left)
    expect_left(gateway, made, own, 1)
    expect_passed(call(gateway, made, own), 3, 0)
    for _ in range(2):
        expect_refused(call(gateway, made, own), 403, "Quota exceeded")
    expect_left(gateway, made, own, 0)


@behaviour("limits-may-be-per-api")
def test_limits_may_be_for_each_api(gateway: Gateway) -> Steps:
    """With per_api each API's quota is counted by itself."""
    first, second = api(gateway), api(gateway)
    small = {
        **first.rights[first.id],
        "limit": {"rate": 1000, "per": 60, "quota_max": 1, "quota_renewal_rate": 3600},
    }
    both = policy(
        gateway, first, quota_max=2, quota_renewal_rate=3600, partitions={"per_api": True},
        access_rights={first.id: small, **second.rights},
    )  # fmt: skip
    yield RELOAD

    own = key(gateway, first, both)
    expect_passed(call(gateway, first, own), 1, 0)
    expect_passed(call(gateway, second, own), 2, 1)
    expect_refused(call(gateway, first, own), 403, "Quota exceeded")
    exchange = gateway.send("GET", f"{KEYS}/{own}?org_id={first.org_id}")
    rights = exchange.document.get("access_rights", {})
    left = [rights.get(made.id, {}).get("limit", {}).get("quota_remaining", 0) for made in (first, second)]
    if left != [0, 1]:
        raise Mismatch("quota_remaining 0 of one API and 1 of the other", str(left), exchange)
    expect_passed(call(gateway, second, own), 2, 0)
    expect_refused(call(gateway, second, own), 403, "Quota exceeded")


@behaviour("endpoints-have-rates")
def test_an_endpoint_has_a_rate_of_its_own(gateway: Gateway) -> Steps:
    """A rate of one path and method holds for it alone."""
    made = api(gateway)
    slow = [{"path": "/slow", "methods": [{"name": "GET", "limit": {"rate": 2, "per": 3600}}]}]
    gold = policy(gateway, made, access_rights={made.id: {**made.rights[made.id], "endpoints": slow}})
    yield RELOAD

    own = key(gateway, made, gold)
    for _ in range(2):
        expect_passed(call(gateway, made, own, "slow"))
    expect_refused(call(gateway, made, own, "slow"), 429, "Rate Limit Exceeded")
    expect_passed(call(gateway, made, own, "slow", "POST"))
    expect_passed(call(gateway, made, own, "other"))


@behaviour("apis-may-switch-limits-off")
def test_an_api_may_switch_limits_off(gateway: Gateway) -> Steps:
    """With disable_rate_limit and disable_quota neither is held."""
    made = api(gateway, disable_rate_limit=True, disable_quota=True)
    tiny = policy(gateway, made, rate=1, per=3600, quota_max=1, quota_renewal_rate=3600)
    yield RELOAD

    own = key(gateway, made, tiny)
    for _ in range(3):
        expect_passed(call(gateway, made, own), 1, 0)


@behaviour("orphaned-keys-do-not-pass")
def test_a_key_whose_policy_is_gone_does_not_pass(gateway: Gateway) -> Steps:
    """A deleted policy counts until a reload; then its key is refused, until the policy is back."""
    made = api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    own = key(gateway, made, gold)
    gateway.delete(gold)
    expect_passed(call(gateway, made, own))
    yield RELOAD

    expect_refused(call(gateway, made, own), 403, DISALLOWED)
    policy(gateway, made, id=gold)
    yield RELOAD

    expect_passed(call(gateway, made, own))


@behaviour("one-policy-left-is-enough")
def test_a_key_passes_while_one_policy_is_left(gateway: Gateway) -> Steps:
    """Of several policies one that is left lets a key pass; with the last it is refused."""
    made = api(gateway)
    one, two = policy(gateway, made), policy(gateway, made)
    yield RELOAD

    own = key(gateway, made, one, two)
    gateway.delete(two)
    yield RELOAD

    expect_passed(call(gateway, made, own))
    gateway.delete(one)
    yield RELOAD

    expect_refused(call(gateway, made, own), 403, DISALLOWED)
