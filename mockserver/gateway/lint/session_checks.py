"""Checks of sessions."""

from __future__ import annotations

from mockserver.gateway.lint.inventory import Inventory, SessionEntry
from mockserver.gateway.lint.shared_checks import check_quota, check_right, report_unknown_policies
from mockserver.gateway.session_store import policy_names


def check_session(entry: SessionEntry, inventory: Inventory) -> None:
    """Report what is odd in a session."""
    document, session = entry.document, entry.members
    names, rights = policy_names(session), session["access_rights"] or {}
    carries_policies = isinstance((session["meta_data"] or {}).get("policies"), list)
    if not carries_policies:
        _check_policies(entry, names, inventory)
        if not rights and not names and not inventory.allows_master_keys:
            document.report("session-without-rights", (), "the session has no policies and no access_rights")
    for key, right in rights.items():
        check_right(document, key, right, inventory)
        check_quota(document, right["limit"], ("access_rights", key, "limit"))
    check_quota(document, session)
    expires = session["expires"]
    if 1 < expires <= inventory.now:
        document.report("expired", ("expires",), f"expires is {expires}")
    elif expires <= 1 and not names:
        document.report("no-expiry", ("expires",), "the session has no date of expiry")
    if session["is_inactive"] and not names:
        document.report("inactive", ("is_inactive",), "is_inactive is true")


def _check_policies(entry: SessionEntry, names: list[str], inventory: Inventory) -> None:
    if not inventory.policies or not names:
        return
    document, org_id = entry.document, entry.members["org_id"]
    path = ("apply_policies",) if entry.members["apply_policies"] else ("apply_policy_id",)
    missing = [name for name in names if name not in inventory.policy_ids]
    if missing == names:
        is_single = len(names) == 1
        reason = f'policy not found: "{names[0]}"' if is_single else "key has no valid policies to be applied"
        report_unknown_policies(document, path, missing, inventory, "orphaned-session", reason=reason)
    elif missing:
        report_unknown_policies(document, path, missing, inventory)
    for name in names:
        owners = inventory.owners_of(name)
        if owners and org_id not in owners:
            of = ", ".join(map(repr, sorted(owners)))
            document.report(
                "foreign-policy", path, f"the session is of {org_id!r}, and policy {name!r} of {of}"
            )
