"""MockGateway: a gateway on a port of this machine, for as long as a with block lasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import version_of
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.config import Config
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.seeding import seed
from mockserver.gateway.service import gateway_service
from mockserver.service.journal import Journal
from mockserver.service.mock import Mock
from mockserver.serving.service_server import ServiceServer, listen
from mockserver.storage.backend import Backend


class Policies(Mapping[str, dict[str, Any]]):
    """The loaded policies by id, as GET answers them; `written` are those on file."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __getitem__(self, policy_id: str) -> dict[str, Any]:
        return self._output(self._gateway.store.loaded.by_id[policy_id].policy)

    def __iter__(self) -> Iterator[str]:
        return iter(self._gateway.store.loaded.by_id)

    def __len__(self) -> int:
        return len(self._gateway.store.loaded.by_id)

    @property
    def written(self) -> dict[str, dict[str, Any]]:
        """The written policies by id; a reload makes them the loaded ones."""
        policies = self._gateway.store.written().values()
        return {policy["id"]: self._output(policy) for policy in policies}

    def seed(self, *policies: Mapping[str, Any]) -> None:
        """Write policies and load them.

        Raises:
            SeedError: a policy has no id, or a member of a wrong type; nothing is written then.
        """
        seed(self._gateway, list(policies))

    def _output(self, policy: Mapping[str, Any]) -> dict[str, Any]:
        output: dict[str, Any] = self._gateway.codec.type.output(policy)
        return output


class MockGateway:
    """A mock gateway on a free port, in threads of this process.

    Args:
        gateway: the version, "5.12" or "5.12.0"; the default version when left out.
        secret: what X-Tyk-Authorization must be.
        policies: a directory, or a record file; in memory when left out.
        apis: a directory of API definitions; in memory when left out.
        upstreams: hosts besides this machine that APIs are forwarded to; others get an echo.
        port: 0 takes a free one.
        config: keys of tyk.conf, nested or dotted.
        directory: the working directory that relative paths start from.
        without: ids of behaviours to switch off, to see whether a test notices.

    Raises:
        ServerError: the port is taken.
        SpecError: the version or a behaviour is unknown.
        ConfigError: a key has a value of a wrong type.
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
        without: frozenset[str] = frozenset(),
    ) -> None:
        version = version_of(gateway)
        settings, _ = Config.of(config or {})
        if secret is not None:
            settings = replace(settings, secret=secret)
        if policies is not None:
            settings = with_policies(settings, Path(policies))
        if apis is not None:
            settings = replace(settings, app_path=str(apis))
        settings = replace(settings, listen_port=port)
        mock = Mock()
        hosts = frozenset(upstreams)
        state = Gateway(version, settings, mock, directory=directory, without=without, upstreams=hosts)
        self._start(mock, state, None)

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
    ) -> MockGateway:
        """A gateway that was configured elsewhere, on its `listen_address` and `listen_port`."""
        self = cls.__new__(cls)
        mock = Mock(backend)
        state = Gateway(version, config, mock, upstreams=frozenset(upstreams))
        self._start(mock, state, extra, remote_control=remote_control)
        return self

    def _start(
        self, mock: Mock, gateway: Gateway, extra: Contract | None, *, remote_control: bool = False
    ) -> None:
        self.mock = mock
        self.gateway = gateway
        self.policies = Policies(gateway)
        config = gateway.config
        self._server = ServiceServer(
            mock,
            gateway_service(gateway),
            listen(config.listen_address, config.listen_port),
            extra,
            remote_control=remote_control,
        )

    @property
    def url(self) -> str:
        """Where it answers, without a trailing slash."""
        return self._server.url

    @property
    def secret(self) -> str:
        """What X-Tyk-Authorization must be."""
        return self.gateway.config.secret

    @property
    def journal(self) -> Journal:
        """What was asked and answered, oldest first."""
        return self.mock.journal

    def reset(self) -> None:
        """Back to how it started: policies that it wrote, faults and the journal are gone."""
        self.mock.reset()

    def reload(self) -> None:
        """Load what is written, without a request."""
        self.gateway.reload()

    def advance(self, seconds: float) -> None:
        """Move the gateway's time ahead."""
        self.mock.clock.advance(seconds)

    def fault(self, operation: str = "*", **members: Any) -> None:
        """Let the next answers of an operation fail: status, delay, drop, times.

        Raises:
            FaultError: a member is unknown or of a wrong type, or there is no such operation.
        """
        operations = set(self.gateway.contract.operations)
        self.mock.faults.add({"operation": operation, **members}, operations)

    def stop(self) -> None:
        """Take no new connection, finish what is being answered; return at once."""
        self._server.stop()

    def close(self) -> None:
        """Stop, and wait until the port is free."""
        self._server.close()

    def wait(self) -> None:
        """Block until it is closed."""
        self._server.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def with_policies(config: Config, path: Path) -> Config:
    """The configuration with a directory of policies, or with a record file."""
    directory, record = (str(path), "") if path.is_dir() else ("", str(path))
    return replace(config, policies__policy_path=directory, policies__policy_record_name=record)
