"""Warnings about requests to a gateway: what it passes over in silence, as far as the mock can tell.

They are computed when the journal is read, from the entry and from the state at that time.
"""

from __future__ import annotations

from typing import Any

from mockserver.contract import members
from mockserver.contract.openapi import Contract
from mockserver.contract.silent_changes import silent_changes
from mockserver.contract.spec_files import spec_path
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway import unloaded
from mockserver.gateway.dashboard_members import of_dashboard_alone
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.key_writes import refusal
from mockserver.golang import json_reader
from mockserver.service.journal_entry import Entry
from mockserver.storage.backend import BackendUnavailable, Refused
from mockserver.storage.files import MemoryFiles

_CHECKED = ("Policy", "SessionState", "OAuthClient")  # an API definition is stored with all its members
_WRITES = {"addPolicy", "addPolicyAtPath", "updatePolicy"}
_RELOADS = {"reload", "reloadGroup"}


def warnings_of(gateway: Gateway, entry: Entry) -> list[str]:
    """The warnings about an entry of the journal of a gateway, a line each."""
    operation = entry.reached.operation
    if operation is None or entry.reached.is_refused:
        return []
    try:
        return [
            *_of_body(gateway, entry, gateway.contract.body_schema(operation)),
            *_of_write(gateway, entry),
            *_of_read(gateway, entry),
            *_of_reload(gateway, entry),
            *_of_refused_key(gateway, entry, gateway.contract.body_schema(operation)),
        ]
    except BackendUnavailable as error:
        return [f"no warnings can be given: {error}"]


def member_warnings(contract: Contract, version: GatewayVersion, entry: Entry) -> list[str]:
    """The members of a document in a request that a gateway does not keep as sent, whatever its state."""
    operation = entry.reached.operation
    schema = contract.body_schema(operation) if operation else ""
    node = _node(entry) if schema in _CHECKED else None
    return [] if node is None else document_warnings(contract, version, schema, node)


def document_warnings(contract: Contract, version: GatewayVersion, schema: str, node: Any) -> list[str]:
    """The members of a document that a gateway does not keep as they are, whatever its state."""
    return silent_changes(node, contract.type_of(schema), lambda name: _reason(name, schema, version))


def _node(entry: Entry) -> Any:
    """The body of a request as JSON; None if it is none."""
    try:
        return json_reader.read(entry.request.body)[0]
    except json_reader.JSONSyntaxError:
        return None


def _of_body(gateway: Gateway, entry: Entry, schema: str) -> list[str]:
    """The members of a document that are not kept as sent, and its references to what is not loaded."""
    lines = member_warnings(gateway.contract, gateway.version, entry)
    codec = {"Policy": gateway.codec, "SessionState": gateway.session_codec}.get(schema)
    node = _node(entry) if codec else None
    if codec is None or node is None:
        return lines
    document, _ = codec.decode_node(node)
    apis, policies = gateway.apis.loaded.by_id, gateway.store.loaded.by_id
    missing = [name for name in document.get("access_rights") or () if name not in apis]
    lines += [f"access_rights: the API {name!r} is not loaded; the right has no effect" for name in missing]
    unknown = [name for name in document.get("apply_policies") or () if name not in policies]
    return lines + [f"apply_policies: {name!r}: {unloaded.reason(gateway.store, name)}" for name in unknown]


def _of_write(gateway: Gateway, entry: Entry) -> list[str]:
    """The fate of a policy that was sent: no file can have its id, or it is written and not loaded."""
    if entry.operation not in _WRITES or not (name := entry.policy_id):
        return []
    if not _is_file_name(name):
        return [f"id: no file can be called {name!r}, so that the policy cannot be written"]
    if entry.status != 200 or entry.is_injected or gateway.store.writes.get(name).last > entry.time:
        return []  # not written, or written again since
    if unloaded.written(gateway.store, name) is None:
        return []  # deleted since
    reason = unloaded.reason(gateway.store, name)
    return [f"{name!r}: {reason}"] if reason else []


def _of_read(gateway: Gateway, entry: Entry) -> list[str]:
    """The reason for which a policy was not found although it was written."""
    name = entry.policy_id
    if entry.operation != "getPolicy" or entry.status != 404 or entry.is_injected:
        return []
    writes = gateway.store.writes.get(name)
    if unloaded.written(gateway.store, name) is None or writes.first > entry.time:
        return []
    if writes.first <= gateway.reload_asked_at <= entry.time:
        return [f"{name!r} was written, and a reload was due; `?block=true` waits until it is done"]
    return [f"{name!r} was written, and not loaded; there was no reload since"]


def _of_reload(gateway: Gateway, entry: Entry) -> list[str]:
    """The reload that was asked for and is not done yet."""
    is_due = entry.operation in _RELOADS and entry.status == 200 and gateway.reload_is_queued
    if not is_due or entry.is_injected or entry.time < gateway.reload_asked_at:
        return []
    return ["the reload is due at the next tick; `?block=true` waits until it is done"]


def _of_refused_key(gateway: Gateway, entry: Entry, schema: str) -> list[str]:
    """The reason for which a key was not stored, if that is still so."""
    is_refused = schema == "SessionState" and entry.status == 500 and not entry.is_injected
    node = _node(entry) if is_refused else None
    if node is None:
        return []
    reason = refusal(gateway, gateway.session_codec.decode_node(node)[0])
    return [f"the key was not stored: {reason}"] if reason else []


def _is_file_name(name: str) -> bool:
    try:
        MemoryFiles().write(name, str)
    except Refused:
        return False
    return True


def _reason(name: str, schema: str, version: GatewayVersion) -> str:
    """Why a member is unknown to this version, if another version or the Dashboard has it; else ""."""
    for member in members.find(members.load(spec_path("gateway")), name):
        if version not in member.span:
            return f"a member {member.span}, and this is {version}"
    return "a member of the Dashboard alone" if schema == "Policy" and name in of_dashboard_alone() else ""
