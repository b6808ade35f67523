"""The server and the instruments that all mocks on a local port have in common."""

from __future__ import annotations

import socket
from datetime import datetime
from types import TracebackType
from typing import Any, Self, Unpack

from mockserver.console.suggestions import hint
from mockserver.contract.openapi import Contract
from mockserver.service.expectations import ANYTHING, Expectation, check_violations
from mockserver.service.fault_keywords import Keywords
from mockserver.service.journal import Journal
from mockserver.service.journal_entry import Entry
from mockserver.service.mock import Mock
from mockserver.service.mock_snapshot import Snapshot, SnapshotError
from mockserver.service.service import Service
from mockserver.serving.dispatcher import CONTROL_PREFIX
from mockserver.serving.service_server import ServiceServer


class MockServer:
    """A mock of one service on a local port, in threads of this process.

    Attributes:
        mock: the instruments: clock, faults, journal and storage.
    """

    mock: Mock
    _service: Service
    _server: ServiceServer

    def _serve(
        self,
        mock: Mock,
        service: Service,
        listener: socket.socket,
        host: str,
        extra: Contract | None = None,
        *,
        remote_control: bool = False,
    ) -> None:
        """Start the server on a listening socket, which was bound by the name `host`."""
        self.mock = mock
        self._service = service
        self._server = ServiceServer(mock, service, listener, extra, host=host, remote_control=remote_control)

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return self._server.url

    @property
    def page(self) -> str:
        """The URL of the pages for a browser."""
        return self.url + CONTROL_PREFIX

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port that are bound; the host is 0.0.0.0 or :: for all interfaces."""
        return self._server.address

    @property
    def journal(self) -> Journal:
        """The requests and replies, oldest first."""
        return self.mock.journal

    def reset(self) -> list[str]:
        """Restore the initial state: remove all that was written, faults and journal entries.

        Returns the reasons why something was left as it is, a line each.
        """
        return self.mock.reset()

    def snapshot(self) -> Snapshot:
        """The present state, to bring back by `restore`: all that was written, loaded or seeded.

        Raises:
            SnapshotError: other mocks share the storage.
        """
        return Snapshot.of(self.mock)

    def restore(self, snapshot: Snapshot) -> None:
        """Reset, and bring back the state of a snapshot; faults, journal and clock are as after a reset.

        Raises:
            SnapshotError: it is no snapshot, or one of another mock; then nothing is changed.
        """
        if not isinstance(snapshot, Snapshot):
            raise SnapshotError(f"{snapshot!r} is no snapshot; give what snapshot() has returned")
        if not snapshot.is_of(self.mock):
            raise SnapshotError("the snapshot is of another mock; restore it there, or seed() this one")
        self.reset()
        snapshot.put_back()

    def assert_requested(
        self,
        operation: str,
        *,
        times: int | None = None,
        json: Any = ANYTHING,
        policy_id: str | None = None,
        status: int | None = None,
    ) -> list[Entry]:
        """The entries of the requests for an operation, which must have been asked for so often.

        Args:
            operation: the id of the operation.
            times: how often; None for at least once. Dropped and refused requests count too.
            json: members that the body has, among others; a list has exactly the given elements.
            policy_id: the policy that the request is for.
            status: the status of the answer; 0 for a closed connection.

        Raises:
            AssertionError: there were more or fewer; the message shows the requests that come near.
            ValueError: there is no such operation.
        """
        __tracebackhide__ = True  # of pytest: a failed test shows the line of the test
        operations = self._service.journal_operations
        if operation not in operations:
            raise ValueError(f"there is no operation {operation!r}{hint(operation, operations)}")
        return Expectation(operation, times, json, policy_id, status).check(self.journal)

    def check(self) -> None:
        """Check that no request and no reply so far violates the specification.

        Raises:
            AssertionError: some do; the message has a line for each.
        """
        __tracebackhide__ = True  # of pytest: a failed test shows the line of the test
        check_violations(self.journal)

    def advance(self, seconds: float) -> None:
        """Advance the clock by a number of seconds."""
        self.mock.clock.advance(seconds)

    def freeze(self, at: datetime | float | None = None) -> None:
        """Stop the clock, which then passes by `advance` alone, until `unfreeze` or `reset`.

        `at` sets its time: a datetime with a time zone, or seconds since the epoch.

        Raises:
            ValueError: `at` is not such a time, or not from 1970 to 9999.
        """
        if isinstance(at, str):
            raise ValueError(
                f"{at!r} is a text; give a datetime with a time zone, or seconds since the epoch"
            )
        if isinstance(at, datetime):
            if at.tzinfo is None:
                raise ValueError(f"{at!r} has no time zone; give one, such as UTC")
            at = at.timestamp()
        self.mock.clock.freeze(at)

    def unfreeze(self) -> None:
        """Let the clock pass again, from where it stands."""
        self.mock.clock.unfreeze()

    def fault(self, operation: str = "", **members: Unpack[Keywords]) -> str:
        """Set a fault for the next answers of an operation; docs/faults.md lists the members.

        A root field of a Dashboard's GraphQL is an operation too, such as "graphql.policies". Instead of the
        operation, `scenario` may name a failure of the service, such as "redis-down" of a gateway. Without
        both, the fault is one of every request. Returns what a scenario has a real gateway do, else "".

        Raises:
            FaultError: a member is unknown or has a wrong type, or there is no such operation or scenario.
        """
        named = {"operation": operation} if operation else {}
        return self.mock.faults.add(
            {**named, **members}, self._service.fault_targets, self._service.scenarios
        )

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.mock.faults.clear()

    def stop(self) -> None:
        """Accept no more connections, finish the answers in progress; returns at once."""
        self._server.stop()

    def close(self) -> None:
        """Stop the server, and wait until the port is free."""
        self._server.close()

    def wait(self) -> None:
        """Block until the server is closed."""
        self._server.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()
