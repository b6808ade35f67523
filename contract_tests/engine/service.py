"""A service that the suite can judge, as a value: all that the engine knows of an API stands in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contract_tests.engine.resources import Resource
from mockserver.contract.behaviours import Behaviours, load
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion

if TYPE_CHECKING:
    from contract_tests.engine.client import ServiceClient
    from contract_tests.engine.run import Run
    from contract_tests.engine.schema_judge import SchemaJudge


def _nothing(_: GatewayVersion) -> None:
    pass


@dataclass(frozen=True)
class Service:
    """An API that the suite judges: the Tyk Gateway's, or the Dashboard's.

    Attributes:
        name: the name in verdicts: "gateway".
        title: the name in messages: "Tyk gateway".
        folder: the folder with its openapi.yaml and behaviours.yaml.
        auth_header: the header that the secret is sent in.
        resources: the things that it keeps, in the order of their removal.
        probe: the path that answers without the secret if the service is there: "/hello".
        probe_members: members of the JSON object that the probe answers with; "version" tells the version.
        listing: the resource whose prefix answers a GET with a list, if the secret is right.
        refusal_members: members of the JSON object that refuses a wrong secret.
        clients: makes a function that makes the client of one test.
        reload_target: the target of a GET that loads what was written; "" if writes show at once.
        prepare: starts what takes its time, while the tests are collected.
        mock_program: a Python program that serves a mock, prints its URL, and ends when its standard input
            does; its arguments are a version and a secret. "" if the service has no mock.
        quick_note: a line that says what `--quick` leaves out.
    """

    name: str
    title: str
    folder: Path
    auth_header: str
    resources: tuple[Resource, ...]
    probe: str
    probe_members: frozenset[str]
    listing: Resource
    refusal_members: frozenset[str]
    clients: Callable[[Run, SchemaJudge], Callable[[], ServiceClient]]
    reload_target: str = ""
    prepare: Callable[[GatewayVersion], None] = _nothing
    mock_program: str = ""
    quick_note: str = ""

    @property
    def behaviours(self) -> Behaviours:
        """The rows of its behaviours.yaml."""
        return load(self.folder)

    def contract(self, version: GatewayVersion) -> Contract:
        """The contract of one of its versions."""
        return Contract.load(version, self.folder)
