"""What changes for a client between two versions, from spec/ alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mockserver.contract import behaviours
from mockserver.contract.behaviours import Behaviour
from mockserver.contract.openapi import METHODS
from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion


class Kind(Enum):
    """What sort of change it is, in the order a reader wants them."""

    OPERATION = "operations"
    MEMBER = "members"
    SENDING = "when members are sent"
    ANSWER = "answers"
    CONDUCT = "conduct"


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        version: the release that made it.
        subject: what changed: an operation, a schema's member, a behaviour.
        text: how, in words.
        source: where that was read or recorded; empty where the subject's own source says it.
    """

    version: GatewayVersion
    kind: Kind
    subject: str
    text: str
    source: str = ""


def between(old: GatewayVersion, new: GatewayVersion) -> list[Change]:
    """All changes after `old` up to `new`, by release and kind.

    Raises:
        ValueError: `old` is not older than `new`.
    """
    if old >= new:
        raise ValueError(f"{old} is not older than {new}; give the older version first")
    document = load_yaml(spec_path("gateway/openapi.yaml"))
    found = [*_in_shape(document, (), old, new), *_in_conduct(old, new)]
    order = list(Kind)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda change: (change.version, order.index(change.kind)))


def _in_shape(node: Any, path: tuple[str, ...], old: GatewayVersion, new: GatewayVersion) -> Iterator[Change]:
    """Walk the spec and tell each node that comes or goes between the versions."""
    if isinstance(node, list):
        for item in node:
            yield from _in_shape(item, path, old, new)
        return
    if not isinstance(node, dict):
        return
    for key, comes in (("x-since", True), ("x-until", False)):
        if key in node:
            version = GatewayVersion.parse(node[key])
            if old < version <= new:
                yield from _told(node, path, version, comes=comes)
    for rule in node.get("x-omit", ()):
        yield from _in_sending(rule, node["x-omit"], path, old, new)
    for name, child in node.items():
        if name != "x-omit":
            yield from _in_shape(child, (*path, str(name)), old, new)


def _told(
    node: dict[str, Any], path: tuple[str, ...], version: GatewayVersion, *, comes: bool
) -> Iterator[Change]:
    """The change that one node makes, by where it stands."""
    word = "is new" if comes else "is gone"
    match path:
        case ("paths", address):
            for method in METHODS:
                if method in node:
                    source = node[method].get("x-source", "")
                    yield Change(version, Kind.OPERATION, f"{method.upper()} {address}", word, source)
        case ("paths", address, method, "responses", status, *_, _name):
            told = node.get("value", {}).get("message", "")
            text = f'may answer {status} "{told}"' if comes else f'no longer answers {status} "{told}"'
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
    """A member that is left out from some version on, or for another reason than before."""
    version = GatewayVersion.parse(rule["x-since"]) if "x-since" in rule else None
    if version is None or not old < version <= new:
        return
    before = [other["rule"] for other in rules if other.get("x-until") == rule["x-since"]]
    text = f"is left out when {rule['rule']}" + (f", before when {before[0]}" if before else "")
    yield Change(version, Kind.SENDING, f"{path[2]}.{path[-1]}", text)


def _in_conduct(old: GatewayVersion, new: GatewayVersion) -> Iterator[Change]:
    for row in behaviours.load().values():
        before, after = row.holds_for(old), row.holds_for(new)
        if before != after:
            text = row.statement if after else f"No longer: {row.statement}"
            yield Change(_boundary(row, old, new), Kind.CONDUCT, row.id, text, row.source)


def _boundary(row: Behaviour, old: GatewayVersion, new: GatewayVersion) -> GatewayVersion:
    """The last version up to `new` at which a behaviour began or ended."""
    ends = [end for span in row.spans for end in (span.since, span.until) if end and old < end <= new]
    return max(ends)
