"""A synchronisation: the portal takes over which partitioned policies the Dashboard has.

It reads policies and changes none (DOC portal/api-provider.mdx:72-82, and portal/api-providers/
synchronize-providers.mdx @3d6fd986 for the partitions of each kind).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.dashboard.portal.bodies import Member, PortalError, are_texts, is_flag, read
from mockserver.dashboard.portal.kinds import PLAN, PRODUCT, Kind, kind_of
from mockserver.dashboard.portal.offerings import Offerings
from mockserver.dashboard.portal.provider import Provider
from mockserver.dashboard.records import Document

MEMBERS = {
    "tags": Member(are_texts, "a list of texts", []),
    "include_mcp": Member(is_flag, "true or false", default=False),
}


def synchronise(
    provider: Provider, products: Offerings, plans: Offerings, sent: Mapping[str, Any]
) -> dict[str, list[Document]]:
    """Create, rename, hide and restore products and plans by the policies that the Dashboard has.

    With `tags` in the body, those without any of these tags count as gone. With `include_mcp` rights to MCP
    proxies make products too, as in portals before 1.17.2 (RN:264-271). Returns what was done: `created`,
    `renamed`, `restored`, `hidden`, and the policies `skipped` with the reasons.

    Raises:
        PortalError: a member of the body is wrong.
    """
    options = read(sent, MEMBERS, whole=True)
    changes: dict[str, list[Document]] = {
        name: [] for name in ("created", "renamed", "restored", "hidden", "skipped")
    }
    with provider.lock():
        taken: dict[str, dict[str, Document]] = {PRODUCT.noun: {}, PLAN.noun: {}}
        for policy in provider.all():
            try:
                taken[_kind(provider, policy, options).noun][policy["_id"]] = policy
            except PortalError as reason:
                skipped = {"policy": policy["_id"], "name": policy["name"], "reason": str(reason)}
                changes["skipped"].append(skipped)
        for offerings in (products, plans):
            _take(offerings, taken[offerings.kind.noun], changes)
    return changes


def _kind(provider: Provider, policy: Document, options: Document) -> Kind:
    """The kind of a policy that the portal takes.

    Raises:
        PortalError: it does not; the message is the reason.
    """
    if options["tags"] and not set(options["tags"]) & set(policy["tags"]):
        raise PortalError(f"it has none of the tags {', '.join(options['tags'])}")
    kind = kind_of(policy)
    if not options["include_mcp"] and provider.grants_mcp(policy):
        raise PortalError("it grants an MCP proxy")
    return kind


def _take(offerings: Offerings, policies: Mapping[str, Document], changes: dict[str, list[Document]]) -> None:
    """Bring the offerings of one kind in line with the policies, by database id."""
    noun = offerings.kind.noun
    new = dict(policies)
    for record in offerings.records():
        policy = new.pop(record["policy_id"], None)
        now = {**record, "hidden": policy is None and bool(record["policy_id"])}
        now["name"] = policy["name"] if policy else record["name"]
        summary = {"kind": noun, "id": now["id"], "name": now["name"]}
        if now["name"] != record["name"]:
            changes["renamed"].append({**summary, "from": record["name"]})
        if now["hidden"] != record["hidden"]:
            changes["hidden" if now["hidden"] else "restored"].append(summary)
        if now != record:
            offerings.store(now)
    for policy in new.values():
        record = offerings.adopt(policy)
        changes["created"].append({"kind": noun, "id": record["id"], "name": record["name"]})
