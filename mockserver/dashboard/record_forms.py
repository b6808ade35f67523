"""The forms of the records in a Dashboard's database, by which those of other programs are recognised."""

from __future__ import annotations

import json
from typing import Any

from mockserver.contract.codecs import Codec

_TEXTS = {  # the members that are texts, by kind
    "organisations": ("id",),
    "users": ("id", "org_id", "access_key", "email_address", "created_at"),
    "apis": (),
    "policies": ("_id", "id", "org_id", "name", "date_created"),
    "oauth-clients": ("client_id", "api_id", "secret", "redirect_uri", "policy_id", "description"),
    "assets": ("_id", "id", "kind", "org_id"),
    "portal-products": ("id", "name", "description", "policy_id"),
    "portal-plans": ("id", "name", "description", "policy_id"),
    "portal-credentials": ("id", "alias", "key", "key_hash", "plan"),
}
KINDS = tuple(_TEXTS)
INDEXED = ("policies", "apis")  # the kinds that have terms


def terms_of(kind: str, document: dict[str, Any]) -> tuple[str, ...]:
    """The texts under which a record of a kind is found without reading all records.

    A policy is found by its name and by its id, an API by its api_id, each with what it is before it.
    """
    match kind:
        case "policies":
            return f"name {document['name']}", f"id {document['id']}"
        case "apis":
            return (f"api_id {document['api_definition']['api_id']}",)
    return ()


def is_index_entry(value: Any) -> bool:
    """True for the database ids of an index, as `Records` writes them."""
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def is_record(kind: str, policies: Codec, value: Any) -> bool:
    """True for a record of a kind, as `Records` writes it; `policies` is the codec of policies.

    Raises:
        ValueError: it is not a policy.
    """
    match value:
        case {"order": int(), "document": dict(document)}:
            has_texts = all(isinstance(document.get(name), str) for name in _TEXTS[kind])
            return has_texts and _fits(kind, policies, document)
    return False


def _fits(kind: str, policies: Codec, document: dict[str, Any]) -> bool:
    match kind, document:
        case "users", {"user_permissions": dict(permissions)}:
            return all(isinstance(value, str) for value in permissions.values())
        case "apis", {"api_definition": {"id": str(), "api_id": str(), "org_id": str()}}:
            return True
        case "policies", {"active": bool(), "is_inactive": bool(), "access_rights": dict()}:
            return bool(policies.decode(json.dumps(document).encode()))
        case "portal-products" | "portal-plans", {"catalogues": list(), "hidden": bool()}:
            return True
        case "portal-credentials", {"products": list(names)}:
            return all(isinstance(name, str) for name in names)
        case (
            "users" | "apis" | "policies" | "portal-products" | "portal-plans" | "portal-credentials",
            _,
        ):
            return False
    return True
