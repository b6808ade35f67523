"""The gateway that an import writes to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from contract_tests.engine.resources import quoted
from mockserver.cli import USAGE
from mockserver.cli.impact_services import items_of
from mockserver.cli.json_service import JsonService, ServiceError, message_in
from mockserver.cli.transfer.contents import NAMES, Contents, Document
from mockserver.cli.transfer.key_names import marked, unmarked
from mockserver.cli.transfer.secret_members import REPLACED
from mockserver.cli.transfer.sources import without_use
from mockserver.golang import json_writer
from mockserver.http.client import ClientError

_NO_TIME = "0s"  # that gateways of newer versions write for a duration that is not set
_ABSENT = (400, 404)  # an OAuth client of an API that is not there is answered with either
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


class Target:
    """A gateway, mock or real, that an import writes to.

    Attributes:
        is_mock: True if it is a mock of ours, in which a replaced secret does no harm.
    """

    def __init__(self, service: JsonService, *, is_mock: bool) -> None:
        self._service = service
        self.is_mock = is_mock

    def plan(self, contents: Contents) -> Plan:
        """What an import of contents would do.

        Raises:
            ServiceError, ClientError: the target cannot be read.
        """
        plan = Plan()
        policies = self._by_id("/tyk/policies", "id")
        apis = self._by_id("/tyk/apis", "api_id")
        present: dict[str, Callable[[str, Document], Any]] = {
            "policies": lambda name, _: policies.get(name),
            "apis": lambda name, _: apis.get(name),
            "keys": self._key,
            "clients": self._client,
        }
        for kind, documents in contents.kinds.items():
            for name, document in sorted(documents.items()):
                if problem := self._problem(kind, name, document):
                    plan.problems.append(f"{NAMES[kind][0]} {name[:80]!r} is not written: {problem}")
                    continue
                before = present[kind](name, document)
                if before is not None and covers(document, before):
                    plan.same[kind] += 1
                else:
                    plan.writes.append(Write(kind, name, document, before is None))
        return plan

    def write(self, write: Write) -> str:
        """Write one document; the reason why it is not written, "" if it is.

        Raises:
            ClientError: there is no answer.
        """
        method, target, document = _REQUESTS[write.kind](write)
        status, answer = self._service.send(method, target, document)
        if status == 200:
            return ""
        reason = f"{method} {target} answers {status}{message_in(answer)}"
        if write.kind == "keys" and document.get("apply_policies"):
            return self._write_refused_key(target, document, reason)
        return reason

    def _write_refused_key(self, target: str, session: Document, reason: str) -> str:
        """Write a key whose policies cannot be applied: a gateway takes them once the key is there.

        Such a key is refused at each request, in the source and in the target alike.
        """
        policies = session["apply_policies"]
        status, answer = self._service.send("POST", target, {**session, "apply_policies": []})
        if status != 200 or not isinstance(answer, dict):
            return reason
        stored = str(answer.get("key_hash") or answer.get("key"))
        path = f"/tyk/keys/policy/{quoted(stored)}"
        status, answer = self._service.send("POST", path, {"apply_policies": policies})
        if status == 200:
            return ""
        return f"it is there without its policies: they are refused with {status}{message_in(answer)}"

    def reload(self) -> str:
        """Load what was written; the reason why that failed, "" if it did not.

        Raises:
            ClientError: there is no answer.
        """
        status, answer = self._service.get("/tyk/reload?block=true")
        return "" if status == 200 else f"GET /tyk/reload answers {status}{message_in(answer)}"

    def _problem(self, kind: str, name: str, document: Document) -> str:
        """Why a document is not to be written; "" if it is."""
        if any(_ODD.search(part) for part in (name.split("/", 1) if kind == "clients" else [name])):
            return "the id is no name that a gateway can store; correct it"
        if not self.is_mock and REPLACED in json_writer.write(document):
            return f'a secret of it was replaced; write the secret in the place of "{REPLACED}"'
        return ""

    def _by_id(self, target: str, member: str) -> dict[str, Document]:
        items = self._service.listing(target, items_of, "check the URL and --secret")
        return {str(item.get(member)): item for item in items if isinstance(item, dict)}

    def _key(self, name: str, session: Document) -> Document | None:
        query = f"?org_id={quoted(str(session.get('org_id', '')))}"
        document = self._found(f"/tyk/keys/{quoted(name)}{query}")
        return None if document is None else unmarked(without_use(document))

    def _client(self, name: str, client: Document) -> Document | None:
        document = self._found(f"/tyk/oauth/clients/{_client_path(name)}")
        return None if document is None else {**document, "api_id": client.get("api_id")}

    def _found(self, target: str) -> Document | None:
        """The document at a target; None if there is none.

        Raises:
            ServiceError: the answer says neither, so that a write could overwrite what is there.
        """
        status, document = self._service.get(target)
        if status in _ABSENT:
            return None
        if status == 200 and isinstance(document, dict):
            return document
        raise ServiceError(f"GET {target} answers {status}{message_in(document)}; nothing was written", USAGE)


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
        raise ReloadFailed(f"the gateway did not load what was written: {reason}")


def _client_path(name: str) -> str:
    return "/".join(map(quoted, name.split("/", 1)))


def _policy(write: Write) -> tuple[str, str, Document]:
    document = {**write.document, "id": write.name}
    if write.is_new:
        return "POST", "/tyk/policies", document
    return "PUT", f"/tyk/policies/{quoted(write.name)}", document


def _api(write: Write) -> tuple[str, str, Document]:
    if write.is_new:
        return "POST", "/tyk/apis", write.document
    return "PUT", f"/tyk/apis/{quoted(write.name)}", write.document


def _key(write: Write) -> tuple[str, str, Document]:
    return "POST", f"/tyk/keys/{quoted(write.name)}", marked(write.name, write.document)


def _client(write: Write) -> tuple[str, str, Document]:
    if write.is_new:
        return "POST", "/tyk/oauth/clients/create", write.document
    return "PUT", f"/tyk/oauth/clients/{_client_path(write.name)}", write.document


_REQUESTS: dict[str, Callable[[Write], tuple[str, str, Document]]] = {
    "policies": _policy, "apis": _api, "keys": _key, "clients": _client,
}  # fmt: skip


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
