"""Policies: reads return the loaded ones, writes change files."""

from __future__ import annotations

import re

from mockserver.contract.codecs import Malformed, ensure_id
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.handlers.registration import Call, handles, on_files
from mockserver.gateway.replies import changed, error
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_bytes
from mockserver.service.registry import never
from mockserver.storage.backend import NoStorage, Refused

_SAFE_ID = re.compile(r"[a-zA-Z0-9.\-_~]+")  # pkg/identifier/custom.go:10 @v5.13.0

MANY = 200  # loaded policies; listing more takes too long for the event loop


def _many_are_loaded(gateway: Gateway) -> bool:
    return len(gateway.store.loaded.listed) > MANY


@handles("listPolicies", waits=_many_are_loaded)
def list_policies(call: Call) -> Reply:
    """List the loaded policies in random order (gateway/api.go:1076 @v5.12.0)."""
    policies = list(call.state.store.loaded.listed)
    call.state.order.shuffle(policies)
    return json_bytes(b"[" + b",".join(policy.text for policy in policies) + b"]")


@handles("getPolicy", waits=never)
def get_policy(call: Call) -> Reply:
    """Read a loaded policy (gateway/api.go:1064 @v5.12.0)."""
    policy = call.state.store.loaded.by_id.get(call.params["polID"])
    if policy is None or not policy.policy_id:
        return error("Policy not found", 404)
    return json_bytes(policy.text)


@handles("addPolicy", waits=on_files)
@handles("addPolicyAtPath", waits=on_files)
def add_policy(call: Call) -> Reply:
    """Write the policy in the body; an id in the path is ignored."""
    return _write(call, "added")


@handles("updatePolicy", waits=on_files)
def update_policy(call: Call) -> Reply:
    """Write the policy in the body if its id is that of the path."""
    return _write(call, "modified", path_id=call.params["polID"])


def _write(call: Call, action: str, path_id: str | None = None) -> Reply:
    """Write the policy, with checks in the gateway's order (gateway/api.go:1090 @v5.12.0, 1133 @v5.13.0)."""
    gateway = call.state
    if gateway.config.policies_from_dashboard:
        return error("Due to enabled service policy source, please use the Dashboard API", 500)
    try:
        policy = gateway.codec.decode(call.body)
    except Malformed:
        return error("Request malformed", 400)
    checks_ids = "id-characters" in gateway.behaviours and not gateway.config.allow_unsafe_policy_ids
    if checks_ids and policy["id"] and not _SAFE_ID.fullmatch(policy["id"]):
        return error("Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~", 400)
    if path_id is not None and policy["id"] != path_id:
        return error("Request ID does not match that in policy! For Update operations these must match.", 400)
    if "id-required" in gateway.behaviours and not ensure_id(policy):
        return error("Unable to create policy without id.", 400)
    if misplaced := gateway.apis.misplaced(policy["access_rights"]):
        return error(misplaced, 400)
    try:
        gateway.store.write(policy)
    except NoStorage:
        if "storage-is-checked" in gateway.behaviours:
            return error("Unable to access policy storage.", 500)
        return error("Failed to create file!", 500)
    except Refused:
        return error("Failed to create file!", 500)
    return changed(policy["id"], action)


@handles("updatePolicyWithoutId")
def update_policy_without_id(call: Call) -> Reply:
    """Reject the request; the gateway's text does say apiID (gateway/api.go:1513 @v5.12.0)."""
    return error("Must specify an apiID to update", 400)


@handles("deletePolicyWithoutId")
def delete_policy_without_id(call: Call) -> Reply:
    """Reject the request; the gateway's text does say apiID (gateway/api.go:1520 @v5.12.0)."""
    return error("Must specify an apiID to delete", 400)


@handles("deletePolicy", waits=on_files)
def delete_policy(call: Call) -> Reply:
    """Remove the policy's file; the policy stays loaded until a reload (gateway/api.go:1144 @v5.12.0)."""
    try:
        call.state.store.delete(call.params["polID"])
    except (NoStorage, Refused):
        return error("Delete failed", 500)
    return changed(call.params["polID"], "deleted")
