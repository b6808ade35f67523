"""The run of a recorder: the suite's names, safety and clean-up, for the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from contract_tests.engine import leftovers
from contract_tests.engine.exchange import Request
from contract_tests.engine.ownership import Ownership, UnsafeRequest
from contract_tests.engine.service import Service
from mockserver.contract.spec_files import default_version
from mockserver.evidence.recorder import RecorderError
from mockserver.http.client import Client, ClientError


class RecordedRun:
    """A run that writes what `Ownership` allows it, and removes what is listed under its names."""

    def __init__(self, client: Client, service: Service, secret: str) -> None:
        self._client = client
        self._service = service
        self._secret = secret
        self._ownership = Ownership(service.contract(default_version(service.folder)), service.resources)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The values of RUN and ID1 to ID9."""
        ids = {f"ID{number}": self._ownership.new_object_id() for number in range(1, 10)}
        return {"RUN": self._ownership.run, **ids}

    def check(self, method: str, target: str, body: bytes | None) -> None:
        """Check a request before it is sent.

        Raises:
            RecorderError: it could change a thing that is not of this run.
        """
        try:
            self._ownership.check(Request(method, target, body=body))
        except UnsafeRequest as error:
            raise RecorderError(f"not sent: {error}; correct the scenario") from error

    def adopt(self, path: str, thing_id: str, shown: str) -> None:
        """Count an id that the service gave to a thing as one of the run; `shown` is the thing's name.

        Raises:
            RecorderError: the thing is not of this run.
        """
        resource = next(row for row in self._service.resources if row.has(path))
        try:
            self._ownership.adopt(resource, thing_id, shown)
        except UnsafeRequest as error:
            raise RecorderError(
                f"the answer to a POST of {path} names another's: {error}; it was not changed"
            ) from error

    def clean(self) -> None:
        """Remove all that the run wrote.

        Raises:
            RecorderError: something cannot be removed; the message names it.
        """
        try:
            found = leftovers.find(self._client, self._service, self._secret)
            own = [leftover for leftover in found if self._ownership.owns(leftover.name)]
            left = leftovers.remove(self._client, self._service, self._secret, own) if own else []
        except ClientError as error:
            raise RecorderError(f"the {self._service.name} does not answer: {error}") from error
        if left:
            names = ", ".join(f"{leftover.kind} {leftover.name}" for leftover in left)
            raise RecorderError(f"not removed: {names}; delete it on the {self._service.name}")
