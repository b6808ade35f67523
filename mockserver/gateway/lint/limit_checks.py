"""Checks of limits, which policies, sessions and rights have."""

from __future__ import annotations

from typing import Any

from mockserver.gateway.lint.findings import Document
from mockserver.gateway.sliding_logs import lacking

UNLIMITED = -1  # as the vendor's documents write it, in a rate, an interval or a quota


def check_limits(document: Document, members: dict[str, Any], path: tuple[str, ...] = ()) -> None:
    """Quotas that are never renewed, limits that are negative or fractions, and smoothing without effect."""
    _check_quota(document, members, path)
    _check_rate(document, members, path)
    _check_smoothing(document, members.get("smoothing"), (*path, "smoothing"))


def check_interval(document: Document, members: dict[str, Any]) -> None:
    """A rate of a policy without an interval, or an interval without a rate."""
    rate, per = members["rate"], members["per"]
    if rate > 0 and per == 0:
        document.report("rate-without-per", ("per",), f"rate is {rate:g} and per is 0")
    elif per > 0 and rate == 0:
        document.report("per-without-rate", ("per",), f"per is {per:g} and rate is 0")


def check_post_expiry(document: Document, members: dict[str, Any]) -> None:
    """An action after a key's expiry that no gateway can follow; versions before 5.13 do not have it."""
    name, period = "post_expiry_action", "post_expiry_grace_period"
    action, grace = members.get(name), members.get(period, 0)
    if action == "retain" and not grace:
        document.report("post-expiry", (name,), f"{name} is 'retain', and {period} is 0")
    elif action and action not in ("delete", "retain"):
        document.report("post-expiry", (name,), f"{name} is {action!r}")
    elif grace and not action:
        document.report("post-expiry", (period,), f"{period} is {grace}, and there is no {name}")


def _check_quota(document: Document, members: dict[str, Any], path: tuple[str, ...]) -> None:
    quota, renewal = members["quota_max"], members["quota_renewal_rate"]
    if quota > 0 and renewal <= 0:
        message = f"quota_max is {quota} and quota_renewal_rate is {renewal}"
        document.report("quota-without-renewal", (*path, "quota_max"), message, quota=quota)
    elif renewal < UNLIMITED:
        document.report("negative-renewal", (*path, "quota_renewal_rate"), f"quota_renewal_rate is {renewal}")
    if quota < UNLIMITED:
        document.report("negative-quota", (*path, "quota_max"), f"quota_max is {quota}")


def _check_rate(document: Document, members: dict[str, Any], path: tuple[str, ...]) -> None:
    rate, per = members["rate"], members["per"]
    if rate < 0 and rate != UNLIMITED:
        document.report("negative-rate", (*path, "rate"), f"rate is {rate:g}")
    elif rate > 0 and per < 0:
        document.report("negative-per", (*path, "per"), f"rate is {rate:g} and per is {per:g}")
    elif rate > 0 and per > 0 and (rate % 1 or per % 1):
        requests, seconds = max(1, int(rate)), int(per)
        outcome = f"allows {requests} in {seconds} s" if seconds else "applies no rate limit"
        name = "per" if per % 1 else "rate"
        document.report(
            "fractional-limit", (*path, name), f"rate is {rate:g} and per is {per:g}", outcome=outcome
        )


def _check_smoothing(document: Document, smoothing: dict[str, Any] | None, path: tuple[str, ...]) -> None:
    if smoothing and smoothing["enabled"] and (names := lacking(smoothing)):
        values = ", ".join(f"{name} is {smoothing[name]:g}" for name in names)
        document.report("no-smoothing", (*path, names[0]), values)
