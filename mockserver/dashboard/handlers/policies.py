"""Policies: list, search, create, read, update, delete, import."""

from __future__ import annotations

from mockserver.dashboard.handlers.registration import Call, handles, paging_of
from mockserver.dashboard.listing import Criteria
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, ok
from mockserver.golang import json_reader
from mockserver.golang.json_reader import JSONSyntaxError, Object
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

SECTION = "policies"


@handles("listPolicies", SECTION)
def list_policies(call: Call) -> Reply:
    """List the policies of the user's organisation, page by page (SW 7658)."""
    return _page(call, Criteria(active=_has(call, "active")))


@handles("searchPolicies", SECTION)
def search_policies(call: Call) -> Reply:
    """List the policies that fit all criteria (SW 8138)."""
    return _page(
        call,
        Criteria(
            text=call.parameter("q"),
            policy_ids=_split(call, "policy_ids"),
            active=_has(call, "active"),
            state=call.parameter("state"),
            api_ids=_split(call, "api_id"),
            auth_type=call.parameter("auth_type"),
            sort=call.parameter("sort"),
        ),
    )


@handles("getPolicy", SECTION)
def get_policy(call: Call) -> Reply:
    """Read one policy, without an envelope (SW 7838)."""
    policy = call.state.policies.get(call.user, call.params["id"])
    return json_reply(call.state.form.document(policy))


@handles("addPolicy", SECTION)
def add_policy(call: Call) -> Reply:
    """Create a policy; the message is its database id (SW 7658, SYNC policies.go:109)."""
    form = call.state.form
    policy = call.state.policies.create(call.user.org_id, form.decode(call.body))
    return form.created(policy["_id"])


@handles("updatePolicy", SECTION)
def update_policy(call: Call) -> Reply:
    """Replace a policy (SW 7838)."""
    form = call.state.form
    call.state.policies.update(call.user, call.params["id"], form.decode(call.body))
    return form.updated()


@handles("deletePolicy", SECTION)
def delete_policy(call: Call) -> Reply:
    """Remove a policy; keys keep its id (SW 7838, S002)."""
    call.state.policies.delete(call.user, call.params["id"])
    return ok("Data deleted")


@handles("importPolicies")
def import_policies(call: Call) -> Reply:
    """Write an exported list with the ids of its policies (ASW 956)."""
    if not call.body.strip():
        raise Refusal("Failed to read response body, body empty", 500)
    ids = call.state.policies.import_all(_exported(call))
    return ok("Policies imported", dict.fromkeys(ids, True))


def _exported(call: Call) -> list[Document]:
    """The policies of the list in a body; the member Data is found in any case of letters, as Go does."""
    malformed = Refusal("Request body malformed", 403)  # without a full stop, unlike that of policies
    try:
        node, _ = json_reader.read(call.body)
    except JSONSyntaxError:
        raise malformed from None
    if not isinstance(node, Object):
        raise malformed
    data = next((value for name, value in reversed(node) if name.lower() == "data"), None) or []
    if not isinstance(data, list) or isinstance(data, Object):
        raise malformed
    policies = [policy for item in data if (policy := call.state.form.of_node(item)) is not None]
    if len(policies) < len(data):
        raise malformed
    return policies


def _page(call: Call, criteria: Criteria) -> Reply:
    """The reply with one page of the policies that fit."""
    return call.state.form.listing(*call.state.policies.page(call.user, criteria, paging_of(call)))


def _has(call: Call, name: str) -> bool:
    return bool(call.parameter(name))


def _split(call: Call, name: str) -> tuple[str, ...]:
    return tuple(part for part in call.parameter(name).split(",") if part)
