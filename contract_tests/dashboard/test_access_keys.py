"""The access key of a user, which each request under /api/ bears."""

from __future__ import annotations

import pytest

from contract_tests.dashboard.checks import UNAUTHORISED, expect_members, expect_message, listed
from contract_tests.dashboard.client import Dashboard, path_of
from contract_tests.dashboard.resources import POLICIES, RESOURCES
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import behaviour
from contract_tests.engine.secured_operations import groups_below, requests_of
from mockserver.http.client import Header

LISTS = [POLICIES, f"{POLICIES}/search"]
GROUPS = groups_below("/api", RESOURCES)
OPERATIONS = [("GET", POLICIES), ("POST", POLICIES), ("GET", f"{POLICIES}/search"), ("GET", "/api/users")]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@behaviour("key-missing-is-401", reads_only=True)
def test_a_request_without_a_key_is_refused(dashboard: Dashboard, method: str, path: str) -> None:
    """A request without a key answers 401."""
    expect_message(dashboard.send(method, path, headers=[]), *UNAUTHORISED)


@pytest.mark.parametrize("headers", [[], [("Authorization", "wrong")]], ids=["no key", "wrong key"])
@pytest.mark.parametrize("group", GROUPS)
@behaviour("key-missing-is-401", reads_only=True)
def test_each_operation_needs_the_key(dashboard: Dashboard, group: str, headers: list[Header]) -> None:
    """Any operation without a key, or with a wrong one, answers 401."""
    for request in requests_of(dashboard, group, GROUPS, headers):
        expect_message(dashboard.send(request.method, request.target, headers=headers), UNAUTHORISED[0])


@pytest.mark.parametrize("key", ["wrong", "", "Bearer wrong", "0" * 32])
@behaviour("key-missing-is-401", reads_only=True)
def test_a_wrong_key_is_refused(dashboard: Dashboard, key: str) -> None:
    """A wrong key answers 401."""
    expect_message(dashboard.send("GET", POLICIES, headers=[("Authorization", key)]), *UNAUTHORISED)


@behaviour("key-missing-is-401", reads_only=True)
def test_the_key_is_compared_whole(dashboard: Dashboard) -> None:
    """A part of the key, and the key with more behind it, answer 401."""
    header, value = dashboard.auth.line
    for wrong in (value[:-1], f"{value}0"):
        expect_message(dashboard.send("GET", POLICIES, headers=[(header, wrong)]), *UNAUTHORISED)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@behaviour("key-missing-is-401")
def test_one_policy_needs_the_key(dashboard: Dashboard, method: str) -> None:
    """A policy is not shown, changed or removed without the key."""
    object_id, name = dashboard.create(rate=3), dashboard.new_id()
    body = {"name": name, "rate": 4} if method == "PUT" else None
    for headers in ([], [("Authorization", "wrong")]):
        expect_message(dashboard.send(method, path_of(object_id), body, headers=headers), *UNAUTHORISED)
    expect_members(dashboard.get(object_id), {"_id": object_id, "rate": 3})


@pytest.mark.parametrize("path", LISTS)
@behaviour("key-is-bare", reads_only=True)
def test_the_bare_key_is_accepted(dashboard: Dashboard, path: str) -> None:
    """The key is accepted without a scheme before it."""
    listed(dashboard.send("GET", path, headers=[("Authorization", dashboard.auth.secret)]))


@pytest.mark.parametrize("path", LISTS)
@behaviour("key-may-be-bearer", reads_only=True)
def test_the_key_is_accepted_after_bearer(dashboard: Dashboard, path: str) -> None:
    """The key is accepted after Bearer."""
    listed(dashboard.send("GET", path, headers=[("Authorization", f"Bearer {dashboard.auth.secret}")]))


@pytest.mark.parametrize("path", [f"{POLICIES}/", f"{POLICIES}/search/?q=tyk-contract-"])
@behaviour("slash-at-end-is-ignored", reads_only=True)
def test_a_slash_at_the_end_is_accepted(dashboard: Dashboard, path: str) -> None:
    """A list is answered at its path with a slash at the end too, without a redirect."""
    listed(dashboard.send("GET", path))


@behaviour("slash-at-end-is-ignored")
def test_a_policy_can_be_posted_to_a_path_with_a_slash(dashboard: Dashboard) -> None:
    """A policy is created, read and removed at paths with a slash at the end."""
    exchange = dashboard.post({"name": dashboard.new_id()}, f"{POLICIES}/")
    expect_message(exchange, 200)
    policy_id = str(exchange.document.get("Message"))
    dashboard.read(policy_id)
    expect_message(dashboard.send("DELETE", f"{path_of(policy_id)}/"), 200, "Data deleted")


@behaviour("slash-at-end-is-ignored")
def test_a_policy_can_be_updated_at_a_path_with_a_slash(dashboard: Dashboard) -> None:
    """A policy is updated at its path with a slash at the end."""
    object_id, name = dashboard.create(), dashboard.new_id()
    expect_message(dashboard.send("PUT", f"{path_of(object_id)}/", {"name": name}), 200, "Data updated")
    expect_members(dashboard.send("GET", f"{path_of(object_id)}/"), {"_id": object_id, "name": name})


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
@behaviour("content-type-does-not-matter")
def test_any_content_type_is_accepted(dashboard: Dashboard, content_type: str) -> None:
    """A policy is created whatever the Content-Type says."""
    headers = [dashboard.auth.line]
    headers += [("Content-Type", content_type)] if content_type else []
    expect_message(dashboard.post({"name": dashboard.new_id()}, headers=headers), 200)


@behaviour("content-type-does-not-matter")
def test_an_update_with_another_content_type(dashboard: Dashboard) -> None:
    """A policy is updated whatever the Content-Type says."""
    object_id, name = dashboard.create(), dashboard.new_id()
    headers = [dashboard.auth.line, ("Content-Type", "text/plain")]
    expect_message(dashboard.send("PUT", path_of(object_id), {"name": name}, headers=headers), 200)
    expect_members(dashboard.get(object_id), {"name": name})


@behaviour("meta-is-text-or-null")
def test_meta_is_null_or_a_text(dashboard: Dashboard) -> None:
    """Meta is null or a text in the answers to writes, and to requests that are refused."""
    created = dashboard.post({"name": dashboard.new_id()})
    path = path_of(str(created.document.get("Message")))
    exchanges = [
        created,
        dashboard.send("PUT", path, {"name": dashboard.new_id()}),
        dashboard.send("DELETE", path),
        dashboard.send("GET", path),
        dashboard.post("{"),
        dashboard.send("GET", POLICIES, headers=[]),
    ]
    for exchange in exchanges:
        if not isinstance(exchange.document.get("Meta", False), str | None):
            raise Mismatch("Meta with null or a text", f"{exchange.status} {exchange.text}", exchange)
