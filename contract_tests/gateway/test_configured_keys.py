"""Keys under settings of the gateway: which names, credentials and lifetimes they have."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

from contract_tests.engine.checks import TWICE, Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.sessions import RIGHTS, needs_store, write_session
from contract_tests.gateway.checks import expect_error, expect_written, seconds_in
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

DIGITS = {"murmur32": 8, "murmur64": 16, "murmur128": 32, "sha256": 64}  # of hashes, by their functions
HASHES = {"murmur32", "murmur64", "murmur128", "sha256"}  # of passwords; any other name is bcrypt
PASSWORD = "open sesame"
LONGEST_WAIT = 3  # seconds; a longer lifetime is not waited for


def _write(gateway: Gateway, name: str, session: dict[str, Any]) -> dict[str, Any]:
    """Write a key; return the answer, whose names the run may use from now on."""
    exchange = write_session(gateway, name, session)
    if exchange.status != 200 or "key" not in exchange.document:
        raise Mismatch("200, the key is written", f"{exchange.status} {shorten(exchange.text)}", exchange)
    return exchange.document


@behaviour("master-keys-reach-all-apis")
def test_a_key_without_rights_reaches_all_apis(gateway: Gateway) -> Steps:
    """A key without access rights is written, and passes at each API."""
    apis = [write_api(gateway) for _ in TWICE]
    yield RELOAD

    session = {"org_id": apis[0].org_id, "rate": 100, "per": 60, "quota_max": 9, "quota_renewal_rate": 3600}
    key = _write(gateway, gateway.new_id() + secrets.token_hex(8), session)["key"]
    created = gateway.send("POST", f"{KEYS}/create", session).document.get("key")
    for name in (key, created):
        read = gateway.send("GET", f"{KEYS}/{name}?org_id={apis[0].org_id}")
        if not 3590 <= seconds_in(read, "quota_renews") - seconds_in(read, "last_updated") <= 3610:
            raise Mismatch("a renewal in 3600 s", repr(read.document.get("quota_renews")), read)
    for api in apis:
        expect_passed(call(gateway, api, key))
        expect_refused(call(gateway, api, f"{key}x"), 403, DISALLOWED)
    for api in apis:
        expect_passed(call(gateway, api, str(created)))


@behaviour("short-keys-are-useless")
def test_a_short_key_is_useless(gateway: Gateway) -> Steps:
    """A key with a long enough id passes, and one a byte shorter is refused, when it is written or used."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    shortest = gateway.setting("min_token_length")
    is_checked_early = "short-key-ids-are-refused" in gateway.behaviours
    length = shortest - 1 if is_checked_early else shortest
    session = {"org_id": api.org_id, "apply_policies": [gold]}
    name = gateway.ownership.new_id()
    if len(name) > length:
        raise NotApplicable("min_token_length is less than the length of the run's names")
    short, long = name.ljust(length, "x"), name.ljust(length + 1, "x")
    if is_checked_early:
        exchange = write_session(gateway, short, session)
        reason = f"custom key ID length {length} is less than min_token_length ({shortest})"
        if exchange.status != 400 or reason not in exchange.text:
            raise Mismatch(f"400, {reason}", f"{exchange.status} {shorten(exchange.text)}", exchange)
    else:
        expect_refused(call(gateway, api, _write(gateway, short, session)["key"]), 403, DISALLOWED)
    expect_passed(call(gateway, api, _write(gateway, long, session)["key"]))


@behaviour("lifetimes-may-be-forced", waits=True)
def test_a_lifetime_may_be_forced(gateway: Gateway) -> Steps:
    """A key is gone after global_session_lifetime, whatever its own session_lifetime and that of its API."""
    lifetime = gateway.setting("global_session_lifetime")
    if lifetime > LONGEST_WAIT:
        raise NotApplicable(f"global_session_lifetime is longer than {LONGEST_WAIT} seconds")
    api = write_api(gateway, session_lifetime=9000)
    gold = write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, gold, session_lifetime=9000)
    path = f"{KEYS}/{key}?org_id={api.org_id}"
    if (exchange := gateway.send("GET", path)).status != 200:
        raise Mismatch("200, the key", f"{exchange.status} {shorten(exchange.text)}", exchange)
    exchange = gateway.get_until(path, lifetime + 2, lambda status: status != 200)
    expect_error(exchange, 404, "Key not found")


@behaviour("key-ids-may-be-tokens")
def test_the_id_of_a_key_is_a_token(gateway: Gateway) -> None:
    """The id of a key is JSON in base64, with the organisation, the name, also if both were given, and the function of hashes."""
    needs_store(gateway)
    function = gateway.setting("hash_key_function")
    organisation, name = gateway.new_id(), gateway.new_id()
    known = function if function in DIGITS else "murmur64"
    token = f'{{"org":"{organisation}","id":"{name}","h":"{known}"}}'
    expected = base64.b64encode(token.encode()).decode()
    answer = _write(gateway, name, {"org_id": organisation, "access_rights": RIGHTS})
    same = _write(gateway, organisation + name, {"org_id": organisation, "access_rights": RIGHTS})
    for written in (answer, same):
        if written["key"] != expected:
            raise Mismatch(f"the base64 of {token}", str(written["key"]))
    listed = gateway.send("GET", f"{KEYS}?filter={organisation}")
    if listed.status == 200 and answer.get("key_hash", expected) not in listed.document.get("keys", []):
        raise Mismatch(f"a list with {expected}", shorten(listed.text), listed)


@behaviour("former-key-ids-are-found")
def test_a_key_is_found_by_a_former_id(gateway: Gateway) -> None:
    """A key whose id a function of hash_key_function_fallback made is read by its name, but one of another function is not."""
    needs_store(gateway)
    former = gateway.setting("hash_key_function_fallback")
    fallbacks = {function if function in DIGITS else "murmur64" for function in former if function}
    organisation = gateway.new_id()
    for function in DIGITS:
        name = _name_without_slash(gateway, organisation, function)
        key = _token(organisation, name, function)
        gateway.ownership.accept("key", key, name)
        if _write(gateway, key, {"access_rights": RIGHTS, "alias": function})["key"] != key:
            raise Mismatch(f"the key {key}", "another one", gateway.exchanges[-1])
        exchange = gateway.send("GET", f"{KEYS}/{name}?org_id={organisation}")
        if function not in fallbacks:
            expect_error(exchange, 404, "Key not found")
        elif exchange.document.get("alias") != function:
            raise Mismatch(f"the key {key}", f"{exchange.status} {shorten(exchange.text)}", exchange)


def _token(organisation: str, name: str, function: str) -> str:
    """The id of a key where a function hashes keys."""
    return base64.b64encode(f'{{"org":"{organisation}","id":"{name}","h":"{function}"}}'.encode()).decode()


def _name_without_slash(gateway: Gateway, organisation: str, function: str) -> str:
    """A new name whose token is a segment of a path."""
    names = iter(gateway.new_id, "")
    return next(name for name in names if not {"/", "+"} & set(_token(organisation, name, function)))


@behaviour("users-may-be-keys-too")
def test_a_key_is_found_as_a_user_too(gateway: Gateway) -> None:
    """A key is read, changed and deleted by its id, or its hash, though the request says that it is a user's."""
    needs_store(gateway)
    organisation, name = gateway.new_id(), gateway.new_id()
    session = {"org_id": organisation, "access_rights": RIGHTS}
    answer = _write(gateway, name, session)
    key = str(answer.get("key_hash") or answer["key"])
    if key != answer["key"]:
        gateway.ownership.accept("key", key, name)
    path = f"{KEYS}/{key}?username=true&org_id={organisation}{'&hashed=true' if key != answer['key'] else ''}"
    changed = gateway.send("PUT", path, {**session, "alias": "second"})
    expect_written(changed, key, "modified")
    exchange = gateway.send("GET", path)
    if exchange.document.get("alias") != "second":
        raise Mismatch("the alias second", shorten(exchange.text), exchange)
    expect_written(gateway.send("DELETE", path), key, "deleted")
    expect_error(gateway.send("GET", path), 404, "Key not found")


@behaviour("keys-are-hashed-as-configured")
def test_the_hash_of_a_key_has_its_form(gateway: Gateway) -> None:
    """The hash of a key has the length of its function, and that of sha256 is the hash of the whole id."""
    needs_store(gateway)
    function = gateway.setting("hash_key_function")
    session = {"org_id": gateway.ownership.run, "access_rights": RIGHTS}
    hashes = set()
    for _ in TWICE:
        answer = _write(gateway, gateway.new_id() + secrets.token_hex(8), session)
        key, key_hash = str(answer["key"]), str(answer.get("key_hash", ""))
        hashes.add(key_hash)
        digits = DIGITS.get(function, DIGITS["murmur64"])
        if len(key_hash) != digits or not set(key_hash) <= set("0123456789abcdef"):
            raise Mismatch(f"a key_hash of {digits} hexadecimal digits", key_hash or "none")
        if function == "sha256" and key_hash != hashlib.sha256(key.encode()).hexdigest():
            raise Mismatch("the SHA-256 of the key's id", key_hash)
    if len(hashes) != len(TWICE):
        raise Mismatch("a hash for each key", ", ".join(hashes))


@behaviour("passwords-are-hashed-as-configured")
def test_the_password_of_a_user_is_hashed_as_configured(gateway: Gateway) -> Steps:
    """A user's session names basic_auth_hash_key_function as the function of its password, which still passes."""
    api = write_api(gateway, use_basic_auth=True)
    gold = write_policy(gateway, api)
    yield RELOAD

    function = gateway.setting("basic_auth_hash_key_function")
    name = gateway.new_id() + secrets.token_hex(8)
    session = {"org_id": api.org_id, "apply_policies": [gold], "basic_auth_data": {"password": PASSWORD}}
    answer = _write(gateway, name, session)
    path = f"{KEYS}/{answer['key'] or answer['key_hash']}?org_id={api.org_id}"
    path += "" if answer["key"] else "&hashed=true"
    exchange = gateway.send("GET", path)
    expected = function if function in HASHES else "bcrypt"
    if exchange.object_at("basic_auth_data").get("hash_type") != expected:
        raise Mismatch(f"the hash_type {expected}", shorten(exchange.text, 600), exchange)
    for password, passes in ((PASSWORD, True), (f"{PASSWORD}x", False)):
        credential = base64.b64encode(f"{name}:{password}".encode()).decode()
        exchange = call(gateway, api, f"Basic {credential}")
        if passes:
            expect_passed(exchange)
        else:
            expect_refused(exchange, 401, "User not authorised")


@behaviour("users-may-be-keys-alone")
def test_a_user_may_have_to_be_named_as_a_key(gateway: Gateway) -> None:
    """A user is not found by its name with username=true, but by its whole id."""
    needs_store(gateway)
    organisation, name = gateway.new_id(), gateway.new_id()
    session = {"org_id": organisation, "access_rights": RIGHTS, "basic_auth_data": {"password": PASSWORD}}
    answer = _write(gateway, name, session)
    if "key_hash" in answer or answer["key"] != organisation + name:
        raise NotApplicable("the ids of keys are hashed, or tokens")
    query = f"?username=true&org_id={organisation}"
    for target, message in (("GET", "Key not found"), ("DELETE", "There is no such key found")):
        expect_error(gateway.send(target, f"{KEYS}/{name}{query}"), 404, message)
    expect_error(gateway.send("GET", f"{KEYS}/{name}?org_id={organisation}"), 404, "Key not found")
    changed = gateway.send("PUT", f"{KEYS}/{answer['key']}{query}", {**session, "alias": "second"})
    expect_written(changed, answer["key"], "modified")
    exchange = gateway.send("GET", f"{KEYS}/{answer['key']}{query}")
    if exchange.document.get("alias") != "second":
        raise Mismatch("the alias second", shorten(exchange.text), exchange)


@behaviour("removed-keys-may-end-at-once")
def test_a_removed_key_is_refused_at_once(gateway: Gateway) -> Steps:
    """A hashed key that was used is refused as soon as it is deleted by its hash, without a session in memory."""
    api = write_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    for _ in TWICE:
        name = gateway.new_id() + secrets.token_hex(8)
        answer = _write(gateway, name, {"org_id": api.org_id, "apply_policies": [gold]})
        gateway.ownership.accept("key", answer["key_hash"], name)
        for _ in TWICE:
            expect_passed(call(gateway, api, answer["key"]))
        removed = gateway.send("DELETE", f"{KEYS}/{answer['key_hash']}?hashed=true")
        text = json.dumps(
            {"key": answer["key_hash"], "status": "ok", "action": "deleted"}, separators=(",", ":")
        )
        expect(removed, 200, f"{text}\n")
        expect_refused(call(gateway, api, answer["key"]), 403, DISALLOWED)
