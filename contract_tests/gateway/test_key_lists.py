"""GET /tyk/keys: lists of the names of keys."""

from __future__ import annotations

import base64

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import NotApplicable, behaviour
from contract_tests.gateway.builders.samples import BILLS, ORDERS
from contract_tests.gateway.builders.sessions import RIGHTS, expect_key, needs_store, write_session
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS
from mockserver.golang import json_writer

UNFILTERED = "The 'filter' parameter (Org ID) is required when filtering by 'api_id' in legacy mode"


@behaviour("keys-are-listed")
def test_a_key_is_listed(gateway: Gateway) -> None:
    """The list of keys has each key, and with a filter only the keys that begin with it."""
    needs_store(gateway)
    name = gateway.new_id("-key")
    expect_key(write_session(gateway, name, {"access_rights": RIGHTS}), name, "added")
    for query, is_listed in (("", True), (f"?filter={name[:-1]}", True), (f"?filter={name}x", False)):
        exchange = gateway.send("GET", f"{KEYS}{query}")
        names = exchange.document.get("keys")
        if isinstance(names, list):
            expect(exchange, 200, json_writer.write({"keys": names}) + "\n")
        if exchange.status != 200 or not isinstance(names, list) or names.count(name) != int(is_listed):
            expected = f"a list {'with' if is_listed else 'without'} {name}"
            raise Mismatch(expected, f"{exchange.status} {shorten(exchange.text)}", exchange)


@behaviour("keys-are-listed-by-organisation")
def test_a_key_is_listed_for_the_organisation_in_its_id(gateway: Gateway) -> None:
    """The list of keys of an organisation has each key whose id is JSON in base64 with that organisation."""
    needs_store(gateway)
    organisation = gateway.ownership.run
    text = json_writer.write({"org": organisation, "id": gateway.new_id(), "h": "murmur64"})
    name = base64.b64encode(text.encode()).decode()
    written = gateway.send("POST", f"{KEYS}/{name}", {"access_rights": RIGHTS})
    if "key_hash" in written.document:
        raise NotApplicable("the gateway hashes keys, and lists their hashes")
    expect_written(written, name, "added")
    for query, number in ((f"?filter={organisation}", 1), ("", 1), (f"?filter={organisation}x", 0)):
        exchange = gateway.send("GET", f"{KEYS}{query}")
        names = exchange.document.get("keys", [])
        if names.count(name) != number:
            raise Mismatch(f"a list with {name} {number} times", f"{names.count(name)} times", exchange)


@behaviour("keys-are-filtered-by-api")
def test_keys_are_filtered_by_their_api(gateway: Gateway) -> None:
    """A list of keys with api_id has only the keys with access to that API, sorted, and needs a filter too."""
    needs_store(gateway)
    names = [gateway.new_id("-key") for _ in range(6)]
    for name, api in zip(names, (*[ORDERS] * 5, BILLS), strict=True):
        expect_key(
            write_session(gateway, name, {"access_rights": {api: {"versions": ["v1"]}}}), name, "added"
        )

    exchange = gateway.send("GET", f"{KEYS}?api_id={ORDERS}&filter={gateway.ownership.run}")
    keys = exchange.document.get("keys") or []
    if [name in keys for name in names] != [True] * 5 + [False] or keys != sorted(keys):
        expected = f"a sorted list with {', '.join(names[:5])}, and without {names[5]}"
        raise Mismatch(expected, shorten(exchange.text), exchange)
    for api in (ORDERS, BILLS):
        expect_error(gateway.send("GET", f"{KEYS}?api_id={api}"), 400, UNFILTERED)
