"""MockGateway: a mock gateway on a local port, until it is closed or its with block ends."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from mockserver.console.suggestions import hint
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import version_of
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway import unloaded
from mockserver.gateway.config import Config
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.seeding import seed
from mockserver.gateway.service import gateway_service, traffic_service
from mockserver.service.mock import Mock
from mockserver.serving import seed_warnings, seeds
from mockserver.serving.api_ports import ApiPorts
from mockserver.serving.missing_policy import MissingPolicy
from mockserver.serving.mock_client import MockClient
from mockserver.serving.mock_server import MockServer
from mockserver.serving.service_server import ServiceServer, listen
from mockserver.storage.backend import Backend

FIRST_LOAD_SECONDS = 1.0  # that the constructor waits for a Dashboard


class Policies(Mapping[str, dict[str, Any]]):
    """The loaded policies by id, as GET returns them; `written` has the stored ones."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __getitem__(self, policy_id: str) -> dict[str, Any]:
        store = self._gateway.store
        if policy_id not in store.loaded.by_id:
            known = [*store.loaded.by_id, *self.written]
            near = "" if unloaded.written(store, policy_id) else hint(policy_id, known)
            raise MissingPolicy(f"{policy_id!r}: {unloaded.reason(store, policy_id)}{near}")
        return self._output(store.loaded.by_id[policy_id].policy)

    def __contains__(self, policy_id: object) -> bool:
        return policy_id in self._gateway.store.loaded.by_id

    def __iter__(self) -> Iterator[str]:
        return iter(self._gateway.store.loaded.by_id)

    def __len__(self) -> int:
        return len(self._gateway.store.loaded.by_id)

    @property
    def written(self) -> dict[str, dict[str, Any]]:
        """The stored policies by id; the next reload loads them."""
        policies = self._gateway.store.written().values()
        return {policy["id"]: self._output(policy) for policy in policies}

    def seed(self, *policies: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> None:
        """Store policies, or lists of policies, and load them.

        Raises:
            SeedError: a policy has no id, or a member of a wrong type; then no policy is stored.
        """
        lists = [[given] if isinstance(given, Mapping) else given for given in policies]
        documents = [policy for policies_ in lists for policy in policies_]
        seed(self._gateway, documents)
        seed_warnings.of_policies(self._gateway, documents)

    def __repr__(self) -> str:
        return f"<Policies loaded: {list(self)}, written: {list(self.written)}>"

    def _output(self, policy: Mapping[str, Any]) -> dict[str, Any]:
        output: dict[str, Any] = self._gateway.codec.type.output(policy)
        return output


class MockGateway(MockServer):
    """A mock gateway on a local port, in threads of this process.

    Args:
        gateway: the version, such as "5.12" or "5.12.0"; by default, that in spec/gateway.
        secret: the required value of X-Tyk-Authorization.
        policies: a directory or a record file; by default, policies are in memory.
        apis: a directory of API definitions; by default, they are in memory.
        upstreams: hosts, besides this machine, to which the gateway forwards requests; requests to
            other hosts are answered with an echo.
        port: the port; 0 for any free one.
        config: keys of tyk.conf, nested or dotted.
        directory: the directory that relative paths refer to.
        without: ids of behaviours to switch off, to check that a test notices; `SWITCHABLE` has them.

    Attributes:
        policies: the loaded policies by id.
        gateway: the simulated gateway.

    Raises:
        ServerError: the port is taken.
        SpecError: the version or a behaviour is unknown, or the behaviour cannot be switched off.
        ConfigError: a key in `config` is unknown, or its value has a wrong type.
    """

    def __init__(
        self,
        *,
        gateway: str | None = None,
        secret: str | None = None,
        policies: Path | str | None = None,
        apis: Path | str | None = None,
        upstreams: Iterable[str] = (),
        port: int = 0,
        config: Mapping[str, Any] | None = None,
        directory: Path = Path(),
        without: Collection[str] = (),
    ) -> None:
        version = version_of(gateway)
        settings = Config.exactly(config or {})
        if secret is not None:
            settings = replace(settings, secret=secret)
        if policies is not None:
            settings = with_policies(settings, Path(_path("policies", policies)))
        if apis is not None:
            settings = replace(settings, app_path=str(_path("apis", apis)))
        settings = replace(settings, listen_port=port)
        mock = Mock()
        hosts = frozenset(upstreams)
        state = Gateway(version, settings, mock, directory=directory, without=without, upstreams=hosts)
        self._start(mock, state, None)
        if state.source is not None:
            state.source.settle(FIRST_LOAD_SECONDS)

    @classmethod
    def of(
        cls,
        version: GatewayVersion,
        config: Config,
        extra: Contract | None = None,
        upstreams: Iterable[str] = (),
        *,
        remote_control: bool = False,
        backend: Backend | None = None,
        fsync: bool = False,
        backup: Path | None = None,
    ) -> MockGateway:
        """A mock gateway with a complete configuration, on its `listen_address` and `listen_port`.

        With `fsync`, it answers a write of a policy or API when the file is on the disk. `backup` is the file
        in which a data plane keeps what it was given.
        """
        self = cls.__new__(cls)
        mock = Mock(backend)
        state = Gateway(version, config, mock, upstreams=frozenset(upstreams), fsync=fsync)
        self._start(mock, state, extra, backup, remote_control=remote_control)
        return self

    def _start(
        self,
        mock: Mock,
        gateway: Gateway,
        extra: Contract | None,
        backup: Path | None = None,
        *,
        remote_control: bool = False,
    ) -> None:
        self.gateway = gateway
        self.policies = Policies(gateway)
        _join(gateway, mock, backup)
        host = gateway.config.listen_address
        port, separates = gateway.config.listen_port, gateway.config.separates_ports
        with ExitStack() as on_failure:
            self._traffic: ServiceServer | None = None
            if separates:
                traffic = on_failure.enter_context(listen(host, port))
                port = port and gateway.config.control_api_port
            listener = listen(host, port)
            on_failure.pop_all()
        self._serve(mock, gateway_service(gateway), listener, host, extra, remote_control=remote_control)
        if separates:
            self._traffic = ServiceServer(mock, traffic_service(gateway), traffic, is_second=True)
        self._ports = ApiPorts(mock, gateway)
        if gateway.source is not None:
            gateway.source.start()
        else:
            gateway.log_load()

    @property
    def traffic_url(self) -> str:
        """The base URL of requests to APIs: `url`, unless `control_api_port` sets them apart."""
        return self._traffic.url if self._traffic else self.url

    @property
    def secret(self) -> str:
        """The required value of X-Tyk-Authorization."""
        return self.gateway.config.secret

    def stop(self) -> None:
        """Accept no more connections, finish the answers in progress; returns at once."""
        if self._traffic:
            self._traffic.stop()
        self._ports.stop()
        super().stop()

    def close(self) -> None:
        """Stop the server, wait until the port is free, and take leave of the Dashboard."""
        if self._traffic:
            self._traffic.close()
        self._ports.close()
        super().close()
        if self.gateway.source is not None:
            self.gateway.source.close()

    @property
    def client(self) -> MockClient:
        """A client that sends the secret: `client.post("/tyk/policies", json={"id": "gold"})`."""
        return MockClient(self.url, {"X-Tyk-Authorization": self.secret})

    def __repr__(self) -> str:
        loaded, version = len(self.policies), self.gateway.version
        return f"<MockGateway {version} at {self.url}, policies: {loaded}, requests: {len(self.journal)}>"

    def seed(
        self,
        *,
        policies: Iterable[Mapping[str, Any]] = (),
        apis: Iterable[Mapping[str, Any]] = (),
        keys: Mapping[str, Mapping[str, Any]] | None = None,
        oauth_clients: Iterable[Mapping[str, Any]] = (),
        organisations: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dict[str, list[str]]:
        """Write policies and APIs, load them, and write what refers to them; no request is in the journal.

        Members that the gateway drops or rounds are warnings in the log `tyk-contract`.

        Args:
            policies: policies; as by `policies.seed`.
            apis: API definitions.
            keys: sessions by the id of their key.
            oauth_clients: OAuth clients, each with its `api_id` or `policy_id`.
            organisations: sessions by the id of their organisation.

        Returns the complete ids of all that was written, by the name of the argument.

        Raises:
            SeedError: something is refused; what came before it stays.
        """
        seeded = seeds.seed(self._service, policies, apis, keys or {}, oauth_clients, organisations or {})
        return seeded.ids

    def reload(self) -> None:
        """Load the stored policies and APIs, without a request."""
        self.gateway.reload()


def _join(gateway: Gateway, mock: Mock, backup: Path | None) -> None:
    """Make a gateway a node or a data plane if its configuration says so.

    Raises:
        ConfigError: the configuration lacks a key without which a real gateway does not start.
    """
    if gateway.config.slave_options__use_rpc and not gateway.config.use_db_app_configs:
        from mockserver.gateway.plane import joining as planes

        planes.join(gateway, mock, backup)
    elif gateway.config.policies_from_dashboard:
        from mockserver.gateway.node import joining as nodes

        nodes.join(gateway, mock)


def _path(name: str, value: os.PathLike[str] | str) -> os.PathLike[str] | str:
    """The path that an argument names.

    Raises:
        TypeError: the value is no path, but perhaps the documents themselves.
    """
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(
            f"{name} must be a path, not a {type(value).__name__}; give documents to seed({name}=...)"
        )
    return value


def with_policies(config: Config, path: Path) -> Config:
    """A copy of the configuration with policies in a directory, or in a record file."""
    directory, record = (str(path), "") if path.is_dir() else ("", str(path))
    return replace(config, policies__policy_path=directory, policies__policy_record_name=record)
