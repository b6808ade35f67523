"""Policies whose ids are alike: none is taken for another."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.checks import expect_error, expect_policy, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES

FORMS = (  # of ids, all beside {}
    "{}c", "{}-1", "{}.json", "{}.", "{}_b", "{}-b", "{}.b", "{}~b", "{}B", "{}b", "{}0", "{}00",
    "{}{}", "{}x{}y", "{}" + "x" * 200 + "1", "{}" + "x" * 200 + "2",
)  # fmt: skip
ODD_FORMS = ("{} b", "{}+b", "{}%20b", "{}%2Bb", "{}é", "{}e\u0301", "{}*", "{}?b", "{}#b", "{}\\b")


def _written(gateway: Gateway) -> dict[str, dict[str, Any]]:
    """Policies by the form of their ids, each with values of its own but for a name and an _id of all."""
    base, object_id = gateway.new_id("-ab"), gateway.ownership.new_object_id()
    odd = ODD_FORMS if "any-id-is-taken" in gateway.behaviours else ()
    names = {"{}": base, "upper": base[:-2] + "AB"}
    names |= {form: form.replace("{}", base) for form in (*FORMS, *odd)}
    return {
        form: gateway.create(id=name, rate=number, name="one name", _id=object_id)
        for number, (form, name) in enumerate(names.items())
    }


@behaviour("ids-are-kept-apart")
def test_policies_of_alike_ids_are_kept_apart(gateway: Gateway) -> Steps:
    """A change or deletion of a policy does not change another whose id begins, ends or is written alike."""
    policies = _written(gateway)
    changed, gone = policies["{}"], policies["{}b"]
    yield RELOAD
    for policy in policies.values():
        expect_policy(gateway.get(policy["id"]), gateway, policy)
    changed |= {"rate": 1000, "tags": ["changed"]}
    expect_written(gateway.put(changed["id"], changed), changed["id"], "modified")
    gateway.delete(gone["id"])
    yield RELOAD
    for policy in policies.values():
        if policy is not gone:
            expect_policy(gateway.get(policy["id"]), gateway, policy)
    expect_error(gateway.get(gone["id"]), 404, "Policy not found")
    gateway.delete(changed["id"])
    yield RELOAD
    for policy in policies.values():
        if policy not in (gone, changed):
            expect_policy(gateway.get(policy["id"]), gateway, policy)


@behaviour("alike-ids-find-nothing")
def test_what_is_like_an_id_finds_and_deletes_nothing(gateway: Gateway) -> Steps:
    """Its beginning, other case, a pattern, another way to write it, nor the policy's name or _id."""
    ownership = gateway.ownership
    name, object_id, stem = ownership.new_id(), ownership.new_object_id(), ownership.new_id("-")
    ending = "%61 é" if "any-id-is-taken" in gateway.behaviours else "61"
    written = f"{stem}Abc-{ending}"
    policy = gateway.create(id=written, name=name, _id=object_id)
    alike = (
        written[:-1], written + "x", f"{stem}aBC-{ending}", f"{stem}abc-{ending}", f"{stem}ABC-{ending}", stem,
        written[:-3] + "*", written + "*", written[:-1] + "?", f"{written} ", written.replace("é", "e\u0301"),
        written.replace("%61", "a"), written.replace("%61", "%2561"), name, object_id, written + ".json", written + "\0",
    )  # fmt: skip
    others = [name for name in dict.fromkeys(alike) if name != written and ownership.owns(name)]
    yield RELOAD
    for other in others:
        path = f"{POLICIES}/{quote(other, safe='')}"
        expect_error(gateway.send("GET", path), 404, "Policy not found")
        expect_error(gateway.send("DELETE", path), 500, "Delete failed")
    if " " in written:
        spaced = f"{POLICIES}/{quote(written, safe='').replace('%20', '+')}"
        expect_error(gateway.send("GET", spaced), 404, "Policy not found")
    yield RELOAD
    expect_policy(gateway.get(written), gateway, policy)
