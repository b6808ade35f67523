"""Gateways that take their policies from the Dashboard: what they are given, and how they are admitted."""

from __future__ import annotations

import re

import pytest

from contract_tests.dashboard.apis import rights_to_new_apis
from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.nodes import Node, node_of
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import behaviour
from contract_tests.engine.exchange import Exchange

PULLS = ["/system/policies", "/system/apis"]
REQUESTS = [("GET", "/register/node"), ("GET", "/register/ping"), *(("GET", path) for path in PULLS)]


def _expect(exchange: Exchange, status: int) -> None:
    if exchange.status != status:
        raise Mismatch(str(status), f"{exchange.status} {exchange.text}", exchange)


@pytest.mark.parametrize(("method", "path"), REQUESTS)
@behaviour("node-secret-is-required")
def test_a_wrong_node_secret_is_refused(dashboard: Dashboard, method: str, path: str) -> None:
    """A request of a gateway without the node secret, or with a wrong one, answers 403."""
    with node_of(dashboard) as node:
        nonce = node.nonce
        for secret in ("", "wrong", dashboard.options.second[:-1], dashboard.options.second + "0"):
            _expect(node.send(method, path, secret=secret), 403)
            node.nonce = nonce


@behaviour("node-registers")
def test_each_registration_has_an_id_of_its_own(dashboard: Dashboard) -> None:
    """A gateway that registers is given a node id, which it has after each further answer."""
    with node_of(dashboard) as node:
        _expect(node.send("GET", "/register/ping"), 200)


@behaviour("node-nonce-is-handed-on")
def test_each_answer_has_the_nonce_of_the_next_request(dashboard: Dashboard) -> None:
    """A chain of requests, each with the nonce of the answer before it, is admitted; each nonce is new."""
    with node_of(dashboard) as node:
        nonces = [node.nonce]
        for path in ("/register/ping", *PULLS, "/register/ping"):
            exchange = node.send("GET", path)
            _expect(exchange, 200)
            if not node.nonce or node.nonce in nonces:
                raise Mismatch("a new Nonce in each answer", f"{node.nonce!r} after {nonces}", exchange)
            nonces.append(node.nonce)


@behaviour("node-is-given-policies")
def test_a_new_policy_is_in_the_next_pull(dashboard: Dashboard) -> None:
    """A policy that is created, changed and deleted shows as such in the next pull of a gateway."""
    with node_of(dashboard) as node:
        object_id = dashboard.create(rate=3, per=7)
        _expect_policy(node, object_id, rate=3, per=7)
        name = dashboard.read(object_id)["name"]
        _expect(dashboard.put(object_id, {"name": name, "rate": 4, "per": 8}), 200)
        _expect_policy(node, object_id, rate=4, per=8)
        _expect(dashboard.delete(object_id), 200)
        exchange, policies = node.policies()
        if object_id in policies:
            raise Mismatch(f"no policy {object_id}, which was deleted", "it is in the list", exchange)


def _expect_policy(node: Node, object_id: str, **members: object) -> None:
    exchange, policies = node.policies()
    if object_id not in policies:
        raise Mismatch(f"the policy {object_id}", f"policies {', '.join(policies) or 'none'}", exchange)
    given = {name: policies[object_id].get(name) for name in members}
    if given != members:
        raise Mismatch(f"{members} in the policy {object_id}", str(given), exchange)


@behaviour("node-policies-are-as-read")
def test_a_gateway_is_given_what_is_read(dashboard: Dashboard) -> None:
    """A gateway is given the rights, limits and partitions of a policy as a GET of it answers."""
    rights = {"orders": {"api_id": "orders", "api_name": "Orders", "versions": ["Default"]}}
    object_id = dashboard.create(
        rate=5, per=1, quota_max=9, quota_renewal_rate=60, access_rights=rights, key_expires_in=600,
        partitions={"acl": True}, tags=["a"], meta_data={"b": "c"}, active=True,
    )  # fmt: skip
    members = (
        "id", "org_id", "name", "rate", "per", "quota_max", "quota_renewal_rate", "access_rights",
        "key_expires_in", "partitions", "tags", "meta_data", "active", "is_inactive",
    )  # fmt: skip
    read = dashboard.read(object_id)
    with node_of(dashboard) as node:
        _expect_policy(node, object_id, **{name: read.get(name) for name in members})


@behaviour("node-policy-ids-are-hexadecimal")
def test_each_policy_of_a_gateway_has_an_id_that_it_takes(dashboard: Dashboard) -> None:
    """Each policy that a gateway is given has 24 hex digits in _id, for it refuses the whole list else."""
    dashboard.create()
    with node_of(dashboard) as node:
        exchange, policies = node.policies()
    if wrong := [name for name in policies if not re.fullmatch("[0-9a-f]{24}", name)]:
        raise Mismatch("24 hex digits in each _id", ", ".join(map(repr, wrong[:5])), exchange)


@behaviour("node-is-given-inactive-policies")
def test_a_gateway_is_given_inactive_policies(dashboard: Dashboard) -> None:
    """Policies that are drafts, denied or not active are given to gateways, with is_inactive as read."""
    ids = [dashboard.create(state=state) for state in ("active", "draft", "deny")]
    with node_of(dashboard) as node:
        for object_id in ids:
            read = dashboard.read(object_id)
            _expect_policy(node, object_id, is_inactive=read["is_inactive"])


@behaviour("node-is-given-apis")
def test_a_new_api_is_in_the_next_pull(dashboard: Dashboard) -> None:
    """An API that is created is in the next pull of a gateway, where each entry has its api_definition."""
    (api_id,) = rights_to_new_apis(dashboard, "jwt")
    with node_of(dashboard) as node:
        exchange = node.get("/system/apis")
    definitions = [entry.get("api_definition") for entry in exchange.document["Message"]]
    if not all(isinstance(one, dict) and isinstance(one.get("api_id"), str) for one in definitions):
        raise Mismatch("an api_definition with an api_id in each entry", exchange.text, exchange)
    given = {one["api_id"]: one.get("enable_jwt") for one in definitions}
    if given.get(api_id) is not True:
        raise Mismatch(f"the API {api_id} with enable_jwt", f"the APIs {', '.join(given)}", exchange)


@behaviour("node-leaves")
def test_a_node_that_left_is_not_known(dashboard: Dashboard) -> None:
    """A gateway that has left cannot ping under its node id, so that it registers again."""
    with node_of(dashboard) as node:
        exchange = node.send("DELETE", "/system/node")
        _expect(exchange, 200)
        _expect(node.send("GET", "/register/ping"), 403)
        node.register()
