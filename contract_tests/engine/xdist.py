"""One run for all workers of pytest-xdist, which would else reload one service side by side."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract_tests.report.verdicts import Verdict

try:
    import fcntl
except ImportError:  # Windows has none; each worker judges by itself there
    fcntl = None  # type: ignore[assignment]

Verdicts = dict[str, Verdict]


def once(request: pytest.FixtureRequest, judge: Callable[[], Verdicts]) -> Verdicts:
    """The verdicts that `judge` returns; the first of several workers calls it, the others wait for it."""
    if fcntl is None or not hasattr(request.config, "workerinput"):
        return judge()
    folder: Any = request.getfixturevalue("tmp_path_factory").getbasetemp()
    with Path(folder.parent / "tyk-contract-verdicts").open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
        file.seek(0)
        if content := file.read():
            verdicts: Verdicts = pickle.loads(content)  # noqa: S301  a worker of this very run wrote it
            return verdicts
        verdicts = judge()
        file.write(pickle.dumps(verdicts))
        return verdicts
