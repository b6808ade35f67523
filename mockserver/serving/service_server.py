"""The server of a service on a local port, in threads of this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any

from mockserver.contract.openapi import Contract
from mockserver.golang.urls import join_host_port
from mockserver.http.messages import Reply, Request
from mockserver.http.server import HttpServer
from mockserver.service.mock import Mock
from mockserver.service.service import Service
from mockserver.serving.control_access import ControlAccess
from mockserver.serving.dispatcher import Dispatcher

LONGEST_WAIT = 1.0  # seconds


class ServerError(OSError):
    """The server cannot listen on its address; the message names the address and the next step."""


class ServiceServer:
    """The server of one service, which starts when it is created and runs until it is closed.

    `extra` is another spec of the service; its examples answer the operations that ours does not have.
    `host` is the name that the listener was bound by, under which the mock's own API answers too;
    `remote_control` lets other machines use that API. `is_second` is true for one more port of a service.

    Attributes:
        dispatcher: the dispatcher that answers the requests.
    """

    def __init__(
        self,
        mock: Mock,
        service: Service,
        listener: socket.socket,
        extra: Contract | None = None,
        *,
        host: str = "",
        remote_control: bool = False,
        is_second: bool = False,
    ) -> None:
        if not is_second:
            mock.services.append(service)
            mock.join_group()
        self.dispatcher = Dispatcher(mock, service, extra, self._control)
        self._mock = mock
        self._access = ControlAccess([host, listener.getsockname()[0]], remote=remote_control)
        self._app: Any = None
        self._app_lock = threading.Lock()
        dispatcher = self.dispatcher
        self._server = HttpServer(dispatcher.answer, listener, dispatcher.refuses, refused=dispatcher.refused)
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tyk-contract", daemon=True)
        self._thread.start()
        self._started.wait()

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return url_of(self._server.address)

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port that are bound."""
        return self._server.address

    def stop(self) -> None:
        """Accept no more connections, finish the answers in progress; returns at once."""
        self._mock.closing.set()
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)

    def close(self) -> None:
        """Stop the server, and wait until the port is free."""
        self.stop()
        self._thread.join()

    def wait(self) -> None:
        """Block until the server is closed.

        A signal that comes just before a wait does not end it, so that each wait is short.
        """
        while self._thread.is_alive():
            self._thread.join(LONGEST_WAIT)

    def _control(self, request: Request) -> Reply:
        """Answer a request to the mock's own API, by a Flask application that the first request creates."""
        from mockserver.serving import wsgi_app

        with self._app_lock:
            if self._app is None:
                self._app = wsgi_app.application(self.dispatcher, self._access)
        return wsgi_app.call(self._app, request)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._stop = asyncio.Event()
            await self._server.run(self._stop, self._started.set)

        asyncio.run(serve())


def listen(address: str, port: int, options: str = "--port or --host") -> socket.socket:
    """A listening socket; `options` are those by which a user chooses another address.

    Raises:
        ServerError: the port is taken, or the address does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address or "0.0.0.0", port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise ServerError(
            f"cannot listen on {address}:{port}: {getattr(error, 'strerror', None) or error}; "
            f"choose another with {options}"
        ) from error
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def url_of(address: tuple[str, int]) -> str:
    """The URL of a server on this machine that listens on an address."""
    host, port = address
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{join_host_port(reachable, port)}"
