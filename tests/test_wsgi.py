"""The Flask application conforms under any WSGI server, but for what WSGI cannot carry."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import QUIET, verify

from mockserver.http.client import Client
from mockserver.serving.wsgi_app import NOT_CARRIED, SEVERAL_PROCESSES

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "mock-secret"
SERVERS = {
    "flask": ["flask", "--app", "mockserver:create_app", "run", "--port", "0"],
    "gunicorn": ["gunicorn", "--workers", "1", "--threads", "8", "--bind", "127.0.0.1:0", "mockserver:create_app()"],
}  # fmt: skip


@contextmanager
def running(command: list[str]) -> Iterator[str]:
    """The URL of a WSGI server, which says in its log where it listens."""
    environment = QUIET | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-m", *command], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    ) as process:  # fmt: skip
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if url := re.search(r"http://127\.0\.0\.1:\d+", line):
                    threading.Thread(target=process.stderr.read, daemon=True).start()  # or the pipe fills up
                    yield url[0]
                    break
            else:
                pytest.fail(f"{command[0]} did not start")
        finally:
            process.terminate()


@pytest.fixture(scope="module", name="failed")
def _failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The behaviours that fail, by server."""
    folder = tmp_path_factory.mktemp("wsgi")

    def judge(name: str) -> set[str]:
        report: Path = folder / f"{name}.json"
        with running(SERVERS[name]) as url:
            done = verify(url, "--report", report, TYK_GW_SECRET=SECRET)
        assert report.exists(), done.stdout + done.stderr
        verdicts = json.loads(report.read_text())["verdicts"]
        return {v["behaviour"] for v in verdicts if v["status"] in ("failed", "error")}

    with ThreadPoolExecutor() as pool:
        return dict(zip(SERVERS, pool.map(judge, SERVERS), strict=True))


@pytest.mark.parametrize("server", SERVERS)
def test_the_application_conforms_but_for_what_wsgi_cannot_carry(
    failed: dict[str, set[str]], server: str
) -> None:
    """Under each server only behaviours of the table fail."""
    assert failed[server] <= NOT_CARRIED.keys()


def test_the_table_names_no_behaviour_that_wsgi_carries(failed: dict[str, set[str]]) -> None:
    """Each behaviour of the table fails under one of the servers."""
    assert set.union(*failed.values()) == NOT_CARRIED.keys()


def test_several_worker_processes_are_refused() -> None:
    """A mock whose processes would each have a state of their own says so in each answer."""
    command = ["gunicorn", "--workers", "2", "--bind", "127.0.0.1:0", "mockserver:create_app()"]
    with running(command) as url, Client(url, 10) as client:
        answer = client.send("GET", "/tyk/policies", [("X-Tyk-Authorization", SECRET)])
    assert answer.status == 500
    assert json.loads(answer.body)["message"] == SEVERAL_PROCESSES
