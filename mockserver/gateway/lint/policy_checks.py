"""Checks of policies."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from mockserver.gateway.lint.inventory import Inventory, PolicyEntry
from mockserver.gateway.lint.limit_checks import check_interval, check_limits, check_post_expiry
from mockserver.gateway.lint.rules import Kind
from mockserver.gateway.lint.shared_checks import check_right
from mockserver.gateway.policy_merging import is_empty, is_partitioned
from mockserver.storage.files import NAME_MAX

_ID = re.compile(r"[a-zA-Z0-9.\-_~]+")  # pkg/identifier/custom.go:10 @v5.13.0
_SUFFIX = ".json"


def check_policy(entry: PolicyEntry, inventory: Inventory) -> None:
    """Report what is odd in a policy."""
    for check in _CHECKS:
        check(entry, inventory)


def _check_id(entry: PolicyEntry, inventory: Inventory) -> None:
    document, name = entry.document, entry.id
    behaviours = document.findings.behaviours
    if document.kind is Kind.POLICY:
        if not name:
            document.report("no-id", (), "the policy has no id", name="id")
        elif PurePath(document.source.name).name != name + _SUFFIX and _is_file_name(name):
            document.report("file-name", ("id",), f"the id is {name!r}", name=name + _SUFFIX)
    if name and not _is_file_name(name):
        document.report("impossible-id", ("id",), f"the id {_shown(name)} is no name of a file")
    elif name and "id-characters" in behaviours and not inventory.allows_any_id and not _ID.fullmatch(name):
        document.report("id-characters", ("id",), f"the id is {_shown(name)}")


def _check_record_key(entry: PolicyEntry, inventory: Inventory) -> None:
    document, own = entry.document, entry.members["id"]
    takes_key = "record-key-is-id" in document.findings.behaviours
    if document.kind is Kind.RECORD and own != entry.id and (own or not takes_key):
        document.report("record-key", ("id",), f"the key is {entry.id!r}, and the id {own!r}")


def _check_organisation(entry: PolicyEntry, inventory: Inventory) -> None:
    if not entry.org_id and inventory.has_organisations:
        entry.document.report("missing-org", ("org_id",), "the policy has no org_id, and others have one")


def _check_partitions(entry: PolicyEntry, inventory: Inventory) -> None:
    if entry.members["partitions"]["per_api"] and is_partitioned(entry.members):
        others = [
            name for name, is_set in entry.members["partitions"].items() if is_set and name != "per_api"
        ]
        entry.document.report(
            "partition-conflict",
            ("partitions", "per_api"),
            f"per_api is set with {', '.join(others)}",
            id=entry.id,
        )


def _check_rights(entry: PolicyEntry, inventory: Inventory) -> None:
    document, policy = entry.document, entry.members
    rights = policy["access_rights"] or {}
    partitions = policy["partitions"]
    if not rights and (partitions["acl"] or partitions["per_api"] or not is_partitioned(policy)):
        document.report("no-rights", ("access_rights",), "the policy has no access_rights")
    for key, right in rights.items():
        check_right(document, key, right, inventory)
        _check_owner(entry, key, inventory)
        path = ("access_rights", key, "limit")
        if partitions["per_api"]:
            check_limits(document, right["limit"], path)
        elif not is_empty(right["limit"]):
            document.report("ignored-limit", path, "the right has a limit of its own")


def _check_owner(entry: PolicyEntry, key: str, inventory: Inventory) -> None:
    """A right to an API of another organisation; `missing-org` tells of policies without one."""
    api = inventory.api(key)
    if api is not None and entry.org_id and api.org_id != entry.org_id:
        message = f"the policy is of {entry.org_id!r}, and the API of {api.org_id!r}"
        entry.document.report("foreign-api", ("access_rights", key), message)


def _check_limits(entry: PolicyEntry, inventory: Inventory) -> None:
    check_limits(entry.document, entry.members)
    check_interval(entry.document, entry.members)
    check_post_expiry(entry.document, entry.members)
    if entry.members["key_expires_in"] < 0:
        entry.document.report(
            "no-lifetime", ("key_expires_in",), f"key_expires_in is {entry.members['key_expires_in']}"
        )


def _check_activity(entry: PolicyEntry, inventory: Inventory) -> None:
    document, policy = entry.document, entry.members
    if policy["is_inactive"]:
        document.report("inactive", ("is_inactive",), "is_inactive is true")
    elif not policy["active"] and document.has("active"):
        document.report(
            "active-has-no-effect",
            ("active",),
            "active is false",
            hint="set is_inactive to true to switch it off",
        )


_CHECKS: tuple[Callable[[PolicyEntry, Inventory], None], ...] = (
    _check_id, _check_record_key, _check_organisation, _check_partitions, _check_rights, _check_limits,
    _check_activity,
)  # fmt: skip


def check_duplicates(entries: list[PolicyEntry], *, by_organisation: bool) -> None:
    """Report the policies of several files that have one id; the files are in the order of reading."""
    seen: dict[tuple[str, str], PolicyEntry] = {}
    for entry in entries:
        key = (entry.org_id if by_organisation else "", entry.id)
        if entry.id and (earlier := seen.get(key)) is not None:
            entry.document.report(
                "duplicate-id", ("id",), f"the id {entry.id!r} is that of {earlier.document.source.name} too",
                last=entry.document.source.name,
            )  # fmt: skip
        seen[key] = entry


def _is_file_name(name: str) -> bool:
    """True if a gateway can write a file with a name in its directory."""
    is_short = len(name.encode("utf-8", "surrogateescape")) + len(_SUFFIX) <= NAME_MAX
    return is_short and not re.search(r"[/\0]", name)


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else f"{name[:60]}...")
