"""The servers that are measured: our mock, and peers from the npm registry."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / ".peers"
SPEC = ROOT / "spec" / "openapi.yaml"
SECRET = "mock-secret"
SECONDS = 60  # for a server to answer


class BenchError(RuntimeError):
    """A server or a tool is not there; the message says how to get it."""


@dataclass(frozen=True)
class Kind:
    """A server as it is started; {port} and {spec} stand in its command."""

    name: str
    command: tuple[str, ...]
    is_ours: bool = False


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    kind: Kind
    port: int
    pid: int
    cold: float  # seconds from its start to its first answer

    def cpu_seconds(self) -> float:
        """What it and its children have used."""
        ticks = sum(_ticks(pid) for pid in _tree(self.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """What it and its children hold."""
        return sum(_resident_kb(pid) for pid in _tree(self.pid)) / 1024


def ours(folder: Path | None = None, spec: Path | None = None) -> Kind:
    """Our mock, in memory or on a directory of policies."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "{port}"]
    command += ["--policies", str(folder)] if folder else []
    command += ["--spec", str(spec)] if spec else []
    return Kind("ours on a directory" if folder else "ours", tuple(command), is_ours=True)


def peers() -> list[Kind]:
    """Prism and Steady, installed beside the bench.

    Raises:
        BenchError: npm is not there, or cannot install them.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise BenchError("npm is not there, which the peers need; install Node.js, or pass --no-peers")
    bins = PEERS / "node_modules" / ".bin"
    if not (bins / "prism").exists():
        PEERS.mkdir(exist_ok=True)
        packages = ["@stoplight/prism-cli", "@stdy/cli"]
        done = subprocess.run(
            [npm, "install", "--prefix", str(PEERS), *packages], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BenchError(f"npm cannot install {', '.join(packages)}: {done.stderr[-300:]}")
    return [
        Kind("prism", (str(bins / "prism"), "mock", "-p", "{port}", "{spec}")),
        Kind("steady", (str(bins / "steady"), "-q", "-p", "{port}", "{spec}")),
    ]


@contextlib.contextmanager
def started(kind: Kind, spec: Path = SPEC) -> Iterator[Running]:
    """Start a server on a free port; it ends with the block.

    Raises:
        BenchError: it does not answer in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [part.format(port=port, spec=spec) for part in kind.command]
    begun = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True
    ) as process:
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - begun > SECONDS:
                    raise BenchError(f"{kind.name} does not start: {' '.join(command)}")
                time.sleep(0.005)
            yield Running(kind, port, process.pid, time.perf_counter() - begun)
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


def _tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [each for child in task.read_text().split() for each in _tree(int(child))]
    return found


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
