"""A run: the parts of the suite that share one target, from its start to its clean-up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from contract_tests.engine.absent_operations import AbsentOperations
from contract_tests.engine.cleanup import Cleanup
from contract_tests.engine.configuration import Configuration
from contract_tests.engine.managed_paths import managed_paths
from contract_tests.engine.ownership import Ownership
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.service import Service
from contract_tests.engine.target import Target
from contract_tests.engine.upstream import Upstream
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.http.auth import Auth
from mockserver.http.deadline import Deadline
from mockserver.http.pacing import Pacer


@dataclass(frozen=True)
class Run:
    """One run of the suite against one service.

    Attributes:
        options: the user's settings, with the URL and the secret that are in use.
        version: the version that the service is judged as.
        configuration: what the service's user says of its configuration; None if that is not known.
        told: the version that the service told before the run; "" if it told none.
    """

    service: Service
    options: RunOptions
    version: GatewayVersion
    contract: Contract
    ownership: Ownership
    target: Target
    absent_operations: AbsentOperations
    cleanup: Cleanup
    upstream: Upstream
    configuration: Configuration | None
    told: str = ""

    @classmethod
    def open(
        cls,
        service: Service,
        options: RunOptions,
        contract: Contract,
        *,
        scheme: str = "",
        told: str = "",
        timeout: float = 10.0,
        limit: Deadline | None = None,
    ) -> Self:
        """A run at the URL of the options, which must be given, by the contract of a version.

        Args:
            service: the service that is judged.
            options: the user's settings.
            contract: the contract of the service in one version.
            scheme: what the service takes before the secret.
            told: the version that the service tells.
            timeout: the seconds of one exchange.
            limit: the deadline of all exchanges; by default the options' `max_time` from now.

        Raises:
            ConfigurationError: the file of the configuration cannot be used.
        """
        assert contract.version is not None
        ownership = Ownership(contract, service.resources)
        variable = service.second_variable
        others = [Auth(service.auth_header, options.second, variable)] if variable else []
        others += Auth.of_connection(options.connection)
        auth = Auth(service.auth_header, options.secret, service.variable, scheme)
        target = Target(
            options.url,
            Auth.chain(auth, *others),
            ownership,
            reload_target=service.reload_target,
            probe=service.probe,
            timeout=timeout,
            limit=limit or Deadline(options.max_time),
            settings=options.connection,
            pacer=Pacer(managed_paths(contract)),
        )
        unused_name = f"{ownership.run}nobody"
        run = cls(
            service=service,
            options=options,
            version=contract.version,
            contract=contract,
            ownership=ownership,
            target=target,
            absent_operations=AbsentOperations(contract, service.resources, unused_name, target.ask),
            cleanup=Cleanup(target, ownership, service.listing),
            upstream=Upstream(options.url),
            configuration=None,
            told=told,
        )
        return run.under(Configuration.of_options(options, service))

    def under(self, configuration: Configuration | None) -> Self:
        """This run at a service with a configuration, which may tell another port for requests to APIs."""
        self.target.own_paths = self.service.own_paths
        self.target.traffic_url = _traffic_url(self.target.url, self.service, configuration)
        return replace(self, configuration=configuration)

    def close(self) -> None:
        """Close the connections to the service, and the upstream."""
        self.target.close()
        self.upstream.close()


def _traffic_url(url: str, service: Service, configuration: Configuration | None) -> str:
    """The URL of requests to APIs where they have a port of their own; "" if they have none."""
    if configuration is None or service.ports is None:
        return ""
    own, other = (configuration.values.get(name, 0) for name in service.ports)
    if not own or not other or own == other:
        return ""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return urlunsplit(parts._replace(netloc=f"{host}:{other}"))
