"""Keys of a gateway that stores their hashes alone (hash_keys)."""

from __future__ import annotations

import secrets
from typing import Any

from contract_tests.engine.checks import TWICE, Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import call, expect_passed, write_api, write_policy
from contract_tests.gateway.builders.sessions import RIGHTS, needs_store, write_session
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEY, KEYS

NOT_FOUND, UNKNOWN = "Key not found", "There is no such key found"


def new_name(gateway: Gateway) -> str:
    """A name for a key whose hash is its own: the default hash ignores the last bytes."""
    return gateway.new_id() + secrets.token_hex(8)


def write_hashed(gateway: Gateway, name: str, session: dict[str, Any], query: str = "") -> str:
    """Write a key, and return its hash, which the run may send from now on."""
    exchange = gateway.send("POST", f"{KEYS}/{name}{query}", session)
    answer = exchange.document
    key_hash = answer.get("key_hash")
    if exchange.status != 200 or not isinstance(key_hash, str) or not key_hash or key_hash == name:
        raise Mismatch("200 with the key's hash", f"{exchange.status} {shorten(exchange.text)}", exchange)
    shown = "" if session.get("basic_auth_data") else name
    text = f'{{"key":"{shown}","status":"ok","action":"added","key_hash":"{key_hash}"}}\n'
    expect(exchange, 200, text, expected="200 with key, status, action and key_hash alone")
    gateway.ownership.accept(KEY.kind, key_hash, name)
    return key_hash


@behaviour("hashed-keys-tell-their-hash")
def test_a_key_is_answered_with_its_hash(gateway: Gateway) -> None:
    """A new key is answered with its name and its hash, and an update with the name alone."""
    needs_store(gateway)
    name, other = new_name(gateway), new_name(gateway)
    hashes = [write_hashed(gateway, key, {"access_rights": RIGHTS}) for key in (name, name, other)]
    if len(set(hashes)) == 3 or len(set(hashes)) == 1:
        raise Mismatch("one hash for each key, the same each time", ", ".join(hashes))
    expected = f'{{"key":"{name}","status":"ok","action":"modified"}}\n'
    expect(write_session(gateway, name, {"access_rights": RIGHTS}, "PUT"), 200, expected)


@behaviour("hashed-keys-tell-their-hash")
def test_a_user_is_answered_without_its_name(gateway: Gateway) -> None:
    """A new key with a password is answered with an empty name and its hash."""
    needs_store(gateway)
    session = {"access_rights": RIGHTS, "basic_auth_data": {"password": "tyk-contract"}}
    for _ in TWICE:
        write_hashed(gateway, new_name(gateway), session)


@behaviour("hashed-keys-go-by-their-hash")
def test_a_key_is_found_by_its_hash(gateway: Gateway) -> None:
    """A key is read, changed and deleted by its hash with hashed=true, and by no other text."""
    needs_store(gateway)
    name = new_name(gateway)
    key_hash = write_hashed(gateway, name, {"access_rights": RIGHTS, "alias": "first"})
    path = f"{KEYS}/{key_hash}?hashed=true"
    for alias in ("second", "third"):
        changed = gateway.send("PUT", path, {"access_rights": RIGHTS, "alias": alias})
        expect(changed, 200, f'{{"key":"{key_hash}","status":"ok","action":"modified"}}\n')
        for target in (path, f"{KEYS}/{name}"):
            exchange = gateway.send("GET", target)
            if exchange.status != 200 or exchange.document.get("alias") != alias:
                raise Mismatch(f"200 with the alias {alias}", shorten(exchange.text), exchange)
    for target in (f"{KEYS}/{key_hash}", f"{KEYS}/{name}?hashed=true"):
        expect_error(gateway.send("GET", target), 404, NOT_FOUND)
    expect(gateway.send("DELETE", path), 200, f'{{"key":"{key_hash}","status":"ok","action":"deleted"}}\n')
    for _ in TWICE:
        expect_error(gateway.send("DELETE", path), 404, UNKNOWN)
        expect_error(gateway.send("GET", f"{KEYS}/{name}"), 404, NOT_FOUND)


@behaviour("hashed-keys-go-by-their-hash")
def test_a_text_may_be_given_as_the_hash(gateway: Gateway) -> None:
    """A key that is written with hashed=true is stored under its name as if that were a hash."""
    needs_store(gateway)
    name = new_name(gateway)
    exchange = gateway.send("POST", f"{KEYS}/{name}?hashed=true", {"access_rights": RIGHTS})
    expect(exchange, 200, f'{{"key":"{name}","status":"ok","action":"added","key_hash":"{name}"}}\n')
    expect_error(gateway.send("GET", f"{KEYS}/{name}"), 404, NOT_FOUND)
    path = f"{KEYS}/{name}?hashed=true"
    if (read := gateway.send("GET", path)).status != 200:
        raise Mismatch("200, the key", f"{read.status} {shorten(read.text)}", read)
    expect(gateway.send("DELETE", path), 200, f'{{"key":"{name}","status":"ok","action":"deleted"}}\n')


@behaviour("hashed-keys-may-be-unlisted", reads_only=True)
def test_hashed_keys_are_not_listed(gateway: Gateway) -> None:
    """Keys are not listed by a gateway that hashes them and has no enable_hashed_keys_listing."""
    needs_store(gateway)
    message = "Hashed key listing is disabled in config (enable_hashed_keys_listing)"
    for query in ("", "?filter=x", "?api_id=orders"):
        expect_error(gateway.send("GET", f"{KEYS}{query}"), 404, message)


@behaviour("hashed-keys-lose-their-quota")
def test_the_quota_goes_with_the_key(gateway: Gateway) -> Steps:
    """A key that is deleted by its hash and written again without a reset has its whole quota."""
    api = write_api(gateway)
    gold = write_policy(gateway, api, quota_max=5, quota_renewal_rate=3600)
    yield RELOAD

    name = new_name(gateway)  # which begins with the organisation, as the key does
    session = {"org_id": api.org_id, "apply_policies": [gold]}
    for remaining in (4, 3):
        key_hash = write_hashed(gateway, name, session, "?suppress_reset=1")
        expect_passed(call(gateway, api, name), 5, remaining)
        exchange = gateway.send("GET", f"{KEYS}/{key_hash}?hashed=true")
        if exchange.document.get("quota_remaining") != remaining:
            raise Mismatch(f"quota_remaining {remaining}", shorten(exchange.text, 600), exchange)
    key_hash = write_hashed(gateway, name, session, "?suppress_reset=1")
    gateway.send("DELETE", f"{KEYS}/{key_hash}?hashed=true")
    write_hashed(gateway, name, session, "?suppress_reset=1")
    expect_passed(call(gateway, api, name), 5, 4)
