"""The errors that an API in OpenAPI form answers in its own words, and their classic form.

Source: apidef/oas/error_overrides.go @v5.13.1.
"""

from __future__ import annotations

from mockserver.gateway.policy_merging import Document

_MATCH = (
    ("flag", "flag"), ("messagePattern", "message_pattern"), ("bodyField", "body_field"),
    ("bodyValue", "body_value"),
)  # fmt: skip
_RESPONSE = (
    ("statusCode", "status_code"), ("body", "body"), ("message", "message"), ("template", "template"),
    ("headers", "headers"),
)  # fmt: skip


def classic(part: Document) -> Document | None:
    """The classic form of the gateway's part's overrides, by their statuses; None if there are none."""
    overrides = (part["errorOverrides"] or {}).get("value") or {}
    return {
        status: [_classic(override) for override in items or ()] for status, items in overrides.items()
    } or None


def _classic(override: Document) -> Document:
    match = override["match"]
    return {
        "match": match and {name: match[own] for own, name in _MATCH},
        "response": {name: override["response"][own] for own, name in _RESPONSE},
    }
