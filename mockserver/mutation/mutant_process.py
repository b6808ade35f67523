"""A mutant as a process: `python -m mockserver.mutation.mutant_process VERSION SECRET < MUTANT`.

The process reads the mutant as a line of JSON, prints its URL and that of requests to
APIs, and ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager
from typing import Any

from mockserver.mutation import edited_module
from mockserver.mutation.mutant import Mutant

MEMORY = 2 << 30  # bytes; a mutant with an endless loop could use all memory of the machine
TICK_SECONDS = 0.05  # between reloads; a gateway's second would only make trials slower
OTHER_ORGANISATION = "5e9d9544a1dcd60001d0ed2f"  # of a policy that the suite's user must not see
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
    if mutant.patch is not None:
        from mockserver.mutation import answer_patches

        answer_patches.install(mutant.patch, mutant.service)
    start = {"gateway": _gateway, "dashboard": _dashboard}[mutant.service]
    with start(version, secret, dict(mutant.configuration)) as mock:
        urls = (mock.url, getattr(mock, "traffic_url", mock.url))
        print(*urls, flush=True)  # noqa: T201  the parent process reads them
        sys.stdin.read()


def _gateway(version: str, secret: str, configuration: dict[str, Any]) -> AbstractContextManager[Any]:
    from mockserver.gateway import config
    from mockserver.serving import mock_gateway

    config.Config.reload_seconds = property(lambda _: TICK_SECONDS)  # type: ignore[assignment,method-assign]  # the setting takes whole seconds only
    settings = {"liveness_check.check_duration": LIVENESS_NANOSECONDS, **configuration}
    return mock_gateway.MockGateway(gateway=version, secret=secret, config=settings)


def _dashboard(version: str, secret: str, _: dict[str, Any]) -> AbstractContextManager[Any]:
    from mockserver.serving import mock_dashboard

    mock = mock_dashboard.MockDashboard(dashboard=version, key=secret, with_gateway=False)
    with contextlib.suppress(Exception):  # a mutant may refuse it
        mock.state.policies.create(OTHER_ORGANISATION, mock.state.form.decode(b'{"name": "theirs"}'))
    return mock


if __name__ == "__main__":
    main()
