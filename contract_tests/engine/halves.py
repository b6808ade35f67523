"""A part of the tests in a process of its own, on a mock of its own, so that two cores are at work.

Only where no gateway was named: one that was is written to and reloaded by one process alone.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Collection
from multiprocessing.connection import Connection
from typing import Self

from contract_tests.engine.declaration import TOGETHER, case_of
from contract_tests.engine.scheduler import Batch
from contract_tests.engine.target import Seen
from contract_tests.engine.xdist import Verdicts

OF = 4  # one of so many tests stays, with all that are not run side by side; the others go


def can_part() -> bool:
    """Whether this process can be copied: the system has to be able to, and no thread may be lost by it."""
    return sys.platform == "linux" and threading.active_count() == 1


class Half:
    """The tests that another process takes from a batch; it runs them on a gateway of the same kind."""

    def __init__(self, batch: Batch, url: str) -> None:
        cases = ((item, case_of(item)) for item in batch.items)
        side_by_side = [item for item, case in cases if case and case.when == TOGETHER]
        taken = {item.nodeid for number, item in enumerate(side_by_side) if number % OF}
        context = multiprocessing.get_context("fork")
        self._told, telling = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(batch, taken, url, self._told, telling))
        self._process.start()
        telling.close()
        self._batch = batch
        batch.items = [item for item in batch.items if item.nodeid not in taken]

    def join(self) -> None:
        """Wait for them, and add what came of them to the batch.

        Raises:
            RuntimeError: their process came to no end; it said why.
        """
        try:
            told: tuple[Verdicts, Seen] = self._told.recv()
        except EOFError:
            raise RuntimeError("the other half of the suite came to no verdict") from None
        verdicts, seen = told
        self._batch.verdicts |= verdicts
        self._batch.target.add(seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._told.close()
        self._process.kill()  # it has told all, or nobody waits for it any more
        self._process.join()


def _run(batch: Batch, taken: Collection[str], url: str, told: Connection, telling: Connection) -> None:
    told.close()  # or it would seem that somebody still waits for it, whatever becomes of the other process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that made this one ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    batch.target.url = url
    batch.items = [item for item in batch.items if item.nodeid in taken]
    telling.send((batch.run(), batch.target.seen()))
