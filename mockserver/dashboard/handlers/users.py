"""Users of the caller's organisation, and the users that the admin API creates."""

from __future__ import annotations

from mockserver.dashboard.documents import parse, text_of
from mockserver.dashboard.handlers.registration import Call, handles, page_of
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, ok, refusal
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

SECTION = "users"
_MALFORMED = refusal("Request body malformed.", 403)
_UNKNOWN = refusal("Could not retrieve user detail.", 404)


@handles("listUsers", SECTION)
def list_users(call: Call) -> Reply:
    """List the users of the organisation, page by page (SW 9088; SYNC client.go:94-121)."""
    users, pages = page_of(call, call.state.users.all(call.user.org_id))
    return json_reply({"users": [_shown(call, user) for user in users], "pages": pages})


@handles("addUser", SECTION)
def add_user(call: Call) -> Reply:
    """Create a user; Meta is the id (SW 9088)."""
    user = call.state.users.create(call.user.org_id, parse(call.body, _MALFORMED))
    return ok("User and session have been created", user["id"])


@handles("getUser", SECTION)
def get_user(call: Call) -> Reply:
    """Read one user (SW 9320)."""
    return json_reply(_shown(call, _found(call)))


@handles("updateUser", SECTION)
def update_user(call: Call) -> Reply:
    """Replace a user (SW 9320)."""
    user = call.state.users.find(call.user.org_id, call.params["userId"])
    if user is None:
        raise Refusal("user does not exist.", 400)
    call.state.users.update(user, parse(call.body, _MALFORMED))
    return ok("User updated")


@handles("deleteUser", SECTION)
def delete_user(call: Call) -> Reply:
    """Remove a user, whose key is refused from then on (SW 9320)."""
    call.state.users.delete(_found(call))
    return ok("User deleted")


@handles("setPassword", SECTION)
def set_password(call: Call) -> Reply:
    """Accept a new password, which nothing asks for (SW 9644)."""
    _found(call)
    parse(call.body, _MALFORMED)
    return ok("User password updated")


@handles("renewUserKey", SECTION)
def renew_user_key(call: Call) -> Reply:
    """Give a user a new access key; the old one is refused from then on (SW 9567)."""
    call.state.users.renew_key(_found(call))
    return ok("User session renewed")


@handles("addAdminUser")
def add_admin_user(call: Call) -> Reply:
    """Create a user of any organisation; the message is the access key (DEMO scripts/common.sh, BOOT)."""
    sent = parse(call.body, Refusal("Request body malformed", 403))
    org_id = text_of(sent, "org_id")
    if call.state.organisations.get(org_id) is None:
        raise Refusal("Could not retrieve org detail", 404)
    user = call.state.users.create(org_id, sent)
    return ok(user["access_key"], user)


@handles("getAdminUser")
def get_admin_user(call: Call) -> Reply:
    """Read one user of any organisation (DEMO, Dashboard Admin API > Users > Get a User)."""
    user = call.state.users.get(call.params["userId"])
    if user is None:
        raise _UNKNOWN
    return json_reply(_shown(call, user))


def _found(call: Call) -> Document:
    user = call.state.users.find(call.user.org_id, call.params["userId"])
    if user is None:
        raise _UNKNOWN
    return user


def _shown(call: Call, user: Document) -> Document:
    """A user in an answer; the configuration may hide the access keys."""
    hides = call.state.config.security__forbid_admin_view_access_token
    return {**user, "access_key": ""} if hides else user
