"""Keys: creating, reading, changing, listing and deleting sessions, with their policies applied."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable

from mockserver.contract.codecs import Codec, Malformed
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.key_writes import (
    apply,
    apply_if_possible,
    certificate_problem,
    date,
    forget_past_expiry,
    forget_quotas,
    hash_password,
    keep_counters,
    save,
    save_for_each_api,
    seconds,
)
from mockserver.gateway.policy_merging import Document, is_empty
from mockserver.gateway.provenance import PoliciesNotApplicable
from mockserver.gateway.replies import changed, error
from mockserver.golang.urls import as_bytes
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply, json_text

# Bytes of a custom key id, where it is checked and min_token_length is 0 (gateway/api.go:602 @v5.14.0).
MIN_LENGTH = 3
NOT_MADE = "Failed to create key, ensure security settings are correct."
UNLISTED = "Hashed key listing is disabled in config (enable_hashed_keys_listing)"
UNFILTERED = "The 'filter' parameter (Org ID) is required when filtering by 'api_id' in legacy mode"


@handles("addKey")
@handles("addKeyAtPath")
def add_key(call: Call) -> Reply:
    """Write a key, replacing any with its id (gateway/api.go:497 @v5.12.0)."""
    session = _decoded(call)
    if session is None:
        return error("Request malformed", 400)
    if misplaced := call.state.apis.misplaced(session["access_rights"]):
        return error(misplaced, 400)
    custom_id = call.params.get("keyID", "")
    if too_short := _too_short(call.state, custom_id):
        return error(too_short, 400)
    apply_if_possible(call.state, session)
    session["date_created"] = date(call.state)
    key = call.state.sessions.name_of(session["org_id"], custom_id)
    forget_past_expiry(call.state, session, 0)
    if problem := certificate_problem(call.state, session):
        return error(problem, 400)
    hash_password(call.state, session, None)
    if not save(call.state, key, session, resets=_resets(call), by_hash=_by_hash(call)):
        return error(NOT_MADE, 500)
    if not call.state.config.hash_keys:
        return changed(key, "added")
    key_hash = key if call.parameter("hashed") else call.state.sessions.storage_name(key)
    return changed("" if session["basic_auth_data"]["password"] else key, "added", key_hash)


@handles("updateKey")
@handles("updateKeyWithoutId")
def update_key(call: Call) -> Reply:
    """Replace an existing key; only its creation date stays, and its counters with `suppress_reset=1`."""
    return _by_key_or_user(call, _update)


def _update(call: Call, name: str) -> Reply:
    session = _decoded(call)
    if session is None:
        return error("Request malformed", 400)
    if misplaced := call.state.apis.misplaced(session["access_rights"]):
        return error(misplaced, 400)
    apply_if_possible(call.state, session)
    sessions = call.state.sessions
    entry = sessions.find(session["org_id"], name, by_hash=_by_hash(call))
    if entry is None:
        return error("Key is not found", 404)
    key, original = entry
    if session["certificate"] != original["certificate"]:
        if not session["certificate"]:
            return error("Key cannot be used without a certificate", 400)
        if call.state.certificates.get(session["certificate"]) is None:
            return error("Key must be used with an existent certificate", 400)
    session["date_created"] = original["date_created"]
    if not _resets(call):
        keep_counters(session, original)
    forget_past_expiry(call.state, session, original["expires"])
    if problem := certificate_problem(call.state, session, original):
        return error(problem, 400)
    hash_password(call.state, session, original)
    if not save(call.state, key, session, resets=_resets(call), by_hash=_by_hash(call)):
        return error(NOT_MADE, 500)
    return changed(key, "modified")


@handles("getKey")
def get_key(call: Call) -> Reply:
    """Read a key with its current policies applied as far as possible (gateway/api.go:662 @v5.12.0)."""
    return _by_key_or_user(call, _get)


def _get(call: Call, name: str) -> Reply:
    gateway, by_hash = call.state, _by_hash(call)
    if by_hash and not gateway.config.hash_keys:
        return error("Key requested by hash but key hashing is not enabled", 400)
    api = gateway.apis.loaded.by_id.get(call.parameter("api_id"))
    org_id = api.org_id if api else call.parameter("org_id")
    entry = gateway.sessions.find(org_id, name, by_hash=by_hash)
    if entry is None:
        return error("Key not found", 404)
    key, session = entry
    apply_if_possible(call.state, session, api)
    _set_remaining_quotas(call, key if by_hash else gateway.sessions.storage_name(key), session)
    session["basic_auth_data"]["password"] = ""
    return json_text(gateway.session_codec.encode(session))


def _set_remaining_quotas(call: Call, storage_name: str, session: Document) -> None:
    """Set the remaining quotas; an unused quota is set in the limits of APIs only, as the gateway does."""
    quotas = call.state.quotas
    used = quotas.used(("", storage_name))
    if session["quota_max"] != -1 and used is not None:
        session["quota_remaining"] = max(0, session["quota_max"] - used)
    for right in (session["access_rights"] or {}).values():
        limit = right["limit"]
        if not is_empty(limit) and limit["quota_max"] not in (-1, 0):
            used, most = quotas.used((right["allowance_scope"], storage_name)), limit["quota_max"]
            remaining = most if used is None else max(0, most - used)
            right["limit"] = {**limit, "quota_remaining": remaining}


@handles("deleteKey")
@handles("deleteKeyWithoutId")
def delete_key(call: Call) -> Reply:
    """Delete a key (gateway/api.go:927 @v5.12.0)."""
    return _by_key_or_user(call, _delete)


def _delete(call: Call, name: str) -> Reply:
    sessions, by_hash, org_id = call.state.sessions, _by_hash(call), call.parameter("org_id")
    entry = sessions.find(org_id, name, by_hash=by_hash)
    if entry is None:
        return error("There is no such key found", 404)
    key, session = entry
    for_all = call.parameter("api_id") == "-1"
    if not (by_hash and for_all):
        forget_quotas(call.state, key, session, by_hash=by_hash)
    if not sessions.remove(org_id, key, by_hash=by_hash):
        return error("Failed to remove the key", 400)
    return json_text("null") if for_all else changed(key, "deleted")


@handles("listKeys")
def list_keys(call: Call) -> Reply:
    """List the names that keys are stored under (gateway/api.go:1781 @v5.12.0)."""
    config, prefix, api_id = call.state.config, call.parameter("filter"), ""
    if "keys-are-filtered-by-api" in call.state.behaviours:
        api_id = call.parameter("api_id")
    if config.hash_keys:
        if not config.enable_hashed_keys_listing:
            return error(UNLISTED, 404)
        prefix = ""
    elif api_id and not prefix:
        return error(UNFILTERED, 400)
    names = call.state.sessions.names(prefix)
    if api_id:
        names = sorted(name for name in names if _has_access(call, name, api_id, prefix))
    return json_reply({"keys": names})


@handles("createKey")
def create_key(call: Call) -> Reply:
    """Create a key; an error names its cause, unlike that of `add_key` (gateway/api.go:2102 @v5.12.0)."""
    gateway = call.state
    try:
        session = gateway.session_codec.decode(call.body)
    except Malformed:
        return error("Unmarshalling failed", 500)
    key = gateway.sessions.name_of(session["org_id"], session["certificate"])
    if session["hmac_enabled"]:
        session["hmac_string"] = base64.b64encode(uuid.uuid4().hex.encode()).decode()
    if session["certificate"] and gateway.sessions.find(session["org_id"], key):
        return error(f"Failed to create key - Key with given certificate already found:{key}", 500)
    if problem := certificate_problem(gateway, session):
        return error(problem, 400)
    session |= {"last_updated": seconds(call.state), "date_created": date(call.state)}
    try:
        apply(call.state, session)
        is_saved = save_for_each_api(call.state, key, session, resets=True)
    except PoliciesNotApplicable as reason:
        return error(f"Failed to create key - {reason}", 500)
    if not is_saved:
        return error("Failed to create key, keys must have at least one Access Rights record set.", 400)
    return changed(key, "added", gateway.sessions.storage_name(key) if gateway.config.hash_keys else "")


@handles("previewKey")
def preview_key(call: Call) -> Reply:
    """Apply a session's policies without saving it; the answer does not report policies that cannot apply."""
    try:
        session = call.state.session_codec.decode(call.body)
    except Malformed:
        return error("Unmarshalling failed", 500)
    session |= {"last_updated": seconds(call.state), "date_created": date(call.state)}
    apply_if_possible(call.state, session)
    return json_text(call.state.session_codec.encode(session))


@handles("setPoliciesOfKey")
def set_policies_of_key(call: Call) -> Reply:
    """Replace the policies of a key, given the name it is stored under (gateway/api.go:1843 @v5.12.0)."""
    try:
        change = Codec.of(call.state.contract, "PolicyChange").decode(call.body)
    except Malformed:
        return error("Couldn't decode instruction", 400)
    policy_ids = change["apply_policies"]
    if change["policy"]:
        policy_ids = [*(policy_ids or []), change["policy"]]
    entry = call.state.sessions.find("", call.params["keyID"], by_hash=True)
    if entry is None:
        return error("Key not found", 404)
    key, session = entry
    session |= {"last_updated": seconds(call.state), "apply_policy_id": "", "apply_policies": policy_ids}
    call.state.sessions.save(key, session, by_hash=True)
    return changed(key, "updated")


# ---------------------------------------------------------------- shared by several handlers


def _decoded(call: Call) -> Document | None:
    try:
        return call.state.session_codec.decode(call.body, whole=True)
    except Malformed:
        return None


def _has_access(call: Call, name: str, api_id: str, org_id: str) -> bool:
    entry = call.state.sessions.find(org_id, name, by_hash=call.state.config.hash_keys)
    if entry is None:
        return False
    rights = entry[1]["access_rights"]
    return api_id in rights if rights else call.state.config.allow_master_keys


def _by_key_or_user(call: Call, handler: Callable[[Call, str], Reply]) -> Reply:
    """Answer for the key in the path, or for that of a user; with a hash function, try the user first."""
    key_id, config = call.params.get("keyID", ""), call.state.config
    if call.parameter("username") != "true" or config.disable_key_actions_by_username:
        return handler(call, key_id)
    reply = handler(call, call.state.sessions.name_of(call.parameter("org_id"), key_id))
    is_retried = reply.status != 200 and config.hash_key_function
    return handler(call, key_id) if is_retried else reply


def _too_short(gateway: Gateway, custom_id: str) -> str:
    """Why no request could use a key of this id; "" if one could, or in versions that do not check it."""
    length, shortest = len(as_bytes(custom_id)), gateway.config.min_token_length or MIN_LENGTH
    if "short-key-ids-are-refused" not in gateway.behaviours or not 0 < length < shortest:
        return ""
    problem = f"custom key ID length {length} is less than min_token_length ({shortest})"
    advice = "Use an ID of at least min_token_length characters, or lower min_token_length"
    return f"{problem}; the key would be unreachable at auth time. {advice} in the gateway configuration."


def _resets(call: Call) -> bool:
    return call.parameter("suppress_reset") != "1"


def _by_hash(call: Call) -> bool:
    return bool(call.parameter("hashed"))
