"""How two definitions of one right become one: unions of lists, the better of two limits."""

from __future__ import annotations

from typing import Any

from mockserver.golang import json_reader, json_writer

Document = dict[str, Any]

_COUNTS = (
    "rate", "per", "throttle_interval", "throttle_retry_limit", "max_query_depth",
    "quota_max", "quota_renews", "quota_remaining", "quota_renewal_rate",
)  # fmt: skip
_OF_POLICY = (
    "rate", "per", "smoothing", "throttle_interval", "throttle_retry_limit", "max_query_depth", "quota_max",
    "quota_renewal_rate",
)  # fmt: skip
_SECOND = 1e9  # nanoseconds


def quoted(text: str) -> str:
    """A text as Go's %q writes it."""
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
    """Whether a number is more than another, -1 being without end (greaterThanInt64)."""
    if value == -1:
        return True
    return other != -1 and value > other


def interval_of(limit: Document) -> int:
    """The nanoseconds between two requests, as Go's time.Duration has them; 0 without a rate."""
    if limit["per"] <= 0 or limit["rate"] <= 0:
        return 0
    nanoseconds = _SECOND * limit["per"] / limit["rate"]
    return int(nanoseconds) if nanoseconds < 2**63 else -(2**63)


def is_empty(limit: Document) -> bool:
    """Whether an API's limit says nothing; smoothing alone says nothing."""
    return not any(limit[name] for name in _COUNTS)


def is_partitioned(policy: Document) -> bool:
    """Whether a policy decides some parts of a session alone; per_api is no such part."""
    return any(policy["partitions"][name] for name in ("quota", "rate_limit", "acl", "complexity"))


def decides(policy: Document, part: str) -> bool:
    """Whether a policy decides a part: "quota", "rate_limit", "acl", "complexity"."""
    return bool(policy["partitions"][part]) or not is_partitioned(policy)


def limit_of(policy: Document) -> Document:
    """A policy's own limits, as an API's."""
    return {name: policy[name] for name in _OF_POLICY}


def union(known: list[Any] | None, more: list[Any] | None) -> list[Any] | None:
    """The members of both lists, each once, in the order they are first seen."""
    if not more:
        return known
    result = list(known or [])
    for item in more:
        if item not in result:
            result.append(item)
    return result


def merge_rights(target: Document, right: Document) -> None:
    """Join what a right allows to what is known of its API."""
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
        known, more = target["mcp_access_rights"], right["mcp_access_rights"]
        target["mcp_access_rights"] = {kind: _merged_rules(known[kind], more[kind]) for kind in known}


def _merged_urls(known: list[Any] | None, more: list[Any] | None) -> list[Any] | None:
    methods: dict[str, Any] = {}
    for each in (*(known or []), *(more or [])):
        url = each["url"]
        methods[url] = union(methods[url], each["methods"]) if url in methods else each["methods"]
    return [{"url": url, "methods": each} for url, each in methods.items()] or None


def _merged_types(known: list[Any] | None, more: list[Any] | None) -> list[Any] | None:
    """Types by name, their fields joined. The first policy's own list is changed, as a gateway does."""
    if not known:
        return more
    for each in more or []:
        same = next((old for old in known if old["name"] == each["name"]), None)
        if same is not None:
            same["fields"] = union(same["fields"], each["fields"])
        else:
            known = [*map(dict, known), dict(each)]
    return known


def _merged_fields(known: list[Any] | None, more: list[Any] | None) -> list[Any] | None:
    """Fields by type and name, the deeper query winning."""
    if not known:
        return more
    for each in more or []:
        same = [old for old in known if _field(old) == _field(each)]
        for old in same:
            if larger(each["limits"]["max_query_depth"], old["limits"]["max_query_depth"]):
                old["limits"] = dict(each["limits"])
        if not same:
            known = [*map(dict, known), dict(each)]
    return known


def _field(right: Document) -> tuple[str, str]:
    return right["type_name"], right["field_name"]


def _merged_rules(known: Document, more: Document) -> Document:
    if not any(more.values()):
        return known
    if not any(known.values()):
        return more
    return {name: union(known[name], more[name]) for name in known}


def merge_endpoint_limits(target: Document, right: Document, known: Document) -> None:
    """Give `target` the limits of endpoints, methods and primitives of both others, the better of each."""
    target["endpoints"] = _merged_endpoints(right["endpoints"], known["endpoints"])
    if "json_rpc_methods" in target:
        for name in ("json_rpc_methods", "mcp_primitives"):
            target[name] = _merged_named(right[name], known[name])


def _merged_endpoints(policy: list[Any] | None, known: list[Any] | None) -> list[Any] | None:
    """The shorter interval wins, of equal ones the higher rate; sorted by path, then by method.

    A path with a colon is lost where two lists are joined (user/session.go:539 @v5.12.0).
    """
    before, after = _by_method(known), _by_method(policy)
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


def _merged_named(policy: list[Any] | None, known: list[Any] | None) -> list[Any] | None:
    """Limits by type and name; the shorter interval wins, none at all loses."""
    if not known:
        return policy
    if not policy:
        return known
    result = {(each.get("type"), each["name"]): each for each in known}
    for each in policy:
        old = result.get((each.get("type"), each["name"]))
        if (
            old is None
            or interval_of(each["limit"]) < interval_of(old["limit"])
            or not interval_of(old["limit"])
        ):
            result[each.get("type"), each["name"]] = each
    return list(result.values())


def as_node(value: Any) -> Any:
    """Plain JSON as a node that Go types decode."""
    return json_reader.read(json_writer.write(value).encode())[0]
