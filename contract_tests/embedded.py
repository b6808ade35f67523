"""A mock in a process of its own, so that it and the suite have a core each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module

SECRET = "mock-secret"
_PROGRAM = """
import sys
from mockserver.server import MockGateway
with MockGateway(gateway=sys.argv[1], secret=sys.argv[2]) as gateway:
    print(gateway.url, flush=True)
    sys.stdin.read()
"""


class EmbeddedError(RuntimeError):
    """The mock did not start; its own words are on stderr."""


def environment() -> dict[str, str]:
    """The environment of a mock in another process: our modules, and no configuration of the user's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TYK_GW_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path)}


@contextmanager
def mock(version: str, needs: Iterable[str] = ()) -> Iterator[str]:
    """The URL of a mock of that version; its secret is `SECRET`. It ends with this process, at the latest.

    Modules that are needed soon are imported while it starts, which takes as long.

    Raises:
        EmbeddedError: it does not start.
    """
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, version, SECRET],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for name in needs:
            import_module(name)
        url = process.stdout.readline().decode().strip()
        if not url:
            raise EmbeddedError("the mock did not start")
        try:
            yield url
        finally:
            process.stdin.close()
