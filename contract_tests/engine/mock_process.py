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
import gc, sys
sys.setswitchinterval(float(sys.argv[3]))
from mockserver.serving.mock_gateway import MockGateway
with MockGateway(gateway=sys.argv[1], secret=sys.argv[2]) as gateway:
    print(gateway.url, flush=True)
    # or the first request of the kind would wait for them
    import jwt, mockserver.serving.wsgi_app, mockserver.gateway.proxy.middleware
    sys.stdin.read()
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

    It ends with this process, at the latest.
    """

    def __init__(self, version: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, version, SECRET, str(SWITCH_SECONDS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), start_new_session=True,
        )  # fmt: skip

    @cached_property
    def url(self) -> str:
        """The URL of the mock; waits until it answers.

        Raises:
            EmbeddedError: it does not start.
        """
        assert self._process.stdout is not None
        url = self._process.stdout.readline().decode().strip()
        if not url:
            raise EmbeddedError("the mock did not start")
        return url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__(None, None, None)  # it ends when its standard input does
