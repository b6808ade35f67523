"""Seeding: writing several policies of a mock at once, either all of them or none."""

from __future__ import annotations

import json
from typing import Any

from mockserver.gateway.gateway import Gateway
from mockserver.storage.backend import NoStorage, Refused


class SeedError(ValueError):
    """Policies that cannot be seeded; the message names the policy and the reason."""


def seed(gateway: Gateway, policies: list[Any]) -> list[str]:
    """Write policies, load them, and return their ids. If one is invalid, nothing is written.

    Raises:
        SeedError: a policy has no id or a member of a wrong type, or cannot be stored, or the gateway takes
            its policies from elsewhere.
    """
    if gateway.source is not None:
        raise SeedError("the gateway loads no policies of its own: a Dashboard feeds it; create them there")
    if not isinstance(policies, list):
        raise SeedError("policies must be an array of objects")
    decoded = []
    for position, raw in enumerate(policies):
        policy, reasons = gateway.codec.decode_leniently(json.dumps(raw).encode())
        if reasons or not policy["id"]:
            raise SeedError(f"{_named(position, raw)}: {reasons[0] if reasons else 'it has no id'}")
        decoded.append(policy)
    before = dict(gateway.store.files.read())
    for position, policy in enumerate(decoded):
        try:
            gateway.store.write(policy)
        except (NoStorage, Refused) as error:
            _undo(gateway, before, [written["id"] for written in decoded[:position]])
            raise SeedError(f"policy {policy['id']!r} cannot be stored") from error
    gateway.reload()
    return [policy["id"] for policy in decoded]


def _named(position: int, policy: Any) -> str:
    """A policy in messages: its place in the list, and its id, or its name if it has no id."""
    members = policy if isinstance(policy, dict) else {}
    name = next((members[key] for key in ("id", "_id", "name") if members.get(key)), None)
    return f"policy {position}" if name is None else f"policy {position} {str(name)[:80]!r}"


def _undo(gateway: Gateway, before: dict[str, bytes], written: list[str]) -> None:
    """Undo writes: restore the file before each write, or remove the new one."""
    files = gateway.store.files
    for policy_id in written:
        old = before.get(f"{policy_id}.json")
        files.delete(policy_id) if old is None else files.write(policy_id, old.decode)
