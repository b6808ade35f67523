"""Ownership: the names of one run, the requests that they allow, and the targets of what they wrote."""

from __future__ import annotations

import itertools
import posixpath
import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from contract_tests.engine.exchange import Request
from contract_tests.engine.resources import PREFIX, Resource, Write
from mockserver.contract.openapi import Contract

OBJECT_ID_PREFIX = "7c0a57ac"  # of database ids, which cannot hold the textual prefix


class UnsafeRequest(AssertionError):
    """A test was about to write or delete a thing that is not of this run; a defect of the suite."""


class Ownership:
    """The names of one run, and the DELETE targets of all that was written under them.

    Attributes:
        run: the prefix of every name of the run, and the name of its organisation.
        run_object_id: the same for database ids.
    """

    def __init__(self, contract: Contract, resources: Sequence[Resource]) -> None:
        token = secrets.token_hex(4)
        self.run = f"{PREFIX}{token}-"
        self.run_object_id = OBJECT_ID_PREFIX + token
        self._contract = contract
        self._resources = resources
        self._numbers = itertools.count(1)
        self._written: dict[str, Resource | None] = {}  # targets in the order of their writes
        self._deleted_last: set[str] = set()
        self._server_names: set[tuple[Resource, str]] = set()  # ids that the service chose itself

    def new_id(self, suffix: str = "") -> str:
        """A new id of this run."""
        number = next(self._numbers)
        separator = "_" if suffix[:1].isdigit() else ""  # or 4 and 7 would be 47
        return f"{self.run}{number}{separator}{suffix}"

    def new_object_id(self) -> str:
        """A new database id of this run: 24 lower-case hex digits."""
        return f"{self.run_object_id}{next(self._numbers):08x}"

    def owns(self, name: str) -> bool:
        """True if an id begins as those of this run, also as the path of a file: `run/../x` does not."""
        file = posixpath.normpath("/" + name)
        return file.startswith((f"/{self.run}", f"/{self.run_object_id}"))

    def check(self, request: Request) -> list[str]:
        """The targets to delete if the service carries the request out.

        Raises:
            UnsafeRequest: the request could change a thing that is not of this run, be it through a fault
                of the service.
        """
        path, _, _ = request.target.partition("?")
        resource = self._resource_of(path)
        if resource is None or request.method not in ("POST", "PUT", "DELETE"):
            return []
        below = unquote(path.removeprefix(resource.prefix)).strip("/")
        write = Write(request.method, below, request.body or b"", self.run, self._contract)
        if reason := resource.refusal(write):
            raise UnsafeRequest(f"{request.method} of a {resource.kind}: {reason}")
        ids = list(resource.ids_of(write))
        for name in (*ids, *resource.also_named(write)):
            if not self.owns(name) and (resource, name) not in self._server_names:
                raise UnsafeRequest(
                    f"{request.method} of a {resource.kind} named {name!r}, which is not of this run"
                )
        return [resource.target(name, self.run) for name in ids] if request.method != "DELETE" else []

    def note(self, targets: Iterable[str]) -> None:
        """Record the targets of things that may have been written."""
        for target in targets:
            self._written[target] = self._resource_of(target)

    def note_answer(self, request: Request, answer: Any) -> None:
        """Record the id that the service chose itself for a thing of this run, from the answer to a POST."""
        resource = self._resource_of(request.target)
        if resource is not None and resource.id_in_answer is not None and request.method == "POST":
            self.note_server_name(resource, resource.id_in_answer(answer, self.run))

    def note_server_name(self, resource: Resource, name: str) -> None:
        """Record an id that the service chose itself; "" is none."""
        if name:
            self._server_names.add((resource, name))
            self.note([resource.target(name, self.run)])

    def delete_last(self, target: str) -> None:
        """Have a target deleted at the very end of the run, for a test is still about it."""
        self._deleted_last.add(target)

    def written(self, *, loaded_by_reload: bool, include_last: bool = True) -> list[str]:
        """The targets of resources that a reload loads, or of all others, in the order of removal."""
        rank = {resource: place for place, resource in enumerate(self._resources)}
        chosen = [
            (rank[resource], target)
            for target, resource in self._written.items()
            if resource is not None
            and resource.loaded_by_reload is loaded_by_reload
            and (include_last or target not in self._deleted_last)
        ]
        return [target for _, target in sorted(chosen, key=lambda pair: pair[0])]

    def forget(self, targets: Iterable[str]) -> None:
        """Drop targets that were deleted."""
        for target in targets:
            self._written.pop(target, None)

    def _resource_of(self, target: str) -> Resource | None:
        return next((row for row in self._resources if target.startswith(row.prefix)), None)
