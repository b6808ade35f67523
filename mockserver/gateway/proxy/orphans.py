"""The lines of a gateway's log about a key whose policies are gone, which stand in the journal too.

A gateway refuses such a key like an unknown one, and tells the reason in its log alone. Recorded on gateways
5.12.0 and 5.14.0: `policy not found: "gold"` for each missing policy, and the reason of the refusal with the
fields of the request. The hash of the key and the ids of its policies are fields of ours.
"""

from __future__ import annotations

import logging

from mockserver.console.logs import fields
from mockserver.gateway import key_ids
from mockserver.gateway.api_definition import Api
from mockserver.gateway.policy_application import PolicyApplication
from mockserver.gateway.policy_merging import quoted

LOG = logging.getLogger("tyk-contract")


def log_missing(application: PolicyApplication, key: str) -> list[str]:
    """Log each policy of a session that is not loaded; `key` is "" for a session without a key.

    Returns a warning for each.
    """
    missing = [name for name, policy in application.listed or () if policy is None]
    for name in missing:
        LOG.error("policy not found: %s", quoted(name), extra=fields(**_hash(key), policy_id=name))
    return [f"policy not found: {quoted(name)}{_of(key)}" for name in missing]


def log_refusal(api: Api, origin: str, path: str, key: str, policies: list[str], reason: str) -> list[str]:
    """Log why the policies of a key could not be applied for a request from an address to a path.

    Returns a warning, unless the reason is a missing policy, which `log_missing` has told.
    """
    LOG.error(
        "%s",
        reason,
        extra=fields(
            api_id=api.id,
            api_name=api.fields["name"],
            org_id=api.org_id,
            origin=origin,
            path=path,
            type="request",
            **_hash(key),
            policy_ids=policies,
        ),
    )
    if reason.startswith("policy not found"):
        return []
    return [f"{reason}: {', '.join(map(quoted, policies))}{_of(key)}"]


def _of(key: str) -> str:
    return f" (key_hash {key_hash(key)})" if key else ""


def key_hash(key: str) -> str:
    """The hash that names a key in the log and the journal, whatever the gateway stores."""
    return key_ids.storage_name(key, hashed=True)


def _hash(key: str) -> dict[str, str]:
    return {"key_hash": key_hash(key)} if key else {}
