"""`tyk-contract serve` as a process, for tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mockserver.http.client import Answer, Client

COMMAND = [sys.executable, "-m", "mockserver"]
# Flags of pytest that spare a process the import of plugins which the test does not need.
LEAN = ("-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:randomly")
QUIET = {key: value for key, value in os.environ.items() if not key.startswith("TYK_")}


class Served:
    """A mock that runs: its URL and the lines it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip())
            if match := re.search(r"mocked on (\S+) \(", line):
                self.url = match[1]
                break

    def send(self, method: str, target: str, secret: str, body: Any = None) -> Answer:
        """A request with a secret."""
        data = None if body is None else json.dumps(body).encode()
        with Client(self.url) as client:
            return client.send(method, target, [("X-Tyk-Authorization", secret)], data)


@contextmanager
def deadline(process: subprocess.Popen[str], seconds: float = 60) -> Iterator[None]:
    """Kill a process that lets the block wait longer than this for its output or its end."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def serving(
    *arguments: object,
    command: str = "serve",
    folder: Path | None = None,
    stderr: int | None = None,
    **environment: str,
) -> Iterator[Served]:
    """The mock of a command on a free port, unless the arguments say another; in a folder."""
    port = [] if "--conf" in arguments or "TYK_GW_LISTENPORT" in environment else ["--port", "0"]
    words = [*COMMAND, command, *port, *map(str, arguments)]
    with subprocess.Popen(
        words, text=True, stdout=subprocess.PIPE, stderr=stderr, env=QUIET | environment, cwd=folder
    ) as process:
        try:
            with deadline(process):
                served = Served(process)
            yield served
        finally:
            process.terminate()


def run_command(
    *arguments: object, stdin: str | None = None, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `tyk-contract` to its end, in a folder, with a text as its standard input."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False,
        input=stdin, cwd=folder, env=QUIET | environment,
    )  # fmt: skip


def error_line(process: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """The one line on stderr of a command that ended with this exit code."""
    assert process.returncode == code, process.stdout + process.stderr
    assert process.stderr.count("\n") == 1, process.stderr
    return process.stderr


def ended(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return run_command(*arguments, **environment)


def verify(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Judge a gateway."""
    return ended("verify", *arguments, **environment)


def failing(*arguments: object, **environment: str) -> str:
    """The one line that a command prints as it ends with exit code 2."""
    return error_line(run_command(*arguments, **environment))
