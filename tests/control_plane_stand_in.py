"""A stand-in for a control plane, whose answers a test sets; it takes any key."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any, Self

from mockserver.golang.rpc.calls import TYPES
from mockserver.golang.rpc.connection import Caller
from mockserver.golang.rpc.errors import CallRefused
from mockserver.golang.rpc.server import RpcServer

LONG_POLL = 20.0  # seconds


class ControlPlaneStandIn:
    """A control plane on a local port.

    Attributes:
        policies, apis: the lists that it hands out.
        sessions: the values of `GetKey`.
        changed_keys: the names that the next `GetGroupKeySpaceUpdate` tells.
        is_open: False to refuse logins.
        calls: name and argument of each call.
    """

    def __init__(self) -> None:
        self.policies: Any = []
        self.apis: Any = []
        self.sessions: dict[str, Any] = {}
        self.changed_keys: list[str] = []
        self.is_open = True
        self.calls: list[tuple[str, Any]] = []
        self._due = threading.Condition()
        self._reloads = 0
        self._server: RpcServer | None = None
        self.address = ("127.0.0.1", 0)
        self.come_back()

    def change(self) -> None:
        """Tell the plane that waits that a reload is due."""
        with self._due:
            self._reloads += 1
            self._due.notify_all()

    def names(self) -> list[str]:
        """The names of the calls so far, each once, in the order of their first times."""
        return list(dict.fromkeys(name for name, _ in self.calls))

    def last(self, name: str) -> Any:
        """The argument of the last call of a function."""
        return next(argument for called, argument in reversed(self.calls) if called == name)

    def go(self) -> None:
        """End all connections, and accept no more."""
        server, self._server = self._server, None
        if server is not None:
            self.change()
            server.close()

    def come_back(self) -> None:
        """Listen, at the same port as before."""
        if self._server is None:
            listener = socket.create_server(self.address)
            functions = {name: self._function(name) for name in ANSWERS}
            self._server = RpcServer(listener, functions, types=TYPES)
            self.address = self._server.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go()

    def _function(self, name: str) -> Any:
        def answer(caller: Caller, argument: Any) -> Any:
            self.calls.append((name, argument))
            return getattr(self, ANSWERS[name])(argument)

        return answer

    def _login(self, _: Any) -> bool:
        return self.is_open

    def _policies(self, _: Any) -> str:
        return json.dumps(self.policies)

    def _apis(self, _: Any) -> str:
        return json.dumps(self.apis)

    def _idps(self, _: Any) -> str:
        return "[]"

    def _reload(self, _: Any) -> bool:
        with self._due:
            is_due = self._due.wait_for(lambda: self._reloads or self._server is None, LONG_POLL)
            self._reloads = 0
            return bool(is_due)

    def _idp_reload(self, _: Any) -> list[str]:
        with self._due:
            self._due.wait_for(lambda: self._server is None, LONG_POLL)
        return []

    def _key_updates(self, _: Any) -> list[str]:
        changed, self.changed_keys = self.changed_keys, []
        return changed

    def _key(self, name: str) -> str:
        if name not in self.sessions:
            raise CallRefused("key not found")
        return json.dumps(self.sessions[name])

    def _nothing(self, _: Any) -> None:
        """Answer with nothing."""


ANSWERS = {
    "LoginWithGroup": "_login", "GetPolicies": "_policies", "GetApiDefinitions": "_apis",
    "GetClientIdPs": "_idps", "CheckReload": "_reload", "CheckIdPReload": "_idp_reload",
    "GetGroupKeySpaceUpdate": "_key_updates", "GetKey": "_key", "SetKey": "_nothing", "Disconnect": "_nothing",
}  # fmt: skip
