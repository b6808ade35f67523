"""Why a policy is not loaded as it is written: what a user forgot, in words."""

from __future__ import annotations

from typing import Any

from mockserver.gateway.policy_store import PolicyStore


def written(store: PolicyStore, policy_id: str) -> dict[str, Any] | None:
    """The stored policy with an id; None if there is none."""
    text = store.files.get(policy_id)
    return None if text is None else store.codec.decode_leniently(text)[0]


def reason(store: PolicyStore, policy_id: str) -> str:
    """Why the loaded set lacks a policy, or has another one than is written; "" if it has what is written."""
    stored, loaded = written(store, policy_id), store.loaded.by_id.get(policy_id)
    if stored is None:
        return "" if loaded else "there is no such policy"
    if store.record is not None:
        return f"it is written, and never loaded: policies are loaded from {store.record} alone"
    if loaded is None:
        return "it is written, and not loaded: there was no reload since"
    output = store.codec.type.output
    is_same = output(stored) == output(loaded.policy)
    return "" if is_same else "it is written anew, and loaded as before: there was no reload since"
