"""A stand-in for a Dashboard that feeds gateways, whose answers a recording or a test sets."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

LISTS = {"/system/policies": "policies", "/system/apis": "apis", "/system/clientidps": "idps"}
PING = "/register/ping"


class DashboardStandIn:
    """A Dashboard of scripted answers on a local port; it takes any node secret and any nonce.

    Attributes:
        lists: what it hands out, by the names of `LISTS`.
        refusals: by operation, such as "GET /register/ping": a status, a body, and how often; -1 for ever.
        requests: the requests since the last call of `take`, with stand-ins for what differs in each run.
        pings: the number of pings since then.
    """

    def __init__(self) -> None:
        self.lists: dict[str, Any] = {"policies": [], "apis": [], "idps": []}
        self.refusals: dict[str, tuple[int, str, int]] = {}
        self.requests: list[dict[str, Any]] = []
        self.pings = 0
        self._nodes: list[str] = []
        self._nonces = [""]
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.come_back()

    @property
    def url(self) -> str:
        """Its base URL, which stays the same while it is gone."""
        return f"http://127.0.0.1:{self.port}"

    def set(self, script: dict[str, Any]) -> None:
        """Take what a step of a recording says: lists, refusals, and whether it is gone."""
        for name in self.lists.keys() & script.keys():
            self.lists[name] = script[name]
        for operation, refusal in script.get("refuse", {}).items():
            self.refusals.pop(operation, None)
            if refusal is not None:
                status, body, *times = refusal
                self.refusals[operation] = (status, body, *(times or [-1]))
        self.pings = 0
        if script.get("gone") is True:
            self.go()
        elif script.get("gone") is False:
            self.come_back()

    def take(self) -> tuple[list[dict[str, Any]], int]:
        """The requests but pings, and the number of pings, since the last call."""
        with self._lock:
            taken = self.requests, self.pings
            self.requests, self.pings = [], 0
            return taken

    def go(self) -> None:
        """Refuse connections, and end those that are open."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            for connection in list(self._connections):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def come_back(self) -> None:
        """Listen, at the same port as before."""
        if self._server is not None:
            return
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                stand_in._connections.add(self.connection)

            def finish(self) -> None:
                stand_in._connections.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    stand_in._answer(self)

            do_DELETE = do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Write no log."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """Ignore what a connection that was ended raises."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self._lock:
            self._note(request, body)
            status, text = self._reply(f"{request.command} {request.path}")
        data = text.encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _note(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        if request.path == PING:
            self.pings += 1
        headers = [[name, self._shown(name.lower(), value)] for name, value in request.headers.items()]
        entry: dict[str, Any] = {"method": request.command, "path": request.path, "headers": headers}
        if body:
            entry["body"] = body.decode()
        if request.path == PING:
            self.last_ping = entry
        else:
            self.requests.append(entry)

    def _shown(self, name: str, value: str) -> str:
        """A header's value, or the stand-in for one that differs in each run."""
        if name == "host":
            return "<host>"
        if not value:
            return ""
        if name == "authorization":
            return "<node secret>"
        if name == "x-tyk-hostname":
            return "<hostname>"
        if name == "x-tyk-session-id":
            return "<session>" if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) else value
        if name == "x-tyk-nodeid":
            if value.startswith("solo-"):
                return "<solo>"
            return "<node>" if self._nodes and value == self._nodes[-1] else "<former node>"
        if name == "x-tyk-nonce":  # pings come between an answer and the next request, and overlap
            return "<nonce>" if value in self._nonces[-20:] else "<former nonce>"
        return value

    def _reply(self, operation: str) -> tuple[int, str]:
        if refusal := self.refusals.get(operation):
            status, body, times = refusal
            if times == 1:
                del self.refusals[operation]
            else:
                self.refusals[operation] = (status, body, times - 1)
            return status, body.replace("${NODE}", self._new_node()) if "${NODE}" in body else body
        self._nonces.append(f"nonce-{len(self._nonces)}")
        answer: dict[str, Any] = {"Status": "OK", "Nonce": self._nonces[-1]}
        _, path = operation.split()
        if path == "/register/node":
            answer["Message"] = {"NodeID": self._new_node()}
        elif path in LISTS:
            answer["Message"] = self.lists[LISTS[path]]
        return 200, json.dumps(answer)

    def _new_node(self) -> str:
        self._nodes.append(str(uuid.uuid4()))
        return self._nodes[-1]
