"""Warnings in the journal tell what a gateway or a Dashboard passes over in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asking import call, send

from mockserver import MockDashboard, MockGateway
from mockserver.http.client import Client
from mockserver.storage.backend import BackendUnavailable

ID = "5FD203D01F1AD30001C0FFEE"
POLICIES: dict[str, tuple[str, str]] = {
    "misspelt": ('{"raet": 5}', "raet: an unknown member, the nearest is 'rate'; it is dropped"),
    "unknown": ('{"zzzzzz": 5}', "zzzzzz: an unknown member; it is dropped"),
    "misspelt right": (
        '{"access_rights": {"orders": {"api_nam": "x"}}}',
        "access_rights/orders/api_nam: an unknown member, the nearest is 'api_name'; it is dropped",
    ),
    "misspelt limit": (
        '{"access_rights": {"orders": {"limit": {"Rat": 1}}}}',
        "access_rights/orders/limit/Rat: an unknown member, the nearest is 'rate'; it is dropped",
    ),
    "of the Dashboard": (
        '{"access_rights_array": []}',
        "access_rights_array: a member of the Dashboard alone; it is dropped",
    ),
    "of a later version": (
        '{"post_expiry_action": "delete"}',
        "post_expiry_action: a member from 5.13.0, and this is 5.12.0; it is dropped",
    ),
    "other case": ('{"Rate": 5}', "Rate: is read as rate"),
    "twice": ('{"rate": 5, "RATE": 6}', "RATE: rate is given twice; the later value counts"),
    "rounded": (
        '{"rate": 0.12345678901234567890}',
        "rate: 0.12345678901234567890 is rounded to 0.12345678901234568",
    ),
    "rounded in metadata": (
        '{"meta_data": {"a": [1, {"b": 12345678901234567890}]}}',
        "meta_data/a/1/b: 12345678901234567890 is rounded to 12345678901234567000",
    ),
    "database id": (f'{{"_id": "{ID}"}}', f"_id: {ID} is kept as {ID.lower()}"),
    "right to no API": (
        '{"access_rights": {"orders": {}}}',
        "access_rights: the API 'orders' is not loaded; the right has no effect",
    ),
}


@pytest.mark.parametrize(("policy", "warning"), POLICIES.values(), ids=POLICIES)
def test_a_member_that_is_not_kept_as_sent_is_told(gateway: MockGateway, policy: str, warning: str) -> None:
    """A warning names the member that the gateway drops, folds or rounds, and what becomes of it."""
    body = policy.replace("{", '{"id": "gold", ', 1).encode()
    assert (
        send(gateway, "POST", "/tyk/policies", [("X-Tyk-Authorization", gateway.secret)], body).status == 200
    )
    (entry,) = gateway.journal
    assert warning in entry.warnings
    assert entry.violations == []


def test_a_plain_policy_that_is_loaded_has_no_warning(gateway: MockGateway) -> None:
    """A policy that is kept as sent and loaded since has no warning; numbers in any notation are the same."""
    body = b'{"id": "gold", "rate": 1e2, "per": 60.0, "_id": "", "meta_data": {"any": {"Thing": 0.1}}}'
    send(gateway, "POST", "/tyk/policies", [("X-Tyk-Authorization", gateway.secret)], body)
    assert gateway.journal[0].warnings == ["'gold': it is written, and not loaded: there was no reload since"]
    gateway.reload()
    assert gateway.journal[0].warnings == []


def test_a_session_is_checked_too(gateway: MockGateway) -> None:
    """A key with a misspelt member, or of a policy that is not loaded, has warnings."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    session = {"apply_policies": ["gold", "silver"], "alais": "x", "org_id": "acme"}
    call(gateway, "POST", "/tyk/keys/preview", session)
    assert gateway.journal[-1].warnings == [
        "alais: an unknown member, the nearest is 'alias'; it is dropped",
        "apply_policies: 'gold': it is written, and not loaded: there was no reload since",
        "apply_policies: 'silver': there is no such policy",
    ]


def test_a_definition_may_have_any_members(gateway: MockGateway) -> None:
    """An API definition has no warnings, for the gateway keeps all its members."""
    call(gateway, "POST", "/tyk/apis", {"api_id": "orders", "anything": 1})
    assert gateway.journal[0].warnings == []


def test_an_id_that_no_file_can_have_is_told(gateway: MockGateway) -> None:
    """A policy that no file can hold has a warning that says so, and a fault has none."""
    call(gateway, "POST", "/tyk/policies", {"id": "../gold"})
    (entry,) = gateway.journal
    assert entry.status == 500
    assert entry.warnings == ["id: no file can be called '../gold', so that the policy cannot be written"]
    gateway.fault("addPolicy", status=500)
    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    assert gateway.journal[-1].warnings == []


def test_a_read_of_what_is_not_loaded_says_so_for_good(gateway: MockGateway) -> None:
    """A policy that was written and not loaded when it was asked for is told, also after it was loaded."""
    call(gateway, "GET", "/tyk/policies/gold")
    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    call(gateway, "GET", "/tyk/policies/gold")
    gateway.reload()
    call(gateway, "GET", "/tyk/policies/gold")
    entries = gateway.journal.of("getPolicy")
    assert [(entry.status, entry.warnings) for entry in entries] == [
        (404, []),
        (404, ["'gold' was written, and not loaded; there was no reload since"]),
        (200, []),
    ]


def test_a_reload_that_is_due_is_told(gateway: MockGateway) -> None:
    """A reload that waits for the next tick is told with it, and with what is asked for meanwhile."""
    gateway.freeze()
    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    call(gateway, "GET", "/tyk/reload")
    call(gateway, "GET", "/tyk/policies/gold")
    _, reload, read = gateway.journal
    assert reload.warnings == ["the reload is due at the next tick; `?block=true` waits until it is done"]
    assert read.warnings == ["'gold' was written, and a reload was due; `?block=true` waits until it is done"]
    gateway.advance(2)
    assert reload.warnings == []
    assert gateway.journal.of("addPolicy")[0].warnings == []


def test_a_rewritten_policy_is_told_once(gateway: MockGateway) -> None:
    """Of several writes of a policy the last one has the warning; one of a deleted policy has none."""
    gateway.policies.seed({"id": "gold", "rate": 1})
    for rate in (2, 3):
        call(gateway, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": rate})
    first, second = gateway.journal.of("updatePolicy")
    assert first.warnings == []
    assert second.warnings == ["'gold': it is written anew, and loaded as before: there was no reload since"]
    call(gateway, "DELETE", "/tyk/policies/gold")
    assert second.warnings == []


def test_a_record_file_is_named(tmp_path: Path) -> None:
    """A policy that is written beside the record file has a warning that names what is loaded instead."""
    record = tmp_path / "policies.json"
    record.write_text("{}")
    with MockGateway(policies=record, directory=tmp_path) as gateway:
        call(gateway, "POST", "/tyk/policies", {"id": "gold"})
        (warning,) = gateway.journal[0].warnings
    assert warning == f"'gold': it is written, and never loaded: policies are loaded from {record} alone"


def test_a_storage_that_does_not_answer_is_told(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the storage does not answer, the warnings say so, and reading the journal raises nothing."""

    def fail(_: str) -> bytes:
        raise BackendUnavailable("the store is down; start it")

    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    monkeypatch.setattr(gateway.gateway.store.files, "get", fail)
    assert gateway.journal[0].warnings == ["no warnings can be given: the store is down; start it"]


def test_warnings_hide_secrets(gateway: MockGateway) -> None:
    """A warning masks the secret, wherever the request had it."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold", gateway.secret: 1})
    (entry,) = call(gateway, "GET", "/_mock/journal")[1]
    assert gateway.secret not in json.dumps(entry)
    assert entry["warnings"][0].startswith("***: an unknown member")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"[" * 9_000, b'{"a":' * 9_000], ids=repr)
def test_odd_bodies_have_no_warnings(gateway: MockGateway, body: bytes) -> None:
    """A body that is no policy has violations, and its warnings are few and computed without an error."""
    send(gateway, "POST", "/tyk/policies", [("X-Tyk-Authorization", gateway.secret)], body)
    assert len(gateway.journal[0].warnings) < 2


DASHBOARD: dict[str, tuple[Any, list[str]]] = {
    "misspelt": ({"raet": 5}, ["raet: an unknown member, the nearest is 'rate'; it is dropped"]),
    "of the gateway": (
        {"graphql_access_rights": {}},
        ["graphql_access_rights: a member of the gateway's policies alone; it is dropped"],
    ),
    "older names": ({"access_rights": {"orders": {"apiid": "orders", "apiname": "Orders"}}}, []),
    "of the Dashboard": ({"access_rights_array": [], "state": "active"}, []),
}


@pytest.mark.parametrize(("policy", "warnings"), DASHBOARD.values(), ids=DASHBOARD)
def test_a_dashboard_has_warnings_of_its_own(
    dashboard: MockDashboard, policy: Any, warnings: list[str]
) -> None:
    """A warning names the member that a Dashboard drops; members that it alone has are no matter."""
    with Client(dashboard.url) as client:
        body = json.dumps({"name": "Gold", **policy}).encode()
        client.send("POST", "/api/portal/policies", [("Authorization", dashboard.key)], body)
    (entry,) = dashboard.journal
    assert entry.warnings == warnings


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        ({"apply_policies": ["none"]}, 'policy not found: "none"'),
        (
            {"rate": 5},
            "neither the key nor its policies have access_rights, and allow_master_keys is not set",
        ),
    ],
)
def test_a_key_that_is_not_stored_has_its_reason(
    gateway: MockGateway, session: dict[str, Any], reason: str
) -> None:
    """A warning says why a gateway does not store a key, which its answer does not."""
    assert call(gateway, "POST", "/tyk/keys/alice", session)[0] == 500
    assert f"the key was not stored: {reason}" in gateway.journal[0].warnings
