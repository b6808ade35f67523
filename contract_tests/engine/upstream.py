"""The upstream: a server of the suite that a service on this machine can forward requests to."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

from mockserver.http.client import Header
from mockserver.http.echo_server import Echo
from mockserver.http.messages import Reply

_JSON: Header = ("Content-Type", "application/json")


class Upstream:
    """An echo server for the service at a URL; it starts when its own URL is first asked for."""

    def __init__(self, service_url: str) -> None:
        host = urlsplit(service_url).hostname or ""
        self._is_reachable = host in ("localhost", "::1") or host.startswith("127.")
        self._starting = threading.Lock()
        self._echo: Echo | None = None

    @property
    def url(self) -> str:
        """The URL of the server, with a slash at its end; "" if the service runs on another machine."""
        return self._started().url if self._is_reachable else ""

    def serve(self, name: str, body: bytes, status: int = 200, headers: Sequence[Header] = (_JSON,)) -> str:
        """The URL of that name below `url`; it answers with this from now on."""
        self._started().answers[f"/{name}"] = Reply(body, status, tuple(headers))
        return self.url + name

    def received(self, name: str) -> str:
        """The body of the last request to a name that `serve` was given; "" if there was none."""
        return self._started().bodies.get(f"/{name}", [b""])[-1].decode("utf-8", "replace")

    def close(self) -> None:
        """Stop the server if it was started."""
        if self._echo is not None:
            self._echo.stop()

    def _started(self) -> Echo:
        with self._starting:
            if self._echo is None:
                self._echo = Echo(shows_headers=True)
                self._echo.start()
            return self._echo
