"""The access key of a user, which each request under /api/ bears."""

from __future__ import annotations

import pytest

from contract_tests.dashboard.checks import UNAUTHORISED, expect_message, listed
from contract_tests.dashboard.client import Dashboard, path_of
from contract_tests.dashboard.resources import POLICIES
from contract_tests.engine.declaration import behaviour

OPERATIONS = [("GET", POLICIES), ("POST", POLICIES), ("GET", f"{POLICIES}/search"), ("GET", "/api/users")]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@behaviour("key-missing-is-401", reads_only=True)
def test_a_request_without_a_key_is_refused(dashboard: Dashboard, method: str, path: str) -> None:
    """A request without a key answers 401."""
    expect_message(dashboard.send(method, path, headers=[]), *UNAUTHORISED)


@pytest.mark.parametrize("key", ["wrong", "", "Bearer wrong", "0" * 32])
@behaviour("key-missing-is-401", reads_only=True)
def test_a_wrong_key_is_refused(dashboard: Dashboard, key: str) -> None:
    """A wrong key answers 401."""
    expect_message(dashboard.send("GET", POLICIES, headers=[("Authorization", key)]), *UNAUTHORISED)


@behaviour("key-is-bare", reads_only=True)
def test_the_bare_key_is_accepted(dashboard: Dashboard) -> None:
    """The key is accepted without a scheme before it."""
    listed(dashboard.send("GET", POLICIES, headers=[("Authorization", dashboard.auth.secret)]))


@behaviour("key-may-be-bearer", reads_only=True)
def test_the_key_is_accepted_after_bearer(dashboard: Dashboard) -> None:
    """The key is accepted after Bearer."""
    listed(dashboard.send("GET", POLICIES, headers=[("Authorization", f"Bearer {dashboard.auth.secret}")]))


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
    policy_id = str(exchange.document["Message"])
    dashboard.read(policy_id)
    expect_message(dashboard.send("DELETE", f"{path_of(policy_id)}/"), 200, "Data deleted")


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
@behaviour("content-type-does-not-matter")
def test_any_content_type_is_accepted(dashboard: Dashboard, content_type: str) -> None:
    """A policy is created whatever the Content-Type says."""
    headers = [("Authorization", dashboard.auth.secret)]
    headers += [("Content-Type", content_type)] if content_type else []
    expect_message(dashboard.post({"name": dashboard.new_id()}, headers=headers), 200)
