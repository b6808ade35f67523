"""Checks of sessions."""

from __future__ import annotations

import copy

from mockserver.contract.codecs import Codec
from mockserver.gateway.lint.inventory import Inventory, SessionEntry
from mockserver.gateway.lint.limit_checks import check_limits, check_post_expiry
from mockserver.gateway.lint.shared_checks import check_right, report_unknown_policies
from mockserver.gateway.provenance import PoliciesNotApplicable
from mockserver.gateway.session_store import application_of, policy_names


def check_session(entry: SessionEntry, inventory: Inventory, codec: Codec) -> None:
    """Report what is odd in a session; `codec` is that of sessions."""
    document, session = entry.document, entry.members
    names, rights = policy_names(session), session["access_rights"] or {}
    carries_policies = isinstance((session["meta_data"] or {}).get("policies"), list)
    if not carries_policies:
        _check_policies(entry, names, inventory, codec)
        if not rights and not names and not inventory.allows_master_keys:
            document.report("session-without-rights", (), "the session has no policies and no access_rights")
    for key, right in rights.items():
        check_right(document, key, right, inventory)
        check_limits(document, right["limit"], ("access_rights", key, "limit"))
    check_limits(document, session)
    check_post_expiry(document, session)
    expires = session["expires"]
    if 1 < expires <= inventory.now:
        document.report("expired", ("expires",), f"expires is {expires}")
    elif expires <= 1 and not names:
        document.report("no-expiry", ("expires",), "the session has no date of expiry")
    if session["is_inactive"] and not names:
        document.report("inactive", ("is_inactive",), "is_inactive is true")


def _check_policies(entry: SessionEntry, names: list[str], inventory: Inventory, codec: Codec) -> None:
    if not inventory.policies or not names:
        return
    document, org_id = entry.document, entry.members["org_id"]
    path = ("apply_policies",) if entry.members["apply_policies"] else ("apply_policy_id",)
    missing = [name for name in names if name not in inventory.owners]
    if missing == names:
        is_single = len(names) == 1
        reason = f'policy not found: "{names[0]}"' if is_single else "key has no valid policies to be applied"
        report_unknown_policies(document, path, missing, inventory, "orphaned-session", reason=reason)
    elif missing:
        report_unknown_policies(document, path, missing, inventory)
    foreign = [name for name in names if org_id not in inventory.owners.get(name, {org_id})]
    for name in foreign:
        of = ", ".join(map(repr, sorted(inventory.owners[name])))
        document.report("foreign-policy", path, f"the session is of {org_id!r}, and policy {name!r} of {of}")
    if inventory.store and not missing and not foreign:
        session = copy.deepcopy(entry.members)
        try:
            application_of(session, inventory.store, codec, document.findings.behaviours).run()
        except PoliciesNotApplicable as error:
            shown = ", ".join(map(repr, names))
            document.report("refused-session", path, f"{shown} cannot be applied", reason=error)
