"""A mutant as a process: `python -m mockserver.mutation.mutant_process VERSION SECRET < MUTANT`.

The process reads the mutant as a line of JSON, prints its URL, and ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import sys

from mockserver.mutation import edited_module
from mockserver.mutation.mutant import Mutant

MEMORY = 2 << 30  # bytes; a mutant with an endless loop could use all memory of the machine
TICK_SECONDS = 0.05  # between reloads; a gateway's second would only make trials slower
LIVENESS_NANOSECONDS = 1  # so that /hello lists its components from the start


def main() -> None:
    """Serve the mutant until standard input ends."""
    with contextlib.suppress(ImportError):  # Windows has no such module
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    version, secret = sys.argv[1:]
    mutant = Mutant.from_json(sys.stdin.readline())
    if mutant.edit is not None:
        edited_module.install(mutant.edit)
    from mockserver.gateway import config
    from mockserver.serving import mock_gateway

    if mutant.patch is not None:
        from mockserver.mutation import answer_patches

        answer_patches.install(mutant.patch)
    config.Config.reload_seconds = property(lambda _: TICK_SECONDS)  # type: ignore[assignment,method-assign]  # the setting takes whole seconds only
    settings = {"liveness_check": {"check_duration": LIVENESS_NANOSECONDS}}
    with mock_gateway.MockGateway(gateway=version, secret=secret, config=settings) as gateway:
        print(gateway.url, flush=True)  # noqa: T201  the parent process reads it
        sys.stdin.read()


if __name__ == "__main__":
    main()
