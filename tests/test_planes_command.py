"""`tyk-contract planes`: a control plane and its data planes, as processes."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asking import wait_until
from redis_server import Redis
from serving import COMMAND, QUIET, deadline, serving

from mockserver.http.client import Client, ClientError

pytestmark = pytest.mark.slow
FREE = ("--port", "0", "--gateway-port", "0")


class Deployment:
    """A running command: its URLs, the pids of its planes, and the command that starts the first one again."""

    def __init__(self, process: subprocess.Popen[str], count: int) -> None:
        self.process = process
        self.urls: dict[str, str] = {}
        self.pids: dict[str, int] = {}
        assert process.stdout is not None
        for line in process.stdout:
            if match := re.match(r"Tyk Dashboard \S+ mocked on (\S+) ", line):
                self.url = match[1]
            if match := re.search(r'the key "(\w+)"', line):
                self.key = match[1]
            if match := re.match(r"(plane-\d) on (\S+), process (\d+)", line):
                self.urls[match[1]], self.pids[match[1]] = match[2], int(match[3])
            if match := re.search(r"started again: .*?tyk-contract (.*)", line):
                self.again = shlex.split(match[1])
                break
        assert len(self.urls) == count

    def add(self, **policy: Any) -> None:
        with Client(self.url) as client:
            body = json.dumps(policy).encode()
            answer = client.send("POST", "/api/portal/policies", [("Authorization", self.key)], body)
        assert answer.status == 200, answer.body


@contextmanager
def deployed(count: int, *arguments: object, **variables: str) -> Iterator[Deployment]:
    process = subprocess.Popen(
        [*COMMAND, "planes", str(count), *FREE, *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, env={**QUIET, **variables},
    )  # fmt: skip
    try:
        with deadline(process):
            deployment = Deployment(process, count)
        yield deployment
    finally:
        process.terminate()
        with deadline(process, 30):
            process.communicate()


def loaded(url: str) -> set[str]:
    """The ids of the policies that a gateway has loaded."""
    with Client(url) as client:
        answer = client.send("GET", "/_mock/state", [])
    return {policy["id"] for policy in json.loads(answer.body)["loaded"]}


def is_gone(url: str) -> bool:
    try:
        with Client(url) as client:
            client.send("GET", "/hello", [])
    except ClientError:
        return True
    return False


def test_a_plane_that_is_killed_leaves_the_others_and_comes_back_from_its_backup(tmp_path: Path) -> None:
    """Each plane serves what the Dashboard has; one that is killed starts again without it, from its backup."""
    with deployed(2, "--dir", tmp_path, "--gateway", "5.12", "--gateway", "5.14") as planes:
        planes.add(name="Gold", id="gold")
        for url in planes.urls.values():
            wait_until(lambda url=url: loaded(url) == {"gold"})  # type: ignore[misc]
        os.kill(planes.pids["plane-1"], signal.SIGKILL)
        wait_until(lambda: is_gone(planes.urls["plane-1"]))
        planes.add(name="Silver", id="silver")
        wait_until(lambda: loaded(planes.urls["plane-2"]) == {"gold", "silver"})
    assert all(map(is_gone, [planes.url, *planes.urls.values()]))
    assert planes.again[0] == "serve"
    with serving(*planes.again[1:], "--port", "0") as alone:
        wait_until(lambda: loaded(alone.url) == {"gold"})


def test_backups_are_in_redis(redis: Redis) -> None:
    """With --store each plane keeps its backup in a database of its own."""
    from redis import Redis as Store

    with deployed(2, TYK_CONTRACT_STORE=redis.url) as planes:
        planes.add(name="Gold", id="gold")
        for url in planes.urls.values():
            wait_until(lambda url=url: loaded(url) == {"gold"})  # type: ignore[misc]
        for number in (1, 2):
            with Store.from_url(redis.url.removesuffix("0") + str(number)) as store:
                assert store.keys("*backup*")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["0"], "0 is no number of planes; give one from 1 to 50"),
        (["51"], "51 is no number of planes"),
        (["x"], "x is no number of planes"),
        (["1", "--gateway", "9.9"], "9.9"),
        (["1", *FREE, "--dir", "/dev/null/x"], "plane-1.conf: Not a directory; choose another --dir"),
        (["1", *FREE, "--store", "unix:///run/redis.sock?db=0"], "give a --store of the form redis://"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], message: str) -> None:
    """A wrong argument ends the command with exit code 2 and one line."""
    done = subprocess.run(
        [*COMMAND, "planes", *arguments], capture_output=True, text=True, env=QUIET, timeout=60, check=False
    )
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_the_configuration_of_a_plane_is_private(tmp_path: Path) -> None:
    """The configuration of a plane has the access key, so that other users of the machine cannot read it."""
    with deployed(1, "--dir", tmp_path / "new"):
        mode = (tmp_path / "new" / "plane-1.conf").stat().st_mode
    assert mode & 0o077 == 0
