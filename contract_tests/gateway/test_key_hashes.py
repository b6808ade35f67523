"""Keys that a request names by a hash, on a gateway that does not hash keys."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import behaviour
from contract_tests.gateway.builders.sessions import RIGHTS, expect_key, needs_store, write_session
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS


@behaviour("hash-needs-hashing")
def test_a_key_is_not_read_by_a_hash_where_keys_are_not_hashed(gateway: Gateway) -> None:
    """A read of a key with `hashed` is refused unless the gateway hashes keys."""
    needs_store(gateway)
    name = gateway.new_id("-key")
    expect_key(write_session(gateway, name, {"access_rights": RIGHTS}), name, "added")

    refusal = "Key requested by hash but key hashing is not enabled"
    for text in ("true", "false"):
        expect_error(gateway.send("GET", f"{KEYS}/{name}?hashed={text}"), 400, refusal)


@behaviour("names-are-hashes-without-hashing")
def test_a_name_is_a_hash_where_keys_are_not_hashed(gateway: Gateway) -> None:
    """A gateway that does not hash keys writes and deletes a key with `hashed` by its whole name."""
    needs_store(gateway)
    name = gateway.new_id("-key")
    target = f"{KEYS}/{name}?hashed=true"
    for method, action in (("POST", "added"), ("PUT", "modified")):
        expect_key(gateway.send(method, target, {"access_rights": RIGHTS, "alias": action}), name, action)
        exchange = gateway.send("GET", f"{KEYS}/{name}")
        if exchange.document.get("alias") != action:
            raise Mismatch(f"alias {action}", f"{exchange.status} {shorten(exchange.text)}", exchange)
    expect_key(gateway.send("DELETE", target), name, "deleted")
    expect_error(gateway.send("GET", f"{KEYS}/{name}"), 404, "Key not found")
    expect_error(gateway.send("DELETE", target), 404, "There is no such key found")
    expect_error(gateway.send("PUT", target, {"access_rights": RIGHTS}), 404, "Key is not found")
    expect_key(write_session(gateway, name, {"access_rights": RIGHTS}), name, "added")
    expect(gateway.send("DELETE", f"{target}&api_id=-1"), 200, "null\n")
    expect_error(gateway.send("GET", f"{KEYS}/{name}"), 404, "Key not found")
