"""Policies with similar ids."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.checks import expect_error, expect_policy, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES

FORMS = (  # of ids; {} is the id that the others resemble
    "{}c", "{}-1", "{}.json", "{}.", "{}_b", "{}-b", "{}.b", "{}~b", "{}B", "{}b", "{}0", "{}00",
    "{}{}", "{}x{}y", "{}" + "x" * 200 + "1", "{}" + "x" * 200 + "2",
)  # fmt: skip
ODD_FORMS = ("{} b", "{}+b", "{}%20b", "{}%2Bb", "{}é", "{}e\u0301", "{}*", "{}?b", "{}#b", "{}\\b")


def _similar_policies(gateway: Gateway) -> dict[str, dict[str, Any]]:
    """Policies by the form of their ids; they differ in their rates, and share a name and an _id."""
    ownership = gateway.ownership
    base_id, object_id = ownership.new_id("-ab"), ownership.new_object_id()
    odd_forms = ODD_FORMS if "any-id-is-taken" in gateway.behaviours else ()
    ids = {"{}": base_id, "upper": base_id[:-2] + "AB"}
    ids |= {form: form.replace("{}", base_id) for form in (*FORMS, *odd_forms)}
    return {
        form: gateway.create(id=policy_id, rate=number, name="one name", _id=object_id)
        for number, (form, policy_id) in enumerate(ids.items())
    }


@behaviour("ids-are-kept-apart")
def test_policies_of_alike_ids_are_kept_apart(gateway: Gateway) -> Steps:
    """A change or deletion of a policy changes no other policy with a similar id."""
    policies = _similar_policies(gateway)
    changed, deleted = policies["{}"], policies["{}b"]
    yield RELOAD
    for policy in policies.values():
        expect_policy(gateway.get(policy["id"]), gateway, policy)
    changed |= {"rate": 1000, "tags": ["changed"]}
    expect_written(gateway.put(changed["id"], changed), changed["id"], "modified")
    gateway.delete(deleted["id"])
    yield RELOAD
    for policy in policies.values():
        if policy is not deleted:
            expect_policy(gateway.get(policy["id"]), gateway, policy)
    expect_error(gateway.get(deleted["id"]), 404, "Policy not found")
    gateway.delete(changed["id"])
    yield RELOAD
    for policy in policies.values():
        if policy not in (deleted, changed):
            expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("alike-ids-find-nothing")
def test_what_is_like_an_id_finds_and_deletes_nothing(gateway: Gateway) -> Steps:
    """Texts similar to a policy's id, its name and its _id find nothing and delete nothing."""
    ownership = gateway.ownership
    name, object_id, stem = ownership.new_id(), ownership.new_object_id(), ownership.new_id("-")
    ending = "%61 é" if "any-id-is-taken" in gateway.behaviours else "61"
    policy_id = f"{stem}Abc-{ending}"
    policy = gateway.create(id=policy_id, name=name, _id=object_id)
    similar = (
        policy_id[:-1], policy_id + "x", f"{stem}aBC-{ending}", f"{stem}abc-{ending}", f"{stem}ABC-{ending}", stem,
        policy_id[:-3] + "*", policy_id + "*", policy_id[:-1] + "?", f"{policy_id} ", policy_id.replace("é", "e\u0301"),
        policy_id.replace("%61", "a"), policy_id.replace("%61", "%2561"), name, object_id, policy_id + ".json", policy_id + "\0",
    )  # fmt: skip
    similar_ids = [name for name in dict.fromkeys(similar) if name != policy_id and ownership.owns(name)]
    yield RELOAD
    for similar_id in similar_ids:
        path = f"{POLICIES}/{quote(similar_id, safe='')}"
        expect_error(gateway.send("GET", path), 404, "Policy not found")
        expect_error(gateway.send("DELETE", path), 500, "Delete failed")
    if " " in policy_id:
        path = f"{POLICIES}/{quote(policy_id, safe='').replace('%20', '+')}"
        expect_error(gateway.send("GET", path), 404, "Policy not found")
    yield RELOAD
    expect_policy(gateway.get(policy_id), gateway, policy)
