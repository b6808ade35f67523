"""Keys, which the Dashboard hands on to its gateway."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote

from mockserver.dashboard.documents import parse
from mockserver.dashboard.gateway_client import GatewayReply
from mockserver.dashboard.handlers.registration import Call, handles, page_of
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, ok
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import always

SECTION = "keys"
_MALFORMED = Refusal("Request body malformed.", 403)
_UNKNOWN = Refusal("Could not retrieve key detail.", 404)
_NO_GATEWAY = Refusal("Failed to unmarshal key data.", 500)


@handles("addKey", SECTION, waits=always)
def add_key(call: Call) -> Reply:
    """Create a key with a name that the gateway chooses (SW 6758)."""
    return _written(call, "POST", "/tyk/keys/create")


@handles("addBasicUser", SECTION, waits=always)
def add_basic_user(call: Call) -> Reply:
    """Create a user of basic authentication (SW 2046; DEMO scripts/common.sh:915)."""
    name = call.params["username"]
    return _written(call, "POST", _key_target(call, name), name)


@handles("addKeyAtPath", SECTION, waits=always)
def add_key_at_path(call: Call) -> Reply:
    """Create a key with a name (SW 6844)."""
    return _written(call, "POST", _target(call))


@handles("getKey", SECTION, waits=always)
@handles("getKeyOfApi", SECTION, waits=always)
def get_key(call: Call) -> Reply:
    """Read the session of a key (SW 6844, 1045)."""
    return _shown(call.params["keyId"], _owned(call))


@handles("updateKey", SECTION, waits=always)
@handles("updateKeyOfApi", SECTION, waits=always)
def update_key(call: Call) -> Reply:
    """Replace the session of a key (SW 6844, 1045)."""
    _owned(call)
    return _written(call, "PUT", _target(call))


@handles("deleteKey", SECTION, waits=always)
@handles("deleteKeyOfApi", SECTION, waits=always)
def delete_key(call: Call) -> Reply:
    """Remove a key (SW 6844, 1045)."""
    _owned(call)
    if call.state.gateway.send("DELETE", _target(call)).status != 200:
        raise Refusal("Could not delete key.", 500)
    _tell_planes(call, call.params["keyId"])
    return ok("Key deleted successfully.")


@handles("listKeysOfApi", SECTION, waits=always)
def list_keys_of_api(call: Call) -> Reply:
    """List the keys of the organisation, page by page (SW 968)."""
    reply = call.state.gateway.send("GET", f"/tyk/keys?filter={quote(call.user.org_id)}")
    if reply.status != 200 or not isinstance(reply.document, dict):
        raise Refusal("Could not retrieve keys.", 404)
    keys, pages = page_of(call, sorted(reply.document.get("keys") or []))
    return json_reply({"data": {"keys": keys}, "pages": pages})


def _target(call: Call) -> str:
    """The path of a key at the gateway, with the query of the request, such as `?hashed=true`."""
    return _key_target(call, call.params["keyId"])


def _key_target(call: Call, key: str) -> str:
    query = f"{call.query or '?'}{'&' if call.query else ''}org_id={quote(call.user.org_id)}"
    return f"/tyk/keys/{quote(key.encode('utf-8', 'surrogateescape'), safe='')}{query}"


def _owned(call: Call) -> Document:
    """The session of a key of the user's organisation."""
    reply: GatewayReply = call.state.gateway.send("GET", _target(call))
    if reply.status == 0:
        raise _NO_GATEWAY
    if reply.status != 200 or not isinstance(reply.document, dict):
        raise _UNKNOWN
    if reply.document.get("org_id") != call.user.org_id:
        raise Refusal("Attempted access to non-owned key.", 400)
    return reply.document


def _written(call: Call, method: str, target: str, name: str = "") -> Reply:
    """Write the session of a body as one of the user's organisation, and show what the gateway stored.

    A gateway that hashes keys does not name the key of a user of basic authentication, which has `name`.
    """
    org_id = call.user.org_id
    session = {**parse(call.body, _MALFORMED), "org_id": org_id}
    call.state.gateway.feed(org_id, session)
    reply = call.state.gateway.send(method, target, session)
    if reply.status != 200 or not isinstance(reply.document, dict):
        raise _NO_GATEWAY if reply.status in (0, 500) else _refused(reply)
    key = str(reply.document.get("key") or name)
    _tell_planes(call, key)
    stored = call.state.gateway.send("GET", _key_target(call, key))
    data = stored.document if stored.status == 200 else session
    return _shown(key, data, str(reply.document.get("key_hash", "")))


def _tell_planes(call: Call, key: str) -> None:
    """Let data planes fetch a key again, or forget it, at their next look (GW ProcessKeySpaceChanges)."""
    is_hash = parse_qs(call.query.removeprefix("?")).get("hashed", [""])[0]
    call.state.control_plane.key_updates.add(call.user.org_id, f"{key}:hashed" if is_hash else key)


def _refused(reply: GatewayReply) -> Refusal:
    message = reply.document.get("message") if isinstance(reply.document, dict) else None
    return Refusal(str(message or "User/Key object validation failed, most likely malformed input."), 400)


def _shown(key: str, data: Any, key_hash: str = "") -> Reply:
    return json_reply({"api_model": {}, "key_id": key, "key_hash": key_hash, "data": data})
