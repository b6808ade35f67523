"""MockDashboard: a mock Dashboard on a local port, until it is closed or its with block ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from mockserver.contract.spec_files import default_version, select_version
from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import DEFAULT_KEY, DEFAULT_ORGANISATION, SPEC, Dashboard
from mockserver.dashboard.service import dashboard_service
from mockserver.service.journal import Journal
from mockserver.service.mock import Mock
from mockserver.serving.service_server import ServiceServer, listen
from mockserver.storage.backend import Backend


class DashboardPolicies(Mapping[str, dict[str, Any]]):
    """The policies of the first organisation by database id, as GET returns them."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    def __getitem__(self, object_id: str) -> dict[str, Any]:
        policies = {policy["_id"]: policy for policy in self._all()}
        output: dict[str, Any] = self._dashboard.policies.codec.type.output(policies[object_id])
        return output

    def __iter__(self) -> Iterator[str]:
        return iter([policy["_id"] for policy in self._all()])

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> list[dict[str, Any]]:
        return self._dashboard.policies.all(self._dashboard.organisation)


class MockDashboard:
    """A mock Dashboard on a local port, in threads of this process.

    Args:
        dashboard: the version, such as "5.13" or "5.13.1"; by default, that in spec/dashboard.
        key: the access key of the first user, who is an admin.
        organisation: the id of that user's organisation, 24 hex digits.
        admin_secret: the required value of admin-auth.
        port: the port; 0 for any free one.
        config: keys of tyk_analytics.conf, nested or dotted.
        style: "2017" for policies in the form of the documents of that year.
        without: ids of behaviours to switch off, to check that a test notices.

    Attributes:
        policies: the policies of the first organisation by database id.
        state: the simulated Dashboard.
        mock: the instruments: clock, faults, journal and storage.

    Raises:
        ServerError: the port is taken.
        SpecError: the version or a behaviour is unknown.
        ConfigError: a value in `config` has a wrong type.
    """

    def __init__(
        self,
        *,
        dashboard: str | None = None,
        key: str = DEFAULT_KEY,
        organisation: str = DEFAULT_ORGANISATION,
        admin_secret: str | None = None,
        port: int = 0,
        config: Mapping[str, Any] | None = None,
        style: str = "",
        without: frozenset[str] = frozenset(),
    ) -> None:
        version = default_version(SPEC) if dashboard is None else select_version(dashboard, SPEC)
        settings, _ = Config.of(config or {})
        if admin_secret is not None:
            settings = replace(settings, admin_secret=admin_secret)
        settings = replace(settings, listen_port=port)
        mock = Mock()
        state = Dashboard(
            version, settings, mock, key=key, organisation=organisation, style=style, without=without
        )
        self._start(mock, state)

    @classmethod
    def of(
        cls,
        version: GatewayVersion,
        config: Config,
        *,
        key: str = DEFAULT_KEY,
        organisation: str = DEFAULT_ORGANISATION,
        style: str = "",
        remote_control: bool = False,
        backend: Backend | None = None,
    ) -> MockDashboard:
        """A mock Dashboard with a complete configuration, on its `host_name` and `listen_port`."""
        self = cls.__new__(cls)
        mock = Mock(backend)
        state = Dashboard(version, config, mock, key=key, organisation=organisation, style=style)
        self._start(mock, state, remote_control=remote_control)
        return self

    def _start(self, mock: Mock, dashboard: Dashboard, *, remote_control: bool = False) -> None:
        self.mock = mock
        self.state = dashboard
        self.policies = DashboardPolicies(dashboard)
        config = dashboard.config
        self._server = ServiceServer(
            mock,
            dashboard_service(dashboard),
            listen(config.host_name, config.listen_port),
            remote_control=remote_control,
        )

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return self._server.url

    @property
    def key(self) -> str:
        """The access key of the first user."""
        return self.state.key

    @property
    def journal(self) -> Journal:
        """The requests and replies, oldest first."""
        return self.mock.journal

    def reset(self) -> None:
        """Restore the initial state: remove all that was written, faults and journal entries."""
        self.mock.reset()

    def advance(self, seconds: float) -> None:
        """Advance the clock of the Dashboard by a number of seconds."""
        self.mock.clock.advance(seconds)

    def fault(self, operation: str = "*", **members: Any) -> None:
        """Set a fault for the next answers of an operation: `status`, `message`, `delay`, `drop`, `times`.

        Raises:
            FaultError: a member is unknown or has a wrong type, or there is no such operation.
        """
        operations = set(self.state.contract.operations)
        self.mock.faults.add({"operation": operation, **members}, operations)

    def stop(self) -> None:
        """Accept no more connections, finish the answers in progress; returns at once."""
        self._server.stop()

    def close(self) -> None:
        """Stop the server, and wait until the port is free."""
        self._server.close()

    def wait(self) -> None:
        """Block until the server is closed."""
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
