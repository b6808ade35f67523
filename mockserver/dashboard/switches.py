"""The behaviours of a Dashboard that a mock can do without, so that a test can be seen to notice."""

from __future__ import annotations

SWITCHABLE = frozenset(
    {
        "empty-id-is-filled",
        "explicit-ids-need-a-switch",
        "id-characters",
        "id-in-paths",
        "policy-of-no-api-is-deleted",
        "policy-of-no-api-is-shown",
    }
)
