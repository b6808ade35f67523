"""What an import would do, and how it is carried out, at any target."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mockserver.cli.transfer.contents import NAMES, Contents, Document
from mockserver.cli.transfer.secret_members import REPLACED
from mockserver.golang import json_writer
from mockserver.http.client import ClientError

_NO_TIME = "0s"  # that gateways of newer versions write for a duration that is not set
_ODD = re.compile(r"[/\\\x00-\x1f\x7f]|^\.{1,2}$")  # of an id that is no segment of a path


@dataclass(frozen=True)
class Write:
    """One document that an import would write.

    Attributes:
        kind, name: which document it is.
        document: what would be written.
        is_new: True if the target has no such document.
    """

    kind: str
    name: str
    document: Document = field(repr=False)
    is_new: bool

    @property
    def text(self) -> str:
        """The name in messages."""
        return f"{NAMES[self.kind][0]} {self.name}"


@dataclass
class Plan:
    """What an import would do.

    Attributes:
        writes: the documents to write, in this order.
        same: how many the target has already, by kind.
        problems: what cannot be carried, a line each.
    """

    writes: list[Write] = field(default_factory=list)
    same: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    problems: list[str] = field(default_factory=list)

    @property
    def differing(self) -> list[Write]:
        """The documents that the target has otherwise."""
        return [write for write in self.writes if not write.is_new]


class Target(Protocol):
    """A service that an import writes to.

    Attributes:
        title: the service in messages, such as "gateway".
        is_mock: True if it is a mock of ours, in which a replaced secret does no harm.
        notes: what was written otherwise than it was sent, a line each.
    """

    title: str
    is_mock: bool
    notes: list[str]

    def plan(self, contents: Contents) -> Plan:
        """What an import of contents would do.

        Raises:
            ServiceError, ClientError: the target cannot be read.
        """

    def write(self, write: Write) -> str:
        """Write one document; the reason why it is not written, "" if it is.

        Raises:
            ClientError: there is no answer.
        """

    def reload(self) -> str:
        """Load what was written; the reason why that failed, "" if it did not.

        Raises:
            ClientError: there is no answer.
        """


def carried_out(target: Target, plan: Plan) -> Iterator[tuple[Write, str]]:
    """Write the documents of a plan one after the other; each with the reason if it was refused.

    Policies and APIs are loaded before the keys and clients that need them, or at the end.

    Raises:
        ClientError: there is no answer; what came before is written.
        ReloadFailed: what was written is not loaded.
    """
    is_loaded = True
    for write in plan.writes:
        if write.kind in ("keys", "clients") and not is_loaded:
            _reload(target)
            is_loaded = True
        yield write, target.write(write)
        is_loaded = is_loaded and write.kind not in ("policies", "apis")
    if not is_loaded:
        _reload(target)


class ReloadFailed(ClientError):
    """What was written is not loaded; the message says why."""


def _reload(target: Target) -> None:
    if reason := target.reload():
        raise ReloadFailed(f"the {target.title} did not load what was written: {reason}")


Found = Callable[[str, Document], Document | None]  # what a target has of a document with a name


def compared(
    kinds: Mapping[str, Mapping[str, Document]], present: Mapping[str, Found], *, is_mock: bool
) -> Plan:
    """What an import of documents would do at a target that has some of them, kind after kind."""
    plan = Plan()
    for kind, documents in kinds.items():
        for name, document in sorted(documents.items()):
            if problem := _problem_of(kind, name, document, is_mock=is_mock):
                plan.problems.append(f"{NAMES[kind][0]} {name[:80]!r} is not written: {problem}")
                continue
            before = present[kind](name, document)
            if before is not None and covers(document, before):
                plan.same[kind] += 1
            else:
                plan.writes.append(Write(kind, name, document, before is None))
    return plan


def _problem_of(kind: str, name: str, document: Document, *, is_mock: bool) -> str:
    """Why a document is not to be written; "" if it is."""
    if any(_ODD.search(part) for part in (name.split("/", 1) if kind == "clients" else [name])):
        return "the id is no name that a gateway can store; correct it"
    if not is_mock and REPLACED in json_writer.write(document):
        return f'a secret of it was replaced; write the secret in the place of "{REPLACED}"'
    return ""


def covers(document: Any, before: Any) -> bool:
    """True if a gateway has a document already: members that say nothing may be missing on either side.

    A replaced secret stands for any other.
    """
    if isinstance(document, str) and REPLACED in document and isinstance(before, str):
        return True
    if isinstance(document, dict) and isinstance(before, dict):
        return all(covers(document.get(name), before.get(name)) for name in document.keys() | before.keys())
    if isinstance(document, list) and isinstance(before, list) and document:
        return len(document) == len(before) and all(map(covers, document, before))
    return document == before or (_says_nothing(document) and _says_nothing(before))


def _says_nothing(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    return not value or value == _NO_TIME
