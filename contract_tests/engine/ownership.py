"""Ownership: what one run may write and delete, and the targets of what it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.names import Names, Undecodable, is_plain, readings
from contract_tests.engine.resources import Resource, Write, name_in, nothing, quoted
from mockserver.contract.openapi import Contract

_READING = {"GET", "HEAD", "OPTIONS", "TRACE"}  # methods that write nothing; a server may ignore their case
_OTHER_PATH = Resource("path", "", ids_of=nothing)  # that no row has


class UnsafeRequest(AssertionError):
    """A request would write or delete a thing that is not of this run; it is not sent.

    Attributes:
        name: the name of that thing; "" if the request names none.
    """

    def __init__(self, message: str, kind: str, name: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.name = name


class Ownership(Names):
    """The names of one run, and the DELETE targets of all that was written under them.

    A write passes only if each thing that it names is of the run, in its path, its query and its body, and
    however a server may read its path.

    Attributes:
        resources: the table of resources that the rules are read from, in the order of removal.
        has_written: True once a write passed that may make a thing.
    """

    def __init__(self, contract: Contract, resources: Sequence[Resource]) -> None:
        super().__init__()
        self._contract = contract
        self.resources = resources
        self._places = {resource: place for place, resource in enumerate(resources)}
        self._by_prefix = {resource.prefix: resource for resource in reversed(resources)}
        self._written: dict[str, Resource] = {}  # targets in the order of their writes
        self._bases: set[str] = set()  # ids, as segments of a path
        self._deleted_last: set[str] = set()
        self.has_written = False
        self._adopted: set[str] = set()  # names that the service chose and that say nothing of the run

    def check(self, request: Request) -> list[str]:
        """The targets to delete if the service carries the request out.

        Raises:
            UnsafeRequest: the request could change a thing that is not of this run, be it through a fault
                of the service.
        """
        if request.method.upper() in _READING:
            return []
        path = request.target.partition("?")[0]
        try:
            forms = readings(path)
        except Undecodable as error:
            raise UnsafeRequest(f"{request.method} {path}: {error}", _OTHER_PATH.kind) from error
        for form in forms:
            self._check_reading(request, f"/{form}")
        if request.method == "DELETE":
            return []
        self.has_written = True
        resource, write = self._write(request, path)
        self._bases |= {quoted(name) for name in resource.bases_of(write)}
        return [resource.target(name, self.run) for name in resource.ids_of(write)]

    def note(self, targets: Iterable[str]) -> None:
        """Record the targets of things that may have been written.

        Raises:
            UnsafeRequest: a target is not of this run.
        """
        for target in targets:
            if target not in self._written:  # else it was checked before, and keeps its place
                self.check(Request("DELETE", target))
                self._written[target] = self.resource_of(target)

    def note_name(self, resource: Resource, name: str) -> None:
        """Record a name that the service may have chosen itself; "" is none.

        Raises:
            UnsafeRequest: the name is not of this run.
        """
        if name and not self.owns_chosen(name):
            raise UnsafeRequest(f"the {resource.kind} {name!r} is not of this run", resource.kind, name)
        if name:
            self.note([resource.target(name, self.run)])

    def knows(self, name: str) -> bool:
        """True if a name is of the run, or was adopted."""
        return self.owns(name) or name in self._adopted

    def adopt(self, resource: Resource, name: str, shown: str) -> None:
        """Count a name that the service chose as one of the run, for it shows a thing of the run under it.

        `shown` is the name of that thing, which the run chose.

        Raises:
            UnsafeRequest: the thing is not of this run.
        """
        self.accept(resource.kind, name, shown)
        self.note([resource.target(name, self.run)])

    def accept(self, kind: str, name: str, shown: str) -> None:
        """Count a name as `adopt` does, for a thing that is removed in another way than by its name alone.

        Raises:
            UnsafeRequest: the thing is not of this run.
        """
        if not self.owns(shown) or not is_plain(name):
            raise UnsafeRequest(f"the {kind} {name!r} is not of this run", kind, name)
        self._adopted.add(name)

    def note_answer(self, request: Request, answer: Any) -> None:
        """Record the name that the answer to a POST has, if it is of this run."""
        resource, name, is_ours = self._named(request, answer)
        if name and is_ours:
            self.note([resource.target(name, self.run)])

    def foreign_name(self, exchange: Exchange) -> tuple[str, str]:
        """The kind and the name that the answer to a POST has and that is not of this run; else two ""."""
        if exchange.method != "POST":
            return "", ""
        request = Request(exchange.method, exchange.target, exchange.body)
        resource, name, is_ours = self._named(request, exchange.json)
        return ("", "") if is_ours else (resource.kind, name)

    def delete_last(self, target: str) -> None:
        """Have a target deleted at the very end of the run, for a test is still about it."""
        self._deleted_last.add(target)

    def written(self, *, include_last: bool = True) -> list[tuple[Resource, str]]:
        """The resources and targets of all that was written, in the order of removal.

        What other things were made from comes last, for it is written again as they are removed.
        """
        chosen = [
            (resource, target)
            for target, resource in self._written.items()
            if resource in self._places and (include_last or target not in self._deleted_last)
        ]
        return sorted(chosen, key=self.rank)

    def rank(self, written: tuple[Resource, str]) -> tuple[bool, int]:
        """The place of a target in the order of removal; those of one place go in any order."""
        resource, target = written
        return name_in(target) in self._bases, self._places[resource]

    def forget(self, targets: Iterable[str]) -> None:
        """Drop targets that were deleted."""
        for target in targets:
            self._written.pop(target, None)

    def _check_reading(self, request: Request, path: str) -> None:
        """Check a request as a server that reads its path like this takes it."""
        resource, write = self._write(request, path)
        what = f"{request.method} {path}"
        if reason := resource.refusal(write):
            raise UnsafeRequest(f"{what}: {reason}", resource.kind)
        for name in resource.names_of(write):
            self._check_name(resource.kind, name, what)
        for member in resource.named_by:
            for name in write.texts(member):
                self._check_name(member, name, what)

    def _check_name(self, kind: str, name: str, what: str) -> None:
        if not self.knows(name):
            raise UnsafeRequest(f"{what} names the {kind} {name!r}, which is not of this run", kind, name)

    def _named(self, request: Request, answer: Any) -> tuple[Resource, str, bool]:
        """The name in the answer to a POST, and True if it is none, the one sent, or another of this run."""
        resource, write = self._write(request, request.target.partition("?")[0])
        name = resource.name_in_answer(write, answer)
        is_sent = name in resource.ids_of(write) and self.owns(name)
        return resource, name, not name or is_sent or self.owns_chosen(name)

    def _write(self, request: Request, path: str) -> tuple[Resource, Write]:
        resource = self.resource_of(path)
        below = unquote(path.removeprefix(resource.prefix)).strip("/")
        query = request.target.partition("?")[2]
        return resource, Write(request.method, below, query, request.body or b"", self._contract)

    def resource_of(self, target: str) -> Resource:
        """The resource whose paths a target is one of; of several the one with the longest prefix."""
        path = target.partition("?")[0]
        while path:
            if resource := self._by_prefix.get(path):
                return resource
            path = path.rpartition("/")[0]
        return self._by_prefix.get("", _OTHER_PATH)
