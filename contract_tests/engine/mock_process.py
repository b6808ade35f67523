"""A mock in a process of its own, so that it and the suite have a core each."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cached_property
from typing import Self

SECRET = "mock-secret"
SWITCH_SECONDS = 0.001  # between threads; with Python's own 5 ms answers wait for others
_PROGRAM = """
import gc, os, sys
sys.setswitchinterval(float(sys.argv[3]))
from mockserver.serving.mock_gateway import MockGateway
twin = os.fork() if sys.argv[4] else 0
with MockGateway(gateway=sys.argv[1], secret=sys.argv[2]) as gateway:
    sys.stdout.write(f"{gateway.url}\\n")  # in one piece, for a twin writes too
    sys.stdout.flush()
    # or the first request of the kind would wait for them
    import jwt, mockserver.serving.wsgi_app, mockserver.gateway.proxy.middleware
    sys.stdin.read()
if twin:
    os.waitpid(twin, 0)
gc.freeze()  # or the interpreter would look for what it may collect before it ends
"""


class EmbeddedError(RuntimeError):
    """The mock did not start; its own words are on stderr."""


def environment() -> dict[str, str]:
    """The environment of a mock in another process: our modules, and no configuration of the user's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TYK_GW_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path)}


class Mock:
    """A mock of a version, which starts while its maker does other things. Its secret is `SECRET`.

    One with a twin is two of them, each with a state of its own.

    It ends with this process, at the latest.
    """

    def __init__(self, version: str, *, twin: bool = False) -> None:
        self._count = 2 if twin else 1
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, version, SECRET, str(SWITCH_SECONDS), "twin" if twin else ""],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), start_new_session=True,
        )  # fmt: skip

    @cached_property
    def urls(self) -> list[str]:
        """Where it answers, and its twin; wait until they do.

        Raises:
            EmbeddedError: it does not start.
        """
        assert self._process.stdout is not None
        urls = [self._process.stdout.readline().decode().strip() for _ in range(self._count)]
        if not all(urls):
            raise EmbeddedError("the mock did not start")
        return urls

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__(None, None, None)  # it ends when its standard input does
