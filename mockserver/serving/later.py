"""The Flask application, made when it is first wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from importlib import import_module
from wsgiref.types import StartResponse, WSGIEnvironment

from mockserver.contract.openapi import Contract
from mockserver.gateway.gateway import Gateway
from mockserver.http.server import Application

MOMENT = 0.3  # seconds


class Later:
    """Makes the application at its first request, or ahead of it.

    Flask takes a third of the time that the whole start takes, and hot requests do not need it.
    """

    def __init__(self, gateway: Gateway, extra: Contract | None) -> None:
        self._gateway, self._extra = gateway, extra
        self._making = threading.Lock()
        self._made: Application | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._application()(environ, start_response)

    def _application(self) -> Application:
        with self._making:
            if self._made is None:
                from mockserver.serving.wsgi_app import create_app

                self._made = create_app(self._gateway, self._extra)
            return self._made

    def make_ahead(self) -> None:
        """Make it a moment after the start, in a thread, so that no request need wait for it.

        Not in a user's process: there our code may be loaded by pytest, which parses it, and before
        Python 3.11.8 two threads that parse at once disturb each other.
        """
        threading.Thread(target=self._make, daemon=True).start()

    def _make(self) -> None:
        if not self._gateway.closing.wait(MOMENT):
            self._application()
            import_module("mockserver.gateway.proxy")  # nor the first request to an API
