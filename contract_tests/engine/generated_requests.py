"""Requests that Schemathesis generates from a contract, in a process that works beside the suite.

The process is the main program of a service's own module: it prints one line of JSON for each subject and
mode, the same each time.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from contract_tests.engine import cache
from contract_tests.engine.helper_process import environment, python
from mockserver.contract.openapi import Contract

CONFORMING = 7  # requests for each operation that conform to the contract
VIOLATING = 5  # and that do not
GENERATION_SECONDS = 120.0  # for the data of one subject, which take about one
POSITIVE, NEGATIVE = "positive", "negative"
Line = list[Any]  # a subject, a mode, and what was generated of both


@dataclass(frozen=True)
class GeneratedRequest:
    """One request.

    Attributes:
        path: the template, with its parameters in braces.
        body: a JSON value, or bytes; b"" if there is none.
    """

    path: str
    path_parameters: dict[str, Any]
    query: dict[str, Any]
    body: Any


class Generator:
    """Generated data: that of an earlier run, from the cache, or that of a process while it generates.

    Args:
        module: the module whose main program generates the data of a version and stores it in the cache.
        name: the name that it is stored under.
        sources: all that decides on the data.
        version: the argument of the program.
    """

    def __init__(self, module: str, name: str, sources: bytes, version: str) -> None:
        self._data: dict[tuple[str, str], list[Any]] = {}
        for subject, mode, data in cache.recall(name, sources) or ():
            self._data[subject, mode] = data
        if not self._data:
            self._start(python("-m", module, version))

    def _start(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment())
        self._lines: SimpleQueue[bytes] = SimpleQueue()  # or the process would wait until somebody reads
        threading.Thread(target=self._read, daemon=True).start()
        atexit.register(self._process.kill)

    def data(self, subject: str, mode: str = "") -> list[Any]:
        """The data of a subject; waits until it is generated.

        Raises:
            RuntimeError: the process ended without it, or takes too long.
        """
        while (subject, mode) not in self._data:
            try:
                line = self._lines.get(timeout=GENERATION_SECONDS)
            except Empty:
                self._process.kill()
                line = b""
            if not line:
                raise RuntimeError(f"no {mode} {subject} was generated")
            name, of_mode, data = json.loads(line)
            self._data[name, of_mode] = data
        return self._data[subject, mode]

    def requests(self, operation_id: str, mode: str) -> list[GeneratedRequest]:
        """The requests of an operation; waits until they are generated."""
        return [_decoded(*encoded) for encoded in self.data(operation_id, mode)]

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._process.wait()
        self._lines.put(b"")


def requests(contract: Contract, operations: Iterable[tuple[str, str]]) -> Iterable[Line]:
    """A line of requests for each operation and mode, in this order."""
    import schemathesis

    schema = schemathesis.openapi.from_dict(contract.document)
    for operation_id, mode in operations:
        yield [operation_id, mode, _generated(schema, contract, operation_id, mode)]


def print_and_store(name: str, sources: bytes, lines: Iterable[Line]) -> None:
    """Print lines for the process that waits for them, and store all of them for the next run."""
    printed = []
    for line in lines:
        printed.append(line)
        print(json.dumps(line), flush=True)  # noqa: T201  the suite reads it
    cache.store(name, sources, printed)


def sources(version: str, files: Iterable[Path]) -> bytes:
    """All that decides on generated data: a version, our files, the libraries, and the interpreter."""
    libraries = [f"{name} {metadata.version(name)}" for name in ("hypothesis", "schemathesis")]
    texts = [version, sys.version, *libraries]
    contents = (file.read_bytes() for file in (Path(__file__), *files))
    return b"\n".join([*(text.encode() for text in texts), *contents])


def _decoded(
    path: str, path_parameters: dict[str, Any], query: dict[str, Any], kind: str, body: Any
) -> GeneratedRequest:
    content = bytes.fromhex(body) if kind == "bytes" else body
    return GeneratedRequest(path, path_parameters, query, content)


def _encoded(case: Any) -> list[Any]:
    body = case.body
    if not isinstance(body, (dict, list, str, int, float, bytes, type(None))):
        body = b""  # Schemathesis says so that there is none
    of_body = ["bytes", body.hex()] if isinstance(body, bytes) else ["json", body]
    return [case.operation.path, case.path_parameters or {}, case.query or {}, *of_body]


def _generated(schema: Any, contract: Contract, operation_id: str, mode: str) -> list[Any]:
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable

    operation = contract.operations[operation_id]
    api = schema[operation.path][operation.method]
    requests: list[Any] = []

    @settings(
        max_examples=CONFORMING if mode == POSITIVE else VIOLATING,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(api.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    def collect(case: Any) -> None:
        requests.append(_encoded(case))

    try:
        collect()
    except Unsatisfiable:  # an operation without parameters has no request that violates the contract
        return []
    return requests
