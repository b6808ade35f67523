"""What is carried from one service to another: policies, APIs, keys and OAuth clients."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mockserver.golang.json_size import is_deeper

Document = dict[str, Any]

DEEPEST = 200  # levels of a document


@dataclass
class Contents:
    """Documents by their ids, and what is to be told of them.

    Attributes:
        service: what they come from: "gateway", "dashboard" or "files".
        version: the version of that service; "" if it is unknown.
        policies: policies by id.
        apis: API definitions in classic form, by api_id.
        keys: sessions by the name of the key.
        clients: OAuth clients by "api_id/client_id".
        problems: what could not be carried, a line each.
        notes: what was left out on purpose, a line each.
    """

    service: str
    version: str = ""
    policies: dict[str, Document] = field(default_factory=dict)
    apis: dict[str, Document] = field(default_factory=dict)
    keys: dict[str, Document] = field(default_factory=dict)
    clients: dict[str, Document] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> dict[str, dict[str, Document]]:
        """The documents by kind."""
        return {"policies": self.policies, "apis": self.apis, "keys": self.keys, "clients": self.clients}

    @property
    def counts(self) -> dict[str, int]:
        """The number of documents by kind."""
        return {kind: len(documents) for kind, documents in self.kinds.items()}

    @property
    def summary(self) -> str:
        """The counts in words, as in "2 policies, 1 API, no keys, no OAuth clients"."""
        return in_words(self.counts)

    def add(self, kind: str, name: Any, document: Any) -> None:
        """Add a document; one that cannot be carried becomes a problem."""
        singular = NAMES[kind][0]
        if problem := _problem(name, document, self.kinds[kind]):
            self.problems.append(f"{singular} {str(name)[:80]!r} is not carried: {problem}")
        else:
            self.kinds[kind][name] = document

    def add_all(self, kind: str, documents: Iterable[Any], member: str) -> None:
        """Add documents under the ids that a member of them has."""
        for document in documents:
            self.add(kind, document.get(member) if isinstance(document, dict) else None, document)


NAMES = {  # by kind, for one and for several
    "policies": ("policy", "policies"), "apis": ("API", "APIs"), "keys": ("key", "keys"),
    "clients": ("OAuth client", "OAuth clients"),
}  # fmt: skip


def in_words(counts: dict[str, int]) -> str:
    """Numbers of documents by kind, in words."""
    return ", ".join(f"{count or 'no'} {NAMES[kind][count != 1]}" for kind, count in counts.items())


def _problem(name: Any, document: Any, others: dict[str, Document]) -> str:
    """Why a document cannot be carried; "" if it can."""
    if not isinstance(document, dict):
        return "it is not a JSON object"
    if not isinstance(name, str) or not name:
        return "it has no id"
    if name in others:
        return "there is another one with this id"
    if is_deeper(document, DEEPEST):
        return f"it is nested over {DEEPEST} levels deep"
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        return "it has a number that JSON has not"
    return ""
