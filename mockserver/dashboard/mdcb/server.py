"""The server of a Dashboard's control plane: its functions over TCP, with the faults that tests set."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.mdcb.control_plane import Answer
from mockserver.dashboard.mdcb.scenarios import PREFIX
from mockserver.dashboard.replies import Refusal
from mockserver.golang.rpc.calls import TYPES
from mockserver.golang.rpc.connection import Caller, Function
from mockserver.golang.rpc.errors import CallRefused, HangUp
from mockserver.golang.rpc.server import RpcServer
from mockserver.http.failures import log_failure
from mockserver.http.messages import DropConnection
from mockserver.service.fault import Fault, delay_of
from mockserver.service.fault_members import in_group


class ControlPlaneServer:
    """Serves the calls of data planes until it is closed.

    Args:
        dashboard: the Dashboard whose control plane it is.
        listener: a socket that is bound.
        pause: waits for some seconds, the delay of a fault, or until the mock stops.

    Attributes:
        address: host and port.
    """

    def __init__(
        self, dashboard: Dashboard, listener: socket.socket, pause: Callable[[float], object]
    ) -> None:
        self._dashboard = dashboard
        self._pause = pause
        plane = dashboard.control_plane
        functions = {name: self._faulty(name, function) for name, function in plane.functions().items()}
        self._server = RpcServer(
            listener,
            functions,
            types=TYPES,
            on_leave=plane.planes.leave,
            on_failure=log_failure,
            is_known=plane.planes.knows,
        )
        self.address = self._server.address

    def close(self) -> None:
        """End all calls and connections; planes serve on, and try to connect again."""
        self._dashboard.control_plane.close()
        self._server.close()

    def _faulty(self, name: str, function: Function) -> Function:
        """A function that meets the faults set for it; the call is carried out before a delay."""
        plane = self._dashboard.control_plane

        def call(caller: Caller, argument: Any) -> object:
            met: list[Fault] = []
            try:
                operation, group = f"{PREFIX}{name}", plane.planes.group_of(caller, argument)
                apply = self._dashboard.apply_fault
                fault = apply(in_group(operation, group), met) or apply(operation, met)
                answer = function(caller, argument)
                if isinstance(answer, Answer):
                    answer = answer.sent(fault.rewrite if fault else None)
            except Refusal as refusal:
                raise CallRefused(refusal.message) from refusal
            except DropConnection as order:
                raise HangUp from order
            else:
                return answer
            finally:
                if delay := delay_of(met):
                    self._pause(delay)

        return call
