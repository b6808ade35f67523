"""Checks of API definitions."""

from __future__ import annotations

from collections import defaultdict

from mockserver.gateway.api_definition import expiry
from mockserver.gateway.lint.findings import Document
from mockserver.gateway.lint.inventory import ApiEntry, Inventory
from mockserver.gateway.lint.shared_checks import report_unknown_policies


def check_api(entry: ApiEntry, inventory: Inventory) -> None:
    """Report what is odd in an API definition."""
    document, fields = entry.document, entry.api.fields
    if not entry.api.id:
        document.report("no-id", (), "the API has no api_id", name="api_id")
    if problem := entry.api.problem:
        member = "target_url" if "target_url" in problem else "listen_path"
        document.report("not-served", ("proxy", member), problem)
    if document.has("active") and not fields["active"]:
        document.report(
            "active-has-no-effect", ("active",), "active is false", hint="remove the file to end the API"
        )
    if fields["version_data"]["not_versioned"]:
        _check_expiry(document, ("expiration",), fields["expiration"], inventory.now)
    else:
        for name, version in (fields["version_data"]["versions"] or {}).items():
            path = ("version_data", "versions", name, "expires")
            _check_expiry(document, path, version["expires"], inventory.now)
    if inventory.policies:
        _check_policies(document, entry, inventory)


def _check_expiry(document: Document, path: tuple[str, ...], text: str, now: float) -> None:
    ends_at, is_unreadable = expiry(text)
    if is_unreadable:
        document.report("expired", path, f"{text!r} is no date in the form 2006-01-02 15:04")
    elif ends_at is not None and ends_at <= now:
        document.report("expired", path, f"{text!r} is past")


def _check_policies(document: Document, entry: ApiEntry, inventory: Inventory) -> None:
    fields = entry.api.fields
    named: list[tuple[tuple[str, ...], str]] = [
        (("jwt_default_policies",), name) for name in fields["jwt_default_policies"] or ()
    ]
    mappings: dict[tuple[str, ...], dict[str, str] | None] = {
        ("jwt_scope_to_policy_mapping",): fields["jwt_scope_to_policy_mapping"]
    }
    for kind in ("jwt", "oidc"):
        mappings["scopes", kind, "scope_to_policy"] = fields["scopes"][kind]["scope_to_policy"]
    for path, mapping in mappings.items():
        named += [((*path, scope), name) for scope, name in (mapping or {}).items()]
    for path, name in named:
        if name not in inventory.owners:
            report_unknown_policies(document, path, [name], inventory)


def check_apis(entries: tuple[ApiEntry, ...]) -> None:
    """Report the APIs that share an id or a listen path; the files are in the order of reading."""
    by_id: dict[str, ApiEntry] = {}
    by_path: defaultdict[str, list[ApiEntry]] = defaultdict(list)
    for entry in entries:
        if entry.api.id and (earlier := by_id.get(entry.api.id)):
            message = f"the id {entry.api.id!r} is that of {earlier.document.source.name} too"
            entry.document.report("duplicate-id", ("api_id",), message, last=entry.document.source.name)
        elif entry.api.listen_path:
            by_path[entry.api.listen_path].append(entry)
        by_id[entry.api.id] = entry
    for path, sharing in by_path.items():
        for entry in sharing[1:]:
            other = sharing[0].document.source.name
            entry.document.report(
                "shared-listen-path", ("proxy", "listen_path"), f"{other} has the listen path {path!r} too"
            )
