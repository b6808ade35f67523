"""A gateway with policies and many keys, for tests of `tyk-contract impact`."""

from __future__ import annotations

import itertools
import json
import subprocess
from typing import Any

from asking import call
from serving import run_command

from mockserver import MockGateway

SECRET = "s3cret-of-the-gateway"
ORDERS = {"orders": {"versions": ["v1"]}}
BOTH = {"orders": {"versions": ["v1"]}, "invoices": {"versions": ["v1"]}}
POLICIES: dict[str, dict[str, Any]] = {
    "gold": {"rate": 10, "per": 60, "quota_max": 50, "quota_renewal_rate": 60, "access_rights": BOTH, "tags": ["paid"]},
    "silver": {"rate": 5, "per": 10, "quota_max": -1, "access_rights": {"orders": {"versions": ["v2"]}}, "meta_data": {"plan": "s"}},
    "paused": {"rate": 1, "per": 1, "access_rights": ORDERS, "is_inactive": True},
    "acl": {"access_rights": BOTH, "partitions": {"acl": True}},
    "fast": {"rate": 99, "per": 1, "access_rights": ORDERS, "partitions": {"rate_limit": True}},
    "each": {"rate": 7, "per": 1, "partitions": {"per_api": True}, "access_rights": {"orders": {"versions": ["v1"], "limit": {"rate": 2, "per": 1}}}},
}  # fmt: skip
API = {
    "api_id": "orders", "name": "orders", "org_id": "acme", "active": True, "auth": {"auth_header_name": "Authorization"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    "proxy": {"listen_path": "/orders/", "target_url": "http://upstream.test/"},
}  # fmt: skip
NEW_SILVER = {
    "id": "silver",
    "org_id": "acme",
    "rate": 3,
    "per": 1,
    "key_expires_in": 60,
    "access_rights": BOTH,
    "is_inactive": True,
}
NAMES = [names for count in (1, 2, 3) for names in itertools.combinations(POLICIES, count)]


def fill(gateway: MockGateway) -> dict[str, dict[str, Any]]:
    """Write the policies and keys; the sessions as the gateway shows them, by the name in the list of keys."""
    gateway.policies.seed(*({"id": name, "org_id": "acme", **policy} for name, policy in POLICIES.items()))
    assert call(gateway, "POST", "/tyk/apis", API)[0] == 200
    gateway.reload()
    for number, names in enumerate(NAMES):
        session = {
            "org_id": "acme",
            "tags": ["own"],
            "access_rights": ORDERS,
            "rate": number % 3,
            "per": 1,
            "quota_max": 5,
        }
        status, answer = call(
            gateway, "POST", f"/tyk/keys/key{number:05}", {**session, "apply_policies": names}
        )
        if status != 200:  # the policies cannot be applied, but can be assigned
            _, answer = call(gateway, "POST", f"/tyk/keys/key{number:05}", session)
            stored = answer.get("key_hash") or answer["key"]
            status, _ = call(gateway, "POST", f"/tyk/keys/policy/{stored}", {"apply_policies": names})
        assert status == 200
    return sessions(gateway)


def sessions(gateway: MockGateway) -> dict[str, dict[str, Any]]:
    """The sessions of all keys, decoded by the rules of the gateway's version."""
    query = "?hashed=1" if gateway.gateway.config.hash_keys else ""
    _, listing = call(gateway, "GET", "/tyk/keys")
    answers = {name: call(gateway, "GET", f"/tyk/keys/{name}{query}") for name in listing["keys"]}
    codec = gateway.gateway.session_codec
    return {name: codec.decode(json.dumps(session).encode()) for name, (_, session) in answers.items()}


def of_url(gateway: MockGateway, *flags: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a gateway's URL."""
    return run_command("impact", gateway.url, *flags, **{"TYK_GW_SECRET": SECRET, **environment})
