"""A real Tyk Gateway as a server of the measurements: its configuration, and its Redis."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.servers import SECRET, START_SECONDS, BenchError, Kind

NAME = "gateway"


@contextlib.contextmanager
def real_gateway(binary: Path, templates: Path, redis_binary: str, folder: Path) -> Iterator[Kind]:
    """A real gateway to measure, with policies in a directory below `folder`; its Redis stops with the block.

    Raises:
        BenchError: a program or the templates are missing, or Redis does not start.
    """
    if not binary.is_file():
        raise BenchError(f"--gateway-binary {binary}: there is no such file")
    if not templates.is_dir():
        raise BenchError(f"{templates}: there is no such directory; pass --gateway-templates")
    for name in ("policies", "apps", "middleware"):
        (folder / name).mkdir(parents=True)
    with _redis(redis_binary, folder) as redis_port:
        conf = folder / "tyk.conf"
        conf.write_text(
            json.dumps(_configuration(folder, templates.resolve(), redis_port), indent=1), "utf-8"
        )
        yield Kind(
            NAME,
            (str(binary.resolve()), "--conf", str(conf)),
            environment={"TYK_GW_LISTENPORT": "{port}"},
            directory=folder,
            policies=folder / "policies",
        )


def _configuration(folder: Path, templates: Path, redis_port: int) -> dict[str, object]:
    return {
        "listen_address": "127.0.0.1",
        "secret": SECRET,
        "node_secret": SECRET,
        "template_path": str(templates),
        "app_path": str(folder / "apps"),
        "middleware_path": str(folder / "middleware"),
        "use_db_app_configs": False,
        "storage": {"type": "redis", "host": "127.0.0.1", "port": redis_port},
        "policies": {"policy_source": "file", "policy_path": str(folder / "policies")},
        "enable_analytics": False,
        "log_level": "error",  # the fastest setting: a mock that wins has no advantage by writing less
    }


@contextlib.contextmanager
def _redis(binary: str, folder: Path) -> Iterator[int]:
    """A Redis on a free port, which keeps nothing on disk."""
    program = shutil.which(binary)
    if program is None:
        raise BenchError(
            f"--redis-binary {binary}: there is no such program; install it: apt-get install redis"
        )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(
        [*command, "--dir", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_open(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BenchError(f"Redis does not start: {' '.join(command)}")
                time.sleep(0.02)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_open(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0
