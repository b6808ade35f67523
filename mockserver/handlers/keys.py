"""Keys: sessions that are made, read, changed, listed and forgotten, and what policies give them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from mockserver import gojson, gourl
from mockserver.goscalar import Problems
from mockserver.grants import NotApplied
from mockserver.handlers.registry import handles
from mockserver.merging import Document, is_empty
from mockserver.replies import Call, Reply, changed, error, json_reply, json_text
from mockserver.session import MalformedSession, applying

MIN_LENGTH = 3  # of a key's own id, where it is looked at (gateway/api.go:602 @v5.14.0)
NOT_MADE = "Failed to create key, ensure security settings are correct."
UNLISTED = "Hashed key listing is disabled in config (enable_hashed_keys_listing)"
UNFILTERED = "The 'filter' parameter (Org ID) is required when filtering by 'api_id' in legacy mode"


@handles("addKey")
@handles("addKeyAtPath")
def add_key(call: Call) -> Reply:
    """Write a key, over one that is there (gateway/api.go:497 @v5.12.0)."""
    session = _decoded(call)
    if session is None:
        return error("Request malformed", 400)
    name = call.params.get("keyID", "")
    if "short-key-ids-are-refused" in call.gateway.behaviours and 0 < len(name.encode()) < MIN_LENGTH:
        return error(_too_short(name), 400)
    _apply_if_possible(call, session)
    session["date_created"] = _now(call)
    key = call.gateway.sessions.name_of(session["org_id"], name)
    _forget_past_expiry(call, session, 0)
    _hide_password(session, None)
    if not _save(call, key, session):
        return error(NOT_MADE, 500)
    if not call.gateway.config.hash_keys:
        return changed(key, "added")
    key_hash = key if _query(call, "hashed") else call.gateway.sessions.stored_as(key)
    return changed("" if session["basic_auth_data"]["password"] else key, "added", key_hash)


@handles("updateKey")
@handles("updateKeyWithoutId")
def update_key(call: Call) -> Reply:
    """Write a key that is there; of the old one only its date and what the query keeps remain."""
    return _by_any_name(call, _update)


def _update(call: Call, name: str) -> Reply:
    session = _decoded(call)
    if session is None:
        return error("Request malformed", 400)
    _apply_if_possible(call, session)
    sessions = call.gateway.sessions
    found = sessions.find(session["org_id"], name, by_hash=bool(_query(call, "hashed")))
    if found is None:
        return error("Key is not found", 404)
    key, original = found
    if session["certificate"] != original["certificate"]:
        if not session["certificate"]:
            return error("Key cannot be used without a certificate", 400)
        return error("Key must be used with an existent certificate", 400)
    session["date_created"] = original["date_created"]
    if _query(call, "suppress_reset") == "1":
        _keep_counters(session, original)
    _forget_past_expiry(call, session, original["expires"])
    _hide_password(session, original)
    if not _save(call, key, session):
        return error(NOT_MADE, 500)
    return changed(key, "modified")


@handles("getKey")
def get_key(call: Call) -> Reply:
    """A session with its policies as they are now, be they wrong or not (gateway/api.go:661 @v5.12.0)."""
    return _by_any_name(call, _get)


def _get(call: Call, name: str) -> Reply:
    gateway, by_hash = call.gateway, bool(_query(call, "hashed"))
    if by_hash and not gateway.config.hash_keys:
        return error("Key requested by hash but key hashing is not enabled", 400)
    found = gateway.sessions.find(_query(call, "org_id"), name, by_hash=by_hash)
    if found is None:
        return error("Key not found", 404)
    _, session = found
    _apply_if_possible(call, session)
    for right in (session["access_rights"] or {}).values():
        limit = right["limit"]
        if not is_empty(limit) and limit["quota_max"] not in (-1, 0):
            right["limit"] = {**limit, "quota_remaining": limit["quota_max"]}
    session["basic_auth_data"]["password"] = ""
    return json_text(gateway.session_codec.encode(session))


@handles("deleteKey")
@handles("deleteKeyWithoutId")
def delete_key(call: Call) -> Reply:
    """Forget a key (gateway/api.go:868 @v5.12.0)."""
    return _by_any_name(call, _delete)


def _delete(call: Call, name: str) -> Reply:
    sessions, by_hash, org_id = call.gateway.sessions, bool(_query(call, "hashed")), _query(call, "org_id")
    found = sessions.find(org_id, name, by_hash=by_hash)
    if found is None:
        return error("There is no such key found", 404)
    key, _ = found
    if not sessions.remove(org_id, key, by_hash=by_hash):
        return error("Failed to remove the key", 400)
    return json_text("null") if _query(call, "api_id") == "-1" else changed(key, "deleted")


@handles("listKeys")
def list_keys(call: Call) -> Reply:
    """The names that keys are kept under (gateway/api.go:1781 @v5.12.0)."""
    config, prefix, api = call.gateway.config, _query(call, "filter"), ""
    if "keys-are-filtered-by-api" in call.gateway.behaviours:
        api = _query(call, "api_id")
    if config.hash_keys:
        if not config.enable_hashed_keys_listing:
            return error(UNLISTED, 404)
        prefix = ""
    elif api and not prefix:
        return error(UNFILTERED, 400)
    names = call.gateway.sessions.names(prefix)
    if api:
        names = sorted(name for name in names if _has_access(call, name, api, prefix))
    return json_reply({"keys": names})


@handles("createKey")
def create_key(call: Call) -> Reply:
    """Make a key, and say why not (gateway/api.go:2102 @v5.12.0)."""
    gateway = call.gateway
    try:
        session = gateway.session_codec.decode(call.body)
    except MalformedSession:
        return error("Unmarshalling failed", 500)
    key = gateway.sessions.name_of(session["org_id"], session["certificate"])
    if session["hmac_enabled"]:
        session["hmac_string"] = base64.b64encode(uuid.uuid4().hex.encode()).decode()
    if session["certificate"] and gateway.sessions.find(session["org_id"], key):
        return error(f"Failed to create key - Key with given certificate already found:{key}", 500)
    session |= {"last_updated": _seconds(call), "date_created": _now(call)}
    try:
        _apply(call, session)
        _apply_for_each_api(call, session, resets=True)
    except NotApplied as reason:
        return error(f"Failed to create key - {reason}", 500)
    if session["access_rights"]:
        gateway.sessions.save(key, session)
    elif not gateway.config.allow_master_keys:
        return error("Failed to create key, keys must have at least one Access Rights record set.", 400)
    return changed(key, "added", gateway.sessions.stored_as(key) if gateway.config.hash_keys else "")


@handles("previewKey")
def preview_key(call: Call) -> Reply:
    """What a session gets; nothing is kept, and what is wrong with its policies not told."""
    try:
        session = call.gateway.session_codec.decode(call.body)
    except MalformedSession:
        return error("Unmarshalling failed", 500)
    session |= {"last_updated": _seconds(call), "date_created": _now(call)}
    _apply_if_possible(call, session)
    return json_text(call.gateway.session_codec.encode(session))


@handles("setPoliciesOfKey")
def set_policies_of_key(call: Call) -> Reply:
    """Name other policies for a key, by the name it is kept under (gateway/api.go:1838 @v5.12.0)."""
    kind, problems = call.gateway.contract.type_of("PolicyChange"), Problems()
    try:
        change = kind.decode(gojson.read(call.body)[0], kind.fresh(), problems)
    except gojson.JSONSyntaxError:
        problems.found.append("no JSON")
    if problems.found:
        return error("Couldn't decode instruction", 400)
    names = change["apply_policies"]
    if change["policy"]:
        names = [*(names or []), change["policy"]]
    found = call.gateway.sessions.find("", call.params["keyID"], by_hash=True)
    if found is None:
        return error("Key not found", 404)
    key, session = found
    session |= {"last_updated": _seconds(call), "apply_policy_id": "", "apply_policies": names}
    call.gateway.sessions.save(key, session, by_hash=True)
    return changed(key, "updated")


# ---------------------------------------------------------------- what several of them do


def _decoded(call: Call) -> Document | None:
    try:
        return call.gateway.session_codec.decode(call.body, whole=True)
    except MalformedSession:
        return None


def _apply(call: Call, session: Document) -> None:
    gateway = call.gateway
    applying(session, gateway.store, gateway.session_codec, gateway.behaviours).run()


def _apply_if_possible(call: Call, session: Document) -> None:
    try:
        _apply(call, session)
    except NotApplied:
        return


def _apply_for_each_api(call: Call, session: Document, *, resets: bool) -> None:
    """A gateway saves a key for each API it has a right to, and applies its policies each time."""
    for _ in list(session["access_rights"] or {}):
        if resets:
            session["quota_renews"] = int(call.gateway.clock.now()) + session["quota_renewal_rate"]
        _apply(call, session)


def _save(call: Call, key: str, session: Document) -> bool:
    """Keep a session, its policies applied for each API, or say that it may not be (gateway/api.go:380)."""
    gateway, resets = call.gateway, _query(call, "suppress_reset") != "1"
    if resets:
        session["last_updated"] = _seconds(call)
    if not session["access_rights"]:
        return gateway.config.allow_master_keys
    try:
        _apply_for_each_api(call, session, resets=resets)
    except NotApplied:
        return False
    gateway.sessions.save(key, session, by_hash=bool(_query(call, "hashed")))
    return True


def _keep_counters(session: Document, original: Document) -> None:
    session |= {name: original[name] for name in ("quota_renews", "last_updated")}
    for api, right in (original["access_rights"] or {}).items():
        new = (session["access_rights"] or {}).get(api)
        if new is not None and not is_empty(right["limit"]) and not is_empty(new["limit"]):
            new["limit"]["quota_renews"] = right["limit"]["quota_renews"]


def _forget_past_expiry(call: Call, session: Document, before: int) -> None:
    if 1 < session["expires"] < call.gateway.clock.now():
        session["expires"] = before


def _hide_password(session: Document, original: Document | None) -> None:
    """A password is kept as its hash, and never answered; one that is not sent stays."""
    data = session["basic_auth_data"]
    if data["password"] and (original is None or original["basic_auth_data"] != data):
        data["hash_type"] = "bcrypt"
    elif original is not None and not data["password"]:
        session["basic_auth_data"] = dict(original["basic_auth_data"])


def _has_access(call: Call, name: str, api: str, org_id: str) -> bool:
    found = call.gateway.sessions.find(org_id, name, by_hash=call.gateway.config.hash_keys)
    if found is None:
        return False
    rights = found[1]["access_rights"]
    return api in rights if rights else call.gateway.config.allow_master_keys


def _by_any_name(call: Call, answer: Callable[[Call, str], Reply]) -> Reply:
    """Answer for the key that the path names, or for a user's; with a hash function for both."""
    plain = call.params.get("keyID", "")
    if _query(call, "username") != "true":
        return answer(call, plain)
    reply = answer(call, call.gateway.sessions.name_of(_query(call, "org_id"), plain))
    again = reply.status != 200 and call.gateway.config.hash_key_function
    return answer(call, plain) if again else reply


def _query(call: Call, name: str) -> str:
    return gourl.first_value(call.query, name)


def _too_short(name: str) -> str:
    told = f"custom key ID length {len(name.encode())} is less than min_token_length ({MIN_LENGTH})"
    advice = "Use an ID of at least min_token_length characters, or lower min_token_length"
    return f"{told}; the key would be unreachable at auth time. {advice} in the gateway configuration."


def _seconds(call: Call) -> str:
    return str(int(call.gateway.clock.now()))


def _now(call: Call) -> str:
    moment = datetime.fromtimestamp(call.gateway.clock.now(), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"
