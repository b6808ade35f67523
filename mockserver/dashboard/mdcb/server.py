"""The server of a Dashboard's control plane: its functions over TCP, with the faults that tests set."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.mdcb.scenarios import PREFIX
from mockserver.dashboard.mdcb.types import TYPES
from mockserver.dashboard.replies import Refusal
from mockserver.golang.rpc.errors import CallRefused, HangUp
from mockserver.golang.rpc.server import Caller, Function, RpcServer
from mockserver.http.failures import log_failure
from mockserver.http.messages import DropConnection


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
            listener, functions, types=TYPES, on_leave=plane.planes.leave, on_failure=log_failure
        )
        self.address = self._server.address

    def close(self) -> None:
        """End all calls and connections; planes serve on, and try to connect again."""
        self._dashboard.control_plane.close()
        self._server.close()

    def _faulty(self, name: str, function: Function) -> Function:
        """A function that meets the faults set for it; the call is carried out before a delay."""

        def call(caller: Caller, argument: Any) -> object:
            delays: list[float] = []
            try:
                fault = self._dashboard.apply_fault(f"{PREFIX}{name}", delays)
                answer = function(caller, argument)
                if fault and fault.rewrite and isinstance(answer, str):
                    answer = json.dumps(fault.rewrite(json.loads(answer)))
            except Refusal as refusal:
                raise CallRefused(refusal.message) from refusal
            except DropConnection as order:
                raise HangUp from order
            else:
                return answer
            finally:
                if delay := sum(delays):
                    self._pause(delay)

        return call
