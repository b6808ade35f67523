"""Keys: created, read, changed and deleted."""

from __future__ import annotations

import pytest

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.samples import BILLS, ORDERS
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

NOT_CREATED = "Failed to create key, ensure security settings are correct."
NO_RIGHTS = "Failed to create key, keys must have at least one Access Rights record set."
LIMITS = {"rate": 10, "per": 60}


def needs_rights(gateway: Gateway) -> None:
    """Require a gateway that refuses keys without access rights.

    Raises:
        NotApplicable: the gateway accepts them.
    """
    exchange = gateway.send("POST", f"{KEYS}/create", {"org_id": gateway.ownership.run})
    if exchange.status == 200:
        raise NotApplicable("the gateway allows keys without rights (allow_master_keys)")


@behaviour("key-has-its-policy")
def test_a_key_has_what_its_policy_gives(gateway: Gateway) -> Steps:
    """A key is read with its policy applied, and after the policy changed with the new values."""
    needs_store(gateway)
    gold, name = write_policy(gateway, quota_max=9), gateway.new_id("-key")
    yield RELOAD
    expect_key(write_session(gateway, name, {"apply_policies": [gold]}), name, "added")
    limit = {**LIMITS, "quota_max": 9, "quota_remaining": 9}
    session = {
        "apply_policies": [gold],
        **LIMITS,
        "quota_max": 9,
        "access_rights": {ORDERS: {"versions": ["v1"], "limit": limit}},
    }
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, session)
    expect_key(
        write_session(gateway, name, {"apply_policies": [gold], "alias": "again"}, "PUT"), name, "modified"
    )
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, {**session, "alias": "again"})
    expect_key(write_session(gateway, name, {"apply_policies": [gold]}, "PUT"), name, "modified")
    gateway.put(gold, {"id": gold, "rate": 3, "per": 4, "access_rights": RIGHTS})
    yield RELOAD

    new_limits = {"rate": 3, "per": 4}
    rights = {ORDERS: {"versions": ["v1"], "limit": new_limits}}
    expect_session(
        gateway.send("GET", f"{KEYS}/{name}"),
        gateway,
        {"apply_policies": [gold], **new_limits, "access_rights": rights},
    )


@behaviour("key-may-have-rights-of-its-own")
def test_a_key_may_have_rights_of_its_own(gateway: Gateway) -> None:
    """A key without policies is read with the members that it was written with, and may be written again."""
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
        ORDERS: {"rate": 1, "per": 1, "quota_max": -1, "quota_remaining": 7},
        BILLS: {"rate": 1, "per": 1, "quota_remaining": 5},
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
    """A key without policies and access rights is refused and not stored."""
    needs_store(gateway)
    needs_rights(gateway)
    organisation, name = gateway.ownership.run, gateway.new_id("-bare")
    expect_error(write_session(gateway, name, {"org_id": organisation}), 500, NOT_CREATED)
    expect_error(gateway.send("GET", f"{KEYS}/{name}?org_id={organisation}"), 404, "Key not found")


@behaviour("key-update-replaces-whole")
def test_an_update_of_a_key_replaces_it(gateway: Gateway) -> None:
    """A PUT of a key keeps no member that the body lacks."""
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
    """A DELETE of a key answers its name, or null with api_id=-1, and removes it."""
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
    """Requests about an unknown key answer 404, each operation with its own message."""
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
    """A key is refused if its only policy, or all of several, do not exist."""
    needs_store(gateway)
    needs_rights(gateway)
    missing = [gateway.new_id("-gone"), gateway.new_id("-gone")]
    target = KEYS + path.format(name=gateway.new_id("-key"))
    for ids in (missing[:1], missing):
        session = {"org_id": gateway.ownership.run, "apply_policies": ids}
        expect_error(gateway.send("POST", target, session), 500, NOT_CREATED)


@behaviour("create-tells-why")
def test_creating_a_key_tells_why_it_is_not_made(gateway: Gateway) -> Steps:
    """A refusal of POST /tyk/keys/create has the reason in its message."""
    missing, other = gateway.new_id("-gone"), gateway.new_id("-gone")
    odd = gateway.new_id('-"\\\a\b\f\n\r\t\v\x01\x7f\x80é\u2028漢\U0001f600\U000e0001\uffff\U00010000')
    quoted = odd[: odd.index('"')] + _ODD
    of_run = {"org_id": gateway.ownership.run}
    reasons = {
        f'Failed to create key - policy not found: "{missing}"': {**of_run, "apply_policies": [missing]},
        f'Failed to create key - policy not found: "{quoted}"': {**of_run, "apply_policies": [odd]},
        "Failed to create key - key has no valid policies to be applied": {
            **of_run,
            "apply_policies": [missing, other],
        },
        "Unmarshalling failed": "{",
    }
    for reason, session in reasons.items():
        expect_error(gateway.send("POST", f"{KEYS}/create", session), 500, reason)
    partitioned, per_api = (
        write_policy(gateway, **of_run, partitions={part: True}) for part in ("acl", "per_api")
    )
    torn = write_policy(gateway, **of_run, partitions={"per_api": True, "quota": True})
    yield RELOAD

    session = {**of_run, "access_rights": RIGHTS, "meta_data": {"policies": []}}
    exchange = gateway.send("POST", f"{KEYS}/create", session)
    if "own-policies-by-place" in gateway.behaviours:
        expect_error(exchange, 500, "Failed to create key - key has no valid policies to be applied")
    elif exchange.status != 200:
        raise Mismatch("200, no policies in the metadata are none", shorten(exchange.text), exchange)
    message = "cannot apply multiple policies when some have per_api set and some are partitioned"
    mixed = {**of_run, "apply_policies": [partitioned, per_api]}
    expect_error(gateway.send("POST", f"{KEYS}/create", mixed), 500, f"Failed to create key - {message}")
    message = f"cannot apply policy {torn} which has per_api and any of partitions set"
    mixed = {**of_run, "apply_policies": [torn]}
    expect_error(gateway.send("POST", f"{KEYS}/create", mixed), 500, f"Failed to create key - {message}")


@behaviour("keys-are-created-with-rights")
def test_a_key_is_created_with_rights(gateway: Gateway) -> None:
    """POST /tyk/keys/create refuses a session that grants nothing."""
    needs_store(gateway)
    for _ in range(2):
        expect_error(
            gateway.send("POST", f"{KEYS}/create", {"org_id": gateway.ownership.run}), 400, NO_RIGHTS
        )


_ODD = '\\"\\\\\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f\\u0080é\\u2028漢\U0001f600\\U000e0001\\uffff\U00010000'  # as Go's %q has it


@behaviour("create-makes-an-id")
def test_creating_a_key_makes_an_id(gateway: Gateway) -> None:
    """A key created without a name gets a new id that begins with its organisation."""
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
    """A body that is not a session, or has more after it, answers 400."""
    name = gateway.new_id("-key")
    body = body.replace("{", f'{{"org_id":"{gateway.ownership.run}",', 1)
    for method, target in (
        ("POST", f"{KEYS}/{name}"),
        ("PUT", f"{KEYS}/{name}"),
        ("POST", KEYS),
        ("PUT", KEYS),
    ):
        expect_error(gateway.send(method, target, body), 400, "Request malformed")


@behaviour("policies-of-a-key-may-be-named")
def test_other_policies_may_be_named_for_a_key(gateway: Gateway) -> Steps:
    """The policies that are named for a key replace its own, `policy` last, and need not exist."""
    needs_store(gateway)
    gold, name = write_policy(gateway), gateway.new_id("-key")
    yield RELOAD
    initial = {"access_rights": RIGHTS, "alias": "a", "apply_policy_id": gold, "last_updated": "5"}
    expect_key(write_session(gateway, f"{name}?suppress_reset=1", initial), name, "added")
    missing = gateway.new_id("-gone")
    for change in ({"apply_policies": [missing]}, {"policy": gold, "apply_policies": [missing]}):
        expect_key(gateway.send("POST", f"{KEYS}/policy/{name}", change), name, "updated")

    rights = {ORDERS: {"versions": ["v1"], "limit": LIMITS}}
    session = {"apply_policies": [missing, gold], "alias": "a", **LIMITS, "access_rights": rights}
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, session)
    if gateway.exchanges[-1].json.get("last_updated") == "5":
        raise Mismatch("last_updated of now", "5, as it was before", gateway.exchanges[-1])
    for broken in ("{", '{"policy":1}'):
        expect_error(
            gateway.send("POST", f"{KEYS}/policy/{name}", broken), 400, "Couldn't decode instruction"
        )


@behaviour("orphaned-key-keeps-its-rights")
def test_a_key_whose_policy_is_deleted_keeps_its_rights(gateway: Gateway) -> Steps:
    """A key whose only policy is deleted is read with the limits and rights of its last write."""
    needs_store(gateway)
    gold, name = write_policy(gateway), gateway.new_id("-key")
    yield RELOAD
    expect_key(write_session(gateway, name, {"apply_policies": [gold]}), name, "added")
    gateway.delete(gold)
    yield RELOAD

    session = {
        "apply_policies": [gold],
        **LIMITS,
        "access_rights": {ORDERS: {"versions": ["v1"], "limit": LIMITS}},
    }
    expect_session(gateway.send("GET", f"{KEYS}/{name}"), gateway, session)
    needs_rights(gateway)
    for _ in range(2):
        expect_error(write_session(gateway, name, {"apply_policies": [gold]}, "PUT"), 500, NOT_CREATED)
