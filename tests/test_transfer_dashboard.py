"""`tyk-contract import` into a Dashboard: what is written, which ids are kept, and what is told."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dashboards import add, ask, read
from impacts import API, POLICIES
from serving import run_command

from mockserver import MockDashboard, MockGateway
from mockserver.cli.json_service import JsonService, ServiceError
from mockserver.cli.transfer.contents import Contents
from mockserver.cli.transfer.dashboard_target import DashboardTarget
from mockserver.cli.transfer.plan import Plan, carried_out
from mockserver.cli.transfer.secret_members import REPLACED

OBJECT_ID = "5eb6f2a5e8d3f30001c7c6c2"
OWN_ID = {"_id": OBJECT_ID, "name": "Silver", "rate": 5, "per": 1}
RIGHTS = {"orders": {"api_id": "orders", "api_name": "orders", "versions": ["Default"]}}
CLIENT = {"client_id": "shop", "secret": "s", "redirect_uri": "http://a", "policy_id": "gold"}
CONTENTS = {
    "policies": {"gold": {"id": "gold", "org_id": "acme", **POLICIES["gold"]}, OBJECT_ID: OWN_ID},
    "apis": {"orders": API, "oauth": {**API, "api_id": "oauth", "name": "oauth", "use_oauth2": True}},
    "keys": {
        "alice": {"org_id": "acme", "access_rights": RIGHTS, "rate": 3, "per": 1, "tags": ["own"]},
        "bob": {"org_id": "acme", "apply_policies": ["gold"]},
    },
    "clients": {"oauth/shop": CLIENT},
}


def contents_of(**kinds: Any) -> Contents:
    """The contents of an export, in documents of their own."""
    return Contents("gateway", "5.12.0", **copy.deepcopy(kinds))


@contextmanager
def target_at(dashboard: MockDashboard, **settings: bool) -> Iterator[DashboardTarget]:
    """A mock Dashboard as the target of an import."""
    with JsonService(dashboard.url, ("Authorization", dashboard.key)) as service:
        yield DashboardTarget(service, **{"is_mock": True, "has_switch": False, **settings})


def imported(dashboard: MockDashboard, contents: Contents) -> tuple[Plan, list[str], list[str]]:
    """Import contents; the plan, the reasons of refusals, and the notes."""
    with target_at(dashboard) as target:
        plan = target.plan(contents)
        reasons = [f"{write.text}: {reason}" for write, reason in carried_out(target, plan) if reason]
        return plan, reasons, target.notes


def test_all_is_written_with_its_ids(mock_dashboard: MockDashboard) -> None:
    """Policies, APIs, keys and OAuth clients come under the ids that they had, in the Dashboard's organisation."""
    plan, reasons, notes = imported(mock_dashboard, contents_of(**CONTENTS))
    assert (reasons, plan.problems) == ([], [])
    gold = next(policy for policy in mock_dashboard.policies.values() if policy["id"] == "gold")
    assert (gold["name"], gold["rate"]) == ("gold", 10)
    assert gold["org_id"] == read(mock_dashboard, OBJECT_ID)["org_id"] != "acme"
    assert gold["access_rights"]["orders"]["api_id"] == "orders"
    assert read(mock_dashboard, OBJECT_ID)["name"] == "Silver"
    status, api = ask(mock_dashboard, "GET", "/api/apis/orders")
    assert (status, api["api_definition"]["proxy"]) == (200, API["proxy"])
    status, key = ask(mock_dashboard, "GET", "/api/keys/bob")
    assert (status, key["data"]["apply_policies"], key["data"]["rate"]) == (200, ["gold"], 10)
    assert ask(mock_dashboard, "GET", "/api/apis/oauth/oauth/shop")[1]["policy_id"] == "gold"
    assert "policy gold has its id as its name, for it had none" in notes
    assert "policy gold is a draft there, for active is false" in notes


def test_a_second_import_writes_nothing(mock_dashboard: MockDashboard) -> None:
    """What a Dashboard sets, derives or drops is no difference to what was imported."""
    whole = {"enable_http_signature_validation": True, "state": "active", "active": True, "auth_type": "jwt"}
    contents = contents_of(**CONTENTS)
    contents.policies["gold"] |= whole
    contents.keys.pop("bob")  # to whose session the gateway adds what the policy gives
    imported(mock_dashboard, contents)
    plan, _, _ = imported(mock_dashboard, contents)
    assert plan.writes == []
    assert plan.same == {"policies": 2, "apis": 2, "keys": 1, "clients": 1}


def test_what_differs_is_replaced_under_its_id(mock_dashboard: MockDashboard) -> None:
    """A policy, an API and a key that are there otherwise are named, and replaced if they are written."""
    imported(mock_dashboard, contents_of(**CONTENTS))
    other = json.loads(json.dumps(CONTENTS))
    other["policies"]["gold"]["rate"] = 77
    other["apis"]["orders"]["proxy"]["target_url"] = "http://new.test/"
    other["keys"]["alice"]["tags"] = ["new"]
    other["clients"]["oauth/shop"]["redirect_uri"] = "http://b"
    other["keys"].pop("bob")
    plan, reasons, _ = imported(mock_dashboard, contents_of(**other))
    assert [write.text for write in plan.differing] == [
        "API orders",
        "policy gold",
        "key alice",
        "OAuth client oauth/shop",
    ]
    (reason,) = reasons
    assert reason.startswith("OAuth client oauth/shop: the Dashboard's API cannot change a client")
    assert [policy["rate"] for policy in mock_dashboard.policies.values() if policy["id"] == "gold"] == [77]
    definition = ask(mock_dashboard, "GET", "/api/apis/orders")[1]["api_definition"]
    assert definition["proxy"]["target_url"] == "http://new.test/"
    assert ask(mock_dashboard, "GET", "/api/keys/alice")[1]["data"]["tags"] == ["new"]


@pytest.mark.tyk_dashboard(dashboard="5.10", config={"allow_explicit_policy_id": False})
def test_ids_that_the_dashboard_chose_are_told(mock_dashboard: MockDashboard) -> None:
    """A policy whose database id is not kept is told with its new one."""
    _, reasons, notes = imported(
        mock_dashboard,
        contents_of(policies={OBJECT_ID: OWN_ID, "gold": {**OWN_ID, "id": "gold", "name": "Gold"}}),
    )
    (new,) = [key for key, policy in mock_dashboard.policies.items() if policy["name"] == "Silver"]
    (other,) = [key for key, policy in mock_dashboard.policies.items() if policy["name"] == "Gold"]
    assert reasons == [
        f"policy {OBJECT_ID}: it is there under the database id {new}, which the Dashboard chose"
    ]
    assert f"policy gold has the database id {other}, and had {OBJECT_ID}" in notes


def test_an_older_dashboard_needs_a_switch(mock_dashboard: MockDashboard) -> None:
    """For a version that finds policies by their database ids, the switch that changes it is told."""
    with target_at(mock_dashboard, has_switch=True) as target:
        assert "allow_explicit_policy_id" in " ".join(target.notes)


def test_refusals_are_told_and_the_rest_is_written(mock_dashboard: MockDashboard) -> None:
    """A policy with the name of another one, or a key of a policy that is not there, is named with the answer."""
    add(mock_dashboard, name="Gold", id="other")
    contents = contents_of(
        policies={"gold": {"id": "gold", "name": "Gold"}, "silver": {"id": "silver"}},
        keys={"alice": {"apply_policies": ["none"]}},
    )
    _, reasons, _ = imported(mock_dashboard, contents)
    gold, alice = reasons
    assert "answers 400 This policy name has already been used" in gold
    assert alice.startswith("key alice: POST /api/keys/alice answers ")
    assert sorted(policy["id"] for policy in mock_dashboard.policies.values()) == ["other", "silver"]


def test_an_api_of_another_organisation_is_told(mock_dashboard: MockDashboard) -> None:
    """An API whose api_id another organisation has is there under an id that the Dashboard chose, which is told."""
    mock_dashboard.fault("updateApi", status=409)
    _, reasons, _ = imported(mock_dashboard, contents_of(apis={"orders": API}))
    (reason,) = reasons
    assert "it is there under an id that the Dashboard chose, for PUT /api/apis/" in reason
    assert "answers 409" in reason


def test_an_api_that_the_dashboard_takes_for_another_is_not_touched(mock_dashboard: MockDashboard) -> None:
    """An API whose creation is answered with the database id of another API is told, and nothing is put there."""
    imported(mock_dashboard, contents_of(apis={"orders": API}))
    (entry,) = ask(mock_dashboard, "GET", "/api/apis")[1]["apis"]
    other = entry["api_definition"]["id"]
    body = {"Status": "OK", "Message": "API created", "ID": "new", "Meta": other}
    mock_dashboard.fault("addApi", status=200, body=json.dumps(body))
    _, reasons, _ = imported(mock_dashboard, contents_of(apis={"bills": {**API, "api_id": "bills"}}))
    assert reasons == ["API bills: the Dashboard answers with the database id of API orders"]
    assert ask(mock_dashboard, "GET", "/api/apis")[1]["apis"] == [entry]


def test_an_api_that_is_shown_as_another_is_not_touched(mock_dashboard: MockDashboard) -> None:
    """An API under whose new database id the Dashboard shows another one is told, and nothing is put there.

    The other one was made after the import had read the list of APIs, or is not in it.
    """
    with target_at(mock_dashboard) as target:
        plan = target.plan(contents_of(apis={"bills": {**API, "api_id": "bills", "name": "Bills"}}))
        imported(mock_dashboard, contents_of(apis={"orders": API}))
        (entry,) = ask(mock_dashboard, "GET", "/api/apis")[1]["apis"]
        other = entry["api_definition"]
        body = {"Status": "OK", "Message": "API created", "ID": "new", "Meta": other["id"]}
        mock_dashboard.fault("addApi", status=200, body=json.dumps(body), times=1)
        reasons = [reason for _, reason in carried_out(target, plan)]
        assert reasons == [f"it was created, and the Dashboard shows API {other['name']!r} under its id"]
        mock_dashboard.fault("addApi", status=200, body=json.dumps({**body, "Meta": "../policies"}))
        reasons = [reason for _, reason in carried_out(target, plan)]
        assert reasons == ["the Dashboard answers with '../policies', which is no database id"]
    (entry,) = ask(mock_dashboard, "GET", "/api/apis")[1]["apis"]
    assert entry["api_definition"] == other


def test_a_real_dashboard_gets_no_replaced_secret(mock_dashboard: MockDashboard) -> None:
    """What has a replaced secret is not planned for a Dashboard that is no mock."""
    with target_at(mock_dashboard, is_mock=False) as target:
        plan = target.plan(contents_of(apis={"orders": {**API, "jwt_source": REPLACED}}))
    assert plan.writes == []
    assert "a secret of it was replaced" in plan.problems[0]


def test_without_its_gateway_no_key_is_compared(mock_dashboard: MockDashboard) -> None:
    """A Dashboard that cannot say if a key is there ends the import before anything is written."""
    mock_dashboard.fault("getKey", status=500)
    with target_at(mock_dashboard) as target, pytest.raises(ServiceError, match="nothing was written"):
        target.plan(contents_of(**CONTENTS))
    assert not mock_dashboard.policies


@pytest.mark.slow
def test_the_command_goes_from_a_gateway_to_a_dashboard(tmp_path: Path) -> None:
    """An export of a gateway comes into a mock Dashboard by one command, and a second one writes nothing."""
    rights = {"orders": {"api_id": "orders", "versions": ["Default"]}}
    with MockGateway() as gateway, MockDashboard() as dashboard:
        gateway.seed(
            apis=[API],
            policies=[{"id": "gold", "name": "Gold", "org_id": "acme", "rate": 5, "per": 1, "access_rights": rights}],
            keys={"alice": {"org_id": "acme", "apply_policies": ["gold"]}},
        )  # fmt: skip
        made = run_command("export", gateway.url, "--output", tmp_path / "x", TYK_GW_SECRET=gateway.secret)
        assert made.returncode == 0, made.stderr
        wrong = run_command("import", tmp_path / "x", dashboard.url)
        assert "for a Dashboard, give --service dashboard" in wrong.stderr
        command = ("import", tmp_path / "x", dashboard.url, "--service", "dashboard")
        done = run_command(*command)
        assert done.returncode == 0, done.stderr
        assert "written: 1 policy, 1 API, 1 key, no OAuth clients" in done.stdout
        again = run_command(*command)
        assert "there already: 1 policy, 1 API, 1 key" in again.stdout
        assert {policy["id"] for policy in dashboard.policies.values()} == {"gold"}
