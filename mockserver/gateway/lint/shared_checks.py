"""Checks of limits and rights, which policies and sessions share, and of what names a policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.gateway.lint.findings import Document
from mockserver.gateway.lint.inventory import Inventory
from mockserver.gateway.lint.names import did_you_mean


def check_quota(document: Document, members: dict[str, Any], path: tuple[str, ...] = ()) -> None:
    """A quota that is never renewed."""
    quota = members["quota_max"]
    if quota > 0 and members["quota_renewal_rate"] <= 0:
        document.report(
            "quota-without-renewal", (*path, "quota_max"),
            f"quota_max is {quota} and quota_renewal_rate is {members['quota_renewal_rate']}", quota=quota,
        )  # fmt: skip


def check_rate(document: Document, members: dict[str, Any], path: tuple[str, ...] = ()) -> None:
    """A rate without an interval, or an interval without a rate."""
    rate, per = members["rate"], members["per"]
    if rate > 0 and per == 0:
        document.report("rate-without-per", (*path, "per"), f"rate is {rate:g} and per is 0")
    elif per > 0 and rate == 0:
        document.report("per-without-rate", (*path, "per"), f"per is {per:g} and rate is 0")


def check_right(document: Document, key: str, right: dict[str, Any], inventory: Inventory) -> None:
    """A right whose key is not its api_id, or that no API has."""
    path = ("access_rights", key)
    if right["api_id"] and right["api_id"] != key:
        document.report(
            "right-key", (*path, "api_id"), f"the key is {key!r}, and the api_id {right['api_id']!r}", key=key
        )
    if inventory.apis and key not in inventory.api_ids:
        hint = did_you_mean(key, inventory.api_ids, "add the definition, or remove the right")
        document.report("unknown-api", path, f"no API has the id {key!r}", hint=hint)


def report_unknown_policies(
    document: Document,
    path: Sequence[str],
    names: Sequence[str],
    inventory: Inventory,
    rule: str = "unknown-policy",
    reason: str = "",
) -> None:
    """Report policies that are named and not among the files; the remedy is that of the first."""
    hint = did_you_mean(names[0], inventory.owners, "add the policy, or correct its name")
    message = f"no policy has the id {' or '.join(map(repr, names))}"
    document.report(rule, path, message, hint=hint, reason=reason)
