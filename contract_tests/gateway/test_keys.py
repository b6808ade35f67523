"""Keys: written, read, listed, changed and forgotten."""

from __future__ import annotations

import pytest

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.sessions import (
    RIGHTS,
    expect_key,
    expect_session,
    needs_store,
    write_policy,
    write_session,
)
from contract_tests.gateway.checks import expect_error
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

NOT_MADE = "Failed to create key, ensure security settings are correct."
NO_RIGHTS = "Failed to create key, keys must have at least one Access Rights record set."
LIMITS = {"rate": 10, "per": 60}


def needs_rights(gateway: Gateway) -> None:
    """A key without rights is refused.

    Raises:
        NotApplicable: the gateway allows it.
    """
    exchange = gateway.send("POST", f"{KEYS}/create", {"org_id": gateway.ownership.run})
    if exchange.status == 200:
        raise NotApplicable("the gateway allows keys without rights (allow_master_keys)")


@behaviour("key-has-its-policy")
def test_a_key_has_what_its_policy_gives(gateway: Gateway) -> Steps:
    """A key that was written is read with its policy applied, at once and after the policy changed."""
    needs_store(gateway)
    gold, name = write_policy(gateway, quota_max=9), gateway.new_id("-key")
    yield RELOAD
    expect_key(write_session(gateway, name, {"apply_policies": [gold]}), name, "added")
    limit = {**LIMITS, "quota_max": 9, "quota_remaining": 9}
    session = {
        "apply_policies": [gold],
        **LIMITS,
        "quota_max": 9,
        "access_rights": {"orders": {"versions": ["v1"], "limit": limit}},
    }
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, session)
    expect_key(
        write_session(gateway, name, {"apply_policies": [gold], "alias": "again"}, "PUT"), name, "modified"
    )
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, {**session, "alias": "again"})
    expect_key(write_session(gateway, name, {"apply_policies": [gold]}, "PUT"), name, "modified")
    gateway.put(gold, {"id": gold, "rate": 3, "per": 4, "access_rights": RIGHTS})
    yield RELOAD

    now = {"rate": 3, "per": 4}
    rights = {"orders": {"versions": ["v1"], "limit": now}}
    expect_session(
        gateway.send("GET", f"{KEYS}/{name}"),
        gateway,
        {"apply_policies": [gold], **now, "access_rights": rights},
    )


@behaviour("key-may-have-rights-of-its-own")
def test_a_key_may_have_rights_of_its_own(gateway: Gateway) -> None:
    """A key without policies has the members that it was written with, and may be written again."""
    needs_store(gateway)
    name = gateway.new_id("-key")
    for alias in ("first", "second"):
        expect_key(
            write_session(gateway, name, {"access_rights": RIGHTS, "alias": alias, "rate": 3, "per": 4}),
            name,
            "added",
        )
        session = {"access_rights": RIGHTS, "alias": alias, "rate": 3, "per": 4}
        expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, session)
    limits: dict[str, dict[str, int]] = {
        "orders": {"rate": 1, "per": 1, "quota_max": -1, "quota_remaining": 7},
        "bills": {"rate": 1, "per": 1, "quota_remaining": 5},
        "tolls": {},
    }
    rights = {api: {"versions": ["v1"], "limit": limit} for api, limit in limits.items()}
    expect_key(write_session(gateway, name, {"access_rights": rights}), name, "added")
    expected = {
        api: {**right, "allowance_scope": api if limits[api] else ""} for api, right in rights.items()
    }
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, {"access_rights": expected})


@behaviour("key-may-have-rights-of-its-own")
def test_a_key_needs_rights(gateway: Gateway) -> None:
    """Without policies and rights of its own a key is refused and not there, unless the gateway allows it."""
    needs_store(gateway)
    needs_rights(gateway)
    organisation, name = gateway.ownership.run, gateway.new_id("-bare")
    expect_error(write_session(gateway, name, {"org_id": organisation}), 500, NOT_MADE)
    expect_error(gateway.send("GET", f"{KEYS}/{name}?org_id={organisation}"), 404, "Key not found")


@behaviour("key-update-replaces-whole")
def test_an_update_of_a_key_replaces_it(gateway: Gateway) -> None:
    """PUT keeps nothing that is not sent."""
    needs_store(gateway)
    name = gateway.new_id("-key")
    expect_key(
        write_session(gateway, name, {"access_rights": RIGHTS, "alias": "old", "rate": 3}), name, "added"
    )
    for per in (3, 4):
        expect_key(
            write_session(gateway, name, {"access_rights": RIGHTS, "per": per}, "PUT"), name, "modified"
        )

    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, {"access_rights": RIGHTS, "per": 4})


@behaviour("deleted-key-is-gone")
def test_a_deleted_key_is_gone(gateway: Gateway) -> None:
    """DELETE answers the key, or null for all APIs, and nothing of it is left."""
    needs_store(gateway)
    names = [gateway.new_id("-key") for _ in range(2)]
    for name in names:
        expect_key(write_session(gateway, name, {"access_rights": RIGHTS}), name, "added")
    for name in names:
        expect_key(gateway.send("DELETE", f"{KEYS}/{name}"), name, "deleted")
        expect_error(gateway.send("GET", f"{KEYS}/{name}"), 404, "Key not found")
        expect_key(write_session(gateway, name, {"access_rights": RIGHTS}), name, "added")
        expect(gateway.send("DELETE", f"{KEYS}/{name}?api_id=-1"), 200, "null\n")
        expect_error(gateway.send("GET", f"{KEYS}/{name}"), 404, "Key not found")
        expect_error(gateway.send("DELETE", f"{KEYS}/{name}"), 404, "There is no such key found")


@behaviour("unknown-key-is-404")
def test_an_unknown_key_is_not_found(gateway: Gateway) -> None:
    """Reading, changing, deleting and naming policies tell in words of their own that there is no key."""
    name = gateway.new_id("-none")
    for _ in range(2):
        expect_error(gateway.send("GET", f"{KEYS}/{name}"), 404, "Key not found")
        expect_error(write_session(gateway, name, {"access_rights": RIGHTS}, "PUT"), 404, "Key is not found")
        expect_error(gateway.send("PUT", KEYS, {"access_rights": RIGHTS}), 404, "Key is not found")
        expect_error(gateway.send("DELETE", f"{KEYS}/{name}"), 404, "There is no such key found")
        expect_error(gateway.send("DELETE", KEYS), 404, "There is no such key found")
        expect_error(gateway.send("POST", f"{KEYS}/policy/{name}", {"policy": "x"}), 404, "Key not found")


@pytest.mark.parametrize("path", ["", "/{name}"])
@behaviour("key-needs-its-policies")
def test_a_key_whose_policies_are_missing_is_not_made(gateway: Gateway, path: str) -> None:
    """A key is not made where its policy, or all of several, are not there."""
    needs_store(gateway)
    needs_rights(gateway)
    gone = [gateway.new_id("-gone"), gateway.new_id("-gone")]
    target = KEYS + path.format(name=gateway.new_id("-key"))
    for ids in (gone[:1], gone):
        session = {"org_id": gateway.ownership.run, "apply_policies": ids}
        expect_error(gateway.send("POST", target, session), 500, NOT_MADE)


@behaviour("create-tells-why")
def test_creating_a_key_tells_why_it_is_not_made(gateway: Gateway) -> Steps:
    """POST /tyk/keys/create says which policy is missing, that none is left or they do not fit, or no body."""
    gone, other = gateway.new_id("-gone"), gateway.new_id("-gone")
    odd = gateway.new_id('-"\\\a\b\f\n\r\t\v\x01\x7f\x80é\u2028漢\U0001f600\U000e0001\uffff\U00010000')
    quoted = odd[: odd.index('"')] + _ODD
    reasons = {
        f'Failed to create key - policy not found: "{gone}"': {"apply_policies": [gone]},
        f'Failed to create key - policy not found: "{quoted}"': {"apply_policies": [odd]},
        "Failed to create key - key has no valid policies to be applied": {"apply_policies": [gone, other]},
        "Unmarshalling failed": "{",
    }
    for reason, session in reasons.items():
        expect_error(gateway.send("POST", f"{KEYS}/create", session), 500, reason)
    parted, per_api = (write_policy(gateway, partitions={part: True}) for part in ("acl", "per_api"))
    yield RELOAD

    whole = {"org_id": gateway.ownership.run, "access_rights": RIGHTS, "meta_data": {"policies": []}}
    exchange = gateway.send("POST", f"{KEYS}/create", whole)
    if "own-policies-by-place" in gateway.behaviours:
        expect_error(exchange, 500, "Failed to create key - key has no valid policies to be applied")
    elif exchange.status != 200:
        raise Mismatch("200, no policies in the metadata are none", shorten(exchange.text), exchange)
    message = "cannot apply multiple policies when some have per_api set and some are partitioned"
    mixed = {"apply_policies": [parted, per_api]}
    expect_error(gateway.send("POST", f"{KEYS}/create", mixed), 500, f"Failed to create key - {message}")
    for _ in range(2):
        exchange = gateway.send("POST", f"{KEYS}/create", {"org_id": gateway.ownership.run})
        if exchange.status != 200:  # as where allow_master_keys is set
            expect_error(exchange, 400, NO_RIGHTS)


_ODD = '\\"\\\\\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f\\u0080é\\u2028漢\U0001f600\\U000e0001\\uffff\U00010000'  # as Go's %q has it


@behaviour("create-makes-an-id")
def test_creating_a_key_makes_an_id(gateway: Gateway) -> None:
    """A created key's id begins with its organisation, and is another each time."""
    needs_store(gateway)
    organisation, names = gateway.ownership.run, set()
    for path in (f"{KEYS}/create", f"{KEYS}/create", KEYS, KEYS):
        exchange = gateway.send("POST", path, {"org_id": organisation, "access_rights": RIGHTS})
        answer = exchange.document
        key = str(answer.get("key"))
        expect_key(exchange, key if key.startswith(organisation) else f"{organisation}...", "added")
        names.add(key)
    if len(names) != 4:
        raise Mismatch("four ids", shorten(str(names)))


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"rate":"x"}', '{"alias":1}', '{"alias":"a"} more', '{"date_created":""}']
)
@behaviour("broken-key-is-400")
def test_a_broken_key_is_refused(gateway: Gateway, body: str) -> None:
    """A body that is no session, or goes on behind it, answers 400."""
    name = gateway.new_id("-key")
    for method, target in (
        ("POST", f"{KEYS}/{name}"),
        ("PUT", f"{KEYS}/{name}"),
        ("POST", KEYS),
        ("PUT", KEYS),
    ):
        expect_error(gateway.send(method, target, body), 400, "Request malformed")


@behaviour("policies-of-a-key-may-be-named")
def test_other_policies_may_be_named_for_a_key(gateway: Gateway) -> Steps:
    """The policies that are named replace those of the key, `policy` last, and need not be there."""
    needs_store(gateway)
    gold, name = write_policy(gateway), gateway.new_id("-key")
    yield RELOAD
    first = {"access_rights": RIGHTS, "alias": "a", "apply_policy_id": gold, "last_updated": "5"}
    expect_key(write_session(gateway, f"{name}?suppress_reset=1", first), name, "added")
    gone = gateway.new_id("-gone")
    for change in ({"apply_policies": [gone]}, {"policy": gold, "apply_policies": [gone]}):
        expect_key(gateway.send("POST", f"{KEYS}/policy/{name}", change), name, "updated")

    rights = {"orders": {"versions": ["v1"], "limit": LIMITS}}
    session = {"apply_policies": [gone, gold], "alias": "a", **LIMITS, "access_rights": rights}
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, session)
    if gateway.exchanges[-1].json.get("last_updated") == "5":
        raise Mismatch("last_updated of now", "5, as it was before", gateway.exchanges[-1])
    for broken in ("{", '{"policy":1}'):
        expect_error(
            gateway.send("POST", f"{KEYS}/policy/{name}", broken), 400, "Couldn't decode instruction"
        )


@behaviour("orphaned-key-keeps-its-rights")
def test_a_key_whose_policy_is_deleted_keeps_its_rights(gateway: Gateway) -> Steps:
    """A key is still read when its only policy is gone, with the limits and rights of its last writing."""
    needs_store(gateway)
    gold, name = write_policy(gateway), gateway.new_id("-key")
    yield RELOAD
    expect_key(write_session(gateway, name, {"apply_policies": [gold]}), name, "added")
    gateway.delete(gold)
    yield RELOAD

    session = {
        "apply_policies": [gold],
        **LIMITS,
        "access_rights": {"orders": {"versions": ["v1"], "limit": LIMITS}},
    }
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, session)
    needs_rights(gateway)
    for _ in range(2):
        expect_error(write_session(gateway, name, {"apply_policies": [gold]}, "PUT"), 500, NOT_MADE)


@behaviour("hash-needs-hashing")
def test_a_key_is_not_read_by_a_hash_where_keys_are_not_hashed(gateway: Gateway) -> None:
    """`hashed` is refused unless the gateway hashes keys."""
    needs_store(gateway)
    name = gateway.new_id("-key")
    expect_key(write_session(gateway, name, {"access_rights": RIGHTS}), name, "added")

    refusal = "Key requested by hash but key hashing is not enabled"
    for text in ("true", "false"):
        expect_error(gateway.send("GET", f"{KEYS}/{name}?hashed={text}"), 400, refusal)
