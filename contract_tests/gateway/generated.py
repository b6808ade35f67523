"""Generated requests and walks for the Tyk Gateway.

`python -m contract_tests.gateway.generated VERSION` prints walks, and requests of each operation.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

from contract_tests.engine import generated_requests
from contract_tests.engine.generated_requests import NEGATIVE, POSITIVE, GeneratedRequest, Generator, Line
from contract_tests.model.walks import Step, Walk
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import select_version, spec_path
from mockserver.contract.versions import GatewayVersion

_PACKAGE = Path(__file__).parent.parent
_SOURCES = (  # files that determine the data
    Path(__file__), _PACKAGE / "gateway" / "builders" / "samples.py",
    _PACKAGE / "model" / "state_machine.py", _PACKAGE / "model" / "walks.py",
    spec_path("gateway/openapi.yaml"),
)  # fmt: skip
_OPERATIONS = (  # in the order in which the tests need them
    ("listPolicies", POSITIVE), ("listPolicies", NEGATIVE),
    ("getHello", POSITIVE), ("getHello", NEGATIVE),
    ("getReady", POSITIVE), ("getReady", NEGATIVE), ("getPolicy", POSITIVE), ("getPolicy", NEGATIVE),
    ("addPolicy", POSITIVE), ("addPolicy", NEGATIVE), ("reload", POSITIVE), ("deletePolicy", POSITIVE),
    ("deletePolicyWithoutId", POSITIVE), ("updatePolicyWithoutId", POSITIVE),
)  # fmt: skip


def start(version: GatewayVersion) -> None:
    """Start to generate the data of a version, unless the cache has it."""
    generator(str(version))


@functools.cache
def generator(version: str) -> Generator:
    """The only generator of a version's data; the first call starts it."""
    return Generator("contract_tests.gateway.generated", _name(version), _sources(version), version)


def conforming(version: GatewayVersion, operation_id: str) -> list[GeneratedRequest]:
    """Requests that conform to the contract."""
    return generator(str(version)).requests(operation_id, POSITIVE)


def violating(version: GatewayVersion, operation_id: str) -> list[GeneratedRequest]:
    """Requests that violate the contract; none for an operation that accepts any request."""
    return generator(str(version)).requests(operation_id, NEGATIVE)


def walks(version: GatewayVersion) -> list[Walk]:
    """Walks of the state machine."""
    return [tuple(Step(*step) for step in walk) for walk in generator(str(version)).data("walks")]


def _name(version: str) -> str:
    return f"generated-{version}"


def _sources(version: str) -> bytes:
    return generated_requests.sources(version, _SOURCES)


def _lines(version: str) -> Iterator[Line]:
    from contract_tests.model import state_machine

    yield ["walks", "", [list(map(list, map(astuple, walk))) for walk in state_machine.walks()]]
    contract = Contract.load(select_version(version))
    yield from generated_requests.requests(contract, _OPERATIONS)


def main(version: str) -> None:
    """Print all data of a version, and store it for the next run."""
    generated_requests.print_and_store(_name(version), _sources(version), _lines(version))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except BrokenPipeError:  # the suite has ended
        os._exit(1)  # skips the flush at exit, which would fail too
