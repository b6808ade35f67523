"""MockDashboard: a mock Dashboard on a local port, until it is closed or its with block ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.contract.spec_files import version_of
from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import DEFAULT_KEY, DEFAULT_ORGANISATION, SPEC, Dashboard
from mockserver.dashboard.mdcb.server import ControlPlaneServer
from mockserver.dashboard.nodes.deployment import GatewayBeside
from mockserver.dashboard.nodes.history import ChangeHistory, FirstUses
from mockserver.dashboard.service import dashboard_service
from mockserver.gateway.config import Config as GatewayConfig
from mockserver.service.mock import Mock
from mockserver.serving.gateway_feed import GatewayFeed
from mockserver.serving.mock_gateway import MockGateway
from mockserver.serving.mock_server import MockServer
from mockserver.serving.service_server import listen
from mockserver.storage.backend import Backend


@dataclass(frozen=True)
class Settings:
    """All that a mock Dashboard is started with, but for its backend.

    Attributes:
        config: its complete configuration; it listens on the `listen_address` and `listen_port` of it.
        gateway: the configuration of a mock gateway beside it; None for none.
        mdcb_port: the port for data planes; None for none.
        remote_control: allow /_mock/ to other machines.
    The others are as in `MockDashboard`.
    """

    version: GatewayVersion
    config: Config
    key: str = DEFAULT_KEY
    organisation: str = DEFAULT_ORGANISATION
    style: str = ""
    gateway: GatewayConfig | None = None
    without: frozenset[str] = frozenset()
    introspection: bool = True
    strict_nonces: bool = False
    mdcb_port: int | None = None
    remote_control: bool = False


class DashboardPolicies(Mapping[str, dict[str, Any]]):
    """The policies of the first organisation by database id, as GET returns them."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    def __getitem__(self, object_id: str) -> dict[str, Any]:
        policies = {policy["_id"]: policy for policy in self._all()}
        output: dict[str, Any] = self._dashboard.form.document(policies[object_id])
        return output

    def __iter__(self) -> Iterator[str]:
        return iter([policy["_id"] for policy in self._all()])

    def __len__(self) -> int:
        return len(self._all())

    def seed(self, *policies: Mapping[str, Any]) -> list[str]:
        """Create policies, as if they had been posted; returns their database ids.

        Raises:
            ValueError: a policy is refused; the message is that of the Dashboard.
        """
        return [self._dashboard.seed(policy) for policy in policies]

    def _all(self) -> list[dict[str, Any]]:
        return self._dashboard.policies.all(self._dashboard.organisation)


class MockDashboard(MockServer):
    """A mock Dashboard on a local port, and a mock gateway to which it hands keys on.

    Args:
        dashboard: the version, such as "5.13" or "5.13.1"; by default, that in spec/dashboard.
        key: the access key of the first user, who is an admin.
        organisation: the id of that user's organisation, 24 hex digits.
        admin_secret: the required value of admin-auth.
        port: the port; 0 for any free one.
        config: keys of tyk_analytics.conf, nested or dotted.
        style: "2017" for policies in the form of the documents of that year.
        without: ids of behaviours to switch off, to check that a test notices.
        with_gateway: False to start no gateway; none is started either if `tyk_api_config` names one, unless
            `gateway_config` is given.
        gateway_config: keys of the tyk.conf of that gateway, nested or dotted.
        introspection: let GraphQL tell its schema.
        strict_nonces: refuse nodes whose nonce is not the newest one; a real gateway may then hang.
        mdcb_port: the port for data planes, which take their policies by remote calls; 0 for any free one.

    Attributes:
        policies: the policies of the first organisation by database id.
        gateway: the mock gateway beside it; None if there is none.
        portal: a Developer Portal; its methods take the bodies of /_mock/portal.
        state: the simulated Dashboard.

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
        with_gateway: bool = True,
        gateway_config: Mapping[str, Any] | None = None,
        introspection: bool = True,
        strict_nonces: bool = False,
        mdcb_port: int | None = None,
    ) -> None:
        complete, _ = Config.of(config or {})
        if admin_secret is not None:
            complete = replace(complete, admin_secret=admin_secret)
        gateway = None
        if with_gateway and (gateway_config is not None or not complete.tyk_api_config__host):
            gateway = replace(GatewayConfig.of(gateway_config or {})[0], listen_port=0)
        settings = Settings(
            version_of(dashboard, SPEC),
            replace(complete, listen_port=port),
            key,
            organisation,
            style,
            gateway,
            without,
            introspection,
            strict_nonces,
            mdcb_port,
        )
        self._start(settings, Mock())

    @classmethod
    def of(cls, settings: Settings, backend: Backend | None = None) -> MockDashboard:
        """A mock Dashboard with these settings, whose state a backend keeps; by default, in memory."""
        self = cls.__new__(cls)
        self._start(settings, Mock(backend))
        return self

    def _start(self, settings: Settings, mock: Mock) -> None:
        config = settings.config
        self.gateway = None
        self._planes: ControlPlaneServer | None = None
        if settings.gateway is not None:
            self.gateway = MockGateway.of(version_of(None), _fed(settings.gateway))
            config = _with_gateway(config, self.gateway)
        try:
            self.state = Dashboard(
                settings.version,
                config,
                mock,
                key=settings.key,
                organisation=settings.organisation,
                style=settings.style,
                without=settings.without,
                introspection=settings.introspection,
                strict_nonces=settings.strict_nonces,
            )
            self._feed_gateway()
            self.policies = DashboardPolicies(self.state)
            self.portal = self.state.portal
            address = (config.listen_address, config.listen_port)
            if settings.mdcb_port is not None:
                listener = listen(config.listen_address, settings.mdcb_port, "--mdcb or --host")
                self._planes = ControlPlaneServer(self.state, listener, mock.closing.wait)
            self._serve(mock, dashboard_service(self.state), address, remote_control=settings.remote_control)
        except BaseException:
            if self._planes is not None:
                self._planes.close()
            if self.gateway is not None:
                self.gateway.close()
            raise

    def _feed_gateway(self) -> None:
        """Let the gateway beside the Dashboard know the policies of keys; at this time it knows none."""
        if self.gateway is None:
            return
        gateway, url = self.gateway.gateway, self.gateway.url
        feed = GatewayFeed(self.state, gateway)
        self.state.gateway.feed = feed.load
        if feed.feeds_policies:
            self.state.deployment.beside = [GatewayBeside(url, feed.loaded, str)]
            gateway.on_applied = FirstUses(self.state.history, url, feed.change_of).note

    @property
    def changes(self) -> list[ChangeHistory]:
        """The changes of policies and APIs, the oldest first, each with what became of it."""
        return self.state.history.all()

    @property
    def mdcb_address(self) -> str:
        """The value of `slave_options.connection_string` for data planes; "" if they are not served."""
        if self._planes is None:
            return ""
        host, port = self._planes.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def key(self) -> str:
        """The access key of the first user."""
        return self.state.key

    def reset(self) -> list[str]:
        """Restore the initial state of the Dashboard and of its gateway."""
        left = super().reset()
        if self.gateway is not None:
            left += self.gateway.reset()
        self._feed_gateway()
        return left

    def close(self) -> None:
        """Stop both servers, and wait until their ports are free."""
        super().close()
        if self._planes is not None:
            self._planes.close()
        self.mock.backend.close()
        if self.gateway is not None:
            self.gateway.close()


def _fed(config: GatewayConfig) -> GatewayConfig:
    """A gateway's configuration without the files of what it takes from the Dashboard."""
    if config.policies_from_dashboard:
        config = replace(config, policies__policy_path="", policies__policy_record_name="")
    return replace(config, app_path="") if config.use_db_app_configs else config


def _with_gateway(config: Config, gateway: MockGateway) -> Config:
    host, _, port = gateway.url.rpartition(":")
    return replace(
        config,
        tyk_api_config__host=host,
        tyk_api_config__port=port,
        tyk_api_config__secret=gateway.secret,
    )
