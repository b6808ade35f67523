"""An upstream for tests: a local server that echoes requests as JSON, or sends prepared answers."""

from __future__ import annotations

import http.server
import json
import threading
from types import TracebackType
from typing import Any, Self

from mockserver.http.messages import Reply


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet

    def _answer(self) -> None:
        request_body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        echo: dict[str, Any] = {"method": self.command, "path": self.path}
        server: Any = self.server
        if server.shows_headers:
            names = {name.lower() for name in self.headers}
            echo["headers"] = {name: ", ".join(self.headers.get_all(name, ())) for name in sorted(names)}
            echo["body"] = request_body.decode("utf-8", "replace")
        reply: Reply = server.answers.get(self.path) or Reply(json.dumps(echo).encode())
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, *_: Any) -> None:
        """Log nothing: a gateway under test may send invalid HTTP."""

    def __getattr__(self, name: str) -> Any:
        """Answer all methods alike: the base class looks up `do_` plus the name of the method."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    shows_headers = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.answers: dict[str, Reply] = {}


class Echo:
    """An echo server on a free port of 127.0.0.1, from `start` to `stop`, or for a with block.

    Args:
        shows_headers: echo the headers too, with names in lower case, and the body.

    Attributes:
        answers: prepared answers by path, sent instead of the echo.
    """

    def __init__(self, *, shows_headers: bool = False) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.shows_headers = shows_headers
        self.answers = self._server.answers
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The URL of the server, with a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def start(self) -> None:
        """Start the server in a thread."""
        arguments = {"poll_interval": 0.01}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=arguments, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the server and wait for its thread."""
        self._server.shutdown()
        self._server.server_close()
        assert self._thread is not None
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()
