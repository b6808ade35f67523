"""Nodes: gateways register, pull policies and APIs, ping, and leave (GW gateway/dashboard_register.go)."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from mockserver.dashboard.handlers.registration import Call, handles
from mockserver.dashboard.nodes.nodes import Node, digests_of
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

CHANGES = "X-Mock-Changes"  # the number of changes, by which gateways of ours know that a reload is due
LOG = logging.getLogger("tyk-contract")


@handles("registerNode")
def register_node(call: Call) -> Reply:
    """Give a gateway a node id."""
    node = call.state.admission.register(call.request)
    LOG.info("node %s registered: %s", node.id, node.hostname or "without a name")
    return _reply(call, node, {"NodeID": node.id})


@handles("pingNode")
def ping_node(call: Call) -> Reply:
    """Note that a node lives."""
    return _reply(call, call.state.admission.admit(call.request, is_pull=False), None)


@handles("getNodePolicies")
def get_node_policies(call: Call) -> Reply:
    """List the policies of all organisations, drafts and inactive ones too.

    Which ones a real Dashboard lists is not known; a gateway loads them all (run of 5.14.0).
    """
    dashboard = call.state
    node = dashboard.admission.admit(call.request, is_pull=True)
    change = dashboard.changes.count
    policies = call.rewritten(dashboard.policies_of_nodes())
    if warning := dashboard.nodes.deliver(node, digests_of(policies), change):
        LOG.warning("%s", warning)
    return _reply(call, node, policies)


@handles("getNodeApis")
def get_node_apis(call: Call) -> Reply:
    """List the APIs of all organisations; a segmented gateway selects those with its tags by itself."""
    node = call.state.admission.admit(call.request, is_pull=True)
    return _reply(call, node, call.state.apis_of_nodes())


@handles("getNodeClientIdps")
def get_node_client_idps(call: Call) -> Reply:
    """List the identity providers of clients, of which the mock has none (gateways from 5.14.0 ask)."""
    return _reply(call, call.state.admission.admit(call.request, is_pull=True), [])


@handles("deregisterNode")
def deregister_node(call: Call) -> Reply:
    """Remove a node that stops."""
    node = call.state.admission.admit(call.request, is_pull=False)
    call.state.nodes.remove(node.id)
    LOG.info("node %s left", node.id)
    return _reply(call, node, None)


@handles("triggerQuota")
def trigger_quota(call: Call) -> Reply:
    """Take note that a key has used a part of its quota; the journal has the body."""
    return _reply(call, call.state.admission.admit(call.request, is_pull=False), None)


def _reply(call: Call, node: Node, message: Any) -> Reply:
    """The answer to a node: a message, and the nonce of its next request."""
    nonce = call.state.admission.next_nonce(node)
    reply = json_reply({"Status": "OK", "Message": message, "Nonce": nonce})
    return replace(reply, headers=(*reply.headers, (CHANGES, str(call.state.changes.count))))
