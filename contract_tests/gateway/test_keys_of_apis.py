"""Keys of loaded APIs: their policies, their expiry and their quotas."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import AT_END, RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    TOLD_BY_NAME,
    Api,
    call,
    expect_left,
    expect_passed,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.sessions import expect_key
from contract_tests.gateway.checks import expect_error, seconds_in
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

LIFETIME_SECONDS = 4  # until a key with a lifetime of one second must be gone


@behaviour("policies-end-new-keys")
def test_a_policy_gives_a_new_key_its_expiry(gateway: Gateway) -> Steps:
    """A new key of a loaded API expires key_expires_in seconds after its creation."""
    api = write_api(gateway)
    gold, brief = (
        write_policy(gateway, api, key_expires_in=3600),
        write_policy(gateway, api, key_expires_in=1),
    )
    yield RELOAD

    keys = [(write_key(gateway, api, gold), 3600), (write_key(gateway, api, apply_policy_id=gold), 3600)]
    session = {"org_id": api.org_id, "apply_policies": [gold]}
    created = gateway.send("POST", f"{KEYS}/create", session)
    keys.append((str(created.document.get("key")), 3600))
    for key, lifetime in (*keys, (write_key(gateway, api, gold, brief), 1)):
        exchange = gateway.send("GET", f"{KEYS}/{key}?org_id={api.org_id}")
        actual_lifetime = seconds_in(exchange, "expires") - seconds_in(exchange, "last_updated")
        if abs(actual_lifetime - lifetime) > 2:
            raise Mismatch(f"expires {lifetime} s after last_updated", f"{actual_lifetime} s", exchange)


@behaviour("keys-are-found-by-organisation")
def test_a_key_is_found_by_its_name_and_an_api(gateway: Gateway) -> Steps:
    """A key is read by its name and an API of its organisation."""
    api, name = write_api(gateway), gateway.new_id("-of-api")
    plain = name.removeprefix(api.org_id)
    gateway.note_key(name)
    yield RELOAD

    session = {"org_id": api.org_id, "access_rights": api.rights}
    exchange = gateway.send("POST", f"{KEYS}/{name}", session)
    expect_key(exchange, name, "added")
    for query, status in ((f"?api_id={api.id}", 200), ("", 404), ("?api_id=none", 404)):
        exchange = gateway.send("GET", f"{KEYS}/{plain}{query}")
        if exchange.status != status:
            raise Mismatch(f"{status} for {plain}{query}", str(exchange.status), exchange)


@behaviour("keys-need-policies-of-their-apis")
def test_a_policy_of_another_organisation_is_not_for_an_api(gateway: Gateway) -> Steps:
    """A key for an API is refused if its policy is of another organisation."""
    organisation = gateway.ownership.run
    api = write_api(gateway, org_id=organisation + "x")
    foreign = write_policy(gateway, api, org_id=organisation)
    yield RELOAD

    session = {"org_id": organisation, "apply_policies": [foreign], "access_rights": api.rights}
    exchange = gateway.send("POST", f"{KEYS}/{gateway.new_id()}", session)
    expect_error(exchange, 500, "Failed to create key, ensure security settings are correct.")
    message = "attempting to apply policy from different organisation to key, skipping"
    expect_error(gateway.send("POST", f"{KEYS}/create", session), 500, f"Failed to create key - {message}")


@behaviour("rewritten-keys-count-anew")
def test_a_quota_begins_anew_with_its_key(gateway: Gateway) -> Steps:
    """A key that is written again has its full quota, unless the write has suppress_reset=1."""
    api = write_api(gateway)
    limited = write_policy(gateway, api, quota_max=2, quota_renewal_rate=3600)
    limit = {"rate": 1000, "per": 60, "quota_max": 2, "quota_renewal_rate": 3600}
    rights = {api.id: {**api.rights[api.id], "limit": limit}}
    yield RELOAD

    for session in ({"apply_policies": [limited]}, {"access_rights": rights}):
        key, body = write_key(gateway, api, **session), {"org_id": api.org_id, **session}
        path = f"{KEYS}/{key}?org_id={api.org_id}"
        expect_passed(call(gateway, api, key), 2, 1)
        gateway.send("PUT", f"{path}&suppress_reset=1", body)
        expect_passed(call(gateway, api, key), 2, 0)
        expect_left(gateway, api, key, 0)
        gateway.send("PUT", path, body)
        expect_passed(call(gateway, api, key), 2, 1)
        expect_left(gateway, api, key, 1)
        gateway.send("DELETE", path)
        answer = gateway.send("POST", f"{path}&suppress_reset=1", body).json
        # with hash_key_function the new key has another id
        if isinstance(answer, dict) and answer.get("key") == key:
            expect_passed(call(gateway, api, key), 2, 1)


@behaviour("apis-may-keep-quotas")
def test_an_api_may_keep_the_quotas_of_its_keys(gateway: Gateway) -> Steps:
    """A key of an API with dont_set_quota_on_create keeps its quota, and its renewal time is as sent."""
    api = write_api(gateway, dont_set_quota_on_create=True)
    yield RELOAD

    limits = {"rate": 1000, "per": 60, "quota_max": 5, "quota_renewal_rate": 3600, "quota_renews": 7}
    session = {"org_id": api.org_id, "access_rights": api.rights, **limits}
    key = write_key(gateway, api, **session)
    expect_passed(call(gateway, api, key), 5, 4)
    path = f"{KEYS}/{key}?org_id={api.org_id}"
    expect_key(gateway.send("PUT", path, session), key, "modified")
    created = gateway.send("POST", f"{KEYS}/create", session).document.get("key")
    for target in (path, f"{KEYS}/{created}?org_id={api.org_id}"):
        exchange = gateway.send("GET", target)
        if exchange.document.get("quota_renews") != 7:
            raise Mismatch("quota_renews 7", repr(exchange.document.get("quota_renews")), exchange)
    expect_passed(call(gateway, api, key), 5, 3)


@behaviour("policies-are-of-the-api")
def test_a_key_without_an_organisation_has_policies_of_its_api(gateway: Gateway) -> Steps:
    """A key without org_id has its policies from the organisation of the API that it is used or read for."""
    api = write_api(gateway)
    gold = write_policy(gateway, api, quota_max=5, quota_renewal_rate=3600)
    yield RELOAD

    name = gateway.new_id()
    session = {"apply_policies": [gold], "access_rights": api.rights, "quota_max": 9, "rate": 9, "per": 60}
    expect_key(gateway.send("POST", f"{KEYS}/{name}", session), name, "added")
    expect_passed(call(gateway, api, name), 5, 4)
    exchange = gateway.send("GET", f"{KEYS}/{name}?api_id={api.id}")
    if exchange.document.get("quota_max") != 5:
        raise Mismatch("quota_max 5", repr(exchange.document.get("quota_max")), exchange)


@behaviour("rewritten-keys-count-anew")
def test_the_quota_of_a_right_begins_anew(gateway: Gateway) -> Steps:
    """A key that is written again has the full quota of each of its APIs, unless with suppress_reset=1."""
    api = write_api(gateway)
    limit = {"rate": 1000, "per": 60, "quota_max": 3, "quota_renewal_rate": 3600}
    rights = {api.id: {**api.rights[api.id], "limit": limit}}
    per_api = write_policy(gateway, api, access_rights=rights, partitions={"per_api": True})
    yield RELOAD

    key = write_key(gateway, api, per_api)
    path, body = f"{KEYS}/{key}?org_id={api.org_id}", {"org_id": api.org_id, "apply_policies": [per_api]}
    for query, remaining in (("", 2), ("", 2), ("&suppress_reset=1", 1), ("", 2)):
        gateway.send("PUT", f"{path}{query}", body)
        expect_passed(call(gateway, api, key), 3, remaining)
    gateway.send("DELETE", path)
    if gateway.send("POST", f"{path}&suppress_reset=1", body).document.get("key") == key:
        expect_passed(call(gateway, api, key), 3, 2)


@behaviour("rewritten-keys-count-anew")
def test_what_is_left_of_no_quota_is_what_was_sent(gateway: Gateway) -> Steps:
    """A used key that loses its quota is read with the quota_remaining that was sent."""
    api = write_api(gateway)
    yield RELOAD

    session = {"access_rights": api.rights, "rate": 1000, "per": 60, "quota_renewal_rate": 3600}
    key = write_key(gateway, api, **session, quota_max=5)
    expect_passed(call(gateway, api, key), 5, 4)
    path = f"{KEYS}/{key}?org_id={api.org_id}"
    unlimited = {"org_id": api.org_id, **session, "quota_max": -1, "quota_remaining": 7}
    gateway.send("PUT", f"{path}&suppress_reset=1", unlimited)
    exchange = gateway.send("GET", path)
    answer = exchange.document
    if answer.get("quota_remaining") != 7:
        raise Mismatch("quota_remaining 7", repr(answer.get("quota_remaining")), exchange)


@behaviour("names-are-hashes-without-hashing")
def test_a_key_that_is_deleted_by_its_hash_loses_its_quota(gateway: Gateway) -> Steps:
    """A key that is deleted with `hashed` has its full quota when it is written again, unless with api_id=-1."""
    api = write_api(gateway)
    gold = write_policy(gateway, api, quota_max=5, quota_renewal_rate=3600)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, TOLD_BY_NAME)
    key = write_key(gateway, api, gold)
    session = {"org_id": api.org_id, "apply_policies": [gold]}
    for query, remaining in (("", 4), ("&api_id=-1", 4), ("", 3)):
        expect_passed(call(gateway, api, key), 5, remaining)
        gateway.send("DELETE", f"{KEYS}/{key}?hashed=true{query}")
        expect_key(gateway.send("POST", f"{KEYS}/{key}?suppress_reset=1", session), key, "added")
    expect_passed(call(gateway, api, key), 5, 4)


@behaviour("a-name-has-the-quota-of-its-key")
def test_a_name_has_the_quota_of_its_key(gateway: Gateway) -> Steps:
    """A key has one quota, whether it is used and read by its id or by its name without the organisation."""
    api = write_api(gateway)
    gold = write_policy(gateway, api, quota_max=5, quota_renewal_rate=3600)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, TOLD_BY_NAME)
    key = write_key(gateway, api, gold)
    name = key.removeprefix(api.org_id)
    for credential, remaining in ((key, 4), (name, 3), (key, 2)):
        expect_passed(call(gateway, api, credential), 5, remaining)
        for text in (name, key):
            expect_left(gateway, api, text, remaining)


@behaviour("no-quota-is-overdrawn")
def test_a_quota_is_not_overdrawn(gateway: Gateway) -> Steps:
    """A key whose quota is less than what it has used is read with nothing left, whatever was sent."""
    api = write_api(gateway)
    yield RELOAD

    for has_limit in (False, True):
        key = write_key(gateway, api, **_session(api, 5, has_limit=has_limit))
        for remaining in (4, 3, 2):
            expect_passed(call(gateway, api, key), 5, remaining)
        path = f"{KEYS}/{key}?org_id={api.org_id}"
        for sent in (7, 0):
            session = {"org_id": api.org_id, **_session(api, 2, has_limit=has_limit, quota_remaining=sent)}
            gateway.send("PUT", f"{path}&suppress_reset=1", session)
            expect_left(gateway, api, key, 0)


def _session(api: Api, quota: int, *, has_limit: bool, **members: int) -> dict[str, Any]:
    """A session with a quota, which is that of its right to an API if `has_limit` says so."""
    limits = {"rate": 1000, "per": 60, "quota_max": quota, "quota_renewal_rate": 3600, **members}
    if not has_limit:
        return {"access_rights": api.rights, **limits}
    return {"access_rights": {api.id: {**api.rights[api.id], "limit": limits}}}


@behaviour("keys-end-with-their-lifetime")
def test_a_key_lasts_as_long_as_its_session(gateway: Gateway) -> Steps:
    """A key ends with its session_lifetime, else its API's, unless the API respects the key's expiry."""
    brief, plain = write_api(gateway, session_lifetime=1), write_api(gateway)
    respecting = write_api(gateway, session_lifetime_respects_key_expiration=True)
    gold = {api.id: write_policy(gateway, api) for api in (brief, plain, respecting)}
    yield RELOAD

    distant = 4102444800
    expiring_keys = [
        (brief, {}),
        (plain, {"session_lifetime": 1}),
        (plain, {"session_lifetime": 1, "expires": distant}),
    ]
    lasting_keys = [
        (plain, {}), (brief, {"session_lifetime": 3600}), (respecting, {"session_lifetime": 1}),
        (respecting, {"session_lifetime": 1, "expires": distant}),
    ]  # fmt: skip
    expiring, lasting = (
        [
            f"{KEYS}/{write_key(gateway, api, gold[api.id], **members)}?org_id={api.org_id}"
            for api, members in keys
        ]
        for keys in (expiring_keys, lasting_keys)
    )
    yield AT_END  # the tests in between take about a second

    for path in expiring:
        exchange = gateway.get_until(path, LIFETIME_SECONDS, lambda status: status != 200)
        expect_error(exchange, 404, "Key not found")
    for path in lasting:
        if (exchange := gateway.send("GET", path)).status != 200:
            raise Mismatch("200, the key lasts longer", shorten(exchange.text, 200), exchange)
