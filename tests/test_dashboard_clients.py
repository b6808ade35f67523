"""Conversations of real clients with a Dashboard: what each sends, and what it needs of the answers.

The clients are tyk-sync 1.5.0, tyk-operator 0.18.0, dashboard-sdk for 5.8, and the scripts and the Postman
collection of tyk-demo. All values are our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from dashboards import Step, ask, converse, read

from mockserver import MockDashboard

NOWHERE = "5fd203d01f1ad30001c0dead"  # the id of no object
OWN = "5fd203d01f1ad30001c0ffe1"
ZERO_TIME = "0001-01-01T00:00:00Z"
POLICIES = "/api/portal/policies"


@pytest.fixture(scope="module", name="shared_dashboard")
def _shared_dashboard() -> Iterator[MockDashboard]:
    with MockDashboard(gateway_config={"hash_keys": True}) as dashboard:
        yield dashboard


def object_id(value: Any) -> bool:
    """True for what tyk-sync and the operator decode as an id of MongoDB; they panic on anything else."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{24}", value) is not None


def text_or_null(value: Any) -> bool:
    """True for what a Go client decodes into a string."""
    return value is None or isinstance(value, str)


def text(value: Any) -> bool:
    """True for a text that is not empty."""
    return isinstance(value, str) and value != ""


def int32(value: Any) -> bool:
    """True for what a generated client decodes into an int32."""
    return isinstance(value, int) and -(2**31) <= value < 2**31


def length(count: int) -> Callable[[Any], bool]:
    """A function that is true for an array of so many elements."""
    return lambda value: isinstance(value, list) and len(value) == count


def synced_policy(**members: Any) -> dict[str, Any]:
    """A policy as tyk-sync sends it: all members of its type, null for lists that were not read."""
    right = {
        "api_name": "Orders", "api_id": "orders", "versions": ["Default"], "allowed_urls": None,
        "restricted_types": None, "limit": None, "field_access_rights": None, "allowance_scope": "",
    }  # fmt: skip
    return {
        "_id": "", "id": "", "org_id": "{org}", "rate": 5, "per": 60, "quota_max": -1, "quota_renewal_rate": 0,
        "throttle_interval": 0, "throttle_retry_limit": 0, "max_query_depth": 0,
        "access_rights": {"orders": right}, "hmac_enabled": False, "active": True, "is_inactive": False,
        "date_created": ZERO_TIME, "tags": None, "key_expires_in": 0,
        "partitions": {"quota": False, "rate_limit": False, "complexity": False, "acl": False, "per_api": False},
        "last_updated": "", "meta_data": None, **members,
    }  # fmt: skip


def api(**members: Any) -> dict[str, Any]:
    """A classic API definition in its wrapper."""
    proxy = {"listen_path": "/orders/", "target_url": "http://orders.test/"}
    definition = {"name": "Orders", "api_id": "orders", "use_standard_auth": True, "proxy": proxy, **members}
    return {"api_definition": definition, "hook_references": []}


WRITTEN = {"Status": "OK", "Message": object_id, "Meta": text_or_null}
UPDATED = {"Status": "OK", "Message": "Data updated", "Meta": text_or_null}
DELETED = {"Status": "OK", "Message": "Data deleted", "Meta": text_or_null}
SYNC_STARTS = [Step("GET", "/api/users?p=-2", needs={"users.0.org_id": "{org}"})]
SYNC_PUBLISHES = [
    *SYNC_STARTS,
    Step("GET", "/api/apis?p=-2", needs={"apis": length(0)}),
    Step(
        "POST", "/api/apis?accept_additional_properties=true", api(),
        needs={"Status": "OK", "Meta": object_id, "ID": text}, saves={"Meta": "api"},
    ),
    Step("GET", "/api/apis?p=-2", needs={"apis.0.api_definition.id": "{api}"}),
    # create gives an api_id of its own, which an update restores
    Step("PUT", "/api/apis/{api}?accept_additional_properties=true", api(id="{api}"), needs={"Status": "OK"}),
    Step("GET", f"{POLICIES}?p=-2", needs={"Data": length(0)}),
    Step("POST", POLICIES, synced_policy(id="gold", name="Gold"), needs=WRITTEN, saves={"Message": "policy"}),
    Step("POST", POLICIES, synced_policy(_id=OWN, name="Own"), needs=WRITTEN | {"Message": OWN}),
]  # fmt: skip
SYNC_DUMPS = [
    *SYNC_STARTS,
    Step("GET", f"{POLICIES}?p=-2", needs={"Data": length(2), "Data.0.id": "gold", "Data.1._id": OWN}),
    Step("GET", "/api/apis?p=-2", needs={"apis": length(1), "apis.0.api_definition.api_id": "orders"}),
    Step("GET", "/api/assets", needs={"": length(0)}),
    Step("GET", POLICIES + "/{policy}", needs={"_id": "{policy}", "access_rights.orders.limit": None}),
    Step("GET", f"{POLICIES}/{OWN}", needs={"_id": OWN, "access_rights.orders.api_id": "orders"}),
]
SYNC_UPDATES = [
    *SYNC_STARTS,
    Step("GET", f"{POLICIES}?p=-2", needs={"Data.0.id": "gold", "Data.0._id": "{policy}"}),
    Step(
        "PUT", POLICIES + "/{policy}", synced_policy(_id="{policy}", id="gold", name="Gold", rate=6),
        needs=UPDATED,
    ),
    Step("GET", POLICIES + "/{policy}", needs={"rate": 6, "id": "gold"}),
]  # fmt: skip
SYNC_SYNCS = [  # policies come before APIs
    *SYNC_STARTS,
    Step("GET", f"{POLICIES}?p=-2", needs={"Data": length(2)}),
    Step("DELETE", f"{POLICIES}/{OWN}", needs=DELETED),
    Step("POST", POLICIES, synced_policy(id="early", name="Before its API"), needs=WRITTEN),
    Step("GET", "/api/apis?p=-2"),
    Step("DELETE", "/api/apis/{api}", needs={"Status": "OK"}),
    Step("GET", "/api/assets", needs={"": length(0)}),
    Step("GET", f"{POLICIES}?p=-2", needs={"Data": length(2), "Data.1.id": "early"}),
]


def test_tyk_sync(dashboard: MockDashboard) -> None:
    """tyk-sync publishes, dumps, updates and synchronises."""
    saved = converse(dashboard, SYNC_PUBLISHES)
    for steps in (SYNC_DUMPS, SYNC_UPDATES, SYNC_SYNCS):
        saved = converse(dashboard, steps, **saved)


OPERATED = "ZGVmYXVsdC9nb2xk"  # an id of the operator: base64 of namespace and name
OPERATOR_RIGHT = {
    "namespace": "default", "name": "orders", "api_name": "Orders", "api_id": "orders", "versions": ["Default"],
}  # fmt: skip


def operated(**members: Any) -> dict[str, Any]:
    """A policy as the operator sends it, with members of its own in the rights."""
    rights = {"access_rights_array": [OPERATOR_RIGHT], "access_rights": {"orders": OPERATOR_RIGHT}}
    return {
        "id": OPERATED,
        "name": "Gold",
        "org_id": "{org}",
        "state": "active",
        "active": True,
        **rights,
        **members,
    }


def test_operator(dashboard: MockDashboard) -> None:
    """tyk-operator creates, settles, updates, mends a drift, creates again with the old id, and deletes."""
    one = POLICIES + "/{policy}"
    created = converse(
        dashboard,
        [
            Step("GET", f"{POLICIES}/{OPERATED}", status=404),
            Step("POST", POLICIES, operated(), needs=WRITTEN, saves={"Message": "policy"}),
            Step("GET", f"{POLICIES}/", needs={"Data.0._id": "{policy}"}),  # its accident: an empty id
            Step("PUT", one, operated(_id="{policy}"), needs=UPDATED),
        ],
    )
    settled = read(dashboard, created["policy"])
    assert settled == read(dashboard, created["policy"])  # it compares hashes: no change may show one
    assert not {"name", "_id", "id"} & set(ask(dashboard, "PUT", f"{POLICIES}/{NOWHERE}", {"name": "x"})[1])
    converse(
        dashboard,
        [
            Step("PUT", one, operated(_id="{policy}", name="Platinum"), needs=UPDATED),
            Step("PUT", one, {"name": "Drifted"}),
            Step("PUT", one, operated(_id="{policy}", name="Platinum"), needs=UPDATED),
            Step("GET", one, needs={"name": "Platinum", "id": OPERATED, "_id": "{policy}"}),
            Step("DELETE", one),
            Step("GET", one, status=404),
            Step("POST", POLICIES, operated(_id="{policy}"), needs=WRITTEN | {"Message": "{policy}"}),
            Step("GET", one, needs={"id": OPERATED}),
            Step("GET", "/api/portal/catalogue/", needs={"id": text, "apis": length(0)}),
            Step("DELETE", one, needs=DELETED),
            Step("GET", one, status=404),
        ],
        **created,
    )


def test_operators_up_to_0_12(dashboard: MockDashboard) -> None:
    """Old operators send the array of rights alone."""
    policy = {"name": "Gold", "org_id": "{org}", "access_rights_array": [OPERATOR_RIGHT]}
    step = Step("POST", POLICIES, policy, needs=WRITTEN, saves={"Message": "policy"})
    rights = {"access_rights.orders.api_id": "orders", "access_rights_array": length(1)}
    converse(dashboard, [step, Step("GET", POLICIES + "/{policy}", needs=rights)])


def test_generated_sdk(dashboard: MockDashboard) -> None:
    """A client generated from the vendor's specification decodes all answers into its strict types."""
    right = {"api_id": "orders", "api_name": "Orders", "allowed_urls": [{"url": "/x", "methods": ["GET"]}]}
    policy = {
        "name": "Gold", "id": "gold", "date_created": "2026-11-24T10:00:00.123456789+01:00", "max_query_depth": -1,
        "throttle_retry_limit": -1, "meta_data": {"k": 1}, "access_rights": {"orders": right},
    }  # fmt: skip
    types = {
        "date_created": lambda value: datetime.fromisoformat(value).tzinfo is not None, "last_updated": text,
        "max_query_depth": int32, "throttle_retry_limit": int32, "meta_data": {"k": 1}, "tags": length(0),
    }  # fmt: skip
    refused = {"Status": "Error", "Message": text, "Meta": text_or_null}
    saved = converse(
        dashboard,
        [
            Step("POST", POLICIES, policy, needs=WRITTEN, saves={"Message": "policy"}),
            Step("POST", POLICIES, policy, needs=refused, status=400),
            Step("GET", f"{POLICIES}?p=-1", needs={"Data": length(1), "Pages": int32}),
            Step("GET", POLICIES + "/{policy}", needs=types),
            Step("GET", f"{POLICIES}/gold", needs=types),
            Step("GET", f"{POLICIES}/{NOWHERE}", needs=refused, status=404),
            Step("GET", f"{POLICIES}/search?api_id=orders&auth_type=other&p=1&q=old&sort=name&state=draft",
                 needs={"Data": length(1), "Pages": int32}),
            Step("GET", f"{POLICIES}/search?policy_ids=zz", needs=refused, status=400),
        ],
    )  # fmt: skip
    whole = read(dashboard, saved["policy"])
    converse(
        dashboard,
        [
            Step("PUT", POLICIES + "/{policy}", {**whole, "rate": 11}, needs=UPDATED),
            Step("PUT", f"{POLICIES}/{NOWHERE}", whole, needs=refused, status=404),
            Step("DELETE", POLICIES + "/{policy}", needs=DELETED),
            Step("DELETE", POLICIES + "/{policy}", needs=refused, status=404),
        ],
        **saved,
    )
    wrong = ("Authorization", "Bearer wrong")
    assert ask(dashboard, "GET", POLICIES, None, wrong)[0] == 401
    assert ask(dashboard, "GET", POLICIES, None, ("Authorization", f"Bearer {dashboard.key}"))[0] == 200


def test_command_line_client(dashboard: MockDashboard) -> None:
    """The vendor's command-line client names policies by their own ids in paths, and takes 404 for a new one."""
    right = {
        "api_id": "orders",
        "api_name": "Orders",
        "versions": ["Default"],
        "allowed_urls": [],
        "limit": None,
    }
    policy = {"id": "gold-plan", "name": "Gold", "rate": 5, "per": 60, "access_rights": {"orders": right}}
    one = f"{POLICIES}/gold-plan"
    converse(
        dashboard,
        [
            Step("GET", one, status=404),
            Step("POST", POLICIES, policy, needs=WRITTEN),
            Step("GET", one, needs={"id": "gold-plan", "rate": 5}),
            Step("PUT", one, {**policy, "rate": 6}, needs=UPDATED),
            Step("GET", f"{POLICIES}?p=1", needs={"Data.0.rate": 6, "Pages": 1}),
            Step("DELETE", one, needs=DELETED),
            Step("GET", one, status=404),
        ],
    )


@pytest.mark.parametrize("count", [0, 3, 5])
def test_lists_of_few(dashboard: MockDashboard, count: int) -> None:
    """The vendor's tests of tyk-sync count the policies of the first page, which is one of one."""
    dashboard.policies.seed(*({"name": f"p{number}"} for number in range(count)))
    converse(dashboard, [Step("GET", POLICIES, needs={"Data": length(count), "Pages": 1})])
