"""The parts of a deployment as processes, which can be killed and started again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.servers import BYTECODE, ROOT, SECRET, BenchError, cpu_seconds, memory_mb

START_SECONDS = 60  # in which a part must answer
STOP_SECONDS = 10  # from SIGTERM until a part is killed
CRASHES = ("Exception", "Traceback", "Fatal")  # begin the lines that a thread or process leaves at its end


@dataclass
class Part:
    """A process of the deployment; it can be killed and started again on its port.

    Attributes:
        log: the file that its standard error is appended to.
        failures: how often it ended by itself before it had answered, as without its Redis.
    """

    name: str
    port: int
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    failures: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_answered = False

    @property
    def pid(self) -> int:
        """The id of its process; 0 before the first start."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the process, without waiting for its first answer."""
        with self._lock, self.log.open("ab") as log:
            self._has_answered = False
            self._process = subprocess.Popen(
                self.command, stdout=subprocess.DEVNULL, stderr=log, cwd=ROOT,
                env={**os.environ, **BYTECODE, **self.environment}, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """End the process by SIGKILL."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def stop(self) -> None:
        """End the process by SIGTERM, or else by SIGKILL."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def answers(self) -> bool:
        """True if it answers."""
        try:
            self._ask()
        except (OSError, http.client.HTTPException):
            return False
        self._has_answered = True
        return True

    def wait_until_answering(self) -> None:
        """Wait for its first answer; a process that ends before is started again.

        Raises:
            BenchError: it does not answer in time, or has ended after its first answer.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            self.revive()
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name} does not answer: {' '.join(self.command)}\n{self.last_lines}")
            time.sleep(0.02)

    def answers_or_revives(self) -> None:
        """Start it again if it has ended before its first answer.

        Raises:
            BenchError: it has ended after it.
        """
        if self._has_answered or not self.answers():
            self.revive()

    def revive(self) -> None:
        """Start it again if it has ended by itself.

        Raises:
            BenchError: it had answered before it ended, which no part may do.
        """
        if self._process is None or self._process.poll() is None:
            return
        if self._has_answered:
            raise BenchError(
                f"{self.name} ended by itself with {self._process.returncode}\n{self.last_lines}"
            )
        self.failures += 1
        self.start()

    @property
    def last_lines(self) -> str:
        """The end of its standard error."""
        return self.log.read_text(errors="replace")[-1500:]

    def crashes(self) -> list[str]:
        """The lines of its standard error that tell of a crash."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if line.startswith(CRASHES)]

    def cpu_seconds(self) -> float:
        """Seconds of CPU that the process has used."""
        return cpu_seconds(self.pid)

    def memory_mb(self) -> float:
        """Megabytes of memory that the process holds."""
        return memory_mb(self.pid)

    def _ask(self) -> None:
        ask(self.port, "GET", "/hello", seconds=2)


class RedisPart(Part):
    """A Redis."""

    def _ask(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            if connection.recv(64) != b"+PONG\r\n":
                raise OSError("it is still loading its data")


def ask(
    port: int,
    method: str,
    target: str,
    body: Any = None,
    *,
    key: str = "",
    header: str = "Authorization",
    seconds: float = 30,
) -> tuple[int, Any]:
    """The status and the JSON of an answer; None for a body that is no JSON.

    Without a key for a header, the request has the secret of a gateway.

    Raises:
        OSError, http.client.HTTPException: there is no answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    headers = {header: key} if key else {"X-Tyk-Authorization": SECRET}
    try:
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, None
