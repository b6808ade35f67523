"""A service that the suite can judge, as a value: all that the engine knows of an API stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.engine.resources import Resource
from mockserver.contract.behaviours import Behaviours, load
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion


@dataclass(frozen=True)
class Service:
    """An API that the suite judges: the Tyk Gateway's, or the Dashboard's.

    Attributes:
        name: the name in verdicts: "gateway".
        title: the name in messages: "Tyk gateway".
        folder: the folder with its openapi.yaml and behaviours.yaml.
        auth_header: the header that the secret is sent in.
        auth_schemes: what may stand before the secret in it; the first that the service accepts is used.
        resources: the things that it keeps, in the order of their removal.
        probe: the path that answers without the secret if the service is there: "/hello".
        probe_members: members of the JSON object that the probe answers with, by which the service is known;
            none if any server may answer so. "version" tells the version.
        listing: the resource whose prefix answers a GET with a list, if the secret is right.
        refusal_members: members of the JSON object that refuses a wrong secret.
        variable: the environment variable of a user's secret, in lines to paste.
        second_variable: that of its second secret, which only some tests need; "" if it has none.
        second_of_mock: the second secret of the mock that the suite starts.
        others: the titles of services that a user may have named instead, each with a path and members of
            the JSON object that it answers there without a secret.
        reload_target: the target of a GET that loads what was written; "" if writes show at once.
        ports: the settings with the port of its own API, and with that of requests to APIs where the two may
            differ; none if they cannot.
        own_paths: what begins the paths of its own API, with `ports`.
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
    variable: str = "TYK_GW_SECRET"
    second_variable: str = ""
    second_of_mock: str = ""
    auth_schemes: tuple[str, ...] = ("",)
    others: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    reload_target: str = ""
    ports: tuple[str, str] | None = None
    own_paths: str = ""

    @property
    def behaviours(self) -> Behaviours:
        """The rows of its behaviours.yaml."""
        return load(self.folder)

    def contract(self, version: GatewayVersion) -> Contract:
        """The contract of one of its versions."""
        return Contract.load(version, self.folder)
