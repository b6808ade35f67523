"""What Hypothesis and Schemathesis make, in a process of their own while the suite does other things.

`python -m contract_tests.engine.generated_requests VERSION` prints a line of walks, and one
for each operation and mode: the same each time.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from importlib import metadata
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from contract_tests.engine import cache
from contract_tests.engine.mock_process import environment
from contract_tests.model.walks import Step, Walk
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import select_version, spec_path

FITTING = 7  # requests for each operation that fit the spec
UNFITTING = 5  # and that do not
_MAKERS = (  # modules that decide what is generated
    "engine/generated_requests", "model/state_machine", "gateway/builders/samples", "model/walks",
)  # fmt: skip
_POSITIVE, _NEGATIVE = "positive", "negative"
_MADE = (  # in the order in which they are wanted
    ("listPolicies", _POSITIVE), ("listPolicies", _NEGATIVE),
    ("getHello", _POSITIVE), ("getHello", _NEGATIVE),
    ("getReady", _POSITIVE), ("getReady", _NEGATIVE), ("getPolicy", _POSITIVE), ("getPolicy", _NEGATIVE),
    ("addPolicy", _POSITIVE), ("addPolicy", _NEGATIVE), ("reload", _POSITIVE), ("deletePolicy", _POSITIVE),
    ("deletePolicyWithoutId", _POSITIVE), ("updatePolicyWithoutId", _POSITIVE),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One request.

    Attributes:
        path: with its parameters in braces.
        body: what JSON can say, or bytes; b"" where there is none.
    """

    path: str
    path_parameters: dict[str, Any]
    query: dict[str, Any]
    body: Any


def fitting(version: str, operation_id: str) -> list[Case]:
    """Requests that fit the spec."""
    return [_decoded(*case) for case in maker(version).made(operation_id, _POSITIVE)]


def unfitting(version: str, operation_id: str) -> list[Case]:
    """Requests that do not fit the spec; none for an operation that takes whatever is sent."""
    return [_decoded(*case) for case in maker(version).made(operation_id, _NEGATIVE)]


def walks(version: str) -> list[Walk]:
    """Walks of the state machine."""
    return [tuple(Step(*step) for step in walk) for walk in maker(version).made("walks", "")]


@functools.cache
def maker(version: str) -> Maker:
    """The one that makes a version's requests; it begins when it is first asked for."""
    return Maker(version)


class Maker:
    """What was made by an earlier run; or else a process that makes it, and what it has made so far."""

    def __init__(self, version: str) -> None:
        self._made: dict[tuple[str, str], list[Any]] = {}
        for this, mode, made in cache.recall(_name(version), _source(version)) or ():
            self._made[this, mode] = made
        if not self._made:
            self._start(version)

    def _start(self, version: str) -> None:
        command = [sys.executable, "-m", "contract_tests.engine.generated_requests", version]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment())
        self._lines: SimpleQueue[bytes] = SimpleQueue()  # or the process would wait until somebody reads
        threading.Thread(target=self._read, daemon=True).start()
        atexit.register(self._process.kill)

    def made(self, what: str, mode: str) -> list[Any]:
        """The walks, or the requests of an operation; wait until they are made."""
        while (what, mode) not in self._made:
            line = self._lines.get()
            if not line:
                raise RuntimeError(f"no {mode} {what} was made")
            this, of_mode, made = json.loads(line)
            self._made[this, of_mode] = made
        return self._made[what, mode]

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._process.wait()
        self._lines.put(b"")


def _decoded(path: str, path_parameters: dict[str, Any], query: dict[str, Any], kind: str, body: Any) -> Case:
    return Case(path, path_parameters, query, bytes.fromhex(body) if kind == "bytes" else body)


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
    made: list[Any] = []

    @settings(
        max_examples=FITTING if mode == _POSITIVE else UNFITTING,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(api.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    def collect(case: Any) -> None:
        made.append(_encoded(case))

    try:
        collect()
    except Unsatisfiable:  # an operation without parameters has no request that does not fit
        return []
    return made


def _name(version: str) -> str:
    return f"generated-{version}"


def _source(version: str) -> bytes:
    """All that decides what is made: our files, the libraries that make it, and the interpreter."""
    package = Path(__file__).parent.parent
    files = [*(package / f"{name}.py" for name in _MAKERS), spec_path("gateway/openapi.yaml")]
    libraries = [f"{name} {metadata.version(name)}" for name in ("hypothesis", "schemathesis")]
    told = [version, sys.version, *libraries]
    return b"\n".join([*(text.encode() for text in told), *(file.read_bytes() for file in files)])


def main(version: str) -> None:
    """Print all, and keep it for the next run."""
    lines = []
    for line in _lines(version):
        lines.append(line)
        print(json.dumps(line), flush=True)  # noqa: T201  whoever started this process reads it
    cache.store(_name(version), _source(version), lines)


def _lines(version: str) -> Iterator[list[Any]]:
    from contract_tests.model import state_machine

    yield ["walks", "", [list(map(list, map(astuple, walk))) for walk in state_machine.made()]]
    import schemathesis

    contract = Contract.load(select_version(version))
    schema = schemathesis.openapi.from_dict(contract.document)
    for operation_id, mode in _MADE:
        yield [operation_id, mode, _generated(schema, contract, operation_id, mode)]


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except BrokenPipeError:  # whoever asked is gone
        os._exit(1)  # what is still to be written has no reader
