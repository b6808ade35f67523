"""A mock in a process of its own, so that it and the suite have a core each."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Timer
from typing import Self

from contract_tests.engine.helper_process import environment, python

SECRET = "mock-secret"
START_SECONDS = 60.0  # until the mock must answer
STOP_SECONDS = 5.0  # until it is killed


class MockError(RuntimeError):
    """The mock did not start; its own message is on stderr."""


class MockProcess:
    """A mock of a version, which starts while its maker does other things. Its secret is `SECRET`.

    It ends with this process, at the latest.
    """

    def __init__(self, program: str, version: str) -> None:
        self._cores = usable_cores()
        with _apart(self._cores):
            self._process = subprocess.Popen(
                python("-c", program, version, SECRET),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), start_new_session=True,
            )  # fmt: skip

    @cached_property
    def url(self) -> str:
        """The URL of the mock; waits until it answers.

        Raises:
            MockError: it does not start.
        """
        assert self._process.stdout is not None
        limit = Timer(START_SECONDS, self._process.kill)
        limit.start()
        try:
            url = self._process.stdout.readline().decode().strip()
        finally:
            limit.cancel()
        if not url:
            raise MockError("the mock did not start")
        return url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()  # it ends when its standard input does
        with self._process:
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        _use(self._cores)


def usable_cores() -> list[int]:
    """The cores that this thread may use; none on a system that does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _use(cores: list[int]) -> None:
    """Keep this thread, and what it starts from now on, to these cores; none are no limit."""
    if cores:
        os.sched_setaffinity(0, cores)


@contextmanager
def _apart(cores: list[int]) -> Iterator[None]:
    """Start a process in a with block on a core of its own; this thread has the others from then on.

    A kernel that sees one process wake another one puts both on one core, where they wait for each other.
    """
    if len(cores) < 2:
        yield
        return
    own = cores[os.getpid() % len(cores)]  # runs at the same time take different ones
    _use([own])
    try:
        yield
    finally:
        _use([core for core in cores if core != own])
