"""Keys, which the Dashboard hands on to its gateway."""

from __future__ import annotations

from typing import Any

from mockserver.dashboard.documents import parse
from mockserver.dashboard.handlers.registration import Call, handles, page_of
from mockserver.dashboard.keys import WrittenKey
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import ok, refusal
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import always

SECTION = "keys"
_MALFORMED = refusal("Request body malformed.", 403)


@handles("addKey", SECTION, waits=always)
def add_key(call: Call) -> Reply:
    """Create a key with a name that the gateway chooses (SW 6758)."""
    return _written(call.state.keys.create(call.user.org_id, _session(call)))


@handles("addBasicUser", SECTION, waits=always)
def add_basic_user(call: Call) -> Reply:
    """Create a user of basic authentication (SW 2046; DEMO scripts/common.sh:915)."""
    name = call.params["username"]
    return _written(call.state.keys.create(call.user.org_id, _session(call), name, call.query))


@handles("addKeyAtPath", SECTION, waits=always)
def add_key_at_path(call: Call) -> Reply:
    """Create a key with a name (SW 6844)."""
    return _written(call.state.keys.create(call.user.org_id, _session(call), *_place(call)))


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
    return _written(call.state.keys.update(call.user.org_id, _session(call), *_place(call)))


@handles("deleteKey", SECTION, waits=always)
@handles("deleteKeyOfApi", SECTION, waits=always)
def delete_key(call: Call) -> Reply:
    """Remove a key (SW 6844, 1045)."""
    _owned(call)
    call.state.keys.delete(call.user.org_id, *_place(call))
    return ok("Key deleted successfully.")


@handles("listKeysOfApi", SECTION, waits=always)
def list_keys_of_api(call: Call) -> Reply:
    """List the keys of the organisation, page by page (SW 968)."""
    keys, pages = page_of(call, call.state.keys.names(call.user.org_id))
    return json_reply({"data": {"keys": keys}, "pages": pages})


def _place(call: Call) -> tuple[str, str]:
    """The id of the key in the path, and the query of the request, such as `?hashed=true`."""
    return call.params["keyId"], call.query


def _owned(call: Call) -> Document:
    """The session of a key of the user's organisation."""
    session: Document = call.state.keys.session(call.user.org_id, *_place(call))
    return session


def _session(call: Call) -> Document:
    return parse(call.body, _MALFORMED)


def _written(written: WrittenKey) -> Reply:
    return _shown(written.key, written.session, written.key_hash)


def _shown(key: str, data: Any, key_hash: str = "") -> Reply:
    return json_reply({"api_model": {}, "key_id": key, "key_hash": key_hash, "data": data})
