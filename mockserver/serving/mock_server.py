"""The server and the instruments that all mocks on a local port have in common."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self

from mockserver.contract.openapi import Contract
from mockserver.service.journal import Journal
from mockserver.service.mock import Mock
from mockserver.service.service import Service
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
    def journal(self) -> Journal:
        """The requests and replies, oldest first."""
        return self.mock.journal

    def reset(self) -> list[str]:
        """Restore the initial state: remove all that was written, faults and journal entries.

        Returns the reasons why something was left as it is, a line each.
        """
        return self.mock.reset()

    def advance(self, seconds: float) -> None:
        """Advance the clock by a number of seconds."""
        self.mock.clock.advance(seconds)

    def fault(self, operation: str = "", **members: Any) -> None:
        """Set a fault for the next answers of an operation: `status`, `message`, `delay`, `drop`, `times`.

        A root field of a Dashboard's GraphQL is an operation too, such as "graphql.policies". Instead of the
        operation, `scenario` may name a failure of the service, such as "nonce-lost" of a Dashboard. Without
        both, the fault is one of every request.

        Raises:
            FaultError: a member is unknown or has a wrong type, or there is no such operation or scenario.
        """
        named = {"operation": operation} if operation else {}
        self.mock.faults.add({**named, **members}, self._service.fault_targets, self._service.scenarios)

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
