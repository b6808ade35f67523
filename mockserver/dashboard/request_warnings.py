"""Warnings about requests to a Dashboard: what it passes over in silence, as far as the mock can tell.

They are computed when the journal is read.
"""

from __future__ import annotations

from typing import Any

from mockserver.contract import members
from mockserver.contract.openapi import Contract
from mockserver.contract.silent_changes import silent_changes
from mockserver.contract.spec_files import spec_path
from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.policy_forms import NAMES_OF_TODAY
from mockserver.golang import json_reader
from mockserver.service.journal_entry import Entry


def warnings_of(dashboard: Dashboard, entry: Entry) -> list[str]:
    """The warnings about an entry of the journal of a Dashboard, a line each."""
    return [] if entry.reached.is_refused else member_warnings(dashboard.contract, dashboard.version, entry)


def member_warnings(contract: Contract, version: GatewayVersion, entry: Entry) -> list[str]:
    """The members of a policy in a request that a Dashboard does not keep as sent, whatever its state."""
    operation = entry.reached.operation
    if operation is None or contract.body_schema(operation) != "Policy":
        return []
    try:
        node, _ = json_reader.read(entry.request.body)
    except json_reader.JSONSyntaxError:
        return []
    return document_warnings(contract, version, node)


def document_warnings(contract: Contract, version: GatewayVersion, node: Any) -> list[str]:
    """The members of a policy that a Dashboard does not keep as they are, whatever its state."""
    kind = contract.type_of("Policy")
    return silent_changes(node, kind, lambda name: _reason(name, version), NAMES_OF_TODAY)


def _reason(name: str, version: GatewayVersion) -> str:
    """Why a member is unknown to this version, if another version or the gateway has it; else ""."""
    for member in members.find(members.load(spec_path("dashboard")), name):
        if version not in member.span:
            return f"a member {member.span}, and this is {version}"
    if members.find(members.load(spec_path("gateway")), f"Policy.{name}"):
        return "a member of the gateway's policies alone"
    return ""
