"""The tests of a service, as a value: the service, and all that the engine must be given to run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract_tests.engine.client import ServiceClient
from contract_tests.engine.run import Run
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.engine.service import Service
from mockserver.contract.versions import GatewayVersion

NewClient = Callable[[], ServiceClient]  # makes the client of one test


def _nothing(_: GatewayVersion) -> None:
    pass


@dataclass(frozen=True)
class Suite:
    """The tests of one service.

    Attributes:
        clients: returns a function that makes the client of one test.
        prepare: starts slow helpers of a version's tests, while the tests are collected.
        mock_program: a Python program that serves a mock, prints its URL, and ends when its standard input
            does; its arguments are a version and a secret. "" if the service has no mock.
        quick_note: a line that names the tests that `--quick` leaves out.
    """

    service: Service
    clients: Callable[[Run, SchemaJudge], NewClient]
    prepare: Callable[[GatewayVersion], None] = _nothing
    mock_program: str = ""
    quick_note: str = ""
