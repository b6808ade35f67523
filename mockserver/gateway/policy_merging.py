"""Merging of access rights: unions of lists, and the more generous of two limits."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from mockserver.golang import json_reader, json_writer

Document = dict[str, Any]  # a decoded policy, session, access right, limit or API definition

_COUNTS = (
    "rate", "per", "throttle_interval", "throttle_retry_limit", "max_query_depth",
    "quota_max", "quota_renews", "quota_remaining", "quota_renewal_rate",
)  # fmt: skip
_OF_POLICY = (
    "rate", "per", "smoothing", "throttle_interval", "throttle_retry_limit", "max_query_depth", "quota_max",
    "quota_renewal_rate",
)  # fmt: skip
LISTS = ("json_rpc_methods_access_rights", "mcp_access_rights")  # of an access right, for MCP proxies
NAMED_LIMITS = ("json_rpc_methods", "mcp_primitives")
ENDPOINT_LIMITS = ("endpoints", *NAMED_LIMITS)
_SECOND = 1e9  # nanoseconds
UNSET: dict[str, Document] = {  # a session's own limits, reset by policies that decide the part
    "quota": {"quota_max": 0, "quota_remaining": 0},
    "rate_limit": {
        "rate": 0.0, "per": 0.0, "smoothing": None, "throttle_retry_limit": 0, "throttle_interval": 0.0,
    },
    "complexity": {"max_query_depth": 0},
}  # fmt: skip


def quoted(text: str) -> str:
    """A text quoted as by Go's %q."""
    escaped = "".join(_SHORT.get(c) or (c if c.isprintable() else _code(c)) for c in text)
    return f'"{escaped}"'


_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def _code(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def larger(value: float, other: float) -> bool:
    """True if a number is more than another; -1 means unlimited (greaterThanInt64)."""
    if value == -1:
        return True
    return other != -1 and value > other


def interval_of(limit: Document) -> int:
    """The interval between two requests in nanoseconds, as a Go time.Duration; 0 without a rate."""
    if limit["per"] <= 0 or limit["rate"] <= 0:
        return 0
    nanoseconds = _SECOND * limit["per"] / limit["rate"]
    return int(nanoseconds) if nanoseconds < 2**63 else -(2**63)


def is_empty(limit: Document) -> bool:
    """True if the limit of an API has no value that is not zero; smoothing is ignored."""
    return not any(limit[name] for name in _COUNTS)


def is_partitioned(policy: Document) -> bool:
    """True if a policy decides only some parts of a session; per_api is not one of these parts."""
    return any(policy["partitions"][name] for name in ("quota", "rate_limit", "acl", "complexity"))


def decides(policy: Document, part: str) -> bool:
    """True if a policy decides a part of a session: "quota", "rate_limit", "acl" or "complexity"."""
    return bool(policy["partitions"][part]) or not is_partitioned(policy)


def limit_of(policy: Document) -> Document:
    """The limits of a policy, in the form of the limit of an API."""
    return {name: policy[name] for name in _OF_POLICY}


def has_value(member: Any) -> bool:
    """True if a member has a value that is not zero, at any depth of objects."""
    return any(map(has_value, member.values())) if isinstance(member, dict) else bool(member)


def union(first: list[Any] | None, second: list[Any] | None) -> list[Any] | None:
    """The items of the first list, and those texts of the second that are new, in their order."""
    if not second:
        return first
    result = list(first or [])
    known = set(result)
    for item in second:
        if item not in known:
            known.add(item)
            result.append(item)
    return result


def merge_rights(target: Document, right: Document) -> None:
    """Merge an access right into `target`, another one for the same API."""
    if right["disable_introspection"]:
        target["disable_introspection"] = True
    target["versions"] = union(target["versions"], right["versions"])
    target["allowed_urls"] = _merged_urls(target["allowed_urls"], right["allowed_urls"])
    for name in ("restricted_types", "allowed_types"):
        target[name] = _merged_types(target[name], right[name])
    target["field_access_rights"] = _merged_fields(
        target["field_access_rights"], right["field_access_rights"]
    )
    if "mcp_access_rights" in target:
        name = "json_rpc_methods_access_rights"
        target[name] = _merged_rules(target[name], right[name])
        before, added = target["mcp_access_rights"], right["mcp_access_rights"]
        target["mcp_access_rights"] = {kind: _merged_rules(before[kind], added[kind]) for kind in before}


def _merged_urls(current: list[Any] | None, added: list[Any] | None) -> list[Any] | None:
    methods: dict[str, Any] = {}
    for allowed in (*(current or []), *(added or [])):
        url = allowed["url"]
        methods[url] = union(methods[url], allowed["methods"]) if url in methods else allowed["methods"]
    return [{"url": url, "methods": names} for url, names in methods.items()] or None


def _merged_types(current: list[Any] | None, added: list[Any] | None) -> list[Any] | None:
    """Types by name with the union of their fields."""

    def join(same: list[Document], new: Document) -> None:
        same[0]["fields"] = union(same[0]["fields"], new["fields"])

    return _merged_by_name(current, added, _type, join)


def _merged_fields(current: list[Any] | None, added: list[Any] | None) -> list[Any] | None:
    """Field rights by type and field name; the larger query depth wins."""

    def join(same: list[Document], new: Document) -> None:
        for old in same:
            if larger(new["limits"]["max_query_depth"], old["limits"]["max_query_depth"]):
                old["limits"] = dict(new["limits"])

    return _merged_by_name(current, added, _field, join)


def _merged_by_name(
    current: list[Any] | None,
    added: list[Any] | None,
    name_of: Callable[[Document], Hashable],
    join: Callable[[list[Document], Document], None],
) -> list[Any] | None:
    """Rights to types or fields, of which those with one name are joined.

    The list of the first policy is changed in place, as on a real gateway, until a name is new.
    """
    if not current:
        return added
    known, is_copy = _by_name(current, name_of), False
    for new in added or []:
        if same := known.get(name_of(new)):
            join(same, new)
            continue
        if not is_copy:
            current, is_copy = [*map(dict, current)], True
            known = _by_name(current, name_of)
        current.append(dict(new))
        known[name_of(new)] = [current[-1]]
    return current


def _by_name(rights: list[Any], name_of: Callable[[Document], Hashable]) -> dict[Hashable, list[Document]]:
    """The rights to types or fields by their names, of which one may stand several times."""
    named: dict[Hashable, list[Document]] = {}
    for right in rights:
        named.setdefault(name_of(right), []).append(right)
    return named


def _type(right: Document) -> str:
    return str(right["name"])


def _field(right: Document) -> tuple[str, str]:
    return right["type_name"], right["field_name"]


def _merged_rules(current: Document, added: Document) -> Document:
    if not any(added.values()):
        return current
    if not any(current.values()):
        return added
    return {name: union(current[name], added[name]) for name in current}


def merge_endpoint_limits(target: Document, right: Document, current: Document) -> None:
    """Set the limits of endpoints, JSON-RPC methods and MCP primitives of `target`.

    Each limit is the more generous one of `right` and `current`.
    """
    target["endpoints"] = _merged_endpoints(right["endpoints"], current["endpoints"])
    if "json_rpc_methods" in target:
        for name in NAMED_LIMITS:
            target[name] = _merged_named(right[name], current[name])


def _merged_endpoints(policy: list[Any] | None, current: list[Any] | None) -> list[Any] | None:
    """Endpoints sorted by path, then by method; the shorter interval wins, else the higher rate.

    A path with a colon is lost when two lists are merged (user/session.go:539 @v5.12.0).
    """
    before, after = _by_method(current), _by_method(policy)
    if not before:
        return policy
    if not after:
        return _as_endpoints(before)
    for key, limit in before.items():
        if key not in after:
            after[key] = limit
            continue
        ours, theirs = interval_of(after[key]), interval_of(limit)
        if ours > theirs or (ours == theirs and limit["rate"] > after[key]["rate"]):
            after[key] = limit
    return _as_endpoints(after)


def _by_method(endpoints: list[Any] | None) -> dict[str, Document]:
    return {
        f"{method['name']}:{endpoint['path']}": method["limit"]
        for endpoint in endpoints or []
        for method in endpoint["methods"] or []
    }


def _as_endpoints(limits: dict[str, Document]) -> list[Any] | None:
    paths: dict[str, list[Any]] = {}
    for key, limit in limits.items():
        parts = key.split(":")
        if len(parts) == 2:
            paths.setdefault(parts[1], []).append({"name": parts[0], "limit": limit})
    return [
        {"path": path, "methods": sorted(methods, key=lambda method: str(method["name"]).upper())}
        for path, methods in sorted(paths.items())
    ] or None


def _merged_named(policy: list[Any] | None, current: list[Any] | None) -> list[Any] | None:
    """Limits by type and name; the shorter interval wins over a longer one, and any over none."""
    if not current:
        return policy
    if not policy:
        return current
    result = {(entry.get("type"), entry["name"]): entry for entry in current}
    for new in policy:
        old = result.get((new.get("type"), new["name"]))
        if (
            old is None
            or interval_of(new["limit"]) < interval_of(old["limit"])
            or not interval_of(old["limit"])
        ):
            result[new.get("type"), new["name"]] = new
    return list(result.values())


def as_node(value: Any) -> Any:
    """A node of `json_reader` for a plain JSON value."""
    return json_reader.read(json_writer.write(value).encode())[0]
