"""The impact of a change of policies on sessions, by the rules of several gateway versions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mockserver.contract.spec_files import select_version
from mockserver.gateway import impact
from mockserver.gateway.policy_plan import Plan, PlanError
from mockserver.gateway.session_impact import Key, KeyName, SessionImpact

ORDERS = {"orders": {"versions": ["v1"]}}
POLICIES: dict[str, dict[str, Any]] = {
    "gold": {
        "rate": 10,
        "per": 60,
        "access_rights": {"orders": {"versions": ["v1"]}, "invoices": {"versions": ["v1"]}},
    },
    "silver": {"rate": 5, "per": 10, "access_rights": {"orders": {"versions": ["v2"]}}},
    "fast": {"rate": 99, "per": 1, "access_rights": ORDERS, "partitions": {"rate_limit": True}},
}


def assessed(
    version: str, sessions: dict[str, dict[str, Any]], before: dict[str, Any], after: dict[str, Any]
) -> dict[str, SessionImpact]:
    """The impact on sessions by their names, if the policies become those of `after`."""
    rules = impact.Rules(select_version(version))
    keys = [
        Key(KeyName(name), rules.sessions.decode(json.dumps({"org_id": "acme", **session}).encode()))
        for name, session in sessions.items()
    ]
    found = impact.assess(rules, decoded(rules, before), decoded(rules, after), keys)
    return {entry.key.name.id: entry for entry in found}


def decoded(rules: impact.Rules, policies: dict[str, Any]) -> list[dict[str, Any]]:
    """Policies by their ids, decoded."""
    return [
        rules.policies.decode(json.dumps({"id": name, "org_id": "acme", **policy}).encode())
        for name, policy in policies.items()
    ]


@pytest.mark.parametrize("version", ["5.8", "5.12", "5.14"])
def test_each_outcome(version: str) -> None:
    """A session is orphaned without any policy, refused without a right, and restored by a policy that comes back."""
    names: dict[str, dict[str, Any]] = {
        "orphaned": {"apply_policies": ["gold"]},
        "orphaned by its only policy": {"apply_policy_id": "gold"},
        "refused": {"apply_policies": ["gold", "fast"]},
        "changed": {"apply_policies": ["gold", "silver"]},
        "restored": {"apply_policies": ["bronze"]},
        "still refused": {"apply_policies": ["lost"]},
        "unchanged": {"apply_policies": ["silver"]},
        "unchanged without policies": {"access_rights": ORDERS},
        "unchanged by policies of its own": {
            "meta_data": {"policies": [{"id": "gold", "access_rights": ORDERS}]}
        },
    }
    after = {
        "silver": POLICIES["silver"],
        "fast": {**POLICIES["fast"], "access_rights": {}},
        "bronze": {"access_rights": ORDERS},
    }
    found = assessed(version, names, POLICIES, after)
    assert {name: str(entry.outcome) for name, entry in found.items()} == {
        name: re.split(" by | without ", name)[0] for name in names
    }


@pytest.mark.parametrize(("version", "is_told"), [("5.11", False), ("5.12", True)])
def test_a_policy_of_another_organisation(version: str, is_told: bool) -> None:
    """A policy that moves to another organisation is lost to its sessions since organisations are kept apart."""
    after = {**POLICIES, "gold": {**POLICIES["gold"], "org_id": "umbrella"}}
    found = assessed(version, {"key": {"apply_policies": ["gold"]}}, POLICIES, after)
    assert (found["key"].outcome == "orphaned") is is_told


def test_limits_that_no_policy_decides_are_as_saved() -> None:
    """Without the policy that decides the rate, a session has the rate that was saved with it, which is listed."""
    policies = {"acl": {"access_rights": ORDERS, "partitions": {"acl": True}}, "fast": POLICIES["fast"]}
    session = {"apply_policies": ["acl", "fast"], "tags": ["own"]}
    found = assessed("5.12", {"key": session}, policies, {"acl": policies["acl"]})
    saved = {"rate", "per", "smoothing", "throttle_interval", "throttle_retry_limit"}
    assert {path for path in found["key"].saved if "/" not in path} == saved


@pytest.mark.parametrize(
    "after", [{"two": ["two"]}, {"one": ["new"], "two": ["two"]}], ids=["deleted", "changed"]
)
def test_tags_that_no_policy_gives_are_as_saved(after: dict[str, list[str]]) -> None:
    """Tags that no policy gives any more stay as far as they were saved with the key, which is listed."""
    before = {name: {"access_rights": ORDERS, "tags": [name]} for name in ("one", "two")}
    session = {"apply_policies": ["one", "two"], "tags": ["one", "two"]}
    policies = {name: {"access_rights": ORDERS, "tags": tags} for name, tags in after.items()}
    assert "tags" in assessed("5.12", {"key": session}, before, policies)["key"].saved
    assert "tags" not in assessed("5.12", {"key": session}, before, before)["key"].saved


def test_a_limit_that_the_session_fills_is_as_saved() -> None:
    """A limit of an API that the session fills in after the loss of a policy is listed as saved, as is a flag."""
    acl = {"access_rights": ORDERS, "partitions": {"acl": True}}
    quota = {"access_rights": ORDERS, "partitions": {"quota": True}, "quota_max": 9, "hmac_enabled": True}
    session = {"apply_policies": ["acl", "quota"], "hmac_enabled": True, "quota_max": 4}
    found = assessed("5.12", {"key": session}, {"acl": acl, "quota": quota}, {"acl": acl})
    assert {"quota_max", "access_rights/orders/limit/quota_max", "hmac_enabled"} <= set(found["key"].saved)
    assert "access_rights/orders/limit/rate" not in found["key"].saved


def test_sessions_do_not_depend_on_their_order() -> None:
    """The types that one session merges into a policy do not reach the next session."""
    policies = {
        name: {"access_rights": {"x": {"restricted_types": [{"name": "T", "fields": [name]}]}}}
        for name in "ab"
    }
    sessions = {"both": {"apply_policies": ["a", "b"]}, "one": {"apply_policies": ["a"]}}
    found = assessed("5.12", sessions, policies, policies)
    fields = [
        entry.session["access_rights"]["x"]["restricted_types"][0]["fields"] for entry in found.values()
    ]
    assert fields == [["a", "b"], ["a"]]


@pytest.mark.parametrize(
    ("key_id", "org_id", "shown"),
    [
        ("acmeshop12345678", "acme", "acmesho***"),
        ("shop12345678", "acme", "sho***"),
        ("ab", "", "***"),
        (
            "5e9d9544a1dcd60001d0ed20a28c495beff140a4",
            "5e9d9544a1dcd60001d0ed20",
            "5e9d9544a1dcd60001d0ed20a28c***",
        ),
    ],
)
def test_a_masked_id_has_few_characters(key_id: str, org_id: str, shown: str) -> None:
    """A masked id has the organisation, and at most a quarter and four characters of the rest."""
    assert KeyName(key_id).masked(org_id) == shown


def test_ids_of_several_organisations() -> None:
    """A deletion is of the policies of all organisations with an id, a replacement of one of them."""
    rules = impact.Rules(select_version("5.12"))
    policies = [{**policy, "org_id": org} for org in ("a", "b") for policy in decoded(rules, {"gold": {}})]
    assert Plan(deletions=("gold",)).carried_out(policies) == []
    new = {**policies[0], "rate": 1.0}
    assert Plan(replacements=(new,)).carried_out(policies) == [new, policies[1]]
    with pytest.raises(PlanError, match="several organisations have a policy 'gold'"):
        Plan(replacements=({**new, "org_id": "c"},)).carried_out(policies)
