"""An upstream for tests: a local server that echoes requests, sends prepared answers, or speaks MCP."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import defaultdict, deque
from functools import partial
from types import TracebackType
from typing import Any, Self

from mockserver.http import mcp_server
from mockserver.http.limits import Limits
from mockserver.http.messages import Reply, Request
from mockserver.http.server import HttpServer

LIMITS = Limits(body=1 << 20, held=64 << 20, connections=256, stop_seconds=2)
MIRROR = "/mirror/"
MOST_BODIES = 32  # that are kept of each target


class Echo:
    """An echo server on a free port of 127.0.0.1, from `start` to `stop`, or for a with block.

    At the paths of `mcp_server` it speaks MCP, and below `MIRROR` its echo has the headers, with their names
    as they came and all values, and the body. It has limits, which no test needs more of, because a gateway
    under test may send anything.

    Args:
        shows_headers: echo the headers too, with names in lower case, and the body.

    Attributes:
        answers: prepared answers by target, sent instead of the echo.
        bodies: the bodies of the last requests to each target that has a prepared answer.
    """

    def __init__(self, *, shows_headers: bool = False, port: int = 0) -> None:
        self.answers: dict[str, Reply] = {}
        self.bodies: dict[str, deque[bytes]] = defaultdict(partial(deque, maxlen=MOST_BODIES))
        self._shows_headers = shows_headers
        listener = socket.create_server(("127.0.0.1", port))
        listener.setblocking(False)
        self._server = HttpServer(self._answer, listener, limits=LIMITS)
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        """The URL of the server, with a trailing slash."""
        return f"http://127.0.0.1:{self._server.address[1]}/"

    def start(self) -> None:
        """Start the server in a thread."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Stop the server and wait for its thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self._server.run(self._stop, self._started.set)

    def _answer(self, request: Request, *, blocking: bool = True) -> Reply:
        target = request.head.target
        if target in self.answers:
            self.bodies[target].append(request.body)
            return _framed(self.answers[target])
        if mcp_server.is_for_server(target):
            return _framed(mcp_server.answer(request))
        return _framed(Reply(json.dumps(self._echo(request)).encode()))

    def _echo(self, request: Request) -> dict[str, Any]:
        target = request.head.target
        echo: dict[str, Any] = {"method": request.method, "path": target}
        if target.startswith(MIRROR):
            mirrored: dict[str, list[str]] = {}
            for name, value in sorted(request.head.headers):
                mirrored.setdefault(name, []).append(value)
            return echo | {"headers": mirrored, "body": request.body.decode("utf-8", "replace")}
        if self._shows_headers:
            values: dict[str, list[str]] = {}
            for name, value in sorted(request.head.headers, key=lambda header: header[0].lower()):
                values.setdefault(name.lower(), []).append(value)
            echo["headers"] = {name: ", ".join(all_values) for name, all_values in values.items()}
            echo["body"] = request.body.decode("utf-8", "replace")
        return echo

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()


def _framed(reply: Reply) -> Reply:
    """The reply with its length, so that no body is sent in chunks."""
    return Reply(reply.body, reply.status, (*reply.headers, ("Content-Length", str(len(reply.body)))))
