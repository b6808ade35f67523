"""The servers of the measurements: our mock, and its peers from the npm registry."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / ".peers"
SPEC = ROOT / "spec" / "gateway" / "openapi.yaml"
SECRET = "mock-secret"
KEY = "6d6f636b2d64617368626f6172640001"  # of the first user of our mock Dashboard
ADMIN_SECRET = "mock-admin-secret"
BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}  # a checkout is compiled once, as a package is
SERVICES = ("gateway", "dashboard")
START_SECONDS = 60  # in which a server must answer


class BenchError(RuntimeError):
    """A server or a tool is missing or does not start; the message names it and the next step."""


@dataclass(frozen=True)
class Kind:
    """A server to measure.

    Attributes:
        command: the command that starts it, with the placeholders {port} and {spec}.
        is_ours: True if it is our mock, which has the routes under /_mock/.
        environment: additional variables of the process, with the same placeholders.
        directory: the working directory of the process.
        policies: the directory that it loads its policies from, if it has one and is not ours.
    """

    name: str
    command: tuple[str, ...]
    is_ours: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = ROOT
    policies: Path | None = None


@dataclass(frozen=True)
class Running:
    """A running server.

    Attributes:
        cold: seconds from the start of its process to its first answer.
        process: the process, to ask for its end.
    """

    kind: Kind
    port: int
    pid: int
    cold: float
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Seconds of CPU that the process and its children have used."""
        return cpu_seconds(self.pid)

    def memory_mb(self) -> float:
        """Megabytes of memory that the process and its children hold."""
        return memory_mb(self.pid)


def ours(
    folder: Path | None = None,
    spec: Path | None = None,
    *,
    fsync: bool = False,
    log: tuple[str, ...] = ("--quiet",),
) -> Kind:
    """Our mock, with its policies in memory or in a directory; `spec`, `fsync` and `log` are flags of it."""
    command = [sys.executable, "-m", "mockserver", "serve", *log, "--port", "{port}"]
    command += ["--policies", str(folder)] if folder else []
    command += ["--spec", str(spec)] if spec else []
    command += ["--fsync"] if fsync else []
    name = "ours on a directory" if folder else "ours"
    return Kind(name, tuple(command), is_ours=True, environment=BYTECODE)


def our_dashboard(state: Path | None = None) -> Kind:
    """Our mock Dashboard without a gateway beside it, with its state in memory or in a directory."""
    command = [sys.executable, "-m", "mockserver", "dashboard", "--quiet", "--port", "{port}", "--no-gateway"]
    command += ["--state", str(state)] if state else []
    name = "our Dashboard on a directory" if state else "our Dashboard"
    return Kind(name, tuple(command), is_ours=True, environment=BYTECODE)


def our(service: str, folder: Path | None = None) -> Kind:
    """Our mock of one of `SERVICES`, with its policies in memory or in a directory."""
    return our_dashboard(folder) if service == "dashboard" else ours(folder)


def peers() -> list[Kind]:
    """Prism and Steady, installed from the npm registry into bench/.peers.

    Raises:
        BenchError: npm is missing, or cannot install them.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise BenchError("the peers need npm, which is missing; install Node.js, or pass --no-peers")
    bins = PEERS / "node_modules" / ".bin"
    if not (bins / "prism").exists():
        PEERS.mkdir(exist_ok=True)
        packages = ["@stoplight/prism-cli", "@stdy/cli"]
        process = subprocess.run(
            [npm, "install", "--prefix", str(PEERS), *packages], capture_output=True, text=True, check=False
        )
        if process.returncode:
            raise BenchError(f"npm cannot install {', '.join(packages)}: {process.stderr[-300:]}")
    return [
        Kind("prism", (str(bins / "prism"), "mock", "-p", "{port}", "{spec}")),
        Kind("steady", (str(bins / "steady"), "-q", "-p", "{port}", "{spec}")),
    ]


@contextlib.contextmanager
def started(kind: Kind, spec: Path = SPEC, log: IO[bytes] | int = subprocess.DEVNULL) -> Iterator[Running]:
    """Start a server on a free port and wait for its first answer; the server stops with the block.

    Its standard error goes to `log`.

    Raises:
        BenchError: the server does not answer in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [part.format(port=port, spec=spec) for part in kind.command]
    environment = {name: value.format(port=port, spec=spec) for name, value in kind.environment.items()}
    started_at = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=log, cwd=kind.directory,
        env={**os.environ, **environment}, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - started_at > START_SECONDS:
                    raise BenchError(f"{kind.name} does not start: {' '.join(command)}")
                time.sleep(0.005)
            yield Running(kind, port, process.pid, time.perf_counter() - started_at, process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/hello")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that a process and its children have used."""
    return sum(_ticks(member) for member in _tree(pid)) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Megabytes of memory that a process and its children hold."""
    return sum(_resident_kb(member) for member in _tree(pid)) / 1024


def _tree(pid: int) -> list[int]:
    """The ids of a process and of all its descendants."""
    pids = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            pids += [pid for child in task.read_text().split() for pid in _tree(int(child))]
    return pids


def _ticks(pid: int) -> int:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def _resident_kb(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
