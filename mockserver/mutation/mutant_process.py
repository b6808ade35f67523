"""A mock with one mutant in it: `python -m mockserver.mutation.mutant_process VERSION SECRET < MUTANT`.

It prints its URL, and ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

from mockserver.mutation.mutant import Edit, Mutant, source_of

MEMORY = 2 << 30  # bytes; a loop that a mutant made endless may eat all there is
TICK_SECONDS = 0.05  # of reloads; a gateway's is one second, which no mutant needs
LIVENESS_NANOSECONDS = 1  # so that /hello tells of its parts from the start


class _Edited(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module of the mock, and loads it with an edit in it."""

    def __init__(self, edit: Edit) -> None:
        self._name = f"mockserver.{edit.module}"
        self._text = edit.apply(source_of(edit.module))

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def get_source(self, fullname: str) -> str:
        return self._text


def main() -> None:
    """Serve until standard input ends."""
    with contextlib.suppress(ImportError):  # there is none on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    version, secret = sys.argv[1:]
    mutant = Mutant.from_json(sys.stdin.readline())
    if mutant.edit is not None:
        sys.meta_path.insert(0, _Edited(mutant.edit))
    from mockserver.gateway import config
    from mockserver.serving import mock_gateway

    if mutant.twist is not None:
        from mockserver.mutation import answer_patches

        answer_patches.install(mutant.twist)
    config.Config.reload_seconds = property(lambda _: TICK_SECONDS)  # type: ignore[assignment,method-assign]  # it takes whole ones alone
    settings = {"liveness_check": {"check_duration": LIVENESS_NANOSECONDS}}
    with mock_gateway.MockGateway(gateway=version, secret=secret, config=settings) as gateway:
        print(gateway.url, flush=True)  # noqa: T201  whoever started it reads this
        sys.stdin.read()


if __name__ == "__main__":
    main()
