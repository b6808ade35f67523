"""The changes for a client between two versions, derived from spec/ alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from mockserver.contract import behaviours
from mockserver.contract.behaviours import Behaviour, Behaviours
from mockserver.contract.openapi import METHODS
from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion


class Kind(Enum):
    """The kind of a change, in the order of the listing."""

    OPERATION = "operations"
    MEMBER = "members"
    SENDING = "when members are sent"
    ANSWER = "answers"
    CONDUCT = "conduct"


@dataclass(frozen=True)
class Change:
    """A change between two versions.

    Attributes:
        version: the release that made it.
        subject: the changed operation, member ("Schema.member") or behaviour.
        text: a description of the change.
        source: the evidence in the vendor's source or a recording; "" if that of the subject applies.
    """

    version: GatewayVersion
    kind: Kind
    subject: str
    text: str
    source: str = ""


def between(old: GatewayVersion, new: GatewayVersion, folder: Path | None = None) -> list[Change]:
    """All changes after `old` up to `new` of the service in a folder (spec/gateway), by release and kind.

    Raises:
        ValueError: `old` is not older than `new`.
    """
    if old >= new:
        raise ValueError(f"{old} is not older than {new}; give the older version first")
    document = load_yaml((folder or spec_path("gateway")) / "openapi.yaml")
    changes = [*_in_schema(document, (), old, new), *_in_behaviours(behaviours.load(folder), old, new)]
    order = list(Kind)
    unique = dict.fromkeys(changes)
    return sorted(unique, key=lambda change: (change.version, order.index(change.kind)))


def _in_schema(
    node: Any, path: tuple[str, ...], old: GatewayVersion, new: GatewayVersion
) -> Iterator[Change]:
    """Walk the spec and yield a change for each node that appears or disappears between the versions."""
    if isinstance(node, list):
        for item in node:
            yield from _in_schema(item, path, old, new)
        return
    if not isinstance(node, dict):
        return
    for key, appears in (("x-since", True), ("x-until", False)):
        if key in node:
            version = GatewayVersion.parse(node[key])
            if old < version <= new:
                yield from _node_changes(node, path, version, appears=appears)
    for rule in node.get("x-omit", ()):
        yield from _in_sending(rule, node["x-omit"], path, old, new)
    for name, child in node.items():
        if name != "x-omit":
            yield from _in_schema(child, (*path, str(name)), old, new)


def _node_changes(
    node: dict[str, Any], path: tuple[str, ...], version: GatewayVersion, *, appears: bool
) -> Iterator[Change]:
    """The changes that one node causes, by its path in the document."""
    word = "is new" if appears else "is gone"
    match path:
        case ("paths", address):
            for method in METHODS:
                if method in node:
                    source = node[method].get("x-source", "")
                    yield Change(version, Kind.OPERATION, f"{method.upper()} {address}", word, source)
        case ("paths", address, method, "responses", status, *_, _name):
            message = node.get("value", {}).get("message", "")
            verb = "may answer" if appears else "no longer answers"
            text = f'{verb} {status} "{message}"'
            yield Change(version, Kind.ANSWER, f"{method.upper()} {address}", text)
        case ("components", "schemas", schema, "properties", member):
            yield Change(version, Kind.MEMBER, f"{schema}.{member}", word, node.get("x-source", ""))


def _in_sending(
    rule: dict[str, Any],
    rules: list[dict[str, Any]],
    path: tuple[str, ...],
    old: GatewayVersion,
    new: GatewayVersion,
) -> Iterator[Change]:
    """The change of a member that is omitted since some version, or under another rule than before."""
    version = GatewayVersion.parse(rule["x-since"]) if "x-since" in rule else None
    if version is None or not old < version <= new:
        return
    before = [other["rule"] for other in rules if other.get("x-until") == rule["x-since"]]
    text = f"is omitted when {rule['rule']}" + (f", before when {before[0]}" if before else "")
    yield Change(version, Kind.SENDING, f"{path[2]}.{path[-1]}", text)


def _in_behaviours(rows: Behaviours, old: GatewayVersion, new: GatewayVersion) -> Iterator[Change]:
    for row in rows.values():
        before, after = row.holds_for(old), row.holds_for(new)
        if before != after:
            text = row.statement if after else f"No longer: {row.statement}"
            yield Change(_boundary(row, old, new), Kind.CONDUCT, row.id, text, row.source)


def _boundary(row: Behaviour, old: GatewayVersion, new: GatewayVersion) -> GatewayVersion:
    """The latest version up to `new` at which a behaviour started or ended."""
    ends = [end for span in row.spans for end in (span.since, span.until) if end and old < end <= new]
    return max(ends)
